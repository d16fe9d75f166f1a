"""An OpenID provider with switches, on loopback: rotation with reuse detection, and every oddity.

Routes as at Bentley IMS. It consents at once. `Switches` says what goes wrong, `asked` what came.
"""

import asyncio
import base64
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote_plus, urlencode

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa

CLIENT_ID = "edfs-bot-test"
CLIENT_SECRET = "s3cret/with+odd=characters"
API_SCOPE = "itwin-platform"


class _Gone:
    """Its name is the same in every process, so tests that are named after it are too."""

    def __repr__(self) -> str:
        return "GONE"


GONE = _Gone()  # in `Switches.answer` and `discovery`: leave this member out


class Clock:
    """Time for a test: unix seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Switches:
    discovery: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)  # members of a token answer, changed
    refresh_answer: dict[str, Any] = field(default_factory=dict)  # likewise, of refreshes only
    callback: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[dict[str, Any]], str] | None = None  # claims → ID token
    token_status: tuple[int, str, str] | None = None  # status, content type, body; nothing done
    discovery_status: int = 200
    revocation_status: int = 200
    gate: asyncio.Event | None = None  # it answers when this is set
    lost_answers: int = 0  # rotate, then close the connection
    jwks: list[dict[str, Any]] | None = None
    jwks_status: int = 200


@dataclass
class Asked:
    path: str
    form: dict[str, str]
    headers: dict[str, str]


@cache
def signing_key(name: str) -> Any:
    if name.startswith("rsa"):
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def public_jwk(name: str) -> dict[str, Any]:
    kind = jwt.algorithms.RSAAlgorithm if name.startswith("rsa") else jwt.algorithms.ECAlgorithm
    text = kind.to_jwk(signing_key(name).public_key())
    return {**json.loads(text), "kid": name, "use": "sig"}


class IdentityProvider:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.switches = Switches()
        self.asked: list[Asked] = []
        self.issuer = ""
        self.key = "ec-1"
        self.subject = "subject-1"
        self.codes: dict[str, dict[str, str]] = {}
        self.families: dict[str, str] = {}  # refresh token, ever given → family
        self.current: dict[str, str] = {}  # family, alive → its one good refresh token
        self.nonces: dict[str, str] = {}
        self.revoked: list[str] = []
        self.waiting = asyncio.Event()  # set when an answer waits at the gate

    def count(self, path: str) -> int:
        return sum(one.path == path for one in self.asked)

    @property
    def token_requests(self) -> int:
        return self.count("/connect/token")

    def alive(self, refresh_token: str) -> bool:
        return refresh_token in self.current.values()

    @asynccontextmanager
    async def running(self, host: str = "ims.localhost") -> AsyncIterator["IdentityProvider"]:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._discovery)
        app.router.add_get("/connect/authorize", self._authorize)
        app.router.add_post("/connect/token", self._token)
        app.router.add_post("/connect/revocation", self._revocation)
        app.router.add_get("/connect/jwks", self._jwks)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.issuer = f"http://{host}:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _note(self, request: web.Request) -> dict[str, str]:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(Asked(request.path, form, dict(request.headers)))
        return form

    async def _discovery(self, request: web.Request) -> web.Response:
        await self._note(request)
        names = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "revocation_endpoint": "revocation",
            "jwks_uri": "jwks",
        }
        document: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_response_iss_parameter_supported": True,
            **{name: f"{self.issuer}/connect/{path}" for name, path in names.items()},
        }
        return web.json_response(
            changed(document, self.switches.discovery), status=self.switches.discovery_status
        )

    async def _jwks(self, request: web.Request) -> web.Response:
        await self._note(request)
        keys = self.switches.jwks
        return web.json_response(
            {"keys": [public_jwk(self.key)] if keys is None else keys},
            status=self.switches.jwks_status,
        )

    async def _authorize(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        code = secrets.token_urlsafe(12)
        self.codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.issuer}
        location = f"{query['redirect_uri']}?{urlencode(changed(back, self.switches.callback))}"
        return web.Response(status=302, headers={"Location": location})

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = await self._note(request)
        if self.switches.token_status is not None:
            status, kind, body = self.switches.token_status
            await self._pause()
            return web.Response(status=status, content_type=kind, text=body)
        if not authenticated(request, form):
            return web.json_response({"error": "invalid_client"}, status=401)
        family = self._redeemed(form) or self._rotated(form)
        if family is None:
            return web.json_response({"error": "invalid_grant"}, status=400)
        answer = self._granted(family, form)
        await self._pause()
        if self.switches.lost_answers:
            self.switches.lost_answers -= 1
            assert request.transport is not None
            request.transport.abort()
        # As a provider with a session does: such a cookie must not reach another person's request.
        return web.json_response(answer, headers={"Set-Cookie": "session=of-one-person; Path=/"})

    async def _pause(self) -> None:
        if self.switches.gate is not None:
            self.waiting.set()
            await self.switches.gate.wait()

    def _redeemed(self, form: dict[str, str]) -> str | None:
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None:
            return None
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
        assert form["redirect_uri"] == asked["redirect_uri"]
        family = secrets.token_hex(4)
        self.nonces[family] = asked["nonce"]
        return family

    def _rotated(self, form: dict[str, str]) -> str | None:
        used = form.get("refresh_token", "")
        family = self.families.get(used)
        if family is not None and self.current.get(family) == used:
            return family
        if family is not None:
            self.current.pop(family, None)  # reuse: the whole family dies
        return None

    def _granted(self, family: str, form: dict[str, str]) -> dict[str, Any]:
        refresh_token = f"rt-{secrets.token_hex(6)}"
        self.families[refresh_token] = family
        self.current[family] = refresh_token
        answer = {
            "access_token": f"at-{secrets.token_hex(6)}",
            "token_type": "Bearer",
            "expires_in": 3600,
            "refresh_token": refresh_token,
            "scope": f"openid {API_SCOPE} offline_access",
            "id_token": self._id_token(family),
        }
        answer = changed(answer, self.switches.answer)
        if form["grant_type"] == "refresh_token":
            answer = changed(answer, self.switches.refresh_answer)
        return answer

    def _id_token(self, family: str) -> str:
        now = int(self.clock())
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "nonce": self.nonces[family],
            "name": "Alice Example",
            "email": "alice@example.com",
        }
        claims = changed(claims, self.switches.claims)
        return self.switches.sign(claims) if self.switches.sign else signed(claims, self.key)

    async def _revocation(self, request: web.Request) -> web.Response:
        form = await self._note(request)
        if not authenticated(request, form):
            return web.json_response({"error": "invalid_client"}, status=401)
        if self.switches.revocation_status == 200:
            self.revoked.append(form["token"])
            self.current.pop(self.families.get(form["token"], ""), None)
        return web.Response(status=self.switches.revocation_status)


def signed(claims: dict[str, Any], name: str, headers: dict[str, Any] | None = None) -> str:
    algorithm = "RS256" if name.startswith("rsa") else "ES256"
    all_headers = {"kid": name, **(headers or {})}
    return jwt.encode(claims, signing_key(name), algorithm, headers=all_headers)


def changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**values, **changes}.items() if value is not GONE}


def authenticated(request: web.Request, form: dict[str, str]) -> bool:
    header = request.headers.get("Authorization", "")
    if header.startswith("Basic "):
        user, _, secret = base64.b64decode(header[6:]).decode().partition(":")
        given = (unquote_plus(user), unquote_plus(secret))  # RFC 6749 section 2.3.1
    else:
        given = (form.get("client_id", ""), form.get("client_secret", ""))
    return given == (CLIENT_ID, CLIENT_SECRET)
