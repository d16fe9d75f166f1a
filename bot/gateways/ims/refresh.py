"""Refreshes a person's token once, for any number of callers, tasks and processes.

A provider that rotates refresh tokens takes a second use for theft and ends the sign-in (RFC 9700
section 4.14.2). Hence one task for each person in this process takes a lock in Redis, which is
renewed as long as it is held, reads the record again under the lock, and writes the new one by
compare-and-set, so that a sign-out in between wins. Callers wait behind a shield: when they are
canceled the refresh still completes, or the rotated token would be lost.
"""

import asyncio
from dataclasses import replace
from typing import Final

import structlog

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

# Seconds between attempts to store a rotated token; if it is lost, the person must sign in again.
_PAUSES: Final = (0.1, 0.3, 1.0, 3.0, 6.0)
_SETTINGS_ERRORS: Final = frozenset({"invalid_client", "unauthorized_client", "invalid_scope"})

log = structlog.get_logger("ims")

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
        """Return a token other than ``refused``, refreshed unless another process has done so.

        Raises SignInNeeded, IdentityProviderError, StoreUnreachable.
        """
        while True:
            task = self._running.get(person)
            started_here = task is None
            bearer = await _shielded(task or self._start(person, refused))
            # A refresh that another caller started may return the very token that was refused.
            if started_here or bearer.secret != refused:
                return bearer

    def is_running(self, person: _Person) -> bool:
        return person in self._running

    async def drain(self, seconds: float) -> None:
        """Wait up to ``seconds`` for running refreshes, then cancel the others."""
        self._closing = True
        running = set(self._running.values())
        if running:
            _, late = await asyncio.wait(running, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _start(self, person: _Person, refused: str | None) -> asyncio.Task[Bearer]:
        if self._closing:
            raise IdentityProviderError("the bot is stopping")
        task = asyncio.create_task(self._locked(person, refused))
        self._running[person] = task

        def ended(task: asyncio.Task[Bearer]) -> None:
            del self._running[person]
            if not task.cancelled():
                task.exception()  # retrieved, because asyncio warns when no caller has waited

        task.add_done_callback(ended)
        return task

    async def _locked(self, person: _Person, refused: str | None) -> Bearer:
        try:
            async with self._tokens.locked(*person):
                return await self._refresh(person, refused)
        except SignInBusy:
            raise IdentityProviderError("another refresh of this sign-in takes long") from None

    async def _refresh(self, person: _Person, refused: str | None) -> Bearer:
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
                return await self._end(person, record)
            case Denied(code):
                raise IdentityProviderError(
                    f"the token endpoint answers {code}", settings=code in _SETTINGS_ERRORS
                )
            case Granted() if not same_account(account_of(record), outcome.claims):
                await self._tokens.drop(*person, version=record.version)
                await self._revocation.revoke(outcome.refresh_token)
                log.error("sign_in.ended", reason="refresh gave the token of another account")
                raise SignInNeeded(ended=True)
            case Granted():
                return await self._store(person, record, outcome)

    async def _store(self, person: _Person, record: SignIn, granted: Granted) -> Bearer:
        fresh = replace(record, version=record.version + 1, cache=granted.cache)
        bearer = Bearer(granted.access_token, account_of(record))
        if await self._swap(person, record.version, fresh):
            return bearer
        now = await self._records.peek(person)
        if now == fresh:  # our own write, whose reply was lost
            return bearer
        if now is None or now.signed_in_at != record.signed_in_at:
            # The person has signed out or signed in again: the new token is not stored anywhere.
            await self._revocation.revoke(granted.refresh_token)
        return self._stored_by_other(now)

    async def _swap(self, person: _Person, old_version: int, fresh: SignIn) -> bool:
        for pause in _PAUSES:
            try:
                return await self._tokens.swap(*person, old_version, fresh)
            except StoreUnreachable:
                await asyncio.sleep(pause)
        return await self._tokens.swap(*person, old_version, fresh)

    async def _end(self, person: _Person, record: SignIn) -> Bearer:
        """Delete a sign-in whose refresh token is invalid, unless a newer one was stored."""
        now = await self._records.peek(person)
        if now is not None and now.version != record.version:
            return self._stored_by_other(now)
        await self._tokens.drop(*person, version=record.version)
        raise SignInNeeded(ended=True)

    def _stored_by_other(self, now: SignIn | None) -> Bearer:
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
