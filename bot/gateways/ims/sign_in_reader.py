"""Stored sign-ins as this gateway reads them: of the issuer in the settings, or not at all."""

import logging

from bot.core.errors import SealBroken, SignInNeeded
from bot.core.names import PersonId, Workspace
from bot.gateways.ims.exchange import Exchange
from bot.gateways.ims.values import Account, Bearer, ImsSettings
from bot.gateways.store.sign_ins import SignIn, SignIns

_log = logging.getLogger(__name__)


class SignInReader:
    def __init__(self, settings: ImsSettings, tokens: SignIns, exchange: Exchange) -> None:
        self._issuer = settings.issuer
        self._tokens = tokens
        self._exchange = exchange

    async def read(self, person: tuple[Workspace, PersonId]) -> SignIn:
        """Return the sign-in.

        Raises SignInNeeded; ``ended`` when there is a record that does not open, or one of another
        issuer (the settings were changed): its tokens are not for this issuer's eyes.
        """
        try:
            record = await self._tokens.read(*person)
        except SealBroken:
            _log.warning("a sign-in record does not open; the person has to sign in again")
            raise SignInNeeded(ended=True) from None
        if record is None:
            raise SignInNeeded(ended=False)
        if record.issuer != self._issuer:
            raise SignInNeeded(ended=True)
        return record

    async def peek(self, person: tuple[Workspace, PersonId]) -> SignIn | None:
        """Return the sign-in, or None for what :meth:`read` raises SignInNeeded."""
        try:
            return await self.read(person)
        except SignInNeeded:
            return None

    def hit(self, record: SignIn, refused: str | None = None) -> Bearer | None:
        """Return the stored access token if it is good for five minutes and not ``refused``.

        No I/O and no MSAL application, so it works while the provider is away: 0.1 ms.
        """
        secret = self._exchange.cache(record.subject, record.cache).access_token()
        if secret is None or secret == refused:
            return None
        return Bearer(secret, account_of(record))

    def refresh_token(self, record: SignIn | None) -> str | None:
        """Return the refresh token of a record, to be revoked where it came from."""
        if record is None or record.issuer != self._issuer:
            return None
        return self._exchange.cache(record.subject, record.cache).refresh_token()


def account_of(record: SignIn) -> Account:
    return Account(record.issuer, record.subject, record.name, record.email)
