"""Faults that a stand-in can be armed with, each for a number of matching requests.

A kind says what happens on the wire and whether the request took effect, because the bot has to
tell these two apart: see `KINDS`.
"""

import asyncio
import json
import socket
import struct
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.sandbox.clock import Clock

KINDS: dict[str, str] = {
    "refused": "connections are refused until the faults are cleared (operation and times ignored)",
    "reset_before": "the connection is reset before the request is looked at",
    "lost_answer": "the request takes full effect, then the connection closes without an answer",
    "reset_mid": "full effect, then a reset after the headers and half of the body",
    "cut_body": "full effect, then fewer bytes than Content-Length promised",
    "slow": "waits `seconds`, then handles the request",
    "slow_answer": "handles the request, then waits `seconds` before answering",
    "other_id": "full effect, but the answer carries another id",
    "missing_enabled": "full effect, but the answer has no `enabled`",
    "garbage": "full effect, answered 200 with something that is not JSON",
    "huge": "full effect, answered 200 with 5 MiB of JSON",
    "deep": "full effect, answered 200 with JSON nested 20,000 deep",
    "error": "Slack only: 200 with ok false and `code` as the error, no effect",
    "401": "this status (any of 400 to 599), documented body, no effect unless `after` is true",
}
ABSENT = "absent"
BODIES = ("documented", "html", "empty", "nulls", "text")


@dataclass(frozen=True, slots=True)
class Fault:
    """`times` None means until cleared; `operation` None means every request.

    For kinds that are a status: `code`, `retry_after` (seconds, HTTP-date, "absent", or None for
    the usual one of a 429), `body` (one of `BODIES`), `after` (the request takes effect first).
    """

    kind: str
    operation: str | None = None
    times: int | None = 1
    seconds: float = 1.0
    code: str | None = None
    retry_after: str | int | None = None
    body: str = "documented"
    after: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS and self.status is None:
            raise ValueError(f"no fault is called {self.kind!r}; there are: {', '.join(KINDS)}")
        if self.body not in BODIES:
            raise ValueError(f"a fault's body is one of {', '.join(BODIES)}, not {self.body!r}")
        if self.times is not None and self.times < 1:
            raise ValueError("times is at least 1, or null for ever")

    @property
    def status(self) -> int | None:
        if self.kind.isdecimal() and 400 <= int(self.kind) <= 599:
            return int(self.kind)
        return None


@dataclass(slots=True, eq=False)
class Hold:
    """Requests that a stand-in holds until `release`; `operation` None means every request.

    `answers`: the requests take effect first, and only their answers are held. `waiting` counts the
    held ones. As a context manager it releases them at its end.
    """

    operation: str | None = None
    answers: bool = False
    waiting: int = 0
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    @property
    def released(self) -> bool:
        return self._released.is_set()

    def release(self) -> None:
        """Lets the held requests continue, and holds no further ones."""
        self._released.set()

    async def wait(self) -> None:
        self.waiting += 1
        try:
            await self._released.wait()
        finally:
            self.waiting -= 1


class NoAnswer(web.Response):
    """The response of a request whose connection is gone; it is never sent."""


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Documented = Callable[[str | None, int, Fault], web.Response]


def take(faults: list[Fault], operation: str | None) -> Fault | None:
    """The first fault that matches, or None; takes one from its `times`."""
    for place, fault in enumerate(faults):
        if fault.kind == "refused" or fault.operation not in {None, operation}:
            continue
        if fault.times is not None and fault.times > 1:
            faults[place] = replace(fault, times=fault.times - 1)
        elif fault.times is not None:
            del faults[place]
        return fault
    return None


async def suffer(
    fault: Fault,
    request: web.Request,
    handler: Handler,
    answer_with: Callable[[int], web.Response],
    clock: Clock,
) -> web.StreamResponse:
    """Answers `request` as the fault says; `answer_with` makes the documented body of a status."""
    if fault.kind == "reset_before":
        _reset(request)
        return NoAnswer()
    if fault.kind == "error":
        return answer_with(200)
    if fault.status is not None and not fault.after:
        return _failure(fault, fault.status, answer_with)
    if fault.kind == "slow":
        await request.read()  # it has arrived, whether or not its sender waits so long
        await clock.sleep(fault.seconds)
        return await handler(request)
    answer = await handler(request)
    if fault.kind == "slow_answer":
        await clock.sleep(fault.seconds)
        return answer
    if fault.status is not None:
        return _failure(fault, fault.status, answer_with)
    if not isinstance(answer, web.Response):
        return answer
    return await _spoil(fault, request, answer)


async def _spoil(fault: Fault, request: web.Request, answer: web.Response) -> web.StreamResponse:
    match fault.kind:
        case "lost_answer":
            _abort(request)
            return NoAnswer()
        case "reset_mid" | "cut_body":
            await _half(request, answer, reset=fault.kind == "reset_mid")
            return NoAnswer()
        case "other_id" | "missing_enabled":
            return _altered(fault.kind, answer)
        case _:
            return _json(_nonsense(fault.kind))


def _nonsense(kind: str) -> str:
    if kind == "huge":
        return '{"filler": "' + "x" * (5 * 1024 * 1024) + '"}'
    if kind == "deep":
        return '{"a":' * 20_000 + "1" + "}" * 20_000
    return "<<< this is not JSON"


def _failure(fault: Fault, status: int, answer_with: Callable[[int], web.Response]) -> web.Response:
    match fault.body:
        case "html":
            page = f"<html><head><title>{status}</title></head><body><h1>Oops</h1></body></html>"
            answer = web.Response(status=status, text=page, content_type="text/html")
        case "text":
            answer = web.Response(status=status, text="upstream trouble")
        case "empty":
            answer = web.Response(status=status)
        case "nulls":
            nothing = {"code": None, "message": None, "target": None, "details": None}
            answer = web.json_response({"error": nothing}, status=status)
        case _:
            answer = answer_with(status)
    if fault.retry_after == ABSENT:
        answer.headers.pop("Retry-After", None)
    elif fault.retry_after is not None:
        answer.headers["Retry-After"] = str(fault.retry_after)
    return answer


def _json(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")


def _altered(kind: str, answer: web.Response) -> web.Response:
    """A well-formed answer in which one field of each record is wrong or missing."""
    try:
        content = json.loads(answer.text or "")
    except ValueError:
        return answer
    for record in _records(content):
        if kind == "other_id" and "id" in record:
            record["id"] = str(uuid.uuid5(uuid.NAMESPACE_OID, str(record["id"])))
        if kind == "missing_enabled":
            record.pop("enabled", None)
    return web.json_response(content, status=answer.status)


def _records(content: object) -> list[dict[str, Any]]:
    if isinstance(content, list):
        return [record for item in content for record in _records(item)]
    if not isinstance(content, dict):
        return []
    inner = [record for item in content.values() for record in _records(item)]
    return [content, *inner]


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _reset(request: web.Request) -> None:
    """Closes with RST instead of FIN, which a lingering time of zero asks the kernel for."""
    if request.transport is None:
        return
    connection = request.transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()


async def _half(request: web.Request, answer: web.Response, *, reset: bool) -> None:
    body = answer.body if isinstance(answer.body, bytes) else b"{}"
    cut = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    cut.content_length = len(body)
    await cut.prepare(request)
    await cut.write(body[: len(body) // 2])
    if reset:
        # The half is given time to arrive: a reset overtakes what the other side has not yet read.
        await asyncio.sleep(0.02)
        _reset(request)
    elif request.transport is not None:
        request.transport.close()
