"""What notice tests share: subscribing, reading a channel, and waiting until nothing waits."""

import asyncio
import time

from bot.sandbox.slack import Message
from tests.world.story import Story, read

ROOM = "#approvals"


async def subscribes(story: Story, words: str, person: str = "alice", channel: str = ROOM) -> None:
    await story.types(person, f"/edfs subscribe plant-a {words}", channel)
    await story.sees(person, "This channel will be told", channel)


def public(story: Story, channel: str = ROOM) -> list[Message]:
    """What everybody in the channel sees, without what stands in threads."""
    seen = story.world.reads("alice", channel)
    return [m for m in seen if m.visible_to is None and m.thread_ts is None]


async def told(story: Story, words: str, channel: str = ROOM) -> Message:
    def found() -> Message | None:
        said = [m for m in public(story, channel) if words in read(m)]
        return said[-1] if said else None

    seen = [read(m) for m in public(story, channel)]
    message = await story.world.until(found, seconds=15, reason=f"{words!r} not in {seen}")
    assert isinstance(message, Message)
    return message


def below(story: Story, card: Message, channel: str = ROOM) -> list[str]:
    return [read(m) for m in story.world.thread(channel, card.ts)]


async def settled(story: Story, seconds: float = 20.0) -> None:
    """Wait until nothing waits to be told or drawn."""
    redis, home = story.bot.context.gateways.store.redis, story.bot.context.installation.workspace
    left: list[bytes] = [b"?"]

    async def waits() -> list[bytes]:
        members = await redis.zrange(f"edfs:{{{home}}}:due", 0, -1)
        kinds = (b"batch:", b"card:", b"ended:")
        return [one for one in members if one.startswith(kinds)]

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        left = await waits()
        if not left:
            return
        await pause()
    raise AssertionError(f"{left} are still due")


async def put_off(story: Story, seconds: float) -> None:
    """Wait until the next look has been put off for about so long."""
    redis, home = story.bot.context.gateways.store.redis, story.bot.context.installation.workspace
    end = time.monotonic() + 10
    while time.monotonic() < end:
        due = await redis.zrange(f"edfs:{{{home}}}:due", 0, -1, withscores=True)
        now = story.world.clock.now()
        looks = [at - now for member, at in due if member.startswith(b"subscription:")]
        if any(seconds - 10 < left <= seconds for left in looks):
            return
        await pause()
    raise AssertionError(f"the next look is due in {looks} s")


async def pause() -> None:
    await asyncio.sleep(0.01)
