"""Authorization requests (RFC 6749 4.1.1): parsing, validation, and the response to the client."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from bot.sandbox.ims.errors import OAuthError
from bot.sandbox.ims.pages import posted_back_page

SCOPES = ("openid", "profile", "email", "offline_access", "itwin-platform")


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """The parameters of a request to `/connect/authorize`."""

    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    nonce: str | None
    challenge: str | None
    prompts: frozenset[str]
    login_hint: str | None
    form_post: bool

    @property
    def back_to(self) -> str:
        """The origin of the redirect_uri."""
        parts = urlsplit(self.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}"

    def response(self, issuer: str, fields: Mapping[str, str]) -> web.Response:
        """The authorization response, with `state`, and with `iss` against mix-ups (RFC 9207)."""
        parameters = {**fields, "iss": issuer}
        if self.state is not None:
            parameters["state"] = self.state
        if self.form_post:
            return posted_back_page(self.redirect_uri, parameters, self.back_to)
        separator = "&" if urlsplit(self.redirect_uri).query else "?"
        # 303, so that the browser leaves the form's POST behind.
        return web.Response(
            status=303,
            headers={
                "Location": f"{self.redirect_uri}{separator}{urlencode(parameters)}",
                "Cache-Control": "no-store",
                "Referrer-Policy": "no-referrer",
            },
        )

    def error_response(self, issuer: str, error: OAuthError) -> web.Response:
        """The error response on the redirect (RFC 6749 4.1.2.1)."""
        fields = {"error": error.error, "error_description": error.description}
        return self.response(issuer, fields)


def read_request(query: Mapping[str, str]) -> AuthorizationRequest:
    """Parses the query without judging it; see `check_request`."""
    challenge = query.get("code_challenge")
    return AuthorizationRequest(
        redirect_uri=query.get("redirect_uri", ""),
        scopes=tuple(query.get("scope", "").split()),
        state=query.get("state"),
        nonce=query.get("nonce"),
        challenge=challenge or None,
        prompts=frozenset(query.get("prompt", "").split()),
        login_hint=query.get("login_hint"),
        form_post=query.get("response_mode") == "form_post",
    )


def check_request(query: Mapping[str, str], scopes: frozenset[str]) -> None:
    """Raises OAuthError for an invalid request; `scopes` are those the client may ask for."""
    for error, description in _violations(query, scopes):
        raise OAuthError(error, description)


def _violations(query: Mapping[str, str], scopes: frozenset[str]) -> Iterator[tuple[str, str]]:
    if query.get("response_type") != "code":
        yield "unsupported_response_type", "only response_type=code is supported"
    if query.get("response_mode", "query") not in {"query", "form_post"}:
        yield "invalid_request", "response_mode is query or form_post"
    if "code_challenge" in query and query.get("code_challenge_method") != "S256":
        yield "invalid_request", "code_challenge_method must be S256"
    requested = frozenset(query.get("scope", "").split())
    if not requested or requested - scopes:
        yield (
            "invalid_scope",
            f"not allowed: {' '.join(sorted(requested - scopes)) or 'empty scope'}",
        )
    prompts = frozenset(query.get("prompt", "").split())
    if "none" in prompts and len(prompts) > 1:
        yield "invalid_request", "prompt=none stands alone"
