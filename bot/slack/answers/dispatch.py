"""From a command to what became of it: every command has a feature."""

from dataclasses import replace
from functools import partial

from bot.context import Desk
from bot.core.errors import PersonRefused, SignInNeeded
from bot.core.invocation import Asked
from bot.core.language.commands import (
    Bring,
    Choose,
    Command,
    Decide,
    Help,
    History,
    ListTimers,
    Pending,
    Show,
    SignIn,
    SignOut,
    Subscribe,
    Subscriptions,
    Switch,
    Undo,
    Unsubscribe,
    Use,
    WhoAmI,
)
from bot.core.names import PersonId
from bot.core.outcomes import HelpShown, Outcome
from bot.features import (
    accounts,
    approvals,
    auto_enables,
    channel_default,
    forms,
    history,
    subscriptions,
    timers,
)
from bot.features.select_options import Whose
from bot.gateways.slack.channels import place_for
from bot.gateways.slack.client import SlackAway


async def run(desk: Desk, asked: Asked, command: Command) -> Outcome:
    """Act on a command; who is not signed in gets a link, and the command waits."""
    try:
        meant = await channel_default.meant(desk.gateways, asked, command)
        return await _act(desk, asked, meant)
    except SignInNeeded as needed:
        return await offer(desk, asked, str(command), needed)


async def offer(desk: Desk, asked: Asked, waiting: str, needed: SignInNeeded) -> Outcome:
    return await accounts.offer(desk.gateways, desk.door, asked, waiting, ended=needed.ended)


async def chooser(desk: Desk, asked: Asked, command: Choose, because: str = "") -> Outcome:
    """Open the window to choose in; the lists behind its selects are read meanwhile."""
    await desk.suggesting.warm(Whose(asked.workspace, asked.who))
    return await forms.opened(desk.gateways, await known(desk, asked), command, because)


async def known(desk: Desk, asked: Asked) -> Asked:
    """Add what the policy has to know of a person who wants something changed."""
    named = desk.gateways.rules.current.groups()
    return replace(asked, groups=await groups_of(desk, asked.who, named))


async def groups_of(desk: Desk, person: PersonId, named: frozenset[str]) -> frozenset[str]:
    """Return those of the named that they are in. Raises PersonRefused."""
    try:
        return await desk.directory.groups_of(person, named, desk.gateways.rules.current.denying())
    except SlackAway as away:
        raise PersonRefused("unchecked") from away


async def _act(desk: Desk, asked: Asked, command: Command) -> Outcome:
    gateways = desk.gateways
    match command:
        case Choose():
            return await chooser(desk, asked, command)
        case Switch():
            return await timers.switch(gateways, await known(desk, asked), command)
        case Undo():
            return await timers.undo(gateways, await known(desk, asked), command)
        case Bring():
            meant = await auto_enables.meant(gateways, asked, command)
            outcome = await timers.switch(gateways, await known(desk, asked), meant)
            return await auto_enables.seen(gateways, asked, command, outcome)
        case Decide():
            return await approvals.decide(gateways, asked, command, partial(groups_of, desk))
        case Pending(page):
            return await approvals.pending(gateways, asked, partial(groups_of, desk), page)
        case Show():
            return await timers.show(gateways, asked, command)
        case ListTimers(disabled=True):
            return await auto_enables.listed(gateways, asked, command)
        case ListTimers():
            return await timers.listed(gateways, asked, command)
        case History():
            return await history.shown(gateways, asked, command)
        case Subscribe(itwin=""):
            await desk.suggesting.warm(Whose(asked.workspace, asked.who))
            return await forms.subscription(gateways, asked)
        case Subscribe():
            place = await place_for(desk, asked.channel)
            return await subscriptions.subscribe(gateways, asked, command, place)
        case Unsubscribe():
            return await subscriptions.unsubscribe(gateways, asked, command)
        case Subscriptions(page):
            return await subscriptions.listed(gateways, asked, page)
        case Use():
            return await channel_default.use(gateways, asked, command)
        case SignIn():
            return await accounts.sign_in(gateways, desk.door, asked)
        case SignOut():
            return await accounts.sign_out(gateways, asked)
        case WhoAmI():
            return await accounts.who(gateways, asked)
        case Help(verb):
            return HelpShown(verb)
