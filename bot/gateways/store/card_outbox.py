"""What of a record stands in Slack, and what is still to be drawn: the outbox.

A record (an operation, a request, a return, a notice) is in the outbox (``draw:<kind>:<id>`` among
what is due) from each change on until a card was drawn of that very version.
"""

from dataclasses import dataclass

from redis.asyncio import Redis

from bot.core.card_refs import CardRef
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.operation_scripts import DRAWN, LAID_DOWN
from bot.gateways.store.sealed import in_text, key_of

LOCK_SECONDS = 30


@dataclass(frozen=True, slots=True)
class CardStatus:
    """The card's ts, or empty, and the versions it was last drawn of.

    ``handed``: another record has taken the card over, so this one draws there no more.
    """

    ts: str = ""
    rendered: int = -1
    auto_enable_version: int = 0
    transferred: bool = False

    def is_current(self, ref: CardRef) -> bool:
        return self.rendered >= ref.version and self.auto_enable_version >= ref.auto_enable_version


class CardOutbox:
    """All of it raises StoreUnreachable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._drawn = redis.register_script(DRAWN)
        self._laid_down = redis.register_script(LAID_DOWN)

    async def read(self, ref: CardRef) -> CardStatus:
        async with translate_errors():
            fields = ["card", "drawn", "beside", "handed"]
            card, drawn, beside, handed = await self._redis.hmget(_key(ref), fields)
        version = -1 if drawn is None else int(drawn)
        return CardStatus(in_text(card or b""), version, int(beside or 0), bool(handed))

    async def lock_card(self, ref: CardRef, owner: str) -> bool:
        """Two who paint at once could leave the older picture on top."""
        async with translate_errors():
            taken = await self._redis.set(_brush(ref), owner, nx=True, ex=LOCK_SECONDS)
        return bool(taken)

    async def unlock_card(self, ref: CardRef, owner: str) -> None:
        async with translate_errors():
            await self._laid_down(keys=[_brush(ref)], args=[owner])

    async def set_message(self, ref: CardRef, ts: str) -> None:
        """Remember the message that is this record's card."""
        async with translate_errors():
            await self._redis.hset(_key(ref), "card", ts)

    async def transfer(self, ref: CardRef, ts: str) -> None:
        """This card of its is another record's now.

        What is learnt later of this one would otherwise be painted over that one.
        """
        if ts and (await self.read(ref)).ts == ts:
            async with translate_errors():
                await self._redis.hset(_key(ref), "handed", "1")

    async def claim(self, ref: CardRef, what: str) -> bool:
        """Take the one chance to tell this; False when it was taken."""
        async with translate_errors():
            return bool(await self._redis.hsetnx(_key(ref), f"told-{what}", "1"))

    async def release(self, ref: CardRef, what: str) -> None:
        async with translate_errors():
            await self._redis.hdel(_key(ref), f"told-{what}")

    async def mark_rendered(self, ref: CardRef) -> bool:
        """The card shows this version; False when that is not, or not for certain, the newest."""
        keys = [_key(ref), key_of(ref.workspace, "due")]
        if ref.kind == "operation":
            keys.append(key_of(ref.workspace, "return", ref.id))
        async with translate_errors():
            newest = await self._drawn(
                keys=keys, args=[ref.member, ref.version, ref.auto_enable_version]
            )
        return bool(newest)

    async def reschedule(self, ref: CardRef, until: float) -> None:
        """Draw it then: Slack does not take it now."""
        async with translate_errors():
            await self._redis.zadd(key_of(ref.workspace, "due"), {f"draw:{ref.member}": until})

    async def forget(self, ref: CardRef) -> None:
        """There is no such record any more, so nothing is to be drawn of it."""
        async with translate_errors():
            await self._redis.zrem(key_of(ref.workspace, "due"), f"draw:{ref.member}")


def _key(ref: CardRef) -> str:
    return key_of(ref.workspace, ref.kind, ref.id)


def _brush(ref: CardRef) -> str:
    return key_of(ref.workspace, "brush", ref.kind, ref.id)
