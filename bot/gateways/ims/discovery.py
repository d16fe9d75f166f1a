"""The provider's discovery document: fetched by us, believed only about its own origin.

MSAL takes endpoints on any https host and issuers of any Microsoft host (``msal.authority``,
1.39.0), so it never sees the real document; see ``adapter``.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bot.core.errors import IdentityProviderError
from bot.gateways.ims.transport import Transport
from bot.gateways.ims.values import ImsSettings, origin

_FRESH: Final = 3600.0  # seconds
_BEARABLE: Final = 24 * 3600.0  # how old it may grow while the provider does not give a new one

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Document:
    """The endpoints (RFC 8414 section 2), each on the issuer's origin.

    ``names_itself``: answers to authorization requests carry ``iss`` (RFC 9207 section 3).
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    revocation_endpoint: str | None
    names_itself: bool


class Discovery:
    """Keeps the document for an hour; for a day while the provider does not answer."""

    def __init__(self, settings: ImsSettings, wire: Transport, clock: Callable[[], float]) -> None:
        self._issuer = settings.issuer
        self._wire = wire
        self._clock = clock
        self._document: Document | None = None
        self._fetched_at = 0.0
        self._fetching = asyncio.Lock()

    async def document(self) -> Document:
        """Return the document; raises IdentityProviderTrouble when there is none to believe."""
        async with self._fetching:
            kept = self._kept(_FRESH)
            if kept is not None:
                return kept
            try:
                self._document = await self._fetch()
            except IdentityProviderError as failure:
                kept = self._kept(_BEARABLE)
                if failure.settings or kept is None:
                    raise
                _log.warning("discovery failed, the document of before is used: %s", failure.what)
                return kept
            self._fetched_at = self._clock()
            return self._document

    def _kept(self, age: float) -> Document | None:
        return self._document if 0 <= self._clock() - self._fetched_at < age else None

    async def _fetch(self) -> Document:
        # OpenID Connect Discovery section 4.1: a slash at the issuer's end is left out first.
        url = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        answer = await self._wire.fetch(url)
        values = answer.json()
        if answer.status != 200 or values is None:
            # 4xx says that nothing is there: the issuer in the settings is wrong
            wrong = 400 <= answer.status < 500 and answer.status not in {408, 429}
            raise IdentityProviderError(f"discovery answers {answer.status}", settings=wrong)
        return self._believed(values)

    def _believed(self, values: dict[str, Any]) -> Document:
        if values.get("issuer") != self._issuer:
            raise IdentityProviderError("discovery names another issuer", settings=True)
        revocation = values.get("revocation_endpoint")
        return Document(
            issuer=self._issuer,
            authorization_endpoint=self._own(values, "authorization_endpoint"),
            token_endpoint=self._own(values, "token_endpoint"),
            jwks_uri=self._own(values, "jwks_uri"),
            revocation_endpoint=self._own(values, "revocation_endpoint") if revocation else None,
            names_itself=values.get("authorization_response_iss_parameter_supported") is True,
        )

    def _own(self, values: dict[str, Any], name: str) -> str:
        endpoint = values.get(name)
        if not isinstance(endpoint, str) or origin(endpoint) != origin(self._issuer):
            raise IdentityProviderError(
                f"discovery has no {name} on the issuer's own origin", settings=True
            )
        return endpoint
