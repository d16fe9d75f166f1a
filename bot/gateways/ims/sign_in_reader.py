"""Reads stored sign-ins, but only those of the issuer in the settings."""

import structlog

from bot.core.errors import SealBroken, SignInNeeded
from bot.core.names import PersonId, Workspace
from bot.gateways.ims.cache import MARGIN
from bot.gateways.ims.exchange import Exchange
from bot.gateways.ims.values import Account, Bearer, ImsSettings
from bot.gateways.store.sign_ins import SignIn, SignIns

log = structlog.get_logger("ims")


class SignInReader:
    def __init__(self, settings: ImsSettings, tokens: SignIns, exchange: Exchange) -> None:
        self._issuer = settings.issuer
        self._tokens = tokens
        self._exchange = exchange

    async def read(self, person: tuple[Workspace, PersonId]) -> SignIn:
        """Return a person's sign-in.

        Raises SignInNeeded; ``ended`` when the record cannot be opened, or is of another issuer
        because the settings were changed: its tokens must not be sent to this issuer.
        """
        try:
            record = await self._tokens.read(*person)
        except SealBroken:
            log.warning("sign_in.not_opened")
            raise SignInNeeded(ended=True) from None
        if record is None:
            raise SignInNeeded(ended=False)
        if record.issuer != self._issuer:
            raise SignInNeeded(ended=True)
        return record

    async def peek(self, person: tuple[Workspace, PersonId]) -> SignIn | None:
        """Return a person's sign-in, or None where :meth:`read` raises SignInNeeded."""
        try:
            return await self.read(person)
        except SignInNeeded:
            return None

    def hit(
        self, record: SignIn, refused: str | None = None, margin: float = MARGIN
    ) -> Bearer | None:
        """Return the stored access token if it is valid for ``margin`` seconds and not ``refused``.

        It takes 0.1 ms: no I/O, so it works while the provider is unreachable.
        """
        secret = self._exchange.cache(record.subject, record.cache).access_token(margin)
        if secret is None or secret == refused:
            return None
        return Bearer(secret, account_of(record))

    def refresh_token(self, record: SignIn | None) -> str | None:
        """Return a record's refresh token, to revoke it; None when it is of another issuer."""
        if record is None or record.issuer != self._issuer:
            return None
        return self._exchange.cache(record.subject, record.cache).refresh_token()


def account_of(record: SignIn) -> Account:
    return Account(record.issuer, record.subject, record.name, record.email)
