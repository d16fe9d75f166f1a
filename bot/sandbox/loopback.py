"""HTTP clients that resolve `*.localhost` to 127.0.0.1 themselves (RFC 6761, 6.3)."""

import socket
import ssl

import httpx
from aiohttp.abc import AbstractResolver, ResolveResult

_LOOPBACK = "127.0.0.1"


def is_loopback(host: str) -> bool:
    """Whether a host name (no port) can only mean this machine."""
    name = host.casefold().rstrip(".")
    return name in {_LOOPBACK, "localhost", "::1", "[::1]"} or name.endswith(".localhost")


class LoopbackTransport(httpx.AsyncBaseTransport):
    """Connects `*.localhost` to 127.0.0.1 with its Host header; rejects any other host."""

    def __init__(self) -> None:
        # On loopback everybody speaks plain HTTP. A context that trusts nobody is also made in no
        # time, where loading the system's authorities takes a tenth of a second.
        nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._inner = httpx.AsyncHTTPTransport(verify=nobody, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not is_loopback(request.url.host):
            raise httpx.UnsupportedProtocol(f"the sandbox stays on loopback, not {request.url}")
        # The Host header was set when the request was built, so only the connection changes.
        local = httpx.Request(
            request.method,
            request.url.copy_with(host=_LOOPBACK),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return await self._inner.handle_async_request(local)

    async def aclose(self) -> None:
        await self._inner.aclose()


def loopback_client(*, seconds: float | None = 10.0) -> httpx.AsyncClient:
    """A client for the stand-ins and the bot; it follows no redirect and reads no environment.

    `seconds` is the timeout for each part of an answer; None: no timeout.
    """
    return httpx.AsyncClient(transport=LoopbackTransport(), timeout=seconds, trust_env=False)


class LoopbackResolver(AbstractResolver):
    """The same for aiohttp, as `TCPConnector(resolver=…)`; other names are an OSError."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        del family
        if not is_loopback(host):
            raise OSError(f"the sandbox stays on loopback, not {host}")
        found = ResolveResult(
            hostname=host,
            host=_LOOPBACK,
            port=port,
            family=socket.AF_INET,
            proto=0,
            flags=socket.AI_NUMERICHOST,
        )
        return [found]

    async def close(self) -> None:
        """Does nothing: the resolver has nothing open."""
