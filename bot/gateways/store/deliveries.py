"""Deliveries: what Slack, or a browser after a sign-in, has sent; stored before it is acknowledged.

A sender whose delivery could not be acknowledged in time is told "nothing was changed", so it must
not be answered later:

* A delivery is saved with its last moment in the store's own clock; the script does nothing after
  that. How far that clock is ahead of ours is known from the last reply: at least the time in the
  reply, less the time at which it arrived. Where it is not known yet, or the clock was set, the
  store refuses once, and that reply corrects it.
* If the delivery was saved and only the reply got lost, the process retracts it. A retraction also
  keeps a save from happening later, whatever the clocks say. What is found then decides what the
  sender is told: what was answered meanwhile, or acknowledged to the sender of another copy, is
  accepted.
* Until the process reports that the reply has arrived (``accept``), a delivery is due late enough
  for a retraction. If the process was killed, it is answered then: nobody was told no.

What is left is a process that said no, was cut off from the store or killed before it could
retract, and whose delivery was saved in time all the same.
"""

import asyncio
from collections.abc import Container, Sequence
from typing import Any, Literal

from redis.asyncio import Redis

from bot.core.deliveries import Delivery
from bot.core.errors import StoreUnreachable
from bot.core.names import DeliveryId, Workspace
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.recent import Recent
from bot.gateways.store.scripts import load_script
from bot.gateways.store.sealed import SealedCodec, in_text, key_of

PURPOSE = "delivery"
_SHAPES: Any = Delivery  # a union, told apart by its literal ``kind``
WORKSPACES = "edfs:workspaces"
LIFETIME_SECONDS = 24 * 3600
ATTEMPTS_SECONDS = 3600

_SAVED, _TOO_LATE, _RETRACTED = 1, 2, 3  # and 0: another request has saved it
Retraction = Literal["retracted", "answered", "kept"]


