"""From an outcome to what is said. One case for each outcome; the checker counts them."""

from bot.core.language.commands import COMMAND
from bot.core.listings import (
    HistoryShown,
    ITwinsListed,
    OffListed,
    PendingListed,
    SubscriptionsListed,
    TimerShown,
    TimersListed,
)
from bot.core.names import plain
from bot.core.operations.operation import Operation
from bot.core.outcomes import (
    AlreadySo,
    ApprovalAsked,
    Begun,
    Decided,
    DefaultSet,
    DefaultShown,
    DetailsShown,
    Failed,
    HelpShown,
    Identity,
    Outcome,
    PointedOut,
    SameAgain,
    SignedIn,
    SignedInAlready,
    SignedOut,
    SignInOffered,
    Subscribed,
    SureAsked,
    TimeAsked,
    Unsubscribed,
)
from bot.core.surfaces import ChooserShown, HomeShown, SubscribeAsked
from bot.gateways.slack.messages import Block, Message, Private
from bot.slack.views import (
    approval_replies,
    auto_enables,
    channel_default,
    chooser,
    confirmations,
    history,
    home,
    subscriptions,
    timers,
)
from bot.slack.views.blocks import (
    NAME,
    Button,
    Line,
    When,
    bold,
    buttons,
    code,
    header,
    line,
    paragraph,
    small,
    spoken,
)
from bot.slack.views.cards import title_of, word
from bot.slack.views.errors import choice_buttons, words_of
from bot.slack.views.help import help_of


def render(outcome: Outcome, now: float, zone: str) -> list[Message]:
    match outcome:
        case Begun():
            return []  # its card says the rest
        case SameAgain(operation):
            return [_same_again(operation)]
        case SignInOffered():
            return [_sign_in(outcome)]
        case SignedIn() | SignedInAlready() | SignedOut() | Identity():
            return [_account(outcome)]
        case HelpShown(verb):
            return [help_of(verb)]
        case ITwinsListed():
            return [timers.itwins(outcome)]
        case TimersListed():
            return [timers.timers(outcome)]
        case TimerShown():
            state = word(outcome.timer.enabled)
            return [timers.timer(outcome, f"{_name(outcome)} is {state}", now, zone)]
        case AlreadySo(shown):
            title = f"{_name(shown)} is already {word(shown.timer.enabled)}"
            return [timers.timer(shown, title, now, zone)]
        case DetailsShown():
            return [timers.details(outcome, now, zone)]
        case TimeAsked():
            return [confirmations.time_asked(outcome)]
        case SureAsked():
            return [confirmations.sure_asked(outcome)]
        case ApprovalAsked() | Decided() | PointedOut() | PendingListed():
            return [_of_requests(outcome)]
        case OffListed():
            return [auto_enables.off(outcome)]
        case Subscribed():
            return [subscriptions.subscribed(outcome)]
        case Unsubscribed():
            return [subscriptions.unsubscribed(outcome)]
        case SubscriptionsListed():
            return [subscriptions.listed(outcome)]
        case HistoryShown():
            return [history.shown(outcome, now)]
        case HomeShown() | ChooserShown() | SubscribeAsked():
            return [_surface(outcome, now, zone)]
        case DefaultShown(itwin):
            return [channel_default.shown(itwin)]
        case DefaultSet(itwin, by):
            return [channel_default.set_by(itwin, by)]
        case Failed():
            return [failed(outcome, now)]


def _of_requests(outcome: ApprovalAsked | Decided | PointedOut | PendingListed) -> Private:
    match outcome:
        case ApprovalAsked():
            return approval_replies.asked(outcome)
        case Decided():
            return approval_replies.decided(outcome)
        case PointedOut():
            return approval_replies.pointed_out(outcome)
        case PendingListed():
            return approval_replies.pending(outcome)


def _surface(shown: HomeShown | ChooserShown | SubscribeAsked, now: float, zone: str) -> Message:
    match shown:
        case HomeShown():
            return home.home_view(shown, now)
        case ChooserShown():
            return chooser.chooser(shown, now, zone)
        case SubscribeAsked():
            return chooser.subscribe(shown)


