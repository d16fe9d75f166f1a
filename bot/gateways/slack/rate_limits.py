"""The send gate: all replicas together stay within what Slack allows, and obey its Retry-After.

Slack counts by method, workspace and app. Its tiers promise "50+" or "100+" a minute, so the
floor is what is used. Beside that a channel gets one new message a second. A response_url has no
published rate; it is treated as an incoming webhook, which gets one a second.
Source: https://docs.slack.dev/apis/web-api/rate-limits and each method's page.

Slack counts when a request arrives, we when it leaves: the windows here are a little longer, so
that a request that was slow on the wire and its quick successor do not meet.
"""

import asyncio
from collections.abc import Callable

import structlog

from bot.core.errors import StoreUnreachable
from bot.gateways.store.limits import Limit, Limits

PER_MINUTE = {
    "auth.test": 600,
    "chat.postMessage": 300,  # "several hundred"
    "chat.postEphemeral": 100,
    "chat.update": 50,
    "conversations.info": 50,
    "conversations.members": 100,
    "conversations.open": 50,
    "usergroups.users.list": 20,
    "users.info": 100,
    "views.open": 100,
    "views.publish": 100,
    "views.push": 100,
    "views.update": 100,
}
MINUTE, SECOND = 61.0, 1.1
REPLY = "response_url"
SPACED = frozenset({"chat.postMessage", REPLY})  # one a second for each place
MOST_WAIT = 2.0
SHORTER_WAITS = {
    "views.open": 0.3,
    "views.push": 0.3,
}  # its trigger lives three seconds, most of them are over
STORE_SECONDS = 0.5
LONGEST_PAUSE = 15 * 60.0

log = structlog.get_logger("slack")


class SlackRateLimiter:
    """Lets a call through, or says how long that would take.

    When the store does not answer the call is let through: a person must still be told.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock

    async def wait_for_turn(self, method: str, place: str = "") -> float:
        """Wait for a turn, if it comes soon. Return 0.0, or the seconds after which to ask again.

        ``place`` is the channel of a new message, or a word that stands for a response_url.
        """
        end = self._clock() + SHORTER_WAITS.get(method, MOST_WAIT)
        while wait := await self._asked(method, place):
            if self._clock() + wait > end:
                log.info("gate.later", method=method, wait=round(wait, 1))
                return wait
            await asyncio.sleep(wait)
        return 0.0

    async def pause(self, method: str, wait: float) -> None:
        """Slack said 429: nobody calls this method for so long."""
        until = self._clock() + min(max(wait, SECOND), LONGEST_PAUSE)
        log.warning("gate.shut", method=method, wait=wait)
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await self._limits.shut(_name(method), until)
        except (StoreUnreachable, TimeoutError) as error:
            log.warning("gate.not_shut", method=method, error=type(error).__name__)

    async def _asked(self, method: str, place: str) -> float:
        try:
            async with asyncio.timeout(STORE_SECONDS):
                limits = list(_limits(method, place))
                return await self._limits.take(_name(method), limits, self._clock())
        except (StoreUnreachable, TimeoutError) as error:
            log.warning("gate.unwatched", method=method, error=type(error).__name__)
            return 0.0


def _limits(method: str, place: str) -> list[Limit]:
    found = []
    if method in PER_MINUTE:
        found.append(Limit(_name(method), PER_MINUTE[method], MINUTE))
    if place and method in SPACED:
        found.append(Limit(f"{_name(method)}:{place}", 1, SECOND))
    return found


def _name(method: str) -> str:
    return f"slack:{method}"
