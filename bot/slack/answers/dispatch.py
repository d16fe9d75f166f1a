"""Maps each command to the feature that carries it out."""

from dataclasses import replace

from bot import __version__
from bot.context import Context
from bot.core.errors import NoChannelDefault, NoSuchName, SignInNeeded
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
    Readings,
    SetChannelDefault,
    Show,
    SignIn,
    SignOut,
    Subscribe,
    Subscriptions,
    Switch,
    Undo,
    Unsubscribe,
    Version,
    WhoAmI,
)
from bot.core.outcomes import HelpShown, Outcome, VersionShown
from bot.core.suggestions import Owner
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
from bot.features.readings import Reader, check_ends
from bot.features.resolver import NameResolver, Naming, channel_itwin
from bot.gateways.gateways import policy_groups
from bot.gateways.slack.channels import postable_channel


async def run(context: Context, invocation: Invocation, command: Command) -> Outcome:
    """Carry out a command, or offer a sign-in link and keep the command for after that."""
    try:
        return await _run_meant(context, invocation, command)
    except SignInNeeded as needed:
        check_ends(invocation, command)
        return await offer_sign_in(context, invocation, str(command), needed)


async def _run_meant(context: Context, invocation: Invocation, command: Command) -> Outcome:
    """Carry out the command that the typed words mean."""
    gateways = context.gateways
    if not isinstance(command, Naming | Readings):
        return await _run(context, invocation, command)
    resolver = NameResolver(gateways, invocation, OpenChooser())
    here = await channel_itwin(gateways, invocation)
    reader = Reader(invocation, resolver, here)
    meant: Command = command
    try:
        if not isinstance(command, Readings):
            check_ends(invocation, command)
            meant = channel_default.with_channel_default(command, here)
        if isinstance(meant, Readings):
            meant = channel_default.filled(await reader.choose(meant), here)
        return await _run(context, invocation, meant, resolver)
    except (NoSuchName, NoChannelDefault) as error:
        instead = await reader.instead(meant, error)
        return await _run(context, invocation, instead, resolver)


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


async def _run(
    context: Context,
    invocation: Invocation,
    command: Command,
    known: NameResolver | None = None,
) -> Outcome:
    """Carry out a command that has one reading; ``known`` has lists that were read for it."""
    gateways = context.gateways
    resolver = known.about(command) if known and isinstance(command, Naming) else None
    match command:
        case Readings():
            raise TypeError(command)
        case OpenChooser():
            return await chooser(context, invocation, command)
        case Switch():
            knowing = await with_groups(context, invocation)
            return await timers.switch(gateways, knowing, command, resolver)
        case Undo():
            return await timers.undo(gateways, await with_groups(context, invocation), command)
        case ChangeAutoEnable():
            switch = await auto_enables.as_switch(gateways, invocation, command)
            outcome = await timers.switch(gateways, await with_groups(context, invocation), switch)
            return await auto_enables.close_if_already_on(gateways, invocation, command, outcome)
        case Decide():
            return await approvals.decide(gateways, invocation, command)
        case Pending(page):
            return await approvals.pending(gateways, invocation, page)
        case Show():
            return await timers.show(gateways, invocation, command, resolver)
        case ListTimers(disabled=True):
            return await auto_enables.list_disabled(gateways, invocation, command)
        case ListTimers():
            return await timers.listed(gateways, invocation, command)
        case History():
            return await history.show_history(gateways, invocation, command, resolver)
        case Subscribe() | Unsubscribe() | Subscriptions() | SetChannelDefault():
            return await _run_for_channel(context, invocation, command, resolver)
        case SignIn() | SignOut() | WhoAmI() | Version() | Help():
            return await _run_for_person(context, invocation, command)


async def _run_for_channel(
    context: Context,
    invocation: Invocation,
    command: Subscribe | Unsubscribe | Subscriptions | SetChannelDefault,
    resolver: NameResolver | None,
) -> Outcome:
    gateways = context.gateways
    match command:
        case Subscribe(itwin=""):
            await context.option_lists.warm(Owner(invocation.workspace, invocation.who))
            return await forms.open_subscription_form(gateways, invocation)
        case Subscribe():
            channel = await postable_channel(context.slack, invocation.channel)
            return await subscriptions.subscribe(gateways, invocation, command, channel, resolver)
        case Unsubscribe():
            return await subscriptions.unsubscribe(gateways, invocation, command)
        case Subscriptions(page):
            return await subscriptions.list_subscriptions(gateways, invocation, page)
        case SetChannelDefault():
            return await channel_default.use(gateways, invocation, command)


async def _run_for_person(
    context: Context, invocation: Invocation, command: SignIn | SignOut | WhoAmI | Version | Help
) -> Outcome:
    gateways = context.gateways
    match command:
        case SignIn():
            return await accounts.sign_in(gateways, context.sign_in_urls, invocation)
        case SignOut():
            return await accounts.sign_out(gateways, invocation)
        case WhoAmI():
            return await accounts.who_am_i(gateways, invocation)
        case Version():
            return VersionShown(__version__)
        case Help(about):
            return HelpShown(about)
