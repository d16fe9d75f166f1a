"""The IMS stand-in: the routes of Bentley's identity service (edfs-itwin-api.md, 4.1)."""

from base64 import b64decode
from binascii import Error as NotBase64Error
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote_plus

from aiohttp import web

from bot.sandbox.clock import Clock
from bot.sandbox.faults import Fault, Handler
from bot.sandbox.ims.errors import NO_STORE, OAuthError
from bot.sandbox.ims.requests import SCOPES
from bot.sandbox.ims.sign_in_routes import SignInRoutes
from bot.sandbox.ims.state import ImsState
from bot.sandbox.ims.tokens import Mint, key_set, person_claims
from bot.sandbox.people import Person, person_named
from bot.sandbox.stand_in import CALL, StandIn

_OPERATIONS = (
    "discovery",
    "jwks",
    "authorize",
    "login",
    "consent",
    "token",
    "userinfo",
    "revocation",
    "introspect",
    "endsession",
)
# With / + = in it, as the real secrets (msal-ims.md, T9).
_SECRET = "sandbox/secret+of=the/bot=="


class ImsStandIn(StandIn):
    """The OpenID provider, with one registered client, which stays over a reset.

    A call is recorded as `{operation, grant_type, error, at, status}`; `error` is `fault` where a
    fault answered instead of the operation.
    """

    state: ImsState
    host = "ims.localhost"
    operations = frozenset(_OPERATIONS)

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.client_id = "webapp-edfs-bot-sandbox"
        self.client_secret = _SECRET
        self.client_name = "EDFS Bot (sandbox)"
        self.redirect_uris: set[str] = set()
        self.allowed_scopes = frozenset(SCOPES)
        self.state = ImsState(clock)
        self.mint = Mint(self.state, self.client_id)
        self._sign_in = SignInRoutes(self)
        self.reset()

    async def open(self, port: int = 0) -> None:
        await super().open(port)
        self.mint.issuer = self.url

    # For tests, the console and the EDFS stand-in.

    @property
    def token_requests(self) -> int:
        """Requests handled by the token endpoint; those that a fault answered do not count."""
        return self._handled("token")

    @property
    def revocations(self) -> int:
        return self._handled("revocation")

    @property
    def refreshes(self) -> int:
        """Token requests of an authenticated client with a refresh token."""
        return sum(call["grant_type"] == "refresh_token" for call in self.calls)

    def _handled(self, operation: str) -> int:
        return sum(
            call["operation"] == operation and call["error"] != "fault" for call in self.calls
        )

    def holder(self, token: str) -> Person | None:
        """The person of an access token, as the EDFS stand-in's gateway asks; None: invalid."""
        return self.mint.holder(token)

    def sign_out_everywhere(self, name: str) -> None:
        """Revokes every access and refresh token of a person, as an administrator can."""
        self.state.grants.revoke_person(person_named(name))

    def expire_access(self, name: str) -> None:
        """Revokes a person's access tokens before their time; refreshing still works."""
        self.state.grants.expire_access(person_named(name))

    def access_token_for(self, name: str) -> str:
        """A new access token without a sign-in, for tests of the platform alone."""
        return self.mint.access_token(self.state.grants.create(person_named(name), SCOPES), SCOPES)

    # The wire.

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        discovery = "/.well-known/openid-configuration"
        return (
            web.get(discovery, self._open(self._discovery), name="discovery"),
            web.get(discovery + "/jwks", self._open(self._jwks), name="jwks"),
            web.get("/connect/authorize", self._open(self._sign_in.authorize), name="authorize"),
            web.post("/login", self._open(self._sign_in.login), name="login"),
            web.post("/consent", self._open(self._sign_in.consent), name="consent"),
            web.get(
                "/connect/endsession", self._open(self._sign_in.end_session), name="endsession"
            ),
            web.post("/connect/token", self._open(self._token), name="token"),
            web.post("/connect/revocation", self._open(self._revocation), name="revocation"),
            web.post("/connect/introspect", self._open(self._introspect), name="introspect"),
            web.get("/connect/userinfo", self._open(self._userinfo), name="userinfo"),
        )

    def failure(self, operation: str | None, status: int, fault: Fault) -> web.Response:
        del operation
        usual = {400: "invalid_grant", 401: "invalid_client", 429: "slow_down"}
        error = fault.code or usual.get(status, "temporarily_unavailable")
        body = {"error": error, "error_description": "a fault of the sandbox"}
        return web.json_response(body, status=status, headers=NO_STORE)

    def call_of(self, request: web.Request) -> dict[str, Any] | None:
        return {"operation": self.operation_of(request), "grant_type": None, "error": "fault"}

    def _open(self, operation: Handler) -> Handler:
        """Turns an OAuthError of the operation into its response, and records it."""

        async def handle(request: web.Request) -> web.StreamResponse:
            call = request[CALL]
            call["error"] = None
            try:
                return await operation(request)
            except OAuthError as error:
                call["error"] = error.error
                return error.response()

        return handle

    async def _discovery(self, _: web.Request) -> web.Response:
        here = f"{self.url}/connect"
        return web.json_response(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{here}/authorize",
                "token_endpoint": f"{here}/token",
                "userinfo_endpoint": f"{here}/userinfo",
                "revocation_endpoint": f"{here}/revocation",
                "introspection_endpoint": f"{here}/introspect",
                "end_session_endpoint": f"{here}/endsession",
                "jwks_uri": f"{self.url}/.well-known/openid-configuration/jwks",
                "scopes_supported": list(SCOPES),
                "response_types_supported": ["code"],
                "response_modes_supported": ["query", "form_post"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "client_secret_basic",
                ],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def _jwks(self, _: web.Request) -> web.Response:
        return web.json_response(key_set())

    async def _token(self, request: web.Request) -> web.Response:
        form = await self._authenticate_client(request)
        grant_type = request[CALL]["grant_type"] = form.get("grant_type")
        match grant_type:
            case "authorization_code":
                tokens = self._redeem(form)
            case "refresh_token":
                tokens = self._refresh(form)
            case _:
                raise OAuthError("unsupported_grant_type", "a code or a refresh token is needed")
        return web.json_response(tokens, headers=NO_STORE)

    def _redeem(self, form: Mapping[str, str]) -> dict[str, Any]:
        grant = self.state.grants.redeem(
            form.get("code", ""), form.get("redirect_uri", ""), form.get("code_verifier")
        )
        tokens = self._tokens(self.mint.access_token(grant, grant.scopes), grant.scopes)
        if "offline_access" in grant.scopes:
            tokens["refresh_token"] = self.state.grants.refresh_token_for(grant)
        if "openid" in grant.scopes:
            tokens["id_token"] = self.mint.id_token(grant)
        return tokens

    def _refresh(self, form: Mapping[str, str]) -> dict[str, Any]:
        state, spent = self.state, form.get("refresh_token", "")
        grant = state.grants.rotate(spent) if state.rotation else state.grants.look_up(spent)
        scopes = tuple(form.get("scope", "").split()) or grant.scopes
        if set(scopes) - set(grant.scopes):
            raise OAuthError("invalid_scope", "more was asked for than was granted")
        tokens = self._tokens(self.mint.access_token(grant, scopes), scopes)
        if state.rotation:
            tokens["refresh_token"] = state.grants.refresh_token_for(grant)
        if state.id_token_on_refresh and "openid" in grant.scopes:
            tokens["id_token"] = self.mint.id_token(grant)
        return tokens

    def _tokens(self, access_token: str, scopes: Iterable[str]) -> dict[str, Any]:
        """The token response (RFC 6749 5.1), as far as both grant types share it."""
        tokens: dict[str, Any] = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": self.state.token_seconds,
        }
        if self.state.scope_in_answers:
            tokens["scope"] = " ".join(scopes)
        return tokens

    async def _revocation(self, request: web.Request) -> web.Response:
        """RFC 7009: 200 for an unknown token too; a refresh token's whole family is revoked."""
        form = await self._authenticate_client(request)
        token = form.get("token", "")
        if not token:
            raise OAuthError("invalid_request", "token is missing")
        if not self.state.grants.revoke_family_of(token):
            claims = self.mint.read(token) or {}
            self.state.grants.revoke_access([str(claims.get("jti"))])
        return web.Response(headers=NO_STORE)

    async def _introspect(self, request: web.Request) -> web.Response:
        form = await self._authenticate_client(request)
        token = form.get("token", "")
        claims = self.mint.read(token) if self.mint.holder(token) else None
        return web.json_response({"active": claims is not None, **(claims or {})})

    async def _userinfo(self, request: web.Request) -> web.Response:
        person = self.mint.holder(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if person is None:
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return web.json_response({"error": "invalid_token"}, status=401, headers=challenge)
        return web.json_response(person_claims(person))

    async def _authenticate_client(self, request: web.Request) -> dict[str, str]:
        """The form of a client that authenticated in the body or by Basic (RFC 6749 2.3.1)."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        claimed = _basic_credentials(request.headers.get("Authorization", ""))
        pairs = claimed or [(form.get("client_id", ""), form.get("client_secret", ""))]
        if (self.client_id, self.client_secret) not in pairs:
            raise OAuthError("invalid_client", "client authentication failed", 401)
        return form


def _basic_credentials(header: str) -> list[tuple[str, str]]:
    """Id and secret of a Basic header, as sent and url-decoded, because clients differ in that."""
    scheme, _, value = header.partition(" ")
    if scheme.casefold() != "basic":
        return []
    try:
        name, _, secret = b64decode(value, validate=True).decode().partition(":")
    except (NotBase64Error, UnicodeDecodeError):
        return [("", "")]
    return [(name, secret), (unquote_plus(name), unquote_plus(secret))]
