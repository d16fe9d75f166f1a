"""The real engine under schedules of hypothesis: commands, workers, faults, promotions and time.

INV1   an operation flips its timer at most once, and sends one PATCH for one permit at most
INV3   the outcome of an ended operation agrees with the flips that were counted
INV4   once all faults are over, every operation ends, nothing is due and every card is rendered
INV5   every request carries a token of its person; none flips while changes are stopped
INV6   no token is in a record, in the audit trail or in the log
INV7   one audit entry for each version of each operation, and the chain is whole
INV8   a timer is held by one operation at a time
INV9   an ended operation does not change
INV10  a command that was refused has left no operation
INV11  a card says "is now" only where that was applied and holds, and its states were read
INV12  a change repeated within a minute is the same operation; an undo compares before it starts
"""

import asyncio
import contextlib
import os
from collections.abc import Coroutine, Iterator
from typing import Any, Literal

import pytest
import uvloop
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from structlog.testing import capture_logs

from bot.core.card_refs import card_ref
from bot.core.errors import BotError, StoreUnreachable
from bot.core.language.commands import Switch, Undo
from bot.core.names import OperationId, PersonId, TimerId
from bot.core.operations.operation import Operation, State
from bot.core.outcomes import OperationStarted
from bot.features import timers
from tests.engine.engine_world import PEOPLE, Worker, World
from tests.engine.fates import FATES, ITWIN, PLAIN, TIMERS, Fate, Fates
from tests.engine.judge import Judge
from tests.world.valkey import Valkey

SCHEDULES, DEEP_SCHEDULES, PARTS = 80, 20_000, 8
STEPS = 25
DAY = 86_430.0  # a little more than Timeouts.give_up
UNKNOWN = OperationId("f" * 24)

people = st.sampled_from(PEOPLE)
places = st.sampled_from(TIMERS)
picks = st.integers(0, 3)
verbs = st.sampled_from(["toggle"] * 4 + ["enable", "disable"])
seconds = st.sampled_from([1, 6, 6, 26, 26, 130, 150, 400, 90_000])
pauses = st.sampled_from([0, 26, 150, 150])
rarely = st.sampled_from([False] * 3 + [True])
endings = st.sampled_from(["answer", "answer", "answer", "silence", "crash"])
some_fates = st.sampled_from(FATES)
Verb = Literal["toggle", "enable", "disable"]


def idle(schedule: Any) -> list[Worker]:
    return [worker for worker in schedule.world.workers if not worker.paused]


def paused(schedule: Any) -> list[Worker]:
    return [worker for worker in schedule.world.workers if worker.paused]


def has_operations(schedule: Any) -> bool:
    return bool(schedule.judge.operations)


def only_verifies(schedule: Any) -> bool:
    states = {operation.state for operation in schedule.judge.operations.values()}
    return State.VERIFYING in states and not paused(schedule)


