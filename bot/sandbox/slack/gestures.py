"""Actions of people by the ids on their screen, as the sandbox page sends them."""

from dataclasses import dataclass, replace
from typing import Any

from bot.sandbox.people import TEAM_ID, Person, UnknownNameError
from bot.sandbox.slack import payloads
from bot.sandbox.slack.actions import Actions
from bot.sandbox.slack.controls import Control, missing
from bot.sandbox.slack.delivery import Ack, Delivery
from bot.sandbox.slack.input_state import checked_answer, control_at, state_from_screen
from bot.sandbox.slack.modals import View
from bot.sandbox.slack.options import checked_options
from bot.sandbox.slack.state import Shortcut, SlackState
from bot.sandbox.slack.workspace import Message


@dataclass(frozen=True, slots=True)
class ControlRef:
    """A control by its ids, in a message (its ts) or in a modal or App Home (the view's id).

    `values` is `state.values` as the screen has it, at least of what was filled in.
    """

    block_id: str
    action_id: str
    message: str | None = None
    view: str | None = None
    values: Any = None


class Gestures:
    """Sends the payloads of what is pressed on a screen; see `actions` for actions by label."""

    def __init__(self, state: SlackState, delivery: Delivery, actions: Actions) -> None:
        self._state = state
        self._delivery = delivery
        self._actions = actions

    async def presses(self, person: Person, ref: ControlRef, answer: Any = None) -> Ack:
        """Presses a button, or chooses `answer` in another control."""
        surface, control = self._find(person, ref)
        control = replace(control, answer=checked_answer(control, answer))
        state = state_from_screen(_blocks(surface), ref.values or {})
        stamps: dict[str, Any] = {
            "trigger_id": self._state.triggers.issue(person),
            "at": self._state.clock.now(),
            "state": state,
        }
        if isinstance(surface, View):
            payload = payloads.view_click(person, surface, control, **stamps)
        else:
            channel = self._state.workspace.channels[surface.channel]
            url = self._actions.hooks_url + self._state.response_urls.issue(
                channel, person, surface.ts
            )
            payload = payloads.message_click(
                person, channel, surface, control, response_url=url, **stamps
            )
        return (await self._delivery.send("interactive", payload))[0]

    async def suggests(self, person: Person, ref: ControlRef, typed: str) -> Ack:
        """Asks for the options of an external select, which the ack's body holds."""
        surface, control = self._find(person, ref)
        state = state_from_screen(_blocks(surface), ref.values or {})
        if isinstance(surface, View):
            container: dict[str, Any] = {
                "view": surface.as_slack(state),
                "container": {"type": "view", "view_id": surface.id},
            }
        else:
            channel = self._state.workspace.channels[surface.channel]
            container = {
                "channel": {"id": channel.id, "name": channel.payload_name},
                "message": surface.as_slack(),
                "container": {
                    "type": "message",
                    "message_ts": surface.ts,
                    "channel_id": channel.id,
                    "is_ephemeral": surface.visible_to is not None,
                },
            }
        payload = payloads.block_suggestion(person, control, typed, container)
        return checked_options((await self._delivery.send("interactive", payload))[0])

    async def submits(self, person: Person, view_id: str, values: Any) -> Ack:
        view = self._top_modal(person, view_id)
        state = state_from_screen(_blocks(view), values)
        empty = missing(_blocks(view), state)
        if empty:
            raise UnknownNameError(f"Slack does not submit before this is filled in: {empty[0]}")
        trigger_id = self._state.triggers.issue(person)
        payload = payloads.view_submission(person, view, state, trigger_id)
        ack = (await self._delivery.send("interactive", payload))[0]
        self._actions.apply_submission_ack(person, view, ack)
        return ack

    async def closes(self, person: Person, view_id: str) -> Ack | None:
        self._top_modal(person, view_id)
        return await self._actions.closes(person)

    async def uses(self, person: Person, callback_id: str, message_ts: str | None = None) -> Ack:
        """Uses a shortcut of the app: a global one, or one of a message."""
        shortcut = self._shortcut(
            person, callback_id, "global" if message_ts is None else "message"
        )
        trigger_id, now = self._state.triggers.issue(person), self._state.clock.now()
        if message_ts is None:
            payload = payloads.shortcut(person, shortcut.callback_id, trigger_id=trigger_id, at=now)
        else:
            message = self._visible_message(person, message_ts)
            if message.visible_to is not None:
                raise UnknownNameError("Slack has no shortcuts for what only one person sees")
            channel = self._state.workspace.channels[message.channel]
            payload = payloads.message_action(
                person,
                channel,
                message,
                shortcut.callback_id,
                response_url=self._actions.hooks_url
                + self._state.response_urls.issue(channel, person),
                trigger_id=trigger_id,
                at=now,
            )
        return (await self._delivery.send("interactive", payload))[0]

    def shortcuts(self, person: Person) -> tuple[Shortcut, ...]:
        """The person's shortcuts: members of other workspaces have none (/apis/slack-connect)."""
        return self._state.shortcuts if person.team_id == TEAM_ID else ()

    def _shortcut(self, person: Person, callback_id: str, kind: str) -> Shortcut:
        for shortcut in self.shortcuts(person):
            if (shortcut.callback_id, shortcut.type) == (callback_id, kind):
                return shortcut
        raise UnknownNameError(f"{person.name} has no {kind} shortcut {callback_id!r}")

    def _find(self, person: Person, ref: ControlRef) -> tuple[Message | View, Control]:
        surface: Message | View
        if ref.message is not None:
            surface = self._visible_message(person, ref.message)
        else:
            surface = self._view(person, ref.view or "")
        control = control_at(_blocks(surface), ref.block_id, ref.action_id)
        if not control.shown_to(person.id):
            raise UnknownNameError(f"{person.name} does not see {control.label!r}")
        return surface, control

    def _visible_message(self, person: Person, ts: str) -> Message:
        for message in self._state.workspace.seen_by(person):
            if message.ts == ts:
                return message
        raise UnknownNameError(f"{person.name} sees no message {ts!r}")

    def _view(self, person: Person, view_id: str) -> View:
        home = self._state.modals.homes.get(person.id)
        if home is not None and home.id == view_id:
            return home
        return self._top_modal(person, view_id)

    def _top_modal(self, person: Person, view_id: str) -> View:
        """The view, if it is the modal on top, because only that can be used."""
        top = self._state.modals.top(person)
        if top is None or top.id != view_id:
            raise UnknownNameError(f"{person.name} has no window {view_id!r} open, or not on top")
        return top


def _blocks(surface: Message | View) -> Any:
    return surface.body["blocks"] if isinstance(surface, View) else surface.blocks
