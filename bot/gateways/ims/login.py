"""One sign-in, from the address to the validated account, without storing anything."""

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.core.errors import IdentityProviderError, SignInRefusal, SignInRefused
from bot.gateways.ims.discovery import Discovery, Document
from bot.gateways.ims.exchange import Denied, Exchange, Granted
from bot.gateways.ims.identity import Identities
from bot.gateways.ims.revocation import Revocation
from bot.gateways.ims.thread_pool import ThreadPool
from bot.gateways.ims.values import Flow, ImsSettings
from bot.gateways.store.sign_ins import SignIn

# Errors of the authorization endpoint (RFC 6749 section 4.1.2.1) and of the token endpoint
# (section 5.2) that a person can act upon. The two sets below are the provider's and the admin's.
_REFUSALS: Final[dict[str, SignInRefusal]] = {
    "access_denied": "denied",
    "invalid_scope": "invalid_scope",
    "invalid_grant": "expired",
}
_PROVIDER_ERRORS: Final = frozenset({"server_error", "temporarily_unavailable"})
_SETTINGS_ERRORS: Final = frozenset({"invalid_client", "unauthorized_client"})


class Login:
    def __init__(
        self,
        *,
        settings: ImsSettings,
        exchange: Exchange,
        discovery: Discovery,
        identities: Identities,
        revocation: Revocation,
        threads: ThreadPool,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._exchange = exchange
        self._discovery = discovery
        self._identities = identities
        self._revocation = revocation
        self._threads = threads
        self._clock = clock

    async def begin(self, redirect_uri: str) -> Flow:
        return self._exchange.begin(await self._discovery.document(), redirect_uri)

    async def complete(self, flow_body: str, query: Mapping[str, str]) -> SignIn:
        """Redeem the callback's code and return the validated sign-in.

        Raises SignInRefused or IdentityProviderError, and then revokes what was granted.
        """
        flow: dict[str, Any] = json.loads(flow_body)
        document = await self._discovery.document()
        self._check_callback(document, flow, query)
        await self._identities.prepare(document.jwks_uri)
        nonce = flow["nonce"]
        match await self._threads.run(self._exchange.redeem, document, flow, query):
            case Denied(code):
                raise refusal(code)
            case Granted() as granted:
                try:
                    return await self._signed_in(document, granted, nonce)
                except BaseException:
                    await self._revocation.revoke(granted.refresh_token)
                    raise

    def _check_callback(
        self, document: Document, flow: dict[str, Any], query: Mapping[str, str]
    ) -> None:
        """Check the callback before MSAL does, whose exceptions contain the real state."""
        state = query.get("state", "").encode()
        if not secrets.compare_digest(state, str(flow["state"]).encode()):
            raise SignInRefused("other")
        # RFC 9207 section 2.4: a provider that announces iss must send it, with errors too.
        issuer = query.get("iss")
        if issuer != document.issuer and (issuer is not None or document.sends_issuer):
            raise SignInRefused("identity")
        if "error" in query:
            raise refusal(query["error"])
        if not query.get("code"):
            raise SignInRefused("other")

    async def _signed_in(self, document: Document, granted: Granted, nonce: str) -> SignIn:
        if granted.id_token is None:
            raise SignInRefused("identity")
        account = await self._identities.validate(
            granted.id_token, jwks_uri=document.jwks_uri, nonce=nonce
        )
        needed = self._settings.api_scopes[0]
        if granted.scope is not None and needed not in granted.scope.split():
            raise SignInRefused("scope_missing")
        if granted.refresh_token is None:
            raise SignInRefused("no_refresh_token")
        return SignIn(
            version=secrets.randbelow(2**48),  # see store.sign_ins: no two are the same
            issuer=account.issuer,
            subject=account.subject,
            name=account.name,
            email=account.email,
            cache=granted.cache,
            signed_in_at=self._clock(),
        )


def refusal(code: str) -> SignInRefused | IdentityProviderError:
    """Return the error for an OAuth error code; an unknown code is not repeated."""
    if code in _PROVIDER_ERRORS | _SETTINGS_ERRORS:
        return IdentityProviderError(
            f"the identity provider answers {code}", settings=code in _SETTINGS_ERRORS
        )
    return SignInRefused(_REFUSALS.get(code, "other"))
