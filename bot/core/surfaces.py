"""Outcomes with a surface of their own: a person's App Home, and modal forms."""

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
    """The chooser: the modal form for a switch, filled in so far.

    ``shown`` is the chosen timer, ``wanted`` the chosen state (None: not chosen yet). ``until``
    and ``reason`` are as typed. ``auto_enable`` is what ``until`` was parsed to, None where it is
    empty or cannot be used, which ``ambiguous`` explains. ``skipped`` are the runs that will not
    happen (None: the schedule cannot be read). ``ruling`` is the policy's on this change.
    ``error`` is why the timer could not be read.
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
    """One person's App Home. A part that could not be read holds the error instead.

    ``acting`` is None for a person who is not signed in; ``ended``: their sign-in has expired or
    was revoked. ``channel`` is their direct message with the bot, ``support`` the URL of a help
    page.
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
    """The modal form for a subscription of this channel."""

    channel: ChannelId
    itwin: ITwin | None = None
