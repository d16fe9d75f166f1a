"""The settings, arguments and results of this gateway."""

from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urlsplit

from bot.core.operations.operation import ActingAccount
from bot.gateways.loopback import is_loopback

# MSAL adds these by itself and refuses to be given them (ClientApplication._decorate_scope).
_RESERVED: Final = frozenset({"openid", "profile", "offline_access"})


@dataclass(frozen=True, slots=True)
class ImsSettings:
    """The provider that people sign in at, and the bot's registration there.

    ``issuer`` is the exact issuer identifier (OpenID Connect Discovery section 3): https, or http
    on loopback. ``scopes`` are those of the API; the first must be granted. ``ca_file`` replaces
    the bundled certificates. ``client_auth``: the secret goes in the body or as Basic (RFC 6749
    section 2.3.1). ``prompt`` is sent unchanged; some providers issue a refresh token only with
    ``consent`` (OpenID Connect Core section 11).
    Raises ``ValueError``, which names the field and not the value.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...]
    proxy: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    connect_seconds: float = 5
    read_seconds: float = 20
    client_auth: Literal["post", "basic"] = "post"
    prompt: str | None = None

    def __post_init__(self) -> None:
        if origin(self.issuer) is None:
            raise ValueError("issuer must be an https address (or http on loopback)")
        if not self.client_id or not self.client_secret:
            raise ValueError("client_id and client_secret must not be empty")
        if not self.api_scopes:
            raise ValueError("scopes must name at least one scope of the API")

    @property
    def api_scopes(self) -> tuple[str, ...]:
        return tuple(scope for scope in self.scopes if scope not in _RESERVED)


@dataclass(frozen=True, slots=True)
class Flow:
    """A sign-in that was begun: the browser goes to ``auth_uri``, the callback needs the rest.

    ``body`` is the JSON of MSAL's flow and holds the PKCE verifier: store it sealed.
    """

    state: str = field(repr=False)
    auth_uri: str = field(repr=False)
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """An account at the provider. Only ``issuer`` and ``subject`` identify it."""

    issuer: str
    subject: str
    name: str
    email: str

    @property
    def acting(self) -> ActingAccount:
        """The account as an operation records it."""
        return ActingAccount(self.subject, self.name, self.email)


@dataclass(frozen=True, slots=True)
class Bearer:
    """An access token that is valid for at least five minutes, and its account."""

    secret: str = field(repr=False)
    account: Account


@dataclass(frozen=True, slots=True)
class SignOut:
    """The result of signing out; ``revoked``: the provider confirmed the revocation."""

    was_signed_in: bool
    revoked: bool


def origin(url: str) -> tuple[str, str, int] | None:
    """Return (scheme, host, port), or None unless it is https, or http on loopback.

    None also for an address with a user, a query or a fragment, which no issuer and no endpoint
    of one needs.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not host or not secure or parts.username is not None or parts.query or parts.fragment:
        return None
    return parts.scheme, host, port or (443 if parts.scheme == "https" else 80)
