"""Messages of an outcome: one case for each, which the type checker holds complete."""

from bot.core.actions import Action
from bot.core.language.commands import COMMAND
from bot.core.listings import (
    DisabledListed,
    HistoryShown,
    ITwinsListed,
    PendingListed,
    SubscriptionsListed,
    TimerShown,
    TimersListed,
)
from bot.core.names import single_line
from bot.core.outcomes import (
    AlreadyInState,
    ApprovalRequested,
    ConfirmationNeeded,
    DecisionHint,
    DecisionQuestion,
    DefaultSet,
    DefaultShown,
    DetailsShown,
    Duplicate,
    Failed,
    HelpShown,
    OperationStarted,
    Outcome,
    RequestDecided,
    SeveralQuestion,
    SeveralStarted,
    SignedIn,
    SignedInAlready,
    SignedOut,
    SignInOffered,
    Subscribed,
    TimeChoiceNeeded,
    UndoQuestion,
    Unsubscribed,
    VersionShown,
    WhoAmIShown,
)
from bot.core.surfaces import ChooserShown, HomeShown, SubscriptionFormShown
from bot.core.zones import is_offset
from bot.gateways.slack.messages import Block, Ephemeral, Message
from bot.slack.views import (
    approval_replies,
    auto_enables,
    channel_default,
    chooser,
    confirmations,
    history,
    home,
    references,
    several,
    subscriptions,
    timers,
)
from bot.slack.views.blocks import (
    NAME,
    Button,
    Line,
    Timestamp,
    bold,
    buttons,
    code,
    context_block,
    fallback_text,
    header,
    line,
    paragraph,
)
from bot.slack.views.cards import state_word, title_of
from bot.slack.views.choices import MAX_BUTTONS, choice_blocks, choice_buttons
from bot.slack.views.errors import error_text
from bot.slack.views.help import help_about


def render(outcome: Outcome, now: float, zone: str) -> list[Message]:
    """Return the messages that answer a command; ``zone`` is that of the schedules."""
    match outcome:
        case OperationStarted() | SeveralStarted():
            return []  # it has a card
        case Duplicate():
            return [_duplicate(outcome)]
        case SignInOffered():
            return [_sign_in(outcome)]
        case SignedIn() | SignedInAlready() | SignedOut() | WhoAmIShown():
            return [_account(outcome)]
        case HelpShown(about):
            return [help_about(about)]
        case VersionShown(version):
            return [_note(f"EDFS Bot {version}", [line("The bot that answers here.")])]
        case ITwinsListed() | TimersListed() | TimerShown() | AlreadyInState() | DetailsShown():
            return [_of_timers(outcome, now, zone)]
        case TimeChoiceNeeded():
            return [confirmations.choose_time(outcome)]
        case ConfirmationNeeded():
            return [confirmations.confirm_change(outcome)]
        case SeveralQuestion():
            return [several.question(outcome)]
        case UndoQuestion():
            return [references.which_undo(outcome)]
        case DecisionQuestion():
            return [references.which_request(outcome)]
        case ApprovalRequested() | RequestDecided() | DecisionHint() | PendingListed():
            return [_of_requests(outcome)]
        case DisabledListed():
            return [auto_enables.disabled(outcome)]
        case Subscribed() | Unsubscribed() | SubscriptionsListed():
            return [_of_subscriptions(outcome)]
        case HistoryShown():
            return [history.shown(outcome, now)]
        case HomeShown() | ChooserShown() | SubscriptionFormShown():
            return [_surface(outcome, now, zone)]
        case DefaultShown(itwin):
            return [channel_default.shown(itwin)]
        case DefaultSet(itwin, by):
            return [channel_default.set_by(itwin, by)]
        case Failed():
            return [failed(outcome, now)]


def _of_timers(
    outcome: ITwinsListed | TimersListed | TimerShown | AlreadyInState | DetailsShown,
    now: float,
    zone: str,
) -> Message:
    match outcome:
        case ITwinsListed():
            return timers.itwins(outcome)
        case TimersListed():
            return timers.timers(outcome)
        case TimerShown():
            title = f"{_name(outcome)} is {state_word(outcome.timer.enabled)}"
            return timers.timer(outcome, title, now, zone)
        case AlreadyInState(shown):
            title = f"{_name(shown)} is already {state_word(shown.timer.enabled)}"
            return timers.timer(shown, title, now, zone)
        case DetailsShown():
            return timers.details(outcome, now, zone)


def _of_subscriptions(outcome: Subscribed | Unsubscribed | SubscriptionsListed) -> Ephemeral:
    match outcome:
        case Subscribed():
            return subscriptions.subscribed(outcome)
        case Unsubscribed():
            return subscriptions.unsubscribed(outcome)
        case SubscriptionsListed():
            return subscriptions.listed(outcome)


def _of_requests(
    outcome: ApprovalRequested | RequestDecided | DecisionHint | PendingListed,
) -> Ephemeral:
    match outcome:
        case ApprovalRequested():
            return approval_replies.requested(outcome)
        case RequestDecided():
            return approval_replies.decided(outcome)
        case DecisionHint():
            return approval_replies.decision_hint(outcome)
        case PendingListed():
            return approval_replies.pending(outcome)


def _surface(
    shown: HomeShown | ChooserShown | SubscriptionFormShown, now: float, zone: str
) -> Message:
    match shown:
        case HomeShown():
            return home.home_view(shown, now)
        case ChooserShown():
            return chooser.chooser(shown, now, zone)
        case SubscriptionFormShown():
            return chooser.subscribe(shown)


