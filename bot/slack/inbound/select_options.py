"""The options of an external select, answered at once: Slack waits three seconds for them.

Source: docs.slack.dev/reference/interaction-payloads/block_suggestion-payload.
"""

import asyncio
from typing import Any

import structlog
from pydantic import ValidationError

from bot.context import Context
from bot.core.actions import Action, action_from
from bot.core.errors import BotError, PersonRefused
from bot.core.names import ITwinId, PersonId, Workspace
from bot.core.suggestions import Owner
from bot.gateways.slack.messages import Block
from bot.slack.inbound.forms import input_text, itwin_id
from bot.slack.inbound.payloads import BlockSuggestion, View
from bot.slack.views import options as views

# Of Slack's three seconds; the rest is for the way there and back.
BUDGET = 2.0
PERSON_SECONDS = 1.2
BENTLEY_BY = BUDGET - 0.2

log = structlog.get_logger("select_options")


async def options_for(context: Context, body: dict[str, Any]) -> dict[str, list[Block]]:
    """Return ``options`` or ``option_groups``; where nothing fits, one option says why.

    Never raises, and takes ``BUDGET`` seconds at most.
    """
    try:
        payload = BlockSuggestion.model_validate(body)
    except ValidationError:
        log.warning("payload.invalid")
        return views.unknown()
    action = action_from(payload.action_id)
    try:
        async with asyncio.timeout(BUDGET):
            return await _options(context, payload, action)
    except TimeoutError:
        log.warning("options.timed_out", action=payload.action_id)
        return views.late()
    except BotError as error:
        log.info("options.refused", action=payload.action_id, error=type(error).__name__)
        return views.unavailable(error, timers=action is Action.TIMER)


async def _options(
    context: Context, payload: BlockSuggestion, action: Action | None
) -> dict[str, list[Block]]:
    """Raises BotError."""
    deadline = asyncio.get_running_loop().time() + BENTLEY_BY
    owner, typed = await _owner(context, payload), payload.value
    match action:
        case Action.ITWIN:
            page = await context.option_lists.itwins_for(owner, typed, deadline)
            return views.itwins(page, typed)
        case Action.TIMER:
            itwin = _itwin(payload.view)
            if itwin is None:
                return views.choose_first()
            found = await context.option_lists.timers_for(owner, itwin, typed, deadline)
            return views.timers(found, typed)
        case _:
            return views.unknown()


async def _owner(context: Context, payload: BlockSuggestion) -> Owner:
    """Return whose lists to show. Raises PersonRefused, StoreUnreachable."""
    person, team = PersonId(payload.user.id), payload.user.team_id or ""
    if not team.startswith("T"):  # the id of an Enterprise organization: users.info has the rest
        team = payload.team.id if payload.team else context.installation.workspace
    try:
        async with asyncio.timeout(PERSON_SECONDS):
            member = await context.gateways.directory.member(person, Workspace(team))
    except TimeoutError as error:
        raise PersonRefused("unchecked") from error
    return Owner(member.workspace, member.id)


def _itwin(view: View) -> ITwinId | None:
    """Return the iTwin that is picked in the same modal, or that the modal is about."""
    return itwin_id(input_text(view, Action.ITWIN) or view.metadata.get("itwin", ""))
