"""How many messages a channel was told within the last moments, to the moment."""

from bot.core.names import Workspace
from bot.core.notifications import BURST_SECONDS
from bot.gateways.sealing import KeyRing
from bot.gateways.store import open_store
from tests.conftest import KEYS
from tests.slack.samples import NOW, ROOM

HOME = Workspace("T0HOME")


async def test_a_message_counts_for_a_burst_until_the_burst_is_over(redis_url: str) -> None:
    store = open_store(redis_url, KeyRing.parse(KEYS))
    try:
        await store.channel_outbox.count_sent(HOME, ROOM, 2, NOW)
        assert await store.channel_outbox.recent_count(HOME, ROOM, NOW) == 2
        assert await store.channel_outbox.recent_count(HOME, ROOM, NOW + BURST_SECONDS - 0.5) == 2
        assert await store.channel_outbox.recent_count(HOME, ROOM, NOW + BURST_SECONDS) == 0
    finally:
        await store.aclose()
