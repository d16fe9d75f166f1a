"""Finds out which workspace the bot token belongs to: from Slack once, later from the store.

A bot that is restarted while Slack is away has work that must not wait: timers to enable again,
PATCHes to verify. Slack is then asked in the background, whether the token still holds.
"""

import asyncio

import structlog

from bot.core.errors import StoreUnreachable
from bot.core.installation import Installation
from bot.gateways.slack.client import SlackClient, SlackRejected, SlackUnavailable
from bot.gateways.store.installations import Installations
from bot.gateways.tasks import end_task

PAUSE_SECONDS = 5.0  # between two questions that Slack does not answer
REJECTED_PAUSE_SECONDS = 15.0

log = structlog.get_logger("slack")


class TokenCheck:
    """``rejected`` is Slack's code for the token while it rejects it, else empty."""

    def __init__(self, slack: SlackClient, known: Installations, token: str) -> None:
        self._slack, self._known, self._token = slack, known, token
        self._asking: asyncio.Task[None] | None = None
        self.rejected = ""

    async def installation(self) -> Installation:
        """Return the installation; only the first start of all waits for Slack.

        Raises StoreUnreachable, SlackUnavailable and SlackRejected.
        """
        found = await self._known.load(self._token)
        if found is not None:
            self._asking = asyncio.create_task(self._ask(found), name="token-check")
            return found
        found = await self._slack.installation()
        await self._known.save(self._token, found)
        return found

    @property
    def was_known(self) -> bool:
        return self._asking is not None

    async def stop(self) -> None:
        if self._asking is not None:
            await end_task(self._asking)

    async def _ask(self, known: Installation) -> None:
        """Ask until Slack accepts the token; what has changed is in use from the next start on."""
        while True:
            pause = PAUSE_SECONDS
            try:
                found = await self._slack.installation()
                if found != known:
                    await self._known.save(self._token, found)
            except SlackRejected as rejected:
                if not self.rejected:
                    log.error("slack.token_rejected", code=rejected.code)
                self.rejected, pause = rejected.code, REJECTED_PAUSE_SECONDS
            except SlackUnavailable as unavailable:
                pause = max(pause, unavailable.wait)
            except StoreUnreachable:
                pass  # it is asked again
            else:
                self.rejected = ""
                return
            await asyncio.sleep(pause)
