"""Auto-enables: changing and closing the end of a "disable … until", and listing what is off."""

import asyncio
from dataclasses import replace

from bot.core.auto_enables import AutoEnable, Closed, ClosedAs, Phase, after
from bot.core.errors import (
    ApiError,
    AutoEnableClosed,
    Choice,
    NoAutoEnable,
    NoSuchId,
    NoSuchName,
    NotAvailable,
    PartOfName,
)
from bot.core.invocation import Invocation
from bot.core.language.commands import (
    ChangeAutoEnable,
    ListTimers,
    OpenChooser,
    Switch,
    SwitchVerb,
)
from bot.core.language.until import Until, format_until, is_count, parse_until
from bot.core.listings import DisabledListed, DisabledTimer
from bot.core.names import ITwinId, PersonId
from bot.core.outcomes import AlreadyInState, Outcome
from bot.core.timers import ITwin, LastSeen, Timer
from bot.features.open_items import auto_enable_of
from bot.features.references import only_one, time_for
from bot.features.resolver import NameResolver, channel_itwin
from bot.features.starting import observe
from bot.gateways.gateways import Gateways

MAX_ITWINS = 25
MAX_CONCURRENT = 4


async def find(
    gateways: Gateways, invocation: Invocation, command: ChangeAutoEnable
) -> ChangeAutoEnable:
    """Return the command with the whole id of its auto-enable.

    Raises NoSuchId, AmbiguousId, NoAutoEnable, and what looking up a name raises.
    """
    if not command.off:
        return await _find_by_timer(gateways, invocation, command)
    wanted = command.off
    found = await gateways.store.auto_enables.starting_with(invocation.workspace, wanted)
    if not found:
        return await _find_by_word(gateways, invocation, command)

    def choice(one: AutoEnable) -> Choice:
        concerned = one.requester == invocation.who or one.channel == invocation.channel
        name = one.timer.distinct if concerned else "From another channel"
        at = f"until {time_for(invocation, one.at)}"
        return Choice(name, at, str(replace(command, off=one.id)))

    return replace(command, off=only_one("auto-enable", wanted, found, choice).id)


async def _find_by_word(
    gateways: Gateways, invocation: Invocation, command: ChangeAutoEnable
) -> ChangeAutoEnable:
    """Take a word that no id begins with for the name of a timer in the channel's iTwin."""
    wanted, here = command.off, await channel_itwin(gateways, invocation)
    if here is None:
        raise NoSuchId("auto-enable", wanted)
    named = replace(command, off="", itwin=here.id, timer=wanted)
    try:
        return await _find_by_timer(gateways, invocation, named)
    except NoSuchName as missing:
        if missing.nearest:
            raise
        raise NoSuchId("auto-enable", wanted) from None


async def _find_by_timer(
    gateways: Gateways, invocation: Invocation, command: ChangeAutoEnable
) -> ChangeAutoEnable:
    resolver = NameResolver(gateways, invocation, command)
    itwin = await resolver.itwin(command.itwin)
    _, timer = await resolver.timer(itwin, command.timer)
    auto_enable = await auto_enable_of(gateways, itwin, timer.id, invocation)
    if auto_enable is None:
        raise NoAutoEnable(timer.distinct, timer.enabled, _instead(command, itwin, timer))
    found = replace(command, off=auto_enable.id, itwin="", timer="")
    if resolver.partly:
        raise PartOfName(resolver.partly, Choice(timer.label, itwin.distinct, str(found)))
    return found


def _instead(command: ChangeAutoEnable, itwin: ITwin, timer: Timer) -> tuple[Choice, ...]:
    """Return what does to the timer what was asked of its auto-enable, as far as there is any.

    An enabled timer is offered in the chooser: nothing that was typed says to disable it.
    """
    if timer.enabled and command.verb != "return":
        return (Choice("Disable until…", "", str(OpenChooser(itwin.id, timer.id))),)
    if timer.enabled or command.verb == "keep":
        return ()
    verb: SwitchVerb = "enable" if command.verb == "return" else "disable"
    change = Switch(verb, itwin.id, timer.id, command.reason, command.until)
    name = "Enable now" if verb == "enable" else f"Auto-enable: {command.until}"
    return (Choice(name, "", str(change)),)


async def as_switch(
    gateways: Gateways, invocation: Invocation, command: ChangeAutoEnable
) -> Switch:
    """Return the switch that changes an auto-enable: on now, off until later, or off for good.

    So policy, approval, audit and card apply to it as to any switch. Raises NotAvailable,
    AutoEnableClosed.
    """
    auto_enable = await gateways.store.auto_enables.read(invocation.workspace, command.off)
    if auto_enable is None:
        raise NotAvailable("auto-enable")
    if auto_enable.phase is Phase.CLOSED:
        raise AutoEnableClosed(auto_enable.closed_as or "kept_disabled", auto_enable.closed_by)
    timer = (auto_enable.itwin.id, auto_enable.timer.id)
    reason = command.reason or auto_enable.reason
    match command.verb:
        case "return":
            return Switch("enable", *timer, command.reason)
        case "extend":
            until = _counted_on(gateways, invocation, command.until, auto_enable)
            return Switch("disable", *timer, reason, until)
        case "keep":
            return Switch("disable", *timer, reason, "for good")


