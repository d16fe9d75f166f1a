"""The client of the EDFS and iTwins APIs. It holds no token: each call is given its caller.

Sources: EDFS API v1 (technical preview), iTwins API v1; both want the vendor ``Accept`` header and
answer 404 ``ResourceNotFound`` without it.
"""

import asyncio
from collections.abc import Callable
from urllib.parse import parse_qs, quote, urlsplit

from bot.core.errors import Invalid, NotSent, Unclear
from bot.core.names import ITwinId, TimerId, is_guid
from bot.core.timers import ITwin, Timer
from bot.gateways.edfs.budget import Budget, Caller
from bot.gateways.edfs.responses import body_of, itwin_from, timer_from
from bot.gateways.edfs.transport import EdfsSettings, Request, Transport

# The definition says the default is Project, so everything that may hold timers is named.
SUB_CLASSES = "Account,Portfolio,Asset,Program,Project,WorkPackage"
PAGE, MOST_ITWINS = 1_000, 10_000
RECENTS = 25  # as many as the platform keeps
READ_TRIES = 2
SLOW_TO_READ = 256 * 1024  # bytes of JSON that would hold up everybody else


class Edfs:
    """Each call raises the ApiError that fits: RateLimited, with nothing sent, where the budget is
    used up too. It raises StoreUnreachable where the budget cannot be asked.
    """

    def __init__(self, settings: EdfsSettings, clock: Callable[[], float], budget: Budget) -> None:
        self._reader = Transport(settings, clock, budget, kept_alive=10)
        # The flip goes out on a connection of its own: a kept one may be dead, and a request
        # written to it could not be told from one that arrived.
        self._flipper = Transport(settings, clock, budget, kept_alive=0)

    async def aclose(self) -> None:
        await self._reader.aclose()
        await self._flipper.aclose()

    async def itwins(self, caller: Caller) -> tuple[ITwin, ...]:
        """Every active iTwin the person belongs to; pages are followed by ``$skip``.

        Without ``X-Max-Return`` the platform says nothing of what is beyond the first thousand.
        """
        found: list[ITwin] = []
        read = 0
        while read < MOST_ITWINS:
            query = {"subClass": SUB_CLASSES, "$top": str(PAGE), "$skip": str(read)}
            all_of_them = {"X-Max-Return": str(MOST_ITWINS)}
            body = await self._read("itwins", "/itwins/", caller, query, all_of_them)
            rows = _array(body, "iTwins")
            found += [itwin for one in rows if (itwin := itwin_from(one))]
            read += len(rows)
            # Only its presence is believed, never its address: the token goes nowhere else.
            if not rows or not _next_skip(body):
                break
        return tuple(found)

    async def favorites(self, caller: Caller) -> tuple[ITwin, ...]:
        """The active iTwins that the person has starred; one page of them."""
        return await self._short(caller, "favorites", PAGE)

    async def recents(self, caller: Caller) -> tuple[ITwin, ...]:
        """The active iTwins that the person used last, newest first."""
        return await self._short(caller, "recents", RECENTS)

    async def _short(self, caller: Caller, name: str, most: int) -> tuple[ITwin, ...]:
        query = {"subClass": SUB_CLASSES, "$top": str(most)}
        body = await self._read(name, f"/itwins/{name}", caller, query)
        found = [itwin_from(one) for one in _array(body, "iTwins", name)]
        return tuple(itwin for itwin in found if itwin)

    async def itwin(self, caller: Caller, itwin: ITwinId) -> ITwin:
        body = await self._read("itwin", f"/itwins/{_segment('itwin', itwin, 'iTwinId')}", caller)
        found = itwin_from(body.get("iTwin"))
        if found is None or found.id.lower() != itwin.lower():
            raise Unclear(operation="itwin", status=200, why="other_id")
        return found

    async def timers(self, caller: Caller, itwin: ITwinId) -> tuple[Timer, ...]:
        path = f"/edfs/itwins/{_segment('timers', itwin, 'iTwinId')}/timers"
        body = await self._read("timers", path, caller)
        return tuple(timer_from("timers", one) for one in _array(body, "timers"))

    async def timer(self, caller: Caller, itwin: ITwinId, timer: TimerId) -> Timer:
        body = await self._read("timer", _timer_path("timer", itwin, timer), caller)
        return _same("timer", timer_from("timer", body), timer)

    async def toggle(
        self, caller: Caller, itwin: ITwinId, timer: TimerId, begin_by: float
    ) -> Timer:
        """Flip it, once: no retry, no redirect. The answer is the timer after the flip.

        ``begin_by`` is a time of ``wire.elapsed()``: a request that comes to be written later is
        not written. Raises NotSent when no byte left, Refused when the platform said no, and
        Unclear when nobody can tell whether it was flipped.
        """
        path = _timer_path("toggle", itwin, timer) + "/toggle"
        asked = Request("toggle", "PATCH", path, begin_by=begin_by)
        status, raw = await self._flipper.call(asked, caller)
        return _same("toggle", timer_from("toggle", body_of("toggle", status, raw)), timer)

    async def _read(
        self,
        operation: str,
        path: str,
        caller: Caller,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, object]:
        asked = Request(operation, "GET", path, query, headers)
        for left in reversed(range(READ_TRIES)):
            try:
                status, raw = await self._reader.call(asked, caller)
                if len(raw) < SLOW_TO_READ:
                    return body_of(operation, status, raw)
                return await asyncio.to_thread(body_of, operation, status, raw)
            except (NotSent, Unclear):
                if not left:
                    raise
        raise AssertionError("the last try returns or raises")


def _segment(operation: str, identity: str, target: str) -> str:
    """Return the id as one path segment. What is no GUID never reaches a URL: ``../`` would be
    folded by the client and take the person's token to another path.
    """
    if not is_guid(identity):
        code = "InvalidValue"
        raise Invalid(operation=operation, code=code, message=f"{target} is not a GUID")
    return quote(identity, safe="")


def _timer_path(operation: str, itwin: ITwinId, timer: TimerId) -> str:
    first, second = _segment(operation, itwin, "iTwinId"), _segment(operation, timer, "timerId")
    return f"/edfs/itwins/{first}/timers/{second}"


def _same(operation: str, timer: Timer, asked: TimerId) -> Timer:
    if timer.id.lower() != asked.lower():
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
