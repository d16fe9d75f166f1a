"""The connection to Redis or Valkey: bounded, with short timeouts, and honest when it fails.

redis-py 8 retries ten times and sends again what is not idempotent; every write here is either
idempotent or carries an owner that its script recognises, so two short retries are safe.

One server, Sentinel and Cluster differ in how a connection is found, and in nothing else: the
same bounds hold (for a Cluster at each node), and the same commands are spoken.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import (
    Sentinel,
    SentinelConnectionPool,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import RedisClusterException, RedisError

from bot.core.errors import StoreUnreachable
from bot.gateways.store.redis_url import RedisUrl, parse_redis_url, through, unconfirmed

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0
CONNECTIONS = 32
ROOM_SECONDS = 2.0  # how long one waits for one of them
CONFIRM_MILLISECONDS = 100


def connect(url: str) -> Redis:
    """Return a client for any address that ``addresses`` knows; nothing is opened yet."""
    address = parse_redis_url(url)
    match address.kind:
        case "server":
            pool = BlockingConnectionPool.from_url(
                address.url,
                max_connections=CONNECTIONS,
                timeout=ROOM_SECONDS,
                **_patience(),
            )
            return _client(pool, address.replicas)
        case "sentinel":
            return _client(_SentinelPool.of(address), address.replicas)
        case "cluster":
            # It has the same commands, and redis-py gives the two no type in common.
            return cast("Redis", _BoundedCluster.of(address))


async def job_url(url: str, redis: Redis) -> str:
    """Return the address for the job engine. It asks one node about a Cluster: one that lives.

    ``redis`` is the client of this ``url``.
    """
    cluster: object = redis
    if not isinstance(cluster, RedisCluster):
        return unconfirmed(url)
    async with translate_errors():
        await cluster.initialize()
    node = cluster.get_primaries()[0]
    return through(url, (node.host, int(node.port)))


async def server_info(redis: Redis, section: str) -> list[dict[str, Any]]:
    """Return this section of INFO from each server that takes writes."""
    cluster: object = redis
    if not isinstance(cluster, RedisCluster):
        return [await redis.info(section)]
    await cluster.initialize()
    return [
        await cluster.execute_command("INFO", section, target_nodes=node)
        for node in cluster.get_primaries()
    ]


@asynccontextmanager
async def translate_errors() -> AsyncIterator[None]:
    """Turn whatever the client raises into StoreUnreachable, without the server's address."""
    try:
        yield
    except (RedisError, RedisClusterException, OSError, TimeoutError) as error:
        raise StoreUnreachable(type(error).__name__) from error


def _client(pool: BlockingConnectionPool, replicas: int) -> Redis:
    if not replicas:
        return Redis.from_pool(pool)
    client = cast("_Confirmed", _Confirmed.from_pool(pool))
    client.replicas = replicas
    return client


def _patience() -> dict[str, Any]:
    return {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        "health_check_interval": 30,
        "retry": Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.2), 2),
        "client_name": "edfs-bot",
    }


class NotConfirmed(RedisError):
    """Written, but not known to so many replicas in time: a failover may forget it."""


class _Confirmed(Redis):
    """What a script wrote counts only when ``replicas`` of the server's replicas have it too.

    Everything that must not be forgotten (a delivery, a permit, a verdict) is written by scripts.
    WAIT speaks of the connection's own writes, so it goes with the script.
    """

    replicas: int

    async def evalsha(self, sha: str, numkeys: int, *rest: Any) -> Any:
        async with self.pipeline(transaction=False) as both:
            both.evalsha(sha, numkeys, *rest)
            both.wait(self.replicas, CONFIRM_MILLISECONDS)
            said, confirmed = await both.execute()
        if int(confirmed) < self.replicas:
            raise NotConfirmed
        return said


class _SentinelPool(BlockingConnectionPool, SentinelConnectionPool):
    """Bounded as the pool of one server; each new connection asks the Sentinels for the master."""

    _manager: Sentinel

    @classmethod
    def of(cls, address: RedisUrl) -> "_SentinelPool":
        options: dict[str, Any] = dict(parse_url(address.url))
        for unused in ("host", "port", "connection_class"):
            options.pop(unused, None)
        secured = {name: value for name, value in options.items() if name.startswith("ssl_")}
        manager = Sentinel(  # type: ignore[no-untyped-call]
            address.nodes,
            sentinel_kwargs={
                "socket_connect_timeout": CONNECT_SECONDS,
                "socket_timeout": CONNECT_SECONDS,
                "retry": Retry(NoBackoff(), 0),  # the next Sentinel is asked instead
                "client_name": "edfs-bot",
                **({"ssl": True, **secured} if address.tls else {}),
                **dict(address.login),
            },
        )
        pool = cls(
            max_connections=CONNECTIONS,
            timeout=ROOM_SECONDS,
            connection_class=(
                SentinelManagedSSLConnection if address.tls else SentinelManagedConnection
            ),
            service_name=address.master,
            sentinel_manager=manager,
            **{**_patience(), **options},
        )
        pool._manager = manager
        return pool

    async def aclose(self) -> None:
        await super().aclose()
        await self._manager.aclose()


class _BoundedCluster(RedisCluster):
    """A client of a Cluster that waits for a free connection, where redis-py would raise.

    What it raises is a RedisError: redis-py's own word for "no node answers" is none.
    """

    _room: asyncio.Semaphore

    @classmethod
    def of(cls, address: RedisUrl) -> "_BoundedCluster":
        options: dict[str, Any] = dict(parse_url(address.url))
        for unused in ("host", "port", "db", "connection_class"):
            options.pop(unused, None)
        cluster = cls(
            startup_nodes=[ClusterNode(host, port) for host, port in address.nodes],
            ssl=address.tls,
            # Transactions take theirs beside the commands that are counted.
            max_connections=2 * CONNECTIONS,
            **{**_patience(), **options},
        )
        cluster._room = asyncio.Semaphore(CONNECTIONS)
        return cluster

    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        try:
            async with asyncio.timeout(ROOM_SECONDS):
                await self._room.acquire()
        except TimeoutError:
            raise NoConnection("no connection is free") from None
        try:
            return await super().execute_command(*args, **kwargs)
        except RedisClusterException as error:
            raise NoConnection(type(error).__name__) from error
        finally:
            self._room.release()
