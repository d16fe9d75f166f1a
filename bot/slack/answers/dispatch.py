"""From a command to what became of it: every command has a feature."""

from dataclasses import replace
from functools import partial

from bot.context import Context
from bot.core.errors import PersonRefused, SignInNeeded
from bot.core.invocation import Invocation
from bot.core.language.commands import (
    ChangeAutoEnable,
    Command,
    Decide,
    Help,
    History,
    ListTimers,
    OpenChooser,
    Pending,
    SetChannelDefault,
    Show,
    SignIn,
    SignOut,
    Subscribe,
    Subscriptions,
    Switch,
    Undo,
    Unsubscribe,
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
from bot.features.select_options import Owner
from bot.gateways.slack.channels import postable_channel
from bot.gateways.slack.client import SlackUnavailable


async def run(context: Context, invocation: Invocation, command: Command) -> Outcome:
    """Act on a command; who is not signed in gets a link, and the command waits."""
    try:
        meant = await channel_default.with_channel_default(context.gateways, invocation, command)
        return await _act(context, invocation, meant)
    except SignInNeeded as needed:
        return await offer_sign_in(context, invocation, str(command), needed)


async def offer_sign_in(
    context: Context, invocation: Invocation, waiting: str, needed: SignInNeeded
) -> Outcome:
    return await accounts.offer_sign_in(
        context.gateways, context.sign_in_urls, invocation, waiting, ended=needed.ended
    )


async def chooser(
    context: Context, invocation: Invocation, command: OpenChooser, reason: str = ""
) -> Outcome:
    """Open the window to choose in; the lists behind its selects are read meanwhile."""
    await context.option_lists.warm(Owner(invocation.workspace, invocation.who))
    return await forms.open_chooser(
        context.gateways, await with_groups(context, invocation), command, reason
    )


async def with_groups(context: Context, invocation: Invocation) -> Invocation:
    """Add what the policy has to know of a person who wants something changed."""
    named = context.gateways.policy_file.current.groups()
    return replace(invocation, groups=await groups_of(context, invocation.who, named))


async def groups_of(context: Context, person: PersonId, named: frozenset[str]) -> frozenset[str]:
    """Return those of the named that they are in. Raises PersonRefused."""
    try:
        return await context.directory.groups_of(
            person, named, context.gateways.policy_file.current.denying()
        )
    except SlackUnavailable as away:
        raise PersonRefused("unchecked") from away


async def _act(context: Context, invocation: Invocation, command: Command) -> Outcome:
    gateways = context.gateways
    match command:
        case OpenChooser():
            return await chooser(context, invocation, command)
        case Switch():
            return await timers.switch(gateways, await with_groups(context, invocation), command)
        case Undo():
            return await timers.undo(gateways, await with_groups(context, invocation), command)
        case ChangeAutoEnable():
            meant = await auto_enables.as_switch(gateways, invocation, command)
            outcome = await timers.switch(gateways, await with_groups(context, invocation), meant)
            return await auto_enables.close_if_already_on(gateways, invocation, command, outcome)
        case Decide():
            return await approvals.decide(
                gateways, invocation, command, partial(groups_of, context)
            )
        case Pending(page):
            return await approvals.pending(gateways, invocation, partial(groups_of, context), page)
        case Show():
            return await timers.show(gateways, invocation, command)
        case ListTimers(disabled=True):
            return await auto_enables.list_disabled(gateways, invocation, command)
        case ListTimers():
            return await timers.listed(gateways, invocation, command)
        case History():
            return await history.show_history(gateways, invocation, command)
        case Subscribe(itwin=""):
            await context.option_lists.warm(Owner(invocation.workspace, invocation.who))
            return await forms.open_subscription_form(gateways, invocation)
        case Subscribe():
            place = await postable_channel(context, invocation.channel)
            return await subscriptions.subscribe(gateways, invocation, command, place)
        case Unsubscribe():
            return await subscriptions.unsubscribe(gateways, invocation, command)
        case Subscriptions(page):
            return await subscriptions.list_subscriptions(gateways, invocation, page)
        case SetChannelDefault():
            return await channel_default.use(gateways, invocation, command)
        case SignIn():
            return await accounts.sign_in(gateways, context.sign_in_urls, invocation)
        case SignOut():
            return await accounts.sign_out(gateways, invocation)
        case WhoAmI():
            return await accounts.who_am_i(gateways, invocation)
        case Help(verb):
            return HelpShown(verb)