def _duplicate(outcome: Duplicate) -> Ephemeral:
    operation, reads = outcome.operation, outcome.reads
    if not operation.state.ended:
        came = [line("It is under way: ", bold(title_of(operation)), ". The card says the rest.")]
    else:
        at = Timestamp(operation.changed_at)
        came = [line("What came of it, ", at, ": ", bold(title_of(operation)), ".")]
    if reads is not None:
        came.append(line(f"It reads {state_word(reads)} now: somebody has changed it since."))
    again = line("Nothing new was begun. If you mean it once more, ask again in a minute.")
    return _note("You asked for this moments ago", [*came, again])


def continued(started: OperationStarted | SeveralStarted) -> Ephemeral:
    """Return what replaces the private message whose button started one operation, or several."""
    message = line("Under way. The card says what comes of it.")
    match started:
        case OperationStarted(operation):
            return _note(title_of(operation), [message])
        case SeveralStarted(operation_set):
            return _note(several.begun(operation_set), [message])


def sign_in_is_slow() -> Ephemeral:
    """Return what a person reads while the identity provider takes long to renew their token."""
    return _note(
        "Sign-in is slow", [line("Bentley takes long to renew your sign-in. The answer comes.")]
    )


def _name(shown: TimerShown) -> str:
    return shown.timer.title(NAME)


def _note(title: str, lines: list[Line], *more: Block) -> Ephemeral:
    return Ephemeral(fallback_text(title), [header(title), paragraph(lines), *more])


def _sign_in(offered: SignInOffered) -> Ephemeral:
    why = "Your sign-in at Bentley has ended. " if offered.ended else ""
    lines = [line(f"{why}The bot acts as you, with your own iTwin account, and never on its own.")]
    if offered.command:
        waits = code(f"{COMMAND} {single_line(offered.command, 200)}")
        lines.append(line("Your command waits and is offered back: ", waits))
    actions = buttons(
        Button("Sign in", Action.OPEN_URL, url=offered.url, style="primary"),
        Button("New link", Action.NEW_LINK, offered.pending_command or "-"),
    )
    hint = context_block("The link works once, for ten minutes, in one browser. Do not pass it on.")
    return _note("Sign in to iTwin", lines, actions, hint)


def _account(outcome: SignedIn | SignedInAlready | SignedOut | WhoAmIShown) -> Ephemeral:
    match outcome:
        case SignedIn(acting, pending, command) if command:
            lines = [
                line("You are signed in as ", bold(single_line(acting.label, NAME)), "."),
                line("Your command waits: ", code(f"{COMMAND} {single_line(command, 200)}")),
            ]
            actions = buttons(Button("Continue", Action.CONTINUE, pending, style="primary"))
            return _note("Signed in", lines, actions, context_block("Not you? Type /edfs signout."))
        case SignedIn(acting) | SignedInAlready(acting):
            lines = [line("You are signed in as ", bold(single_line(acting.label, NAME)), ".")]
            return _note("Signed in", lines, context_block("Not you? Type /edfs signout."))
        case SignedOut(was_signed_in=False):
            return _note("Signed out", [line("You were not signed in.")])
        case SignedOut():
            return _note("Signed out", _signed_out(outcome))
        case WhoAmIShown(None):
            return _note("Not signed in", [line("Sign in with ", code(f"{COMMAND} signin"), ".")])
        case WhoAmIShown(acting, zone):
            label = single_line(acting.label, NAME) if acting else ""
            return _note(
                "You", [line("The bot acts for you as ", bold(label), "."), _times_in(zone)]
            )


def _times_in(zone: str) -> Line:
    """Return in which zone times are read; a zone that is only an offset knows no summer time."""
    read = line("Times that you type are read in ", bold(single_line(zone, NAME)), ".")
    if not is_offset(zone):
        return read
    return (*read, *line(" The bot does not know the time zone that Slack has for you."))


def _signed_out(outcome: SignedOut) -> list[Line]:
    ended = "and Bentley has ended it." if outcome.revoked else "but Bentley could not be told."
    lines = [line(f"Your sign-in is forgotten here, {ended}")]
    if outcome.auto_enables:
        one = outcome.auto_enables == 1
        count = "1 timer was" if one else f"{outcome.auto_enables} timers were"
        first = "" if one else "the first "
        waits = f"{count} to come back on with it, {first}"
        lines.append(line(bold("Warning: "), waits, Timestamp(outcome.next_auto_enable), "."))
        stays = "it stays off, and a card asks" if one else "they stay off, and cards ask"
        step = line("Sign in again before then with ", code(f"{COMMAND} signin"))
        lines.append((*step, *line(f"; else {stays} somebody to turn it on.")))
    return lines


def failed(outcome: Failed, now: float) -> Ephemeral:
    """Return the text of an error as a message, with the buttons for the next step."""
    words = error_text(outcome.error, now)
    blocks = [header(words.title), paragraph(words.lines)]
    many = len(words.choices) > MAX_BUTTONS
    blocks += choice_blocks(words.choices) if many else []
    actions = [] if many else choice_buttons(words.choices)
    if words.chooser:
        actions.append(Button("Open the form…", Action.OPEN_CHOOSER, words.chooser))
    if words.can_retry and outcome.retry:
        actions.append(Button("Try again", Action.RUN, outcome.retry))
    if words.sign_in:
        actions.append(Button("Sign in", Action.NEW_LINK, "-", style="primary"))
    if actions:
        blocks.append(buttons(*actions))
    blocks.append(context_block(f"Trace {outcome.trace}"))
    first = words.lines[0] if words.lines else line("")
    return Ephemeral(fallback_text(words.title, ". ", *first), blocks)
