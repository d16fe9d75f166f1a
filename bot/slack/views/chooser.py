"""The modal forms for a switch (the chooser) and for a subscription."""

import json

from bot.core.actions import Action, FormField, FormId, action_id, callback_id
from bot.core.language.forms import TimerFields
from bot.core.language.until import AmbiguousTime, format_until
from bot.core.listings import TimerShown
from bot.core.names import single_line
from bot.core.policy.rules import Ruling
from bot.core.schedules import next_run
from bot.core.subscriptions import EVENTS, USUAL
from bot.core.surfaces import ChooserShown, SubscriptionFormShown
from bot.core.timers import ITwin, Timer
from bot.gateways.slack.messages import Block, Modal
from bot.slack.views.blocks import (
    NAME,
    Line,
    Timestamp,
    bold,
    context_block,
    labelled,
    line,
    paragraph,
    plain_text,
)
from bot.slack.views.cards import schedule, state_word
from bot.slack.views.confirmations import clock
from bot.slack.views.errors import error_text
from bot.slack.views.skipped_runs import skips_line

OPTION = 75  # characters of an option's text
_STATES = (("disable", "Turn it off"), ("enable", "Turn it on"))
_UNTIL_HINT = "Until monday 08:00, for 3 days, for 2 runs; in your own time zone. Empty: for good."
_KINDS = {
    "changes": "changes made with the bot",
    "approvals": "requests for approval",
    "returns": "returns, and those that need a person",
    "elsewhere": "changes made elsewhere (looks every 5 minutes with your sign-in)",
    "digest": "on Mondays at 08:00, what is still off (with your sign-in)",
    "not-mine": "leave out what I do myself",
}


def chooser(form: ChooserShown, now: float, zone: str) -> Modal:
    """Return the chooser, filled in so far, with a summary of what would be done.

    Ids of blocks contain the chosen iTwin or timer, so that another choice resets their inputs.
    """
    found = form.shown
    blocks = [
        _itwin_select(_chosen_itwin(form)),
        _select(
            _timer_block(form),
            Action.TIMER,
            "Timer",
            "Off first; type some letters",
            _chosen_timer(found),
        ),
    ]
    if found is not None:
        blocks += [_wanted(form, found), *([] if form.wanted else [_until(form.until)])]
    elif form.until:  # typed before a timer was named
        blocks.append(_until(form.until))
    if lines := summary(form, now, zone):
        blocks.append(paragraph(lines))
    if found is not None or form.reason:
        required = form.ruling is not None and form.ruling.reason_required
        blocks.append(_because(form.reason, required=required))
    if _may_be_an_emergency(form.ruling):
        blocks.append(_emergency())
    if not form.channel:
        blocks.append(_channel_select("Where the card goes (empty: to you alone)", optional=True))
    metadata = TimerFields(found.itwin, found.timer).written() if found else {}
    if form.itwin and not found:
        metadata = {"itwin": form.itwin.id}
    if form.wanted is not None and not found:
        metadata["wanted"] = "enable" if form.wanted else "disable"
    if form.ruling and form.ruling.reason_required:
        metadata["reason"] = "required"
    return _window(FormId.CHOOSER, ("Switch a timer", "Switch"), blocks, metadata, form.channel)


def _window(
    form: FormId,
    title: tuple[str, str],
    blocks: list[Block],
    metadata: dict[str, str],
    channel: str,
) -> Modal:
    """Return a form; ``title`` is that of the modal and the label of its submit button."""
    view = {
        "type": "modal",
        "callback_id": callback_id(form),
        "title": plain_text(title[0], 24),
        "submit": plain_text(title[1], 24),
        "close": plain_text("Not now", 24),
        "private_metadata": json.dumps({**metadata, "channel": channel}, ensure_ascii=False),
        "blocks": blocks,
    }
    return Modal(view)


def _timer_block(form: ChooserShown) -> str:
    return f"timer-{form.itwin.id[:8]}" if form.itwin else "timer"


def _chosen_itwin(form: ChooserShown) -> Block | None:
    return _option(form.itwin.title(OPTION), form.itwin.id) if form.itwin else None


def _chosen_timer(found: TimerShown | None) -> Block | None:
    return _option(found.timer.title(OPTION), found.timer.id) if found else None


def _option(text: str, value: str) -> Block:
    return {"text": plain_text(text, OPTION), "value": value}


def _input(block: str, label: str, element: Block, *, optional: bool = False) -> Block:
    shown = {
        "type": "input",
        "block_id": block,
        "label": plain_text(label, 150),
        "element": element,
    }
    return {**shown, "optional": True} if optional else shown


def _itwin_select(chosen: Block | None) -> Block:
    return _select("itwin", Action.ITWIN, "iTwin", "Your favourites, or type some letters", chosen)


def _select(
    block: str, action: Action, label: str, placeholder: str, chosen: Block | None
) -> Block:
    element: Block = {
        "type": "external_select",
        "action_id": action_id(action),
        "placeholder": plain_text(placeholder, 150),
        "min_query_length": 0,
    }
    if chosen is not None:
        element["initial_option"] = chosen
    return {**_input(block, label, element), "dispatch_action": True}


def _wanted(form: ChooserShown, found: TimerShown) -> Block:
    options = [_option(text, value) for value, text in _STATES]
    radio = {
        "type": "radio_buttons",
        "action_id": action_id(Action.WANTED),
        "options": options,
        "initial_option": options[1 if form.wanted else 0],
    }
    block = f"wanted-{found.timer.id[:8]}"
    return {
        **_input(block, f"It is {state_word(found.timer.enabled)} now", radio),
        "dispatch_action": True,
    }


