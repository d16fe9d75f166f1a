"""Signing people in at Bentley IMS, and tokens to act as them."""

from collections.abc import Callable, Mapping

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


class Ims:
    """The identity provider, for one event loop. ``clock`` gives unix seconds.

    Beside what each method names, all that touch the store may raise StoreUnreachable.
    """

    def __init__(self, settings: ImsSettings, tokens: SignIns, clock: Callable[[], float]) -> None:
        self._tokens = tokens
        self._wire = Transport(settings)
        self._threads = ThreadPool()
        self._discovery = Discovery(settings, self._wire, clock)
        self._revocation = Revocation(settings, self._wire, self._discovery)
        exchange = Exchange(settings, self._wire, clock)
        identities = Identities(settings, self._wire, clock)
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
        self._refreshing = TokenRefresher(
            tokens=tokens,
            records=self._records,
            exchange=exchange,
            discovery=self._discovery,
            revocation=self._revocation,
            threads=self._threads,
        )

    async def begin(self, redirect_uri: str) -> Flow:
        """Begin a sign-in; raises IdentityProviderTrouble."""
        return await self._login.begin(redirect_uri)

    async def complete(self, flow_body: str, query: Mapping[str, str]) -> SignIn:
        """End a sign-in with the callback's query; nothing is stored.

        ``flow_body`` is ``Flow.body``, used once. Raises SignInRefused, IdentityProviderError.
        """
        return await self._login.complete(flow_body, query)

    async def keep(self, workspace: Workspace, person: PersonId, sign_in: SignIn) -> None:
        """Store a sign-in in the place of an earlier one, whose grant is revoked (best effort).

        Under the person's lock, so that no refresh of the earlier one is under way. Raises
        IdentityProviderTrouble when such a refresh does not end.
        """
        try:
            async with self._tokens.locked(workspace, person):
                before = await self._tokens.put(workspace, person, sign_in)
        except SignInBusy:
            raise IdentityProviderError("a refresh of the sign-in before takes long") from None
        old = self._records.refresh_token(before)
        if old != self._records.refresh_token(sign_in):
            await self._revocation.revoke(old)

    async def bearer(self, workspace: Workspace, person: PersonId) -> Bearer:
        """Return a token to act as this person; raises SignInNeeded, IdentityProviderTrouble."""
        record = await self._records.read((workspace, person))
        return self._records.hit(record) or await self._refreshing.bearer((workspace, person))

    async def renewed(self, workspace: Workspace, person: PersonId, refused: Bearer) -> Bearer:
        """Return a token other than the one the API refused; raises as :meth:`bearer`."""
        record = await self._records.read((workspace, person))
        return self._records.hit(record, refused.secret) or await self._refreshing.bearer(
            (workspace, person), refused.secret
        )

    async def sign_out(self, workspace: Workspace, person: PersonId) -> SignOut:
        """Forget the sign-in, then revoke it.

        Without the lock: a person who signs out does not wait for a refresh. The refresh finds the
        record gone and revokes what it fetched.
        """
        gone = await self._tokens.drop(workspace, person)
        revoked = await self._revocation.revoke(self._records.refresh_token(gone))
        return SignOut(was_signed_in=gone is not None, revoked=revoked)

    async def account(self, workspace: Workspace, person: PersonId) -> Account | None:
        record = await self._records.peek((workspace, person))
        return None if record is None else account_of(record)

    async def check(self) -> None:
        """Raise IdentityProviderTrouble unless discovery, at most an hour old, is as it must be."""
        await self._discovery.document()

    async def aclose(self, patience: float = 10) -> None:
        """Let running refreshes end for ``patience`` seconds, then close everything."""
        await self._refreshing.drain(patience)
        self._threads.close()
        await self._wire.aclose()
