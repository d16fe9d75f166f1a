"""The replicas of the store: how many have to confirm a write, and which server is written to.

With ``?replicas=N`` in its address the client counts a write only when so many replicas have it.
That holds through a failover only if every replica that could be promoted is among them, so N has
to be the number of replicas. Source: Redis, "WAIT" and "INFO replication".
"""

from dataclasses import dataclass

from redis.asyncio import Redis

from bot.gateways.store.connection import ConfirmedRedis, server_info


class StoreMisconfigured(Exception):
    """The store's address and its servers do not fit; the text says why and what to set."""


@dataclass(frozen=True, slots=True)
class ReplicationState:
    """``connected`` replicas (of a Cluster: of the server that has fewest).

    ``history`` identifies the history of what was written; a promoted server has another one.
    ``refuses``: the server takes no writes without replicas.
    """

    connected: int
    refuses: bool
    history: str


class Replication:
    """``read`` raises StoreUnreachable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    @property
    def asked(self) -> int:
        """The number of replicas that the address asks to confirm; 0 where it asks for none."""
        return self._redis.replicas if isinstance(self._redis, ConfirmedRedis) else 0

    async def read(self) -> ReplicationState | None:
        """Return the present state; None where the server does not tell.

        From then on each replica that is connected has to confirm, and never fewer than asked.
        """
        servers = await server_info(self._redis, "replication")
        if servers is None or not all("connected_slaves" in one for one in servers):
            return None
        state = ReplicationState(
            connected=min(int(one["connected_slaves"]) for one in servers),
            # INFO has this field only where min-replicas-to-write is set.
            refuses=all("min_slaves_good_slaves" in one for one in servers),
            history=" ".join(sorted(str(one.get("master_replid", "")) for one in servers)),
        )
        if isinstance(self._redis, ConfirmedRedis):
            self._redis.needed = max(self._redis.replicas, state.connected)
        return state

    async def check(self) -> None:
        """Raise StoreMisconfigured where a replica could be promoted that need not confirm."""
        state = await self.read()
        if state is not None and self.asked and state.connected > self.asked:
            raise StoreMisconfigured(too_few_asked(self.asked, state.connected))


def too_few_asked(asked: int, connected: int) -> str:
    return (
        f"REDIS_URL asks {asked} of {connected} replicas to confirm, and a failover to another one "
        f"would forget what they confirmed: set ?replicas={connected}"
    )


def too_few_connected(asked: int, connected: int) -> str:
    return (
        f"REDIS_URL asks {asked} replicas to confirm and {connected} are connected, so no new "
        "command is accepted: bring the missing one back, or set ?replicas to the number that "
        "there is from now on, at every process of the bot"
    )
