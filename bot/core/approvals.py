"""A request for approval: a wish that waits until a second person agrees to it.

    WAITING ─Voted (not enough yet)─▶ WAITING ─Voted (enough)─▶ APPROVED ─Concluded─▶ itself
       ├─Declined──▶ DECLINED
       ├─Cancelled─▶ CANCELLED          by whoever asked
       ├─Lapsed────▶ EXPIRED
       ├─Voided────▶ VOID               what was to be done is not what was seen any more
       └─Reminded, Moved──▶ WAITING

1. One decision, the first one. A state that ended never changes.
2. The wish is an operation that has not begun; it begins under the request's own id, so however
   often that is tried, it is one operation.
3. What is agreed to is a digest of the wish, the state seen and the timer's definition. Before it
   is done, all of it is looked at again.

An emergency is done first and looked at afterwards: its request (``review``) is no condition of
anything, and "approve" means that somebody has reviewed it. It never expires, nobody takes it
back, and it may be concluded before it was reviewed.

``after(approval, event)`` gives the next version, and raises ``Decided`` where the picture has no
such arrow. Times are unix seconds and are passed in.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

from bot.core.names import ChannelId, OperationId, PersonId, Workspace
from bot.core.operations.operation import Failure, Operation, State

REMIND_AFTER = 15 * 60.0  # and then twice as long, again and again
RETRY_START_AFTER = 3.0  # whoever decided begins it at once; this is for when they did not


class Stage(Enum):
    WAITING = "waiting"
    APPROVED = "approved"
    DECLINED = "declined"
    CANCELED = "cancelled"
    EXPIRED = "expired"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's yes. ``subject`` is the iTwin account that has just read the timer."""

    by: PersonId
    subject: str
    label: str
    at: float


@dataclass(frozen=True, slots=True)
class Approval:
    """``wish`` is what will begin. ``approvers`` as in the policy's ruling (None: whoever can).

    ``channel`` is where the request belongs; ``stands`` where it is instead, because the bot is not
    there. ``decided_by`` is who gave the last word, ``because`` their reason. ``outcome`` and
    ``trouble`` say what came of it in the end.
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
        """Whether it is known what came of it."""
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
        """What exactly is agreed to; it stands beside each button."""
        wish = self.operation
        seen = wish.seen.enabled if wish.seen else None
        until = (wish.until.at, wish.until.runs) if wish.until else None
        facts = [
            *(wish.id, wish.workspace, wish.person, wish.acting.subject, self.runs_as),
            *(wish.verb, wish.itwin.id, wish.timer.id, wish.definition),
            *(seen, wish.wanted, until, wish.reason, self.expires_at),
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Voted:
    """``needed`` is how many the policy asks for by now; it may only have become more."""

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
    """Nothing can come of it any more; ``trouble`` says why."""

    at: float
    failure: Failure


@dataclass(frozen=True, slots=True)
class Reminded:
    at: float


@dataclass(frozen=True, slots=True)
class Moved:
    """It stands there from now on; None: where it belongs."""

    to: ChannelId | None


@dataclass(frozen=True, slots=True)
class Concluded:
    """The operation ended so; or, with ``trouble`` alone, it could not even begin."""

    at: float
    outcome: State | None
    failure: Failure | None = None


Event = Voted | Declined | Canceled | Expired | Voided | Reminded | Moved | Concluded


class AlreadyDecided(Exception):
    """The first decision has been made; this one comes too late."""


class AlreadyVoted(AlreadyDecided):
    """They said yes before."""


def after(approval: Approval, event: Event) -> Approval:
    """Return the next version; raises Decided."""
    version = approval.version + 1
    if isinstance(event, Concluded):
        begun = approval.review or approval.stage is Stage.APPROVED
        if not begun or approval.concluded:
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
    # Two Slack people may be one human: their iTwin account tells.
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
    """When to remind of it next: after a quarter of an hour, then after twice as long, …"""
    gaps = 2.0 ** (approval.reminders + 1) - 1
    return approval.operation.asked_at + REMIND_AFTER * gaps


def _reminders(approval: Approval, now: float) -> int:
    """How many are behind it now; those that nobody was there to give are not made up for."""
    given = replace(approval, reminders=approval.reminders + 1)
    while reminder_at(given) <= now:
        given = replace(given, reminders=given.reminders + 1)
    return given.reminders


def due(approval: Approval) -> float | None:
    """When somebody has to look at it again; None when it is over."""
    match approval.stage:
        case Stage.WAITING if approval.review:
            return reminder_at(approval)
        case Stage.WAITING:
            return min(reminder_at(approval), approval.expires_at)
        case Stage.APPROVED if not (approval.concluded or approval.review):
            return approval.changed_at + RETRY_START_AFTER
        case _:
            return None
