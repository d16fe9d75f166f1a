"""Errors beside a form's inputs, for Slack's ``response_action: errors``: answered before storing.

Only what is known at once is checked here; everything is checked again when it is done.
Source: docs.slack.dev, "Modals", "Displaying errors in views".
"""

import asyncio
from typing import Any

import structlog
from pydantic import ValidationError

from bot.context import Context
from bot.core.actions import Action, FormField, action_id
from bot.core.errors import BotError, InvalidCommand
from bot.core.language.forms import (
    ChangeEndForm,
    ChooserForm,
    DeclineForm,
    SubscriptionForm,
    phrase_from_input,
)
from bot.core.language.until import AmbiguousTime, check_until, is_count, parse_until
from bot.core.names import PersonId, single_line
from bot.gateways.slack.client import SlackUnavailable
from bot.slack.inbound import payloads
from bot.slack.inbound.forms import form_of
from bot.slack.views.chooser import ambiguous_time_text

SECONDS = 0.8  # what cannot be checked by then is left to the answer

Errors = dict[Action | FormField, str]

log = structlog.get_logger("form_errors")


async def form_errors(context: Context, body: dict[str, Any]) -> dict[str, str]:
    """Return the errors by block id; empty where there are none, or where that is not known.

    Never raises, and takes ``SECONDS`` at most.
    """
    try:
        payload = payloads.ViewSubmission.model_validate(body)
    except ValidationError:
        return {}
    blocks, found = payload.view.blocks, await _errors(context, payload)
    named = {action_id(control): text for control, text in found.items()}
    return {blocks[name]: text for name, text in named.items() if name in blocks}


async def _errors(context: Context, payload: payloads.ViewSubmission) -> Errors:
    person = PersonId(payload.user.id)
    match form_of(payload.view):
        case ChooserForm() as form:
            picks = _unpicked(form) or _not_shown_yet(form)
            required = payload.view.metadata.get("reason") == "required"
            errors = picks | _reason_missing(form, required=required)
            if picks or form.wanted:
                return errors
            return errors | await _time_errors(context, person, form)
        case SubscriptionForm() as form:
            return _unpicked(form)
        case ChangeEndForm() as form:
            return await _time_errors(context, person, form)
        case DeclineForm() | None:
            return {}


def _unpicked(form: ChooserForm | SubscriptionForm) -> Errors:
    text = "Choose one of the list. Its last line may say why there is none."
    errors: Errors = {}
    if form.itwin is None:
        errors[Action.ITWIN] = text
    if isinstance(form, ChooserForm) and form.timer is None:
        errors[Action.TIMER] = text
    return errors


def _not_shown_yet(form: ChooserForm) -> Errors:
    """Refuse a timer whose state the modal does not show yet: enabling or disabling is a guess."""
    if form.shows_what_is_picked:
        return {}
    return {Action.TIMER: "Its state is not shown yet: wait a moment, or pick it again."}


def _reason_missing(form: ChooserForm, *, required: bool) -> Errors:
    if single_line(form.reason):
        return {}
    if form.emergency:
        return {FormField.REASON: "An emergency needs its reason."}
    if required:
        return {FormField.REASON: "The policy wants a reason."}
    return {}


async def _time_errors(
    context: Context, person: PersonId, form: ChooserForm | ChangeEndForm
) -> Errors:
    if not form.until:
        return {}
    try:
        async with asyncio.timeout(SECONDS):
            problem = await _time_problem(context, person, form)
    except (BotError, SlackUnavailable, TimeoutError) as error:
        log.info("form.not_validated", error=type(error).__name__)
        return {}
    return {Action.UNTIL: f"{problem[:1].upper()}{problem[1:]}."} if problem else {}


async def _time_problem(context: Context, who: PersonId, form: ChooserForm | ChangeEndForm) -> str:
    """Return why the end cannot be understood; empty where it can, or where that is not known.

    Raises BotError and SlackUnavailable.
    """
    cron = await _schedule(context, form)
    zone = (await context.gateways.directory.person(who)).zone
    try:
        phrase = phrase_from_input(form.until)
        if cron is None and is_count(phrase):
            check_until(phrase, context.now, zone)
            return ""
        found = parse_until(phrase, context.now, zone, cron or "", context.gateways.schedule_zone)
    except InvalidCommand as refused:
        return refused.reason
    return ambiguous_time_text(found, zone) if isinstance(found, AmbiguousTime) else ""


async def _schedule(context: Context, form: ChooserForm | ChangeEndForm) -> str | None:
    """Return the cron schedule of the form's timer; None where it is not at hand."""
    match form:
        case ChooserForm(shown=shown):
            return shown.timer.cron if shown else None
        case ChangeEndForm(operation=operation):
            workspace = context.installation.workspace
            auto_enable = await context.gateways.store.auto_enables.read(workspace, operation)
            return auto_enable.timer.cron if auto_enable else None
