"""Which press in a window was the last: what an earlier one brings must not stand over it.

Slack's hash of a view tells that it changed, and not for whom: of presses that come faster than
the window follows, each one carries the same hash, and all but the first to be done are refused.
"""

from redis.asyncio import Redis

from bot.core.names import DeliveryId, Workspace
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.sealed import key_of

SECONDS = 3_600

# ARGV: 1 when it was pressed, 2 the delivery, 3 lifetime. Returns whether none later is known.
_PRESS = """
local at, id = unpack(redis.call('HMGET', KEYS[1], 'at', 'id'))
if at and id ~= ARGV[2] and tonumber(at) >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'at', ARGV[1], 'id', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""


class ModalClicks:
    """It raises StoreUnreachable."""

    def __init__(self, redis: Redis) -> None:
        self._press = redis.register_script(_PRESS)

    async def is_last_click(
        self, workspace: Workspace, view: str, press: DeliveryId, at: float
    ) -> bool:
        """Remember the press; whether none is known that came later (``at``, in Slack's clock)."""
        key = key_of(workspace, "window", view)
        async with translate_errors():
            return bool(await self._press(keys=[key], args=[at, press, SECONDS]))
