"""People's sign-ins: one sealed record each, changed by compare-and-set.

    edfs:{<workspace>}:signin:<person>       hash  v: version (plain integer), c: sealed body
                                             90 days from the last write
    edfs:{<workspace>}:signin-lock:<person>  the lock of redis-py around a refresh; 30 s, renewed

The version stands beside the body for the scripts, and inside it so that nobody who writes Redis
can move it unseen. It starts at random and grows by one, so a refresh begun before a sign-out
can never be taken for one of the sign-in that came after.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, NewType

from redis.asyncio import Redis
from redis.asyncio.lock import Lock
from redis.commands.core import AsyncScript
from redis.exceptions import LockError, RedisError

from bot.core.errors import SealBroken
from bot.core.names import PersonId, Workspace
from bot.gateways.sealing import KeyRing
from bot.gateways.store.connection import translate_errors

_PURPOSE: Final = "signin"
_LIFETIME: Final = 90 * 24 * 3600  # seconds
_LOCK_WAIT: Final = 1.5  # of the lock's lifetime: long enough to outlive a holder that died

_BEATS: Final = 3  # renewals within the lock's lifetime

_log = logging.getLogger(__name__)

_Key = NewType("_Key", str)

# redis-py sends a command again when the reply is lost. Each script therefore knows its own
# earlier write by the sealed bytes, which no two writes share (their nonce is random).

# KEYS record; ARGV version, body, seconds. Returns the record that stood there, or an empty list.
_PUT: Final = """
local before = redis.call('HMGET', KEYS[1], 'v', 'c')
if before[2] == ARGV[2] then return {} end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 'c', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
if not before[1] then return {} end
return before
"""

# KEYS record; ARGV old version, new version, body, seconds (0: leave the end as it is). 1: written.
_SWAP: Final = """
local now = redis.call('HMGET', KEYS[1], 'v', 'c')
if now[2] == ARGV[3] then return 1 end
if now[1] ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[2], 'c', ARGV[3])
if ARGV[4] ~= '0' then redis.call('EXPIRE', KEYS[1], ARGV[4]) end
return 1
"""

# KEYS record; ARGV version, or '' for any. Deletes it and returns what stood there.
_DROP: Final = """
local before = redis.call('HMGET', KEYS[1], 'v', 'c')
if not before[1] then return {} end
if ARGV[1] ~= '' and before[1] ~= ARGV[1] then return {} end
redis.call('DEL', KEYS[1])
return before
"""


class SignInBusy(Exception):
    """The lock stays taken by somebody who is alive."""


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
    """The sign-ins. Every method may raise StoreUnreachable; only ``read`` raises SealBroken."""

    def __init__(self, redis: Redis, ring: KeyRing, *, lock_seconds: float = 30) -> None:
        """Take a client with ``decode_responses=False``."""
        self._redis = redis
        self._ring = ring
        self._lock_seconds = lock_seconds
        self._put = redis.register_script(_PUT)
        self._swap = redis.register_script(_SWAP)
        self._drop = redis.register_script(_DROP)

    async def read(self, workspace: Workspace, person: PersonId) -> SignIn | None:
        """Read the sign-in, and seal it again when the ring has a newer key."""
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
        """Make a new lock for one critical section; it is to be entered once and not shared."""
        return self._redis.lock(
            f"edfs:{{{workspace}}}:signin-lock:{person}",
            timeout=self._lock_seconds,
            sleep=0.02,
            blocking_timeout=self._lock_seconds * _LOCK_WAIT,
            raise_on_release_error=False,
        )

    @asynccontextmanager
    async def is_locked(self, workspace: Workspace, person: PersonId) -> AsyncIterator[None]:
        """Hold the lock, renewed: a refresh has no longest duration, its timeouts are per read.

        Raises SignInBusy when somebody else holds it for 1.5 of its lifetimes.
        """
        lock = self.lock(workspace, person)
        async with translate_errors():
            taken = await lock.acquire()
        if not taken:
            raise SignInBusy
        beat = asyncio.create_task(_renewed(lock))
        try:
            yield
        finally:
            beat.cancel()
            with suppress(RedisError, OSError):  # it ends by itself; what was done is done
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
        """Open what a script took away; what does not open is of no use to anybody."""
        match raw:
            case [version, body]:
                try:
                    return self._opened(key, version, body)
                except SealBroken:
                    return None
            case _:
                return None


async def _renewed(lock: Lock) -> None:
    while True:
        await asyncio.sleep((lock.timeout or 0) / _BEATS)
        try:
            await lock.reacquire()
        except LockError:
            return  # lost; the compare-and-set decides
        except (RedisError, OSError):
            _log.warning("the lock of a sign-in could not be renewed; trying again")


def _record(workspace: Workspace, person: PersonId) -> _Key:
    return _Key(f"edfs:{{{workspace}}}:signin:{person}")
