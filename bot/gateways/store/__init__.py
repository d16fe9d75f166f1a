"""Redis or Valkey, the only store. ``<W>`` is a workspace; its name is every key's hash tag.

    key                                meaning                                        lifetime
    edfs:workspaces                    set: workspaces that ever had something due     no end
    edfs:last-tick                     unix time at which a replica last looked at it  no end
    edfs:{<W>}:due                     zset of "<kind>:<id>" by the unix time at which it is due:
                                       delivery, operation (its next step), ended (what follows
                                       from an operation's end), superseding (older cards of
                                       its timer), approval, auto-enable,
                                       subscription, batch (of a channel's events),
                                       operation-set (members that were not started);
                                       "card:<kind>:<id>" (a card to be rendered)      no end
    edfs:{<W>}:delivery:<id>           hash: owner, body (sealed), replication,
                                       bound, done                                    24 hours
    edfs:{<W>}:attempts:<kind>:<id>    how often a job on it broke off in a row        1 hour
    edfs:{<W>}:operation:<id>          hash: v (version), b (sealed operation), replication (the
                                       server's history at its lock), ts (of its card),
                                       rendered, auto_enable_version (the versions that the card
                                       shows), older, superseded (operations before and after
                                       it on its timer), sent-<message>, transferred (the card
                                       belongs to another record now), painter, repaint_at (an
                                       edit of the card that may still arrive)         90 days
    edfs:{<W>}:approval:<id>           hashes, as of an operation: v, b, ts, rendered, …
    edfs:{<W>}:auto-enable:<id>                                                        90 days,
    edfs:{<W>}:subscription:<id>                                                       open: no end
    edfs:{<W>}:notification:<id>
    edfs:{<W>}:operation-set:<id>      operations that were started together, and the card
                                       that shows all of them                          90 days
    edfs:{<W>}:open:<kind>             zset of the open records' ids                   no end
    edfs:{<W>}:ids:<digits>            set: the ids of operations and of the records above that
                                       begin with these six digits                    90 days
    edfs:{<W>}:unique:approval:<itwin>:<timer>:<wanted>
                                       the request that waits for this change         ends by state
    edfs:{<W>}:unique:auto-enable:<itwin>:<timer>
                                       the auto-enable of this timer                  ends by state
    edfs:{<W>}:default:<channel>       sealed iTwin for commands that name none        no end
    edfs:{<W>}:outbox:<channel>        hash, by event key: sealed pending events       30 days
    edfs:{<W>}:notification-of:<channel>:<root>
                                       the notification that shows this change thread 90 days
    edfs:{<W>}:sent:<channel>          list: when messages were last sent to it        1 hour
    edfs:{<W>}:poll:<subscription>     sealed names and states of the last poll        90 days
    edfs:{<W>}:dead-letters            list of sealed dead letters                     90 days
    edfs:{<W>}:card-lock:<kind>:<id>   the owner of the lock around rendering a card   30 s
    edfs:{<W>}:lock:<itwin>:<timer>    the operation that holds the timer              ends by state
    edfs:{<W>}:kill-switch             exists while an admin has stopped changes       no end
    edfs:{<W>}:timer:<itwin>:<timer>   hash: seen (sealed), ended (operation)          400 days
    edfs:{<W>}:dedupe:<hash>           operation of a person, verb and timer           60 s
    edfs:{<W>}:undone:<operation>      the operation that undid it                     90 days
    edfs:{<W>}:changes:<person>:<channel>
                                       zset of the newest operations that the person
                                       asked for there, by when they were started     90 days (50)
    edfs:{<W>}:person:<person>         sealed users.info                               60 s
    edfs:{<W>}:home-open:<person>      channel and page of who has their Home open     15 min
    edfs:{<W>}:modal:<view>            hash: at, id (the last click in this modal)     1 hour
    edfs:{<W>}:members:<group>         sealed members of a user group or channel      60 s
    edfs:{<W>}:itwins:<person>         sealed iTwins that their own token listed       60 s
    edfs:{<W>}:options:<person>:<what> sealed list behind a select: their iTwins, or the
                                       timers of the iTwin <what>; decides nothing     10 min
    edfs:{<W>}:changed-itwins          zset of iTwins by when the bot last changed a
                                       timer there: older option lists are refreshed  no end (200)
    edfs:{<W>}:signin:<person>         hash: v (version), c (sealed sign-in)           90 days
    edfs:{<W>}:signin-lock:<person>    the owner of the lock around a token refresh    30 s
    edfs:{<W>}:subject:<hash>          the person an iTwin account is linked to        400 days
    edfs:{<W>}:sign-in-link:<hash>     hash: body (sealed), browser                    10 min
    edfs:{<W>}:sign-in-flow:<hash>     sealed sign-in in progress, of one browser      10 min
    edfs:{<W>}:pending-command:<id>    sealed command that waits for a sign-in         1 hour
    edfs:{<W>}:audit                   stream of sealed entries                        400 days
    edfs:{<W>}:audit-head              hash: n, h (number, SHA-256 of the newest)      no end
    edfs:{app}:limit:*:<seconds>       list: when this limit was last taken            window + 60 s
    edfs:{app}:installation:<hash>     sealed workspace of the bot token with this hash   no end
    edfs:{app}:gate:*                  unix time until which it is shut               1 hour
    edfs-jobs:*                        the job engine's own (short ids only);
                                       on a Cluster {edfs-jobs}:*                      its own

Everything authoritative or personal is sealed, with the key's name and the purpose as additional
data, so a record that is moved to another key does not open. What is plain (versions, due times,
locks, queue members) holds ids only and is never trusted as authority. Every change of an operation
is one script (``scripts/*.lua``), which compares the version and writes the audit entry with it.
Commands of Redis 7.0.

Every public method translates the client's errors to StoreUnreachable.
"""

