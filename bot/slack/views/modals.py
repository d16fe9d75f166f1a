"""Small modals: forms for one value, and messages. Their metadata names what they are about."""

import json

from bot.core.actions import Action, FormField, FormId, action_id, callback_id
from bot.core.names import ChannelId
from bot.gateways.slack.messages import Block, Ephemeral, Modal
from bot.slack.views.blocks import line, paragraph


def decline_modal(request: str, channel: ChannelId) -> Modal:
    """Return the form for the reason of a decline."""
    reason = {
        "type": "plain_text_input",
        "action_id": action_id(FormField.REASON),
        "multiline": True,
        "max_length": 300,
    }
    view = _form_view("Decline", "Decline", "Why?", reason)
    return _form(FormId.DECLINE, view, request, channel)


def extend_modal(off: str, channel: ChannelId) -> Modal:
    """Return the form for a later end of an "off until"."""
    until = {
        "type": "plain_text_input",
        "action_id": action_id(Action.UNTIL),
        "max_length": 100,
        "placeholder": _plain("until monday 08:00, for 3 days, for 2 runs"),
    }
    view = _form_view("Stay off longer", "Extend", "Off until when?", until)
    return _form(FormId.CHANGE_END, view, off, channel)


def answer_modal(answer: Ephemeral, channel: ChannelId) -> Modal:
    """Return a message as a modal, for a person who is looking at one; its buttons work."""
    view = {
        "type": "modal",
        "title": _plain("EDFS Bot"),
        "close": _plain("Close"),
        "private_metadata": _metadata("", channel),
        "blocks": answer.blocks,
    }
    return Modal(view)


def waiting_modal(channel: ChannelId) -> Modal:
    """Return the modal that is shown until its content has been read."""
    return answer_modal(Ephemeral("", [paragraph([line("One moment …")])]), channel)


def _form_view(title: str, submit: str, label: str, element: Block) -> Block:
    block = {"type": "input", "block_id": "asked", "label": _plain(label), "element": element}
    return {
        "type": "modal",
        "title": _plain(title),
        "submit": _plain(submit),
        "close": _plain("Not now"),
        "blocks": [block],
    }


def _form(form: FormId, view: Block, about: str, channel: ChannelId) -> Modal:
    return Modal(
        view | {"callback_id": callback_id(form), "private_metadata": _metadata(about, channel)}
    )


def _metadata(about: str, channel: ChannelId) -> str:
    return json.dumps({"about": about, "channel": channel})


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
