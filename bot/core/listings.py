"""What is shown of timers, iTwins and records: one of them, or a page of many."""

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
    """``page``, here and in other lists, is the one that was asked for."""

    itwins: tuple[ITwin, ...]
    page: int = 1


@dataclass(frozen=True, slots=True)
class OpenItems:
    """What is arranged for one timer: the return it has, and the requests that wait."""

    auto_enable: AutoEnable | None = None
    requests: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class TimersListed:
    """``standing`` holds those timers alone for which something is arranged."""

    itwin: ITwin
    timers: tuple[Timer, ...]
    open_items: Mapping[TimerId, OpenItems] = field(default_factory=dict)
    page: int = 1


@dataclass(frozen=True, slots=True)
class TimerShown:
    """``next_run`` is None when it is off or cannot be told (unix seconds)."""

    itwin: ITwin
    timer: Timer
    next_run: float | None
    last_seen: LastSeen | None = None
    changed_outside_since: float = 0.0
    open_items: OpenItems = OpenItems()


@dataclass(frozen=True, slots=True)
class PendingListed:
    """The requests that wait; ``mine`` are those the person may decide, as far as lists go."""

    approvals: tuple[Approval, ...]
    mine: frozenset[OperationId] = frozenset()
    page: int = 1


@dataclass(frozen=True, slots=True)
class DisabledTimer:
    """One timer that is off: since when, by whom and why, as far as it is known, and until when."""

    itwin: ITwin
    timer: Timer
    last_seen: LastSeen | None
    reason: str = ""
    auto_enable: AutoEnable | None = None


@dataclass(frozen=True, slots=True)
class DisabledListed:
    """What is off. ``unread`` are iTwins that could not be read; ``left``: so many were not.

    ``itwin`` is the one that was named, None where all of them were meant.
    """

    found: tuple[DisabledTimer, ...]
    unread: tuple[ITwin, ...] = ()
    not_read: int = 0
    itwin: ITwin | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class SubscriptionsListed:
    subscriptions: tuple[Subscription, ...]
    page: int = 1


@dataclass(frozen=True, slots=True)
class HistoryShown:
    """``events`` are the newest first, of ``itwins``; ``itwin`` and ``timer`` are what was named.

    ``command`` is what was asked, made definite; ``older``: there are more behind these.
    ``cut``: the trail goes on further back than it was read; ``unread``: some of it does not open.
    """

    events: tuple[PastEvent, ...]
    itwins: tuple[ITwin, ...]
    command: History
    itwin: ITwin | None = None
    timer: str = ""
    older: bool = False
    cut: bool = False
    unread: bool = False
