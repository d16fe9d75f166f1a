"""A rate limiter for Slack's Web API that all replicas share through the store.

Slack counts by method, workspace and app. Its tiers promise "50+" or "100+" calls a minute, so
the lower bound is used. A channel also takes one new message a second. A response_url has no
published rate; it is treated as an incoming webhook, which takes one a second.
Source: https://docs.slack.dev/apis/web-api/rate-limits and each method's page.

Slack counts a request when it arrives, we count it when it leaves. The windows here are a little
longer than Slack's, so that a request that was slow on the wire and a quick one after it do not
fall into the same window at Slack's end.
"""

import asyncio
from collections.abc import Callable

import structlog

from bot.core.errors import StoreUnreachable
from bot.gateways.store.limits import Limit, Limits

PER_MINUTE = {
    "auth.test": 600,
    "chat.delete": 50,
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
RESPONSE_URL = "response_url"
SPACED = frozenset({"chat.postMessage", RESPONSE_URL})  # one a second for each target
MAX_WAIT = 2.0
# A trigger_id lives three seconds, and most of them are over by then.
SHORTER_WAITS = {"views.open": 0.3, "views.push": 0.3}
STORE_SECONDS = 0.5
MAX_PAUSE = 15 * 60.0

log = structlog.get_logger("slack")


class SlackRateLimiter:
    """Delays a call until it is within Slack's limits, or says how long that would take.

    While the store does not answer, calls are not limited: an answer that Slack may refuse is
    better than none.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock

    async def wait_for_turn(self, method: str, target: str = "") -> float:
        """Wait for a turn, if it comes soon. Return 0.0, or the seconds after which to try again.

        ``target`` is the channel of a new message, or a digest of a response_url.
        """
        end = self._clock() + SHORTER_WAITS.get(method, MAX_WAIT)
        while wait := await self._take(method, target):
            if self._clock() + wait > end:
                log.info("slack.deferred", method=method, wait=round(wait, 1))
                return wait
            await asyncio.sleep(wait)
        return 0.0

    async def pause(self, method: str, wait: float) -> None:
        """Stop all replicas from calling a method for ``wait`` seconds, after a 429 from Slack."""
        now = self._clock()
        until = now + min(max(wait, SECOND), MAX_PAUSE)
        log.warning("slack.rate_limited", method=method, wait=wait)
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await self._limits.shut(_name(method), until, now)
        except (StoreUnreachable, TimeoutError) as error:
            log.warning("slack.limiter_unavailable", method=method, error=type(error).__name__)

    async def _take(self, method: str, target: str) -> float:
        try:
            async with asyncio.timeout(STORE_SECONDS):
                limits = _limits(method, target)
                return await self._limits.take(_name(method), limits, self._clock())
        except (StoreUnreachable, TimeoutError) as error:
            log.warning("slack.limiter_unavailable", method=method, error=type(error).__name__)
            return 0.0


def _limits(method: str, target: str) -> list[Limit]:
    limits = []
    if method in PER_MINUTE:
        limits.append(Limit(_name(method), PER_MINUTE[method], MINUTE))
    if target and method in SPACED:
        limits.append(Limit(f"{_name(method)}:{target}", 1, SECOND))
    return limits


def _name(method: str) -> str:
    return f"slack:{method}"
