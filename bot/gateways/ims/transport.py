"""The two HTTP clients of this gateway; responses are bounded in size and duration.

Neither client follows redirects, reads the environment, or stores cookies: all people share them,
so a cookie that came with one person's token must not be sent with another's.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote_plus

import httpx

from bot.core.errors import IdentityProviderError
from bot.gateways.certificates import ssl_context
from bot.gateways.ims.values import ImsSettings, origin
from bot.gateways.loopback import AsyncLoopbackTransport, LoopbackTransport, is_loopback

_MAX_BODY: Final = 64 * 1024  # bytes; the responses of IMS and its like are below 10 kB
# Bodies are read raw: a compressed one could unpack to any size.
_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}
_LIMITS: Final = httpx.Limits(max_connections=20, max_keepalive_connections=5)
_NO_RESPONSE: Final = "the identity provider does not answer"


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes

    def json(self) -> dict[str, Any] | None:
        """Return the JSON object of the body, or None if it is not one."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


class Transport:
    """``post`` is for threads (MSAL is synchronous); ``fetch`` and ``send`` are coroutines."""

    def __init__(self, settings: ImsSettings) -> None:
        issuer = origin(settings.issuer)
        local = issuer is not None and is_loopback(issuer[1])
        verify = ssl_context(settings.ca_file)
        proxy = None if local else settings.proxy  # a proxy elsewhere cannot reach loopback
        timeout = httpx.Timeout(settings.read_seconds, connect=settings.connect_seconds)
        # The timeouts bound each read of the socket; this bounds the whole response.
        self._max_seconds = settings.connect_seconds + 2 * settings.read_seconds
        self._client = httpx.Client(
            transport=LoopbackTransport(
                httpx.HTTPTransport(verify=verify, trust_env=False, limits=_LIMITS, proxy=proxy)
            ),
            timeout=timeout,
            trust_env=False,
            cookies=_no_cookies(),
            headers=_HEADERS,
        )
        self._async_client = httpx.AsyncClient(
            transport=AsyncLoopbackTransport(
                httpx.AsyncHTTPTransport(
                    verify=verify, trust_env=False, limits=_LIMITS, proxy=proxy
                )
            ),
            timeout=timeout,
            trust_env=False,
            cookies=_no_cookies(),
            headers=_HEADERS,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        self._client.close()
        await self._async_client.aclose()

    def post(self, url: str, data: Mapping[str, str], headers: Mapping[str, str]) -> Response:
        """Post a form from a thread. Raises IdentityProviderError without a complete response."""
        ends = time.monotonic() + self._max_seconds
        body = bytearray()
        try:
            with self._client.stream("POST", url, data=data, headers=headers) as response:
                for chunk in response.iter_raw():
                    body += chunk
                    if len(body) > _MAX_BODY or time.monotonic() > ends:
                        raise IdentityProviderError("the identity provider's answer is too long")
                return Response(response.status_code, bytes(body))
        except httpx.HTTPError:
            raise IdentityProviderError(_NO_RESPONSE) from None

    async def fetch(self, url: str) -> Response:
        """Get a document. Raises IdentityProviderError without a complete response."""
        return await self._bounded(self._async_client.build_request("GET", url))

    async def send(self, url: str, data: Mapping[str, str], headers: Mapping[str, str]) -> Response:
        """Post a form. Raises as :meth:`fetch`."""
        request = self._async_client.build_request("POST", url, data=data, headers=headers)
        return await self._bounded(request)

    async def _bounded(self, request: httpx.Request) -> Response:
        try:
            async with asyncio.timeout(self._max_seconds):
                return await self._whole(request)
        except (httpx.HTTPError, TimeoutError):
            raise IdentityProviderError(_NO_RESPONSE) from None

    async def _whole(self, request: httpx.Request) -> Response:
        body = bytearray()
        response = await self._async_client.send(request, stream=True)
        try:
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > _MAX_BODY:
                    raise IdentityProviderError("the identity provider's answer is too long")
        finally:
            await response.aclose()
        return Response(response.status_code, bytes(body))


def client_authentication(settings: ImsSettings) -> tuple[dict[str, str], httpx.Headers]:
    """Return the form fields and the headers that authenticate the bot to the provider.

    RFC 6749 section 2.3.1: for Basic both parts are form-encoded first.
    """
    if settings.client_auth == "post":
        secret = settings.client_secret
        return {"client_id": settings.client_id, "client_secret": secret}, httpx.Headers()
    basic = httpx.BasicAuth(quote_plus(settings.client_id), quote_plus(settings.client_secret))
    request = next(basic.auth_flow(httpx.Request("POST", settings.issuer)))
    return {}, httpx.Headers({"Authorization": request.headers["Authorization"]})


def _no_cookies() -> CookieJar:
    return CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
