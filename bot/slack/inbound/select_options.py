"""What a select offers. Slack wants it in the HTTP answer itself, within three seconds.

Source: docs.slack.dev/reference/interaction-payloads/block_suggestion-payload.
"""

import asyncio
from typing import Any

import structlog
from pydantic import ValidationError

from bot.context import Context
from bot.core.errors import BotError, PersonRefused
from bot.core.names import ITwinId, PersonId, Workspace, is_guid
from bot.features.select_options import Owner
from bot.gateways.slack.messages import Block
from bot.slack.inbound.payloads import Suggestion, View
from bot.slack.views import options as views

ITWIN, TIMER = "edfs.itwin", "edfs.timer"
# Of Slack's three seconds; the rest is for the way there and back.
BUDGET = 2.0
PERSON_SECONDS = 1.2
BENTLEY_BY = BUDGET - 0.2

log = structlog.get_logger("options")


async def options_for(context: Context, body: dict[str, Any]) -> dict[str, list[Block]]:
    """Return ``options`` or ``option_groups``: never none, where nothing fits it says why.

    It never raises, and takes ``BUDGET`` seconds at most.
    """
    try:
        said = Suggestion.model_validate(body)
    except ValidationError:
        log.warning("payload.odd")
        return views.unknown()
    timers = said.action_id.startswith(TIMER)
    try:
        async with asyncio.timeout(BUDGET):
            return await _offered(context, said)
    except TimeoutError:
        log.warning("options.late", what=said.action_id)
        return views.late()
    except BotError as error:
        log.info("options.refused", what=said.action_id, error=type(error).__name__)
        return views.trouble(error, timers=timers)


async def _offered(context: Context, said: Suggestion) -> dict[str, list[Block]]:
    by = asyncio.get_running_loop().time() + BENTLEY_BY
    whose = await _member(context, said)
    if said.action_id.startswith(ITWIN):
        offer = await context.option_lists.itwins_for(whose, said.value, by)
        return views.itwins(offer, said.value)
    if said.action_id.startswith(TIMER):
        itwin = _chosen(said.view)
        if itwin is None:
            return views.choose_first()
        return views.timers(
            await context.option_lists.timers_for(whose, itwin, said.value, by), said.value
        )
    return views.unknown()


async def _member(context: Context, said: Suggestion) -> Owner:
    """Raises PersonRefused, StoreUnreachable."""
    person, team = PersonId(said.user.id), said.user.team_id or ""
    if not team.startswith("T"):  # an Enterprise organisation's id: users.info says the rest
        team = said.team.id if said.team else context.installation.workspace
    try:
        async with asyncio.timeout(PERSON_SECONDS):
            known = await context.directory.member(person, Workspace(team))
    except TimeoutError as error:
        raise PersonRefused("unchecked") from error
    return Owner(known.workspace, known.id)


def _chosen(view: View) -> ITwinId | None:
    """Return the iTwin that is chosen in the same window, or that the window is about."""
    return _itwin(view.filled().get(ITWIN) or view.metadata.get("itwin", ""))


def _itwin(value: str) -> ITwinId | None:
    return ITwinId(value) if is_guid(value) else None
