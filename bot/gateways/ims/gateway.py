"""The identity provider: signs people in and gives access tokens to act as them."""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from bot.core.errors import IdentityProviderError
from bot.core.names import PersonId, Workspace
from bot.gateways.ims.discovery import Discovery
from bot.gateways.ims.exchange import Exchange
from bot.gateways.ims.identity import Identities
from bot.gateways.ims.login import Login
from bot.gateways.ims.refresh import TokenRefresher
from bot.gateways.ims.revocation import Revocation
from bot.gateways.ims.sign_in_reader import SignInReader, account_of
from bot.gateways.ims.thread_pool import ThreadPool
from bot.gateways.ims.transport import Transport
from bot.gateways.ims.values import Account, Bearer, Flow, ImsSettings, SignOut
from bot.gateways.store.sign_ins import SignIn, SignInBusy, SignIns

PATIENCE_SECONDS = 3.0  # with a refresh, where the token before it still holds
LAST_MARGIN = 30.0  # seconds that it must hold then: a call takes up to twenty

log = structlog.get_logger("ims")


class Ims:
    """The identity provider, for one event loop. ``clock`` gives unix seconds.

    Every method that uses the store may also raise StoreUnreachable.
    """

    def __init__(self, settings: ImsSettings, tokens: SignIns, clock: Callable[[], float]) -> None:
        self._tokens = tokens
        self._transport = Transport(settings)
        self._threads = ThreadPool()
        self._discovery = Discovery(settings, self._transport, clock)
        self._revocation = Revocation(settings, self._transport, self._discovery)
        exchange = Exchange(settings, self._transport, clock)
        identities = Identities(settings, self._transport, clock)
        self._records = SignInReader(settings, tokens, exchange)
        self._login = Login(
            settings=settings,
            exchange=exchange,
            discovery=self._discovery,
            identities=identities,
            revocation=self._revocation,
            threads=self._threads,
            clock=clock,
        )
        self._refresher = TokenRefresher(
            tokens=tokens,
            records=self._records,
            exchange=exchange,
            discovery=self._discovery,
            revocation=self._revocation,
            threads=self._threads,
        )

    async def begin(self, redirect_uri: str) -> Flow:
        """Begin a sign-in. Raises IdentityProviderError."""
        return await self._login.begin(redirect_uri)

    async def complete(self, flow_body: str, query: Mapping[str, str]) -> SignIn:
        """Complete a sign-in with the callback's query, without storing it.

        ``flow_body`` is ``Flow.body``, used once. Raises SignInRefused, IdentityProviderError.
        """
        return await self._login.complete(flow_body, query)

    async def keep(self, workspace: Workspace, person: PersonId, sign_in: SignIn) -> None:
        """Store a sign-in instead of an earlier one, whose refresh token is revoked (best effort).

        It holds the person's lock, so that the earlier one is not refreshed meanwhile. Raises
        IdentityProviderError when such a refresh does not end.
        """
        try:
            async with self._tokens.locked(workspace, person):
                before = await self._tokens.put(workspace, person, sign_in)
        except SignInBusy:
            raise IdentityProviderError("a refresh of the sign-in before takes long") from None
        old = self._records.refresh_token(before)
        if old != self._records.refresh_token(sign_in):
            await self._revocation.revoke(old)

    def bearer_of(self, sign_in: SignIn) -> Bearer | None:
        """Return the token of a sign-in that is not stored yet; None where it has expired."""
        return self._records.hit(sign_in)

    async def bearer(self, workspace: Workspace, person: PersonId) -> Bearer:
        """Return a token to act as this person. Raises SignInNeeded, IdentityProviderError.

        While the provider fails, or takes long, a token that is about to end is used to its
        end; the refresh goes on. One that the provider refuses to refresh is not used.
        """
        record = await self._records.read((workspace, person))
        if bearer := self._records.hit(record):
            return bearer
        last = self._records.hit(record, margin=LAST_MARGIN)
        try:
            async with asyncio.timeout(None if last is None else PATIENCE_SECONDS):
                return await self._refresher.bearer((workspace, person))
        except (IdentityProviderError, TimeoutError) as error:
            if last is None or (isinstance(error, IdentityProviderError) and error.settings):
                raise
            log.info("sign_in.used_to_its_end", error=type(error).__name__)
            return last

    def is_refreshing(self, workspace: Workspace, person: PersonId) -> bool:
        """Whether this process waits for the provider to refresh the person's token."""
        return self._refresher.is_running((workspace, person))

    async def renewed(self, workspace: Workspace, person: PersonId, refused: Bearer) -> Bearer:
        """Return a token other than the one that the API refused. Raises as :meth:`bearer`."""
        record = await self._records.read((workspace, person))
        return self._records.hit(record, refused.secret) or await self._refresher.bearer(
            (workspace, person), refused.secret
        )

    async def sign_out(self, workspace: Workspace, person: PersonId) -> SignOut:
        """Delete the sign-in, then revoke its refresh token.

        It does not take the lock, so that a person who signs out need not wait for a refresh. The
        refresh finds the record deleted and revokes the token that it fetched.
        """
        gone = await self._tokens.drop(workspace, person)
        revoked = await self._revocation.revoke(self._records.refresh_token(gone))
        return SignOut(was_signed_in=gone is not None, revoked=revoked)

    async def account(self, workspace: Workspace, person: PersonId) -> Account | None:
        record = await self._records.peek((workspace, person))
        return None if record is None else account_of(record)

    async def check(self) -> None:
        """Raise IdentityProviderError unless there is a valid document, at most an hour old."""
        await self._discovery.document()

    async def aclose(self, patience: float = 10) -> None:
        """Wait up to ``patience`` seconds for running refreshes, then close everything."""
        await self._refresher.drain(patience)
        self._threads.close()
        await self._transport.aclose()
