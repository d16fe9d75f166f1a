"""Sign-ins under way: the one-time ticket, the browser that claimed it, the waiting command.

Only hashes of tickets and cookies enter a key, so a dump of the key names opens nothing.
"""

import hashlib
from dataclasses import dataclass

from redis.asyncio import Redis

from bot.core.names import ChannelId, PersonId, Workspace
from bot.core.timers import ITwin
from bot.gateways.store.sealed import Records, key_of

TICKET_SECONDS = 600
KEPT_SECONDS = 3600

# The first browser has it; the same browser may press twice; a second one is refused.
_CLAIM = """
local body = redis.call('HGET', KEYS[1], 'body')
if not body then return {0, ''} end
local browser = redis.call('HGET', KEYS[1], 'browser')
if browser and browser ~= ARGV[1] then return {2, body} end
redis.call('HSET', KEYS[1], 'browser', ARGV[1])
return {1, body}
"""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whose sign-in this is, and where they asked. The names are for the page to say."""

    workspace: Workspace
    person: PersonId
    channel: ChannelId
    person_name: str
    workspace_name: str
    made_at: float
    kept: str = ""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """One browser's way to IMS and back.

    ``link`` is the ticket's secret, ``flow`` is MSAL's, with the verifier and nonce.
    """

    ticket: Ticket
    link: str
    state: str
    flow: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A command that waits for its person's sign-in, as they typed it.

    ``here`` was the channel's iTwin then: what another one sets meanwhile changes no wish.
    """

    person: PersonId
    channel: ChannelId
    text: str
    here: ITwin | None = None


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class Tickets:
    def __init__(self, redis: Redis, records: Records) -> None:
        self._redis = redis
        self._records = records
        self._claim = redis.register_script(_CLAIM)

    async def make(self, secret: str, ticket: Ticket) -> None:
        key = key_of(ticket.workspace, "ticket", _hashed(secret))
        sealed = self._records.seal(ticket, key=key, purpose="ticket")
        async with self._redis.pipeline(transaction=True) as together:
            together.hset(key, "body", sealed)
            together.expire(key, TICKET_SECONDS)
            await together.execute()

    async def look(self, workspace: Workspace, secret: str) -> Ticket | None:
        """Return the ticket without claiming it; a link previewer may do this."""
        key = key_of(workspace, "ticket", _hashed(secret))
        sealed = await self._redis.hget(key, "body")
        return self._records.open(Ticket, sealed, key=key, purpose="ticket") if sealed else None

    async def claim(
        self, workspace: Workspace, secret: str, browser: str
    ) -> tuple[Ticket | None, bool]:
        """Claim it for one browser: (ticket, True), (ticket, False) when another has it."""
        key = key_of(workspace, "ticket", _hashed(secret))
        answer, sealed = await self._claim(keys=[key], args=[_hashed(browser)])
        if not answer:
            return None, False
        ticket = self._records.open(Ticket, sealed, key=key, purpose="ticket")
        return ticket, answer == 1

    async def drop(self, workspace: Workspace, secret: str) -> None:
        await self._redis.delete(key_of(workspace, "ticket", _hashed(secret)))

    async def begin(self, browser: str, under_way: UnderWay) -> None:
        key = key_of(under_way.ticket.workspace, "flow", _hashed(browser))
        sealed = self._records.seal(under_way, key=key, purpose="flow")
        await self._redis.set(key, sealed, ex=TICKET_SECONDS)

    async def end(self, workspace: Workspace, browser: str) -> UnderWay | None:
        """Return what this browser began, once."""
        key = key_of(workspace, "flow", _hashed(browser))
        sealed = await self._redis.getdel(key)
        return self._records.open(UnderWay, sealed, key=key, purpose="flow") if sealed else None

    async def keep(self, workspace: Workspace, identity: str, kept: Kept) -> None:
        key = key_of(workspace, "kept", identity)
        sealed = self._records.seal(kept, key=key, purpose="kept")
        await self._redis.set(key, sealed, ex=KEPT_SECONDS)

    async def kept(self, workspace: Workspace, identity: str) -> Kept | None:
        key = key_of(workspace, "kept", identity)
        sealed = await self._redis.get(key)
        return self._records.open(Kept, sealed, key=key, purpose="kept") if sealed else None

    async def forget(self, workspace: Workspace, identity: str) -> None:
        await self._redis.delete(key_of(workspace, "kept", identity))
