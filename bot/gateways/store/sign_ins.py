"""People's sign-ins: one sealed record each, changed by compare-and-set.

The record is a hash: v (version, a plain integer) and c (sealed body). The scripts compare the
version beside the body; it is repeated inside the body, so that nobody who can write to Redis can
change it unnoticed. It starts at a random number and grows by one, so a refresh that began before
a sign-out is never taken for one of the sign-in that came after.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, NewType

import structlog
from redis.asyncio import Redis
from redis.asyncio.lock import Lock
from redis.commands.core import AsyncScript
from redis.exceptions import LockError, RedisError

from bot.core.errors import SealBroken
from bot.core.names import PersonId, Workspace
from bot.gateways.sealing import KeyRing
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.scripts import load_script

_PURPOSE: Final = "signin"
_LIFETIME: Final = 90 * 24 * 3600  # seconds
_LOCK_WAIT: Final = 1.5  # of the lock's lifetime: long enough to outlive a holder that died

_RENEWALS: Final = 3  # renewals within the lock's lifetime

log = structlog.get_logger("sign_ins")

_Key = NewType("_Key", str)


class SignInBusy(Exception):
    """The lock stays taken by a process that is alive."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One person's sign-in at one identity provider.

    ``issuer`` and ``subject`` together name the account (OpenID Connect Core section 2: ``sub``
    is unique within an issuer only). ``cache`` is MSAL's token cache as compact JSON; it holds the
    tokens. ``signed_in_at`` is in unix seconds and stays the same through refreshes.
    """

    version: int
    issuer: str
    subject: str
    name: str
    email: str
    cache: str = field(repr=False)
    signed_in_at: float


class SignIns:
    """Every method may raise StoreUnreachable; only ``read`` raises SealBroken."""

    def __init__(self, redis: Redis, ring: KeyRing, *, lock_seconds: float = 30) -> None:
        """Take a client with ``decode_responses=False``."""
        self._redis = redis
        self._ring = ring
        self._lock_seconds = lock_seconds
        self._put = redis.register_script(load_script("put_sign_in"))
        self._swap = redis.register_script(load_script("swap_sign_in"))
        self._drop = redis.register_script(load_script("drop_sign_in"))

    async def read(self, workspace: Workspace, person: PersonId) -> SignIn | None:
        """Return the sign-in; seal it again when the ring has a newer key. Raises SealBroken."""
        key = _record(workspace, person)
        raw = await self._raw(key)
        if not raw:
            return None
        version, body = raw
        sign_in = self._opened(key, version, body)
        if not self._ring.current(body):
            sealed = self._sealed(key, sign_in)
            await self._run(self._swap, key, version, version, sealed, 0)
        return sign_in

    async def put(self, workspace: Workspace, person: PersonId, sign_in: SignIn) -> SignIn | None:
        """Store a new sign-in whatever was there; return what was, if it still opens."""
        key = _record(workspace, person)
        sealed = self._sealed(key, sign_in)
        return self._remains(
            key, await self._run(self._put, key, sign_in.version, sealed, _LIFETIME)
        )

    async def swap(
        self, workspace: Workspace, person: PersonId, old_version: int, new: SignIn
    ) -> bool:
        """Store ``new`` if the record still has ``old_version``; False if it has not, or is gone.

        Called again after an error with an unknown outcome, it may say False although the earlier
        call wrote: then :meth:`read` equals ``new``.
        """
        key = _record(workspace, person)
        sealed = self._sealed(key, new)
        return bool(await self._run(self._swap, key, old_version, new.version, sealed, _LIFETIME))

    async def drop(
        self, workspace: Workspace, person: PersonId, *, version: int | None = None
    ) -> SignIn | None:
        """Delete the sign-in (only at ``version``, if given); return what was, if it still opens.

        Reads first: should the reply of the deletion be lost, the caller still has what to revoke.
        """
        key = _record(workspace, person)
        before = await self._raw(key) if version is None else []
        gone = await self._run(self._drop, key, "" if version is None else version)
        return self._remains(key, gone or before)

    def lock(self, workspace: Workspace, person: PersonId) -> Lock:
        """Return a new lock for one critical section; enter it once and do not share it."""
        return self._redis.lock(
            f"edfs:{{{workspace}}}:signin-lock:{person}",
            timeout=self._lock_seconds,
            sleep=0.02,
            blocking_timeout=self._lock_seconds * _LOCK_WAIT,
            raise_on_release_error=False,
        )

    @asynccontextmanager
    async def locked(self, workspace: Workspace, person: PersonId) -> AsyncIterator[None]:
        """Hold the lock and renew it: a refresh may take any time, its timeouts are per read.

        Raises SignInBusy when another process holds it for 1.5 of its lifetimes.
        """
        lock = self.lock(workspace, person)
        async with translate_errors():
            taken = await lock.acquire()
        if not taken:
            raise SignInBusy
        renewal = asyncio.create_task(_renew(lock))
        try:
            yield
        finally:
            renewal.cancel()
            with suppress(RedisError, OSError):  # the lock expires without it
                await lock.release()

    async def _run(self, script: AsyncScript, key: _Key, *args: bytes | str | int) -> Any:
        async with translate_errors():
            return await script(keys=[key], args=args)

    async def _raw(self, key: _Key) -> list[bytes]:
        """Return version and body, or an empty list."""
        async with translate_errors():
            parts = await self._redis.hmget(key, ["v", "c"])
        return [part for part in parts if isinstance(part, bytes)]

    def _sealed(self, key: _Key, sign_in: SignIn) -> bytes:
        body = json.dumps(asdict(sign_in), separators=(",", ":")).encode()
        return self._ring.seal(body, key=key, purpose=_PURPOSE)

    def _opened(self, key: _Key, version: bytes, body: bytes) -> SignIn:
        try:
            values = json.loads(self._ring.open(body, key=key, purpose=_PURPOSE))
            sign_in = SignIn(**{one.name: values[one.name] for one in fields(SignIn)})
        except (ValueError, TypeError, KeyError):
            raise SealBroken("a sign-in record has a shape of another time") from None
        if str(sign_in.version).encode() != version:
            raise SealBroken("the version beside a sign-in record is not the one inside")
        return sign_in

    def _remains(self, key: _Key, raw: list[bytes]) -> SignIn | None:
        """Open a record that a script removed; None where it does not open."""
        match raw:
            case [version, body]:
                try:
                    return self._opened(key, version, body)
                except SealBroken:
                    return None
            case _:
                return None


async def _renew(lock: Lock) -> None:
    while True:
        await asyncio.sleep((lock.timeout or 0) / _RENEWALS)
        try:
            await lock.reacquire()
        except LockError:
            return  # lost; the compare-and-set decides
        except (RedisError, OSError):
            log.warning("sign_in.lock_not_renewed")


def _record(workspace: Workspace, person: PersonId) -> _Key:
    return _Key(f"edfs:{{{workspace}}}:signin:{person}")
