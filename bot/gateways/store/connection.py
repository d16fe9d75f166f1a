"""The connection to Redis or Valkey: a bounded pool with short timeouts and translated errors.

redis-py 8 retries ten times, and repeats commands that are not idempotent. Every write here is
idempotent or carries an owner that its script recognises, so two short retries are safe.

One server, Sentinel and Cluster differ only in how a connection is found: the same bounds hold
(for a Cluster at each node), and the same commands are used.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import (
    AbstractConnection,
    Connection,
    SSLConnection,
    UnixDomainSocketConnection,
    parse_url,
)
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import (
    Sentinel,
    SentinelConnectionPool,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.driver_info import DriverInfo
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import (
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
)

from bot.core.errors import StoreUnreachable
from bot.gateways.store.redis_url import (
    RedisUrl,
    parse_redis_url,
    through,
    unconfirmed,
    with_option,
)

CONNECT_SECONDS = 1.0
REPLY_SECONDS = 2.0
CONNECTIONS = 32
POOL_WAIT_SECONDS = 2.0  # for a free one of them
# The job engine sets none itself, because it has one read that waits for a minute. That one starts
# anew, once it has hung for so long; any other that does hangs at a store that is gone.
JOB_REPLY_SECONDS = 10
# By default the client looks its own version up for each connection, in the installed metadata.
DRIVER = DriverInfo()


def connect(url: str) -> Redis:
    """Return a client for any address of ``redis_url``; no connection is made yet.

    Raises ValueError for an address that it does not know.
    """
    address = parse_redis_url(url)
    match address.kind:
        case "server":
            options: dict[str, Any] = dict(parse_url(address.url))
            kind = options.pop("connection_class", Connection)
            pool = BlockingConnectionPool(
                connection_class=_MASTERS[kind],
                max_connections=CONNECTIONS,
                timeout=POOL_WAIT_SECONDS,
                **{**_timeouts(), **options},
            )
            return _client(pool, address)
        case "sentinel":
            return _client(_SentinelPool.of(address), address)
        case "cluster":
            # It has the same commands, but redis-py gives the two classes no common type.
            return cast("Redis", _BoundedCluster.of(address))


async def job_url(url: str, redis: Redis) -> str:
    """Return the address for the job engine; of a Cluster that of one node that is up.

    ``redis`` is the client of this ``url``. Raises StoreUnreachable.
    """
    cluster: object = redis
    if not isinstance(cluster, RedisCluster):
        return with_option(unconfirmed(url), "socket_timeout", JOB_REPLY_SECONDS)
    async with translate_errors():
        await cluster.initialize()
    node = cluster.get_primaries()[0]
    node_url = through(url, (node.host, int(node.port)))
    return with_option(node_url, "socket_timeout", JOB_REPLY_SECONDS)


async def server_info(redis: Redis, section: str) -> list[dict[str, Any]] | None:
    """Return this section of INFO from each server that takes writes.

    None where a server refuses the command. Raises StoreUnreachable.
    """
    cluster: object = redis
    async with translate_errors():
        try:
            if not isinstance(cluster, RedisCluster):
                return [await redis.info(section)]
            await cluster.initialize()
            return [
                await cluster.execute_command("INFO", section, target_nodes=node)
                for node in cluster.get_primaries()
            ]
        except ResponseError:
            return None


@asynccontextmanager
async def translate_errors() -> AsyncIterator[None]:
    """Translate the client's errors to StoreUnreachable, without the server's address."""
    try:
        yield
    except (RedisError, RedisClusterException, OSError, TimeoutError) as error:
        raise StoreUnreachable(type(error).__name__) from error


def _client(pool: BlockingConnectionPool, address: RedisUrl) -> Redis:
    if not address.replicas:
        return Redis.from_pool(pool)
    client = cast("ConfirmedRedis", ConfirmedRedis.from_pool(pool))
    client.replicas = client.needed = address.replicas
    client.confirm_milliseconds = address.confirm_milliseconds
    return client


def _timeouts() -> dict[str, Any]:
    return {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": REPLY_SECONDS,
        "health_check_interval": 30,
        "retry": Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.2), 2),
        "client_name": "edfs-bot",
        "driver_info": DRIVER,
    }


class _Master(AbstractConnection):
    """A connection that ends when its server has become a replica, which takes no writes.

    The name in the address may lead to another server by then, and the next connection goes there.
    Those of Sentinels and of a Cluster do the same.
    """

    async def read_response(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super().read_response(*args, **kwargs)
        except ReadOnlyError as error:  # the client closes what lost its server
            raise NoConnection("the server has become a replica") from error


class _TcpMaster(_Master, Connection):
    pass


class _TlsMaster(_Master, SSLConnection):
    pass


class _LocalMaster(_Master, UnixDomainSocketConnection):
    pass


_MASTERS: dict[type[AbstractConnection], type[AbstractConnection]] = {
    Connection: _TcpMaster,
    SSLConnection: _TlsMaster,
    UnixDomainSocketConnection: _LocalMaster,
}


class NotConfirmed(RedisError):
    """A write was not confirmed by so many replicas in time: a failover may lose it."""


class ConfirmedRedis(Redis):
    """A client whose scripts' writes count only when ``needed`` replicas have them too.

    That is never fewer than ``replicas``, the number that the address asks for.

    Everything that must not be lost (a delivery, a permit, a verdict) is written by scripts. WAIT
    is about the connection's own writes, so it is sent in the same pipeline as the script.
    """

    replicas: int
    needed: int
    confirm_milliseconds: int

    async def evalsha(self, sha: str, numkeys: int, *rest: Any) -> Any:
        async with self.pipeline(transaction=False) as both:
            both.evalsha(sha, numkeys, *rest)
            both.wait(self.needed, self.confirm_milliseconds)
            reply, confirmed = await both.execute()
        if int(confirmed) < self.needed:
            raise NotConfirmed
        return reply


class _SentinelPool(BlockingConnectionPool, SentinelConnectionPool):
    """A bounded pool; each new connection asks the Sentinels for the master."""

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
                "driver_info": DRIVER,
                **({"ssl": True, **secured} if address.tls else {}),
                **dict(address.login),
            },
        )
        pool = cls(
            max_connections=CONNECTIONS,
            timeout=POOL_WAIT_SECONDS,
            connection_class=(
                SentinelManagedSSLConnection if address.tls else SentinelManagedConnection
            ),
            service_name=address.master,
            sentinel_manager=manager,
            **{**_timeouts(), **options},
        )
        pool._manager = manager
        return pool

    async def aclose(self) -> None:
        await super().aclose()
        await self._manager.aclose()


class _BoundedCluster(RedisCluster):
    """A client of a Cluster that waits for a free connection, where redis-py would raise.

    It raises RedisError only; redis-py's RedisClusterException ("no node answers") is not one.
    """

    _slots: asyncio.Semaphore

    @classmethod
    def of(cls, address: RedisUrl) -> "_BoundedCluster":
        options: dict[str, Any] = dict(parse_url(address.url))
        for unused in ("host", "port", "db", "connection_class"):
            options.pop(unused, None)
        cluster = cls(
            startup_nodes=[ClusterNode(host, port) for host, port in address.nodes],
            ssl=address.tls,
            # Nodes may all get other addresses; the names that were configured still lead to them.
            dynamic_startup_nodes=False,
            # Transactions take theirs beside the commands that are counted.
            max_connections=2 * CONNECTIONS,
            **{**_timeouts(), **options},
        )
        cluster._slots = asyncio.Semaphore(CONNECTIONS)
        return cluster

    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        try:
            async with asyncio.timeout(POOL_WAIT_SECONDS):
                await self._slots.acquire()
        except TimeoutError:
            raise NoConnection("no connection is free") from None
        try:
            return await super().execute_command(*args, **kwargs)
        except RedisClusterException as error:
            raise NoConnection(type(error).__name__) from error
        finally:
            self._slots.release()