def _counted_on(
    gateways: Gateways, invocation: Invocation, phrase: str, auto_enable: AutoEnable
) -> str:
    """Return the end that "3 more days" means: counted from the present end, not from now."""
    if "more" not in phrase.split() or is_count(phrase):
        return phrase
    zone, cron = invocation.person.zone, auto_enable.timer.cron
    start = max(invocation.now, auto_enable.at)
    match parse_until(phrase, start, zone, cron, gateways.schedule_zone):
        case Until(at):
            return format_until(at, zone)
        case _:
            return phrase


async def close_if_already_on(
    gateways: Gateways, invocation: Invocation, command: ChangeAutoEnable, outcome: Outcome
) -> Outcome:
    """Close the auto-enable when a person enables the timer early and finds it enabled."""
    if command.verb == "return" and isinstance(outcome, AlreadyInState):
        auto_enable = await gateways.store.auto_enables.read(invocation.workspace, command.off)
        if auto_enable is not None:
            await close(gateways, auto_enable, "already_enabled")
    return outcome


async def close(
    gateways: Gateways, auto_enable: AutoEnable, closed_as: ClosedAs, by: PersonId | None = None
) -> None:
    """Close the auto-enable, unless it was closed before."""

    def change(stored: AutoEnable) -> AutoEnable | None:
        closed = stored.phase is Phase.CLOSED
        return None if closed else after(stored, Closed(gateways.clock(), closed_as, by))

    await gateways.store.auto_enables.update(auto_enable.workspace, auto_enable.id, change)


async def list_disabled(
    gateways: Gateways,
    invocation: Invocation,
    command: ListTimers,
    first: frozenset[ITwinId] = frozenset(),
    most: int = MAX_ITWINS,
) -> DisabledListed:
    """List the disabled timers that the person's own token can read.

    At most ``most`` iTwins are read, ``first`` before others: each takes one request from the
    person's share.
    """
    resolver = NameResolver(gateways, invocation, command)
    if command.itwin:
        itwin = await resolver.itwin(command.itwin)
        _, timers = await resolver.timers(itwin)
        off = await _disabled_in(gateways, invocation, itwin, timers)
        return DisabledListed(off, itwin=itwin, page=command.page)
    itwins = await _likeliest_first(gateways, invocation, await resolver.itwins(), first)
    turns = asyncio.Semaphore(MAX_CONCURRENT)

    async def read(itwin: ITwin) -> tuple[DisabledTimer, ...] | None:
        async with turns:
            try:
                _, timers = await resolver.timers(itwin)
            except ApiError:
                return None
            return await _disabled_in(gateways, invocation, itwin, timers)

    chosen, left = itwins[:most], len(itwins[most:])
    results = list(zip(chosen, await asyncio.gather(*map(read, chosen)), strict=True))
    found = tuple(one for _, off in results for one in off or ())
    unread = tuple(itwin for itwin, off in results if off is None)
    return DisabledListed(found, unread, left, page=command.page)


async def _likeliest_first(
    gateways: Gateways, invocation: Invocation, itwins: tuple[ITwin, ...], first: frozenset[ITwinId]
) -> list[ITwin]:
    """Sort the iTwins: first those with auto-enables, requests, subscriptions, recent changes."""
    store, workspace = gateways.store, invocation.workspace
    known = {auto_enable.itwin.id for auto_enable in await store.auto_enables.open(workspace)}
    known |= {one.operation.itwin.id for one in await store.approvals.open(workspace)}
    known |= {one.itwin.id for one in await store.subscriptions.open(workspace)}
    known |= set(await store.option_lists.changed_last(workspace))
    return sorted(itwins, key=lambda itwin: (itwin.id not in known, itwin.id not in first))


async def _disabled_in(
    gateways: Gateways, invocation: Invocation, itwin: ITwin, timers: tuple[Timer, ...]
) -> tuple[DisabledTimer, ...]:
    off = sorted((one for one in timers if not one.enabled), key=Timer.in_lists)
    return tuple([await _disabled_timer(gateways, invocation, itwin, timer) for timer in off])


async def _disabled_timer(
    gateways: Gateways, invocation: Invocation, itwin: ITwin, timer: Timer
) -> DisabledTimer:
    """Return a disabled timer with since when, by whom and why, as far as the bot knows."""
    before = (await observe(gateways, invocation, itwin, timer)).last_seen
    # A timer last seen enabled was disabled elsewhere, at an unknown time.
    last = before if before and not before.enabled else LastSeen(enabled=False, at=invocation.now)
    auto_enable = await auto_enable_of(gateways, itwin, timer.id, invocation)
    reason = auto_enable.reason if auto_enable else ""
    if last.operation is not None and not reason:
        operation = await gateways.store.operations.read(invocation.workspace, last.operation)
        reason = operation.reason if operation else ""
    return DisabledTimer(itwin, timer, last, reason, auto_enable)
