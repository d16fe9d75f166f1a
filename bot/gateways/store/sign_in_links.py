"""Sign-ins under way: the one-time ticket, the browser that claimed it, the waiting command.

Only hashes of tickets and cookies enter a key, so a dump of the key names opens nothing.
"""

import hashlib
from dataclasses import dataclass

from redis.asyncio import Redis

from bot.core.names import ChannelId, PersonId, Workspace
from bot.core.timers import ITwin
from bot.gateways.store.sealed import SealedCodec, key_of

LINK_SECONDS = 600
COMMAND_SECONDS = 3600

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
class SignInLink:
    """Whose sign-in this is, and where they asked. The names are for the page to say."""

    workspace: Workspace
    person: PersonId
    channel: ChannelId
    person_name: str
    workspace_name: str
    made_at: float
    pending_command: str = ""


@dataclass(frozen=True, slots=True)
class SignInFlow:
    """One browser's way to IMS and back.

    ``link`` is the ticket's secret, ``flow`` is MSAL's, with the verifier and nonce.
    """

    ticket: SignInLink
    link: str
    state: str
    flow: str


@dataclass(frozen=True, slots=True)
class PendingCommand:
    """A command that waits for its person's sign-in, as they typed it.

    ``here`` was the channel's iTwin then: what another one sets meanwhile changes no wish.
    """

    person: PersonId
    channel: ChannelId
    text: str
    channel_itwin: ITwin | None = None


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class SignInLinks:
    def __init__(self, redis: Redis, codec: SealedCodec) -> None:
        self._redis = redis
        self._records = codec
        self._claim = redis.register_script(_CLAIM)

    async def save_link(self, secret: str, link: SignInLink) -> None:
        key = key_of(link.workspace, "ticket", _hashed(secret))
        sealed = self._records.seal(link, key=key, purpose="ticket")
        async with self._redis.pipeline(transaction=True) as together:
            together.hset(key, "body", sealed)
            together.expire(key, LINK_SECONDS)
            await together.execute()

    async def load_link(self, workspace: Workspace, secret: str) -> SignInLink | None:
        """Return the ticket without claiming it; a link previewer may do this."""
        key = key_of(workspace, "ticket", _hashed(secret))
        sealed = await self._redis.hget(key, "body")
        return self._records.open(SignInLink, sealed, key=key, purpose="ticket") if sealed else None

    async def claim_link(
        self, workspace: Workspace, secret: str, browser: str
    ) -> tuple[SignInLink | None, bool]:
        """Claim it for one browser: (ticket, True), (ticket, False) when another has it."""
        key = key_of(workspace, "ticket", _hashed(secret))
        answer, sealed = await self._claim(keys=[key], args=[_hashed(browser)])
        if not answer:
            return None, False
        ticket = self._records.open(SignInLink, sealed, key=key, purpose="ticket")
        return ticket, answer == 1

    async def drop_link(self, workspace: Workspace, secret: str) -> None:
        await self._redis.delete(key_of(workspace, "ticket", _hashed(secret)))

    async def save_flow(self, browser: str, under_way: SignInFlow) -> None:
        key = key_of(under_way.ticket.workspace, "flow", _hashed(browser))
        sealed = self._records.seal(under_way, key=key, purpose="flow")
        await self._redis.set(key, sealed, ex=LINK_SECONDS)

    async def take_flow(self, workspace: Workspace, browser: str) -> SignInFlow | None:
        """Return what this browser began, once."""
        key = key_of(workspace, "flow", _hashed(browser))
        sealed = await self._redis.getdel(key)
        return self._records.open(SignInFlow, sealed, key=key, purpose="flow") if sealed else None

    async def save_command(
        self, workspace: Workspace, identity: str, pending: PendingCommand
    ) -> None:
        key = key_of(workspace, "kept", identity)
        sealed = self._records.seal(pending, key=key, purpose="kept")
        await self._redis.set(key, sealed, ex=COMMAND_SECONDS)

    async def load_command(self, workspace: Workspace, identity: str) -> PendingCommand | None:
        key = key_of(workspace, "kept", identity)
        sealed = await self._redis.get(key)
        return (
            self._records.open(PendingCommand, sealed, key=key, purpose="kept") if sealed else None
        )

    async def forget_command(self, workspace: Workspace, identity: str) -> None:
        await self._redis.delete(key_of(workspace, "kept", identity))
