"""Ways around the policy and the second person that somebody would try; none leads to a flip."""

from pathlib import Path

from bot.core.approvals import Stage
from tests.world.approval_story import HERE, ask, record, request_in, rule
from tests.world.story import Story, read

SAP = ("plant-a", "SAP work orders")
WORK = 'plant-a "SAP work orders"'
ON_NEEDS_TWO = '[[rule]]\nname = "on"\nchange = "enable"\napprovals = 1\n'


def is_on(story: Story) -> bool:
    return story.world.edfs.state.timer(*SAP).enabled


async def test_a_deny_whose_members_are_not_shown_lets_nobody_in(
    ruled: Story, policy: Path
) -> None:
    """Slack hides a private channel from a bot that is not in it: that is no empty channel."""
    hidden = ruled.world.channel("barred", "alice", private=True, bot=False)
    rule(ruled, policy, f'[[rule]]\ndeny = ["{hidden.id}"]\n')
    await ruled.signs_in("alice")
    await ruled.types("alice", f"/edfs disable {WORK}")
    await ruled.sees("alice", "Slack did not say who you are")
    assert ruled.flips() == 0


async def test_an_end_is_a_change_too(ruled: Story, policy: Path) -> None:
    """Who may not turn it on alone cannot have it come on by setting an end a minute ahead."""
    rule(ruled, policy, ON_NEEDS_TWO)
    ruled.world.edfs.state.flip_outside(*SAP)
    before = ruled.flips()
    await ruled.signs_in("alice")
    await ruled.types("alice", f"/edfs disable {WORK} for 1 minute because tests")
    await ruled.sees("alice", "Asked for approval")
    ruled.world.clock.forward(120)
    await ruled.types("alice", f"/edfs show {WORK}")
    await ruled.sees("alice", "is disabled")
    assert (ruled.flips(), is_on(ruled)) == (before, False)


async def test_a_no_takes_the_right_that_a_yes_takes(ruled: Story, policy: Path) -> None:
    card = await ask(ruled, policy, HERE)
    request = request_in(card)
    await ruled.signs_in("carol")
    await ruled.types("carol", f"/edfs decline {request} because I feel like it")
    await ruled.sees("carol", "You do not have the right")
    await ruled.types("crew01", f"/edfs decline {request} because me too")
    await ruled.sees("crew01", "Sign in to iTwin")
    assert (await record(ruled, card)).stage is Stage.WAITING
    # Nor do they see what waits there.
    await ruled.types("carol", "/edfs pending")
    assert "SAP" not in read(await ruled.sees("carol", "Requests that wait: 0"))


async def test_what_waits_for_bentley_is_judged_again(ruled: Story, policy: Path) -> None:
    await ruled.signs_in("alice")
    ruled.world.edfs.fail("toggle", 429, retry_after=60)
    await ruled.types("alice", f"/edfs disable {WORK}")
    await ruled.sees("bob", "Waiting to turn off")
    rule(ruled, policy, '[[rule]]\ndeny = ["U0ALICE001"]\n')
    ruled.world.clock.forward(70)
    await ruled.sees("bob", "Not changed: SAP work orders")
    await ruled.sees("alice", "The policy was changed since")
    assert ruled.flips() == 0


async def test_long_lists_are_shown_as_far_as_slack_takes_them(story: Story) -> None:
    reason = "the integration is being moved to another system and must not run meanwhile " * 3
    await story.signs_in("alice")
    story.world.edfs.state.put_itwin("crowded", people=("alice",))
    for number in range(60):
        name = f"{number:03d} " + "a rather long name of a timer " * 4
        story.world.edfs.state.put_timer("crowded", name, enabled=False)
    await story.types("alice", f"/edfs disable crowded 000 for 3 days because {reason}")
    await story.sees("alice", "Did you mean")
    await story.clicks("alice", "edfs.continue:0")
    await story.sees("alice", "was already disabled")
    await story.types("alice", "/edfs list crowded disabled")
    assert "Page 1 of" in read(await story.sees("alice", "Disabled timers: 60"))
