"""The sandbox world: three stand-ins, one clock, and the people who act in them.

world = World()
await world.open()
world.connect(bot_url)
await world.types("alice", "#plant-ops", '/edfs toggle plant-a "SAP work orders"')
await world.signs_in("alice")
await world.clicks("alice", "Continue")
world.reads("alice", "#plant-ops")
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.sandbox.browser.browser import Browser
from bot.sandbox.browser.sign_in import sign_in
from bot.sandbox.clock import Clock
from bot.sandbox.edfs import EdfsStandIn
from bot.sandbox.ims import ImsStandIn
from bot.sandbox.people import BOT_NAME, Person, UnknownNameError
from bot.sandbox.slack import Ack, Channel, Message, SlackStandIn
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.snapshot import snapshot

EVENTS_PATH = "/slack/events"
CALLBACK_PATH = "/link/callback"


class World:
    """One world; `clock` replaces the clock of this machine, `seed` determines the ids."""

    def __init__(self, *, seed: int = 1, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.slack = SlackStandIn(self.clock)
        self.ims = ImsStandIn(self.clock)
        self.edfs = EdfsStandIn(self.clock, self.ims.holder, seed=seed)
        # Awaited by the sandbox API's reset, after the world itself was reset.
        self.on_reset: list[Callable[[], Awaitable[None]]] = []
        self._browsers: dict[str, Browser] = {}

    async def open(self, *, ports: Sequence[int] | None = None) -> None:
        """Starts Slack, EDFS and IMS, in that order of `ports`; None takes free ones."""
        for stand_in, port in zip(self._stand_ins, ports or (0, 0, 0), strict=True):
            await stand_in.open(port)

    async def close(self) -> None:
        await self._close_browsers()
        for stand_in in self._stand_ins:
            await stand_in.close()

    def settings(self, bot_url: str, *, socket_mode: bool = False) -> dict[str, str]:
        """The environment variables of a bot in this world; Socket Mode: no delivery over HTTP."""
        self.slack.delivery.socket_mode = socket_mode
        app_token = {"SLACK_APP_TOKEN": self.slack.app_token} if socket_mode else {}
        return {
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_SIGNING_SECRET": self.slack.signing_secret,
            "SLACK_API_URL": self.slack.api_url,
            **app_token,
            "IMS_ISSUER": self.ims.url,
            "IMS_CLIENT_ID": self.ims.client_id,
            "IMS_CLIENT_SECRET": self.ims.client_secret,
            "ITWIN_API_URL": self.edfs.url,
            "PUBLIC_URL": bot_url,
        }

    def connect(self, bot_url: str) -> None:
        """Registers the bot's URLs: where Slack delivers to, and IMS's redirect_uri."""
        self.slack.delivery.events_url = bot_url.rstrip("/") + EVENTS_PATH
        self.ims.redirect_uris.add(bot_url.rstrip("/") + CALLBACK_PATH)

    # People act.

    async def types(
        self,
        person: str,
        channel: str,
        text: str,
        *,
        thread: str | None = None,
        deliveries: int = 1,
    ) -> Ack:
        """A slash command or a message as Slack sends it; `thread` is the ts it replies to.

        `deliveries` repeats the same request; events then carry their retry number.
        """
        place = self._workspace.channel_named(channel)
        return await self.slack.actions.types(self.person(person), place, text, deliveries, thread)

    async def edits(self, person: str, ts: str, text: str) -> Ack:
        """Edits a message that the person has written."""
        return await self.slack.actions.edits(self.person(person), ts, text)

    async def clicks(
        self, person: str, action: str, *, message: str | None = None, deliveries: int = 1
    ) -> Ack:
        """Clicks the newest button of a label or action_id, or the newest option of a label."""
        return await self.slack.actions.clicks(self.person(person), action, message, deliveries)

    async def submits(self, person: str, values: Mapping[str, str] | None = None) -> Ack:
        """Submits the top modal; `values` by the label, block_id or action_id of an input."""
        return await self.slack.actions.submits(self.person(person), values or {})

    async def closes(self, person: str) -> Ack | None:
        return await self.slack.actions.closes(self.person(person))

    async def opens_home(self, person: str) -> Ack:
        """Opens the bot's Home tab; the bot may then publish one."""
        return await self.slack.actions.opens_home(self.person(person))

    async def shortcuts(self, person: str, callback_id: str) -> Ack:
        """Uses a global shortcut of the app."""
        return await self.slack.gestures.uses(self.person(person), callback_id)

    async def message_shortcut(self, person: str, callback_id: str, message_ts: str) -> Ack:
        """Uses a shortcut in the menu of a message that the person sees."""
        return await self.slack.gestures.uses(self.person(person), callback_id, message_ts)

    async def suggests(
        self,
        person: str,
        action: str,
        typed: str = "",
        values: Mapping[str, str] | None = None,
    ) -> Ack:
        """Types letters into an external select; the ack's body holds the options.

        `values` are those of the other inputs of the modal, as in `submits`.
        """
        return await self.slack.actions.suggests(self.person(person), action, typed, values or {})

    async def signs_in(
        self, person: str, *, url: str | None = None, account: str | None = None
    ) -> str:
        """Signs in with a browser from the newest *Sign in* button; returns the last page's text.

        The click is delivered to the bot too, as Slack does for link buttons. `account` names the
        owner of the IMS account, where it is not the person's own.
        """
        if url is None:
            url = await self._clicks_sign_in(person)
        return await sign_in(self.browser(person), url, self.person(account or person))

    def browser(self, person: str) -> Browser:
        """The person's browser, which keeps its cookies until the world is reset."""
        return self._browsers.setdefault(self.person(person).name, Browser())

    def reads(self, person: str, channel: str | None = None) -> list[Message]:
        """The messages that the person can see, oldest first, with their own ephemeral ones."""
        workspace = self._workspace
        place = None if channel is None else workspace.channel_named(channel).id
        return workspace.seen_by(self.person(person), place)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """The replies to a message, oldest first, without ephemeral ones."""
        workspace = self._workspace
        return workspace.thread(workspace.channel_named(channel).id, ts)

    # Changes of the workspace and its people, which last until the reset.

    def person(self, name: str) -> Person:
        """The person as Slack has them now."""
        return self._workspace.people.named(name)

    def change(self, person: str, **changes: Any) -> Person:
        """Changes fields, such as deleted=True, is_restricted=True or time_zone="Asia/Tokyo"."""
        return self._workspace.people.change(person, **changes)

    def channel(
        self,
        name: str,
        *people: str,
        private: bool = False,
        shared: bool = False,
        bot: bool = True,
    ) -> Channel:
        """Creates a channel with these people, and with the bot unless `bot` is false."""
        members = {self.person(who).id for who in (*people, *([BOT_NAME] if bot else []))}
        name = name.removeprefix("#")
        return self._workspace.create(name, frozenset(members), private=private, shared=shared)

    def joins(self, channel: str, *people: str) -> None:
        """Adds members to a channel; `edfs` is the bot."""
        for who in people:
            self._workspace.join(self._workspace.channel_named(channel).id, self.person(who).id)

    def leaves(self, channel: str, *people: str) -> None:
        for who in people:
            self._workspace.leave(self._workspace.channel_named(channel).id, self.person(who).id)

    def archives(self, channel: str) -> None:
        self._workspace.archive(self._workspace.channel_named(channel).id)

    def group(self, group_id: str, people: Sequence[str]) -> None:
        """Sets the members of a user group, by their names."""
        self.slack.state.groups[group_id] = [self.person(who).id for who in people]

    def reset(self) -> None:
        """Restores the first world; ports, tokens and the bot's URLs stay valid."""
        self.clock.reset()
        for stand_in in self._stand_ins:
            stand_in.reset()
        for browser in self._browsers.values():
            browser.forget()

    def state(self) -> dict[str, Any]:
        """The JSON of `GET /sandbox/api/state`."""
        return snapshot(self.slack, self.edfs)

    @property
    def _workspace(self) -> Workspace:
        return self.slack.state.workspace

    @property
    def _stand_ins(self) -> tuple[SlackStandIn, EdfsStandIn, ImsStandIn]:
        return (self.slack, self.edfs, self.ims)

    async def _clicks_sign_in(self, person: str) -> str:
        who = self.person(person)
        actions = self.slack.actions
        for message in reversed(self.reads(person)):
            for control in actions.controls_of(message, who):
                if control.url is not None and "sign in" in control.label.casefold():
                    await self.clicks(person, control.label, message=message.ts)
                    return control.url
        raise UnknownNameError(f"{who.name} sees no Sign in button; type /edfs signin first")

    async def _close_browsers(self) -> None:
        for browser in self._browsers.values():
            await browser.close()
