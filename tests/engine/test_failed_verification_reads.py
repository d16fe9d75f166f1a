"""After a lost response the engine goes on reading, whatever happens to the reads."""

from bot.core.language.commands import Switch
from bot.core.names import OperationId
from bot.core.operations.operation import State
from bot.core.outcomes import OperationStarted
from bot.features import timers
from tests.engine.engine_world import PEOPLE, World
from tests.engine.fates import ITWIN, TIMERS, Fate, Fates

READS = 20  # many more than happen until the verdict
FAILING = (Fate.BROKEN_BEFORE,) * 4


async def due_at(world: World, operation: OperationId) -> float:
    """Return when the operation's next step is due."""
    key, member = f"edfs:{{{world.workspace}}}:due", f"operation:{operation}"
    at = await world.store.redis.zscore(key, member)
    assert at is not None
    return float(at)


async def test_failing_reads_do_not_delay_the_verdict_past_the_time_it_has_settled(
    redis_url: str,
) -> None:
    async with World.opened(redis_url) as world:
        await world.begin()
        worker, command = world.workers[0], Switch("enable", ITWIN, TIMERS[0])
        outcome = await timers.switch(world.front, world.invocation(PEOPLE[0]), command)
        assert isinstance(outcome, OperationStarted)
        worker.line.expects(Fates((Fate.ANSWERED, *FAILING), (Fate.RESPONSE_LOST,)))
        await world.run(worker, outcome.operation)
        operation = await world.read(outcome.operation.id)
        assert operation.state is State.VERIFYING
        for _ in range(READS):
            world.clock.at = await due_at(world, operation.id)
            if world.clock.at >= operation.settled_at:
                break
            worker.line.expects(Fates(FAILING))
            await world.run(worker, operation)
        assert world.clock.at == operation.settled_at
        worker.line.expects(Fates())
        await world.run(worker, operation)
        assert (await world.read(operation.id)).state is State.APPLIED
        await world.end()
