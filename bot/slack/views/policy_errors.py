"""Texts of the errors of policy, approvals, auto-enables and subscriptions."""

from bot.core import errors
from bot.core.errors import BotError
from bot.core.names import single_line
from bot.core.operations.operation import Failure, FailureKind
from bot.slack.views.blocks import NAME, Line, Timestamp, UserMention, code, labelled, line

_POLICIES: dict[str, str] = {
    "denied": "The policy denies you this change",
    "not_allowed": "The policy allows this change to others only",
    "protected": "This timer is protected: nobody switches it from Slack",
}
_DECISIONS: dict[str, tuple[str, str]] = {
    "own": ("You asked for this yourself.", "Wait for somebody else to decide it."),
    "same_account": (
        "The iTwin account you are signed in with has spoken here already.",
        "Ask somebody with another account to decide it.",
    ),
    "not_listed": (
        "The policy names others who decide this.",
        "Ask one of those who stand on the request.",
    ),
    "voted": ("You agreed to this before.", "Wait for somebody else's word."),
    "not_yours": (
        "Only who asked can take a request back.",
        "Decline it instead, if you may decide it.",
    ),
}
_CLOSED_STAGES: dict[str, str] = {
    "approved": "It was approved before",
    "declined": "It was declined before",
    "cancelled": "It was taken back before",
    "expired": "It expired before",
    "void": "It became void before",
}
_CLOSED_AS: dict[str, str] = {
    "enabled": "The timer was turned on again as planned.",
    "already_enabled": "The timer had been turned on before.",
    "kept_disabled": "Somebody has decided that it stays off.",
    "replaced": "Another return has taken its place.",
    "moved": "It was moved to the timer that took this one's place.",
    "gone": "The timer is not there any more.",
}
_CHANNELS: dict[str, tuple[str, str]] = {
    "shared": (
        "This channel is shared with another organisation, which would see what is told here.",
        "Choose a channel of your own workspace.",
    ),
    "not_there": (
        "The bot is not in this channel, so it could not tell it anything.",
        "Invite it with /invite @edfs-bot, then subscribe again.",
    ),
    "archived": ("This channel is archived, so nobody would read it.", "Choose another channel."),
    "direct": ("This is no channel.", "Type the command in the channel that is to be told."),
    "many": (
        "This channel has as many subscriptions as it may have.",
        "Remove one first: /edfs subscriptions lists them.",
    ),
}
_REVOKED: dict[str, str] = {
    "policy": "The policy was changed since, and does not allow it any more.",
    "approver": "Whoever approved it may not approve it any more.",
    "requester": "Whoever asked for it may not use the bot any more.",
    "auto_enable": "Another end was set for it meanwhile, or none.",
    "account": "Whoever asked for it is signed in with another iTwin account now, or not at all.",
    "request": "The request that was approved is not what was to be done.",
    "state": "Somebody has switched the timer since it was approved.",
}
_ENDS: dict[FailureKind, str] = {
    FailureKind.DEFINITION_CHANGED: "The timer was edited after this was asked for:",
    FailureKind.ALREADY_IN_STATE: "Somebody was quicker: the timer reads as wished already.",
    FailureKind.STATE_CHANGED: "Somebody has switched the timer since this was asked for.",
    FailureKind.EXPIRED: "It had waited too long to be done, so nothing was changed.",
    FailureKind.CHANGES_STOPPED: "An admin has switched all changes off, so nothing was changed.",
    FailureKind.CANNOT_UNDO: "Somebody has undone it already.",
}
_EDITED: dict[str, str] = {
    "name": "Name",
    "package": "Package",
    "schedule": "Schedule",
    "parameters": "Parameters",
}

PolicyErrorText = tuple[str, Line, Line]


def policy_error_text(error: BotError) -> PolicyErrorText | None:
    """Return (title, cause, step), or None for an error that is not one of these."""
    match error:
        case errors.PolicyRefused(reason=reason, rule=rule):
            by = f" ({single_line(rule, NAME)})" if rule else ""
            return _text("Not allowed", f"{_POLICIES[reason]}{by}.", "Ask an admin of the bot.")
        case errors.ReasonRequired(command=command):
            example = code(f"/edfs {single_line(command, 200)} because …")
            why = line("The policy wants a reason for this.")
            return "A reason is needed", why, line("Say it: ", example)
        case errors.EmergencyNotAllowed():
            cause = "The policy lets nobody go ahead without approval here."
            return _text("Not done", cause, "Leave out “emergency”, and ask for approval.")
        case errors.TooManyRequests():
            cause = "You have as many requests waiting as one may have."
            step = "Wait for a decision, or take one back: /edfs pending."
            return _text("Not asked", cause, step)
        case errors.MayNotDecide(reason=reason):
            return _text("Your word does not count here", *_DECISIONS[reason])
        case errors.RequestClosed():
            return "Decided already", _decided(error), line("Look at its card.")
        case errors.AutoEnableClosed(how=how, by=by):
            over = line(_CLOSED_AS[how], *((" By ", UserMention(by), ".") if by else ()))
            return "Over already", over, line("See what is off with /edfs list disabled.")
        case errors.CannotSubscribe(reason=reason):
            return _text("Not subscribed", *_CHANNELS[reason])
        case errors.AuthorizationRevoked(reason=what):
            cause = _REVOKED.get(what, "What allowed it does not hold any more.")
            return _text("Not changed", cause, "Ask again if it is still wanted.")
        case _:
            return None


def end_lines(failure: Failure) -> list[Line]:
    """Say why a request was not carried out, without what only its requester may read."""
    match failure:
        case Failure(kind=FailureKind.AUTHORIZATION_REVOKED, why=why):
            return [line(_REVOKED.get(why, "What allowed it does not hold any more."))]
        case Failure(kind=FailureKind.TIMER_GONE, why="replaced"):
            replaced = "An edit has put another timer in its place, of the same name and package."
            return [line(replaced), *edits(failure)]
        case Failure(kind=FailureKind.TIMER_GONE):
            return [line("The timer is not there any more.")]
        case Failure(kind=kind) if kind in _ENDS:
            return [line(_ENDS[kind]), *edits(failure)]
        case _:
            return [line("Nothing was changed. The reason was told to the person who asked.")]


def edits(failure: Failure | None) -> list[Line]:
    """Return a line for each edit of a definition; values of parameters are never shown."""
    lines: list[Line] = []
    for what, before, now in failure.details if failure else ():
        if what == "parameters":
            lines.append(labelled(_EDITED[what], "edited (values are not shown here)"))
        elif what in _EDITED:
            was, reads = single_line(before, NAME) or "none", single_line(now, NAME) or "none"
            lines.append(labelled(_EDITED[what], code(was), " is now ", code(reads)))
    return lines


def _text(title: str, cause: str, step: str) -> PolicyErrorText:
    return title, line(cause), line(step)


def _decided(error: errors.RequestClosed) -> Line:
    by = (" by ", UserMention(error.by)) if error.by else ()
    came = ""
    if error.became is not None:
        came = f" The timer was {_STATES[error.became]} then"
        now = error.reads is not None and error.reads is not error.became
        came += f", and is {_STATES[bool(error.reads)]} now." if now else "."
    return line(_CLOSED_STAGES[error.stage], *by, ", ", Timestamp(error.at), ".", came)


_STATES = {True: "enabled", False: "disabled"}
