"""A stand-in of EDFS that gives each request the fate that a schedule says, and counts flips.

Each worker has its own address, so that each request can be attributed to the operation that it is
for. It implements just enough HTTP on loopback to be fast. Its clock is the schedule's.
"""

import asyncio
import contextlib
import json
import re
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self, cast

from bot.core.names import OperationId, PersonId, TimerId
from tests.engine.fates import (
    EXECUTED,
    ITWIN,
    RETRY_AFTER,
    STATUS,
    TIMERS,
    Fate,
    Fates,
    Pending,
    ProviderTimer,
)

_BEARER = re.compile(rb"authorization: bearer (\S+)", re.IGNORECASE)


@dataclass
class Held:
    """A request whose response waits; it has the state when it arrived or was executed."""

    transport: asyncio.Transport
    timer: ProviderTimer
    response: bytes
    enabled: bool
    pending: Pending | None = None


@dataclass
class Line:
    """One worker's address: whom it calls for now, and the fates of its next calls."""

    port: int
    operation: OperationId | None = None
    person: PersonId | None = None
    reads: list[Fate] = field(default_factory=list)
    flips: list[Fate] = field(default_factory=list)
    held: Held | None = None
    parked: asyncio.Event = field(default_factory=asyncio.Event)
    listening: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def expects(self, fates: Fates) -> None:
        self.reads, self.flips = list(fates.reads), list(fates.flips)
        self.parked.clear()


