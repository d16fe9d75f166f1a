"""The bot's forms as values: what their inputs hold, what the chooser's modal remembers."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.language.phrases import parse_phrase, with_opener
from bot.core.names import ChannelId, ITwinId, OperationId, TimerId, is_guid, single_line
from bot.core.timers import ITwin, Timer

NAME = 255


@dataclass(frozen=True, slots=True)
class TimerFields:
    """The timer that the form shows, kept in the view's metadata so that typing needs no request.

    For display only: a command that comes of the form reads the timer again.
    """

    itwin: ITwin
    timer: Timer

    def written(self) -> dict[str, str]:
        """Return the strings that ``read`` reads; cut so that they fit into a view's metadata."""
        itwin, timer = self.itwin, self.timer
        return {
            "itwin": itwin.id,
            "itwin_name": single_line(itwin.display_name, NAME),
            "itwin_number": single_line(itwin.number, NAME),
            "itwin_beside": single_line(itwin.beside, NAME),
            "timer": timer.id,
            "name": single_line(timer.name, NAME),
            "package": single_line(timer.package, NAME),
            "cron": single_line(timer.cron, NAME),
            "enabled": "yes" if timer.enabled else "no",
        }

    @classmethod
    def read(cls, kept: Mapping[str, str]) -> "TimerFields | None":
        """Read a view's metadata; None if it names no timer."""
        itwin, timer = kept.get("itwin", ""), kept.get("timer", "")
        if not (is_guid(itwin) and is_guid(timer)):
            return None
        name, package, cron = (kept.get(key, "") for key in ("name", "package", "cron"))
        return cls(
            ITwin(
                ITwinId(itwin),
                kept.get("itwin_name", ""),
                kept.get("itwin_number", ""),
                kept.get("itwin_beside", ""),
            ),
            Timer(TimerId(timer), name, package, cron, kept.get("enabled") == "yes"),
        )


@dataclass(frozen=True, slots=True)
class ChooserForm:
    """What the chooser's inputs hold, as picked or typed; None or empty where nothing is.

    ``wanted`` is the state the timer is to have. ``channel`` is where the card goes, asked only
    where the chooser was opened outside of a channel. ``shown`` is the timer whose state the modal
    displays, which lags behind what is picked.
    """

    itwin: ITwinId | None
    timer: TimerId | None
    wanted: bool | None
    until: str
    reason: str
    emergency: bool
    channel: ChannelId
    shown: TimerFields | None

    @property
    def shows_what_is_picked(self) -> bool:
        """Whether the modal displays the state of the very timer that is picked."""
        if self.shown is None or self.itwin is None or self.timer is None:
            return False
        itwin, timer = self.shown.itwin.id, self.shown.timer.id
        return (itwin.lower(), timer.lower()) == (self.itwin.lower(), self.timer.lower())


@dataclass(frozen=True, slots=True)
class SubscriptionForm:
    """What the subscription modal's inputs hold; ``events`` are words of ``EVENTS``, in order."""

    itwin: ITwinId | None
    pattern: str
    events: tuple[str, ...]
    channel: ChannelId


@dataclass(frozen=True, slots=True)
class DeclineForm:
    """Why an approval is declined; ``request`` is its id."""

    request: OperationId
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeEndForm:
    """The new end of a disable, as typed; ``operation`` is the one that disabled the timer."""

    operation: OperationId
    until: str


Form = ChooserForm | SubscriptionForm | DeclineForm | ChangeEndForm


def picked_channel(form: Form | None) -> ChannelId:
    """Return the channel that was picked in a form; empty where none was, or none is asked."""
    match form:
        case ChooserForm(channel=channel) | SubscriptionForm(channel=channel):
            return channel
        case DeclineForm() | ChangeEndForm() | None:
            return ChannelId("")


def phrase_from_input(text: str) -> str:
    """Return the phrase that the form's "until" input means.

    The first word may be left out: "monday 08:00" and "3 days" are understood.
    Raises InvalidCommand.
    """
    return with_opener(parse_phrase("disable", text))
