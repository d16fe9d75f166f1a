"""Between MSAL and the provider: what MSAL may see of it, and what it may see of MSAL.

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
    """What MSAL reads of an answer (``msal.oauth2cli.http.Response``)."""

    status_code: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)


class ImsHttp:
    """MSAL's ``http_client`` for one operation: one pinned document, one token endpoint.

    ``claims`` are those of the ID token in the answer, not verified; None without a readable one.
    """

    def __init__(self, settings: ImsSettings, wire: Transport, document: Document) -> None:
        self._settings = settings
        self._wire = wire
        self._document = document
        self.authority = f"https://{urlsplit(settings.issuer).netloc}/connect"
        self._token_url = f"{self.authority}/token"
        self.claims: dict[str, Any] | None = None

    def get(self, url: str, **_: object) -> Reply:
        """Serve the discovery document; anything else MSAL wants to fetch is refused."""
        if url != f"{self.authority}/.well-known/openid-configuration":
            raise IdentityProviderError("MSAL asked for an address that is not pinned")
        document = {
            "issuer": self.authority,
            "authorization_endpoint": self._document.authorization_endpoint,
            "token_endpoint": self._token_url,
        }
        return Reply(200, json.dumps(document))

    def post(self, url: str, *, data: dict[str, Any], **_: object) -> Reply:
        """Send a token request; raises IdentityProviderTrouble for what is no OAuth answer.

        Trouble is raised through MSAL, which catches ``requests`` exceptions only: so no odd
        answer reaches its cache or its log (it logs one that is not JSON whole).
        """
        if url != self._token_url:
            raise IdentityProviderError("MSAL asked for an address that is not pinned")
        fields, headers = client_authentication(self._settings)
        fields.update((name, str(value)) for name, value in data.items() if name in _SENT)
        answer = self._wire.post(self._document.token_endpoint, fields, headers)
        values = _members(answer)
        self.claims = _unverified(values.get("id_token"))
        if self.claims is None or data["grant_type"] == "refresh_token":
            # An ID token is validated at sign-in. MSAL stumbles over an unreadable one after the
            # provider has rotated; and a refresh must stay with the account it belongs to.
            values.pop("id_token", None)
        return Reply(200 if "error" not in values else 400, json.dumps(values))


def _members(answer: Response) -> dict[str, Any]:
    """Return an answer of RFC 6749 section 5.1 or 5.2 with just the members that MSAL may see."""
    if answer.status == 429 or answer.status >= 500:
        raise IdentityProviderError(f"the token endpoint answers {answer.status}")
    values = answer.json()
    if values is not None and "error" in values and answer.status >= 400:
        code = values["error"]
        known = isinstance(code, str) and _CODE.fullmatch(code)
        return {"error": code if known else "unknown_error"}
    if answer.status != 200 or values is None or not _text(values, "access_token"):
        raise IdentityProviderError(
            f"the token endpoint gives an answer ({answer.status}) that is not of OAuth"
        )
    if (_text(values, "token_type") or "bearer").lower() != "bearer":  # RFC 6749 section 5.1
        raise IdentityProviderError("the token endpoint gives tokens of an unknown type")
    kept = {
        "access_token": _text(values, "access_token"),
        "refresh_token": _text(values, "refresh_token"),
        "id_token": _text(values, "id_token"),
        "expires_in": _seconds(values.get("expires_in")),
        "scope": _scope(values.get("scope")),
    }
    return {name: value for name, value in kept.items() if value is not None}


def _text(values: dict[str, Any], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) and value else None


def _seconds(value: object) -> int | None:
    """Read ``expires_in`` as number or text. Without one MSAL takes ten minutes."""
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return max(0, int(value))
        except (ValueError, OverflowError):
            return None
    return None


def _scope(value: object) -> str | None:
    """Read ``scope`` as text or, against RFC 6749 section 3.3 but seen, as a list of texts."""
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
