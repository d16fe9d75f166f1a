"""A wish that waits for a second person: the request, the decision, and what comes of it."""

from pathlib import Path

from bot.sandbox.describe import describe_view
from bot.sandbox.people import person_named
from tests.world.approval_story import (
    ASKED,
    DONE,
    HERE,
    IN_APPROVALS,
    OFF,
    ask,
    record,
    request_in,
    rule,
    told,
)
from tests.world.story import Story, read
from tests.world.waiting import until

UNTIL = '/edfs disable plant-a "SAP work orders" for 14 days because SAP is down'


async def test_a_request_in_its_channel_from_asking_to_done(ruled: Story, policy: Path) -> None:
    story = ruled
    card = await ask(story, policy, IN_APPROVALS)
    assert card.channel == "C0APPROVAL"
    for words in (
        "Asked by: @alice as alice@acme.example",
        "Change: enabled → disabled",
        "iTwin: plant-a (PA-001)",
        "Schedule: weekdays at 02:00",
        "Because: SAP is down",
        "Who decides: anybody whose own account can do it, but not who asked",
        "Agreed so far: 0 of 1",
        "Account: it will be done with @alice's account (alice@acme.example), and Bentley's record",
        "Expires: ",
        "[Approve] [Decline] [Cancel]",
    ):
        assert words in read(card)
    await story.clicks("alice", "Approve")
    await story.sees("alice", "Wait for somebody else to decide it")
    await story.clicks("bob", "Cancel", card.ts)
    await story.sees("bob", "Only who asked can take a request back")
    assert story.flips() == 0
    await story.clicks("bob", "Approve", card.ts)
    await told(story, "alice", "Approved by: @bob as bob@acme.example")
    outcome = await told(story, "alice", DONE)
    assert "Approved by: @bob" in outcome
    timer_card = await story.sees("alice", "Turned off by: @alice as alice", "#plant-ops")
    assert "Approved by: @bob" in read(timer_card)
    done = await story.sees("bob", DONE, "#approvals")
    assert done.ts == card.ts
    assert "[Approve]" not in read(done)
    await story.types("carol", f"/edfs decline {request_in(card)}")
    await story.sees("carol", "It was approved before by @bob, ")
    assert story.flips() == 1


async def test_in_the_channel_where_it_was_asked_one_card_is_enough(
    ruled: Story, policy: Path
) -> None:
    story = ruled
    card = await ask(story, policy, HERE, UNTIL)
    shown = read(card)
    assert "Change: enabled → disabled, and enabled again " in shown
    assert "Skips 10 runs, first " in shown
    await story.clicks("bob", "Approve", card.ts)
    await story.sees("bob", DONE, "#plant-ops")
    done = story.card()
    assert done.ts == card.ts
    assert "Approved by: @bob" in read(done)
    await told(story, "alice", "Approved by: @bob")
    await told(story, "alice", DONE)
    assert story.flips() == 1


async def test_declined_with_a_reason_then_asked_again_and_taken_back(
    ruled: Story, policy: Path
) -> None:
    story = ruled
    card = await ask(story, policy, IN_APPROVALS)
    await story.clicks("bob", "Decline", card.ts)
    modals = story.world.slack.state.modals
    await until(lambda: modals.top(person_named("bob")), reason="the window")
    view = modals.top(person_named("bob"))
    assert view is not None
    assert "Why?" in "\n".join(describe_view(view.body))
    await story.world.submits("bob", {"Why?": "wait for the audit"})
    said = await told(story, "alice", "Declined by: @bob")
    assert "Because: wait for the audit" in said
    locked = read(await story.sees("bob", "Declined: turn off SAP work orders", "#approvals"))
    assert "Because: wait for the audit" in locked
    assert "[Approve]" not in locked
    story.world.clock.forward(61)
    await story.types("alice", OFF)
    second = await story.sees("bob", ASKED)
    assert second.ts != card.ts
    await story.types("bob", '/edfs off plant-a "SAP work orders"')
    again = read(await story.sees("bob", "Asked for already"))
    assert "by @alice" in again
    await story.types("alice", f"/edfs cancel {request_in(second)} because not needed")
    await story.sees("bob", "Taken back by: @alice")
    await story.types("bob", f"/edfs approve {request_in(second)}")
    await story.sees("bob", "It was taken back before by @alice")
    assert story.flips() == 0


async def test_two_people_of_a_list_have_to_agree(ruled: Story, policy: Path) -> None:
    story = ruled
    story.world.edfs.state.let_in("crew01", "carol")
    story.world.group("S0APPROVERS", ["bob", "crew01"])
    story.world.joins("#approvals", "crew01")
    listed = IN_APPROVALS.replace("= 1", '= 2\napprovers = ["S0APPROVERS"]')
    card = await ask(story, policy, listed)
    assert "Who decides: S0APPROVERS, but not who asked" in read(card)
    await story.signs_in("carol")
    for action in (f"approve {request_in(card)}", f"decline {request_in(card)}"):
        await story.types("carol", f"/edfs {action}", "#approvals")
    await story.sees("carol", "The policy names others who decide this")
    await story.clicks("bob", "Approve", card.ts)
    await told(story, "alice", "Agreed: @bob, 1 of 2")
    await story.sees("bob", "Agreed so far: 1 of 2, @bob", "#approvals")
    await story.sees("bob", "It takes one more person to agree")
    await story.clicks("bob", "Approve", card.ts)
    await story.sees("bob", "You agreed to this before")
    assert story.flips() == 0
    await story.signs_in("crew01", "#approvals")
    await story.clicks("crew01", "Approve", card.ts)
    await told(story, "alice", DONE)
    assert "Approved by: @bob, @crew01" in read(await story.sees("alice", "Turned off by: @alice"))
    assert story.flips() == 1


