"""The JSON of one person's screen, and of the panel with the rest of the world."""

from dataclasses import asdict
from typing import Any

from bot.sandbox.faults import KINDS
from bot.sandbox.people import BOT, BOT_USER_ID, CREW, PEOPLE, SLACKBOT_ID, TEAM_ID, Person
from bot.sandbox.server.fault_switches import SERVICES, list_faults, stand_in_named
from bot.sandbox.slack.modals import View
from bot.sandbox.slack.state import APPROVERS_GROUP
from bot.sandbox.slack.workspace import Channel, Message
from bot.sandbox.snapshot import snapshot
from bot.sandbox.world import World

_MAX_MESSAGES = 400
_MAX_CALLS = 60
_CALL_KEYS = ("method", "path", "person", "status", "at")

Json = dict[str, Any]


def screen_of(world: World, person: Person) -> Json:
    """What the person may see; messages oldest first, the top modal last."""
    state = world.slack.state
    channels = [c for c in state.workspace.channels.values() if person.id in c.members]
    home = state.modals.homes.get(person.id)
    seen = state.workspace.seen_by(person)[-_MAX_MESSAGES:]
    return {
        "me": _person(person),
        "people": [_person(world.person(one.name)) for one in PEOPLE],
        "names": _names(world, channels),
        "channels": [_channel(channel) for channel in channels],
        "messages": [_message(message) for message in seen],
        "modals": [_view(view) for view in state.modals.all() if view.person.id == person.id],
        "home": None if home is None else _view(home),
        "has_home": person.team_id == TEAM_ID and not (person.is_bot or person.deleted),
        "shortcuts": [asdict(shortcut) for shortcut in world.slack.gestures.shortcuts(person)],
        "bot": BOT_USER_ID,
        "now": world.clock.now(),
    }


def panel_of(world: World) -> Json:
    """Newest calls last; `operations` of each service are those that a fault can be bound to."""
    shown = snapshot(world.slack, world.edfs)
    calls = [{key: call[key] for key in _CALL_KEYS} for call in world.edfs.calls[-_MAX_CALLS:]]
    operations = {name: stand_in_named(world, name).operations or () for name in SERVICES}
    return {
        "timers": shown["timers"],
        "calls": calls,
        "count": len(world.edfs.calls),
        "faults": list_faults(world),
        "kinds": KINDS,
        "operations": {name: sorted(known) for name, known in operations.items()},
        "now": world.clock.now(),
        "offset": world.clock.offset,
    }


def _names(world: World, channels: list[Channel]) -> dict[str, str]:
    """Display names by id: people, groups, and the channels that the reader is in."""
    people = [world.person(one.name) for one in (*PEOPLE, *CREW)]
    return {
        **{person.id: person.real_name for person in people},
        BOT_USER_ID: BOT.real_name,
        SLACKBOT_ID: "Slackbot",
        **dict.fromkeys(world.slack.state.groups, "a user group"),
        APPROVERS_GROUP: "approvers",
        **{channel.id: channel.name for channel in channels if not channel.is_im},
    }


def _person(person: Person) -> Json:
    return {
        "id": person.id,
        "name": person.name,
        "real_name": person.real_name,
        "role": person.role,
        "outside": person.team_id != TEAM_ID,
        "deleted": person.deleted,
    }


def _channel(channel: Channel) -> Json:
    return {
        "id": channel.id,
        "name": BOT.real_name if channel.is_im else channel.name,
        "type": channel.type,
        "shared": channel.is_ext_shared,
        "archived": channel.is_archived,
        "has_bot": BOT_USER_ID in channel.members,
        "people": len(channel.members),
    }


def _message(message: Message) -> Json:
    return {
        "ts": message.ts,
        "channel": message.channel,
        "user": message.user,
        "text": message.text,
        "blocks": list(message.blocks),
        "only_you": message.visible_to is not None,
        "thread": message.thread_ts,
        "broadcast": message.broadcast,
        "edited": message.edited,
    }


def _view(view: View) -> Json:
    return {
        "id": view.id,
        "hash": view.hash,
        "body": dict(view.body),
        "errors": dict(view.errors),
        "previous": view.previous_id,
    }
