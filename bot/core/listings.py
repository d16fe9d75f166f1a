"""Outcomes that show timers, iTwins or records: a single one, or a page of a list."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.core.approvals import Approval
from bot.core.auto_enables import AutoEnable
from bot.core.history import PastEvent
from bot.core.language.commands import History
from bot.core.names import OperationId, TimerId
from bot.core.subscriptions import Subscription
from bot.core.timers import ITwin, LastSeen, Timer


@dataclass(frozen=True, slots=True)
class ITwinsListed:
    """The person's iTwins. ``page``, here and in other lists, is the requested one."""

    itwins: tuple[ITwin, ...]
    page: int = 1


@dataclass(frozen=True, slots=True)
class OpenItems:
    """What is pending for one timer: its auto-enable, and the requests that wait for approval."""

    auto_enable: AutoEnable | None = None
    requests: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class TimersListed:
    """The timers of one iTwin. ``open_items`` has only timers for which something is pending."""

    itwin: ITwin
    timers: tuple[Timer, ...]
    open_items: Mapping[TimerId, OpenItems] = field(default_factory=dict)
    page: int = 1


@dataclass(frozen=True, slots=True)
class TimerShown:
    """One timer as just read.

    ``next_run`` (unix seconds) is None where the timer is disabled or its schedule cannot be read.
    ``changed_outside_since``: when the bot last saw another state than this (unix seconds, 0:
    never), so that the change was made elsewhere.
    """

    itwin: ITwin
    timer: Timer
    next_run: float | None
    last_seen: LastSeen | None = None
    changed_outside_since: float = 0.0
    open_items: OpenItems = OpenItems()


@dataclass(frozen=True, slots=True)
class PendingListed:
    """The requests that wait; ``mine`` are those that the person may decide.

    ``mine`` goes by the policy alone: the right on the timer is checked when they decide.
    ``cancelable`` are the person's own, which they may cancel.
    """

    approvals: tuple[Approval, ...]
    mine: frozenset[OperationId] = frozenset()
    cancelable: frozenset[OperationId] = frozenset()
    page: int = 1


@dataclass(frozen=True, slots=True)
class DisabledTimer:
    """One disabled timer, with who disabled it, when and why as far as the bot knows."""

    itwin: ITwin
    timer: Timer
    last_seen: LastSeen | None
    reason: str = ""
    auto_enable: AutoEnable | None = None


@dataclass(frozen=True, slots=True)
class DisabledListed:
    """The disabled timers of one iTwin, or of all where ``itwin`` is None.

    ``unread`` are iTwins that failed to be read; ``not_read`` counts those beyond the limit.
    """

    found: tuple[DisabledTimer, ...]
    unread: tuple[ITwin, ...] = ()
    not_read: int = 0
    itwin: ITwin | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class SubscriptionsListed:
    """The subscriptions of this channel."""

    subscriptions: tuple[Subscription, ...]
    page: int = 1


@dataclass(frozen=True, slots=True)
class HistoryShown:
    """One page of past events, newest first, of the timers of ``itwins``.

    ``itwin`` and ``timer`` are the requested ones, ``command`` the request with resolved names.
    ``older``: more events follow. ``cut``: the audit trail goes back further than was read.
    ``unread``: some entries could not be unsealed.
    """

    events: tuple[PastEvent, ...]
    itwins: tuple[ITwin, ...]
    command: History
    itwin: ITwin | None = None
    timer: str = ""
    older: bool = False
    cut: bool = False
    unread: bool = False
