"""Two processes refresh one person's rotated token at once: no sign-in is lost."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import AsyncExitStack
from pathlib import Path

from tests.gateways import ims_world
from tests.gateways.ims_world import ALICE, TEAM, ImsWorld

ims_redis_socket, ims_redis, world = ims_world.FIXTURES

ROUNDS = 30
ROOT = Path(__file__).resolve().parents[2]


async def test_two_processes_refresh_at_once(world: ImsWorld, ims_redis_socket: str) -> None:
    await world.signed_in()
    lost = 0
    async with AsyncExitStack() as stack:
        replicas = [await started(stack, world, ims_redis_socket) for _ in range(2)]
        for done in range(1, ROUNDS + 1):
            world.clock.now += 3600
            for replica in replicas:
                await say(replica, str(world.clock.now))
            answers = await asyncio.gather(*(heard(replica) for replica in replicas))
            secrets = {secret for answer in answers for secret in json.loads(answer)}
            lost += not world.provider.alive(await world.stored_refresh_token())
            assert secrets == {(await world.ims.bearer(TEAM, ALICE)).secret}
            assert world.provider.token_requests == 1 + done
    assert lost == 0


async def started(stack: AsyncExitStack, world: ImsWorld, socket: str) -> Process:
    replica = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.gateways.ims_refresher", socket, world.provider.issuer),
        stdin=PIPE,
        stdout=PIPE,
        cwd=ROOT,
    )
    stack.push_async_callback(ended, replica)
    await say(replica, world.keys)
    assert await heard(replica) == "ready"
    return replica


async def ended(replica: Process) -> None:
    assert replica.stdin is not None
    replica.stdin.close()
    assert await replica.wait() == 0


async def say(replica: Process, line: str) -> None:
    assert replica.stdin is not None
    replica.stdin.write(f"{line}\n".encode())
    await replica.stdin.drain()


async def heard(replica: Process) -> str:
    assert replica.stdout is not None
    line = await replica.stdout.readline()
    return line.decode().strip()
