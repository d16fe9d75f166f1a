"""Validates ID tokens, which MSAL does not do (from 1.38 on, by design)."""

import asyncio
import hashlib
import hmac
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import jwt

from bot.core.errors import IdentityProviderError, SignInRefused
from bot.gateways.ims.transport import Transport
from bot.gateways.ims.values import Account, ImsSettings

# Asymmetric only: with HS256 whoever has the client secret could sign an identity.
_ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
_SKEW: Final = 60  # seconds
_KEYS_FRESH: Final = 3600.0  # seconds
_KEYS_REFETCH: Final = 30.0  # seconds between two fetches for an unknown key id
_MAX_SUBJECT: Final = 255  # OpenID Connect Core section 2
_MAX_NAME: Final = 256

_JWT: Final = jwt.PyJWT(options={"enforce_minimum_key_length": True})
# PyJWT checks the signature only: it would compare times with the machine's clock.
_SIGNATURE_ONLY: Final[Any] = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


@dataclass(frozen=True, slots=True)
class _Key:
    id: str | None
    algorithm: str | None
    values: dict[str, Any]


class Identities:
    """Validates ID tokens with the provider's published keys, which are cached for an hour."""

    def __init__(
        self, settings: ImsSettings, transport: Transport, clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._keys: tuple[_Key, ...] = ()
        self._fetched_at = -_KEYS_FRESH
        self._fetching = asyncio.Lock()

    async def prepare(self, jwks_uri: str) -> None:
        """Fetch the keys. Call it before a code is redeemed, which can be tried only once."""
        await self._fetch(jwks_uri, older_than=_KEYS_FRESH)

    async def validate(self, id_token: str, *, jwks_uri: str, nonce: str) -> Account:
        """Return the account of a valid ID token, as OpenID Connect Core 3.1.3.7 asks.

        ``nonce`` is as MSAL stores it; it sends the SHA-256 of it. Raises
        ``SignInRefused("identity")`` for an invalid token, IdentityProviderError when the keys
        cannot be fetched.
        """
        claims = await self._verified_claims(id_token, jwks_uri)
        sent_nonce = hashlib.sha256(nonce.encode()).hexdigest()
        valid = (
            claims.get("iss") == self._settings.issuer
            and self._is_audience(claims)
            and self._is_current(claims)
            and hmac.compare_digest(_text(claims, "nonce").encode(), sent_nonce.encode())
            and 0 < len(_text(claims, "sub")) <= _MAX_SUBJECT
        )
        if not valid:
            raise SignInRefused("identity")
        return account(self._settings.issuer, claims)

    async def _verified_claims(self, id_token: str, jwks_uri: str) -> dict[str, Any]:
        try:
            # The header's jku, x5u, x5c and jwk are never used: keys come from jwks_uri.
            header = jwt.get_unverified_header(id_token)
            algorithm = header.get("alg")
            if algorithm not in _ALGORITHMS or "crit" in header:
                raise SignInRefused("identity")
            key = await self._key(header.get("kid"), algorithm, jwks_uri)
            claims: dict[str, Any] = _JWT.decode(
                id_token, jwt.PyJWK(key.values, algorithm), [algorithm], _SIGNATURE_ONLY
            )
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise SignInRefused("identity") from None
        return claims

    async def _key(self, key_id: str | None, algorithm: str, jwks_uri: str) -> _Key:
        """Return the one key that matches; fetch the keys again, once, when there is none."""
        for older_than in (_KEYS_FRESH, _KEYS_REFETCH):
            await self._fetch(jwks_uri, older_than=older_than)
            matching = [
                key
                for key in self._keys
                if key_id in {None, key.id} and key.algorithm in {None, algorithm}
            ]
            if len(matching) == 1:
                return matching[0]
        raise SignInRefused("identity")

    async def _fetch(self, jwks_uri: str, *, older_than: float) -> None:
        async with self._fetching:
            if 0 <= self._clock() - self._fetched_at < older_than:
                return
            response = await self._transport.fetch(jwks_uri)
            values = (response.json() or {}).get("keys")
            if response.status != 200 or not isinstance(values, list):
                raise IdentityProviderError("the identity provider's keys cannot be fetched")
            self._keys = tuple(key for value in values if (key := _usable(value)) is not None)
            self._fetched_at = self._clock()

    def _is_audience(self, claims: dict[str, Any]) -> bool:
        client_id = self._settings.client_id
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        party = claims.get("azp")
        alone = party == client_id if party is not None else len(audiences) == 1
        return client_id in audiences and alone

    def _is_current(self, claims: dict[str, Any]) -> bool:
        now = self._clock()
        return (
            now < _time(claims, "exp", -math.inf) + _SKEW
            and _time(claims, "iat", math.inf) <= now + _SKEW
            and ("nbf" not in claims or _time(claims, "nbf", math.inf) <= now + _SKEW)
        )


def account(issuer: str, claims: dict[str, Any]) -> Account:
    """Return the account of valid claims; a name or an e-mail address may be missing."""
    mail = _text(claims, "email") or _text(claims, "preferred_username")
    full = f"{_text(claims, 'given_name')} {_text(claims, 'family_name')}".strip()
    name = _text(claims, "name") or full or _text(claims, "preferred_username")
    return Account(
        issuer=issuer,
        subject=_text(claims, "sub"),
        name=name[:_MAX_NAME],
        email=mail[:_MAX_NAME] if "@" in mail else "",
    )


def same_account(record: Account, claims: dict[str, Any] | None) -> bool:
    """Return whether the ID token of a refresh, if any, is of the same account.

    OpenID Connect Core section 12.2 requires it. The signature is not verified: the token came
    over TLS from the pinned endpoint, which section 3.1.3.7 (6) accepts instead.
    """
    if claims is None:
        return True
    return bool(claims.get("iss") == record.issuer and claims.get("sub") == record.subject)


def _usable(value: Any) -> _Key | None:
    """Return a public signing key (RFC 7517); None for any other, such as a shared secret."""
    match value:
        case {"kty": "RSA" | "EC" | "OKP"} if value.get("use", "sig") == "sig":
            key_id, algorithm = value.get("kid"), value.get("alg")
            return _Key(
                id=key_id if isinstance(key_id, str) else None,
                algorithm=algorithm if isinstance(algorithm, str) else None,
                values=value,
            )
        case _:
            return None


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _time(claims: dict[str, Any], name: str, otherwise: float) -> float:
    """Return a NumericDate (RFC 7519 section 2), or ``otherwise`` if there is none."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return otherwise
    return value
