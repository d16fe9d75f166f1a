"""Removes the entries of the job engine that the engine cannot read: they would stop its worker.

Nothing is lost with one: a job is only a nudge, and what is due stands in our own records. The
client is the engine's, which is typed by a protocol and not by redis-py's class.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from redis.exceptions import ResponseError

PAGE = 200

Readable = Callable[[Mapping[bytes, bytes]], Awaitable[bool]]


async def sweep_stream(redis: Any, stream: str, group: str, readable: Readable) -> int:
    """Remove unreadable entries from the stream and its group's pending list; return how many."""
    removed, after = 0, "-"
    while rows := await redis.xrange(stream, min=after, count=PAGE):
        unreadable = [identity for identity, fields in rows if not await readable(fields)]
        if unreadable:
            await redis.xack(stream, group, *unreadable)
            await redis.xdel(stream, *unreadable)
        removed += len(unreadable)
        after = f"({rows[-1][0].decode()}"
    return removed


async def sweep_parked(redis: Any, queue: str, prefix: str, readable: Readable) -> int:
    """Remove unreadable tasks from the queue of scheduled ones; return how many.

    Only the member of the queue is removed: it may name a record that is needed.
    """
    unreadable = []
    for member in await redis.zrange(queue, 0, -1):
        try:
            fields = await redis.hgetall(prefix.encode() + b":" + member)
        except ResponseError:  # it names something other than a parked task
            unreadable.append(member)
            continue
        if fields and not await readable(fields):
            unreadable.append(member)
    if unreadable:
        await redis.zrem(queue, *unreadable)
    return len(unreadable)
