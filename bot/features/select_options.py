"""Options of the selects for iTwins and timers, from a cache that is refreshed in the background.

A cached list may be ten minutes old, because nothing is decided by it: a chosen timer is read
again. A list over a minute old is returned at once and refreshed in the background.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
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
from bot.core.names import ITwinId
from bot.core.suggestions import (
    OptionList,
    OptionPage,
    Owner,
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
MAX_REFRESHES = 32  # at the same time, in this process
ITWINS = "itwins"

Result = TypeVar("Result")
Read = Callable[["Owner"], Awaitable[OptionList]]

log = structlog.get_logger("options")


class OptionLists:
    """Returns options, and owns the background refreshes; a list has one refresh at a time.

    When Bentley has not responded by ``by``, a time of the event loop, the cached options are
    returned. Without any, Unclear is raised and the refresh goes on for the next call. Also raises
    SignInNeeded, StoreUnreachable, IdentityProviderError and ApiError.
    """

    def __init__(self, gateways: Gateways) -> None:
        self._gateways = gateways
        self._refreshes: dict[tuple[Owner, str], asyncio.Task[OptionList]] = {}

    async def itwins_for(self, owner: Owner, typed: str, by: float) -> OptionPage:
        return itwin_options(await self._options(owner, ITWINS, self._read_itwins, by), typed)

    async def timers_for(self, owner: Owner, itwin: ITwinId, typed: str, by: float) -> OptionPage:
        async def read(owner: Owner) -> OptionList:
            return await self._read_timers(owner, itwin)

        return timer_options(await self._options(owner, itwin, read, by), typed)

    async def warm(self, owner: Owner) -> None:
        """Refresh the person's iTwins in the background, because they will be needed soon.

        It never raises: if it fails, the select shows why when it is opened.
        """
        try:
            cached, _ = await _from_store(self._cached(owner, ITWINS))
        except (SignInNeeded, StoreUnreachable) as error:
            log.info("options.warm_failed", error=type(error).__name__)
            return
        if cached is None or not self._is_fresh(cached):
            self._refresh(owner, ITWINS, self._read_itwins)

    async def aclose(self) -> None:
        refreshes = tuple(self._refreshes.values())
        for refresh in refreshes:
            refresh.cancel()
        await asyncio.gather(*refreshes, return_exceptions=True)

    async def _options(self, owner: Owner, name: str, read: Read, by: float) -> OptionList:
        # One that ends while the cache is read has just refreshed the list: no second one then.
        was_running = (owner, name) in self._refreshes
        cached, current = await _from_store(self._cached(owner, name))
        if cached is not None and current:
            if not was_running and not self._is_fresh(cached):
                self._refresh(owner, name, read)
            return cached
        refresh = self._refresh(owner, name, read)
        if refresh is not None:
            await asyncio.wait({refresh}, timeout=by - asyncio.get_running_loop().time())
        if refresh is None or not refresh.done():
            if cached is None:
                raise Unclear(operation=_operation(name), why="timeout")
            return cached
        try:
            return refresh.result()
        except (NotSent, Unclear, RateLimited):
            if cached is None:
                raise
            return cached

    async def _cached(self, owner: Owner, name: str) -> tuple[OptionList | None, bool]:
        """Return the cached list, and whether the bot has changed no timer in it since."""
        account = await self._gateways.ims.account(owner.workspace, owner.person)
        if account is None:
            raise SignInNeeded
        cached = await self._cached_for(owner, name, account.subject)
        if cached is None or name == ITWINS:
            return cached, True
        cache = self._gateways.store.option_lists
        return cached, cached.at > await cache.changed_at(owner.workspace, ITwinId(name))

    async def _cached_for(self, owner: Owner, name: str, subject: str) -> OptionList | None:
        """Return the cached list of this account, and never one of another account."""
        options = await self._gateways.store.option_lists.load(owner.workspace, owner.person, name)
        if options is None or options.subject != subject:
            return None
        return options if self._age(options) <= OPTIONS_SECONDS else None

    def _is_fresh(self, options: OptionList) -> bool:
        return self._age(options) <= FRESH_SECONDS

    def _age(self, options: OptionList) -> float:
        return self._gateways.clock() - options.at

    def _refresh(self, owner: Owner, name: str, read: Read) -> asyncio.Task[OptionList] | None:
        """Return the running refresh of a list, or start one; None where too many are running."""
        key = (owner, name)
        refresh = self._refreshes.get(key)
        if refresh is None and len(self._refreshes) < MAX_REFRESHES:
            refresh = asyncio.create_task(self._read_and_save(owner, name, read), name="options")
            self._refreshes[key] = refresh
            refresh.add_done_callback(lambda done: self._on_done(key, done))
        return refresh

    def _on_done(self, key: tuple[Owner, str], refresh: asyncio.Task[OptionList]) -> None:
        self._refreshes.pop(key, None)
        if not refresh.cancelled() and (error := refresh.exception()) is not None:
            name = _operation(key[1])
            log.info("options.refresh_failed", what=name, error=type(error).__name__)

    async def _read_and_save(self, owner: Owner, name: str, read: Read) -> OptionList:
        cache = self._gateways.store.option_lists
        try:
            options = await read(owner)
        except (NotSent, Unclear, RateLimited, StoreUnreachable):
            raise
        except (SignInNeeded, ApiError):  # the person may not read the list any more
            await cache.drop(owner.workspace, owner.person, name)
            raise
        try:
            await cache.save(owner.workspace, owner.person, name, options)
        except StoreUnreachable:
            log.warning("options.not_cached", what=_operation(name))
        return options

    async def _read_itwins(self, owner: Owner) -> OptionList:
        edfs, at = self._gateways.edfs, self._gateways.clock()

        async def read(caller: Caller) -> tuple[tuple[ITwin, ...], ...]:
            return await _gather(
                edfs.itwins(caller),
                _or_empty(edfs.favorites(caller)),
                _or_empty(edfs.recents(caller)),
            )

        bearer, lists = await with_token(self._gateways, owner.workspace, owner.person, read)
        return await asyncio.to_thread(option_list_of_itwins, at, bearer.account.subject, *lists)

    async def _read_timers(self, owner: Owner, itwin: ITwinId) -> OptionList:
        edfs, at = self._gateways.edfs, self._gateways.clock()
        bearer, timers = await with_token(
            self._gateways,
            owner.workspace,
            owner.person,
            lambda caller: edfs.timers(caller, itwin),
        )
        # Normalizing ten thousand names would block the event loop for too long.
        return await asyncio.to_thread(option_list_of_timers, at, bearer.account.subject, timers)


def _operation(name: str) -> str:
    return "itwins" if name == ITWINS else "timers"


async def _from_store(reading: Coroutine[Any, Any, Result]) -> Result:
    try:
        async with asyncio.timeout(STORE_SECONDS):
            return await reading
    except TimeoutError as error:
        raise StoreUnreachable("it takes too long") from error


async def _gather(*readings: Coroutine[Any, Any, Result]) -> tuple[Result, ...]:
    """Await all concurrently; raise the first failure, in their order, when all have ended."""
    results = await asyncio.gather(*readings, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return tuple(result for result in results if not isinstance(result, BaseException))


async def _or_empty(reading: Coroutine[Any, Any, tuple[ITwin, ...]]) -> tuple[ITwin, ...]:
    """Return no favorites or recents when they cannot be read. Raises TokenRefused."""
    try:
        return await reading
    except TokenRefused:
        raise
    except ApiError as error:
        log.info("itwins.partial", error=type(error).__name__)
        return ()
