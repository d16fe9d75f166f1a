"""What of a record stands in Slack, and what is still to be drawn: the outbox.

A record (an operation, a request, a return, a notice) is in the outbox (``draw:<kind>:<id>`` among
what is due) from each change on until a card was drawn of that very version.
"""

from dataclasses import dataclass

from redis.asyncio import Redis

from bot.core.names import OperationId, Workspace
from bot.core.operations.operation import Operation
from bot.gateways.store.connection import reaching
from bot.gateways.store.operation_scripts import DRAWN, LAID_DOWN
from bot.gateways.store.sealed import in_text, key_of

BRUSH_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Sheet:
    """Which version of which record is drawn; ``beside``: and of the return that it set."""

    workspace: Workspace
    kind: str
    id: OperationId
    version: int = -1
    beside: int = 0

    @property
    def member(self) -> str:
        return f"{self.kind}:{self.id}"


def sheet_of(operation: Operation) -> Sheet:
    return Sheet(operation.workspace, "operation", operation.id, operation.version)


@dataclass(frozen=True, slots=True)
class Drawing:
    """The card's ts, or empty, and the versions it was last drawn of.

    ``handed``: another record has taken the card over, so this one draws there no more.
    """

    card: str = ""
    drawn: int = -1
    beside: int = 0
    handed: bool = False

    def shows(self, sheet: Sheet) -> bool:
        return self.drawn >= sheet.version and self.beside >= sheet.beside


class Drawings:
    """All of it raises StoreUnreachable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._drawn = redis.register_script(DRAWN)
        self._laid_down = redis.register_script(LAID_DOWN)

    async def read(self, sheet: Sheet) -> Drawing:
        async with reaching():
            fields = ["card", "drawn", "beside", "handed"]
            card, drawn, beside, handed = await self._redis.hmget(_key(sheet), fields)
        version = -1 if drawn is None else int(drawn)
        return Drawing(in_text(card or b""), version, int(beside or 0), bool(handed))

    async def take_brush(self, sheet: Sheet, painter: str) -> bool:
        """Two who paint at once could leave the older picture on top."""
        async with reaching():
            taken = await self._redis.set(_brush(sheet), painter, nx=True, ex=BRUSH_SECONDS)
        return bool(taken)

    async def lay_brush_down(self, sheet: Sheet, painter: str) -> None:
        async with reaching():
            await self._laid_down(keys=[_brush(sheet)], args=[painter])

    async def carded(self, sheet: Sheet, ts: str) -> None:
        """Remember the message that is this record's card."""
        async with reaching():
            await self._redis.hset(_key(sheet), "card", ts)

    async def hand_over(self, sheet: Sheet, ts: str) -> None:
        """This card of its is another record's now.

        What is learnt later of this one would otherwise be painted over that one.
        """
        if ts and (await self.read(sheet)).card == ts:
            async with reaching():
                await self._redis.hset(_key(sheet), "handed", "1")

    async def told(self, sheet: Sheet, what: str) -> bool:
        """Take the one chance to tell this; False when it was taken."""
        async with reaching():
            return bool(await self._redis.hsetnx(_key(sheet), f"told-{what}", "1"))

    async def untold(self, sheet: Sheet, what: str) -> None:
        async with reaching():
            await self._redis.hdel(_key(sheet), f"told-{what}")

    async def drawn(self, sheet: Sheet) -> bool:
        """The card shows this version; False when that is not, or not for certain, the newest."""
        keys = [_key(sheet), key_of(sheet.workspace, "due")]
        if sheet.kind == "operation":
            keys.append(key_of(sheet.workspace, "return", sheet.id))
        async with reaching():
            newest = await self._drawn(keys=keys, args=[sheet.member, sheet.version, sheet.beside])
        return bool(newest)

    async def postpone(self, sheet: Sheet, until: float) -> None:
        """Draw it then: Slack does not take it now."""
        async with reaching():
            await self._redis.zadd(key_of(sheet.workspace, "due"), {f"draw:{sheet.member}": until})

    async def forget(self, sheet: Sheet) -> None:
        """There is no such record any more, so nothing is to be drawn of it."""
        async with reaching():
            await self._redis.zrem(key_of(sheet.workspace, "due"), f"draw:{sheet.member}")


def _key(sheet: Sheet) -> str:
    return key_of(sheet.workspace, sheet.kind, sheet.id)


def _brush(sheet: Sheet) -> str:
    return key_of(sheet.workspace, "brush", sheet.kind, sheet.id)
