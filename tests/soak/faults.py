"""The faults of the campaign: of processes, of the store, and of the systems around the bot."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

from tests.soak.cast import Cast, Replica
from tests.world.topologies import MASTER, Server

EDFS = (
    ("toggle", "502", {}),
    ("toggle", "504", {"after": True}),
    ("toggle", "lost_answer", {}),
    ("toggle", "reset_before", {}),
    ("toggle", "reset_mid", {}),
    ("toggle", "cut_body", {}),
    ("toggle", "slow", {"seconds": 4.0}),
    ("toggle", "slow_answer", {"seconds": 7.0}),
    ("toggle", "401", {}),
    ("toggle", "429", {"retry_after": 2}),
    ("timer", "500", {}),
    ("timer", "slow", {"seconds": 3.0}),
    ("timers", "503", {}),
)
SLACK = (
    ("chat.postMessage", "lost_answer", {}),
    ("chat.postMessage", "error", {"code": "rate_limited"}),
    ("chat.postMessage", "error", {"code": "internal_error"}),
    ("chat.postMessage", "503", {}),
    ("chat.update", "lost_answer", {}),
    ("chat.update", "slow_answer", {"seconds": 9.0}),
    ("chat.update", "429", {"retry_after": 2}),
    ("chat.update", "error", {"code": "fatal_error"}),
)
IMS = (("token", "503", {}), ("token", "slow", {"seconds": 5.0}), ("token", "lost_answer", {}))


@dataclass
class Faults:
    """Makes one fault after another until it is cancelled; then ``end`` puts everything right.

    ``made`` counts them by kind.
    """

    cast: Cast
    dice: random.Random
    made: Counter[str] = field(default_factory=Counter)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)
    _failed: list[BaseException] = field(default_factory=list)

    async def run(self) -> None:
        kinds: list[tuple[int, Callable[[], Coroutine[None, None, None]]]] = [
            (4, self._kill_replica),
            (4, self._pause_replica),
            (1, self._fail_over),
            (1, self._kill_master),
            (1, self._pause_master),
            (10, self._edfs),
            (8, self._slack),
            (2, self._ims),
        ]
        weights = [weight for weight, _ in kinds]
        while True:
            await asyncio.sleep(self.dice.uniform(0.2, 3.0))
            ((_, make),) = self.dice.choices(kinds, weights)
            task = asyncio.create_task(make(), name="fault")
            self._under_way.add(task)
            task.add_done_callback(self._on_done)

    async def end(self) -> None:
        """Let what is under way end; mend the stand-ins; have all processes run."""
        await asyncio.gather(*self._under_way)
        if self._failed:
            raise self._failed[0]
        for stand_in in (self.cast.world.edfs, self.cast.world.slack, self.cast.world.ims):
            stand_in.clear_faults()
        for replica in self.cast.replicas:
            replica.resume()
            if replica.process is None:
                await replica.start()

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed.append(error)

    def _replica(self) -> Replica | None:
        """Any that runs, but for the last one."""
        running = [one for one in self.cast.replicas if one.process is not None and not one.paused]
        return self.dice.choice(running) if len(running) > 1 else None

    async def _kill_replica(self) -> None:
        if replica := self._replica():
            self.made["replica killed"] += 1
            replica.kill()
            await asyncio.sleep(self.dice.uniform(0.0, 3.0))
            await replica.start()

    async def _pause_replica(self) -> None:
        if replica := self._replica():
            self.made["replica paused"] += 1
            process = replica.process
            replica.pause()
            await asyncio.sleep(self.dice.choice((0.5, 2.0, 6.0, 12.0, 18.0)))
            if replica.process is process:
                replica.resume()

    async def _fail_over(self) -> None:
        self.made["failover asked"] += 1
        await asyncio.to_thread(self.cast.servers.sentinels[0].call, "SENTINEL", "FAILOVER", MASTER)

    async def _kill_master(self) -> None:
        if (master := await self._master()) is not None:
            self.made["master killed"] += 1
            master.kill()
            await asyncio.sleep(self.dice.uniform(0.2, 6.0))
            master.restart()

    async def _pause_master(self) -> None:
        if (master := await self._master()) is not None:
            self.made["master paused"] += 1
            master.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(self.dice.choice((0.5, 1.5, 4.0, 8.0)))
            master.process.send_signal(signal.SIGCONT)

    async def _master(self) -> Server | None:
        """The one that the Sentinels name, if it runs and follows nobody."""
        servers = self.cast.servers
        for one in (servers.master, servers.replica):
            if await asyncio.to_thread(one.replies, "'role': 'master'", "INFO", "replication"):
                return one
        return None

    async def _edfs(self) -> None:
        operation, kind, options = self.dice.choice(EDFS)
        self.made["EDFS"] += 1
        self.cast.world.edfs.fail(operation, kind, times=self.dice.randint(1, 2), **options)

    async def _slack(self) -> None:
        operation, kind, options = self.dice.choice(SLACK)
        self.made["Slack"] += 1
        self.cast.world.slack.fail(operation, kind, times=self.dice.randint(1, 3), **options)

    async def _ims(self) -> None:
        operation, kind, options = self.dice.choice(IMS)
        self.made["IMS"] += 1
        self.cast.world.ims.fail(operation, kind, times=1, **options)
