"""What waits to be told to a channel: its own small outbox, in which news gathers for a moment;
and which iTwin stands there where none is named.

``channel:<channel>`` stands among what is due while something waits. Which notice tells a story is
remembered for each channel, so that what happens later edits that one.
"""

from collections.abc import Iterable, Mapping, Sequence

from redis.asyncio import Redis

from bot.core.names import ChannelId, OperationId, Workspace
from bot.core.notifications import BURST_SECONDS, PendingEvent, batch_delay
from bot.core.timers import ITwin
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.sealed import SealedCodec, in_text, key_of

PURPOSE = "news"
DEFAULT = "default"
KIND = "channel"
PACE = 10  # so many times are kept of when messages were made
PACE_SECONDS = 3_600
OUTBOX_SECONDS = 30 * 86_400

# What came in while others were seen to waits on. KEYS: 1 outbox, 2 due. ARGV: 1 member,
# 2 when to look again, 3… what was seen to.
_DONE = """
for place = 3, #ARGV do redis.call('HDEL', KEYS[1], ARGV[place]) end
if redis.call('HLEN', KEYS[1]) == 0 then
  redis.call('ZREM', KEYS[2], ARGV[1])
else
  redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
end
return 1
"""
SLICE = 1_000  # Lua takes a few thousand arguments at once


class ChannelOutbox:
    """All of it raises StoreUnreachable."""

    def __init__(self, redis: Redis, codec: SealedCodec, days: int) -> None:
        self._redis = redis
        self._records = codec
        self._kept = days * 86_400
        self._done = redis.register_script(_DONE)

    async def add(
        self, workspace: Workspace, channel: ChannelId, news: Sequence[PendingEvent], now: float
    ) -> None:
        """Have these told; what waits already is not told twice."""
        if not news:
            return
        key = _outbox(workspace, channel)
        rows = {
            one.event.key: self._records.seal(one, key=key, purpose=PURPOSE, kind=PendingEvent)
            for one in news
        }
        at = now + batch_delay(await self.recent_count(workspace, channel, now))
        async with translate_errors(), self._redis.pipeline(transaction=True) as together:
            together.hset(key, mapping=rows)  # type: ignore[arg-type]
            together.expire(key, OUTBOX_SECONDS)
            together.zadd(key_of(workspace, "due"), {f"{KIND}:{channel}": at}, nx=True)
            await together.execute()

    async def schedule(self, workspace: Workspace, channel: ChannelId, at: float) -> None:
        """Have the channel looked at then, whether or not something waits."""
        async with translate_errors():
            await self._redis.zadd(key_of(workspace, "due"), {f"{KIND}:{channel}": at}, nx=True)

    async def pending(self, workspace: Workspace, channel: ChannelId) -> list[PendingEvent]:
        """Return what waits. Raises SealBroken."""
        key = _outbox(workspace, channel)
        async with translate_errors():
            rows = await self._redis.hvals(key)
        return [self._records.open(PendingEvent, row, key=key, purpose=PURPOSE) for row in rows]

    async def done(
        self, workspace: Workspace, channel: ChannelId, seen_to: Sequence[str], again: float
    ) -> None:
        """These are told, or stand in a notice that tells them; the rest is due at ``again``."""
        keys = [_outbox(workspace, channel), key_of(workspace, "due")]
        member = f"{KIND}:{channel}"
        async with translate_errors():
            for start in range(0, max(1, len(seen_to)), SLICE):
                args: list[str | float] = [member, again, *seen_to[start : start + SLICE]]
                await self._done(keys=keys, args=args)

    async def notifications_for(
        self, workspace: Workspace, channel: ChannelId, roots: Sequence[str]
    ) -> Mapping[str, OperationId]:
        """Return which notice tells each of these stories, where one does."""
        if not roots:
            return {}
        keys = [_teller(workspace, channel, root) for root in roots]
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
        """From now on this notice tells these stories."""
        async with translate_errors(), self._redis.pipeline(transaction=True) as together:
            for root in roots:
                together.set(_teller(workspace, channel, root), notification, ex=self._kept)
            await together.execute()

    async def recent_count(self, workspace: Workspace, channel: ChannelId, now: float) -> int:
        """Return how many messages were made for it within the last moments."""
        async with translate_errors():
            rows = await self._redis.lrange(_pace(workspace, channel), 0, -1)
        return sum(float(in_text(row)) > now - BURST_SECONDS for row in rows)

    async def count_sent(
        self, workspace: Workspace, channel: ChannelId, count: int, now: float
    ) -> None:
        """Remember that so many messages were made now."""
        if not count:
            return
        key = _pace(workspace, channel)
        async with translate_errors(), self._redis.pipeline(transaction=True) as together:
            together.lpush(key, *[now] * min(count, PACE))
            together.ltrim(key, 0, PACE - 1)
            together.expire(key, PACE_SECONDS)
            await together.execute()

    async def default(self, workspace: Workspace, channel: ChannelId) -> ITwin | None:
        """Return the channel's iTwin. Raises SealBroken too."""
        key = key_of(workspace, DEFAULT, channel)
        async with translate_errors():
            sealed = await self._redis.get(key)
        return self._records.open(ITwin, sealed, key=key, purpose=DEFAULT) if sealed else None

    async def set_default(
        self, workspace: Workspace, channel: ChannelId, itwin: ITwin | None
    ) -> None:
        """Set it, or (None) forget it."""
        key = key_of(workspace, DEFAULT, channel)
        async with translate_errors():
            if itwin is None:
                await self._redis.delete(key)
            else:
                await self._redis.set(key, self._records.seal(itwin, key=key, purpose=DEFAULT))


def _outbox(workspace: Workspace, channel: ChannelId) -> str:
    return key_of(workspace, "outbox", channel)


def _teller(workspace: Workspace, channel: ChannelId, root: str) -> str:
    return key_of(workspace, "teller", channel, root)


def _pace(workspace: Workspace, channel: ChannelId) -> str:
    return key_of(workspace, "pace", channel)
