"""The EDFS stand-in: the routes of EDFS timers, iTwins, Users and Access Control.

Contract: reference/edfs-openapi.yaml. The order of the gateway's checks is not published; here it
is operation (path and Accept), token, values, membership, rights.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web

from bot.sandbox.clock import Clock
from bot.sandbox.edfs import errors
from bot.sandbox.edfs.errors import PlatformError
from bot.sandbox.edfs.itwin_query import page_of_itwins
from bot.sandbox.edfs.itwins import RIGHT, Seed, Timer
from bot.sandbox.edfs.state import EdfsState
from bot.sandbox.edfs.timer_form import timer_from
from bot.sandbox.faults import Fault, Handler
from bot.sandbox.people import Person
from bot.sandbox.stand_in import StandIn

ACCEPT = "application/vnd.bentley.itwin-platform.v1+json"
ACCEPT_ACCESS_CONTROL = "application/vnd.bentley.itwin-platform.v2+json"

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# Recorded of each request: enough to check what the bot sends, nothing that is a secret.
_RECORDED_HEADERS = ("Accept", "Content-Type", "Prefer", "X-Correlation-Id", "User-Agent")
_OPERATIONS = ("timers", "create", "timer", "delete", "toggle", "itwins", "itwin", "me")
_SHORT_LISTS = ("favorites", "recents")

Holder = Callable[[str], Person | None]
Operation = Callable[[web.Request, Person], Awaitable[web.Response]]


class EdfsStandIn(StandIn):
    """The platform's gateway; `holder` tells the person of an access token, None for a bad one.

    A call is recorded as `{method, path, person, headers, at, status}`; `person` is a name.
    """

    state: EdfsState
    host = "api.localhost"
    operations = frozenset((*_OPERATIONS, *_SHORT_LISTS, "permissions"))

    def __init__(self, clock: Clock, holder: Holder, *, seed: int) -> None:
        super().__init__(clock)
        self._holder = holder
        self.state = EdfsState(Seed(seed))
        self.reset()

    # For tests and the console.

    def flips(self, timer_name: str, itwin: str | None = None) -> int:
        """How often the toggle operation changed `enabled` of the timers of that name."""
        itwin_id = None if itwin is None else self.state.itwin(itwin).id
        toggled = self.state.toggled
        return sum(t.name == timer_name and itwin_id in {None, t.itwin_id} for t in toggled)

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

    def call_of(self, request: web.Request) -> dict[str, Any] | None:
        person = self._holder(_bearer(request))
        return {
            "method": request.method,
            "path": request.rel_url.raw_path_qs,
            "person": None if person is None else person.name,
            "headers": {k: request.headers[k] for k in _RECORDED_HEADERS if k in request.headers},
        }

    def unmatched(self, error: web.HTTPException) -> web.StreamResponse:
        del error
        return errors.operation_not_found().response()

    def _open(self, operation: Operation, accept: str = ACCEPT) -> Handler:
        """Runs the gateway's checks first, and turns a PlatformError into its response."""

        async def handle(request: web.Request) -> web.Response:
            try:
                return await operation(request, self._authenticate(request, accept))
            except PlatformError as error:
                return error.response()

        return handle

    def _authenticate(self, request: web.Request, accept: str) -> Person:
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
        (itwin_id,) = _ids(request, "InvalidTimerListRequest", iTwinId="itwin")
        self._check_right(person, itwin_id, errors.timer_list_not_found(), reading=True)
        mine = [
            timer.as_json() for timer in self.state.timers.values() if timer.itwin_id == itwin_id
        ]
        return web.json_response({"timers": mine})

    async def _show(self, request: web.Request, person: Person) -> web.Response:
        return web.json_response(self._find_timer(request, person, reading=True).as_json())

    async def _toggle(self, request: web.Request, person: Person) -> web.Response:
        before = self._find_timer(request, person)
        after = self.state.store(replace(before, enabled=not before.enabled))
        self.state.toggled.append(after)
        shown = before if self.state.answer_before_flip else after
        return web.json_response(shown.as_json())

    async def _delete(self, request: web.Request, person: Person) -> web.Response:
        del self.state.timers[self._find_timer(request, person).id]
        return web.Response(status=204)

    async def _create(self, request: web.Request, person: Person) -> web.Response:
        (itwin_id,) = _ids(request, "InvalidTimerRequest", iTwinId="itwin")
        self._check_right(person, itwin_id, errors.operation_not_found())
        number = str(len(self.calls))
        timer = timer_from(
            await request.text(), itwin_id, self.state.seed.id_of(itwin_id, "created", number)
        )
        if any(t.itwin_id == itwin_id and t.name == timer.name for t in self.state.timers.values()):
            taken = errors.bad_value("name", "Name in use.")
            raise PlatformError(409, "SystemExists", "A timer of that name exists.", [taken])
        return web.json_response(self.state.store(timer).as_json(), status=201)

    async def _itwins(self, request: web.Request, person: Person) -> web.Response:
        visible = list(self.state.itwins.values()) if person.name in self.state.members else []
        return page_of_itwins(visible, request, f"{self.url}/itwins/")

    async def _favorites(self, request: web.Request, person: Person) -> web.Response:
        return self._personal_list(request, person, self.state.favorites, "favorites")

    async def _recents(self, request: web.Request, person: Person) -> web.Response:
        return self._personal_list(request, person, self.state.recents, "recents")

    def _personal_list(
        self, request: web.Request, person: Person, lists: Mapping[str, Sequence[str]], name: str
    ) -> web.Response:
        """A page of the person's own list, without iTwins that they cannot see any more."""
        theirs = lists.get(person.name, ()) if person.name in self.state.members else ()
        there = [self.state.itwins[one] for one in theirs if one in self.state.itwins]
        return page_of_itwins(there, request, f"{self.url}/itwins/{name}")

    async def _itwin(self, request: web.Request, person: Person) -> web.Response:
        (itwin_id,) = _ids(request, "InvalidiTwinsRequest", id="itwin")
        self._check_member(person, itwin_id, errors.itwin_not_found())
        return web.json_response({"iTwin": self.state.itwins[itwin_id].full()})

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
        (itwin_id,) = _ids(request, "InvalidAccessControlRequest", id="itwin")
        self._check_member(person, itwin_id, errors.itwin_not_found_access())
        held = [RIGHT] if itwin_id in self.state.rights.get(person.name, ()) else []
        return web.json_response({"permissions": ["itwins_read", *held]})

    def _find_timer(self, request: web.Request, person: Person, *, reading: bool = False) -> Timer:
        itwin_id, timer_id = _ids(request, "InvalidTimerRequest", iTwinId="itwin", timerId="timer")
        self._check_right(person, itwin_id, errors.timer_not_found(), reading=reading)
        timer = self.state.timers.get(timer_id)
        if timer is None or timer.itwin_id != itwin_id:
            raise errors.timer_not_found()
        return timer

    def _check_member(self, person: Person, itwin_id: str, absent: PlatformError) -> None:
        if itwin_id not in self.state.itwins or person.name not in self.state.members:
            raise absent

    def _check_right(
        self, person: Person, itwin_id: str, absent: PlatformError, *, reading: bool = False
    ) -> None:
        self._check_member(person, itwin_id, absent)
        if itwin_id not in self.state.rights.get(person.name, ()):
            raise absent if reading and self.state.reads_hidden else errors.not_allowed()


def _bearer(request: web.Request) -> str:
    return request.headers.get("Authorization", "").removeprefix("Bearer ")


def _ids(request: web.Request, code: str, **targets: str) -> list[str]:
    """The ids of the path in lower case; malformed ones are one 422 that names each target."""
    values = {part: str(request.match_info[part]) for part in targets.values()}
    wrong = [target for target, part in targets.items() if not _GUID.fullmatch(values[part])]
    if wrong:
        raise errors.invalid(code, [errors.bad_value(target) for target in wrong])
    return [values[part].casefold() for part in targets.values()]
