"""Maps each command to the feature that carries it out."""

from dataclasses import replace

from bot.context import Context
from bot.core.errors import SignInNeeded
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
    Redo,
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
from bot.core.names import is_own_id
from bot.core.outcomes import DecisionQuestion, HelpShown, Outcome, UndoQuestion
from bot.core.suggestions import Owner
from bot.features import (
    accounts,
    approvals,
    auto_enables,
    channel_default,
    forms,
    history,
    open_requests,
    references,
    subscriptions,
    timers,
)
from bot.gateways.gateways import Gateways, policy_groups
from bot.gateways.slack.channels import postable_channel


async def run(context: Context, invocation: Invocation, command: Command) -> Outcome:
    """Carry out a command, or offer a sign-in link and keep the command for after that."""
    try:
        complete = await channel_default.with_channel_default(context.gateways, invocation, command)
        found = await _with_whole_id(context.gateways, invocation, complete)
        if isinstance(found, UndoQuestion | DecisionQuestion):
            return found
        if found is not complete:  # after a sign-in the same record is meant, whatever is newer
            command = found
        return await _run(context, invocation, found)
    except SignInNeeded as needed:
        return await offer_sign_in(context, invocation, str(command), needed)


async def offer_sign_in(
    context: Context, invocation: Invocation, pending: str, needed: SignInNeeded
) -> Outcome:
    """Offer a sign-in link; ``pending`` is the command that is offered again after the sign-in."""
    return await accounts.offer_sign_in(
        context.gateways, context.sign_in_urls, invocation, pending, ended=needed.ended
    )


async def chooser(
    context: Context, invocation: Invocation, command: OpenChooser, reason: str = ""
) -> Outcome:
    """Return the chooser modal, and start to read the lists for its selects."""
    await context.option_lists.warm(Owner(invocation.workspace, invocation.who))
    return await forms.open_chooser(
        context.gateways, await with_groups(context, invocation), command, reason
    )


async def with_groups(context: Context, invocation: Invocation) -> Invocation:
    """Add the person's groups, by which the policy judges a change. Raises PersonRefused."""
    return replace(invocation, groups=await policy_groups(context.gateways, invocation.who))


async def _with_whole_id(
    gateways: Gateways, invocation: Invocation, command: Command
) -> Command | UndoQuestion | DecisionQuestion:
    """Find the record that a command means, unless it names its whole id."""
    match command:
        case Undo(operation) if not is_own_id(operation):
            return await references.find_undo(gateways, invocation, command)
        case Redo() if not invocation.confirmed:
            return await references.find_redo(gateways, invocation, command)
        case Decide(request=request) if not is_own_id(request):
            return await open_requests.find(gateways, invocation, command)
        case ChangeAutoEnable(off=off) if not is_own_id(off):
            return await auto_enables.find(gateways, invocation, command)
        case Unsubscribe(subscription) if not is_own_id(subscription):
            return await subscriptions.find(gateways, invocation, command)
        case _:
            return command


async def _run(context: Context, invocation: Invocation, command: Command) -> Outcome:
    gateways = context.gateways
    match command:
        case OpenChooser():
            return await chooser(context, invocation, command)
        case Switch():
            return await timers.switch(gateways, await with_groups(context, invocation), command)
        case Undo():
            return await timers.undo(gateways, await with_groups(context, invocation), command)
        case Redo():
            return await timers.redo(gateways, await with_groups(context, invocation), command)
        case ChangeAutoEnable():
            switch = await auto_enables.as_switch(gateways, invocation, command)
            outcome = await timers.switch(gateways, await with_groups(context, invocation), switch)
            return await auto_enables.close_if_already_on(gateways, invocation, command, outcome)
        case Decide():
            return await approvals.decide(gateways, invocation, command)
        case Pending(page):
            return await open_requests.pending(gateways, invocation, page)
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
            channel = await postable_channel(context.slack, invocation.channel)
            return await subscriptions.subscribe(gateways, invocation, command, channel)
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
