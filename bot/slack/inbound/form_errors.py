"""What is wrong with a window that was sent: said in it, beside the input, before it is kept.

Only what can be told at once is told here; everything is judged again when it is done.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from pydantic import ValidationError

from bot.context import Context
from bot.core.errors import BotError, InvalidCommand
from bot.core.language.forms import TimerFields, phrase_from_input
from bot.core.language.until import AmbiguousTime, parse_until
from bot.core.names import PersonId, is_guid, single_line
from bot.gateways.slack.client import SlackUnavailable
from bot.slack.inbound import payloads
from bot.slack.views.chooser import ambiguous_time_text

SECONDS = 0.8  # what is not known by then is left to the answer

log = structlog.get_logger("checking")


async def form_errors(context: Context, body: dict[str, Any]) -> dict[str, str]:
    """Return what is wrong, by block id; empty where nothing is, or where that cannot be told."""
    try:
        said = payloads.Submission.model_validate(body)
    except ValidationError:
        return {}
    blocks = {action: block for block, action, _ in said.view.inputs()}
    filled = said.view.filled()
    missing = {
        blocks[action]: "Choose one of the list. Its last line may say why there is none."
        for action in ("edfs.itwin", "edfs.timer")
        if action in blocks and not is_guid(filled[action])
    }
    if not missing and _unseen(said.view, filled):
        missing = {
            blocks["edfs.timer"]: "Its state is not shown yet: wait a moment, or pick it again."
        }
    wrong = missing | _reason_missing(said.view.metadata, filled, blocks)
    if missing or not filled.get("edfs.until") or filled.get("edfs.wanted") == "enable":
        return wrong
    try:
        async with asyncio.timeout(SECONDS):
            time = await _about_the_time(context, said, filled["edfs.until"])
    except (BotError, SlackUnavailable, TimeoutError) as error:
        log.info("unchecked", error=type(error).__name__)
        return wrong
    return wrong | ({blocks["edfs.until"]: time} if time else {})


def _unseen(view: payloads.View, filled: Mapping[str, str]) -> bool:
    """Whether the window does not show yet what was picked: nobody wishes what they do not see."""
    if view.callback_id != "edfs.choose" or "edfs.timer" not in filled:
        return False
    shown = TimerFields.read(view.metadata)
    picked = (filled.get("edfs.itwin", "").lower(), filled["edfs.timer"].lower())
    return shown is None or (shown.itwin.id.lower(), shown.timer.id.lower()) != picked


def _reason_missing(
    kept: Mapping[str, str], filled: Mapping[str, str], blocks: Mapping[str, str]
) -> dict[str, str]:
    if "edfs.because" not in blocks or single_line(filled.get("edfs.because", "")):
        return {}
    if filled.get("edfs.emergency"):
        return {blocks["edfs.because"]: "An emergency needs its reason."}
    if kept.get("reason") == "required":
        return {blocks["edfs.because"]: "The policy wants a reason."}
    return {}


async def _about_the_time(context: Context, said: payloads.Submission, typed: str) -> str:
    cron = await _schedule(context, said)
    person = await context.directory.person(PersonId(said.user.id))
    zone, schedule_zone = person.zone, context.gateways.schedule_zone
    try:
        phrase = phrase_from_input(typed)
        if cron is None and phrase.endswith(("run", "runs")):
            return ""
        found = parse_until(phrase, context.now, zone, cron or "", schedule_zone)
    except InvalidCommand as refused:
        return _sentence(refused.reason)
    if isinstance(found, AmbiguousTime):
        return _sentence(ambiguous_time_text(found, zone))
    return ""


async def _schedule(context: Context, said: payloads.Submission) -> str | None:
    """Return the schedule of the timer that the window is about, where it is at hand."""
    kept = said.view.metadata
    facts = TimerFields.read(kept)
    if facts is not None:
        return facts.timer.cron
    if said.view.callback_id != "edfs.extend":
        return None
    auto_enable = await context.gateways.store.auto_enables.read(
        context.installation.workspace, kept.get("about", "")
    )
    return auto_enable.timer.cron if auto_enable else None


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}."