def _same_again(operation: Operation) -> Private:
    lines = [
        line("What came of it: ", bold(title_of(operation)), "."),
        line("Nothing new was begun. If you mean it once more, ask again in a minute."),
    ]
    return _note("You asked for this moments ago", lines)


def continued(begun: Begun) -> Private:
    """Takes the place of the private message whose button began it."""
    said = line("Under way. The card says what comes of it.")
    return _note(title_of(begun.operation), [said])


def _name(shown: TimerShown) -> str:
    return plain(shown.timer.label, NAME)


def _note(title: str, lines: list[Line], *more: Block) -> Private:
    return Private(spoken(title), [header(title), paragraph(lines), *more])


def _sign_in(offered: SignInOffered) -> Private:
    why = "Your sign-in at Bentley has ended. " if offered.ended else ""
    lines = [line(f"{why}The bot acts as you, with your own iTwin account, and never on its own.")]
    if offered.waiting:
        waits = code(f"{COMMAND} {plain(offered.waiting, 200)}")
        lines.append(line("Your command waits and is offered back: ", waits))
    press = buttons(
        Button("Sign in", "open", url=offered.url, style="primary"),
        Button("New link", "newlink", offered.kept or "-"),
    )
    hint = small("The link works once, for ten minutes, in one browser. Do not pass it on.")
    return _note("Sign in to iTwin", lines, press, hint)


def _account(outcome: SignedIn | SignedInAlready | SignedOut | Identity) -> Private:
    match outcome:
        case SignedIn(acting, kept, waiting) if waiting:
            lines = [
                line("You are signed in as ", bold(plain(acting.label, NAME)), "."),
                line("Your command waits: ", code(f"{COMMAND} {plain(waiting, 200)}")),
            ]
            press = buttons(Button("Continue", "continue", kept, style="primary"))
            return _note("Signed in", lines, press, small("Not you? Type /edfs signout."))
        case SignedIn(acting) | SignedInAlready(acting):
            lines = [line("You are signed in as ", bold(plain(acting.label, NAME)), ".")]
            return _note("Signed in", lines, small("Not you? Type /edfs signout."))
        case SignedOut(was_signed_in=False):
            return _note("Signed out", [line("You were not signed in.")])
        case SignedOut():
            return _note("Signed out", _signed_out(outcome))
        case Identity(None):
            return _note("Not signed in", [line("Sign in with ", code(f"{COMMAND} signin"), ".")])
        case Identity(acting):
            label = plain(acting.label, NAME) if acting else ""
            return _note("You", [line("The bot acts for you as ", bold(label), ".")])


def _signed_out(outcome: SignedOut) -> list[Line]:
    ended = "and Bentley has ended it." if outcome.revoked else "but Bentley could not be told."
    lines = [line(f"Your sign-in is forgotten here, {ended}")]
    if outcome.returns:
        one = outcome.returns == 1
        count = "1 timer was" if one else f"{outcome.returns} timers were"
        first = "" if one else "the first "
        waits = f"{count} to come back on with it, {first}"
        lines.append(line(bold("Warning: "), waits, When(outcome.next_return), "."))
        stays = "it stays off, and a card asks" if one else "they stay off, and cards ask"
        step = line("Sign in again before then with ", code(f"{COMMAND} signin"))
        lines.append((*step, *line(f"; else {stays} somebody to turn it on.")))
    return lines


def failed(outcome: Failed, now: float) -> Private:
    words = words_of(outcome.error, now)
    blocks = [header(words.title), paragraph(words.lines)]
    press = choice_buttons(words.choices)
    if words.can_retry and outcome.retry:
        press.append(Button("Try again", "run", outcome.retry))
    if words.sign_in:
        press.append(Button("Sign in", "newlink", "-", style="primary"))
    if press:
        blocks.append(buttons(*press))
    blocks.append(small(f"Trace {outcome.trace}"))
    first = words.lines[0] if words.lines else line("")
    return Private(spoken(f"{words.title}. ", *first), blocks)
