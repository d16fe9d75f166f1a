"""Redis or Valkey, the only store. ``<W>`` is a workspace; its name is every key's hash tag.

    key                                meaning                                        lifetime
    edfs:workspaces                    set: workspaces that ever had something due     kept
    edfs:{<W>}:due                     zset, by the unix time to look at it: "<kind>:<id>"
                                       of delivery, operation (its next step), news (its
                                       end), approval, return, subscription, channel
                                       (something waits to be told to it);
                                       "draw:<kind>:<id>" (the outbox)                 kept
    edfs:{<W>}:delivery:<id>           hash: owner, body (sealed), done                24 hours
    edfs:{<W>}:tries:<kind>:<id>       how often a job on it broke off in a row        1 hour
    edfs:{<W>}:operation:<id>          hash: v (version), b (sealed operation), card,
                                       drawn, beside (versions last drawn), told-<what>,
                                       handed (its card is another's now)              90 days
    edfs:{<W>}:<ledger>:<id>           hash, as of an operation: v, b, card, drawn, …  90 days,
                                       <ledger>: approval, return, subscription,
                                       notice                                          open: kept
    edfs:{<W>}:open:<ledger>           zset of the open ones' ids                      kept
    edfs:{<W>}:pointer:approval:<itwin>:<timer>:<wanted>
                                       the request that waits for this wish           ends by state
    edfs:{<W>}:pointer:return:<itwin>:<timer>
                                       the return of this timer                       ends by state
    edfs:{<W>}:default:<channel>       sealed iTwin that stands where none is named    kept
    edfs:{<W>}:outbox:<channel>        hash, by event: sealed news that waits to be told  30 days
    edfs:{<W>}:teller:<channel>:<root> the notice that tells this story there         90 days
    edfs:{<W>}:pace:<channel>          list: when messages were last made for it      1 hour
    edfs:{<W>}:watch:<subscription>    sealed names and states of the last look       90 days
    edfs:{<W>}:undelivered             list of sealed facts: what Slack never took    90 days
    edfs:{<W>}:brush:<kind>:<id>       who paints its card now                        30 s
    edfs:{<W>}:lock:<itwin>:<timer>    the operation that holds the timer              ends by state
    edfs:{<W>}:writes                  there while an admin has switched changes off   kept
    edfs:{<W>}:timer:<itwin>:<timer>   hash: seen (sealed), ended (operation)          400 days
    edfs:{<W>}:recent:<hash>           operation of a person, verb and timer           60 s
    edfs:{<W>}:undone:<operation>      the operation that undid it                     90 days
    edfs:{<W>}:person:<person>         sealed users.info                               60 s
    edfs:{<W>}:home:<person>           page and channel of who looks at their Home     15 min
    edfs:{<W>}:window:<view>           hash: at, id (the last press in this window)    1 hour
    edfs:{<W>}:members:<group>         sealed members of a user group or channel      60 s
    edfs:{<W>}:list:<person>:<what>    sealed names that their own token listed        60 s
    edfs:{<W>}:index:<person>:<what>   sealed list behind a select: their iTwins, or the
                                       timers of the iTwin <what>; nothing is decided by it  10 min
    edfs:{<W>}:changed                 zset of iTwins by when the bot last changed a
                                       timer there: older indexes are read anew        kept (200)
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

from bot.core.approvals import Approval
from bot.core.auto_enables import AutoEnable
from bot.core.notifications import Notification
from bot.core.subscriptions import Subscription
from bot.gateways.sealing import KeyRing
from bot.gateways.store.audit import Audit
from bot.gateways.store.card_outbox import CardOutbox
from bot.gateways.store.channel_outbox import ChannelOutbox
from bot.gateways.store.connection import connect, job_url, server_info, translate_errors
from bot.gateways.store.dead_letters import DeadLetters
from bot.gateways.store.deliveries import Deliveries
from bot.gateways.store.kill_switch import KillSwitch
from bot.gateways.store.limits import Limits
from bot.gateways.store.modal_clicks import ModalClicks
from bot.gateways.store.operations import Operations
from bot.gateways.store.option_lists import OptionListCache
from bot.gateways.store.people import People
from bot.gateways.store.poll_snapshots import PollSnapshots
from bot.gateways.store.schemas import APPROVALS, AUTO_ENABLES, NOTIFICATIONS, SUBSCRIPTIONS
from bot.gateways.store.sealed import SealedCodec
from bot.gateways.store.sign_in_links import SignInLinks
from bot.gateways.store.sign_ins import SignIns
from bot.gateways.store.timers import Timers
from bot.gateways.store.versioned import VersionedRecords

__all__ = ["Store", "job_url", "open_store", "translate_errors"]


@dataclass(frozen=True, slots=True)
class Store:
    redis: Redis
    approvals: VersionedRecords[Approval]
    audit: Audit
    channel_outbox: ChannelOutbox
    deliveries: Deliveries
    card_outbox: CardOutbox
    option_lists: OptionListCache
    limits: Limits
    notifications: VersionedRecords[Notification]
    operations: Operations
    people: People
    auto_enables: VersionedRecords[AutoEnable]
    subscriptions: VersionedRecords[Subscription]
    sign_in_links: SignInLinks
    timers: Timers
    sign_ins: SignIns
    dead_letters: DeadLetters
    poll_snapshots: PollSnapshots
    modal_clicks: ModalClicks
    kill_switch: KillSwitch

    async def ping(self) -> None:
        """Raise StoreUnreachable when the server does not answer."""
        async with translate_errors():
            await self.redis.ping()

    async def durability(self) -> tuple[bool, str] | None:
        """Return (appends to a file, eviction policy), or None where the server does not tell.

        Of a Cluster's servers it is the one that promises least.
        """
        try:
            persistence = await server_info(self.redis, "persistence")
            memory = await server_info(self.redis, "memory")
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
            said = await server_info(self.redis, "replication")
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
    records = SealedCodec(ring)
    audit = Audit(redis, records, audit_days)
    return Store(
        redis=redis,
        approvals=VersionedRecords(redis, records, audit, operation_days, APPROVALS),
        audit=audit,
        channel_outbox=ChannelOutbox(redis, records, operation_days),
        deliveries=Deliveries(redis, records),
        card_outbox=CardOutbox(redis),
        option_lists=OptionListCache(redis, records),
        limits=Limits(redis),
        notifications=VersionedRecords(redis, records, audit, operation_days, NOTIFICATIONS),
        operations=Operations(redis, records, audit, operation_days),
        people=People(redis, records),
        auto_enables=VersionedRecords(redis, records, audit, operation_days, AUTO_ENABLES),
        subscriptions=VersionedRecords(redis, records, audit, operation_days, SUBSCRIPTIONS),
        sign_in_links=SignInLinks(redis, records),
        timers=Timers(redis, records),
        sign_ins=SignIns(redis, ring),
        dead_letters=DeadLetters(redis, records),
        poll_snapshots=PollSnapshots(redis, records),
        modal_clicks=ModalClicks(redis),
        kill_switch=KillSwitch(redis, audit),
    )
