"""The modals in which a command is chosen instead of typed: the chooser and the subscription.

A submitted modal becomes the same command that could have been typed. Here the modal is opened
and updated, with a preview of what the command would do.
"""

import asyncio
from dataclasses import replace

from bot.core.change_requests import draft_operation, ruling_for, skipped_runs
from bot.core.errors import ApiError, InvalidCommand, SignInNeeded, Unclear
from bot.core.invocation import Invocation
from bot.core.language.commands import OpenChooser, Switch, SwitchVerb
from bot.core.language.forms import ChooserForm, phrase_from_input
from bot.core.language.until import AmbiguousTime, parse_until
from bot.core.listings import TimerShown
from bot.core.names import ITwinId, TimerId
from bot.core.operations.operation import ActingAccount
from bot.core.surfaces import ChooserShown, SubscriptionFormShown
from bot.core.timers import ITwin, Timer
from bot.features.resolver import NameResolver
from bot.features.starting import observe
from bot.gateways.edfs import Caller
from bot.gateways.gateways import Gateways, with_token

# Seconds. A trigger id expires after three; what is not read by then is left for the person.
OPENED_WITHIN = 1.8


async def open_chooser(
    gateways: Gateways, invocation: Invocation, command: OpenChooser, reason: str = ""
) -> ChooserShown:
    """Return the chooser, filled in with what the command names. Raises SignInNeeded."""
    await _signed_in(gateways, invocation)
    wanted = {"enable": True, "disable": False}.get(command.verb)
    form = ChooserShown(
        invocation.channel,
        wanted=wanted,
        until=command.until,
        reason=reason or command.reason,
    )
    if not command.itwin:
        here = await gateways.store.channel_outbox.default(invocation.workspace, invocation.channel)
        return replace(form, itwin=here)
    try:
        async with asyncio.timeout(OPENED_WITHIN):
            return await _filled_in(gateways, invocation, command, form)
    except ApiError as failure:  # the person can still choose another timer
        return replace(form, error=failure)
    except TimeoutError:
        return replace(form, error=Unclear(operation="timers", why="timeout"))


async def _filled_in(
    gateways: Gateways, invocation: Invocation, command: OpenChooser, form: ChooserShown
) -> ChooserShown:
    resolver = NameResolver(gateways, invocation, command)
    itwin = await resolver.itwin(command.itwin)
    if not command.timer:
        return replace(form, itwin=itwin)
    _, timer = await resolver.timer(itwin, command.timer)
    found = await observe(gateways, invocation, itwin, timer.without_values())
    chosen = replace(form, itwin=itwin, shown=found)
    return await preview(gateways, invocation, chosen, form.wanted)


async def update_chooser(
    gateways: Gateways, invocation: Invocation, form: ChooserForm
) -> ChooserShown:
    """Return the chooser after the person has changed an input.

    Bentley is asked only for a timer that the modal does not show yet, so typing reads nothing.
    """
    chooser = ChooserShown(
        invocation.channel, wanted=form.wanted, until=form.until, reason=form.reason
    )
    if form.itwin is None:
        return chooser
    if form.shown is not None and form.shows_what_is_picked:
        found = TimerShown(form.shown.itwin, form.shown.timer, None)
        return await preview(gateways, invocation, replace(chooser, shown=found), form.wanted)
    try:
        itwin = await _named(gateways, invocation, form.itwin)
        if form.timer is None:
            return replace(chooser, itwin=itwin)
        found = await _read(gateways, invocation, itwin, form.timer)
    except ApiError as failure:
        return replace(chooser, error=failure)
    return await preview(gateways, invocation, replace(chooser, shown=found), form.wanted)


async def _signed_in(gateways: Gateways, invocation: Invocation) -> None:
    if await gateways.ims.account(invocation.workspace, invocation.who) is None:
        raise SignInNeeded


async def _named(gateways: Gateways, invocation: Invocation, itwin: ITwinId) -> ITwin:
    kept = await gateways.store.timers.itwins(invocation.workspace, invocation.who) or ()
    known = {one.id: one for one in kept}
    return known.get(itwin) or await NameResolver(gateways, invocation, OpenChooser(itwin)).itwin(
        itwin
    )


async def _read(
    gateways: Gateways, invocation: Invocation, itwin: ITwin, timer: TimerId
) -> TimerShown:
    async def call(caller: Caller) -> Timer:
        return await gateways.edfs.timer(caller, itwin.id, timer)

    _, found = await with_token(gateways, invocation.workspace, invocation.who, call)
    return await observe(gateways, invocation, itwin, found.without_values())


async def preview(
    gateways: Gateways, invocation: Invocation, form: ChooserShown, wanted: bool | None = None
) -> ChooserShown:
    """Return the chooser with what would happen: its end, skipped runs and the policy's ruling."""
    found = form.shown
    if found is None:
        return form
    goal = not found.timer.enabled if wanted is None else wanted
    form = replace(form, itwin=found.itwin, wanted=goal)
    if form.until and not goal:
        form = _with_end(gateways, invocation, form, found.timer)
    verb: SwitchVerb = "enable" if goal else "disable"
    command = Switch(verb, found.itwin.id, found.timer.id, form.reason)
    account = await gateways.ims.account(invocation.workspace, invocation.who)
    account_only = ActingAccount(account.subject if account else "", "", "")
    operation = draft_operation(
        invocation,
        gateways.timeouts,
        command,
        account_only,
        found,
        wanted=goal,
        until=form.auto_enable,
    )
    return replace(
        form,
        skipped=skipped_runs(operation, gateways.schedule_zone),
        ruling=ruling_for(gateways.policy_file.current, operation, invocation.groups),
    )


def _with_end(
    gateways: Gateways, invocation: Invocation, form: ChooserShown, timer: Timer
) -> ChooserShown:
    zone = invocation.person.zone
    try:
        phrase = phrase_from_input(form.until)
        found = parse_until(phrase, invocation.now, zone, timer.cron, gateways.schedule_zone)
    except InvalidCommand as refused:
        return replace(form, ambiguous=refused.reason)
    if isinstance(found, AmbiguousTime):
        return replace(form, ambiguous=found.why)
    return replace(form, auto_enable=found)


async def open_subscription_form(
    gateways: Gateways, invocation: Invocation
) -> SubscriptionFormShown:
    """Return the subscription form, filled in with the channel's iTwin. Raises SignInNeeded."""
    await _signed_in(gateways, invocation)
    here = await gateways.store.channel_outbox.default(invocation.workspace, invocation.channel)
    return SubscriptionFormShown(invocation.channel, here)
