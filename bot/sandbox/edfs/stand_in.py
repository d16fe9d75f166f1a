"""The stand-in for api.bentley.com: EDFS timers, iTwins, Users, Access Control.

Contract: reference/edfs-openapi.yaml. The order of the gateway's checks is ours: operation (path
and Accept), then token, then values, then membership, then rights.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web

from bot.sandbox.clock import Clock
from bot.sandbox.edfs import errors
from bot.sandbox.edfs.data import EdfsData
from bot.sandbox.edfs.errors import PlatformError
from bot.sandbox.edfs.itwin_query import page_of_itwins
from bot.sandbox.edfs.itwins import RIGHT, Seed, Timer
from bot.sandbox.edfs.timer_form import timer_from
from bot.sandbox.faults import Fault, Handler, NoAnswer
from bot.sandbox.people import Person
from bot.sandbox.stand_in import StandIn

ACCEPT = "application/vnd.bentley.itwin-platform.v1+json"
ACCEPT_ACCESS_CONTROL = "application/vnd.bentley.itwin-platform.v2+json"

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# Kept of each request: enough to check what the bot sends, nothing that is a secret.
_KEPT_HEADERS = ("Accept", "Content-Type", "Prefer", "X-Correlation-Id", "User-Agent")
_OPERATIONS = ("timers", "create", "timer", "delete", "toggle", "itwins", "itwin", "me")
_SHORT_LISTS = ("favorites", "recents")

Holder = Callable[[str], Person | None]
Operation = Callable[[web.Request, Person], Awaitable[web.Response]]


class EdfsStandIn(EdfsData, StandIn):
    """Switches: `reads_hidden` (no right to read: 404 instead of 403), `answer_before_flip`."""

    host = "api.localhost"
    operations = frozenset((*_OPERATIONS, *_SHORT_LISTS, "permissions"))

    def __init__(self, clock: Clock, holder: Holder, *, seed: int) -> None:
        StandIn.__init__(self, clock)
        EdfsData.__init__(self, Seed(seed))
        self._holder = holder
        self.reset()

    def reset(self) -> None:
        self.clear_faults()
        self.reads_hidden = False
        self.answer_before_flip = False
        self.restore()
        self.calls: list[dict[str, Any]] = []
        self._flips: list[Timer] = []

    # For tests and the console.

    def flips(self, timer_name: str, itwin: str | None = None) -> int:
        """How often `enabled` really changed by the toggle operation."""
        home = None if itwin is None else self.itwin(itwin).id
        return sum(t.name == timer_name and home in {None, t.itwin_id} for t in self._flips)

    # The wire.

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        timers = "/edfs/itwins/{itwin}/timers"
        timer = timers + "/{timer}"
        return (
            web.get(timers, self._open(self._list), name="timers"),
            web.post(timers, self._open(self._create), name="create"),
            web.get(timer, self._open(self._show), name="timer"),
            web.delete(timer, self._open(self._delete), name="delete"),
            web.patch(timer + "/toggle", self._open(self._toggle), name="toggle"),
            web.get("/itwins", self._open(self._itwins), name="itwins"),
            web.get("/itwins/", self._open(self._itwins)),
            web.get("/itwins/favorites", self._open(self._favorites), name="favorites"),
            web.get("/itwins/recents", self._open(self._recents), name="recents"),
            web.get("/itwins/{itwin}", self._open(self._itwin), name="itwin"),
            web.get("/users/me", self._open(self._me), name="me"),
            web.get(
                "/accesscontrol/itwins/{itwin}/permissions",
                self._open(self._permissions, ACCEPT_ACCESS_CONTROL),
                name="permissions",
            ),
        )

    def operation_of(self, request: web.Request) -> str | None:
        return "itwins" if request.path == "/itwins/" else super().operation_of(request)

    def failure(self, operation: str | None, status: int, fault: Fault) -> web.Response:
        answer = errors.documented(operation, status, fault.code).response()
        if status == 429:
            answer.headers["Retry-After"] = "30"
            answer.headers["ITwinPlatform-RateLimited-Tier"] = "Trial"
        return answer

    async def recorded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Status 0 in the record: the caller got no whole answer."""
        person = self._holder(_bearer(request))
        call: dict[str, Any] = {
            "method": request.method,
            "path": request.rel_url.raw_path_qs,
            "person": None if person is None else person.name,
            "status": 0,
            "at": self.clock.now(),
            "headers": {k: request.headers[k] for k in _KEPT_HEADERS if k in request.headers},
        }
        self.calls.append(call)
        try:
            answer = await handler(request)
        except web.HTTPException:
            answer = errors.operation_not_found().response()
        call["status"] = 0 if isinstance(answer, NoAnswer) else answer.status
        return answer

    def _open(self, operation: Operation, accept: str = ACCEPT) -> Handler:
        """Wraps an operation into the gateway's checks."""

        async def handle(request: web.Request) -> web.Response:
            try:
                return await operation(request, self._admitted(request, accept))
            except PlatformError as error:
                return error.response()

        return handle

    def _admitted(self, request: web.Request, accept: str) -> Person:
        offered = request.headers.get("Accept", "").split(",")
        if accept not in (media.partition(";")[0].strip() for media in offered):
            raise errors.operation_not_found()
        header = request.headers.get("Authorization")
        if not header:
            raise errors.header_not_found()
        if not header.startswith("Bearer "):
            raise errors.wrong_scheme()
        person = self._holder(_bearer(request))
        if person is None:
            raise errors.token_refused()
        return person

    async def _list(self, request: web.Request, person: Person) -> web.Response:
        (home,) = _ids(request, "InvalidTimerListRequest", iTwinId="itwin")
        self._may(person, home, errors.timer_list_not_found(), reading=True)
        mine = [timer.as_json() for timer in self.timers.values() if timer.itwin_id == home]
        return web.json_response({"timers": mine})

    async def _show(self, request: web.Request, person: Person) -> web.Response:
        return web.json_response(self._found(request, person, reading=True).as_json())

    async def _toggle(self, request: web.Request, person: Person) -> web.Response:
        before = self._found(request, person)
        after = self._store(replace(before, enabled=not before.enabled))
        self._flips.append(after)
        shown = before if self.answer_before_flip else after
        return web.json_response(shown.as_json())

    async def _delete(self, request: web.Request, person: Person) -> web.Response:
        del self.timers[self._found(request, person).id]
        return web.Response(status=204)

    async def _create(self, request: web.Request, person: Person) -> web.Response:
        (home,) = _ids(request, "InvalidTimerRequest", iTwinId="itwin")
        self._may(person, home, errors.operation_not_found())
        number = str(len(self.calls))
        timer = timer_from(await request.text(), home, self._seed.id_of(home, "created", number))
        if any(t.itwin_id == home and t.name == timer.name for t in self.timers.values()):
            taken = errors.bad_value("name", "Name in use.")
            raise PlatformError(409, "SystemExists", "A timer of that name exists.", [taken])
        return web.json_response(self._store(timer).as_json(), status=201)

    async def _itwins(self, request: web.Request, person: Person) -> web.Response:
        visible = list(self.itwins.values()) if person.name in self.members else []
        return page_of_itwins(visible, request, f"{self.url}/itwins/")

    async def _favorites(self, request: web.Request, person: Person) -> web.Response:
        return self._short(request, person, self.favorites, "favorites")

    async def _recents(self, request: web.Request, person: Person) -> web.Response:
        return self._short(request, person, self.recents, "recents")

    def _short(
        self, request: web.Request, person: Person, kept: Mapping[str, Sequence[str]], name: str
    ) -> web.Response:
        """Those of the person's list that they still belong to, in its order."""
        theirs = kept.get(person.name, ()) if person.name in self.members else ()
        there = [self.itwins[one] for one in theirs if one in self.itwins]
        return page_of_itwins(there, request, f"{self.url}/itwins/{name}")

    async def _itwin(self, request: web.Request, person: Person) -> web.Response:
        (home,) = _ids(request, "InvalidiTwinsRequest", id="itwin")
        self._member(person, home, errors.itwin_not_found())
        return web.json_response({"iTwin": self.itwins[home].full()})

    async def _me(self, _: web.Request, person: Person) -> web.Response:
        given, _space, family = person.real_name.partition(" ")
        user = {
            "id": person.subject,
            "displayName": person.real_name,
            "givenName": given,
            "surname": family,
            "email": person.email,
            "alternateEmail": None,
            "organizationName": person.email.partition("@")[2],
        }
        return web.json_response({"user": user})

    async def _permissions(self, request: web.Request, person: Person) -> web.Response:
        (home,) = _ids(request, "InvalidAccessControlRequest", id="itwin")
        self._member(person, home, errors.itwin_not_found_access())
        held = [RIGHT] if home in self.rights.get(person.name, ()) else []
        return web.json_response({"permissions": ["itwins_read", *held]})

    def _found(self, request: web.Request, person: Person, *, reading: bool = False) -> Timer:
        home, timer_id = _ids(request, "InvalidTimerRequest", iTwinId="itwin", timerId="timer")
        self._may(person, home, errors.timer_not_found(), reading=reading)
        timer = self.timers.get(timer_id)
        if timer is None or timer.itwin_id != home:
            raise errors.timer_not_found()
        return timer

    def _member(self, person: Person, home: str, absent: PlatformError) -> None:
        if home not in self.itwins or person.name not in self.members:
            raise absent

    def _may(
        self, person: Person, home: str, absent: PlatformError, *, reading: bool = False
    ) -> None:
        self._member(person, home, absent)
        if home not in self.rights.get(person.name, ()):
            raise absent if reading and self.reads_hidden else errors.not_allowed()


def _bearer(request: web.Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def _ids(request: web.Request, code: str, **targets: str) -> list[str]:
    """The ids of the path in lower case; malformed ones are one 422 that names each target."""
    values = {part: str(request.match_info[part]) for part in targets.values()}
    wrong = [target for target, part in targets.items() if not _GUID.fullmatch(values[part])]
    if wrong:
        raise errors.invalid(code, [errors.bad_value(target) for target in wrong])
    return [values[part].casefold() for part in targets.values()]
