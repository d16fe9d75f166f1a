"""One replica of the refresh race: `python -m tests.gateways.ims_refresher SOCKET ISSUER`.

The keys are the first line of stdin. Each further line is the time of one round (unix seconds).
It answers with one line: a JSON list of what its four callers got, a token or the name of an error.
"""

import asyncio
import json
import sys

from redis.asyncio import Redis

from bot.gateways.ims import Ims
from bot.gateways.sealing import KeyRing
from bot.gateways.store.sign_ins import SignIns
from tests.gateways.ims_world import ALICE, TEAM, settings_for
from tests.world.identity_provider import Clock

CALLERS = 4


async def got(ims: Ims) -> str:
    try:
        return (await ims.bearer(TEAM, ALICE)).secret
    except Exception as error:  # noqa: BLE001 - it is reported
        return type(error).__name__


async def main(socket: str, issuer: str) -> None:
    keys = await asyncio.to_thread(sys.stdin.readline)
    clock = Clock()
    async with Redis(unix_socket_path=socket) as redis:
        tokens = SignIns(redis, KeyRing.parse(keys))
        ims = Ims(settings_for(issuer), tokens, clock)
        print("ready", flush=True)  # noqa: T201
        while line := await asyncio.to_thread(sys.stdin.readline):
            clock.now = float(line)
            found = await asyncio.gather(*(got(ims) for _ in range(CALLERS)))
            print(json.dumps(found), flush=True)  # noqa: T201
        await ims.aclose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
