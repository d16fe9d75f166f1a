"""What a channel wants to be told, and the notices that are said to it.

One notice for each channel and change: a card that is edited in place, with its history in its
thread. A burst becomes a digest, which is edited in the same way.
"""

import hashlib
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

from bot.core.names import ChannelId, ITwinId, OperationId, PersonId, Workspace, normalized
from bot.core.timers import ITwin, Timer

Kind = Literal["changes", "approvals", "returns", "elsewhere", "digest"]
# What a subscription is typed with: each ``Kind`` ("elsewhere" is polled for and "digest" read
# weekly, with the subscriber's sign-in), and "not-mine", which leaves out the subscriber's changes.
EVENTS = ("changes", "approvals", "returns", "elsewhere", "digest", "not-mine")
# Why nobody can look with that sign-in: it has ended, is another account's, may not read the iTwin
# (any more), or its person may not use the bot.
Stop = Literal["consent", "account", "right", "person"]
MOST = 25  # of one channel
USUAL: tuple[Kind, ...] = ("changes", "approvals", "returns")


@dataclass(frozen=True, slots=True)
class Subscription:
    """``pattern`` is a name with ``*`` and ``?``, or empty for every timer of the iTwin.

    ``person`` set it up; where it asks for "elsewhere" or "digest", their sign-in as ``subject``
    (an iTwin account) is what is looked with. ``paused``: that is not possible any more, and
    ``why`` says so. ``stopped_at`` is when that last happened (0: never); from then on the
    subscription has a card of its own.
    """

    id: OperationId
    workspace: Workspace
    channel: ChannelId
    person: PersonId
    itwin: ITwin
    pattern: str
    kinds: frozenset[Kind]
    not_mine: bool
    made_at: float
    changed_at: float = 0.0
    subject: str = ""
    paused: bool = False
    why: Stop | None = None
    stopped_at: float = 0.0
    ended_by: PersonId | None = None
    version: int = 0

    @property
    def due(self) -> float | None:
        """When to look for it after a change; None: it only listens."""
        looks = not self.paused and bool(self.kinds & {"elsewhere", "digest"})
        return (self.changed_at or self.made_at) if looks and self.ended_by is None else None

    def wants(self, kind: Kind, itwin: ITwinId, timer: Timer, by: PersonId | None) -> bool:
        """Whether this is to be told of something of that kind that ``by`` did to the timer."""
        if self.ended_by or kind not in self.kinds or itwin != self.itwin.id:
            return False
        return matches(self.pattern, timer) and not (self.not_mine and by == self.person)


def matches(pattern: str, timer: Timer) -> bool:
    """Names are compared as everywhere: without case, accents and spacing."""
    wanted = normalized(pattern).replace(
        "[", "[[]"
    )  # of the signs of a pattern only * and ? are meant
    return not wanted or any(fnmatchcase(normalized(name), wanted) for name in timer.names())


def identity(workspace: Workspace, channel: ChannelId, itwin: ITwinId, pattern: str) -> OperationId:
    """Name it after what it says, so that the same words mean the same subscription."""
    return named("subscription", workspace, channel, itwin, normalized(pattern))


def named(*parts: str) -> OperationId:
    """Return an id of ours that is made of these words, and of them alone."""
    return OperationId(hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24])


def subscribed(before: Subscription | None, asked: Subscription) -> Subscription:
    """Return what stands after this was asked for; it is ``before`` where nothing is different."""
    if before is None:
        return asked
    after = replace(
        asked,
        made_at=before.made_at if before.ended_by is None else asked.made_at,
        stopped_at=before.stopped_at,
        changed_at=before.changed_at,
        version=before.version,
    )
    if after == before:
        return before
    return replace(after, changed_at=asked.made_at, version=before.version + 1)


def ended(one: Subscription, by: PersonId, at: float) -> Subscription:
    return replace(one, ended_by=by, changed_at=at, version=one.version + 1)


def stopped(one: Subscription, why: Stop, at: float) -> Subscription:
    """Nobody looks any more, until somebody has it go on with their own sign-in."""
    version = one.version + 1
    return replace(one, paused=True, why=why, stopped_at=at, changed_at=at, version=version)
