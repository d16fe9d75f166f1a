"""The windows in which a command is pointed at instead of typed: the chooser and the subscription.

What is filled in becomes the same command that could have been typed; here it is only looked at,
so that the window can say what would come of it.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from bot.core.errors import ApiError, NotUnderstood, SignInNeeded, Unclear
from bot.core.invocation import Asked
from bot.core.language.commands import Choose, Switch, SwitchVerb
from bot.core.language.forms import Facts, phrase_typed
from bot.core.language.until import Doubtful, read
from bot.core.listings import TimerShown
from bot.core.names import ITwinId, TimerId, is_guid
from bot.core.operations.operation import Acting
from bot.core.surfaces import ChooserShown, SubscribeAsked
from bot.core.timers import ITwin, Timer
from bot.features.resolver import Finding
from bot.features.starting import judged, shown, skipped, wish
from bot.gateways.edfs import Caller
from bot.gateways.gateways import Gateways, with_token

OPENED_WITHIN = 1.8  # a trigger lives three seconds; what is not read by then is chosen by hand


async def opened(
    gateways: Gateways, asked: Asked, command: Choose, because: str = ""
) -> ChooserShown:
    """Open the window, with what was named filled in. Raises SignInNeeded."""
    await _signed_in(gateways, asked)
    form = ChooserShown(asked.channel, because=because)
    if not command.itwin:
        here = await gateways.store.channels.default(asked.workspace, asked.channel)
        return replace(form, itwin=here)
    try:
        async with asyncio.timeout(OPENED_WITHIN):
            return await _filled_in(gateways, asked, command, form)
    except ApiError as trouble:  # whoever may not see it can still choose something else
        return replace(form, trouble=trouble)
    except TimeoutError:
        return replace(form, trouble=Unclear(operation="timers", why="timeout"))


async def _filled_in(
    gateways: Gateways, asked: Asked, command: Choose, form: ChooserShown
) -> ChooserShown:
    finding = Finding(gateways, asked, command)
    itwin = await finding.itwin(command.itwin)
    if not command.timer:
        return replace(form, itwin=itwin)
    _, timer = await finding.timer(itwin, command.timer)
    found = await shown(gateways, asked, itwin, timer.without_values())
    return await weighed(gateways, asked, replace(form, itwin=itwin, shown=found))


async def chosen(
    gateways: Gateways, asked: Asked, filled: Mapping[str, str], kept: Mapping[str, str]
) -> ChooserShown:
    """Return the window after somebody has picked or typed something in it.

    ``kept`` are the facts of the timer that the window showed before: only another timer is read.
    """
    until, because = filled.get("edfs.until", ""), filled.get("edfs.because", "")
    form = ChooserShown(asked.channel, until=until, because=because)
    picked, wanted = filled.get("edfs.itwin", ""), _state(filled.get("edfs.wanted", ""))
    if not is_guid(picked):
        return form
    before = Facts.read(kept)
    timer = filled.get("edfs.timer", "")
    if before is not None and (before.itwin.id, before.timer.id) == (picked, timer):
        found = TimerShown(before.itwin, before.timer, None)
        return await weighed(gateways, asked, replace(form, shown=found), wanted)
    try:
        itwin = await _named(gateways, asked, ITwinId(picked))
        if not is_guid(timer):
            return replace(form, itwin=itwin)
        found = await _read(gateways, asked, itwin, TimerId(timer))
    except ApiError as trouble:
        return replace(form, trouble=trouble)
    return await weighed(gateways, asked, replace(form, shown=found), wanted)


def _state(word: str) -> bool | None:
    return {"enable": True, "disable": False}.get(word)


async def _signed_in(gateways: Gateways, asked: Asked) -> None:
    if await gateways.ims.account(asked.workspace, asked.who) is None:
        raise SignInNeeded


async def _named(gateways: Gateways, asked: Asked, itwin: ITwinId) -> ITwin:
    kept = await gateways.store.timers.itwins(asked.workspace, asked.who) or ()
    known = {one.id: one for one in kept}
    return known.get(itwin) or await Finding(gateways, asked, Choose(itwin)).itwin(itwin)


async def _read(gateways: Gateways, asked: Asked, itwin: ITwin, timer: TimerId) -> TimerShown:
    async def call(caller: Caller) -> Timer:
        return await gateways.edfs.timer(caller, itwin.id, timer)

    _, found = await with_token(gateways, asked.workspace, asked.who, call)
    return await shown(gateways, asked, itwin, found.without_values())


async def weighed(
    gateways: Gateways, asked: Asked, form: ChooserShown, wanted: bool | None = None
) -> ChooserShown:
    """Say what would come of it: when it is back, which runs it misses, what the policy wants."""
    found = form.shown
    if found is None:
        return form
    goal = not found.timer.enabled if wanted is None else wanted
    form = replace(form, itwin=found.itwin, wanted=goal)
    if form.until and not goal:
        form = _until_read(gateways, asked, form, found.timer)
    verb: SwitchVerb = "enable" if goal else "disable"
    command = Switch(verb, found.itwin.id, found.timer.id, form.because)
    account = await gateways.ims.account(asked.workspace, asked.who)
    nobody = Acting(account.subject if account else "", "", "")
    wished = wish(asked, gateways.terms, command, nobody, found, wanted=goal, until=form.back)
    return replace(form, skipped=skipped(gateways, wished), ruling=judged(gateways, asked, wished))


def _until_read(gateways: Gateways, asked: Asked, form: ChooserShown, timer: Timer) -> ChooserShown:
    zone = asked.person.zone
    try:
        phrase = phrase_typed(form.until)
        found = read(phrase, asked.now, zone, timer.cron, gateways.schedule_zone)
    except NotUnderstood as refused:
        return replace(form, doubt=refused.reason)
    if isinstance(found, Doubtful):
        return replace(form, doubt=found.why)
    return replace(form, back=found)


async def subscription(gateways: Gateways, asked: Asked) -> SubscribeAsked:
    """Open the window of a subscription, about the channel's iTwin first. Raises SignInNeeded."""
    await _signed_in(gateways, asked)
    here = await gateways.store.channels.default(asked.workspace, asked.channel)
    return SubscribeAsked(asked.channel, here)
