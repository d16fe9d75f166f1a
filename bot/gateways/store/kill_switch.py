"""The kill switch: while it is off, no permit is given, by any replica."""

from dataclasses import dataclass

from redis.asyncio import Redis

from bot.core.names import PersonId, Workspace
from bot.gateways.store.audit import Audit, AuditEntry
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.deliveries import WORKSPACES
from bot.gateways.store.sealed import in_text, key_of


@dataclass(frozen=True, slots=True)
class KillSwitch:
    """The permit's script looks at the same key, so "off" holds from the moment it is written."""

    redis: Redis
    audit: Audit

    async def is_on(self, workspace: Workspace) -> bool:
        async with translate_errors():
            return bool(await self.redis.exists(key_of(workspace, "writes")))

    async def turn(self, workspace: Workspace, now: float, *, on: bool) -> None:
        key = key_of(workspace, "writes")
        async with translate_errors():
            if on:
                await self.redis.delete(key)
            else:
                await self.redis.set(key, str(now))
        what = "writes.on" if on else "writes.off"
        await self.audit.append(workspace, AuditEntry(now, what, PersonId("")))

    async def since(self, workspace: Workspace) -> float | None:
        """Return when changes were switched off; None while they are on."""
        async with translate_errors():
            said = await self.redis.get(key_of(workspace, "writes"))
        return float(said) if said else None

    async def remember(self, workspace: Workspace) -> None:
        """A bot is at home there, so the switch is for it too."""
        async with translate_errors():
            await self.redis.sadd(WORKSPACES, workspace)

    async def workspaces(self) -> list[Workspace]:
        async with translate_errors():
            return sorted(Workspace(in_text(one)) for one in await self.redis.smembers(WORKSPACES))
