"""Access tokens and ID tokens as JWTs, with the claims that Bentley's carry (reference 4.2)."""

import functools
import json
import secrets
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from bot.sandbox.ims.grants import Grant
from bot.sandbox.ims.state import ImsState
from bot.sandbox.people import Person, person_with_subject

AUDIENCES = ("https://ims.bentley.com/as/token.oauth2", "bentley-api-management")
KEY_ID = "sandbox-1"


@functools.cache
def signing_key() -> rsa.RSAPrivateKey:
    """The key of every IMS in this process: generating one takes longer than most tests."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@functools.cache
def foreign_key() -> rsa.RSAPrivateKey:
    """A key that is in no key set, for tokens that must be rejected."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_set() -> dict[str, Any]:
    """The JWKS document (RFC 7517 5)."""
    public = json.loads(RSAAlgorithm.to_jwk(signing_key().public_key()))
    return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}


class Mint:
    """Mints and verifies tokens; `issuer` is known once the server is open."""

    def __init__(self, state: ImsState, client_id: str) -> None:
        self._state = state
        self._client_id = client_id
        self.issuer = ""

    def access_token(self, grant: Grant, scopes: tuple[str, ...]) -> str:
        now = int(self._state.clock.now())
        identifier = secrets.token_hex(8)
        self._state.grants.remember_access(identifier, grant)
        return _signed(
            {
                **person_claims(grant.person),
                "iss": self.issuer,
                "aud": list(AUDIENCES),
                "client_id": self._client_id,
                "scope": list(scopes),
                "iat": now,
                "nbf": now,
                "exp": now + self._state.token_seconds,
                "jti": identifier,
                "sid": grant.family,
            },
            signing_key(),
        )

    def id_token(self, grant: Grant) -> str:
        """An ID token, with what `ImsState` says to forge of it."""
        now = int(self._state.clock.now())
        claims: dict[str, Any] = {
            **person_claims(grant.person),
            "iss": self.issuer,
            "aud": self._client_id,
            "iat": now,
            "exp": now + 300,
            "auth_time": int(grant.signed_in_at),
            "sid": grant.family,
            "nonce": grant.nonce,
        }
        claims |= self._state.id_token_changes
        key = foreign_key() if self._state.id_token_by_a_foreign_key else signing_key()
        return _signed({name: value for name, value in claims.items() if value is not None}, key)

    def read(self, token: str) -> dict[str, Any] | None:
        """The claims of an access token of this issuer; None where it is invalid or expired."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                signing_key().public_key(),
                algorithms=["RS256"],
                issuer=self.issuer,
                # The world's clock decides, not this machine's.
                options={
                    "verify_exp": False,
                    "verify_aud": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except jwt.InvalidTokenError:
            return None
        return claims if self._state.clock.now() < claims.get("exp", 0) else None

    def holder(self, token: str) -> Person | None:
        """The person of an access token; None where the platform's gateway would reject it."""
        claims = self.read(token)
        if claims is None or "itwin-platform" not in claims.get("scope", ()):
            return None
        grant = self._state.grants.holder(str(claims.get("jti")))
        return None if grant is None else person_with_subject(str(claims["sub"]))


def _signed(claims: dict[str, Any], key: rsa.RSAPrivateKey) -> str:
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": KEY_ID})


def person_claims(person: Person) -> dict[str, Any]:
    """The claims about the person, as in Bentley's tokens and userinfo."""
    given, _, family = person.real_name.partition(" ")
    return {
        "sub": person.subject,
        "email": person.email,
        "name": person.real_name,
        "given_name": given,
        "family_name": family,
        "preferred_username": person.email,
        "org_name": person.email.partition("@")[2],
    }