from dataclasses import dataclass

from redis.asyncio import Redis

from bot.core.approvals import Approval
from bot.core.auto_enables import AutoEnable
from bot.core.notifications import Notification
from bot.core.operation_sets import OperationSet
from bot.core.subscriptions import Subscription
from bot.gateways.sealing import KeyRing
from bot.gateways.store.audit import Audit
from bot.gateways.store.card_outbox import CardOutbox
from bot.gateways.store.channel_outbox import ChannelOutbox
from bot.gateways.store.connection import connect, job_url, server_info, translate_errors
from bot.gateways.store.dead_letters import DeadLetters
from bot.gateways.store.deliveries import Deliveries
from bot.gateways.store.due_times import DueTimes
from bot.gateways.store.installations import Installations
from bot.gateways.store.kill_switch import KillSwitch
from bot.gateways.store.limits import Limits
from bot.gateways.store.modal_clicks import ModalClicks
from bot.gateways.store.operations import Operations
from bot.gateways.store.option_lists import OptionListCache
from bot.gateways.store.people import People
from bot.gateways.store.poll_snapshots import PollSnapshots
from bot.gateways.store.replication import Replication
from bot.gateways.store.schemas import (
    APPROVALS,
    AUTO_ENABLES,
    NOTIFICATIONS,
    OPERATION_SETS,
    SUBSCRIPTIONS,
)
from bot.gateways.store.sealed import SealedCodec
from bot.gateways.store.sign_in_links import SignInLinks
from bot.gateways.store.sign_ins import SignIns
from bot.gateways.store.timers import Timers
from bot.gateways.store.versioned import VersionedRecords

__all__ = ["Store", "job_url", "open_store"]


@dataclass(frozen=True, slots=True)
class Store:
    """The stored things, one object for each kind, over one client."""

    redis: Redis
    approvals: VersionedRecords[Approval]
    audit: Audit
    channel_outbox: ChannelOutbox
    deliveries: Deliveries
    due_times: DueTimes
    card_outbox: CardOutbox
    option_lists: OptionListCache
    limits: Limits
    notifications: VersionedRecords[Notification]
    operations: Operations
    operation_sets: VersionedRecords[OperationSet]
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
    replication: Replication
    installations: Installations

    async def ping(self) -> None:
        """Raise StoreUnreachable when the server does not answer."""
        async with translate_errors():
            await self.redis.ping()

    async def durability(self) -> tuple[bool, str] | None:
        """Return (appends to a file, eviction policy), or None where the server does not tell.

        Of a Cluster's servers it is the one that promises least. Raises StoreUnreachable.
        """
        persistence = await server_info(self.redis, "persistence")
        memory = await server_info(self.redis, "memory")
        if persistence is None or memory is None:
            return None
        policies = {one.get("maxmemory_policy", "") for one in memory}
        if not all(policies):
            return None
        appends = all(one.get("aof_enabled") for one in persistence)
        return appends, min(policies, key=lambda policy: policy == "noeviction")

    async def aclose(self) -> None:
        await self.redis.aclose()


def open_store(url: str, ring: KeyRing, operation_days: int = 90, audit_days: int = 400) -> Store:
    """Return the store of this URL; no connection is made before the first command."""
    redis = connect(url)
    codec = SealedCodec(ring)
    audit = Audit(redis, codec, audit_days)
    return Store(
        redis=redis,
        approvals=VersionedRecords(redis, codec, audit, operation_days, APPROVALS),
        audit=audit,
        channel_outbox=ChannelOutbox(redis, codec, operation_days),
        deliveries=Deliveries(redis, codec),
        due_times=DueTimes(redis),
        card_outbox=CardOutbox(redis),
        option_lists=OptionListCache(redis, codec),
        limits=Limits(redis),
        notifications=VersionedRecords(redis, codec, audit, operation_days, NOTIFICATIONS),
        operations=Operations(redis, codec, audit, operation_days),
        operation_sets=VersionedRecords(redis, codec, audit, operation_days, OPERATION_SETS),
        people=People(redis, codec),
        auto_enables=VersionedRecords(redis, codec, audit, operation_days, AUTO_ENABLES),
        subscriptions=VersionedRecords(redis, codec, audit, operation_days, SUBSCRIPTIONS),
        sign_in_links=SignInLinks(redis, codec),
        timers=Timers(redis, codec),
        sign_ins=SignIns(redis, ring),
        dead_letters=DeadLetters(redis, codec),
        poll_snapshots=PollSnapshots(redis, codec),
        modal_clicks=ModalClicks(redis),
        kill_switch=KillSwitch(redis, audit),
        replication=Replication(redis),
        installations=Installations(redis, codec),
    )
