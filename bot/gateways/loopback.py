"""Resolves names under ``.localhost`` to this machine, for httpx and for aiohttp.

RFC 6761 section 6.3 makes them loopback names; many system resolvers do not know them. The
``Host`` header, cookies and the name that a certificate must have do not change.
"""

import asyncio
import socket
from typing import Final

import aiohttp.abc
import httpx

_LOOPBACK: Final = "127.0.0.1"
_LOCALHOST: Final = "localhost"
_ADDRESSES: Final = frozenset({_LOOPBACK, "::1", _LOCALHOST})


def is_localhost_name(host: str) -> bool:
    """Whether the host is a name *under* ``localhost``, such as ``ims.localhost``."""
    return host.lower().rstrip(".").endswith(f".{_LOCALHOST}")


def is_loopback(host: str) -> bool:
    """Whether the host can only be this machine: 127.0.0.1, ::1, localhost, *.localhost."""
    return host.lower() in _ADDRESSES or is_localhost_name(host)


class LoopbackTransport(httpx.BaseTransport):
    """Wraps a transport; sends requests for ``*.localhost`` to 127.0.0.1."""

    def __init__(self, wrapped: httpx.BaseTransport | None = None) -> None:
        self._wrapped = wrapped or httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._wrapped.handle_request(_redirected(request))

    def close(self) -> None:
        self._wrapped.close()


class AsyncLoopbackTransport(httpx.AsyncBaseTransport):
    """As :class:`LoopbackTransport`, for ``httpx.AsyncClient``."""

    def __init__(self, wrapped: httpx.AsyncBaseTransport | None = None) -> None:
        self._wrapped = wrapped or httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._wrapped.handle_async_request(_redirected(request))

    async def aclose(self) -> None:
        await self._wrapped.aclose()


def _redirected(request: httpx.Request) -> httpx.Request:
    host = request.url.host
    if not is_localhost_name(host):
        return request
    return httpx.Request(
        request.method,
        request.url.copy_with(host=_LOOPBACK),
        headers=request.headers,  # carries the Host header already
        stream=request.stream,
        # httpcore takes the TLS server name from here instead of from the address.
        extensions={"sni_hostname": host, **request.extensions},
    )


class LoopbackResolver(aiohttp.abc.AbstractResolver):
    """Resolves ``*.localhost`` to 127.0.0.1, and other names with the resolver that it wraps."""

    def __init__(self, others: aiohttp.abc.AbstractResolver | None = None) -> None:
        self._others = others

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[aiohttp.abc.ResolveResult]:
        if is_localhost_name(host):
            return [
                aiohttp.abc.ResolveResult(
                    hostname=host,
                    host=_LOOPBACK,
                    port=port,
                    family=socket.AF_INET,
                    proto=0,
                    flags=socket.AI_NUMERICHOST,
                )
            ]
        if self._others is None:  # created late: the default one needs a running loop
            self._others = aiohttp.DefaultResolver(loop=asyncio.get_running_loop())
        return await self._others.resolve(host, port, family)

    async def close(self) -> None:
        if self._others is not None:
            await self._others.close()
