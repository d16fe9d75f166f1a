"""The HTTP client that MSAL uses, which filters requests and responses in both directions.

MSAL 1.39.0 refuses http and a missing path, both of the authority and of the token endpoint
(``msal.authority.canonicalize``; ``TokenCache.add`` calls it again for each answer). It is
therefore given a made-up https authority, the same whatever the real document says, so that cached
entries keep their keys. Only the authorization endpoint, which it does not check, is the real one.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import jwt

from bot.core.errors import IdentityProviderError
from bot.gateways.ims.discovery import Document
from bot.gateways.ims.transport import Response, Transport, client_authentication
from bot.gateways.ims.values import ImsSettings

# RFC 6749 sections 4.1.3 and 6 and RFC 7636 section 4.5. MSAL also sends client_info, claims and
# the scopes. A refresh without scope asks for what was granted; with one that was not granted it
# fails for ever.
_SENT: Final = frozenset({"grant_type", "code", "redirect_uri", "code_verifier", "refresh_token"})
_CODE: Final = re.compile(r"[a-z_]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reply:
    """The part of an HTTP response that MSAL reads (``msal.oauth2cli.http.Response``)."""

    status_code: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)


class ImsHttp:
    """MSAL's ``http_client`` for one operation: one pinned document, one token endpoint.

    ``claims`` are those of the ID token in the response, not verified; None without a readable one.
    """

    def __init__(self, settings: ImsSettings, transport: Transport, document: Document) -> None:
        self._settings = settings
        self._transport = transport
        self._document = document
        self.authority = f"https://{urlsplit(settings.issuer).netloc}/connect"
        self._token_url = f"{self.authority}/token"
        self.claims: dict[str, Any] | None = None

    def get(self, url: str, **_: object) -> Reply:
        """Return the discovery document; refuse any other address."""
        if url != f"{self.authority}/.well-known/openid-configuration":
            raise IdentityProviderError("MSAL asked for an address that is not pinned")
        document = {
            "issuer": self.authority,
            "authorization_endpoint": self._document.authorization_endpoint,
            "token_endpoint": self._token_url,
        }
        return Reply(200, json.dumps(document))

    def post(self, url: str, *, data: dict[str, Any], **_: object) -> Reply:
        """Send a token request. Raises IdentityProviderError for anything but an OAuth response.

        The error passes through MSAL, which catches ``requests`` exceptions only. So no invalid
        response reaches its cache or its log (it logs the whole of one that is not JSON).
        """
        if url != self._token_url:
            raise IdentityProviderError("MSAL asked for an address that is not pinned")
        fields, headers = client_authentication(self._settings)
        fields.update((name, str(value)) for name, value in data.items() if name in _SENT)
        response = self._transport.post(self._document.token_endpoint, fields, headers)
        values = _members(response)
        self.claims = _unverified(values.get("id_token"))
        if self.claims is None or data["grant_type"] == "refresh_token":
            # An ID token is validated at sign-in. MSAL fails on an unreadable one when the
            # provider has already rotated; and a refresh must not change the account.
            values.pop("id_token", None)
        return Reply(200 if "error" not in values else 400, json.dumps(values))


def _members(response: Response) -> dict[str, Any]:
    """Return a response of RFC 6749 section 5.1 or 5.2 with only the members that MSAL needs."""
    if response.status == 429 or response.status >= 500:
        raise IdentityProviderError(f"the token endpoint answers {response.status}")
    values = response.json()
    if values is not None and "error" in values and response.status >= 400:
        code = values["error"]
        known = isinstance(code, str) and _CODE.fullmatch(code)
        return {"error": code if known else "unknown_error"}
    if response.status != 200 or values is None or not _text(values, "access_token"):
        raise IdentityProviderError(
            f"the token endpoint gives an answer ({response.status}) that is not of OAuth"
        )
    if (_text(values, "token_type") or "bearer").lower() != "bearer":  # RFC 6749 section 5.1
        raise IdentityProviderError("the token endpoint gives tokens of an unknown type")
    members = {
        "access_token": _text(values, "access_token"),
        "refresh_token": _text(values, "refresh_token"),
        "id_token": _text(values, "id_token"),
        "expires_in": _seconds(values.get("expires_in")),
        "scope": _scope(values.get("scope")),
    }
    return {name: value for name, value in members.items() if value is not None}


def _text(values: dict[str, Any], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) and value else None


def _seconds(value: object) -> int | None:
    """Parse ``expires_in``, a number or text. MSAL assumes ten minutes where there is none."""
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return max(0, int(value))
        except (ValueError, OverflowError):
            return None
    return None


def _scope(value: object) -> str | None:
    """Parse ``scope``: text, or a list of texts, which providers send against RFC 6749 3.3."""
    if isinstance(value, list):
        return " ".join(one for one in value if isinstance(one, str))
    return value if isinstance(value, str) else None


def _unverified(id_token: str | None) -> dict[str, Any] | None:
    if id_token is None:
        return None
    try:
        claims: dict[str, Any] = jwt.decode(id_token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    subject = claims.get("sub")
    return claims if isinstance(subject, str) and subject else None
