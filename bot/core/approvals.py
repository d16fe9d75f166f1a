"""A request for approval: an operation that waits until other people approve it.

    WAITING ─Voted (not enough)──▶ WAITING
            ─Voted (enough)──────▶ APPROVED
            ─Declined────────────▶ DECLINED
            ─Canceled────────────▶ CANCELED   by the requester
            ─Expired─────────────▶ EXPIRED
            ─Voided──────────────▶ VOID       the timer or the policy is not what it was
            ─Reminded, Moved─────▶ WAITING
    APPROVED ─Concluded──────────▶ APPROVED   once

1. The first decision counts. A stage that ended never changes.
2. The operation is not started yet. It is started under the request's id, so it is one operation
   however often the start is attempted.
3. A vote is for a digest of the operation, the state seen and the timer's definition. All of it is
   checked again before the operation is carried out.

An emergency is carried out first and reviewed afterwards: its request (``review``) is no condition
of anything, and a vote means that somebody has reviewed it. It has neither Expired nor Voided, and
may be Concluded in any stage.

``after(approval, event)`` returns the next version, and raises AlreadyDecided where the picture has
no arrow for the event. Times are unix seconds and are passed in.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

from bot.core.names import ChannelId, OperationId, PersonId, Workspace
from bot.core.operations.operation import Failure, Operation, State
from bot.core.transitions import InvalidTransition

REMIND_AFTER = 15 * 60.0  # doubled after each reminder
RETRY_START_AFTER = 3.0  # the last voter's process starts it at once; this is the fallback


class Stage(Enum):
    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"
    CANCELED = "cancelled"
    EXPIRED = "expired"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's approval. ``subject`` is the iTwin account that has just read the timer."""

    by: PersonId
    subject: str
    label: str
    at: float


