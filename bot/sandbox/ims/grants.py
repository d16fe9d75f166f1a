"""What IMS has handed out: codes, token families, and which of them are dead.

One-time codes (60 s, RFC 6749 4.1.2), rotating refresh tokens where reuse kills the family
(RFC 9700 4.14.2), revocation (RFC 7009).
"""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.sandbox.clock import Clock
from bot.sandbox.people import Person

CODE_SECONDS = 60.0


class OAuthError(Exception):
    """An error answer of RFC 6749 5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status


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
    grant: Grant
    redirect_uri: str
    challenge: str | None
    made_at: float
    spent: bool = False


@dataclass(frozen=True, slots=True)
class RefreshToken:
    grant: Grant
    spent: bool = False


class Grants:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: dict[str, Code] = {}
        self._refresh_tokens: dict[str, RefreshToken] = {}
        self._access_tokens: dict[str, Grant] = {}
        self._dead: set[str] = set()

    def code_for(self, grant: Grant, redirect_uri: str, challenge: str | None) -> str:
        code = secrets.token_urlsafe(24)
        self._codes[code] = Code(grant, redirect_uri, challenge, self._clock.now())
        return code

    def redeem(self, code: str, redirect_uri: str, verifier: str | None) -> Grant:
        """The grant behind a code; a second use kills what the first one got."""
        record = self._codes.get(code)
        if record is None:
            raise OAuthError("invalid_grant", "unknown authorization code")
        if record.spent:
            self._dead.add(record.grant.family)
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
        """Spends a refresh token; one that is spent already ends the whole family."""
        grant = self.look_up(token)
        if self._refresh_tokens[token].spent:
            self._dead.add(grant.family)
            raise OAuthError("invalid_grant", "the refresh token was used before; all are revoked")
        self._refresh_tokens[token] = RefreshToken(grant, spent=True)
        return grant

    def look_up(self, token: str) -> Grant:
        """The grant of a refresh token that is not rotated."""
        record = self._refresh_tokens.get(token)
        if record is None or record.grant.family in self._dead:
            raise OAuthError("invalid_grant", "the refresh token is unknown or revoked")
        return record.grant

    def remember_access(self, identifier: str, grant: Grant) -> None:
        self._access_tokens[identifier] = grant

    def holder(self, identifier: str) -> Grant | None:
        """Whose access token this is, by its `jti`, if it still counts."""
        grant = self._access_tokens.get(identifier)
        return None if grant is None or grant.family in self._dead else grant

    def revoke_access(self, identifiers: Iterable[str]) -> None:
        for identifier in identifiers:
            self._access_tokens.pop(identifier, None)

    def revoke_family_of(self, refresh_token: str) -> bool:
        record = self._refresh_tokens.get(refresh_token)
        if record is not None:
            self._dead.add(record.grant.family)
        return record is not None

    def revoke_person(self, person: Person) -> None:
        """What an administrator of IMS does: every sign-in of a person ends now."""
        every = [record.grant for record in self._refresh_tokens.values()]
        every += [*self._access_tokens.values()]
        self._dead |= {grant.family for grant in every if grant.person == person}

    def expire_access(self, person: Person) -> None:
        """Access tokens of a person die; refresh tokens live on."""
        mine = [key for key, grant in self._access_tokens.items() if grant.person == person]
        self.revoke_access(mine)

    def active_families(self, person: Person) -> int:
        """How many sign-ins of a person could still be refreshed."""
        records = self._refresh_tokens.values()
        mine = {r.grant.family for r in records if r.grant.person == person and not r.spent}
        return len(mine - self._dead)


def _check_proof(challenge: str | None, verifier: str | None) -> None:
    """PKCE, method S256 only (RFC 7636 4.6)."""
    if challenge is None and verifier is None:
        return
    digest = hashlib.sha256((verifier or "").encode()).digest()
    proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if challenge is None or not secrets.compare_digest(proof, challenge):
        raise OAuthError("invalid_grant", "code_verifier does not match the code_challenge")
