"""What stands on a surface of its own: a person's Home, and the windows that are filled in."""

from dataclasses import dataclass

from bot.core.errors import BotError
from bot.core.language.until import Until
from bot.core.listings import DisabledListed, PendingListed, TimerShown
from bot.core.names import ChannelId
from bot.core.operations.operation import ActingAccount
from bot.core.policy.rules import Ruling
from bot.core.schedules import Runs
from bot.core.subscriptions import Subscription
from bot.core.timers import ITwin


@dataclass(frozen=True, slots=True)
class ChooserShown:
    """The window to point at a timer and what is to become of it, filled in so far.

    ``shown`` is the timer that was chosen, ``wanted`` its state afterwards, None where that was not
    said. ``until`` and ``because`` are as typed; ``back`` is what was read of the first, None where
    it is empty or is no time, of which ``doubt`` says why. ``skipped`` are the runs that will not
    happen, None where that cannot be told. ``ruling`` is what the policy says of it. ``trouble``
    kept the timer from being read.
    """

    channel: ChannelId
    itwin: ITwin | None = None
    shown: TimerShown | None = None
    wanted: bool | None = None
    until: str = ""
    reason: str = ""
    auto_enable: Until | None = None
    ambiguous: str = ""
    skipped: Runs | None = None
    ruling: Ruling | None = None
    error: BotError | None = None


@dataclass(frozen=True, slots=True)
class HomeShown:
    """What one person's Home says; a part that could not be had is the error that kept it away.

    ``acting`` is None for who is not signed in; ``ended``: their sign-in came to its end.
    ``channel`` is where the bot talks to them alone, ``support`` the address of a page for who
    needs help.
    """

    channel: ChannelId
    at: float
    acting: ActingAccount | None = None
    disabled: DisabledListed | BotError | None = None
    pending: PendingListed | BotError | None = None
    favorites: tuple[ITwin, ...] | BotError = ()
    subscriptions: tuple[Subscription, ...] | BotError = ()
    page: int = 1
    ended: bool = False
    support: str = ""


@dataclass(frozen=True, slots=True)
class SubscriptionFormShown:
    """The window to fill in what this channel is to be told."""

    channel: ChannelId
    itwin: ITwin | None = None