def _until(typed: str = "") -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": action_id(Action.UNTIL),
        "max_length": 100,
        "dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]},
    }
    if typed:
        element["initial_value"] = single_line(typed, 100)
    block = _input("until", "Off until", element, optional=True)
    return {**block, "dispatch_action": True, "hint": plain_text(_UNTIL_HINT, 150)}


def _because(text: str, *, required: bool) -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": action_id(FormField.REASON),
        "multiline": True,
        "max_length": 300,
    }
    if text:
        element["initial_value"] = single_line(text, 300)
    return _input("because", "Reason", element, optional=not required)


def _may_be_an_emergency(ruling: Ruling | None) -> bool:
    return bool(ruling and ruling.approvals and ruling.emergency and not ruling.refused)


def _emergency() -> Block:
    text = "It cannot wait: go ahead without approval"
    note = "Needs a reason. It is announced, and somebody else has to review it."
    option = {**_option(text, "emergency"), "description": plain_text(note, OPTION)}
    element = {
        "type": "checkboxes",
        "action_id": action_id(FormField.EMERGENCY),
        "options": [option],
    }
    return _input("emergency", "Emergency", element, optional=True)


def _channel_select(label: str, *, optional: bool) -> Block:
    element = {
        "type": "conversations_select",
        "action_id": action_id(FormField.CHANNEL),
        "default_to_current_conversation": True,
        "placeholder": plain_text("A channel", 150),
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    return _input("where", label, element, optional=optional)


def summary(form: ChooserShown, now: float, zone: str) -> list[Line]:
    """Return the present state, what would be done, the skipped runs, and what the policy wants."""
    if form.error is not None:
        words = error_text(form.error, now)
        return [line(bold(words.title), bold(". ")), *words.lines]
    if form.shown is None:
        return []
    timer = form.shown.timer
    return [*_now(timer, form.shown.itwin, now, zone), *_then(form, timer), *_rules(form.ruling)]


def _now(timer: Timer, itwin: ITwin, now: float, zone: str) -> list[Line]:
    at = next_run(timer.cron, now, zone) if timer.enabled else None
    package = single_line(timer.package, NAME) or "not said"
    return [
        labelled("Now", f"{state_word(timer.enabled)}, package {package}"),
        labelled("iTwin", itwin.title(NAME)),
        schedule(timer, zone),
        *([labelled("Next run", Timestamp(at))] if at else []),
    ]


def _then(form: ChooserShown, timer: Timer) -> list[Line]:
    if form.wanted is None:
        return []
    if form.wanted:
        state = "enabled already: nothing would be done" if timer.enabled else "enabled"
        return [labelled("Then", state)]
    if form.ambiguous:
        return [labelled("Then", f"not clear: {form.ambiguous}")]
    until = form.auto_enable.at if form.auto_enable else None
    if until is None:
        done = "disabled" if timer.enabled else "disabled already: nothing would be done"
        return [labelled("Then", f"{done}, until somebody turns it on" if timer.enabled else done)]
    return [
        labelled("Then", "disabled, and enabled again ", Timestamp(until)),
        skips_line(form.skipped, timer.cron),
    ]


def _rules(ruling: Ruling | None) -> list[Line]:
    if ruling is None:
        return []
    if ruling.refused:
        return [line(bold("The policy does not let you do this."))]
    lines = []
    if ruling.approvals:
        one = ruling.approvals == 1
        people = "one other person agrees" if one else f"{ruling.approvals} other people agree"
        sooner = " In an emergency it goes ahead at once." if _may_be_an_emergency(ruling) else ""
        lines.append(line(f"It waits until {people}.{sooner}"))
    if ruling.reason_required:
        lines.append(line("The policy wants a reason."))
    return lines


def ambiguous_time_text(found: AmbiguousTime, zone: str) -> str:
    """Return the question which moment is meant, in the time zone of whoever typed it."""
    moments = " or ".join(
        "“for good”" if at is None else clock(format_until(at, zone)) for at in found.moments
    )
    if found.moments == (None,):
        return f"{found.why}. For no end date, leave it empty or type “for good”"
    return f"{found.why}: {moments}? Say it with day and time"


def subscribe(form: SubscriptionFormShown) -> Modal:
    """Return the form for a subscription."""
    chosen = _option(form.itwin.title(OPTION), form.itwin.id) if form.itwin else None
    itwin = _itwin_select(chosen)
    pattern = {
        "type": "plain_text_input",
        "action_id": action_id(FormField.PATTERN),
        "max_length": 255,
        "placeholder": plain_text("SAP*", 150),
    }
    options = [_option(_KINDS[kind], kind) for kind in EVENTS]
    usual = [option for option in options if option["value"] in USUAL]
    kinds = {
        "type": "checkboxes",
        "action_id": action_id(FormField.EVENTS),
        "options": options,
        "initial_options": usual,
    }
    blocks = [
        {key: value for key, value in itwin.items() if key != "dispatch_action"},
        {
            **_input("pattern", "Timers (empty: all of them)", pattern, optional=True),
            "hint": plain_text("A name, or a pattern with * and ?", 150),
        },
        _input("events", "Tell it of", kinds),
        context_block("Nothing is said where it was done, and a burst becomes one list."),
    ]
    if form.channel[:1] in {"", "D"}:  # in a direct message there is nobody to tell
        blocks.insert(0, _channel_select("Which channel is told", optional=False))
    return _window(FormId.SUBSCRIPTION, ("Subscribe", "Subscribe"), blocks, {}, form.channel)
