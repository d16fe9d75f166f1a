"""Actions of people by what they read: type, click, submit and close by label or name.

See `gestures` for the same by ids, as a screen knows them.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.sandbox.people import SLACKBOT_ID, Person, UnknownNameError
from bot.sandbox.slack import payloads
from bot.sandbox.slack.controls import (
    Control,
    controls,
    external_selects,
    input_labels,
    inputs,
    missing,
    state_of,
    unknown_inputs,
)
from bot.sandbox.slack.delivery import Ack, Delivery
from bot.sandbox.slack.errors import WebApiError
from bot.sandbox.slack.events import events_of, events_of_edit, home_opened
from bot.sandbox.slack.modals import View
from bot.sandbox.slack.options import checked_options
from bot.sandbox.slack.state import SlackState
from bot.sandbox.slack.views import checked_view
from bot.sandbox.slack.workspace import Channel, Message

NOTHING_SENT = Ack(200, "", 0.0)
TROUBLE = "We had some trouble connecting. Try again?"


class Actions:
    """Sends the payloads of actions, and shows the person what Slack makes of the acks.

    `hooks_url` is the origin of response_urls, known once the server is open.
    """

    def __init__(self, state: SlackState, delivery: Delivery) -> None:
        self._state = state
        self._delivery = delivery
        self.hooks_url = ""

    async def types(
        self,
        person: Person,
        channel: Channel,
        text: str,
        deliveries: int = 1,
        thread: str | None = None,
    ) -> Ack:
        """Sends a slash command, which Slack rejects in threads, or posts a message.

        `thread` is the ts of the root or of a reply. A message is sent to the bot as events; the
        result is the ack of the first, which is the mention where there is one.
        """
        root = self._root(channel, thread)
        if not text.startswith("/"):
            return await self._posts(person, channel, text, root, deliveries)
        if root is not None:
            refusal = f"{text.partition(' ')[0]} is not supported in threads. Sorry!"
            self._slackbot(person, channel, refusal, root.ts)
            return Ack(0, refusal, 0.0)
        command, _, rest = text.partition(" ")
        fields = payloads.command_fields(
            person,
            channel,
            command,
            rest.strip(),
            response_url=self.hooks_url + self._state.response_urls.issue(channel, person),
            trigger_id=self._state.triggers.issue(person),
        )
        acks = await self._delivery.send("slash_commands", fields, deliveries)
        for ack in acks:
            self._show_command_ack(person, channel, command, ack)
        return acks[0]

    async def edits(self, person: Person, ts: str, text: str) -> Ack:
        """Edits a message of the person's own, of which the bot gets the events."""
        before = self._state.workspace.messages.get(ts)
        if before is None or before.user != person.id:
            raise UnknownNameError(f"{person.name} has written no message {ts!r}")
        message = self._state.workspace.edit(ts, text, None)
        channel = self._state.workspace.channels[message.channel]
        inner = events_of_edit(message, before, channel, self._state.subscribed)
        return await self._send_events(inner, channel)

    async def clicks(
        self, person: Person, action: str, message: str | None, deliveries: int
    ) -> Ack:
        surface, control = self.find(person, action, message)
        trigger_id = self._state.triggers.issue(person)
        now = self._state.clock.now()
        if isinstance(surface, View):
            payload = payloads.view_click(person, surface, control, trigger_id=trigger_id, at=now)
        else:
            channel = self._state.workspace.channels[surface.channel]
            path = self._state.response_urls.issue(channel, person, surface.ts)
            payload = payloads.message_click(
                person,
                channel,
                surface,
                control,
                response_url=self.hooks_url + path,
                trigger_id=trigger_id,
                at=now,
            )
        return (await self._delivery.send("interactive", payload, deliveries))[0]

    async def submits(self, person: Person, values: Mapping[str, str]) -> Ack:
        view = self._top_modal(person)
        blocks = view.body["blocks"]
        unknown = unknown_inputs(blocks, values)
        if unknown:
            labels = ", ".join(input_labels(blocks)) or "none"
            raise UnknownNameError(f"the modal has no input {unknown[0]!r}; it has: {labels}")
        state = state_of(blocks, values)
        empty = missing(blocks, state)
        if empty:
            raise UnknownNameError(f"Slack does not submit before this is filled in: {empty[0]}")
        trigger_id = self._state.triggers.issue(person)
        payload = payloads.view_submission(person, view, state, trigger_id)
        ack = (await self._delivery.send("interactive", payload))[0]
        self.apply_submission_ack(person, view, ack)
        return ack

    async def closes(self, person: Person) -> Ack | None:
        """Closes the top modal; None where the view has no `notify_on_close`."""
        view = self._top_modal(person)
        self._state.modals.close(view)
        if not view.body.get("notify_on_close"):
            return None
        payload = payloads.view_closed(person, view, is_cleared=False)
        return (await self._delivery.send("interactive", payload))[0]

    async def suggests(
        self, person: Person, action: str, typed: str, values: Mapping[str, str]
    ) -> Ack:
        """Asks for the options of an external select; `values` are those of the other inputs."""
        surface, control = self._find_external_select(person, action)
        if isinstance(surface, View):
            shown = surface.as_slack(state_of(surface.body["blocks"], values))
            container = {"container": {"type": "view", "view_id": surface.id}, "view": shown}
        else:
            channel = self._state.workspace.channels[surface.channel]
            container = {
                "channel": {"id": channel.id, "name": channel.payload_name},
                "message": surface.as_slack(),
            }
        payload = payloads.block_suggestion(person, control, typed, container)
        return checked_options((await self._delivery.send("interactive", payload))[0])

    async def opens_home(self, person: Person) -> Ack:
        channel = self._state.workspace.direct(person)
        if "app_home_opened" not in self._state.subscribed:
            return NOTHING_SENT
        inner = home_opened(person.id, channel.id, self._state.clock.now())
        return await self._send_event(inner)

    async def send_own_message_event(self, ts: str) -> None:
        """Sends the events of a message that the bot itself posted, as Slack does."""
        message = self._state.workspace.messages[ts]
        await self._send_message_events(message)

    def find(
        self, person: Person, action: str, message: str | None
    ) -> tuple[Message | View, Control]:
        """The control of that name on the newest surface that shows it to the person."""
        seen = [*self._places(person, message)]
        for surface in seen:
            for control in self.controls_of(surface, person):
                if control.is_called(action):
                    return surface, control
        labels = {c.label for surface in seen for c in self.controls_of(surface, person)}
        offered = ", ".join(sorted(labels)) or "none"
        raise UnknownNameError(f"{person.name} sees no {action!r}; visible are: {offered}")

    def controls_of(self, surface: Message | View, person: Person) -> list[Control]:
        blocks = surface.body["blocks"] if isinstance(surface, View) else surface.blocks
        return [control for control in controls(blocks) if control.shown_to(person.id)]

    def _find_external_select(self, person: Person, action: str) -> tuple[Message | View, Control]:
        for surface in self._places(person, None):
            blocks = surface.body["blocks"] if isinstance(surface, View) else surface.blocks
            for control in external_selects(blocks):
                if control.is_called(action):
                    return surface, control
        raise UnknownNameError(f"{person.name} sees no external select {action!r}")

    def _places(self, person: Person, message: str | None) -> Iterator[Message | View]:
        modal = self._state.modals.top(person)
        if modal is not None and message is None:
            yield modal
        for seen in reversed(self._state.workspace.seen_by(person)):
            if message in {None, seen.ts}:
                yield seen
        home = self._state.modals.homes.get(person.id)
        if home is not None and message is None:
            yield home

    def _top_modal(self, person: Person) -> View:
        view = self._state.modals.top(person)
        if view is None:
            raise UnknownNameError(f"{person.name} has no modal open")
        return view

    def _show_command_ack(self, person: Person, channel: Channel, command: str, ack: Ack) -> None:
        """Shows the person the content of an ack, or Slackbot's message about its failure."""
        if not ack.ok:
            error = ack.body if ack.status == 0 else "dispatch_failed"
            self._slackbot(person, channel, f'{command} failed with the error "{error}"')
            return
        content = {"text": ack.body} if isinstance(ack.body, str) else ack.body
        if not isinstance(content, dict) or not (content.get("text") or content.get("blocks")):
            return
        try:
            self._state.response_urls.post_command_ack(channel, person, content)
        except WebApiError:
            text = f'{command} failed with the error "invalid_command_response"'
            self._slackbot(person, channel, text)

    def _slackbot(
        self, person: Person, channel: Channel, text: str, thread_ts: str | None = None
    ) -> None:
        self._state.workspace.post(
            channel.id, SLACKBOT_ID, text, visible_to=person.id, thread_ts=thread_ts
        )

    def apply_submission_ack(self, person: Person, view: View, ack: Ack) -> None:
        """Applies the `response_action` of a submission to the modal (/surfaces/modals)."""
        modals = self._state.modals
        if not ack.ok:
            modals.set_errors(view, {"": TROUBLE})
            return
        answer = ack.body or {}
        if not isinstance(answer, dict):
            modals.set_errors(view, {"": TROUBLE})
            return
        try:
            match answer.get("response_action"):
                case "errors":
                    modals.set_errors(view, _checked_errors(view, answer.get("errors")))
                case "clear":
                    modals.clear(person)
                case "update":
                    modals.update(view, checked_view(answer.get("view"), "modal"))
                case "push":
                    modals.push(person, checked_view(answer.get("view"), "modal"))
                case None:
                    modals.close(view)
                case unknown:
                    modals.set_errors(view, {"": f"{TROUBLE} ({unknown})"})
        except WebApiError as error:
            modals.set_errors(view, {"": f"{TROUBLE} ({error})"})

    def _root(self, channel: Channel, thread: str | None) -> Message | None:
        root = None if thread is None else self._state.workspace.root_of(channel.id, thread)
        if root is None and thread is not None:
            raise UnknownNameError(f"{channel.shown_name} has no message {thread!r} to reply to")
        return root

    async def _posts(
        self, person: Person, channel: Channel, text: str, root: Message | None, deliveries: int
    ) -> Ack:
        if channel.is_archived:
            raise UnknownNameError(f"{channel.shown_name} is archived: nobody can write there")
        thread_ts = None if root is None else root.ts
        message = self._state.workspace.post(channel.id, person.id, text, thread_ts=thread_ts)
        return await self._send_message_events(message, deliveries)

    async def _send_message_events(self, message: Message, deliveries: int = 1) -> Ack:
        """Sends all events of a message at once, because Slack promises no order."""
        state = self._state
        channel = state.workspace.channels[message.channel]
        root = state.workspace.messages.get(message.thread_ts or "")
        inner = events_of(message, channel, root, state.subscribed)
        return await self._send_events(inner, channel, deliveries)

    async def _send_events(
        self, inner: Sequence[Mapping[str, Any]], channel: Channel, deliveries: int = 1
    ) -> Ack:
        acks = await asyncio.gather(
            *(
                self._send_event(one, deliveries, is_ext_shared=channel.is_ext_shared)
                for one in inner
            )
        )
        return acks[0] if acks else NOTHING_SENT

    async def _send_event(
        self, inner: Mapping[str, Any], deliveries: int = 1, *, is_ext_shared: bool = False
    ) -> Ack:
        now = self._state.clock.now()
        payload = payloads.event(inner, now, is_ext_shared=is_ext_shared)
        return (await self._delivery.send("events_api", payload, deliveries))[0]


def _checked_errors(view: View, errors: Any) -> Mapping[str, str]:
    """The errors by block_id of an input; raises WebApiError for any other shape."""
    known = {block["block_id"] for block, _ in inputs(view.body["blocks"])}
    if not isinstance(errors, dict) or not errors or not errors.keys() <= known:
        raise WebApiError("invalid_errors")
    if not all(isinstance(text, str) and text for text in errors.values()):
        raise WebApiError("invalid_errors")
    return errors
