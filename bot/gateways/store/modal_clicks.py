"""The last click in each modal: the result of an earlier click must not replace that of a later.

Slack's hash of a view cannot decide this: clicks that follow faster than the view is updated all
carry the same hash, and all but the first to be answered would be rejected.
"""

from redis.asyncio import Redis

from bot.core.names import DeliveryId, Workspace
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.scripts import load_script
from bot.gateways.store.sealed import key_of

LIFETIME_SECONDS = 3_600


class ModalClicks:
    """Every method may raise StoreUnreachable."""

    def __init__(self, redis: Redis) -> None:
        self._record = redis.register_script(load_script("record_click"))

    async def is_last_click(
        self, workspace: Workspace, view: str, click: DeliveryId, at: float
    ) -> bool:
        """Record the click; return whether no later one is known (``at``, in Slack's clock)."""
        key = key_of(workspace, "modal", view)
        async with translate_errors():
            return bool(await self._record(keys=[key], args=[at, click, LIFETIME_SECONDS]))
