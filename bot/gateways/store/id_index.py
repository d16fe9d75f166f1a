"""The index of ids by their first six digits, so that a person may type the beginning of one.

The scripts that write operations and versioned records add to it. An entry lives as long as the
record does after its last change; records that stay open for longer are in the list of open ones.
"""

from redis.asyncio import Redis

from bot.core.names import Workspace
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.sealed import in_text, key_of

DIGITS = 6
MOST_FOUND = 20  # that one beginning may lead to


def id_index_key(workspace: Workspace, identity: str) -> str:
    """Return the key of the set that this id, or beginning of one, belongs to."""
    return key_of(workspace, "ids", identity[:DIGITS])


async def ids_starting_with(redis: Redis, workspace: Workspace, beginning: str) -> set[str]:
    """Return the ids that begin so, with at least six digits. Raises StoreUnreachable."""
    async with translate_errors():
        rows = await redis.smembers(id_index_key(workspace, beginning))
    return {one for one in map(in_text, rows) if one.startswith(beginning)}
