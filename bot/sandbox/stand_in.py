"""The base of the three stand-ins: a port, a host name, recording of requests, and faults.

Each stand-in is a folder, and all three are built alike:

- `stand_in.py`: the class on top of `StandIn` with its routes and handlers, the documented body of
  a failure, and what is recorded of a request;
- `state.py`: what the service remembers and the switches of its behavior, which `reset` restores;
- `errors.py`: the error that handlers raise, and its body on the wire.

The other modules of a folder hold the payload shapes and the rules of that service.
"""

import functools
from collections.abc import Iterable
from typing import Any, Protocol

from aiohttp import web

from bot.sandbox.clock import Clock
from bot.sandbox.faults import Fault, Handler, Hold, NoAnswer, suffer, take
from bot.sandbox.site import Site

# Slack allows views of 250 kB and forms grow when encoded.
_LARGEST_REQUEST = 2 * 1024 * 1024
# The entry of `calls` that a handler may add to.
CALL: web.RequestKey[dict[str, Any]] = web.RequestKey("call", dict)


class State(Protocol):
    def reset(self) -> None:
        """Restores the first world."""


class StandIn:
    """One outside system on one loopback port.

    `operations` are the names that a fault can be bound to. `calls` are the recorded requests, the
    oldest first; each has `at` (seconds since the epoch, by the world's clock) and `status` (0: the
    caller got no whole answer), and what `call_of` says.
    """

    host: str
    state: State
    operations: frozenset[str] | None = None
    # Only Slack answers errors with status 200.
    refuses_with_200 = False

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.faults: list[Fault] = []
        self._holds: list[Hold] = []
        self._site: Site | None = None

    @property
    def port(self) -> int:
        if self._site is None:
            raise RuntimeError(f"{self.host} is not open yet")
        return self._site.port

    @property
    def url(self) -> str:
        """The origin, without a slash at its end."""
        return f"http://{self.host}:{self.port}"

    async def open(self, port: int = 0) -> None:
        application = web.Application(
            middlewares=[self._recorded, self._faulted], client_max_size=_LARGEST_REQUEST
        )
        application.add_routes(self.routes())
        self._site = Site(application)
        await self._site.open(port)

    async def close(self) -> None:
        self._release()
        if self._site is not None:
            await self._site.close()

    def reset(self) -> None:
        """Restores the first world; the port, credentials and registrations stay."""
        self.clear_faults()
        self.state.reset()
        self.calls: list[dict[str, Any]] = []

    def fail(
        self,
        operation: str | None,
        kind: str | int,
        *,
        times: int | None = 1,
        **options: Any,
    ) -> Fault:
        """Arms a fault; a wrong operation, kind or option is a ValueError or TypeError."""
        self._check_operation(operation)
        if kind == "error" and not self.refuses_with_200:
            raise ValueError(f"{self.host} answers errors by status, such as 403 or 500")
        fault = Fault(str(kind), operation, times, **options)
        self.faults.append(fault)
        if fault.kind == "refused" and self._site is not None:
            self._site.refuse()
        return fault

    def hold(self, operation: str | None, *, answers: bool = False) -> Hold:
        """Holds the requests of this operation, or only their answers, until they are released."""
        self._check_operation(operation)
        self._holds = [hold for hold in self._holds if not hold.released]
        self._holds.append(Hold(operation, answers))
        return self._holds[-1]

    def mend(self, operation: str | None, kind: str) -> None:
        """Disarms the faults of this kind that are bound to this operation."""
        kept = [
            fault for fault in self.faults if (fault.operation, fault.kind) != (operation, kind)
        ]
        self.faults[:] = kept
        if self._site is not None and not any(fault.kind == "refused" for fault in kept):
            self._site.accept()

    def clear_faults(self) -> None:
        self.faults.clear()
        self._release()
        if self._site is not None:
            self._site.accept()

    def _release(self) -> None:
        for hold in self._holds:
            hold.release()
        self._holds.clear()

    def _check_operation(self, operation: str | None) -> None:
        if operation is not None and self.operations and operation not in self.operations:
            known = ", ".join(sorted(self.operations))
            raise ValueError(f"{self.host} has no operation {operation!r}; it has: {known}")

    # What each stand-in defines.

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        raise NotImplementedError

    def operation_of(self, request: web.Request) -> str | None:
        """The operation that faults are bound to; by default the name of the route."""
        return request.match_info.route.name

    def failure(self, operation: str | None, status: int, fault: Fault) -> web.Response:
        """The documented answer for a status; headers of the fault are added by the caller."""
        raise NotImplementedError

    def call_of(self, request: web.Request) -> dict[str, Any] | None:
        """What is recorded of a request, besides `at` and `status`; None: nothing."""
        raise NotImplementedError

    def unmatched(self, error: web.HTTPException) -> web.StreamResponse:
        """The answer to a request that no route takes; by default aiohttp's."""
        raise error

    # How it is wired into aiohttp.

    @web.middleware
    async def _recorded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Records every request, also one that a fault then answers."""
        call = self.call_of(request)
        if call is None:
            return await handler(request)
        call |= {"status": 0, "at": self.clock.now()}
        self.calls.append(call)
        request[CALL] = call
        try:
            answer = await handler(request)
        except web.HTTPException as error:
            call["status"] = error.status
            answer = self.unmatched(error)
        call["status"] = 0 if isinstance(answer, NoAnswer) else answer.status
        return answer

    @web.middleware
    async def _faulted(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        operation = self.operation_of(request)
        await self._held(operation, answers=False)
        fault = take(self.faults, operation)
        if fault is None:
            answer = await handler(request)
        else:
            failure = functools.partial(self.failure, operation, fault=fault)
            answer = await suffer(fault, request, handler, failure, self.clock)
        await self._held(operation, answers=True)
        return answer

    async def _held(self, operation: str | None, *, answers: bool) -> None:
        for hold in tuple(self._holds):
            if hold.answers is answers and hold.operation in {None, operation}:
                await hold.wait()
