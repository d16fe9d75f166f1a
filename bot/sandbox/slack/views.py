"""The methods views.*: modals, which need a trigger_id, and App Homes."""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.slack.arguments import require
from bot.sandbox.slack.blocks import complaints_about_view, view_too_large
from bot.sandbox.slack.errors import WebApiError, invalid
from bot.sandbox.slack.modals import View
from bot.sandbox.slack.state import SlackState

Arguments = Mapping[str, Any]
Body = dict[str, Any]


def open_view(state: SlackState, arguments: Arguments) -> Body:
    require(arguments, "trigger_id", "view")
    body = checked_view(arguments["view"], "modal")
    person = state.triggers.exchange(arguments["trigger_id"])
    return _view_response(state, state.modals.open(person, body))


def push_view(state: SlackState, arguments: Arguments) -> Body:
    require(arguments, "trigger_id", "view")
    body = checked_view(arguments["view"], "modal")
    person = state.triggers.exchange(arguments["trigger_id"])
    return _view_response(state, state.modals.push(person, body))


def update_view(state: SlackState, arguments: Arguments) -> Body:
    require(arguments, "view")
    old = state.modals.find(arguments.get("view_id"), arguments.get("external_id"))
    body = checked_view(arguments["view"], str(old.body.get("type")))
    return _view_response(state, state.modals.update(old, body, arguments.get("hash")))


def publish_view(state: SlackState, arguments: Arguments) -> Body:
    require(arguments, "user_id", "view")
    person = state.workspace.people.with_id(str(arguments["user_id"]))
    if person is None:
        raise WebApiError("user_not_found")
    body = checked_view(arguments["view"], "home")
    return _view_response(state, state.modals.publish(person, body, arguments.get("hash")))


def checked_view(view: Any, kind: str) -> Mapping[str, Any]:
    """The view, if Slack accepts it as a view of this kind; raises WebApiError."""
    if view_too_large(view):
        raise WebApiError("view_too_large")
    messages = complaints_about_view(view)
    if messages:
        raise invalid("invalid_arguments", messages)
    if view["type"] != kind:
        raise invalid(
            "invalid_arguments", [f"[ERROR] a {kind} is needed [json-pointer:/view/type]"]
        )
    checked: Mapping[str, Any] = view
    return checked


def _view_response(state: SlackState, view: View) -> Body:
    state.remember("view", dict(view.body))
    return {"view": view.as_slack()}
