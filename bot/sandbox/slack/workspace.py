"""Channels, messages and their visibility."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from bot.sandbox.clock import Clock
from bot.sandbox.people import (
    APP_ID,
    BOT_ID,
    BOT_USER_ID,
    PEOPLE,
    TEAM_ID,
    People,
    Person,
    UnknownNameError,
)

Blocks = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel or direct message; `members` are user ids."""

    id: str
    name: str
    members: frozenset[str]
    is_private: bool = False
    is_ext_shared: bool = False
    is_im: bool = False
    is_archived: bool = False

    @property
    def shown_name(self) -> str:
        """`#plant-ops`, or `@alice` for direct messages with the bot."""
        return self.name if self.is_im else f"#{self.name}"

    @property
    def payload_name(self) -> str:
        """The name of the channel in payloads of commands and clicks."""
        if self.is_im:
            return "directmessage"
        return "privategroup" if self.is_private else self.name

    @property
    def type(self) -> str:
        """The `channel_type` of message events."""
        if self.is_im:
            return "im"
        return "group" if self.is_private else "channel"


@dataclass(frozen=True, slots=True)
class Message:
    """`channel` and `user` are ids; `visible_to` is a person's id, or None for everyone.

    `thread_ts` is the ts of the message replied to; `broadcast` shows the reply in the channel too.
    """

    ts: str
    channel: str
    user: str
    text: str
    blocks: Blocks = ()
    visible_to: str | None = None
    thread_ts: str | None = None
    edited: bool = False
    edited_ts: str = ""
    metadata: Mapping[str, Any] | None = field(default=None, repr=False)
    broadcast: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_slack(self) -> dict[str, Any]:
        """The message object of Web API responses and of payloads."""
        shown: dict[str, Any] = {
            "type": "message",
            "user": self.user,
            "ts": self.ts,
            "text": self.text,
            "team": TEAM_ID,
        }
        if self.user == BOT_USER_ID:
            shown |= {"bot_id": BOT_ID, "app_id": APP_ID}
        if self.blocks:
            shown["blocks"] = [dict(block) for block in self.blocks]
        if self.thread_ts is not None:
            shown["thread_ts"] = self.thread_ts
        if self.broadcast:
            shown["subtype"] = "thread_broadcast"
        if self.edited:
            shown["edited"] = {"user": self.user, "ts": self.edited_ts}
        return shown