@dataclass(frozen=True, slots=True)
class Approval:
    """``operation`` is what will be started. ``approvers`` as in the policy's ruling (None: all).

    ``channel`` is where the request belongs; ``moved_to`` where it is instead, because the bot is
    not there. ``decided_by`` is who made the decision, for ``decision_reason``. ``outcome`` and
    ``failure`` are what the operation came to.
    """

    operation: Operation
    review: bool
    needed: int
    approvers: frozenset[str] | None
    self_approval: bool
    runs_as: Literal["requester", "approver"]
    expires_at: float
    channel: ChannelId
    stage: Stage = Stage.WAITING
    votes: tuple[Vote, ...] = ()
    changed_at: float = 0.0
    decided_by: PersonId | None = None
    decision_reason: str = ""
    reminders: int = 0
    outcome: State | None = None
    failure: Failure | None = None
    moved_to: ChannelId | None = None
    version: int = 0

    @property
    def posted_in(self) -> ChannelId:
        return self.moved_to or self.channel

    @property
    def concluded(self) -> bool:
        """Whether it is known what the operation came to."""
        return self.outcome is not None or self.failure is not None

    @property
    def id(self) -> OperationId:
        return self.operation.id

    @property
    def workspace(self) -> Workspace:
        return self.operation.workspace

    @property
    def requester(self) -> PersonId:
        return self.operation.person

    @property
    def digest(self) -> str:
        """A digest of what exactly is approved."""
        operation = self.operation
        seen = operation.seen.enabled if operation.seen else None
        until = (operation.until.at, operation.until.runs) if operation.until else None
        facts = [
            *(operation.id, operation.workspace, operation.person, operation.acting.subject),
            *(self.runs_as, operation.verb, operation.itwin.id, operation.timer.id),
            *(operation.definition, seen, operation.wanted, until, operation.reason),
            self.expires_at,
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Voted:
    """``needed`` is how many votes the policy asks for now; it may only have grown."""

    vote: Vote
    needed: int = 1


@dataclass(frozen=True, slots=True)
class Declined:
    by: PersonId
    at: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Canceled:
    at: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Expired:
    at: float


@dataclass(frozen=True, slots=True)
class Voided:
    """The operation can no longer be carried out; ``failure`` says why."""

    at: float
    failure: Failure


@dataclass(frozen=True, slots=True)
class Reminded:
    at: float


@dataclass(frozen=True, slots=True)
class Moved:
    """Its card is in that channel from now on; None: where it belongs."""

    to: ChannelId | None


@dataclass(frozen=True, slots=True)
class Concluded:
    """The operation ended so. Without an outcome it could not be started; ``failure`` says why."""

    at: float
    outcome: State | None
    failure: Failure | None = None


Event = Voted | Declined | Canceled | Expired | Voided | Reminded | Moved | Concluded


class AlreadyDecided(InvalidTransition):
    """A decision was made before this event."""


class AlreadyVoted(AlreadyDecided):
    """The person, or their iTwin account, has voted before."""


def after(approval: Approval, event: Event) -> Approval:
    """Return the next version. Raises AlreadyDecided."""
    version = approval.version + 1
    if isinstance(event, Concluded):
        started = approval.review or approval.stage is Stage.APPROVED
        if not started or approval.concluded:
            raise AlreadyDecided
        return replace(approval, outcome=event.outcome, failure=event.failure, version=version)
    ends_by_itself = isinstance(event, Expired | Voided)
    if approval.stage is not Stage.WAITING or (approval.review and ends_by_itself):
        raise AlreadyDecided
    match event:
        case Voted(vote, needed):
            return _voted(replace(approval, needed=max(approval.needed, needed)), vote)
        case Declined(by, at, reason):
            return _decided(approval, Stage.DECLINED, at, by, reason)
        case Canceled(at, reason):
            return _decided(approval, Stage.CANCELED, at, approval.requester, reason)
        case Expired(at):
            return _decided(approval, Stage.EXPIRED, at)
        case Voided(at, failure):
            return replace(_decided(approval, Stage.VOID, at), failure=failure)
        case Reminded(at):
            reminders = _reminders(approval, at)
            return replace(approval, reminders=reminders, changed_at=at, version=version)
        case Moved(to):
            return replace(approval, moved_to=to, version=version)


def _decided(
    approval: Approval, stage: Stage, at: float, by: PersonId | None = None, reason: str = ""
) -> Approval:
    return replace(
        approval,
        stage=stage,
        changed_at=at,
        decided_by=by,
        decision_reason=reason,
        version=approval.version + 1,
    )


def _voted(approval: Approval, vote: Vote) -> Approval:
    # Two Slack users may be one person: they have the same iTwin account then.
    if any(vote.by == one.by or vote.subject == one.subject for one in approval.votes):
        raise AlreadyVoted
    votes = (*approval.votes, vote)
    enough = len(votes) >= approval.needed
    return replace(
        approval,
        stage=Stage.APPROVED if enough else Stage.WAITING,
        votes=votes,
        changed_at=vote.at,
        decided_by=vote.by if enough else None,
        version=approval.version + 1,
    )


def reminder_at(approval: Approval) -> float:
    """Return when to remind of it next: each gap is twice as long as the one before."""
    gaps = 2.0 ** (approval.reminders + 1) - 1
    return approval.operation.asked_at + REMIND_AFTER * gaps


def _reminders(approval: Approval, now: float) -> int:
    """Return how many reminders are due by now; those that were missed count as given."""
    given = replace(approval, reminders=approval.reminders + 1)
    while reminder_at(given) <= now:
        given = replace(given, reminders=given.reminders + 1)
    return given.reminders


def due(approval: Approval) -> float | None:
    """Return when it is to be looked at again; None when nothing is left to do."""
    match approval.stage:
        case Stage.WAITING if approval.review:
            return reminder_at(approval)
        case Stage.WAITING:
            return min(reminder_at(approval), approval.expires_at)
        case Stage.APPROVED if not (approval.concluded or approval.review):
            return approval.changed_at + RETRY_START_AFTER
        case _:
            return None
