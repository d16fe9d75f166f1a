"""Which change "undo" alone means: none in progress or in doubt is passed over."""

from dataclasses import replace

import pytest

from bot.core.errors import CannotUndo
from bot.core.invocation import Invocation
from bot.core.language.commands import Redo, Undo
from bot.core.names import ChannelId, OperationId, PersonId
from bot.core.operations.operation import Operation, Origin, State
from bot.core.outcomes import OperationStarted, UndoQuestion
from bot.core.people import Person
from bot.features import references, timers
from bot.sandbox.people import person_named
from tests.slack.samples import ORDINARY, operation, timer
from tests.world.approval_story import HOME
from tests.world.story import Story, read

ROOM = ChannelId("C0PLANTOPS")


def asks(story: Story, identity: str = "f" * 24) -> Invocation:
    alice = Person(PersonId(person_named("alice").id), HOME, "alice")
    return Invocation(OperationId(identity), alice, Origin(ROOM), story.world.clock.now())


async def ended(story: Story, place: int, state: State, **changes: object) -> Operation:
    """Store an operation of Alice's that ended so; a higher ``place`` is newer."""
    store = story.bot.store.operations
    at = story.world.clock.now() + place
    begun = operation(ORDINARY, id=OperationId(f"{place:024x}"), state=State.LOCKED)
    begun = replace(begun, timer=timer(ORDINARY, place).without_values(), asked_at=at, **changes)
    assert (await store.start(begun)).result == "started"
    after = replace(begun, state=state, version=1, resume_at=at + 3_600)
    assert await store.change(begun, after) == "won"
    return after


async def test_a_change_in_progress_is_waited_for(story: Story) -> None:
    await ended(story, 1, State.APPLIED)
    await ended(story, 2, State.VERIFYING)
    for find, command in ((references.find_undo, Undo()), (references.find_redo, Redo())):
        with pytest.raises(CannotUndo) as refused:
            await find(story.bot.context.gateways, asks(story), command)  # type: ignore[arg-type]
        assert refused.value.reason == "unfinished"


@pytest.mark.parametrize("state", [State.UNKNOWN, State.CONFLICT])
async def test_beyond_a_change_in_doubt_the_one_before_is_only_offered(
    story: Story, state: State
) -> None:
    before = await ended(story, 1, State.APPLIED)
    await ended(story, 2, state)
    found = await references.find_undo(story.bot.context.gateways, asks(story), Undo())
    assert isinstance(found, UndoQuestion)
    assert found.operation.id == before.id


@pytest.mark.parametrize("state", [State.REJECTED, State.NOT_APPLIED, State.ALREADY, State.STALE])
async def test_what_changed_nothing_is_passed_over(story: Story, state: State) -> None:
    before = await ended(story, 1, State.APPLIED)
    await ended(story, 2, state)
    found = await references.find_undo(story.bot.context.gateways, asks(story), Undo())
    assert found == Undo(before.id)


async def test_an_undo_that_is_answered_again_is_the_same_undo(story: Story) -> None:
    await story.signs_in("alice")
    for name in ("SAP materials", "SAP work orders"):
        await story.types("alice", f'/edfs disable plant-a "{name}"')
        card = await story.sees("bob", f"# {name} is now disabled")
    changed = read(card).rpartition("Operation ")[2]
    await story.types("alice", "/edfs undo")
    undo = read(await story.sees("bob", "This undoes operation")).rpartition("Operation ")[2]
    gateways, again = story.bot.context.gateways, asks(story, undo)
    found = await references.find_undo(gateways, again, Undo())
    assert found == Undo(changed)
    outcome = await timers.undo(gateways, again, found)
    assert isinstance(outcome, OperationStarted)
    assert outcome.operation.id == undo
    await story.sees("bob", "SAP work orders is now enabled")
    assert (story.flips("SAP work orders"), story.flips("SAP materials")) == (2, 1)
