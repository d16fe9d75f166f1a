"""What of an operation stands in Slack, and what is still to be drawn: the outbox.

An operation is in the outbox (``draw:<id>`` among what is due) from each change on until a card
was drawn of that very version.
"""

from dataclasses import dataclass

from redis.asyncio import Redis

from bot.core.names import OperationId, Workspace
from bot.core.operations import Operation
from bot.gateways.store.connection import reaching
from bot.gateways.store.operation_scripts import DRAWN, LAID_DOWN
from bot.gateways.store.records import in_text, key_of

BRUSH_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Drawing:
    """The card's ts, or empty, and the version it was last drawn of.

    ``handed``: another operation has taken the card over, so this one draws there no more.
    """

    card: str = ""
    drawn: int = -1
    handed: bool = False


class Drawings:
    """All of it raises StoreUnreachable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._drawn = redis.register_script(DRAWN)
        self._laid_down = redis.register_script(LAID_DOWN)

    async def read(self, workspace: Workspace, operation: OperationId) -> Drawing:
        key = key_of(workspace, "operation", operation)
        async with reaching():
            card, drawn, handed = await self._redis.hmget(key, ["card", "drawn", "handed"])
        return Drawing(in_text(card or b""), -1 if drawn is None else int(drawn), bool(handed))

    async def take_brush(self, operation: Operation, painter: str) -> bool:
        """Two who paint at once could leave the older picture on top."""
        key = key_of(operation.workspace, "brush", operation.id)
        async with reaching():
            taken = await self._redis.set(key, painter, nx=True, ex=BRUSH_SECONDS)
        return bool(taken)

    async def lay_brush_down(
        self, workspace: Workspace, operation: OperationId, painter: str
    ) -> None:
        key = key_of(workspace, "brush", operation)
        async with reaching():
            await self._laid_down(keys=[key], args=[painter])

    async def carded(self, operation: Operation, ts: str) -> None:
        """Remember the message that is this operation's card."""
        async with reaching():
            await self._redis.hset(self._key(operation), "card", ts)

    async def hand_over(self, operation: Operation) -> None:
        """Its card was that of the operation whose button was pressed; that one has none now.

        What is learnt later of that one would otherwise be painted over this one.
        """
        before, place = operation.place.of, operation.place
        if before is None or not place.card:
            return
        if (await self.read(operation.workspace, before)).card == place.card:
            async with reaching():
                key = key_of(operation.workspace, "operation", before)
                await self._redis.hset(key, "handed", "1")

    async def told(self, operation: Operation, what: str) -> bool:
        """Take the one chance to tell its person this; False when it was taken."""
        async with reaching():
            return bool(await self._redis.hsetnx(self._key(operation), f"told-{what}", "1"))

    async def untold(self, operation: Operation, what: str) -> None:
        async with reaching():
            await self._redis.hdel(self._key(operation), f"told-{what}")

    async def drawn(self, operation: Operation) -> bool:
        """The card shows this version; False when that is not, or not for certain, the newest."""
        due = key_of(operation.workspace, "due")
        async with reaching():
            newest = await self._drawn(
                keys=[self._key(operation), due], args=[operation.id, operation.version]
            )
        return bool(newest)

    async def postpone(self, operation: Operation, until: float) -> None:
        """Draw it then: Slack does not take it now."""
        key = key_of(operation.workspace, "due")
        async with reaching():
            await self._redis.zadd(key, {f"draw:{operation.id}": until})

    def _key(self, operation: Operation) -> str:
        return key_of(operation.workspace, "operation", operation.id)
