"""The world of a schedule: real engines over a real store and real HTTP, with their own clock.

The three workers are three replicas: each has its own engine, connections and caches. A worker is
paused while the provider holds its request; the other rules go on meanwhile.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from random import Random
from typing import Any, Self

import aiohttp
from redis.commands.core import AsyncScript

from bot.core.invocation import Invocation
from bot.core.names import ChannelId, OperationId, PersonId, Workspace
from bot.core.operations.operation import Failure, Operation, Origin
from bot.core.people import Person
from bot.engine import Engine
from bot.gateways.edfs import Budget, Edfs, EdfsSettings
from bot.gateways.gateways import Gateways
from bot.gateways.ims import Ims, ImsSettings
from bot.gateways.ims.cache import UserCache
from bot.gateways.sealing import KeyRing
from bot.gateways.slack.client import SlackClient
from bot.gateways.slack.directory import Directory
from bot.gateways.store import Store, open_store
from bot.gateways.store.sign_ins import SignIn
from tests.engine.provider import Line, Provider
from tests.world.waiting import HUNG

START = 1_790_000_000.0
WORKERS = 3
PEOPLE = (PersonId("U0ALICE"), PersonId("U0BOB"), PersonId("U0CAROL"))
LEASE_SECONDS = 15.0  # as in jobs
ISSUER, CLIENT, SCOPE = "http://127.0.0.1:1", "client", "itwin-platform"

# Shortens the lifetime of each key, as the schedule's clock goes on. ARGV[1] milliseconds
_AGE = """
for _, key in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', key)
  if left > 0 then
    if left <= tonumber(ARGV[1]) then redis.call('DEL', key)
    else redis.call('PEXPIRE', key, left - tonumber(ARGV[1])) end
  end