class Schedule(RuleBasedStateMachine):
    """One schedule. Every rule ends with all workers done or paused."""

    def __init__(self, world: World, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.world, self.loop = world, loop
        self.broken = False
        self.stack = contextlib.ExitStack()
        self.judge = Judge(world, self.stack.enter_context(capture_logs()))
        self.do(world.begin())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine to its end; after a failure nothing more is asserted."""
        self.broken = True
        done = self.loop.run_until_complete(work)
        self.broken = False
        return done

    def newest(self) -> list[Operation]:
        return list(self.judge.operations.values())[::-1]

    @precondition(lambda self: len(self.judge.free()) < len(TIMERS))
    @rule(who=people, verb=verbs, timer=places)
    def requests_while_busy(self, who: PersonId, verb: Verb, timer: TimerId) -> None:
        self.do(self._request(who, Switch(verb, ITWIN, timer)))

    @precondition(lambda self: bool(self.judge.free() and idle(self)))
    @rule(who=people, verb=verbs, which=picks, fates=some_fates)
    def requests_and_runs(self, who: PersonId, verb: Verb, which: int, fates: Fates) -> None:
        timer = one_of(self.judge.free(), which)
        if started := self.do(self._request(who, Switch(verb, ITWIN, timer))):
            self.do(self._run(idle(self)[0], started, fates))

    @precondition(has_operations)
    @rule(who=people, which=picks, again=st.sampled_from([False, False, True]))
    def undoes_or_delivers_again(self, who: PersonId, which: int, *, again: bool) -> None:
        operation = one_of(self.newest(), which)
        if again:
            command = self.judge.commands[operation.id]
            self.do(self._request(operation.person, command, operation.id))
        else:
            self.do(self._request(who, Undo(operation.id)))

    async def _request(
        self, who: PersonId, command: Switch | Undo, again: OperationId | None = None
    ) -> Operation | None:
        """Give a command; return the operation if it started a new one."""
        invocation = self.world.invocation(who, again)
        refused: BotError | None = None
        try:
            if isinstance(command, Undo):
                outcome = await timers.undo(self.world.front, invocation, command)
            else:
                outcome = await timers.switch(self.world.front, invocation, command)
            if isinstance(outcome, OperationStarted) and again is None:
                await self.judge.started(outcome.operation, command)
                return outcome.operation
        except BotError as error:
            refused = error
        assert not isinstance(refused, StoreUnreachable), "INV10: the store was reachable"
        return None

    @precondition(lambda self: bool(self.judge.operations and idle(self)))
    @rule(worker=picks, which=picks, fates=some_fates)
    def runs(self, worker: int, which: int, fates: Fates) -> None:
        operation = one_of(self.newest(), which)
        self.do(self._run(one_of(idle(self), worker), operation, fates))

    async def _run(self, worker: Worker, operation: Operation, fates: Fates = PLAIN) -> None:
        worker.line.expects(fates)
        await self.world.run(worker, operation)

    @precondition(has_operations)
    @rule(seconds=seconds, fates=some_fates)
    def time_passes_and_it_ticks(self, seconds: int, fates: Fates) -> None:
        self.do(self.world.passes(seconds))
        self.do(self._tick(fates))

    @precondition(has_operations)
    @rule(seconds=seconds)
    def time_passes(self, seconds: int) -> None:
        self.do(self.world.passes(seconds))

    async def _tick(self, fates: Fates = PLAIN) -> None:
        for kind, identity in await self.world.due():
            operation = await self.world.read(identity)
            if kind == "card":
                await self.world.store.card_outbox.mark_rendered(card_ref(operation))
            elif kind == "ended":
                await self.world.store.operations.ended_handled(operation)
            elif free := idle(self):
                await self._run(free[0], operation, fates)
                fates = PLAIN

    @precondition(only_verifies)
    @rule()
    def nothing_is_read_for_a_day(self) -> None:
        self.do(self._day_without_reads())

    async def _day_without_reads(self) -> None:
        for _ in range(3):
            await self.world.passes(DAY / 3)
            for kind, identity in await self.world.due():
                if kind == "operation":
                    unread = Fates(reads=(Fate.DROPPED, Fate.DROPPED))
                    await self._run(self.world.workers[0], await self.world.read(identity), unread)

    @precondition(lambda self: bool(paused(self)))
    @rule(which=picks, how=endings, after=pauses, flipped=rarely)
    def a_pause_ends(self, which: int, how: str, *, after: int, flipped: bool) -> None:
        worker = one_of(paused(self), which)
        self.do(self.world.passes(after))
        if flipped:
            self.world.provider.touch(worker.line.held.timer.id, edit=False)
        match how:
            case "answer":
                self.do(self.world.release(worker))
            case "silence":
                self.do(self.world.cut(worker))
            case _:
                self.do(self.world.crash(worker))

    @precondition(lambda self: self.world.provider.pending)
    @rule()
    def pending_patches_are_executed(self) -> None:
        self.world.provider.catch_up()

    @rule(timer=places, how=st.sampled_from(["flip", "flip", "edit", "switch off", "mistake"]))
    def something_else_changes(self, timer: TimerId, how: str) -> None:
        match how:
            case "switch off":
                self.do(self._switch_writes())
            case "mistake":
                self.do(self._request(PEOPLE[0], Switch("enable", ITWIN, "no such timer")))
                self.do(self._request(PEOPLE[0], Undo(UNKNOWN)))
            case _:
                self.world.provider.touch(timer, edit=how == "edit")

    @precondition(lambda self: bool(paused(self)))
    @rule()
    def another_server_is_promoted(self) -> None:
        """Permits may have been forgotten; whoever reads or sends meanwhile wakes later."""
        self.do(self._promote())

    async def _promote(self) -> None:
        """Have the server take itself for one that was a replica until now; nothing is lost."""
        redis = self.world.store.redis
        await redis.execute_command("REPLICAOF", "127.0.0.1", "1")
        await redis.execute_command("REPLICAOF", "NO", "ONE")

    @precondition(lambda self: self.world.provider.writes_off)
    @rule()
    def changes_are_allowed_again(self) -> None:
        self.do(self._switch_writes())

    async def _switch_writes(self) -> None:
        provider, world = self.world.provider, self.world
        provider.writes_off = not provider.writes_off
        switch = world.store.kill_switch
        turn = switch.engage if provider.writes_off else switch.release
        await turn(world.workspace, world.clock.at)

    @invariant()
    def holds(self) -> None:
        self.do(self.judge.holds())

    def teardown(self) -> None:
        """End all faults, let everything end, and judge; end all requests in any case."""
        try:
            if not self.broken:
                self.do(self._ends())
        finally:
            self.loop.run_until_complete(self.world.end())
            self.stack.close()

    async def _ends(self) -> None:
        world = self.world
        world.provider.catch_up()
        for worker in world.workers:
            worker.line.expects(PLAIN)
            while worker.paused:
                await world.release(worker)
        if world.provider.writes_off:
            await self._switch_writes()
        for _ in range(200):
            await self.judge.holds()
            at = await world.next_due()
            if at is None:
                break
            await world.passes(max(0.0, at - world.clock.at))
            await self._tick()
        await self.judge.ended()


def one_of(things: list[Any], which: int) -> Any:
    return things[which % len(things)]


@contextlib.contextmanager
def worlds(url: str) -> Iterator[Any]:
    """Open one world for all schedules; yield a function that makes a schedule in it."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        opened = World.opened(url)
        world = runner.run(opened.__aenter__())
        try:
            yield lambda: Schedule(world, runner.get_loop())
        except BaseException as error:
            error.add_note(f"in schedule {world.schedules}")
            raise
        finally:
            runner.run(opened.__aexit__(None, None, None))


@pytest.mark.no_cover  # the tracer would double the time
@pytest.mark.timeout(2_400)
@pytest.mark.parametrize(
    "part", [0, *(pytest.param(part, marks=pytest.mark.deep) for part in range(1, PARTS))]
)
def test_the_rules_hold_on_every_schedule(part: int, own: Valkey, *, deep: bool) -> None:
    """Each part has other schedules.

    ``EDFS_RULES_SCHEDULES`` is set where the engine is a mutant: the first schedule that fails is
    enough, and need not be the shortest.
    """
    wanted = os.environ.get("EDFS_RULES_SCHEDULES")
    schedules = int(wanted or (DEEP_SCHEDULES // PARTS if deep else SCHEDULES))
    with worlds(own.url) as begin:
        run_state_machine_as_test(
            seed(part)(begin),
            settings=settings(
                max_examples=schedules,
                stateful_step_count=STEPS,
                phases=[Phase.generate] if wanted else [Phase.generate, Phase.shrink],
                database=None,
                deadline=None,  # a slow machine breaks no rule
                suppress_health_check=list(HealthCheck),  # likewise; and rules wait for others
                report_multiple_bugs=False,
            ),
        )
