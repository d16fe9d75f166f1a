"""The IMS stand-in: Bentley's routes (reference edfs-itwin-api.md, 4.1) over the grants."""

from base64 import b64decode
from binascii import Error as NotBase64Error
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote_plus

from aiohttp import web

from bot.sandbox.clock import Clock
from bot.sandbox.faults import Fault
from bot.sandbox.ims.grants import Grants, OAuthError
from bot.sandbox.ims.keys import key_set
from bot.sandbox.ims.requests import SCOPES
from bot.sandbox.ims.sign_in_routes import Desk
from bot.sandbox.ims.tokens import Mint, person_claims
from bot.sandbox.people import Person, person_named
from bot.sandbox.stand_in import StandIn

_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
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
# As awkward as the real ones, which hold / + = too (msal-ims.md, T9).
_SECRET = "sandbox/secret+of=the/bot=="


class ImsStandIn(StandIn):
    """Switches: `id_token_on_refresh`, `scope_in_answers`, `token_seconds`, `rotation`."""

    host = "ims.localhost"
    operations = frozenset(_OPERATIONS)

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.client_id = "webapp-edfs-bot-sandbox"
        self.client_secret = _SECRET
        self.client_name = "EDFS Bot (sandbox)"
        self.redirect_uris: set[str] = set()
        self.allowed_scopes = frozenset(SCOPES)
        self.grants = Grants(clock)
        self.desk = Desk(self)
        self.reset()

    def reset(self) -> None:
        """The first world again; the client's registration stays."""
        self.clear_faults()
        self.grants = Grants(self.clock)
        self.mint = Mint(self.clock, self.grants, self.client_id)
        self.desk.reset()
        self.id_token_on_refresh = True
        self.scope_in_answers = True
        self.rotation = True
        self.token_requests = 0
        self.refreshes = 0
        self.revocations = 0
        if self._site is not None:
            self.mint.issuer = self.url

    @property
    def token_seconds(self) -> int:
        return self.mint.access_seconds

    @token_seconds.setter
    def token_seconds(self, seconds: int) -> None:
        self.mint.access_seconds = seconds

    async def open(self, port: int = 0) -> None:
        await super().open(port)
        self.mint.issuer = self.url

    def holder(self, token: str) -> Person | None:
        """Asked by the EDFS stand-in: whose token this is, if it still counts."""
        return self.mint.holder(token)

    def sign_out_everywhere(self, name: str) -> None:
        """An administrator ends every sign-in of a person: tokens and refresh tokens die."""
        self.grants.revoke_person(person_named(name))

    def expire_access(self, name: str) -> None:
        """Access tokens of a person die early; refreshing still works."""
        self.grants.expire_access(person_named(name))

    def access_token_for(self, name: str) -> str:
        """A fresh access token without the browser, for tests of the platform alone."""
        return self.mint.access_token(self.desk.grant(person_named(name), SCOPES), SCOPES)

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        discovery = "/.well-known/openid-configuration"
        return (
            web.get(discovery, self._discovery, name="discovery"),
            web.get(discovery + "/jwks", self._jwks, name="jwks"),
            web.get("/connect/authorize", self.desk.authorize, name="authorize"),
            web.post("/login", self.desk.login, name="login"),
            web.post("/consent", self.desk.consent, name="consent"),
            web.get("/connect/endsession", self.desk.leave, name="endsession"),
            web.post("/connect/token", self._token, name="token"),
            web.post("/connect/revocation", self._revocation, name="revocation"),
            web.post("/connect/introspect", self._introspect, name="introspect"),
            web.get("/connect/userinfo", self._userinfo, name="userinfo"),
        )

    def failure(self, operation: str | None, status: int, fault: Fault) -> web.Response:
        del operation
        usual = {400: "invalid_grant", 401: "invalid_client", 429: "slow_down"}
        error = fault.code or usual.get(status, "temporarily_unavailable")
        told = {"error": error, "error_description": "a fault of the sandbox"}
        return web.json_response(told, status=status, headers=_NO_STORE)

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
        self.token_requests += 1
        try:
            form = await self._authenticated(request)
            answer = self._exchanged(form)
        except OAuthError as error:
            return _refused(error)
        return web.json_response(answer, headers=_NO_STORE)

    def _exchanged(self, form: Mapping[str, str]) -> dict[str, Any]:
        match form.get("grant_type"):
            case "authorization_code":
                return self._redeemed(form)
            case "refresh_token":
                return self._refreshed(form)
            case _:
                raise OAuthError("unsupported_grant_type", "a code or a refresh token is needed")

    def _redeemed(self, form: Mapping[str, str]) -> dict[str, Any]:
        grant = self.grants.redeem(
            form.get("code", ""), form.get("redirect_uri", ""), form.get("code_verifier")
        )
        answer = self._answer(self.mint.access_token(grant, grant.scopes), grant.scopes)
        if "offline_access" in grant.scopes:
            answer["refresh_token"] = self.grants.refresh_token_for(grant)
        if "openid" in grant.scopes:
            answer["id_token"] = self.mint.id_token(grant)
        return answer

    def _refreshed(self, form: Mapping[str, str]) -> dict[str, Any]:
        self.refreshes += 1
        spent = form.get("refresh_token", "")
        grant = self.grants.rotate(spent) if self.rotation else self.grants.look_up(spent)
        scopes = tuple(form.get("scope", "").split()) or grant.scopes
        if set(scopes) - set(grant.scopes):
            raise OAuthError("invalid_scope", "more was asked for than was granted")
        answer = self._answer(self.mint.access_token(grant, scopes), scopes)
        if self.rotation:
            answer["refresh_token"] = self.grants.refresh_token_for(grant)
        if self.id_token_on_refresh and "openid" in grant.scopes:
            answer["id_token"] = self.mint.id_token(grant)
        return answer

    def _answer(self, access_token: str, scopes: Iterable[str]) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": self.token_seconds,
        }
        if self.scope_in_answers:
            answer["scope"] = " ".join(scopes)
        return answer

    async def _revocation(self, request: web.Request) -> web.Response:
        """RFC 7009: 200 for an unknown token too; a refresh token takes its family along."""
        self.revocations += 1
        try:
            form = await self._authenticated(request)
        except OAuthError as error:
            return _refused(error)
        token = form.get("token", "")
        if not token:
            return _refused(OAuthError("invalid_request", "token is missing"))
        if not self.grants.revoke_family_of(token):
            claims = self.mint.read(token) or {}
            self.grants.revoke_access([str(claims.get("jti"))])
        return web.Response(headers=_NO_STORE)

    async def _introspect(self, request: web.Request) -> web.Response:
        try:
            form = await self._authenticated(request)
        except OAuthError as error:
            return _refused(error)
        token = form.get("token", "")
        claims = self.mint.read(token) if self.mint.holder(token) else None
        return web.json_response({"active": claims is not None, **(claims or {})})

    async def _userinfo(self, request: web.Request) -> web.Response:
        person = self.mint.holder(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if person is None:
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            return web.json_response({"error": "invalid_token"}, status=401, headers=challenge)
        return web.json_response(person_claims(person))

    async def _authenticated(self, request: web.Request) -> dict[str, str]:
        """The form of a client that proved itself, by body or by Basic (RFC 6749 2.3.1)."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        claimed = _basic(request.headers.get("Authorization", ""))
        pairs = claimed or [(form.get("client_id", ""), form.get("client_secret", ""))]
        if (self.client_id, self.client_secret) not in pairs:
            raise OAuthError("invalid_client", "client authentication failed", 401)
        return form


def _basic(header: str) -> list[tuple[str, str]]:
    """Id and secret of a Basic header, as sent and url-decoded, since clients differ in that."""
    scheme, _, value = header.partition(" ")
    if scheme.casefold() != "basic":
        return []
    try:
        name, _, secret = b64decode(value, validate=True).decode().partition(":")
    except (NotBase64Error, UnicodeDecodeError):
        return [("", "")]
    return [(name, secret), (unquote_plus(name), unquote_plus(secret))]


def _refused(error: OAuthError) -> web.Response:
    headers = dict(_NO_STORE)
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="ims"'
    told = {"error": error.error, "error_description": error.description}
    return web.json_response(told, status=error.status, headers=headers)
