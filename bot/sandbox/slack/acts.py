"""What people do in Slack: type, click, submit and close; and what Slack shows them for it."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.people import BOT_USER_ID, SLACKBOT_ID, Person, UnknownNameError
from bot.sandbox.slack import payloads
from bot.sandbox.slack.controls import (
    Control,
    controls,
    input_labels,
    missing,
    state_of,
    unknown_inputs,
)
from bot.sandbox.slack.delivery import Ack, Delivery
from bot.sandbox.slack.modals import View
from bot.sandbox.slack.refusals import RefusalError
from bot.sandbox.slack.state import SlackState
from bot.sandbox.slack.views import checked_view
from bot.sandbox.slack.workspace import Channel, Message

TROUBLE = "We had some trouble connecting. Try again?"


class Acts:
    """`hooks_url` is the origin that response_urls start with; known once the server is open."""

    def __init__(self, state: SlackState, delivery: Delivery) -> None:
        self._state = state
        self._delivery = delivery
        self.hooks_url = ""

    async def types(self, person: Person, channel: Channel, text: str, deliveries: int) -> Ack:
        """A slash command; anything else is a message, and an event where the bot is meant."""
        if not text.startswith("/"):
            return await self._says(person, channel, text)
        command, _, rest = text.partition(" ")
        fields = payloads.command_fields(
            person,
            channel,
            command,
            rest.strip(),
            response_url=self.hooks_url + self._state.hooks.issue(channel, person),
            trigger_id=self._state.triggers.issue(person),
        )
        acks = await self._delivery.send("slash_commands", fields, deliveries)
        for ack in acks:
            self._heard(person, channel, command, ack)
        return acks[0]

    async def clicks(
        self, person: Person, action: str, message: str | None, deliveries: int
    ) -> Ack:
        place, control = self.find(person, action, message)
        trigger_id = self._state.triggers.issue(person)
        now = self._state.clock.now()
        if isinstance(place, View):
            payload = payloads.view_click(person, place, control, trigger_id=trigger_id, at=now)
        else:
            channel = self._state.workspace.channels[place.channel]
            path = self._state.hooks.issue(channel, person, place.ts)
            payload = payloads.message_click(
                person,
                channel,
                place,
                control,
                response_url=self.hooks_url + path,
                trigger_id=trigger_id,
                at=now,
            )
        return (await self._delivery.send("interactive", payload, deliveries))[0]

    async def submits(self, person: Person, values: Mapping[str, str]) -> Ack:
        view = self._top(person)
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
        self._answered(person, view, ack)
        return ack

    async def closes(self, person: Person) -> Ack | None:
        """Only a view that asked for it is told of; None otherwise."""
        view = self._top(person)
        self._state.modals.close(view)
        if not view.body.get("notify_on_close"):
            return None
        payload = payloads.view_closed(person, view, is_cleared=False)
        return (await self._delivery.send("interactive", payload))[0]

    async def suggests(self, person: Person, action: str, typed: str) -> Ack:
        """What an external select offers for the letters typed so far."""
        place, control = self.find(person, action, None)
        container: dict[str, Any] = {"view": place.as_slack()}
        if isinstance(place, Message):
            channel = self._state.workspace.channels[place.channel]
            container = {
                "channel": {"id": channel.id, "name": channel.payload_name},
                "message": place.as_slack(),
            }
        payload = payloads.block_suggestion(person, control, typed, container)
        return (await self._delivery.send("interactive", payload))[0]

    async def opens_home(self, person: Person) -> Ack:
        channel = self._state.workspace.direct(person)
        inner = {
            "type": "app_home_opened",
            "user": person.id,
            "channel": channel.id,
            "tab": "home",
            "event_ts": f"{self._state.clock.now():.6f}",
        }
        return await self._event(inner)

    def find(
        self, person: Person, action: str, message: str | None
    ) -> tuple[Message | View, Control]:
        """The newest place where the person sees that control; an open modal covers the rest."""
        seen = [*self._places(person, message)]
        for place in seen:
            for control in self.controls_of(place, person):
                if control.is_called(action):
                    return place, control
        labels = {c.label for place in seen for c in self.controls_of(place, person)}
        offered = ", ".join(sorted(labels)) or "none"
        raise UnknownNameError(f"{person.name} sees no {action!r}; visible are: {offered}")

    def controls_of(self, place: Message | View, person: Person) -> list[Control]:
        blocks = place.body["blocks"] if isinstance(place, View) else place.blocks
        return [control for control in controls(blocks) if control.shown_to(person.id)]

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

    def _top(self, person: Person) -> View:
        view = self._state.modals.top(person)
        if view is None:
            raise UnknownNameError(f"{person.name} has no modal open")
        return view

    def _heard(self, person: Person, channel: Channel, command: str, ack: Ack) -> None:
        """A failed command is told to the person by Slack; an answer with content is shown."""
        if not ack.ok:
            error = ack.body if ack.status == 0 else "dispatch_failed"
            self._slackbot(person, channel, f'{command} failed with the error "{error}"')
            return
        content = {"text": ack.body} if isinstance(ack.body, str) else ack.body
        if not isinstance(content, dict) or not (content.get("text") or content.get("blocks")):
            return
        try:
            self._state.hooks.say_for_command(channel, person, content)
        except RefusalError:
            text = f'{command} failed with the error "invalid_command_response"'
            self._slackbot(person, channel, text)

    def _slackbot(self, person: Person, channel: Channel, text: str) -> None:
        self._state.workspace.post(channel.id, SLACKBOT_ID, text, visible_to=person.id)

    def _answered(self, person: Person, view: View, ack: Ack) -> None:
        """What the ack of a submission does to the modal (/surfaces/modals)."""
        modals = self._state.modals
        if not ack.ok:
            modals.complain(view, {"": TROUBLE})
            return
        answer = ack.body if isinstance(ack.body, dict) else {}
        try:
            match answer.get("response_action"):
                case "errors":
                    modals.complain(view, answer["errors"])
                case "clear":
                    modals.clear(person)
                case "update":
                    modals.update(view, checked_view(answer.get("view"), "modal"))
                case "push":
                    modals.push(person, checked_view(answer.get("view"), "modal"))
                case _:
                    modals.close(view)
        except (RefusalError, KeyError) as error:
            modals.complain(view, {"": f"{TROUBLE} ({error})"})

    async def _says(self, person: Person, channel: Channel, text: str) -> Ack:
        message = self._state.workspace.post(channel.id, person.id, text)
        if not channel.is_im and f"<@{BOT_USER_ID}>" not in text:
            return Ack(200, "", 0.0)
        inner = {**message.as_slack(), "channel": channel.id, "event_ts": message.ts}
        kind = {"type": "message", "channel_type": "im"} if channel.is_im else None
        return await self._event(
            inner | (kind or {"type": "app_mention"}), is_ext_shared=channel.is_ext_shared
        )

    async def _event(self, inner: Mapping[str, Any], *, is_ext_shared: bool = False) -> Ack:
        now = self._state.clock.now()
        payload = payloads.event(inner, now, is_ext_shared=is_ext_shared)
        return (await self._delivery.send("events_api", payload))[0]
