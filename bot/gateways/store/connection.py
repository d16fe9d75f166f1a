"""The connection to Redis or Valkey: bounded, with short timeouts, and honest when it fails.

redis-py 8 retries ten times and sends again what is not idempotent; every write here is either
idempotent or carries an owner that its script recognises, so two short retries are safe.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import RedisError

from bot.core.errors import StoreUnreachable

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0


def connect(url: str) -> Redis:
    """Return a client for ``redis://``, ``rediss://`` or ``unix://``; nothing is opened yet."""
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=32,
        timeout=2,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        health_check_interval=30,
        retry=Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.2), 2),
        client_name="edfs-bot",
    )
    return Redis.from_pool(pool)


@asynccontextmanager
async def reaching() -> AsyncIterator[None]:
    """Turn whatever the client raises into StoreUnreachable, without the server's address."""
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise StoreUnreachable(type(error).__name__) from error