class Workspace:
    """One workspace; `channels` by id, `messages` by ts, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0
        self.people = People()
        self.reset()

    def reset(self) -> None:
        self.people.reset()
        self.channels = {channel.id: channel for channel in _first_channels()}
        self.messages: dict[str, Message] = {}

    def channel_named(self, name: str) -> Channel:
        """The channel of `#plant-ops`, `plant-ops`, `@alice` or an id; raises UnknownNameError."""
        wanted = name.removeprefix("#").casefold()
        if name.startswith("@"):
            return self.direct(self.people.named(name))
        for channel in self.channels.values():
            if (not channel.is_im and channel.name == wanted) or channel.id == name:
                return channel
        known = ", ".join(c.shown_name for c in self.channels.values())
        raise UnknownNameError(f"there is no channel {name!r}; there are: {known}")

    def direct(self, person: Person) -> Channel:
        """The direct messages between a person and the bot, created where there are none yet."""
        return self.channels.setdefault(_direct_id(person), _direct(person))

    def create(
        self, name: str, members: frozenset[str], *, private: bool = False, shared: bool = False
    ) -> Channel:
        """Creates a channel; ValueError where its name is taken. `members` are ids."""
        if any(channel.name == name for channel in self.channels.values()):
            raise ValueError(f"there is a channel #{name} already")
        channel_id = f"C1{len(self.channels):08d}"
        channel = Channel(channel_id, name, members, is_private=private, is_ext_shared=shared)
        self.channels[channel_id] = channel
        return channel

    def archive(self, channel_id: str) -> None:
        self.channels[channel_id] = replace(self.channels[channel_id], is_archived=True)

    def root_of(self, channel_id: str, ts: str) -> Message | None:
        """The root of a thread, by the ts of the root or of a reply."""
        message = self.messages.get(ts)
        if message is None or message.channel != channel_id:
            return None
        return message if message.thread_ts is None else self.messages.get(message.thread_ts)

    def thread(self, channel_id: str, ts: str) -> list[Message]:
        """The replies in a thread, oldest first, without the root and without ephemeral ones."""
        return [
            message
            for message in self.messages.values()
            if message.channel == channel_id
            and message.thread_ts == ts
            and message.visible_to is None
        ]

    def post(
        self,
        channel: str,
        user: str,
        text: str,
        *,
        blocks: Blocks = (),
        visible_to: str | None = None,
        thread_ts: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        broadcast: bool = False,
    ) -> Message:
        ts = self._next_ts()
        named = _with_block_ids(blocks, ts)
        message = Message(
            ts,
            channel,
            user,
            text,
            named,
            visible_to,
            thread_ts,
            metadata=metadata,
            broadcast=broadcast,
        )
        self.messages[message.ts] = message
        return message

    def edit(self, ts: str, text: str | None, blocks: Blocks | None) -> Message:
        """Edits a message; a part that is None stays."""
        old = self.messages[ts]
        new = replace(
            old,
            text=old.text if text is None else text,
            blocks=old.blocks if blocks is None else _with_block_ids(blocks, ts),
            edited=True,
            edited_ts=self._next_ts(),
        )
        self.messages[ts] = new
        return new

    def delete(self, ts: str) -> None:
        self.messages.pop(ts, None)

    def seen_by(self, person: Person, channel: str | None = None) -> list[Message]:
        """What the person can read, oldest first: their channels, and ephemeral ones for them."""
        return [
            message
            for message in self.messages.values()
            if channel in {None, message.channel} and self._sees(person, message)
        ]

    def join(self, channel_id: str, user_id: str) -> Channel:
        channel = self.channels[channel_id]
        joined = replace(channel, members=channel.members | {user_id})
        self.channels[channel_id] = joined
        return joined

    def leave(self, channel_id: str, user_id: str) -> None:
        channel = self.channels[channel_id]
        self.channels[channel_id] = replace(channel, members=channel.members - {user_id})

    def _sees(self, person: Person, message: Message) -> bool:
        if message.visible_to is not None:
            return message.visible_to == person.id
        return person.id in self.channels[message.channel].members

    def _next_ts(self) -> str:
        """The next ts: unique and increasing as text, also after a reset moved the clock back."""
        self._last = max(self._last + 100, int(self._clock.now()) * 1_000_000)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


def _with_block_ids(blocks: Blocks, ts: str) -> Blocks:
    """The blocks with a block_id each, which Slack makes up where the app gave none."""
    return tuple(
        block if "block_id" in block else {**block, "block_id": f"b{ts[-6:]}-{place}"}
        for place, block in enumerate(blocks)
    )


def _direct_id(person: Person) -> str:
    return "D" + person.id[1:]


def _direct(person: Person) -> Channel:
    both = frozenset({person.id, BOT_USER_ID})
    return Channel(_direct_id(person), f"@{person.name}", both, is_im=True)


def _first_channels() -> list[Channel]:
    ids = {person.name: person.id for person in PEOPLE}

    def team(*names: str) -> frozenset[str]:
        return frozenset(ids[name] for name in names)

    here = frozenset({BOT_USER_ID})
    everyone = team("alice", "bob", "carol", "gina", "botty")
    channels = [
        Channel("C0PLANTOPS", "plant-ops", everyone | here),
        Channel("C0APPROVAL", "approvals", team("alice", "bob", "carol") | here),
        Channel(
            "C0SHARED01",
            "shared",
            team("alice", "bob", "carol", "dana") | here,
            is_ext_shared=True,
        ),
        Channel("C0GENERAL1", "general", everyone),
        Channel("C0SECRET01", "secret", team("alice"), is_private=True),
    ]
    directs = [
        _direct(person) for person in PEOPLE if not person.is_bot and person.team_id == TEAM_ID
    ]
    return [*channels, *directs]