end
"""
# KEYS[1] prefix of the operations' keys. Returns the id and the version of each.
_VERSIONS = """
local found = {}
for _, key in ipairs(redis.call('KEYS', KEYS[1] .. '*')) do
  found[#found + 1] = string.sub(key, #KEYS[1] + 1)
  found[#found + 1] = redis.call('HGET', key, 'v')
end
return found
"""


@dataclass
class Clock:
    at: float = START

    def now(self) -> float:
        return self.at


async def always_authorized(_: Operation) -> Failure | None:
    """Authorize everything: no schedule changes a policy."""


@dataclass
class Worker:
    engine: Engine
    line: Line
    task: asyncio.Task[Operation | None] | None = None

    @property
    def paused(self) -> bool:
        return self.line.held is not None

    async def stops(self) -> None:
        """Wait until its work is done or the provider holds its request."""
        assert self.task is not None
        parked = asyncio.ensure_future(self.line.parked.wait())
        await asyncio.wait({self.task, parked}, return_when=asyncio.FIRST_COMPLETED)
        parked.cancel()
        if self.task.done() and not self.task.cancelled():
            self.task.result()


class World:
    """The world of all schedules. Each schedule has its own workspace and an empty store."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.provider = Provider(self.clock.now, self.renew)
        self.schedules = 0
        self.workspace = Workspace("")
        self.invoked = 0
        self.tokens = 0
        self.chance = Random(0)
        self.workers: list[Worker] = []
        self.store: Store
        self.front: Gateways
        self._age: AsyncScript
        self._versions: AsyncScript

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, url: str) -> AsyncIterator[Self]:
        async with contextlib.AsyncExitStack() as stack:
            world = cls()
            ring = KeyRing.parse(KeyRing.new_key())
            await world.provider.open(WORKERS + 1)
            stack.push_async_callback(world.provider.close)
            opened = [
                await world._gateways(open_store(url, ring), line, stack)
                for line in world.provider.lines
            ]
            world.front = opened.pop()
            world.store = world.front.store
            for gateways, line in zip(opened, world.provider.lines, strict=False):
                world.workers.append(Worker(Engine(gateways, always_authorized), line))
            world._age = world.store.redis.register_script(_AGE)
            world._versions = world.store.redis.register_script(_VERSIONS)
            yield world

    async def _gateways(
        self, store: Store, line: Line, stack: contextlib.AsyncExitStack
    ) -> Gateways:
        stack.push_async_callback(store.aclose)
        clock = self.clock.now
        budget = Budget(store.limits, clock)
        edfs = Edfs(EdfsSettings(line.url, timeout=HUNG, connect=HUNG), clock, budget)
        stack.push_async_callback(edfs.aclose)
        ims = Ims(ImsSettings(ISSUER, CLIENT, "secret", (SCOPE,)), store.sign_ins, clock)
        stack.push_async_callback(ims.aclose)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        slack = SlackClient("", "http://127.0.0.1:1", session)  # the engine does not call it
        directory = Directory(slack, store.people, Workspace(""))
        return Gateways(store, edfs, ims, directory, clock, jitter=self.chance.uniform)

    async def begin(self) -> None:
        """Reset everything for a new schedule."""
        self.schedules += 1
        self.workspace = Workspace(f"T{self.schedules:06d}")
        self.clock.at = START
        self.invoked = self.tokens = 0
        self.chance.seed(0)
        self.provider.reset()
        await self.store.redis.flushdb()
        await self.store.redis.sadd("edfs:workspaces", self.workspace)
        for person in PEOPLE:
            await self.renew(person)

    async def end(self) -> None:
        """End every request and task of the schedule."""
        for worker in self.workers:
            if worker.paused:
                self.provider.cut(worker.line)
            if worker.task is not None:
                worker.task.cancel()
                await asyncio.wait({worker.task})
                worker.task = None
            await self.provider.listen(worker.line)

    async def renew(self, person: PersonId) -> None:
        """Put a sign-in with a new token, good for a long time, into the store."""
        self.tokens += 1
        secret = f"secret-{person}-{self.tokens}"
        self.provider.owners[secret] = person
        cache = UserCache(CLIENT, (SCOPE,), self.clock.now, owner=person)
        response = {"access_token": secret, "expires_in": 90 * 86_400, "token_type": "Bearer"}
        token_endpoint = "https://ims.example/connect/token"
        cache.add({"client_id": CLIENT, "token_endpoint": token_endpoint, "response": response})
        sign_in = SignIn(self.tokens, ISSUER, person, person, "", cache.compact(), self.clock.at)
        await self.store.sign_ins.put(self.workspace, person, sign_in)

    def invocation(self, person: PersonId, again: OperationId | None = None) -> Invocation:
        """Return a new invocation, or that of this operation once more."""
        self.invoked += not again
        self.provider.lines[-1].person = person
        who = Person(person, self.workspace, person)
        identity = again or OperationId(f"{self.invoked:024x}")
        return Invocation(identity, who, Origin(ChannelId("C0PLANT")), self.clock.at)

    async def versions(self) -> dict[OperationId, int]:
        found = await self._versions(keys=[f"edfs:{{{self.workspace}}}:operation:"])
        pairs = zip(found[::2], found[1::2], strict=True)
        return {OperationId(one.decode()): int(version) for one, version in pairs}

    async def read(self, operation: OperationId) -> Operation:
        found = await self.store.operations.read(self.workspace, operation)
        assert found is not None
        return found

    async def run(self, worker: Worker, operation: Operation) -> None:
        """Let a worker advance it, until it is done or paused."""
        assert not worker.paused
        worker.line.operation, worker.line.person = operation.id, operation.person
        advance = worker.engine.advance(self.workspace, operation.id)
        worker.task = asyncio.ensure_future(advance)
        await worker.stops()
        await self.provider.listen(worker.line)

    async def release(self, worker: Worker) -> None:
        self.provider.release(worker.line)
        await worker.stops()

    async def cut(self, worker: Worker) -> None:
        self.provider.cut(worker.line)
        await worker.stops()

    async def crash(self, worker: Worker) -> None:
        """Kill the worker; what it has sent may still be executed."""
        assert worker.task is not None
        worker.task.cancel()
        await asyncio.wait({worker.task})
        worker.task, worker.line.held = None, None
        worker.line.parked.clear()

    async def passes(self, seconds: float) -> None:
        """Move the clock; a pending PATCH is executed at its latest time."""
        until = self.clock.at + seconds
        while first := min((one.by for one in self.provider.pending), default=0.0):
            if first > until:
                break
            self.clock.at = max(self.clock.at, first)
            self.provider.catch_up(first)
        self.clock.at = until
        await self._age(args=[int(seconds * 1_000)])

    async def due(self) -> list[tuple[str, OperationId]]:
        """Lease what is due, as the tick of the jobs does."""
        found = await self.store.deliveries.lease_due(self.clock.at, LEASE_SECONDS)
        # The id of a card is "<kind>:<id>"; here all are of operations.
        named = [(kind, identity.rpartition(":")[2]) for _, kind, identity in found]
        return [(kind, OperationId(identity)) for kind, identity in named]

    async def next_due(self) -> float | None:
        """Return when anything is due next; None where nothing is."""
        key = f"edfs:{{{self.workspace}}}:due"
        first: Any = await self.store.redis.zrange(key, 0, 0, withscores=True)
        return first[0][1] if first else None
