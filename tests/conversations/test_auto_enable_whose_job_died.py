"""A return whose job died after it was taken on: somebody looks again within a minute."""

from bot.background.auto_enables import run_due
from bot.core.auto_enables import AutoEnable, Phase, Started, after
from bot.core.names import OperationId
from bot.core.operations.operation import State
from tests.conversations.test_off_until import HOME, goes_off, open_returns
from tests.slack.samples import ORDINARY, operation
from tests.world.moments import context_at
from tests.world.story import Story

MINUTE = 60.0


async def taken_on(story: Story) -> AutoEnable:
    """The return is written down as under way; its operation was not begun, for the job died."""
    await goes_off(story)
    (back,) = await open_returns(story, 1)
    begun = after(back, Started(story.world.clock.now(), OperationId("d" * 24)))
    assert (await story.bot.store.auto_enables.change(back, begun)).result == "won"
    return begun


async def due_at(story: Story, auto_enable: AutoEnable) -> float:
    found = await story.bot.store.redis.zscore(f"edfs:{{{HOME}}}:due", f"return:{auto_enable.id}")
    assert found is not None
    return float(found)


async def test_what_was_not_begun_is_begun_after_a_minute(story: Story) -> None:
    await taken_on(story)
    story.world.clock.forward(MINUTE + 1)
    await story.sees("bob", "Returned as planned.")
    await open_returns(story, 0)
    assert story.flips() == 2


async def test_what_is_under_way_is_looked_at_again_each_minute(story: Story) -> None:
    back = await taken_on(story)
    begun_at = back.changed_at
    assert await due_at(story, back) == begun_at + MINUTE
    waiting = operation(
        ORDINARY,
        id=back.operation,
        state=State.LOCKED,
        auto_enables=back.id,
        changed_at=begun_at,
        resume_at=begun_at + 3_600,
    )
    assert (await story.bot.store.operations.start(waiting)).result == "new"
    await run_due(context_at(story, begun_at + MINUTE - 0.5), HOME, back.id)
    assert await due_at(story, back) == begun_at + MINUTE
    await run_due(context_at(story, begun_at + MINUTE), HOME, back.id)
    assert await due_at(story, back) == begun_at + 2 * MINUTE
    found = await story.bot.store.auto_enables.read(HOME, back.id)
    assert found is not None
    assert found.phase is Phase.ENABLING
