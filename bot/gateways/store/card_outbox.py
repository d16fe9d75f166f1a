"""The outbox of cards: which message shows a record, and which records are still to be rendered.

A record (an operation, an approval, an auto-enable, a notification, a subscription) is in the
outbox (``card:<kind>:<id>`` in the zset of what is due) from each change until a card shows that
very version.
"""

from dataclasses import dataclass

from redis.asyncio import Redis

from bot.core.card_refs import CardRef
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.scripts import load_script
from bot.gateways.store.sealed import in_text, key_of

LOCK_SECONDS = 30


@dataclass(frozen=True, slots=True)
class CardStatus:
    """The ts of the card, or empty, and the versions that it last showed.

    ``transferred``: the card belongs to another record now, so this one must not update it.
    """

    ts: str = ""
    rendered: int = -1
    auto_enable_version: int = 0
    transferred: bool = False

    def is_current(self, ref: CardRef) -> bool:
        return self.rendered >= ref.version and self.auto_enable_version >= ref.auto_enable_version


class CardOutbox:
    """Every method may raise StoreUnreachable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._mark_rendered = redis.register_script(load_script("mark_rendered"))
        self._delete_if_equal = redis.register_script(load_script("delete_if_equal"))

    async def read(self, ref: CardRef) -> CardStatus:
        async with translate_errors():
            fields = ["ts", "rendered", "auto_enable_version", "transferred"]
            ts, rendered, auto_enable, transferred = await self._redis.hmget(_key(ref), fields)
        version = -1 if rendered is None else int(rendered)
        return CardStatus(in_text(ts or b""), version, int(auto_enable or 0), bool(transferred))

    async def lock_card(self, ref: CardRef, owner: str) -> bool:
        """Take the card's lock; False while another owner has it.

        Without it, two that render at once could leave the older card in Slack.
        """
        async with translate_errors():
            taken = await self._redis.set(_lock(ref), owner, nx=True, ex=LOCK_SECONDS)
        return bool(taken)

    async def unlock_card(self, ref: CardRef, owner: str) -> None:
        """Release the card's lock, if this owner still has it."""
        async with translate_errors():
            await self._delete_if_equal(keys=[_lock(ref)], args=[owner])

    async def set_message(self, ref: CardRef, ts: str) -> None:
        """Remember the message that is this record's card."""
        async with translate_errors():
            await self._redis.hset(_key(ref), "ts", ts)

    async def transfer(self, ref: CardRef, ts: str) -> None:
        """Note that the message belongs to another record now, if it is this record's card.

        A later update of this record would otherwise overwrite the card of that one.
        """
        if ts and (await self.read(ref)).ts == ts:
            async with translate_errors():
                await self._redis.hset(_key(ref), "transferred", "1")

    async def claim(self, ref: CardRef, message: str) -> bool:
        """Claim the right to send a message about the record, once; False when it was claimed."""
        async with translate_errors():
            return bool(await self._redis.hsetnx(_key(ref), f"sent-{message}", "1"))

    async def release(self, ref: CardRef, message: str) -> None:
        """Give the claim back: the message was not sent."""
        async with translate_errors():
            await self._redis.hdel(_key(ref), f"sent-{message}")

    async def mark_rendered(self, ref: CardRef) -> bool:
        """Note that the card shows this version; return whether that is certainly the newest."""
        keys = [_key(ref), key_of(ref.workspace, "due")]
        if ref.kind == "operation":
            keys.append(key_of(ref.workspace, "auto-enable", ref.id))
        args: list[str | int] = [ref.member, ref.version, ref.auto_enable_version]
        async with translate_errors():
            return bool(await self._mark_rendered(keys=keys, args=args))

    async def reschedule(self, ref: CardRef, until: float) -> None:
        """Render it at that time (unix seconds): Slack does not take it now."""
        async with translate_errors():
            await self._redis.zadd(key_of(ref.workspace, "due"), {f"card:{ref.member}": until})

    async def forget(self, ref: CardRef) -> None:
        """Remove it from the outbox: there is no such record any more."""
        async with translate_errors():
            await self._redis.zrem(key_of(ref.workspace, "due"), f"card:{ref.member}")


def _key(ref: CardRef) -> str:
    return key_of(ref.workspace, ref.kind, ref.id)


def _lock(ref: CardRef) -> str:
    return key_of(ref.workspace, "card-lock", ref.kind, ref.id)
