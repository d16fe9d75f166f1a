"""Deliveries: what Slack sent, or a completed sign-in, as it is stored until it is answered.

One closed union with a shared head. A delivery outlives the process that received it, so it holds
values only: an answer that breaks off is started again from the stored delivery. ``kind`` tells
the shapes apart in the store and in the log.
"""

from dataclasses import dataclass
from typing import Literal

from bot.core.actions import Action
from bot.core.language.forms import ChooserForm, Form
from bot.core.names import ChannelId, DeliveryId, OperationId, PersonId, Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryHead:
    """What every delivery has.

    ``id`` is the same for each copy that Slack sends of one request. ``workspace`` is the person's
    own; ``installed_in`` is where the bot is installed, and where all of it is stored: in a shared
    channel the two differ. ``channel`` is where it happened or where its answer goes, empty where
    there is neither. ``at`` is when it was received (unix seconds).
    """

    id: DeliveryId
    workspace: Workspace
    installed_in: Workspace
    person: PersonId
    channel: ChannelId
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SlashCommand(DeliveryHead):
    """The slash command; ``text`` is what follows its name."""

    text: str
    response_url: str
    trigger_id: str
    kind: Literal["command"] = "command"


@dataclass(frozen=True, slots=True)
class InMessage:
    """A control in a message; an ``ephemeral`` one is shown to this person alone.

    ``thread`` is the ts of the message that the thread hangs on, empty outside of a thread.
    ``copied``: the control is in a copy that somebody shared, which nothing keeps up to date;
    ``ts`` is that of the person's message around it.
    """

    ts: str
    ephemeral: bool
    thread: str
    response_url: str
    copied: bool = False
    kind: Literal["message"] = "message"


@dataclass(frozen=True, slots=True)
class InHome:
    """A control in the person's App Home."""

    kind: Literal["home"] = "home"


@dataclass(frozen=True, slots=True)
class InModal:
    """A control in a modal; ``chooser`` is what the chooser holds, None in any other modal.

    ``view_id`` and ``hash`` name the view and its version; ``clicked_at`` goes by Slack's clock
    (unix seconds).
    """

    view_id: str
    hash: str
    clicked_at: float
    chooser: ChooserForm | None
    kind: Literal["modal"] = "modal"


Source = InMessage | InHome | InModal


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonAction(DeliveryHead):
    """A click on a button or menu, or a changed input of the chooser.

    ``action`` is None for a control that this version of the bot does not have. ``value`` is the
    button's, or that of the option that was picked.
    """

    action: Action | None
    value: str
    trigger_id: str
    source: Source
    kind: Literal["action"] = "action"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModalSubmission(DeliveryHead):
    """A submitted modal; ``form`` is None for one that this version of the bot does not have."""

    form: Form | None
    kind: Literal["submission"] = "submission"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut(DeliveryHead):
    """A global shortcut, or one on a message.

    ``operation`` is that of the bot's own card it was used on, ``reason`` the text of any other
    message.
    """

    operation: OperationId | None
    reason: str
    response_url: str
    trigger_id: str
    kind: Literal["shortcut"] = "shortcut"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention(DeliveryHead):
    """A message to the bot, by mention or in a direct message; ``text`` is the command in it.

    ``thread`` as in ``InMessage``. ``edited``: the message was sent earlier, and read then.
    """

    text: str
    thread: str
    edited: bool = False
    kind: Literal["mention"] = "mention"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadMessage(DeliveryHead):
    """A message in a thread that does not mention the bot; its text is not stored."""

    thread: str
    kind: Literal["thread_message"] = "thread_message"


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeOpened(DeliveryHead):
    """The person opened their App Home."""

    kind: Literal["home_opened"] = "home_opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInCompleted(DeliveryHead):
    """The browser came back from a sign-in; ``pending_command`` is an id, or empty."""

    pending_command: str
    kind: Literal["sign_in_completed"] = "sign_in_completed"


Delivery = (
    SlashCommand
    | ButtonAction
    | ModalSubmission
    | Shortcut
    | Mention
    | ThreadMessage
    | HomeOpened
    | SignInCompleted
)


def command_in(delivery: Delivery) -> str:
    """Return the command that a delivery carries as text; empty where it carries none."""
    match delivery:
        case SlashCommand(text=text) | Mention(text=text):
            return text
        case ButtonAction(action=Action.RUN, value=value):
            return value
        case ButtonAction() | ModalSubmission() | Shortcut() | ThreadMessage():
            return ""
        case HomeOpened() | SignInCompleted():
            return ""


def response_url_of(delivery: Delivery) -> str:
    """Return the URL that Slack gave to answer at (30 minutes, 5 uses); empty without one."""
    match delivery:
        case SlashCommand(response_url=url) | Shortcut(response_url=url):
            return url
        case ButtonAction(source=InMessage(response_url=url)):
            return url
        case ButtonAction() | ModalSubmission() | Mention() | ThreadMessage():
            return ""
        case HomeOpened() | SignInCompleted():
            return ""


def trigger_of(delivery: Delivery) -> str:
    """Return the ``trigger_id`` with which a modal can be opened for 3 seconds; empty without."""
    match delivery:
        case SlashCommand() | ButtonAction() | Shortcut():
            return delivery.trigger_id
        case ModalSubmission() | Mention() | ThreadMessage() | HomeOpened() | SignInCompleted():
            return ""


def thread_of(delivery: Delivery) -> str:
    """Return the ts of the message that the thread hangs on; empty outside of a thread."""
    match delivery:
        case ButtonAction(source=InMessage(thread=thread)):
            return thread
        case Mention(thread=thread) | ThreadMessage(thread=thread):
            return thread
        case SlashCommand() | ButtonAction() | ModalSubmission() | Shortcut():
            return ""
        case HomeOpened() | SignInCompleted():
            return ""


def card_of(delivery: Delivery) -> str:
    """Return the ts of the channel's message in which a control was used; empty elsewhere."""
    match delivery:
        case ButtonAction(source=InMessage(ts=ts, ephemeral=False, copied=False)):
            return ts
        case _:
            return ""
