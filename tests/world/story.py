"""The language of conversation tests: people act, and one reads what each of them sees."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from bot.app import Bot
from bot.sandbox.describe import describe_blocks
from bot.sandbox.slack import Ack, Message
from bot.sandbox.world import World
from tests.world.waiting import until

TOGGLE = '/edfs toggle plant-a "SAP work orders"'


@dataclass(frozen=True, slots=True)
class Story:
    world: World
    bot: Bot

    async def types(self, person: str, text: str, channel: str = "#plant-ops") -> Ack:
        return await self.world.types(person, channel, text)

    async def clicks(self, person: str, action: str, message: str | None = None) -> Ack:
        return await self.world.clicks(person, action, message=message)

    async def signs_in(self, person: str, channel: str = "#plant-ops") -> None:
        await signs_in(self.world, person, channel)

    async def signed_in(self, *people: str, channel: str = "#plant-ops") -> None:
        """Sign several people in at the same time."""
        await asyncio.gather(*(self.signs_in(person, channel) for person in people))

    async def submits(self, person: str, values: Mapping[str, str] | None = None) -> Ack:
        """Wait for the person's modal, fill it in (by label, block_id or action_id), send it."""
        modals, who = self.world.slack.state.modals, self.world.person(person)
        await until(lambda: modals.top(who), reason=f"{person} has no modal open")
        return await self.world.submits(person, values)

    async def says_in_thread(self, person: str, message: Message, text: str) -> Ack:
        """Reply under a message, or beside a reply."""
        return await self.world.types(person, message.channel, text, thread=message.ts)

    async def sees(self, person: str, words: str, channel: str | None = None) -> Message:
        """Wait until the person sees a message with these words; return the newest one."""
        return await sees(self.world, person, words, channel)

    async def gone(self, person: str, words: str, channel: str | None = None) -> None:
        """Wait until the person sees no message with these words."""
        await until(
            lambda: not any(words in said for said in self.says(person, channel)),
            reason=f"{person} still sees {words!r}",
        )

    def direct(self, person: str) -> list[str]:
        """What the person's direct messages with the bot say now, oldest first."""
        return self.says(person, f"@{person}")

    def thread(self, message: Message) -> list[str]:
        """What everybody can read now under that message, oldest first."""
        root = message.thread_ts or message.ts
        return [read(reply) for reply in self.world.thread(message.channel, root)]

    def says(self, person: str, channel: str | None = None) -> list[str]:
        """Everything the person sees now, oldest first."""
        return [read(message) for message in self.world.reads(person, channel)]

    def card(self, channel: str = "#plant-ops") -> Message:
        """The one message that everybody in the channel sees."""
        cards = [m for m in self.world.reads("alice", channel) if m.visible_to is None]
        assert len(cards) == 1, [read(card) for card in cards]
        return cards[0]

    def patches(self) -> int:
        """How many requests to flip a timer EDFS has got."""
        return sum(call["method"] == "PATCH" for call in self.world.edfs.calls)

    def flips(self, timer: str = "SAP work orders", itwin: str = "plant-a") -> int:
        return self.world.edfs.flips(timer, itwin)


def read(message: Message) -> str:
    """Read a message as a person does: its blocks, or its text where it has none."""
    return "\n".join(describe_blocks(message.blocks)) if message.blocks else message.text


async def sees(world: World, person: str, words: str, channel: str | None = None) -> Message:
    """Wait until the person sees a message with these words; return the newest one."""

    def found() -> Message | None:
        seen = [m for m in world.reads(person, channel) if words in read(m)]
        return seen[-1] if seen else None

    seen = "\n---\n".join(read(m) for m in world.reads(person, channel))
    message = await until(found, reason=f"{words!r} in\n{seen}")
    assert message is not None
    return message


async def signs_in(world: World, person: str, channel: str = "#plant-ops") -> None:
    """Sign a person in, from the command to the page that says so."""

    async def is_taken() -> bool:
        """Whether a bot stored the command in time; a starved process may refuse it."""
        ack = await world.types(person, channel, "/edfs signin")
        return ack.ok and "nothing was changed" not in str(ack.body)

    await until(is_taken, "signing in is refused again and again")
    await sees(world, person, "Sign in to iTwin")
    page = await world.signs_in(person)
    assert "You are signed in" in page, page
    await sees(world, person, "Signed in")