async def test_an_approver_who_is_not_signed_in_signs_in_and_goes_on(
    ruled: Story, policy: Path
) -> None:
    """With the approver's account, where the policy says so: the card told it before."""
    story = ruled
    rule(story, policy, f'{IN_APPROVALS}runs_as = "approver"\n')
    await story.signs_in("alice")
    await story.types("alice", OFF)
    card = await story.sees("bob", ASKED)
    assert "done with the account of whoever agrees last" in read(card)
    await story.clicks("bob", "Approve", card.ts)
    offered = read(await story.sees("bob", "Sign in to iTwin"))
    assert f"/edfs approve {request_in(card)}" in offered
    assert (await record(story, card)).votes == ()
    await story.world.signs_in("bob")
    await story.sees("bob", "Your command waits: ")
    await story.clicks("bob", "Continue")
    await told(story, "alice", DONE)
    card = await story.sees("alice", "Turned off by: @alice through @bob as bob@acme.example")
    (patch,) = [call for call in story.world.edfs.calls if call["method"] == "PATCH"]
    assert patch["person"] == "bob"


async def test_the_right_is_proved_by_the_approvers_own_token(ruled: Story, policy: Path) -> None:
    story = ruled
    card = await ask(story, policy, IN_APPROVALS)
    story.world.edfs.state.take_right("bob")
    await story.clicks("bob", "Approve", card.ts)
    said = await story.sees("bob", "You do not have the right")
    assert said.visible_to is not None
    assert (await record(story, card)).votes == ()
    story.world.edfs.state.give_right("bob")
    await story.types("bob", f"/edfs approve {request_in(card)}")
    await told(story, "alice", DONE)
    assert story.flips() == 1


async def test_who_asked_may_decide_only_where_the_policy_says_so(
    ruled: Story, policy: Path
) -> None:
    story = ruled
    rule(story, policy, f"{IN_APPROVALS}self_approval = true\n")
    await story.signs_in("alice")
    await story.types("alice", OFF)
    card = await story.sees("alice", ASKED)
    assert "but not who asked" not in read(card)
    await story.clicks("alice", "Approve", card.ts)
    await told(story, "alice", "Approved by: @alice")
    await told(story, "alice", DONE)
    assert story.flips() == 1


async def test_nobody_else_of_slack_decides(ruled: Story, policy: Path) -> None:
    """Guests, bots, deactivated people and strangers are refused before anything is looked at."""
    story = ruled
    card = await ask(story, policy, HERE)
    for person, why in (("gina", "guests of this workspace"), ("botty", "bots cannot switch")):
        await story.clicks(person, "Approve", card.ts)
        await story.sees(person, why)
    story.world.change("carol", deleted=True)
    await story.clicks("carol", "Approve", card.ts)
    story.world.joins("#plant-ops", "dana")
    await story.clicks("dana", "Approve", card.ts)
    await story.sees("dana", "only members of the workspace")
    await story.clicks("bob", "Approve", card.ts)
    await story.sees("bob", DONE)
    assert [vote.by for vote in (await record(story, card)).votes] == [person_named("bob").id]


async def test_who_has_agreed_may_still_decline(ruled: Story, policy: Path) -> None:
    """It takes two: who learns something after the first vote can end it."""
    story = ruled
    card = await ask(story, policy, IN_APPROVALS.replace("= 1", "= 2"))
    await story.clicks("bob", "Approve", card.ts)
    await story.sees("bob", "It takes one more person to agree")
    await story.types("bob", f"/edfs decline {request_in(card)} because it is needed after all")
    assert "Because: it is needed after all" in await told(story, "alice", "Declined by: @bob")
    assert story.flips() == 0


async def test_a_repeated_approval_says_what_came_of_it_then_and_what_is_true_now(
    ruled: Story, policy: Path
) -> None:
    story = ruled
    card = await ask(story, policy, IN_APPROVALS)
    request = request_in(card)
    await story.clicks("bob", "Approve", card.ts)
    await told(story, "alice", DONE)
    rule(story, policy, "[defaults]\n")
    await story.types("bob", '/edfs enable plant-a "SAP work orders"')
    await story.sees("bob", "SAP work orders is now enabled")
    await story.types("bob", f"/edfs approve {request}")
    said = read(await story.sees("bob", "It was approved before by @bob"))
    assert "The timer was disabled then, and is enabled now." in said
    assert story.flips() == 2
