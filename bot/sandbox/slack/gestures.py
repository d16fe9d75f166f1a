"""What people do with a mouse or keys on a screen that knows the ids of everything on it."""

from dataclasses import dataclass, replace
from typing import Any

from bot.sandbox.people import TEAM_ID, Person, UnknownNameError
from bot.sandbox.slack import payloads
from bot.sandbox.slack.actions import Acts
from bot.sandbox.slack.controls import Control, missing
from bot.sandbox.slack.delivery import Ack, Delivery
from bot.sandbox.slack.input_state import answered, control_at, state_given
from bot.sandbox.slack.modals import View
from bot.sandbox.slack.options import judged
from bot.sandbox.slack.state import Shortcut, SlackState
from bot.sandbox.slack.workspace import Message


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a control is: in a message (ts) or in a modal or home (view id), by its two ids.

    `values` is `state.values` as the screen has it, of what was filled in at least.
    """

    block_id: str
    action_id: str
    message: str | None = None
    view: str | None = None
    values: Any = None


class Hands:
    def __init__(self, state: SlackState, delivery: Delivery, acts: Acts) -> None:
        self._state = state
        self._delivery = delivery
        self._acts = acts

    async def presses(self, person: Person, spot: Spot, answer: Any = None) -> Ack:
        """A button, or another choice in anything that can be chosen from."""
        place, control = self._found(person, spot)
        control = replace(control, answer=answered(control, answer))
        state = state_given(_blocks(place), spot.values or {})
        stamps: dict[str, Any] = {
            "trigger_id": self._state.triggers.issue(person),
            "at": self._state.clock.now(),
            "state": state,
        }
        if isinstance(place, View):
            payload = payloads.view_click(person, place, control, **stamps)
        else:
            channel = self._state.workspace.channels[place.channel]
            hook = self._acts.hooks_url + self._state.hooks.issue(channel, person, place.ts)
            payload = payloads.message_click(
                person, channel, place, control, response_url=hook, **stamps
            )
        return (await self._delivery.send("interactive", payload))[0]

    async def suggests(self, person: Person, spot: Spot, typed: str) -> Ack:
        """The ack's body is what an external select offers for these letters."""
        place, control = self._found(person, spot)
        state = state_given(_blocks(place), spot.values or {})
        if isinstance(place, View):
            container: dict[str, Any] = {
                "view": place.as_slack(state),
                "container": {"type": "view", "view_id": place.id},
            }
        else:
            channel = self._state.workspace.channels[place.channel]
            container = {
                "channel": {"id": channel.id, "name": channel.payload_name},
                "message": place.as_slack(),
                "container": {
                    "type": "message",
                    "message_ts": place.ts,
                    "channel_id": channel.id,
                    "is_ephemeral": place.visible_to is not None,
                },
            }
        payload = payloads.block_suggestion(person, control, typed, container)
        return judged((await self._delivery.send("interactive", payload))[0])

    async def submits(self, person: Person, view_id: str, values: Any) -> Ack:
        view = self._open(person, view_id)
        state = state_given(_blocks(view), values)
        empty = missing(_blocks(view), state)
        if empty:
            raise UnknownNameError(f"Slack does not submit before this is filled in: {empty[0]}")
        trigger_id = self._state.triggers.issue(person)
        payload = payloads.view_submission(person, view, state, trigger_id)
        ack = (await self._delivery.send("interactive", payload))[0]
        self._acts.answered(person, view, ack)
        return ack

    async def closes(self, person: Person, view_id: str) -> Ack | None:
        self._open(person, view_id)
        return await self._acts.closes(person)

    async def uses(self, person: Person, callback_id: str, message_ts: str | None = None) -> Ack:
        """A shortcut of the app: a global one, or a message's; outsiders have neither."""
        shortcut = self._shortcut(
            person, callback_id, "global" if message_ts is None else "message"
        )
        trigger_id, now = self._state.triggers.issue(person), self._state.clock.now()
        if message_ts is None:
            payload = payloads.shortcut(person, shortcut.callback_id, trigger_id=trigger_id, at=now)
        else:
            message = self._seen(person, message_ts)
            if message.visible_to is not None:
                raise UnknownNameError("Slack has no shortcuts for what only one person sees")
            channel = self._state.workspace.channels[message.channel]
            payload = payloads.message_action(
                person,
                channel,
                message,
                shortcut.callback_id,
                response_url=self._acts.hooks_url + self._state.hooks.issue(channel, person),
                trigger_id=trigger_id,
                at=now,
            )
        return (await self._delivery.send("interactive", payload))[0]

    def shortcuts(self, person: Person) -> tuple[Shortcut, ...]:
        """Only members of the workspace that installed the app have them (/apis/slack-connect)."""
        return self._state.shortcuts if person.team_id == TEAM_ID else ()

    def _shortcut(self, person: Person, callback_id: str, kind: str) -> Shortcut:
        for shortcut in self.shortcuts(person):
            if (shortcut.callback_id, shortcut.type) == (callback_id, kind):
                return shortcut
        raise UnknownNameError(f"{person.name} has no {kind} shortcut {callback_id!r}")

    def _found(self, person: Person, spot: Spot) -> tuple[Message | View, Control]:
        place: Message | View
        if spot.message is not None:
            place = self._seen(person, spot.message)
        else:
            place = self._view(person, spot.view or "")
        control = control_at(_blocks(place), spot.block_id, spot.action_id)
        if not control.shown_to(person.id):
            raise UnknownNameError(f"{person.name} does not see {control.label!r}")
        return place, control

    def _seen(self, person: Person, ts: str) -> Message:
        for message in self._state.workspace.seen_by(person):
            if message.ts == ts:
                return message
        raise UnknownNameError(f"{person.name} sees no message {ts!r}")

    def _view(self, person: Person, view_id: str) -> View:
        home = self._state.modals.homes.get(person.id)
        if home is not None and home.id == view_id:
            return home
        return self._open(person, view_id)

    def _open(self, person: Person, view_id: str) -> View:
        """Only the modal on top can be used."""
        top = self._state.modals.top(person)
        if top is None or top.id != view_id:
            raise UnknownNameError(f"{person.name} has no window {view_id!r} open, or not on top")
        return top


def _blocks(place: Message | View) -> Any:
    return place.body["blocks"] if isinstance(place, View) else place.blocks
