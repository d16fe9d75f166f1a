"""The answer to "history": one line for each past event."""

from dataclasses import replace

from bot.core.actions import Action
from bot.core.history import PastEvent
from bot.core.listings import HistoryShown
from bot.core.names import ITwinId, PersonId, short_id, single_line
from bot.core.timers import ITwin
from bot.gateways.slack.messages import Block, Ephemeral
from bot.slack.views.blocks import (
    NAME,
    Button,
    Line,
    Part,
    Timestamp,
    UserMention,
    bold,
    buttons,
    code,
    context_block,
    fallback_text,
    fit,
    header,
    line,
    paragraph,
)

REASON = 120
_OPERATIONS = {
    "ready": "is to be {wanted}: under way",
    "locked": "is to be {wanted}: under way",
    "sending": "is to be {wanted}: under way",
    "verifying": "is to be {wanted}: not certain yet",
    "applied": "{wanted}",
    "already": "was already {wanted}",
    "conflict": "not {wanted}: somebody switched it at the same moment",
    "rejected": "not {wanted}: refused",
    "stale": "not {wanted}: its definition had been edited",
    "not_applied": "not {wanted}: the change did not arrive",
    "unknown": "was to be {wanted}: nobody can tell what came of it",
}
_REQUESTS = {
    "waiting": "is to be {wanted}: waits for approval",
    "approved": "was to be {wanted}: approved, but not begun",
    "declined": "not {wanted}: declined",
    "cancelled": "not {wanted}: the request was taken back",
    "expired": "not {wanted}: the request expired",
    "void": "not {wanted}: the request became void",
}
_AUTO_ENABLES = {
    "scheduled": "comes back on later",
    "enabling": "comes back on now",
    "needs_person": "did not come back on by itself: a person has to do it",
    "enabled": "came back on",
    "already_enabled": "was on before its return was due",
    "kept_disabled": "stays off",
    "replaced": "is to come back at another time",
    "moved": "its return moved to the timer in its place",
    "gone": "its return ended: the timer is not there any more",
}
_SUBSCRIPTIONS = {
    "created": "a channel is told of it",
    "changed": "a channel is told other things of it",
    "paused": "telling a channel is paused",
    "ended": "a channel is told of it no more",
}
_ROOTS = {"undo": "an undo", "redo": "a redo"}
_ASKED = {"request": "asked by ", "auto_enable": "return set by "}
_FAILURES = {
    "already_in_state": "it was so already",
    "cannot_undo": "it could not be undone",
    "definition_changed": "it had been edited",
    "expired": "it had waited too long",
    "forbidden": "the right was missing",
    "not_sent": "Bentley could not be reached",
    "account_changed": "signed in with another account",
    "person_refused": "that person may not use the bot",
    "policy_refused": "the policy does not let it",
    "rate_limited": "Bentley's limit was reached",
    "sign_in_needed": "the sign-in had ended",
    "state_changed": "it had been switched since",
    "timer_gone": "the timer was not there any more",
    "token_refused": "the sign-in was not accepted",
    "unclear": "Bentley's answer was lost",
    "authorization_revoked": "what allowed it did not hold any more",
    "changes_stopped": "all changes were switched off",
}
_REVIEWS = {
    "approved": "reviewed",
    "declined": "objected to in the review",
    "waiting": "not reviewed yet",
}


def shown(outcome: HistoryShown, now: float) -> Ephemeral:
    """List past events, as many as fit into one message."""
    del now  # Slack's clients show times in each reader's zone
    title = _title(outcome)
    names = {} if outcome.itwin else {one.id: one for one in outcome.itwins}
    entries = [_line(event, names) for event in outcome.events]
    shown_count = max(1, fit([paragraph([entry]) for entry in entries]))
    lines = entries[:shown_count] or [_nothing(outcome)]
    blocks: list[Block] = [header(title), paragraph(lines)]
    if actions := _page_buttons(outcome, shown_count):
        blocks.append(buttons(*actions))
    blocks += [context_block(note) for note in _notes(outcome)]
    return Ephemeral(fallback_text(title), blocks)