class Provider:
    """The stand-in. ``renew`` gives a person a new token, as a refresh by another replica would."""

    def __init__(
        self, clock: Callable[[], float], renew: Callable[[PersonId], Awaitable[None]]
    ) -> None:
        self._clock = clock
        self._renew = renew
        self._stack = contextlib.ExitStack()
        self._tasks: set[asyncio.Task[None]] = set()
        self.lines: list[Line] = []
        self.reset()

    def reset(self) -> None:
        self.timers = {identity: ProviderTimer(identity) for identity in TIMERS}
        for timer in self.timers.values():
            timer.history.append((self._clock(), timer.enabled))
        self.owners: dict[str, PersonId] = {}
        self.flips: Counter[OperationId | None] = Counter()
        self.patches: Counter[OperationId | None] = Counter()
        self.pending: list[Pending] = []
        self.held_answers: set[tuple[TimerId, float, bool]] = set()
        self.writes_off = False
        self.wrongs: list[str] = []

    async def open(self, lines: int) -> Self:
        for _ in range(lines):
            # Bound but not listening, it reserves the port while the listener is closed.
            guard = self._stack.enter_context(socket.socket())
            guard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            guard.bind(("127.0.0.1", 0))
            self.lines.append(Line(guard.getsockname()[1]))
        for line in self.lines:
            await self.listen(line)
        return self

    async def close(self) -> None:
        for line in self.lines:
            if line.listening:
                line.listening.close()
        self._stack.close()

    async def listen(self, line: Line) -> None:
        if line.listening is None:
            line.listening = await asyncio.get_running_loop().create_server(
                lambda: _Connection(self, line), "127.0.0.1", line.port, reuse_port=True
            )

    def flip(self, timer: ProviderTimer, operation: OperationId | None) -> None:
        timer.enabled = not timer.enabled
        timer.history.append((self._clock(), timer.enabled))
        self.flips[operation] += 1

    def touch(self, identity: TimerId, *, edit: bool) -> None:
        """Flip the timer, or edit its definition, as another person would."""
        timer = self.timers[identity]
        timer.touched += 1
        if edit:
            timer.edition += 1
        else:
            timer.enabled = not timer.enabled
            timer.history.append((self._clock(), timer.enabled))

    def catch_up(self, until: float | None = None) -> None:
        """Execute what is pending; with ``until`` only what must be executed by that time."""
        for pending in [one for one in self.pending if until is None or one.by <= until]:
            self.pending.remove(pending)
            self.flip(pending.timer, pending.operation)

    def release(self, line: Line) -> None:
        """Answer the held request, after executing it if it is not executed yet."""
        held, line.held = line.held, None
        assert held is not None
        if held.pending is not None:
            if held.pending in self.pending:
                self.pending.remove(held.pending)
                self.flip(held.pending.timer, held.pending.operation)
            held.response, held.enabled = self._good(held.timer), held.timer.enabled
        self.held_answers.add((held.timer.id, self._clock(), held.enabled))
        line.parked.clear()
        held.transport.write(held.response)

    def cut(self, line: Line) -> None:
        """Close the connection of the held request."""
        held, line.held = line.held, None
        assert held is not None
        if held.pending is not None:
            held.pending.gone = self._clock()
        line.parked.clear()
        held.transport.abort()

    def had(self, timer: TimerId, at: float) -> set[bool]:
        """Return every state that it had at that time, or that a response held until then had."""
        held = {on for which, when, on in self.held_answers if (which, when) == (timer, at)}
        history = self.timers[timer].history
        before = [on for when, on in history if when < at][-1:]
        return held | set(before) | {on for when, on in history if when == at}

    def on_request(self, line: Line, transport: asyncio.Transport, head: bytes) -> None:
        """Handle one request."""
        method, path, _ = head.split(b" ", 2)
        found = _BEARER.search(head)
        owner = self.owners.get(found.group(1).decode() if found else "")
        if owner != line.person or owner is None:
            self.wrongs.append(f"{path!r} for {line.person} came with a token of {owner}")
        if method == b"PATCH":
            timer = self.timers[TimerId(path.decode().split("/")[-2])]
            self._on_patch(line, transport, timer)
        else:
            self._on_read(line, transport, path.decode())

    def _on_patch(self, line: Line, transport: asyncio.Transport, timer: ProviderTimer) -> None:
        self.patches[line.operation] += 1
        if self.writes_off:
            self.wrongs.append("a PATCH came while changes were off")
        fate = line.flips.pop(0) if line.flips else Fate.ANSWERED
        if fate in EXECUTED:
            self.flip(timer, line.operation)
        pending = Pending(line.operation, timer, self._clock())
        match fate:
            case Fate.HELD:
                self._hold(line, transport, timer)
            case Fate.HELD_BEFORE:
                self.pending.append(pending)
                self._hold(line, transport, timer, pending)
            case Fate.LATE:
                pending.gone = self._clock()
                self.pending.append(pending)
                transport.abort()
            case _:
                self._answer(line, transport, fate, self._good(timer))

    def _on_read(self, line: Line, transport: asyncio.Transport, path: str) -> None:
        fate = line.reads.pop(0) if line.reads else Fate.ANSWERED
        timer = self.timers.get(TimerId(path.rpartition("/")[2]))
        if path.endswith("/timers"):
            good = _response(200, {"timers": [one.body() for one in self.timers.values()]})
        elif timer is None:
            good = _response(200, {"iTwin": {"id": ITWIN, "displayName": "plant-a"}})
        else:
            good = self._good(timer)
        if line.flips[:1] == [Fate.UNREACHABLE] and line.listening is not None:
            line.flips.pop(0)
            line.listening.close()
            line.listening = None
        if fate in {Fate.HELD, Fate.HELD_BEFORE} and timer is not None:
            self._hold(line, transport, timer)
        else:
            self._answer(line, transport, fate, good)

    def _hold(
        self,
        line: Line,
        transport: asyncio.Transport,
        timer: ProviderTimer,
        pending: Pending | None = None,
    ) -> None:
        line.held = Held(transport, timer, self._good(timer), timer.enabled, pending)
        line.parked.set()

    def _answer(self, line: Line, transport: asyncio.Transport, fate: Fate, good: bytes) -> None:
        if fate is Fate.TOKEN_REFUSED:
            task = asyncio.ensure_future(self._refuse_token(line, transport))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif fate in STATUS:
            transport.write(_response(STATUS[fate], {}, RETRY_AFTER.get(fate)))
        elif fate is Fate.CUT:
            transport.write(good[:-20])
            transport.close()
        elif fate is Fate.ANSWERED or (fate is Fate.UNREACHABLE):
            transport.write(good)
        else:
            transport.abort()

    async def _refuse_token(self, line: Line, transport: asyncio.Transport) -> None:
        assert line.person is not None
        await self._renew(line.person)
        transport.write(_response(401, {}))

    def _good(self, timer: ProviderTimer) -> bytes:
        return _response(200, timer.body())


class _Connection(asyncio.Protocol):
    def __init__(self, provider: Provider, line: Line) -> None:
        self._provider = provider
        self._line = line
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if end:
            self._received = rest
            self._provider.on_request(self._line, self._transport, head)


def _response(status: int, body: dict[str, object], retry_after: int | None = None) -> bytes:
    raw = json.dumps(body).encode()
    wait = f"Retry-After: {retry_after}\r\n" if retry_after is not None else ""
    head = f"HTTP/1.1 {status} Status\r\n{wait}Content-Length: {len(raw)}\r\n\r\n"
    return head.encode() + raw
