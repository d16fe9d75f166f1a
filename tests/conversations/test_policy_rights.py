"""Rights that a policy gives and takes: who approves, what is asked for, and how much may wait."""

from pathlib import Path

from bot.core.change_requests import MAX_WAITING_REQUESTS
from tests.world.approval_story import DONE, HERE, HOME, IN_APPROVALS, OFF, ask, record, rule
from tests.world.story import Story, read
from tests.world.test_approval_checks import BUSY, held
from tests.world.waiting import until

HOUR = 3_600.0
UNTIL = '/edfs disable plant-a "SAP work orders" for 14 days because SAP is down'
NO_ENABLING = '\n[[rule]]\nchange = "enable"\ndeny = ["U0BOB00001"]\n'
REASONS = '[[rule]]\nchange = "enable"\nreason = "required"\n'
HIDDEN = 'deny = ["S0HIDDEN01"]\n'  # a user group that Slack does not show to the bot
NOBODY_IN = "Slack did not say who you are"


async def test_who_may_not_enable_does_not_approve_what_will_enable_later(
    ruled: Story, policy: Path
) -> None:
    card = await ask(ruled, policy, f"{HERE}{NO_ENABLING}", UNTIL)
    await ruled.clicks("bob", "Approve", card.ts)
    await ruled.sees("bob", "The policy names others who decide this")
    assert (await record(ruled, card)).votes == ()
    await ruled.clicks("bob", "Decline", card.ts)
    await ruled.submits("bob", {"Why?": "no"})
    await until(
        lambda: "".join(ruled.says("bob")).count("The policy names others who decide this") == 2
    )
    await ruled.types("bob", "/edfs pending")
    pending = await ruled.sees("bob", "Requests that wait: 1")
    assert "[Approve]" not in read(pending)
    assert ruled.flips() == 0


async def test_who_may_not_enable_approves_what_stays_off(ruled: Story, policy: Path) -> None:
    card = await ask(ruled, policy, f"{HERE}{NO_ENABLING}")
    await ruled.clicks("bob", "Approve", card.ts)
    await ruled.sees("alice", DONE)
    assert ruled.flips() == 1


async def test_who_may_not_enable_any_more_is_found_before_what_they_approved_is_done(
    ruled: Story, policy: Path, redis_url: str
) -> None:
    card = await ask(ruled, policy, IN_APPROVALS, UNTIL)
    with held(ruled.world, redis_url):
        await ruled.clicks("bob", "Approve", card.ts)
        await ruled.sees("bob", BUSY)
        rule(ruled, policy, f"{IN_APPROVALS}{NO_ENABLING}")
    ruled.world.clock.forward(6)
    await ruled.sees("bob", "Whoever approved it may not approve it any more", "#approvals")
    assert ruled.flips() == 0


async def test_what_enabling_needs_later_does_not_void_a_request_to_disable_until(
    ruled: Story, policy: Path
) -> None:
    """Each change alone asks for less than both together: their ruling is one, at each moment."""
    two = '[[rule]]\nchange = "enable"\napprovals = 2\nruns_as = "approver"\n'
    card = await ask(ruled, policy, f"{HERE}{two}", UNTIL)
    await ruled.signs_in("carol")
    ruled.world.edfs.state.give_right("carol", "plant-a")
    await ruled.clicks("bob", "Approve", card.ts)
    await ruled.sees("bob", "Agreed so far: 1 of 2, @bob")
    await ruled.clicks("carol", "Approve", card.ts)
    await ruled.sees("alice", DONE)
    assert ruled.flips() == 1


async def test_a_reason_that_enabling_needs_is_asked_of_disabling_until(
    ruled: Story, policy: Path
) -> None:
    rule(ruled, policy, REASONS)
    await ruled.signs_in("alice")
    await ruled.types("alice", '/edfs disable plant-a "SAP work orders" for 3 days')
    await ruled.sees("alice", "A reason is needed")
    assert ruled.flips() == 0
    await ruled.types("alice", '/edfs disable plant-a "SAP work orders"')
    await ruled.sees("alice", DONE)
    assert ruled.flips() == 1


async def test_a_default_deny_of_a_group_that_slack_does_not_show_lets_nobody_in(
    ruled: Story, policy: Path
) -> None:
    rule(ruled, policy, f"[defaults]\n{HIDDEN}")
    await ruled.signs_in("alice")
    await ruled.types("alice", OFF)
    await ruled.sees("alice", NOBODY_IN)
    assert ruled.flips() == 0


async def test_a_default_deny_of_a_group_that_slack_does_not_show_lets_nobody_approve(
    ruled: Story, policy: Path
) -> None:
    card = await ask(ruled, policy, HERE)
    rule(ruled, policy, f"{HERE}{HIDDEN}")
    await ruled.clicks("bob", "Approve", card.ts)
    await ruled.sees("bob", NOBODY_IN)
    assert (await record(ruled, card)).votes == ()
    assert ruled.flips() == 0


async def test_as_many_requests_of_one_person_wait_as_the_limit_says(
    ruled: Story, policy: Path
) -> None:
    assert MAX_WAITING_REQUESTS == 5
    rule(ruled, policy, HERE)
    await ruled.signed_in("alice", "bob")
    names = [f"Timer {number}" for number in range(1, MAX_WAITING_REQUESTS + 2)]
    for name in names:
        ruled.world.edfs.state.put_timer("plant-a", name)
    *first, one_more = names
    for name in first:
        await ruled.types("alice", f'/edfs disable plant-a "{name}"')
        await ruled.sees("alice", f"Asked for approval: turn off {name}")
    await ruled.types("alice", f'/edfs disable plant-a "{one_more}"')
    await ruled.sees("alice", "You have as many requests waiting as one may have")
    waiting = await ruled.bot.store.approvals.open(HOME)
    assert {one.operation.timer.name for one in waiting} == set(first)
    # Somebody else may still ask, and one that was taken back makes room.
    await ruled.types("bob", f'/edfs disable plant-a "{one_more}"')
    await ruled.sees("bob", f"Asked for approval: turn off {one_more}")
    await ruled.types("alice", f"/edfs cancel {waiting[0].id}")
    await ruled.sees("alice", f"Taken back: turn off {first[0]}")
    await ruled.types("alice", f'/edfs disable plant-a "{first[0]}"')
    await until(
        lambda: "".join(ruled.says("alice")).count(f"Asked for approval: turn off {first[0]}") == 2
    )


async def test_a_request_ends_with_its_own_until(ruled: Story, policy: Path) -> None:
    command = '/edfs disable plant-a "SAP work orders" for 2 hours'
    card = await ask(ruled, policy, IN_APPROVALS, command)
    request = await record(ruled, card)
    assert request.operation.until is not None
    assert request.expires_at == request.operation.until.at
    ruled.world.clock.forward(2 * HOUR + 1)
    await ruled.sees("bob", "Expired: turn off SAP work orders", "#approvals")
    assert ruled.flips() == 0


async def test_a_request_with_a_later_until_ends_when_the_policy_says(
    ruled: Story, policy: Path
) -> None:
    command = '/edfs disable plant-a "SAP work orders" for 9 hours'
    request = await record(ruled, await ask(ruled, policy, IN_APPROVALS, command))
    assert request.expires_at == request.operation.asked_at + 8 * HOUR
