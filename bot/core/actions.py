"""Identifiers of the controls in the bot's messages and views: what Slack hands back on a click.

On the wire each carries the prefix ``edfs.``, so that the listeners can tell the bot's own from
anything else. A suffix (``edfs.run:more``) makes two controls of one action unique inside a block,
as Slack requires; it means nothing. Cards stay clickable for as long as they exist, so a value
here may be added but never changed.
Sources: docs.slack.dev, "Block elements" (``action_id``) and "View objects" (``callback_id``).
"""

from enum import Enum, unique

PREFIX = "edfs."


@unique
class Action(Enum):
    """A control that sends a ``block_actions`` payload: a button, a menu, an input of the chooser.

    ``bot/slack/answers/interactions.py`` matches all of them, so that a control without a handler
    does not type-check.
    """

    # The value is a command.
    RUN = "run"
    OPEN_CHOOSER = "choose"
    # The value is the id of a pending command.
    CONTINUE = "continue"
    CONFIRM = "sure"
    NEW_LINK = "newlink"
    # The value is the id of an operation.
    ENABLE = "enable"
    DISABLE = "disable"
    UNDO = "undo"
    DETAILS = "details"
    # The value is the id of an auto-enable, which is that of the operation that disabled the timer.
    ENABLE_NOW = "return"
    KEEP_DISABLED = "keep"
    CHANGE_END = "extend"
    # The value is the id of an approval.
    APPROVE = "approve"
    DECLINE = "decline"
    CANCEL = "cancel"
    REQUEST_AGAIN = "again"
    # The value is the id of a subscription.
    UNSUBSCRIBE = "unsubscribe"
    RESUME = "resume"
    # The value is a page of the App Home.
    SHOW_HOME = "home"
    # Opens a URL in the browser; Slack reports the click all the same.
    OPEN_URL = "open"
    # Inputs of the chooser, which is updated whenever one of them changes.
    ITWIN = "itwin"
    TIMER = "timer"
    WANTED = "wanted"
    UNTIL = "until"


@unique
class FormField(Enum):
    """An input that Slack sends only with the submission of its form."""

    REASON = "because"
    EMERGENCY = "emergency"
    CHANNEL = "where"
    PATTERN = "pattern"
    EVENTS = "events"


@unique
class FormId(Enum):
    """The ``callback_id`` of a modal that is submitted."""

    CHOOSER = "choose"
    SUBSCRIPTION = "subscribe"
    DECLINE = "decline"
    CHANGE_END = "extend"


def action_id(control: Action | FormField, suffix: str = "") -> str:
    """Return the ``action_id`` of a control."""
    return f"{PREFIX}{control.value}:{suffix}" if suffix else f"{PREFIX}{control.value}"


def action_from(action_id: str) -> Action | None:
    """Return the action that a payload names; None for one that this version does not have."""
    name = action_id.removeprefix(PREFIX).partition(":")[0]
    return next((action for action in Action if action.value == name), None)


def callback_id(form: FormId) -> str:
    """Return the ``callback_id`` of a modal."""
    return f"{PREFIX}{form.value}"


def form_from(callback_id: str) -> FormId | None:
    """Return the form that a payload names; None for one that this version does not have."""
    name = callback_id.removeprefix(PREFIX)
    return next((form for form in FormId if form.value == name), None)
