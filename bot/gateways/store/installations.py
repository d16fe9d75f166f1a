"""What Slack said of a bot token, so that a bot that is restarted need not ask before it works."""

import hashlib

from redis.asyncio import Redis

from bot.core.errors import SealBroken
from bot.core.installation import Installation
from bot.gateways.store.connection import translate_errors
from bot.gateways.store.sealed import SealedCodec

PURPOSE = "installation"


class Installations:
    """Every method may raise StoreUnreachable."""

    def __init__(self, redis: Redis, codec: SealedCodec) -> None:
        self._redis = redis
        self._codec = codec

    async def load(self, token: str) -> Installation | None:
        """Return the installation of this bot token, or None where it is not known."""
        key = _key(token)
        async with translate_errors():
            sealed = await self._redis.get(key)
        try:
            return (
                self._codec.open(Installation, sealed, key=key, purpose=PURPOSE) if sealed else None
            )
        except SealBroken:  # the key ring was changed; Slack is asked again
            return None

    async def save(self, token: str, installation: Installation) -> None:
        key = _key(token)
        sealed = self._codec.seal(installation, key=key, purpose=PURPOSE)
        async with translate_errors():
            await self._redis.set(key, sealed)


def _key(token: str) -> str:
    return f"edfs:{{app}}:installation:{hashlib.sha256(token.encode()).hexdigest()}"
