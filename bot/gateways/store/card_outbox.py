"""The outbox of cards: which message shows a record, and which records are still to be rendered.

A record (an operation, an approval, an auto-enable, a notification, a subscription) is in the
outbox (``card:<kind>:<id>`` in the zset of what is due) from each change until a card shows that
very version.
"""

from dataclasses import dataclass
from enum import Enum, auto

from redis.asyncio import Redis

from bot.core.card_refs import CardRef
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.recent import Recent
from bot.gateways.store.scripts import load_script
from bot.gateways.store.sealed import in_text, key_of

LOCK_SECONDS = 30
# After so long no edit can arrive any more that was sent before: our client has given it up, and
# no network or server of Slack's holds a request for a minute.
EDIT_SECONDS = 60.0


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


class Lock(Enum):
    """Who has a card's lock; ``REPAINT``: it is ours, and the card may show an older version."""

    TAKEN = auto()
    OURS = auto()
    REPAINT = auto()


class CardOutbox:
    """Every method may raise StoreUnreachable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._mark_rendered = redis.register_script(load_script("mark_rendered"))
        self._delete_if_equal = redis.register_script(load_script("delete_if_equal"))
        self._begin_drawing = redis.register_script(load_script("begin_drawing"))
        self._end_drawing = redis.register_script(load_script("end_drawing"))
        self._claim_message = redis.register_script(load_script("claim_message"))
        self._messages: Recent[str, str] = Recent()

    async def read(self, ref: CardRef) -> CardStatus:
        async with translate_errors():
            fields = ["ts", "rendered", "auto_enable_version", "transferred"]
            ts, rendered, auto_enable, transferred = await self._redis.hmget(_key(ref), fields)
        version = -1 if rendered is None else int(rendered)
        return CardStatus(in_text(ts or b""), version, int(auto_enable or 0), bool(transferred))

    async def lock_card(self, ref: CardRef, owner: str) -> bool:
        """Take the card's lock, not to draw it; False while another owner has it."""
        async with translate_errors():
            taken = await self._redis.set(_lock(ref), owner, nx=True, ex=LOCK_SECONDS)
        return bool(taken)

    async def unlock_card(self, ref: CardRef, owner: str) -> None:
        """Release the card's lock, if this owner still has it."""
        async with translate_errors():
            await self._delete_if_equal(keys=[_lock(ref)], args=[owner])

    async def begin_drawing(self, ref: CardRef, owner: str, now: float) -> Lock:
        """Take the card's lock, unless another owner has it, and note that it is about to be drawn.

        Without the lock, two that draw at once could leave the older card in Slack.
        """
        args: list[str | float] = [owner, LOCK_SECONDS, now, now + EDIT_SECONDS]
        async with translate_errors():
            taken, *again = await self._begin_drawing(keys=[_lock(ref), _key(ref)], args=args)
        if not taken:
            return Lock.TAKEN
        return Lock.REPAINT if again[0] else Lock.OURS

    async def end_drawing(self, ref: CardRef, owner: str, now: float, *, unconfirmed: bool) -> None:
        """Release the card's lock.

        The card is drawn once more where another owner has the lock by now, and, as soon as it can
        be overtaken no more, where this owner does not know what became of its edit.
        """
        keys = [_lock(ref), _key(ref), key_of(ref.workspace, "due")]
        again = now + EDIT_SECONDS if unconfirmed else ""
        async with translate_errors():
            await self._end_drawing(keys=keys, args=[owner, ref.member, now, again])

    async def claim_message(self, ref: CardRef, ts: str, known: str) -> str:
        """Make the message this record's card; return the ts of the one that is the card then.

        ``known`` is the ts that the record had when the caller read it. Where it has another one by
        now, another process has posted too, and that one's message counts.
        """
        self._messages.note(_key(ref), ts)  # also where the answer gets lost
        async with translate_errors():
            card = in_text(await self._claim_message(keys=[_key(ref)], args=[ts, known]))
        self._messages.note(_key(ref), card)
        return card

    def last_message(self, ref: CardRef) -> str:
        """Return the message that this process lately made the record's card, or an empty text.

        A store that failed over may have forgotten it.
        """
        return self._messages.get(_key(ref)) or ""

    async def transfer(self, ref: CardRef, ts: str) -> None:
        """Note that the message belongs to another record now, if it is this record's card.

        A later update of this record would otherwise overwrite the card of that one.
        """
        if ts and (await self.read(ref)).ts == ts:
            async with translate_errors():
                await self._redis.hset(_key(ref), "transferred", "1")

    async def was_sent(self, ref: CardRef, message: str) -> bool:
        """Whether Slack has taken this message about the record."""
        async with translate_errors():
            return bool(await self._redis.hexists(_key(ref), f"sent-{message}"))

    async def mark_sent(self, ref: CardRef, message: str) -> None:
        """Note that Slack has taken it, or rejected it for good: it is not sent again."""
        async with translate_errors():
            await self._redis.hset(_key(ref), f"sent-{message}", "1")

    async def mark_rendered(self, ref: CardRef) -> bool:
        """Note that the card shows this version; return whether that is certainly the newest."""
        keys = [_key(ref), key_of(ref.workspace, "due")]
        if ref.kind == "operation":
            keys.append(key_of(ref.workspace, "auto-enable", ref.id))
        args: list[str | int] = [ref.member, ref.version, ref.auto_enable_version]
        async with translate_errors():
            return bool(await self._mark_rendered(keys=keys, args=args))

    async def reschedule(self, ref: CardRef, until: float) -> None:
        """Render it at that time (unix seconds), if it still waits: Slack does not take it now."""
        member = {f"card:{ref.member}": until}
        async with translate_errors():
            await self._redis.zadd(key_of(ref.workspace, "due"), member, xx=True)

    async def forget(self, ref: CardRef) -> None:
        """Remove it from the outbox: there is no such record any more."""
        async with translate_errors():
            await self._redis.zrem(key_of(ref.workspace, "due"), f"card:{ref.member}")


def _key(ref: CardRef) -> str:
    return key_of(ref.workspace, ref.kind, ref.id)


def _lock(ref: CardRef) -> str:
    return key_of(ref.workspace, "card-lock", ref.kind, ref.id)
