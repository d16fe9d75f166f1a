"""Sign-ins in progress: the one-time link, the browser that claimed it, the pending command.

Only hashes of links and cookies are part of a key, so a list of the keys opens nothing.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from redis.asyncio import Redis

from bot.core.names import ChannelId, PersonId, Workspace
from bot.core.timers import ITwin, SeenTimer
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.scripts import load_script
from bot.gateways.store.sealed import SealedCodec, key_of

LINK_SECONDS = 600
COMMAND_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class SignInLink:
    """Whose sign-in this is, and where they asked for it. The page shows the names."""

    workspace: Workspace
    person: PersonId
    channel: ChannelId
    person_name: str
    workspace_name: str
    made_at: float
    pending_command: str = ""


@dataclass(frozen=True, slots=True)
class SignInFlow:
    """One browser's redirect to IMS and back.

    ``link`` is the secret of the sign-in link, ``flow`` is MSAL's, with the verifier and nonce.
    """

    ticket: SignInLink
    link: str
    state: str
    flow: str


@dataclass(frozen=True, slots=True)
class PendingCommand:
    """A command that waits for its person's sign-in, as they typed it.

    ``channel_itwin`` was the channel's default then: a default that is set meanwhile does not
    change what the command means. ``seen`` is what a question about several timers has shown.
    """

    person: PersonId
    channel: ChannelId
    text: str
    channel_itwin: ITwin | None = None
    seen: tuple[SeenTimer, ...] = ()


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


LINK, FLOW, COMMAND = "sign-in-link", "sign-in-flow", "pending-command"


class SignInLinks:
    """Every method may raise StoreUnreachable; what opens a record may raise SealBroken."""

    def __init__(self, redis: Redis, codec: SealedCodec) -> None:
        self._redis = redis
        self._codec = codec
        self._claim = redis.register_script(load_script("claim_link"))

    async def save_link(self, secret: str, link: SignInLink) -> None:
        key = _link(link.workspace, secret)
        sealed = self._codec.seal(link, key=key, purpose=LINK)
        async with translate_errors(), self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hset(key, "body", sealed)
            pipeline.expire(key, LINK_SECONDS)
            await pipeline.execute()

    async def load_link(self, workspace: Workspace, secret: str) -> SignInLink | None:
        """Return the link without claiming it; a link previewer may do this."""
        key = _link(workspace, secret)
        async with translate_errors():
            sealed = await self._redis.hget(key, "body")
        return self._codec.open(SignInLink, sealed, key=key, purpose=LINK) if sealed else None

    async def claim_link(
        self, workspace: Workspace, secret: str, browser: str
    ) -> tuple[SignInLink | None, bool]:
        """Claim it for one browser: (link, True), (link, False) when another browser has it."""
        key = _link(workspace, secret)
        async with translate_errors():
            result, sealed = await self._claim(keys=[key], args=[_hashed(browser)])
        if not result:
            return None, False
        link = self._codec.open(SignInLink, sealed, key=key, purpose=LINK)
        return link, result == 1

    async def drop_link(self, workspace: Workspace, secret: str) -> None:
        async with translate_errors():
            await self._redis.delete(_link(workspace, secret))

    async def save_flow(self, browser: str, flow: SignInFlow) -> None:
        key = key_of(flow.ticket.workspace, "sign-in-flow", _hashed(browser))
        sealed = self._codec.seal(flow, key=key, purpose=FLOW)
        async with translate_errors():
            await self._redis.set(key, sealed, ex=LINK_SECONDS)

    async def take_flow(self, workspace: Workspace, browser: str) -> SignInFlow | None:
        """Return and delete the flow that this browser started."""
        key = key_of(workspace, "sign-in-flow", _hashed(browser))
        async with translate_errors():
            sealed = await self._redis.getdel(key)
        return self._codec.open(SignInFlow, sealed, key=key, purpose=FLOW) if sealed else None

    async def save_command(
        self, workspace: Workspace, identity: str, pending: PendingCommand
    ) -> None:
        key = key_of(workspace, "pending-command", identity)
        sealed = self._codec.seal(pending, key=key, purpose=COMMAND)
        async with translate_errors():
            await self._redis.set(key, sealed, ex=COMMAND_SECONDS)

    async def save_commands(
        self, workspace: Workspace, waiting: Mapping[str, PendingCommand]
    ) -> None:
        """Save several commands, by their ids, in one round trip."""
        async with translate_errors(), self._redis.pipeline(transaction=True) as pipeline:
            for identity, pending in waiting.items():
                key = key_of(workspace, "pending-command", identity)
                sealed = self._codec.seal(pending, key=key, purpose=COMMAND)
                pipeline.set(key, sealed, ex=COMMAND_SECONDS)
            await pipeline.execute()

    async def load_command(self, workspace: Workspace, identity: str) -> PendingCommand | None:
        key = key_of(workspace, "pending-command", identity)
        async with translate_errors():
            sealed = await self._redis.get(key)
        return (
            self._codec.open(PendingCommand, sealed, key=key, purpose=COMMAND) if sealed else None
        )

    async def forget_command(self, workspace: Workspace, identity: str) -> None:
        async with translate_errors():
            await self._redis.delete(key_of(workspace, "pending-command", identity))


def _link(workspace: Workspace, secret: str) -> str:
    return key_of(workspace, "sign-in-link", _hashed(secret))
