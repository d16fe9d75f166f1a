"""The world as one JSON object, which `GET /sandbox/api/state` answers."""

from typing import Any

from bot.sandbox.edfs import EdfsStandIn
from bot.sandbox.edfs.itwins import Timer
from bot.sandbox.people import PEOPLE, Person
from bot.sandbox.slack import SlackStandIn


def snapshot(slack: SlackStandIn, edfs: EdfsStandIn) -> dict[str, Any]:
    """Messages oldest first; `calls` are the requests that the EDFS stand-in received."""
    workspace = slack.state.workspace
    return {
        "people": [_person(person) for person in PEOPLE],
        "channels": [{"name": c.shown_name, "id": c.id} for c in workspace.channels.values()],
        "messages": [message.as_json() for message in workspace.messages.values()],
        "modals": [
            {"person": view.person.name, "view": view.as_slack(), "errors": dict(view.errors)}
            for view in slack.state.modals.all()
        ],
        "timers": [_timer(edfs, timer) for timer in edfs.state.timers.values()],
        "calls": [dict(call) for call in edfs.calls],
    }


def _person(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "id": person.id,
        "real_name": person.real_name,
        "role": person.role,
        "team_id": person.team_id,
    }


def _timer(edfs: EdfsStandIn, timer: Timer) -> dict[str, Any]:
    return {
        "itwin": edfs.state.itwins[timer.itwin_id].name,
        "itwin_id": timer.itwin_id,
        **timer.as_json(),
    }
