"""What the selects offer: from a kept list at once, from Bentley within the time there is.

A kept list may be ten minutes old here, because nothing is decided by it: what is chosen is looked
for again. One that is over a minute old is answered with, and read anew behind the answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from bot.core.errors import (
    ApiError,
    NotSent,
    RateLimited,
    SignInNeeded,
    StoreUnreachable,
    TokenRefused,
    Unclear,
)
from bot.core.names import ITwinId, PersonId, Workspace
from bot.core.suggestions import (
    OptionList,
    OptionPage,
    itwin_options,
    option_list_of_itwins,
    option_list_of_timers,
    timer_options,
)
from bot.core.timers import ITwin
from bot.gateways.edfs import Caller
from bot.gateways.gateways import Gateways, with_token
from bot.gateways.store.option_lists import OPTIONS_SECONDS

FRESH_SECONDS = 60.0
STORE_SECONDS = 1.0
MOST_READINGS = 32  # at the same time, in this process
ITWINS = "itwins"

Answer = TypeVar("Answer")
Read = Callable[["Owner"], Awaitable[OptionList]]

log = structlog.get_logger("suggesting")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose lists they are."""

    workspace: Workspace
    person: PersonId


class OptionLists:
    """Owns the readings that go on behind an answer; each list is read once at a time.

    Where Bentley has not answered by then (``by``, a time of the event loop), what is kept is
    offered; where nothing is kept, Unclear is raised, and the reading goes on for the next try.
    Raises SignInNeeded, StoreUnreachable, IdentityProviderError and ApiError too.
    """

    def __init__(self, gateways: Gateways) -> None:
        self._gateways = gateways
        self._readings: dict[tuple[Owner, str], asyncio.Task[OptionList]] = {}

    async def itwins_for(self, whose: Owner, typed: str, by: float) -> OptionPage:
        return itwin_options(await self._index(whose, ITWINS, self._read_itwins, by), typed)

    async def timers_for(self, whose: Owner, itwin: ITwinId, typed: str, by: float) -> OptionPage:
        async def read(whose: Owner) -> OptionList:
            return await self._read_timers(whose, itwin)

        return timer_options(await self._index(whose, itwin, read, by), typed)

    async def warm(self, whose: Owner) -> None:
        """Have the person's iTwins read behind, unless they are fresh: they are wanted soon.

        It never raises: where it fails, the select says why when it is opened.
        """
        try:
            known, _ = await _from_store(self._kept(whose, ITWINS))
        except (SignInNeeded, StoreUnreachable) as error:
            log.info("not_warmed", error=type(error).__name__)
            return
        if known is None or not self._fresh(known):
            self._reading(whose, ITWINS, self._read_itwins)

    async def aclose(self) -> None:
        readings = tuple(self._readings.values())
        for reading in readings:
            reading.cancel()
        await asyncio.gather(*readings, return_exceptions=True)

    async def _index(self, whose: Owner, what: str, read: Read, by: float) -> OptionList:
        known, current = await _from_store(self._kept(whose, what))
        if known is not None and current:
            if not self._fresh(known):
                self._reading(whose, what, read)
            return known
        reading = self._reading(whose, what, read)
        if reading is not None:
            await asyncio.wait({reading}, timeout=by - asyncio.get_running_loop().time())
        if reading is None or not reading.done():
            if known is None:
                raise Unclear(operation=_operation(what), why="timeout")
            return known
        try:
            return reading.result()
        except (NotSent, Unclear, RateLimited):
            if known is None:
                raise
            return known

    async def _kept(self, whose: Owner, what: str) -> tuple[OptionList | None, bool]:
        """Return what is kept, and whether the bot has changed nothing there since."""
        account = await self._gateways.ims.account(whose.workspace, whose.person)
        if account is None:
            raise SignInNeeded
        known = await self._known(whose, what, account.subject)
        if known is None or what == ITWINS:
            return known, True
        indexes = self._gateways.store.option_lists
        return known, known.at > await indexes.changed_at(whose.workspace, ITwinId(what))

    async def _known(self, whose: Owner, what: str, subject: str) -> OptionList | None:
        """Return what is kept for this account; another account's list is nobody's business."""
        index = await self._gateways.store.option_lists.load(whose.workspace, whose.person, what)
        if index is None or index.subject != subject:
            return None
        return index if self._age(index) <= OPTIONS_SECONDS else None

    def _fresh(self, index: OptionList) -> bool:
        return self._age(index) <= FRESH_SECONDS

    def _age(self, index: OptionList) -> float:
        return self._gateways.clock() - index.at

    def _reading(self, whose: Owner, what: str, read: Read) -> asyncio.Task[OptionList] | None:
        """Return the reading of this list, begun if need be; None where too many are under way."""
        key = (whose, what)
        reading = self._readings.get(key)
        if reading is None and len(self._readings) < MOST_READINGS:
            reading = asyncio.create_task(self._refreshed(whose, what, read), name="suggesting")
            self._readings[key] = reading
            reading.add_done_callback(lambda done: self._ended(key, done))
        return reading

    def _ended(self, key: tuple[Owner, str], reading: asyncio.Task[OptionList]) -> None:
        self._readings.pop(key, None)
        if not reading.cancelled() and (error := reading.exception()) is not None:
            log.info("reading.failed", what=_operation(key[1]), error=type(error).__name__)

    async def _refreshed(self, whose: Owner, what: str, read: Read) -> OptionList:
        indexes = self._gateways.store.option_lists
        try:
            index = await read(whose)
        except (NotSent, Unclear, RateLimited, StoreUnreachable):
            raise
        except (SignInNeeded, ApiError):  # a no: what was kept is theirs no more
            await indexes.drop(whose.workspace, whose.person, what)
            raise
        try:
            await indexes.save(whose.workspace, whose.person, what, index)
        except StoreUnreachable:
            log.warning("index.not_kept", what=_operation(what))
        return index

    async def _read_itwins(self, whose: Owner) -> OptionList:
        edfs, at = self._gateways.edfs, self._gateways.clock()

        async def read(caller: Caller) -> tuple[tuple[ITwin, ...], ...]:
            return await _together(
                edfs.itwins(caller),
                _if_told(edfs.favorites(caller)),
                _if_told(edfs.recents(caller)),
            )

        bearer, lists = await with_token(self._gateways, whose.workspace, whose.person, read)
        return await asyncio.to_thread(option_list_of_itwins, at, bearer.account.subject, *lists)

    async def _read_timers(self, whose: Owner, itwin: ITwinId) -> OptionList:
        edfs, at = self._gateways.edfs, self._gateways.clock()
        bearer, timers = await with_token(
            self._gateways,
            whose.workspace,
            whose.person,
            lambda caller: edfs.timers(caller, itwin),
        )
        # Folding ten thousand names takes longer than anybody else should wait.
        return await asyncio.to_thread(option_list_of_timers, at, bearer.account.subject, timers)


def _operation(what: str) -> str:
    return "itwins" if what == ITWINS else "timers"


async def _from_store(reading: Coroutine[Any, Any, Answer]) -> Answer:
    try:
        async with asyncio.timeout(STORE_SECONDS):
            return await reading
    except TimeoutError as error:
        raise StoreUnreachable("it takes too long") from error


async def _together(*readings: Coroutine[Any, Any, Answer]) -> tuple[Answer, ...]:
    """Await all of them at the same time; the first failure is raised when all have ended."""
    answers = await asyncio.gather(*readings, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return tuple(answer for answer in answers if not isinstance(answer, BaseException))


async def _if_told(reading: Coroutine[Any, Any, tuple[ITwin, ...]]) -> tuple[ITwin, ...]:
    """Without favourites or recents the list is still good; a token that is refused is not."""
    try:
        return await reading
    except TokenRefused:
        raise
    except ApiError as error:
        log.info("list.without", error=type(error).__name__)
        return ()
