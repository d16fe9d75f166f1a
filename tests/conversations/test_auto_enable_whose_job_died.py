"""An auto-enable whose job died after it was started: it is due again within a minute."""

from bot.background.auto_enables import run_due
from bot.core.auto_enables import AutoEnable, Phase, Started, after
from bot.core.names import OperationId
from bot.core.operations.operation import State
from tests.conversations.test_off_until import HOME, goes_off, open_returns
from tests.slack.samples import ORDINARY, operation
from tests.world.moments import context_at
from tests.world.story import Story

MINUTE = 60.0


async def started(story: Story) -> AutoEnable:
    """Store the auto-enable as ENABLING without its operation, as when the job has died."""
    await goes_off(story)
    (scheduled,) = await open_returns(story, 1)
    event = Started(story.world.clock.now(), OperationId("d" * 24))
    enabling = await story.bot.store.auto_enables.update(
        HOME, scheduled.id, lambda stored: after(stored, event)
    )
    assert enabling is not None
    return enabling


async def due_at(story: Story, auto_enable: AutoEnable) -> float:
    member = f"auto-enable:{auto_enable.id}"
    found = await story.bot.store.redis.zscore(f"edfs:{{{HOME}}}:due", member)
    assert found is not None
    return float(found)


async def test_an_operation_that_was_not_started_is_started_after_a_minute(story: Story) -> None:
    await started(story)
    story.world.clock.forward(MINUTE + 1)
    await story.sees("bob", "Returned as planned.")
    await open_returns(story, 0)
    assert story.flips() == 2


async def test_an_operation_in_progress_is_checked_again_each_minute(story: Story) -> None:
    back = await started(story)
    started_at = back.changed_at
    assert await due_at(story, back) == started_at + MINUTE
    waiting = operation(
        ORDINARY,
        id=back.operation,
        state=State.LOCKED,
        auto_enables=back.id,
        changed_at=started_at,
        resume_at=started_at + 3_600,
    )
    assert (await story.bot.store.operations.start(waiting)).result == "started"
    await run_due(context_at(story, started_at + MINUTE - 0.5), HOME, back.id)
    assert await due_at(story, back) == started_at + MINUTE
    await run_due(context_at(story, started_at + MINUTE), HOME, back.id)
    assert await due_at(story, back) == started_at + 2 * MINUTE
    found = await story.bot.store.auto_enables.read(HOME, back.id)
    assert found is not None
    assert found.phase is Phase.ENABLING