def _page_buttons(outcome: HistoryShown, shown_count: int) -> list[Button]:
    """Lead to the newest entries, and to those behind the last that is shown."""
    asked, actions = outcome.command, []
    if asked.before:
        newest = str(replace(asked, before=0))
        actions.append(
            Button("Newest", Action.RUN, newest, suffix="newest", label="Newest entries")
        )
    if outcome.older or len(outcome.events) > shown_count:
        older = str(replace(asked, before=outcome.events[:shown_count][-1].number))
        actions.append(
            Button("More", Action.RUN, older, suffix="more", label="More: older entries")
        )
    return actions


def _title(outcome: HistoryShown) -> str:
    if outcome.itwin is None:
        return "History of your iTwins"
    itwin = outcome.itwin.title(NAME)
    if outcome.timer:
        return f"History of {single_line(outcome.timer, 60)} in {itwin}"
    return f"History of {itwin}"


def _nothing(outcome: HistoryShown) -> Line:
    further = "more " if outcome.cut else ""
    return line(f"Nothing {further}was done through this bot that you could read.")


def _notes(outcome: HistoryShown) -> list[str]:
    notes = []
    if outcome.itwin is None:
        notes.append("Name an iTwin to see all of it: /edfs history <itwin> [<timer>].")
    if outcome.cut:
        notes.append("Only the newest 5,000 entries of the audit trail were looked through.")
    if outcome.unread:
        notes.append("Some entries of the audit trail could not be opened. Tell an admin.")
    return notes


def _line(event: PastEvent, names: dict[ITwinId, ITwin]) -> Line:
    where = f" in {names[event.itwin].title(60)}" if event.itwin in names else ""
    return line(
        *(Timestamp(event.at), "  ", bold(_name(event)), f"{where} "),
        *(_outcome(event), *_people_involved(event), *_reason(event), *_more(event), ". "),
        code(short_id(event.id)),
    )


def _name(event: PastEvent) -> str:
    if event.kind == "subscription":
        return single_line(event.pattern, 60) or "all timers"
    return single_line(event.timer_name, 60) or event.timer


def _outcome(event: PastEvent) -> str:
    words = {
        "operation": _OPERATIONS,
        "request": _REQUESTS,
        "auto_enable": _AUTO_ENABLES,
        "subscription": _SUBSCRIPTIONS,
    }[event.kind]
    return words.get(event.outcome, event.outcome).format(wanted=event.wanted)


def _people_involved(event: PastEvent) -> list[Part | str]:
    """Name the requester with the iTwin account used, and who made the last decision."""
    account = f" as {single_line(event.acting_as, 60)}" if event.acting_as else ""
    asked = _ASKED.get(event.kind, "by ")
    parts: list[Part | str] = (
        [", ", asked, UserMention(event.person), account] if event.person else []
    )
    if event.decided_by and event.decided_by != event.person:
        parts += [", decided by ", UserMention(event.decided_by)]
    return parts


def _reason(event: PastEvent) -> list[Part | str]:
    reason = [f", because “{single_line(event.reason, REASON)}”"] if event.reason else []
    decision = [f", answered “{single_line(event.decision, REASON)}”"] if event.decision else []
    return [*reason, *decision]


def _more(event: PastEvent) -> list[Part | str]:
    parts: list[Part | str] = []
    if event.approved_by:
        parts += [", approved by ", *_people(event.approved_by)]
    if event.emergency:
        parts += [", an emergency", *_review(event)]
    if event.root:
        parts.append(f", {_ROOTS.get(event.verb, 'the return of an “off until”')}")
    if event.until:
        parts += [", until ", Timestamp(event.until)]
    if event.failure and event.outcome != "stale":
        parts.append(f" ({_FAILURES.get(event.failure, single_line(event.failure, 60))})")
    if event.later:
        parts.append(f", later found {event.later}")
    return parts


def _review(event: PastEvent) -> list[Part | str]:
    if not event.review:
        return []
    by: list[Part | str] = [" by ", UserMention(event.reviewed_by)] if event.reviewed_by else []
    return [f" ({_REVIEWS.get(event.review, 'never reviewed')}", *by, ")"]


def _people(people: tuple[PersonId, ...]) -> list[Part | str]:
    parts: list[Part | str] = []
    for index, person in enumerate(people):
        parts += [", ", UserMention(person)] if index else [UserMention(person)]
    return parts
