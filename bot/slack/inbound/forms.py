"""From the inputs of a modal to a typed form. What is not of its shape becomes None or empty."""

from bot.core.actions import Action, FormField, FormId, action_id, form_from
from bot.core.language.forms import (
    ChangeEndForm,
    ChooserForm,
    DeclineForm,
    Form,
    SubscriptionForm,
    TimerFields,
)
from bot.core.names import (
    ChannelId,
    ITwinId,
    OperationId,
    TimerId,
    is_guid,
    is_own_id,
    is_slack_id,
)
from bot.core.subscriptions import EVENTS
from bot.slack.inbound.payloads import View

_STATES = {"enable": True, "disable": False}


def form_of(view: View) -> Form | None:
    """Return the form; None for a modal that this version does not have, or about no record."""
    match form_from(view.callback_id):
        case FormId.CHOOSER:
            return _chooser(view)
        case FormId.SUBSCRIPTION:
            return _subscription(view)
        case FormId.DECLINE:
            request = _record(view)
            return DeclineForm(request, input_text(view, FormField.REASON)) if request else None
        case FormId.CHANGE_END:
            operation = _record(view)
            return ChangeEndForm(operation, input_text(view, Action.UNTIL)) if operation else None
        case None:
            return None


def chooser_of(view: View) -> ChooserForm | None:
    """Return what the chooser holds; None for any other modal."""
    return _chooser(view) if form_from(view.callback_id) is FormId.CHOOSER else None


def input_text(view: View, control: Action | FormField) -> str:
    """Return what an input holds; empty where nothing was entered, or the modal lacks it."""
    return view.values.get(action_id(control), "")


def itwin_id(text: str) -> ITwinId | None:
    """Return the iTwin's id; None for anything else, such as an option that only informs."""
    return ITwinId(text) if is_guid(text) else None


def channel_id(text: str) -> ChannelId:
    """Return the channel's id; empty for anything that is none."""
    return ChannelId(text if is_slack_id(text) else "")


def _chooser(view: View) -> ChooserForm:
    timer = input_text(view, Action.TIMER)
    return ChooserForm(
        itwin=itwin_id(input_text(view, Action.ITWIN)),
        timer=TimerId(timer) if is_guid(timer) else None,
        wanted=_STATES.get(input_text(view, Action.WANTED) or view.metadata.get("wanted", "")),
        until=input_text(view, Action.UNTIL),
        reason=input_text(view, FormField.REASON),
        emergency=bool(input_text(view, FormField.EMERGENCY)),
        channel=channel_id(input_text(view, FormField.CHANNEL)),
        shown=TimerFields.read(view.metadata),
    )


def _subscription(view: View) -> SubscriptionForm:
    picked = input_text(view, FormField.EVENTS).split()
    return SubscriptionForm(
        itwin=itwin_id(input_text(view, Action.ITWIN)),
        pattern=input_text(view, FormField.PATTERN),
        events=tuple(event for event in EVENTS if event in picked),
        channel=channel_id(input_text(view, FormField.CHANNEL)),
    )


def _record(view: View) -> OperationId | None:
    """Return the id of the record that the modal is about, which its metadata names."""
    about = view.metadata.get("about", "")
    return OperationId(about) if is_own_id(about) else None
