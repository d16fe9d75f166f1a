"""A request at its exact moments: just before one nothing happens, at it something does."""

from pathlib import Path

import pytest

from bot.background import approvals as due_approvals
from bot.core.approvals import REMIND_AFTER, Approval, Stage
from bot.core.invocation import Invocation
from bot.core.language.commands import Decide
from bot.core.names import ChannelId, OperationId, PersonId
from bot.core.operations.operation import Origin
from bot.core.outcomes import RequestDecided
from bot.core.people import Person
from bot.features import approvals
from tests.world.approval_story import HERE, HOME, ask, record
from tests.world.moments import JUST_BEFORE, context_at
from tests.world.story import Story


async def run_due_at(story: Story, request: Approval, now: float) -> Approval:
    """Run what is due of the request at that moment; return the request as it is then."""
    await due_approvals.run_due(context_at(story, now), HOME, request.id)
    found = await story.bot.store.approvals.read(HOME, request.id)
    assert found is not None
    return found


async def test_a_reminder_is_given_at_its_moment_and_not_before(ruled: Story, policy: Path) -> None:
    request = await record(ruled, await ask(ruled, policy, HERE))
    first = request.operation.asked_at + REMIND_AFTER
    assert (await run_due_at(ruled, request, first + JUST_BEFORE)).reminders == 0
    assert (await run_due_at(ruled, request, first)).reminders == 1
    second = request.operation.asked_at + 3 * REMIND_AFTER
    assert (await run_due_at(ruled, request, second + JUST_BEFORE)).reminders == 1
    assert (await run_due_at(ruled, request, second)).reminders == 2


async def test_a_request_expires_at_its_moment_and_not_before(ruled: Story, policy: Path) -> None:
    request = await record(ruled, await ask(ruled, policy, HERE))
    before = await run_due_at(ruled, request, request.expires_at + JUST_BEFORE)
    assert before.stage is Stage.WAITING
    assert (await run_due_at(ruled, request, request.expires_at)).stage is Stage.EXPIRED


@pytest.mark.parametrize(("late", "stage"), [(JUST_BEFORE, Stage.APPROVED), (0.0, Stage.EXPIRED)])
async def test_a_decision_counts_until_the_request_expires(
    ruled: Story, policy: Path, late: float, stage: Stage
) -> None:
    request = await record(ruled, await ask(ruled, policy, HERE))
    context, bob = context_at(ruled, request.expires_at + late), ruled.world.person("bob")
    person = Person(PersonId(bob.id), HOME, "bob")
    origin = Origin(ChannelId("C0PLANTOPS"))
    invocation = Invocation(OperationId("f" * 24), person, origin, context.now)
    command = Decide("approve", request.id)
    outcome = await approvals.decide(context.gateways, invocation, command)
    assert isinstance(outcome, RequestDecided)
    assert outcome.approval.stage is stage
