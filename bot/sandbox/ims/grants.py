"""Authorization codes, token families, and their revocation.

Codes are for one use within 60 s (RFC 6749 4.1.2); the reuse of a rotated refresh token revokes its
family (RFC 9700 4.14.2); revocation is that of RFC 7009.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.sandbox.clock import Clock
from bot.sandbox.ims.errors import OAuthError
from bot.sandbox.people import Person

CODE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Grant:
    """One person's consent for one client; every token made from it belongs to its family."""

    family: str
    person: Person
    scopes: tuple[str, ...]
    nonce: str | None
    signed_in_at: float


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code; `challenge` is the PKCE code_challenge it was asked for with."""

    grant: Grant
    redirect_uri: str
    challenge: str | None
    made_at: float
    spent: bool = False


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token; `spent` once it was rotated."""

    grant: Grant
    spent: bool = False


class Grants:
    """All grants of one IMS, and what was issued for them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: dict[str, Code] = {}
        self._refresh_tokens: dict[str, RefreshToken] = {}
        self._access_tokens: dict[str, Grant] = {}
        self._families = 0
        self._revoked: set[str] = set()

    def create(
        self,
        person: Person,
        scopes: tuple[str, ...],
        nonce: str | None = None,
        signed_in_at: float | None = None,
    ) -> Grant:
        """A grant with a token family of its own; `signed_in_at` None means now."""
        self._families += 1
        since = self._clock.now() if signed_in_at is None else signed_in_at
        return Grant(f"family-{self._families}", person, scopes, nonce, since)

    def code_for(self, grant: Grant, redirect_uri: str, challenge: str | None) -> str:
        code = secrets.token_urlsafe(24)
        self._codes[code] = Code(grant, redirect_uri, challenge, self._clock.now())
        return code

    def redeem(self, code: str, redirect_uri: str, verifier: str | None) -> Grant:
        """The grant behind a code; a second use revokes what the first one got."""
        record = self._codes.get(code)
        if record is None:
            raise OAuthError("invalid_grant", "unknown authorization code")
        if record.spent:
            self._revoked.add(record.grant.family)
            raise OAuthError("invalid_grant", "the authorization code was used before")
        self._codes[code] = replace(record, spent=True)
        if self._clock.now() - record.made_at > CODE_SECONDS:
            raise OAuthError("invalid_grant", "the authorization code has expired")
        if record.redirect_uri != redirect_uri:
            raise OAuthError("invalid_grant", "redirect_uri differs from the authorization request")
        _check_proof(record.challenge, verifier)
        return record.grant

    def refresh_token_for(self, grant: Grant) -> str:
        token = secrets.token_urlsafe(32)
        self._refresh_tokens[token] = RefreshToken(grant)
        return token

    def rotate(self, token: str) -> Grant:
        """Spends a refresh token; a token that was spent before revokes its whole family."""
        grant = self.look_up(token)
        if self._refresh_tokens[token].spent:
            self._revoked.add(grant.family)
            raise OAuthError("invalid_grant", "the refresh token was used before; all are revoked")
        self._refresh_tokens[token] = RefreshToken(grant, spent=True)
        return grant

    def look_up(self, token: str) -> Grant:
        """The grant of a refresh token, without rotating it."""
        record = self._refresh_tokens.get(token)
        if record is None or record.grant.family in self._revoked:
            raise OAuthError("invalid_grant", "the refresh token is unknown or revoked")
        return record.grant

    def remember_access(self, identifier: str, grant: Grant) -> None:
        self._access_tokens[identifier] = grant

    def holder(self, identifier: str) -> Grant | None:
        """The grant of an access token, by its `jti`; None where it is revoked or unknown."""
        grant = self._access_tokens.get(identifier)
        return None if grant is None or grant.family in self._revoked else grant

    def revoke_access(self, identifiers: Iterable[str]) -> None:
        for identifier in identifiers:
            self._access_tokens.pop(identifier, None)

    def revoke_family_of(self, refresh_token: str) -> bool:
        """Revokes every token of the family; False for an unknown refresh token."""
        record = self._refresh_tokens.get(refresh_token)
        if record is not None:
            self._revoked.add(record.grant.family)
        return record is not None

    def revoke_person(self, person: Person) -> None:
        """Revokes every family of a person, as an administrator of IMS can."""
        grants = [record.grant for record in self._refresh_tokens.values()]
        grants += [*self._access_tokens.values()]
        self._revoked |= {grant.family for grant in grants if grant.person == person}

    def expire_access(self, person: Person) -> None:
        """Revokes a person's access tokens; their refresh tokens stay valid."""
        theirs = [key for key, grant in self._access_tokens.items() if grant.person == person]
        self.revoke_access(theirs)

    def active_families(self, person: Person) -> int:
        """The number of a person's families that could still be refreshed."""
        records = self._refresh_tokens.values()
        theirs = {r.grant.family for r in records if r.grant.person == person and not r.spent}
        return len(theirs - self._revoked)


def _check_proof(challenge: str | None, verifier: str | None) -> None:
    """Verifies PKCE, method S256 only (RFC 7636 4.6)."""
    if challenge is None and verifier is None:
        return
    digest = hashlib.sha256((verifier or "").encode()).digest()
    proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if challenge is None or not secrets.compare_digest(proof, challenge):
        raise OAuthError("invalid_grant", "code_verifier does not match the code_challenge")
