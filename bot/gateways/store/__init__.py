"""Redis or Valkey, the only store. ``<W>`` is a workspace; its name is every key's hash tag.

    key                                meaning                                        lifetime
    edfs:workspaces                    set: workspaces that ever had something due     kept
    edfs:{<W>}:due                     zset: "delivery:<id>", "operation:<id>" (its
                                       next step) and "draw:<id>" (the outbox)
                                       by the unix time to look at it                  kept
    edfs:{<W>}:delivery:<id>           hash: owner, body (sealed), done                24 hours
    edfs:{<W>}:tries:<kind>:<id>       how often a job on it broke off in a row        1 hour
    edfs:{<W>}:operation:<id>          hash: v (version), b (sealed operation), card,
                                       drawn (version last drawn), told-<what>,
                                       handed (its card is another's now)              90 days
    edfs:{<W>}:brush:<operation>       who paints its card now                        30 s
    edfs:{<W>}:lock:<itwin>:<timer>    the operation that holds the timer              ends by state
    edfs:{<W>}:writes                  there while an admin has switched changes off   kept
    edfs:{<W>}:timer:<itwin>:<timer>   hash: seen (sealed), ended (operation)          400 days
    edfs:{<W>}:recent:<hash>           operation of a person, verb and timer           60 s
    edfs:{<W>}:undone:<operation>      the operation that undid it                     90 days
    edfs:{<W>}:person:<person>         sealed users.info                               60 s
    edfs:{<W>}:list:<person>:<what>    sealed names that their own token listed        60 s
    edfs:{<W>}:signin:<person>         hash: v (version), c (sealed sign-in)           90 days
    edfs:{<W>}:signin-lock:<person>    who refreshes the sign-in now                   30 s
    edfs:{<W>}:subject:<hash>          the person an iTwin account is linked to        400 days
    edfs:{<W>}:ticket:<hash>           hash: body (sealed), browser                    10 min
    edfs:{<W>}:flow:<hash>             sealed sign-in under way, of one browser        10 min
    edfs:{<W>}:kept:<id>               sealed command that waits for a sign-in         1 hour
    edfs:{<W>}:audit                   stream of sealed entries                        400 days
    edfs:{<W>}:audit-head              hash: n, h (number, SHA-256 of the newest)      kept
    edfs:{app}:limit:*:<seconds>       list: when this limit was last taken            window + 60 s
    edfs:{app}:gate:*                  unix time until which it is shut               1 hour
    edfs-jobs:*                        the job engine's own (short ids only);
                                       on a Cluster {edfs-jobs}:*                      its own

Everything authoritative or personal is sealed, with the key's name and the purpose as additional
data, so a record that is moved does not open. What is plain (versions, due times, locks, queue
members) carries ids only and is never believed as authority. Every change of an operation is one
script, which compares the version and writes the audit entry with it. Commands of Redis 7.0.
"""

from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bot.gateways.sealing import KeyRing
from bot.gateways.store.audit import Audit
from bot.gateways.store.connection import connect, job_url, reaching, told_by_servers
from bot.gateways.store.deliveries import Deliveries
from bot.gateways.store.drawings import Drawings
from bot.gateways.store.limits import Limits
from bot.gateways.store.operations import Operations
from bot.gateways.store.people import People
from bot.gateways.store.records import Records
from bot.gateways.store.tickets import Tickets
from bot.gateways.store.timers import Timers
from bot.gateways.store.tokens import Tokens
from bot.gateways.store.writes import Writes

__all__ = ["Store", "job_url", "open_store", "reaching"]


@dataclass(frozen=True, slots=True)
class Store:
    redis: Redis
    audit: Audit
    deliveries: Deliveries
    drawings: Drawings
    limits: Limits
    operations: Operations
    people: People
    tickets: Tickets
    timers: Timers
    tokens: Tokens
    writes: Writes

    async def ping(self) -> None:
        """Raise StoreUnreachable when the server does not answer."""
        async with reaching():
            await self.redis.ping()

    async def durability(self) -> tuple[bool, str] | None:
        """Return (appends to a file, eviction policy), or None where the server does not tell.

        Of a Cluster's servers it is the one that promises least.
        """
        try:
            persistence = await told_by_servers(self.redis, "persistence")
            memory = await told_by_servers(self.redis, "memory")
        except ResponseError:
            return None
        policies = {one.get("maxmemory_policy", "") for one in memory}
        if not all(policies):
            return None
        appends = all(one.get("aof_enabled") for one in persistence)
        return appends, min(policies, key=lambda policy: policy == "noeviction")

    async def replicas(self) -> tuple[int, bool] | None:
        """Return (how many follow the server that has fewest, whether it refuses writes without
        them), or None where the server does not tell.
        """
        try:
            said = await told_by_servers(self.redis, "replication")
        except ResponseError:
            return None
        if not all("connected_slaves" in one for one in said):
            return None
        # INFO has the last word only where min-replicas-to-write is set.
        refuses = all("min_slaves_good_slaves" in one for one in said)
        return min(int(one["connected_slaves"]) for one in said), refuses

    async def aclose(self) -> None:
        await self.redis.aclose()


def open_store(url: str, ring: KeyRing, operation_days: int = 90, audit_days: int = 400) -> Store:
    """Return the store of this URL; no connection is made before the first command."""
    redis = connect(url)
    records = Records(ring)
    audit = Audit(redis, records, audit_days)
    return Store(
        redis=redis,
        audit=audit,
        deliveries=Deliveries(redis, records),
        drawings=Drawings(redis),
        limits=Limits(redis),
        operations=Operations(redis, records, audit, operation_days),
        people=People(redis, records),
        tickets=Tickets(redis, records),
        timers=Timers(redis, records),
        tokens=Tokens(redis, ring),
        writes=Writes(redis, audit),
    )
