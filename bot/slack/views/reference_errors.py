"""Texts of the errors of referring to things: by an id, by "last", or by no name at all."""

from bot.core import errors
from bot.core.errors import BotError, Choice, IdKind
from bot.core.names import single_line
from bot.slack.views.blocks import NAME, Line, line

# (title, cause, next step, details, choices), as in ``errors.ErrorText``
Words = tuple[str, Line, Line, tuple[Line, ...], tuple[Choice, ...]]
_KINDS: dict[IdKind, tuple[str, str]] = {
    "operation": ("change", "See past changes with /edfs history."),
    "request": ("request", "See the waiting requests with /edfs pending."),
    "auto-enable": ("auto-enable", "See disabled timers with /edfs list disabled."),
    "subscription": (
        "subscription of this channel",
        "See the subscriptions with /edfs subscriptions.",
    ),
}
_SHOW = "Look at the timer with /edfs show."
_UNDOS: dict[str, tuple[str, str]] = {
    "unknown": ("There is no such operation any more.", "See what was done with /edfs history."),
    "unfinished": ("That operation has not ended yet.", "Wait until its card says how it ended."),
    "not_applied": ("That operation changed nothing, so there is nothing to undo.", _SHOW),
    "changed": (
        "The timer was changed again since, so an undo would overwrite somebody's work.",
        _SHOW,
    ),
    "undone": ("It was undone already.", _SHOW),
    "late": (
        "An operation can be undone for a day; this one is older.",
        "Switch the timer instead: /edfs enable or /edfs disable.",
    ),
}
_REDOS: dict[str, tuple[str, str]] = {
    **_UNDOS,
    "not_applied": ("That change was not undone, so there is nothing to redo.", _SHOW),
    "changed": (
        "The timer was changed again since, so a redo would overwrite somebody's work.",
        _SHOW,
    ),
    "undone": ("That undo was taken back already.", _SHOW),
    "late": (
        "An undo can be taken back for a day; this one is older.",
        "Switch the timer instead: /edfs enable or /edfs disable.",
    ),
}
_NOTHING: dict[tuple[str, str], tuple[str, str]] = {
    ("undo", "none"): (
        "You changed no timer in this channel, so there is nothing to undo.",
        "See past changes, and the ids to undo them by, with /edfs history.",
    ),
    ("undo", "done"): (
        "All your changes in this channel were undone already. Nothing was changed.",
        "See past changes with /edfs history, or take an undo back with /edfs redo.",
    ),
    ("redo", "none"): (
        "You undid nothing in this channel, so there is nothing to redo.",
        "See past changes, and the ids to redo them by, with /edfs history.",
    ),
    ("redo", "done"): (
        "All your undos in this channel were taken back already. Nothing was changed.",
        "See past changes with /edfs history.",
    ),
}


def reference_error_text(error: BotError) -> Words | None:
    """Return the text of an error of referring to something; None for any other error."""
    match error:
        case errors.NoSuchId(kind=kind, wanted=wanted):
            what, step = _KINDS[kind]
            cause = f"No {what} has an id that begins with “{single_line(wanted, NAME)}”"
            return f"No such {kind}", line(cause, ". Nothing was changed."), line(step), (), ()
        case errors.AmbiguousId(kind=kind, wanted=wanted, choices=choices):
            begins = f"an id that begins with “{single_line(wanted, NAME)}”"
            cause = f"{len(choices)} {_KINDS[kind][0]}s have {begins}"
            if kind == "subscription":
                cause = f"{len(choices)} subscriptions of this channel have {begins}"
            step = "Press the one you mean, or type more of its id."
            return "Which one?", line(cause, ". Nothing was changed."), line(step), (), choices
        case errors.CannotUndo(reason=reason, redo=redo):
            return _words("Not redone", *_REDOS[reason]) if redo else _not_undone(reason)
        case errors.TooManyTimers(count=count, most=most, itwin=itwin):
            where = single_line(itwin, NAME)
            cause = (
                f"{count} timers in {where} would be changed, and at most {most} can be at once."
            )
            step = "Type fewer names, or a narrower pattern."
            return _words("Too many timers", f"{cause} Nothing was changed.", step)
        case errors.NothingToUndo(verb=verb, reason=reason):
            return _words(f"Nothing to {verb}", *_NOTHING[verb, reason])
        case errors.NoAutoEnable():
            return _no_auto_enable(error)
        case errors.NoRequestHere(verb=verb, others=others):
            return _no_request(verb, others=others)
        case _:
            return None


def _words(title: str, cause: str, step: str, choices: tuple[Choice, ...] = ()) -> Words:
    return title, line(cause), line(step), (), choices


def _not_undone(reason: str) -> Words:
    return _words("Not undone", *_UNDOS[reason])


def _no_auto_enable(error: errors.NoAutoEnable) -> Words:
    name = single_line(error.timer, NAME)
    if error.enabled:
        cause = f"{name} is enabled, so it has no auto-enable. Nothing was changed."
        press = "Press the button to disable it until a time."
    else:
        cause = f"{name} is disabled with no end date. Nothing was changed."
        press = "Press the button to do it now."
    step = press if error.choices else "Look at the timer with /edfs show."
    return _words("No auto-enable", cause, step, error.choices)


def _no_request(verb: str, *, others: bool) -> Words:
    title = f"No request to {verb}"
    if verb == "cancel":
        cause = "No request of yours waits in this channel."
    elif others:
        cause = f"The requests that wait in this channel are not yours to {verb}."
    else:
        cause = "No request waits in this channel."
    step = "See the waiting requests of all channels with /edfs pending."
    return _words(title, f"{cause} Nothing was changed.", step)
