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
    Redo,
    SetChannelDefault,
    Show,
    SignIn,
    SignOut,
    Subscribe,
    Subscriptions,
    Switch,
    SwitchSeveral,
    Undo,
    Unsubscribe,
    Version,
    WhoAmI,
)
from bot.core.names import is_own_id
from bot.core.outcomes import DecisionQuestion, HelpShown, Outcome, UndoQuestion, VersionShown
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
    several,
    subscriptions,
    timers,
    undone_sets,
)
from bot.features.readings import Reader, check_ends
from bot.features.resolver import NameResolver, Naming, channel_itwin
from bot.gateways.gateways import Gateways, policy_groups
from bot.gateways.slack.channels import postable_channel


async def run(context: Context, invocation: Invocation, command: Command) -> Outcome:
    """Carry out a command, or offer a sign-in link and keep the command for after that."""
    reader = await _reader(context.gateways, invocation, command)
    waiting = meant = command
    try:
        meant = await _meant(invocation, command, reader)
        found = await _with_whole_id(context.gateways, invocation, meant)
        if isinstance(found, UndoQuestion | DecisionQuestion):
            return found
        if found is not meant:  # after a sign-in the same record is meant, whatever is newer
            waiting = found
        return await _run(context, invocation, found, reader)
    except SignInNeeded as needed:
        check_ends(invocation, command)
        return await offer_sign_in(context, invocation, str(waiting), needed)
    except (NoSuchName, NoChannelDefault) as error:
        loose = isinstance(command, Readings)
        return await _run_instead(context, invocation, meant, reader, error, loose=loose)


async def _reader(gateways: Gateways, invocation: Invocation, command: Command) -> Reader | None:
    """Return what reads the names of a command; None for a command without names."""
    if not isinstance(command, Naming | Readings):
        return None
    here = await channel_itwin(gateways, invocation)
    return Reader(invocation, NameResolver(gateways, invocation, OpenChooser()), here)


async def _meant(invocation: Invocation, command: Command, reader: Reader | None) -> Command:
    """Return the command that the typed words mean, with the channel's iTwin where none is named.

    Raises what ``Reader.choose`` and ``with_channel_default`` raise.
    """
    if reader is None:
        return command
    meant = command
    if not isinstance(meant, Readings):
        check_ends(invocation, meant)
        meant = channel_default.with_channel_default(meant, reader.here)
    if isinstance(meant, Readings):
        meant = channel_default.filled(await reader.choose(meant), reader.here)
    return meant


async def _run_instead(
    context: Context,
    invocation: Invocation,
    command: Command,
    reader: Reader | None,
    error: NoSuchName | NoChannelDefault,
    *,
    loose: bool,
) -> Outcome:
    """Carry out what a command whose names mean nothing may mean; else raise the error."""
    if reader is None:
        raise error
    try:
        instead = await reader.instead(command, error, loose=loose)
    except SignInNeeded:
        raise error from None
    return await _run(context, invocation, instead, reader)


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


async def _run(
    context: Context,
    invocation: Invocation,
    command: Command,
    reader: Reader | None = None,
) -> Outcome:
    """Carry out a command that has one reading; ``reader`` has read lists for it."""
    gateways = context.gateways
    resolver = reader.resolver.about(command) if reader and isinstance(command, Naming) else None
    match command:
        case Readings():
            raise TypeError(command)
        case OpenChooser():
            return await chooser(context, invocation, command)
        case Switch():
            knowing = await with_groups(context, invocation)
            resolver = resolver or NameResolver(gateways, invocation, command)
            if meant := await several.as_several(command, resolver):
                return await several.ask(gateways, knowing, meant, resolver.about(meant))
            return await timers.switch(gateways, knowing, command, resolver)
        case SwitchSeveral():
            resolver = resolver or NameResolver(gateways, invocation, command)
            act = several.carry_out if invocation.confirmed and invocation.seen else several.ask
            return await act(gateways, await with_groups(context, invocation), command, resolver)
        case Undo():
            return await _undo(gateways, await with_groups(context, invocation), command)
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


async def _undo(gateways: Gateways, invocation: Invocation, command: Undo) -> Outcome:
    """Undo one operation, or all of a set. Raises what the features raise."""
    sets = gateways.store.operation_sets
    if found := await sets.read(invocation.workspace, command.operation):
        return await undone_sets.undo_set(gateways, invocation, command, found)
    return await timers.undo(gateways, invocation, command)


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
