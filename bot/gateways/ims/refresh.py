"""Refreshing a person's token once, however many callers, tasks and processes want it.

A provider that rotates refresh tokens takes a second use for theft and ends the sign-in (RFC 9700
section 4.14.2). Hence: one task for each person in this process; in it the lock in Redis, renewed
as long as it is held; under the lock the record is read again; and what comes back is written by
compare-and-set, so that a sign-out in between wins. Callers wait behind a shield: when they are
cancelled the refresh still ends, or the rotated token would be lost.
"""

import asyncio
import logging
from dataclasses import replace
from typing import Final

from bot.core.errors import IdentityProviderError, SignInNeeded, StoreUnreachable
from bot.core.names import PersonId, Workspace
from bot.gateways.ims.discovery import Discovery
from bot.gateways.ims.exchange import Denied, Exchange, Granted
from bot.gateways.ims.identity import same_account
from bot.gateways.ims.revocation import Revocation
from bot.gateways.ims.sign_in_reader import SignInReader, account_of
from bot.gateways.ims.thread_pool import ThreadPool
from bot.gateways.ims.values import Bearer
from bot.gateways.store.sign_ins import SignIn, SignInBusy, SignIns

# Seconds between tries to write a rotated token: without it the person must sign in again.
_PAUSES: Final = (0.1, 0.3, 1.0, 3.0, 6.0)
_ADMINS_MATTER: Final = frozenset({"invalid_client", "unauthorized_client", "invalid_scope"})

_log = logging.getLogger(__name__)

_Person = tuple[Workspace, PersonId]


class TokenRefresher:
    def __init__(
        self,
        *,
        tokens: SignIns,
        records: SignInReader,
        exchange: Exchange,
        discovery: Discovery,
        revocation: Revocation,
        threads: ThreadPool,
    ) -> None:
        self._tokens = tokens
        self._records = records
        self._exchange = exchange
        self._discovery = discovery
        self._revocation = revocation
        self._threads = threads
        self._running: dict[_Person, asyncio.Task[Bearer]] = {}
        self._closing = False

    async def bearer(self, person: _Person, refused: str | None = None) -> Bearer:
        """Return a token other than ``refused``, refreshing if nobody else has.

        Raises SignInNeeded, IdentityProviderError, StoreUnreachable.
        """
        while True:
            task = self._running.get(person)
            begun_here = task is None
            bearer = await _shielded(task or self._begin(person, refused))
            # A refresh begun by somebody else may have found just the token that was refused.
            if begun_here or bearer.secret != refused:
                return bearer

    async def drain(self, seconds: float) -> None:
        """Let running refreshes end, for so long; then give up those that hang."""
        self._closing = True
        running = set(self._running.values())
        if running:
            _, late = await asyncio.wait(running, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _begin(self, person: _Person, refused: str | None) -> asyncio.Task[Bearer]:
        if self._closing:
            raise IdentityProviderError("the bot is stopping")
        task = asyncio.create_task(self._locked(person, refused))
        self._running[person] = task

        def ended(task: asyncio.Task[Bearer]) -> None:
            del self._running[person]
            if not task.cancelled():
                task.exception()  # seen; asyncio would complain when every caller has gone

        task.add_done_callback(ended)
        return task

    async def _locked(self, person: _Person, refused: str | None) -> Bearer:
        try:
            async with self._tokens.locked(*person):
                return await self._refreshed(person, refused)
        except SignInBusy:
            raise IdentityProviderError("another refresh of this sign-in takes long") from None

    async def _refreshed(self, person: _Person, refused: str | None) -> Bearer:
        record = await self._records.read(person)
        bearer = self._records.hit(record, refused)
        if bearer is not None:
            return bearer
        document = await self._discovery.document()
        outcome = await self._threads.run(
            self._exchange.refresh, document, record.subject, record.cache
        )
        match outcome:
            case Denied("invalid_grant"):
                return await self._ended(person, record)
            case Denied(code):
                raise IdentityProviderError(
                    f"the token endpoint answers {code}", settings=code in _ADMINS_MATTER
                )
            case Granted() if not same_account(account_of(record), outcome.claims):
                await self._tokens.drop(*person, version=record.version)
                await self._revocation.revoke(outcome.refresh_token)
                _log.error("a refresh gave the token of another account; the sign-in is ended")
                raise SignInNeeded(ended=True)
            case Granted():
                return await self._stored(person, record, outcome)

    async def _stored(self, person: _Person, record: SignIn, granted: Granted) -> Bearer:
        fresh = replace(record, version=record.version + 1, cache=granted.cache)
        bearer = Bearer(granted.access_token, account_of(record))
        if await self._swapped(person, record.version, fresh):
            return bearer
        now = await self._records.peek(person)
        if now == fresh:  # our own write; its reply was lost
            return bearer
        if now is None or now.signed_in_at != record.signed_in_at:
            # Signed out meanwhile, or signed in anew: the token just fetched belongs to nobody.
            await self._revocation.revoke(granted.refresh_token)
        return self._other(now)

    async def _swapped(self, person: _Person, old_version: int, fresh: SignIn) -> bool:
        for pause in _PAUSES:
            try:
                return await self._tokens.swap(*person, old_version, fresh)
            except StoreUnreachable:
                await asyncio.sleep(pause)
        return await self._tokens.swap(*person, old_version, fresh)

    async def _ended(self, person: _Person, record: SignIn) -> Bearer:
        """The provider knows the refresh token no more, unless somebody has a newer one."""
        now = await self._records.peek(person)
        if now is not None and now.version != record.version:
            return self._other(now)
        await self._tokens.drop(*person, version=record.version)
        raise SignInNeeded(ended=True)

    def _other(self, now: SignIn | None) -> Bearer:
        bearer = self._records.hit(now) if now is not None else None
        if bearer is None:
            raise SignInNeeded(ended=True)
        return bearer


async def _shielded(task: asyncio.Task[Bearer]) -> Bearer:
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        caller = asyncio.current_task()
        if task.cancelled() and caller is not None and not caller.cancelling():
            raise IdentityProviderError("the bot is stopping") from None
        raise
