"""Entries of the job engine that the engine itself cannot read: they would stop it, so they go.

Nothing is lost with one: a job is only a nudge, and what is due stands in our own records. The
client is the engine's, which has a protocol of its own in the place of redis-py's class.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from redis.exceptions import ResponseError

PAGE = 200

Readable = Callable[[Mapping[bytes, bytes]], Awaitable[bool]]


async def sweep_stream(redis: Any, stream: str, group: str, readable: Readable) -> int:
    """Remove them from the stream and from what its group holds pending; return how many."""
    removed, after = 0, "-"
    while rows := await redis.xrange(stream, min=after, count=PAGE):
        strange = [identity for identity, fields in rows if not await readable(fields)]
        if strange:
            await redis.xack(stream, group, *strange)
            await redis.xdel(stream, *strange)
        removed += len(strange)
        after = f"({rows[-1][0].decode()}"
    return removed


async def sweep_parked(redis: Any, queue: str, prefix: str, readable: Readable) -> int:
    """Remove them from the queue of what is for later; return how many.

    Only the place in the queue goes: its name may be that of a record which is needed.
    """
    strange = []
    for member in await redis.zrange(queue, 0, -1):
        try:
            fields = await redis.hgetall(prefix.encode() + b":" + member)
        except ResponseError:  # it names something else than a parked task
            strange.append(member)
            continue
        if fields and not await readable(fields):
            strange.append(member)
    if strange:
        await redis.zrem(queue, *strange)
    return len(strange)
