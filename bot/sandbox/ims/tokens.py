"""Access tokens and ID tokens as JWTs, with the claims seen in Bentley's (reference 4.2)."""

import secrets
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from bot.sandbox.clock import Clock
from bot.sandbox.ims.grants import Grant, Grants
from bot.sandbox.ims.keys import KEY_ID, foreign_key, signing_key
from bot.sandbox.people import Person, person_with_subject

AUDIENCES = ("https://ims.bentley.com/as/token.oauth2", "bentley-api-management")


class Mint:
    """Makes tokens in the name of one issuer and reads its own again."""

    def __init__(self, clock: Clock, grants: Grants, client_id: str) -> None:
        self._clock = clock
        self._grants = grants
        self._client_id = client_id
        self.issuer = ""
        self.access_seconds = 3600
        self.id_token_changes: dict[str, Any] = {}
        self.id_token_by_a_foreign_key = False

    def access_token(self, grant: Grant, scopes: tuple[str, ...]) -> str:
        now = int(self._clock.now())
        identifier = secrets.token_hex(8)
        self._grants.remember_access(identifier, grant)
        return _signed(
            {
                **person_claims(grant.person),
                "iss": self.issuer,
                "aud": list(AUDIENCES),
                "client_id": self._client_id,
                "scope": list(scopes),
                "iat": now,
                "nbf": now,
                "exp": now + self.access_seconds,
                "jti": identifier,
                "sid": grant.family,
            },
            signing_key(),
        )

    def id_token(self, grant: Grant) -> str:
        """For tests of the client: `id_token_changes` forges claims (None leaves one out),
        `id_token_by_a_foreign_key` forges the signature.
        """
        now = int(self._clock.now())
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
        claims |= self.id_token_changes
        key = foreign_key() if self.id_token_by_a_foreign_key else signing_key()
        return _signed({name: value for name, value in claims.items() if value is not None}, key)

    def read(self, token: str) -> dict[str, Any] | None:
        """The claims of an access token of ours that has not expired, or None."""
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
        return claims if self._clock.now() < claims.get("exp", 0) else None

    def holder(self, token: str) -> Person | None:
        """Whose access token it is, if the platform's gateway would let it in."""
        claims = self.read(token)
        if claims is None or "itwin-platform" not in claims.get("scope", ()):
            return None
        grant = self._grants.holder(str(claims.get("jti")))
        return None if grant is None else person_with_subject(str(claims["sub"]))


def _signed(claims: dict[str, Any], key: RSAPrivateKey) -> str:
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": KEY_ID})


def person_claims(person: Person) -> dict[str, Any]:
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
