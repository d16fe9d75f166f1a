"""The kill switch: while it is on, changes are stopped, in every replica at once."""

from dataclasses import dataclass

from redis.asyncio import Redis

from bot.core.names import PersonId, Workspace
from bot.gateways.store.audit import Audit, AuditEntry
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.deliveries import WORKSPACES
from bot.gateways.store.sealed import in_text, key_of


@dataclass(frozen=True, slots=True)
class KillSwitch:
    """The script that gives permits looks at the same key, so it holds from the write on.

    Every method may raise StoreUnreachable.
    """

    redis: Redis
    audit: Audit

    async def is_on(self, workspace: Workspace) -> bool:
        """Whether changes are stopped."""
        async with translate_errors():
            return bool(await self.redis.exists(key_of(workspace, "kill-switch")))

    async def engage(self, workspace: Workspace, now: float) -> None:
        """Stop all changes."""
        async with translate_errors():
            await self.redis.set(key_of(workspace, "kill-switch"), str(now))
        await self.audit.append(workspace, AuditEntry(now, "writes.off", PersonId("")))

    async def release(self, workspace: Workspace, now: float) -> None:
        """Allow changes again."""
        async with translate_errors():
            await self.redis.delete(key_of(workspace, "kill-switch"))
        await self.audit.append(workspace, AuditEntry(now, "writes.on", PersonId("")))

    async def since(self, workspace: Workspace) -> float | None:
        """Return when changes were stopped (unix seconds); None while they are allowed."""
        async with translate_errors():
            at = await self.redis.get(key_of(workspace, "kill-switch"))
        return float(at) if at else None

    async def remember(self, workspace: Workspace) -> None:
        """Add the workspace of a bot to those that the admin's commands act on."""
        async with translate_errors():
            await self.redis.sadd(WORKSPACES, workspace)

    async def workspaces(self) -> list[Workspace]:
        async with translate_errors():
            names = await self.redis.smembers(WORKSPACES)
        return sorted(Workspace(in_text(name)) for name in names)
