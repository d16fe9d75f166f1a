"""The outbox of a channel, in which events wait to be batched into notifications, and its default.

``batch:<channel>`` is in the zset of what is due while events wait. For each channel it is stored
which notification shows a change thread, so that later events of the thread edit that message.
"""

from collections.abc import Iterable, Mapping, Sequence

from redis.asyncio import Redis

from bot.core.names import ChannelId, OperationId, Workspace
from bot.core.notifications import BURST_SECONDS, PendingEvent, batch_delay
from bot.core.timers import ITwin
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.scripts import load_script
from bot.gateways.store.sealed import SealedCodec, in_text, key_of

PURPOSE = "pending-event"
DEFAULT = "default"
KIND = "batch"
MOST_SENT = 10  # times of messages that are stored for a channel
SENT_SECONDS = 3_600
OUTBOX_SECONDS = 30 * 86_400
SLICE = 1_000  # Lua takes a few thousand arguments at once


class ChannelOutbox:
    """Every method may raise StoreUnreachable."""

    def __init__(self, redis: Redis, codec: SealedCodec, days: int) -> None:
        self._redis = redis
        self._codec = codec
        self._lifetime = days * 86_400
        self._finish = redis.register_script(load_script("finish_batch"))

    async def add(
        self, workspace: Workspace, channel: ChannelId, events: Sequence[PendingEvent], now: float
    ) -> None:
        """Queue these events; one that is queued already is not queued twice."""
        if not events:
            return
        key = _outbox(workspace, channel)
        rows = {
            one.event.key: self._codec.seal(one, key=key, purpose=PURPOSE, kind=PendingEvent)
            for one in events
        }
        at = now + batch_delay(await self.recent_count(workspace, channel, now))
        async with translate_errors(), self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hset(key, mapping=rows)  # type: ignore[arg-type]
            pipeline.expire(key, OUTBOX_SECONDS)
            pipeline.zadd(key_of(workspace, "due"), {f"{KIND}:{channel}": at}, nx=True)
            await pipeline.execute()

    async def schedule(self, workspace: Workspace, channel: ChannelId, at: float) -> None:
        """Make the channel due at that time, whether or not events wait."""
        async with translate_errors():
            await self._redis.zadd(key_of(workspace, "due"), {f"{KIND}:{channel}": at}, nx=True)

    async def pending(self, workspace: Workspace, channel: ChannelId) -> list[PendingEvent]:
        """Return the events that wait. Raises SealBroken."""
        key = _outbox(workspace, channel)
        async with translate_errors():
            rows = await self._redis.hvals(key)
        return [self._codec.open(PendingEvent, row, key=key, purpose=PURPOSE) for row in rows]

    async def done(
        self, workspace: Workspace, channel: ChannelId, event_keys: Sequence[str], again: float
    ) -> None:
        """Remove events that are part of a notification now; the rest is due at ``again``."""
        keys = [_outbox(workspace, channel), key_of(workspace, "due")]
        member = f"{KIND}:{channel}"
        async with translate_errors():
            for start in range(0, max(1, len(event_keys)), SLICE):
                args: list[str | float] = [member, again, *event_keys[start : start + SLICE]]
                await self._finish(keys=keys, args=args)

    async def notifications_for(
        self, workspace: Workspace, channel: ChannelId, roots: Sequence[str]
    ) -> Mapping[str, OperationId]:
        """Return which notification shows each of these change threads, where one does."""
        if not roots:
            return {}
        keys = [_notification_of(workspace, channel, root) for root in roots]
        async with translate_errors():
            found = await self._redis.mget(keys)
        pairs = zip(roots, found, strict=True)
        return {root: OperationId(in_text(name)) for root, name in pairs if name}

    async def assign(
        self,
        workspace: Workspace,
        channel: ChannelId,
        roots: Iterable[str],
        notification: OperationId,
    ) -> None:
        """Let this notification show these change threads from now on."""
        async with translate_errors(), self._redis.pipeline(transaction=True) as pipeline:
            for root in roots:
                key = _notification_of(workspace, channel, root)
                pipeline.set(key, notification, ex=self._lifetime)
            await pipeline.execute()

    async def recent_count(self, workspace: Workspace, channel: ChannelId, now: float) -> int:
        """Return how many messages were sent to the channel within ``BURST_SECONDS``."""
        async with translate_errors():
            rows = await self._redis.lrange(_sent(workspace, channel), 0, -1)
        return sum(float(in_text(row)) > now - BURST_SECONDS for row in rows)

    async def count_sent(
        self, workspace: Workspace, channel: ChannelId, count: int, now: float
    ) -> None:
        """Count so many messages as sent now."""
        if not count:
            return
        key = _sent(workspace, channel)
        async with translate_errors(), self._redis.pipeline(transaction=True) as pipeline:
            pipeline.lpush(key, *[now] * min(count, MOST_SENT))
            pipeline.ltrim(key, 0, MOST_SENT - 1)
            pipeline.expire(key, SENT_SECONDS)
            await pipeline.execute()

    async def default(self, workspace: Workspace, channel: ChannelId) -> ITwin | None:
        """Return the channel's default iTwin. Raises SealBroken."""
        key = key_of(workspace, "default", channel)
        async with translate_errors():
            sealed = await self._redis.get(key)
        return self._codec.open(ITwin, sealed, key=key, purpose=DEFAULT) if sealed else None

    async def set_default(
        self, workspace: Workspace, channel: ChannelId, itwin: ITwin | None
    ) -> None:
        """Set the channel's default iTwin; None removes it."""
        key = key_of(workspace, "default", channel)
        async with translate_errors():
            if itwin is None:
                await self._redis.delete(key)
            else:
                await self._redis.set(key, self._codec.seal(itwin, key=key, purpose=DEFAULT))


def _outbox(workspace: Workspace, channel: ChannelId) -> str:
    return key_of(workspace, "outbox", channel)


def _notification_of(workspace: Workspace, channel: ChannelId, root: str) -> str:
    return key_of(workspace, "notification-of", channel, root)


def _sent(workspace: Workspace, channel: ChannelId) -> str:
    return key_of(workspace, "sent", channel)
