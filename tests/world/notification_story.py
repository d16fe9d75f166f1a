"""Steps for stories with notifications: subscribing, reading a channel, waiting for the queue."""

from bot.sandbox.slack import Message
from tests.world.story import Story, read
from tests.world.waiting import until

ROOM = "#approvals"


async def subscribes(story: Story, words: str, person: str = "alice", channel: str = ROOM) -> None:
    await story.types(person, f"/edfs subscribe plant-a {words}", channel)
    await story.sees(person, "This channel will be told", channel)


def public(story: Story, channel: str = ROOM) -> list[Message]:
    """Return the channel's messages that everybody sees, without those in threads."""
    seen = story.world.reads("alice", channel)
    return [m for m in seen if m.visible_to is None and m.thread_ts is None]


async def told(story: Story, words: str, channel: str = ROOM) -> Message:
    def found() -> Message | None:
        said = [m for m in public(story, channel) if words in read(m)]
        return said[-1] if said else None

    seen = [read(m) for m in public(story, channel)]
    message = await until(found, reason=f"{words!r} not in {seen}")
    assert isinstance(message, Message)
    return message


def below(story: Story, card: Message, channel: str = ROOM) -> list[str]:
    return [read(m) for m in story.world.thread(channel, card.ts)]


async def settled(story: Story) -> None:
    """Wait until no event is queued and no card is due."""
    redis, workspace = story.bot.store.redis, story.bot.context.installation.workspace
    kinds = (b"batch:", b"card:", b"ended:")

    async def nothing_due() -> bool:
        members = await redis.zrange(f"edfs:{{{workspace}}}:due", 0, -1)
        return not any(one.startswith(kinds) for one in members)

    await until(nothing_due, "something is still due")


async def deferred_to(story: Story, begins: float, ends: float) -> None:
    """Wait until the next poll is due between these times of the world's clock."""
    redis, workspace = story.bot.store.redis, story.bot.context.installation.workspace

    async def is_deferred() -> bool:
        due = await redis.zrange(f"edfs:{{{workspace}}}:due", 0, -1, withscores=True)
        polls = [at for member, at in due if member.startswith(b"subscription:")]
        return any(begins <= at < ends for at in polls)

    await until(is_deferred)
