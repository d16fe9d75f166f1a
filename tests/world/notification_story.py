"""Steps for stories with notifications: subscribing, reading a channel, waiting for the queue."""

from bot.core.names import OperationId
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


async def one_poll(story: Story, begun: float = 0.0) -> None:
    """Wait until the only subscription has been polled, by a poll that began then or later."""
    workspace = story.bot.context.installation.workspace
    (one,) = await story.bot.store.subscriptions.open(workspace)
    await until(lambda: polled_since(story, one.id, begun), "it was not polled")


async def polled_since(story: Story, subscription: OperationId, begun: float) -> bool:
    """Return whether a poll that began then has ended; the next one is scheduled as its last step.

    The world's clock must not be moved on before that: the next poll would be due too late.
    """
    store, workspace = story.bot.store, story.bot.context.installation.workspace
    seen = await store.poll_snapshots.load(workspace, subscription)
    if seen is None or seen.at < begun:
        return False
    return (await _polls_due(story)).get(subscription, 0.0) > story.world.clock.now()


async def deferred_to(story: Story, begins: float, ends: float) -> None:
    """Wait until the next poll is due between these times of the world's clock."""

    async def is_deferred() -> bool:
        return any(begins <= at < ends for at in (await _polls_due(story)).values())

    await until(is_deferred)


async def _polls_due(story: Story) -> dict[str, float]:
    redis, workspace = story.bot.store.redis, story.bot.context.installation.workspace
    due = await redis.zrange(f"edfs:{{{workspace}}}:due", 0, -1, withscores=True)
    kind = b"subscription:"
    return {member.removeprefix(kind).decode(): at for member, at in due if member.startswith(kind)}
