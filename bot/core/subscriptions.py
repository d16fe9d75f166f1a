"""Subscriptions: which changes a channel is notified of.

The notifications themselves are in ``notifications``. Times are unix seconds.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal

from bot.core.folding import folded, spellings
from bot.core.names import ChannelId, ITwinId, OperationId, PersonId, Workspace
from bot.core.timers import ITwin, Timer

Kind = Literal["changes", "approvals", "returns", "elsewhere", "digest"]
# What a subscription is typed with: each ``Kind`` ("elsewhere" is polled for and "digest" read
# weekly, with the subscriber's sign-in), and "not-mine", which leaves out the subscriber's changes.
EVENTS = ("changes", "approvals", "returns", "elsewhere", "digest", "not-mine")
# Why polling with the subscriber's sign-in is paused: the sign-in is not valid any more, is of
# another account, may not read the iTwin, or its person may not use the bot.
Stop = Literal["consent", "account", "right", "person"]
MOST = 25  # subscriptions of one channel
USUAL: tuple[Kind, ...] = ("changes", "approvals", "returns")
_GLOB_SIGN = re.compile(r"\\[*?]|\[")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A channel's subscription to timers of one iTwin.

    ``pattern`` is a name with ``*`` and ``?`` (behind a backslash they are the characters
    themselves), or empty for all timers. ``person`` made it; kinds
    "elsewhere" and "digest" are polled for with their sign-in as ``subject`` (an iTwin account).
    ``paused``: polling stopped, for the reason ``why``. ``stopped_at`` is when it last stopped (0:
    never); a subscription that ever stopped has a card in the channel. ``away_since`` is when the
    bot was found to be no member of the channel any more (0: it is); it is told of nothing then.
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
    away_since: float = 0.0

    @property
    def due(self) -> float | None:
        """When to poll first after a change of the subscription; None: it needs no polling.

        While the bot is not in the channel, it is polled whether it is there again.
        """
        if self.away_since and self.ended_by is None:
            return self.changed_at
        polls = not self.paused and bool(self.kinds & {"elsewhere", "digest"})
        return (self.changed_at or self.made_at) if polls and self.ended_by is None else None

    def wants(self, kind: Kind, itwin: ITwinId, timer: Timer, by: PersonId | None) -> bool:
        """Tell whether it covers an event of this kind that ``by`` caused on the timer."""
        if self.ended_by or self.away_since or kind not in self.kinds or itwin != self.itwin.id:
            return False
        return matches(self.pattern, timer) and not (self.not_mine and by == self.person)


def matches(pattern: str, timer: Timer) -> bool:
    """Tell whether the timer's name, package or whole id matches, compared as folded."""
    if not pattern:
        return True
    wanted = spellings(pattern)
    names = [form for name in (timer.name, timer.package) if name for form in spellings(name)]
    if folded(timer.id) in wanted:
        return True
    globs = [_GLOB_SIGN.sub(_fnmatch_sign, form) for form in wanted]
    return any(fnmatchcase(name, glob) for glob in globs for name in names)


def _fnmatch_sign(found: re.Match[str]) -> str:
    """Write one sign for fnmatch, where brackets are special too and keep others from being so."""
    return f"[{found[0][-1]}]"


def is_pattern(text: str) -> bool:
    """Tell whether text is to be matched as a pattern, and not as a name or a part of one."""
    return any(sign in folded(text) for sign in "*?")


def literal(name: str) -> str:
    """Return the pattern that matches this name only, also where the name holds ``*`` or ``?``."""
    if not is_pattern(name):
        return name
    # Signs of full width are folded to the plain ones, so they are written as those.
    return re.sub(r"[*?]", r"\\\g<0>", unicodedata.normalize("NFKC", name))


def identity(workspace: Workspace, channel: ChannelId, itwin: ITwinId, pattern: str) -> OperationId:
    """Return the id of a subscription: subscribing to the same again changes the same record."""
    return named("subscription", workspace, channel, itwin, folded(pattern))


def named(*parts: str) -> OperationId:
    """Return an id of the bot's that is derived from these strings alone."""
    return OperationId(hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24])


def subscribed(before: Subscription | None, asked: Subscription) -> Subscription:
    """Return the record after a subscribe command; ``before`` itself if it changes nothing."""
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
    """Return the subscription as ended by a person."""
    return replace(one, ended_by=by, changed_at=at, version=one.version + 1)


def away(one: Subscription, at: float) -> Subscription:
    """Return the subscription while the bot is not in its channel."""
    return replace(one, away_since=at, changed_at=at, version=one.version + 1)


def back(one: Subscription, at: float) -> Subscription:
    """Return the subscription after the bot was invited to its channel again."""
    return replace(one, away_since=0.0, changed_at=at, version=one.version + 1)


def stopped(one: Subscription, why: Stop, at: float) -> Subscription:
    """Return the subscription with polling paused, until somebody resumes it with their sign-in."""
    version = one.version + 1
    return replace(one, paused=True, why=why, stopped_at=at, changed_at=at, version=version)
