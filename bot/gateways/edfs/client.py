"""The client of the EDFS and iTwins APIs. It holds no token: each call takes its caller.

Sources: EDFS API v1 (technical preview), iTwins API v1. Both need the vendor ``Accept`` header and
respond 404 ``ResourceNotFound`` without it.
"""

import asyncio
from collections.abc import Callable
from urllib.parse import parse_qs, quote, urlsplit

from bot.core.errors import Invalid, NotSent, Unclear
from bot.core.names import ITwinId, TimerId, is_guid
from bot.core.timers import ITwin, Timer, distinct_itwins, distinct_timers, itwin_alone
from bot.gateways.edfs.budget import Budget, Caller
from bot.gateways.edfs.responses import body_of, itwin_from, timer_from, user_from
from bot.gateways.edfs.transport import EdfsSettings, Request, Transport

# The API's default is Project, so every class that may have timers is named.
SUB_CLASSES = "Account,Portfolio,Asset,Program,Project,WorkPackage"
PAGE, MAX_ITWINS = 1_000, 10_000
RECENTS = 25  # as many as the platform has
READ_ATTEMPTS = 2
SLOW_TO_PARSE = 256 * 1024  # bytes of JSON that would block the event loop for too long


class Edfs:
    """The two APIs. Each call raises ApiError, among them RateLimited with nothing sent when the
    budget is used up, and StoreUnreachable when the budget cannot be read.
    """

    def __init__(self, settings: EdfsSettings, clock: Callable[[], float], budget: Budget) -> None:
        self._reader = Transport(settings, clock, budget, keep_alive=10)
        # A toggle uses a new connection: one kept alive may be dead, and a request written to it
        # cannot be distinguished from one that arrived.
        self._toggler = Transport(settings, clock, budget, keep_alive=0)

    async def aclose(self) -> None:
        await self._reader.aclose()
        await self._toggler.aclose()

    async def itwins(self, caller: Caller, *, inactive: bool = False) -> tuple[ITwin, ...]:
        """Return every iTwin the person belongs to, page by page with ``$skip``.

        The platform leaves inactive iTwins out unless asked for them; ``inactive`` asks for these
        alone (parameter ``status``). Without ``X-Max-Return`` it returns nothing beyond the first
        thousand.
        """
        status = {"status": "Inactive"} if inactive else {}
        found: list[ITwin] = []
        read = 0
        while read < MAX_ITWINS:
            paging = {"$top": str(PAGE), "$skip": str(read)}
            query = {"subClass": SUB_CLASSES, **status, **paging}
            headers = {"X-Max-Return": str(MAX_ITWINS)}
            body = await self._read("itwins", "/itwins/", caller, query, headers)
            rows = _array(body, "iTwins")
            found += [itwin for one in rows if (itwin := itwin_from(one))]
            read += len(rows)
            # The link's address is not used: the token must not be sent anywhere else.
            if not rows or not _next_skip(body):
                break
        return distinct_itwins(found)

    async def favorites(self, caller: Caller) -> tuple[ITwin, ...]:
        """Return the active iTwins that the person has starred, at most one page."""
        return await self._one_page(caller, "favorites", PAGE)

    async def recents(self, caller: Caller) -> tuple[ITwin, ...]:
        """Return the active iTwins that the person used last, newest first."""
        return await self._one_page(caller, "recents", RECENTS)

    async def _one_page(self, caller: Caller, name: str, size: int) -> tuple[ITwin, ...]:
        query = {"subClass": SUB_CLASSES, "$top": str(size)}
        body = await self._read(name, f"/itwins/{name}", caller, query)
        found = [itwin_from(one) for one in _array(body, "iTwins", name)]
        return tuple(itwin_alone(itwin) for itwin in found if itwin)

    async def me(self, caller: Caller) -> tuple[str, str]:
        """Return name and e-mail of the token's own account; either may be empty.

        Source: Users API v1, ``GET /users/me``.
        """
        body = await self._read("me", "/users/me", caller)
        return user_from(body.get("user"))

    async def itwin(self, caller: Caller, itwin: ITwinId) -> ITwin:
        body = await self._read("itwin", f"/itwins/{_segment('itwin', itwin, 'iTwinId')}", caller)
        found = itwin_from(body.get("iTwin"))
        if found is None or found.id.lower() != itwin.lower():
            raise Unclear(operation="itwin", status=200, why="other_id")
        return found

    async def timers(self, caller: Caller, itwin: ITwinId) -> tuple[Timer, ...]:
        path = f"/edfs/itwins/{_segment('timers', itwin, 'iTwinId')}/timers"
        body = await self._read("timers", path, caller)
        return distinct_timers([timer_from("timers", one) for one in _array(body, "timers")])

    async def timer(self, caller: Caller, itwin: ITwinId, timer: TimerId) -> Timer:
        body = await self._read("timer", _timer_path("timer", itwin, timer), caller)
        return _same("timer", timer_from("timer", body), timer)

    async def toggle(
        self, caller: Caller, itwin: ITwinId, timer: TimerId, begin_by: float
    ) -> Timer:
        """Toggle the timer with a single request: no retry, no redirect. Returns the new timer.

        ``begin_by`` is a time of ``transport.elapsed()``: from then on the request is not sent.
        Raises NotSent when no byte left this machine, Refused when the platform rejected the
        request, and Unclear when it is unknown whether the timer was toggled.
        """
        path = _timer_path("toggle", itwin, timer) + "/toggle"
        request = Request("toggle", "PATCH", path, begin_by=begin_by)
        status, raw = await self._toggler.call(request, caller)
        return _same("toggle", timer_from("toggle", body_of("toggle", status, raw)), timer)

    async def _read(
        self,
        operation: str,
        path: str,
        caller: Caller,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, object]:
        request = Request(operation, "GET", path, query, headers)
        for left in reversed(range(READ_ATTEMPTS)):
            try:
                status, raw = await self._reader.call(request, caller)
                if len(raw) < SLOW_TO_PARSE:
                    return body_of(operation, status, raw)
                return await asyncio.to_thread(body_of, operation, status, raw)
            except (NotSent, Unclear):
                if not left:
                    raise
        raise AssertionError("the last attempt returns or raises")


def _segment(operation: str, identity: str, target: str) -> str:
    """Return the id as one path segment. Raises Invalid for anything but a GUID: the client would
    resolve ``../`` and send the person's token to another path.
    """
    if not is_guid(identity):
        code = "InvalidValue"
        raise Invalid(operation=operation, code=code, message=f"{target} is not a GUID")
    return quote(identity, safe="")


def _timer_path(operation: str, itwin: ITwinId, timer: TimerId) -> str:
    first, second = _segment(operation, itwin, "iTwinId"), _segment(operation, timer, "timerId")
    return f"/edfs/itwins/{first}/timers/{second}"


def _same(operation: str, timer: Timer, wanted: TimerId) -> Timer:
    if timer.id.lower() != wanted.lower():
        raise Unclear(operation=operation, status=200, why="other_id")
    return timer


def _array(body: dict[str, object], name: str, operation: str = "") -> list[object]:
    value = body.get(name)
    if not isinstance(value, list):
        raise Unclear(operation=operation or name, status=200, why="body")
    return value


def _next_skip(body: dict[str, object]) -> bool:
    links = body.get("_links")
    following = links.get("next") if isinstance(links, dict) else None
    href = following.get("href") if isinstance(following, dict) else None
    return isinstance(href, str) and bool(parse_qs(urlsplit(href).query))