class Deliveries:
    """The stored deliveries, and the zset of everything that is due in a workspace.

    Every method may raise StoreUnreachable.
    """

    def __init__(self, redis: Redis, codec: SealedCodec) -> None:
        self._redis = redis
        self._codec = codec
        self._save = redis.register_script(load_script("save_delivery"))
        self._retract = redis.register_script(load_script("retract_delivery"))
        self._finish = redis.register_script(load_script("finish_delivery"))
        self._lease = redis.register_script(load_script("lease_due"))
        self._known: set[str] = set()
        self._recent: Recent[DeliveryId, Delivery] = Recent()
        # How many seconds the store's clock is ahead of our monotonic one, at least.
        self._ahead: float | None = None

    async def save(
        self, delivery: Delivery, owner: str, due: float, within: float = LIFETIME_SECONDS
    ) -> bool:
        """Store the delivery and mark it due; False when it was stored before.

        ``owner`` is a fresh random word of this request. When this raises StoreUnreachable, it was
        stored or not, but will not be once ``within`` seconds are over.
        """
        last = _loop_time() + within
        key = self._key(delivery.installed_in, delivery.id)
        body = self._codec.seal(delivery, key=key, purpose=PURPOSE, kind=_SHAPES)
        keys = [key, _due(delivery.installed_in)]
        member = f"delivery:{delivery.id}"
        args: tuple[str | bytes | float, ...] = (owner, body, LIFETIME_SECONDS, due, member)
        async with translate_errors():
            await self._remember(delivery.installed_in)
            for _ in range(2):
                moment = 0.0 if self._ahead is None else last + self._ahead
                result, *clock = await self._save(keys=keys, args=[*args, moment])
                self._ahead = _seconds_ahead(clock)
                if result == _SAVED:
                    self._recent.note(delivery.id, delivery)
                if result == _RETRACTED:
                    raise StoreUnreachable("its sender was told that nothing is done")
                if result != _TOO_LATE:
                    return bool(result == _SAVED)
        raise StoreUnreachable("it is too late to store it")

    async def accept(self, workspace: Workspace, delivery: DeliveryId, due: float) -> None:
        """Make it due sooner: the process knows that it is stored, and will not retract it."""
        async with translate_errors():
            member = {f"delivery:{delivery}": due}
            await self._redis.zadd(_due(workspace), member, xx=True, lt=True)

    async def reschedule(self, workspace: Workspace, delivery: DeliveryId, until: float) -> None:
        """Answer it at that time, if it still waits for an answer."""
        await self.reschedule_member(workspace, f"delivery:{delivery}", until)

    async def reschedule_member(self, workspace: Workspace, member: str, until: float) -> None:
        """Make a member of what is due ("<kind>:<id>") due at that time, if it is still there."""
        async with translate_errors():
            await self._redis.zadd(_due(workspace), {member: until}, xx=True)

    async def retract(self, workspace: Workspace, delivery: DeliveryId, owner: str) -> Retraction:
        """Prevent an answer to what this owner saved or may yet save; return what became of it.

        answered: it is too late. kept: another copy of it was acknowledged, so it will be answered.
        """
        self._recent.drop(delivery)
        key = self._key(workspace, delivery)
        args: tuple[str | int, ...] = (owner, LIFETIME_SECONDS, f"delivery:{delivery}")
        async with translate_errors():
            reply = await self._retract(keys=[key, _due(workspace)], args=args)
        return in_text(reply)  # type: ignore[return-value]

    async def read(self, workspace: Workspace, delivery: DeliveryId) -> Delivery | None:
        """Return it, or None when it was answered or never stored. Raises SealBroken."""
        key = self._key(workspace, delivery)
        async with translate_errors():
            body = await self._redis.hget(key, "body")
        return self._codec.open(_SHAPES, body, key=key, purpose=PURPOSE) if body else None

    async def finish(self, workspace: Workspace, delivery: DeliveryId) -> None:
        """Mark it as answered: its body is deleted, its id is kept to recognise duplicates."""
        self._recent.drop(delivery)
        key = self._key(workspace, delivery)
        async with translate_errors():
            await self._finish(keys=[key, _due(workspace)], args=[f"delivery:{delivery}"])

    async def is_forgotten(self, workspace: Workspace, delivery: DeliveryId) -> bool:
        """Whether this process saved it lately and the store does not know it, after a failover."""
        if self._recent.get(delivery) is None:
            return False
        async with translate_errors():
            return not await self._redis.exists(self._key(workspace, delivery))

    async def forgotten(self, but: Container[DeliveryId] = ()) -> list[Delivery]:
        """Return what this process saved lately and the store does not know, after a failover.

        Each is returned once; those in ``but``, which are being answered, are left out. That of
        another replica may have been answered.
        """
        saved = [one for one in self._recent.values() if one.id not in but]
        async with translate_errors():
            known = [await self._redis.exists(self._key(d.installed_in, d.id)) for d in saved]
        found = [one for one, there in zip(saved, known, strict=True) if not there]
        for one in found:
            self._recent.drop(one.id)
        return found

    async def lease_due(self, now: float, lease: float) -> list[tuple[Workspace, str, str]]:
        """Return what is due as (workspace, kind, id); it is due again ``lease`` seconds later."""
        found = []
        async with translate_errors():
            for name in await self._redis.smembers(WORKSPACES):
                workspace = Workspace(in_text(name))
                for member in await self._lease(keys=[_due(workspace)], args=[now, now + lease]):
                    kind, _, identity = in_text(member).partition(":")
                    found.append((workspace, kind, identity))
        return found

    async def count_attempt(self, workspace: Workspace, member: str) -> int:
        """Count one more attempt at a job; return how many there were since it last completed."""
        key = key_of(workspace, "attempts", member)
        async with translate_errors(), self._redis.pipeline(transaction=True) as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, ATTEMPTS_SECONDS)
            count, _ = await pipeline.execute()
        return int(count)

    async def clear_attempts(self, workspace: Workspace, member: str) -> None:
        """Forget the attempts: the job has completed."""
        async with translate_errors():
            await self._redis.delete(key_of(workspace, "attempts", member))

    def forget_workspaces(self) -> None:
        """Drop what is remembered of the store's content and clock: the store was emptied."""
        self._known.clear()
        self._ahead = None

    async def _remember(self, workspace: Workspace) -> None:
        if workspace not in self._known:
            await self._redis.sadd(WORKSPACES, workspace)
            self._known.add(workspace)

    def _key(self, workspace: Workspace, delivery: DeliveryId) -> str:
        return key_of(workspace, "delivery", delivery)


def _seconds_ahead(clock: Sequence[int | bytes | str]) -> float:
    """Return how far the store's clock is ahead. The reply took time, so it is never less."""
    seconds, micros = (int(part) for part in clock)
    return seconds + micros / 1_000_000 - _loop_time()


def _loop_time() -> float:
    """Return the event loop's time, by which everything that is awaited here goes.

    The loop must not be one that reads its clock once a turn, as uvloop does: a reply would seem
    to have arrived earlier than it did.
    """
    return asyncio.get_running_loop().time()


def _due(workspace: Workspace) -> str:
    return key_of(workspace, "due")
