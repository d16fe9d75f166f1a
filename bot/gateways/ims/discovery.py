"""Fetches the provider's discovery document, and accepts only endpoints on the issuer's origin.

MSAL accepts endpoints on any https host and issuers of any Microsoft host (``msal.authority``,
1.39.0), so it never sees the real document; see ``adapter``.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import structlog

from bot.core.errors import IdentityProviderError
from bot.gateways.ims.transport import Transport
from bot.gateways.ims.values import ImsSettings, origin

_FRESH: Final = 3600.0  # seconds
_USABLE: Final = 24 * 3600.0  # seconds, while the provider does not give a new one

log = structlog.get_logger("ims")


@dataclass(frozen=True, slots=True)
class Document:
    """The endpoints (RFC 8414 section 2), each on the issuer's origin.

    ``sends_issuer``: authorization responses carry ``iss`` (RFC 9207 section 3).
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    revocation_endpoint: str | None
    sends_issuer: bool


class Discovery:
    """Caches the document for an hour; for a day while the provider does not answer."""

    def __init__(
        self, settings: ImsSettings, transport: Transport, clock: Callable[[], float]
    ) -> None:
        self._issuer = settings.issuer
        self._transport = transport
        self._clock = clock
        self._document: Document | None = None
        self._fetched_at = 0.0
        self._fetching = asyncio.Lock()

    async def document(self) -> Document:
        """Return the document. Raises IdentityProviderError when no valid one is available."""
        async with self._fetching:
            cached = self._cached(_FRESH)
            if cached is not None:
                return cached
            try:
                self._document = await self._fetch()
            except IdentityProviderError as failure:
                cached = self._cached(_USABLE)
                if failure.settings or cached is None:
                    raise
                log.warning("discovery.failed", error=failure.what, used="cached")
                return cached
            self._fetched_at = self._clock()
            return self._document

    def _cached(self, age: float) -> Document | None:
        return self._document if 0 <= self._clock() - self._fetched_at < age else None

    async def _fetch(self) -> Document:
        # OpenID Connect Discovery section 4.1: a slash at the issuer's end is left out first.
        url = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        response = await self._transport.fetch(url)
        values = response.json()
        if response.status != 200 or values is None:
            # 4xx: there is no document, so the issuer in the settings is wrong.
            wrong = 400 <= response.status < 500 and response.status not in {408, 429}
            raise IdentityProviderError(f"discovery answers {response.status}", settings=wrong)
        return self._validated(values)

    def _validated(self, values: dict[str, Any]) -> Document:
        if values.get("issuer") != self._issuer:
            raise IdentityProviderError("discovery names another issuer", settings=True)
        revocation = values.get("revocation_endpoint")
        return Document(
            issuer=self._issuer,
            authorization_endpoint=self._endpoint(values, "authorization_endpoint"),
            token_endpoint=self._endpoint(values, "token_endpoint"),
            jwks_uri=self._endpoint(values, "jwks_uri"),
            revocation_endpoint=(
                self._endpoint(values, "revocation_endpoint") if revocation else None
            ),
            sends_issuer=values.get("authorization_response_iss_parameter_supported") is True,
        )

    def _endpoint(self, values: dict[str, Any], name: str) -> str:
        endpoint = values.get(name)
        if not isinstance(endpoint, str) or origin(endpoint) != origin(self._issuer):
            raise IdentityProviderError(
                f"discovery has no {name} on the issuer's own origin", settings=True
            )
        return endpoint
