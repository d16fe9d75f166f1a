"""While a request waits: where it stands, who is reminded, what ends it, and what people write."""

from pathlib import Path

from bot.sandbox.slack import Message
from tests.world.approval_story import (
    ASKED,
    DONE,
    HERE,
    HOME,
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

HOUR = 3600.0
EMERGENCY = '/edfs disable plant-a "SAP work orders" because "SAP burns" emergency'


def replies(story: Story, card: Message) -> list[str]:
    channel = story.world.slack.state.workspace.channels[card.channel]
    return [read(reply) for reply in story.world.thread(channel.id, card.ts)]


async def test_it_is_reminded_of_then_expires_and_can_be_asked_again(
    ruled: Story, policy: Path
) -> None:
    story, clock = ruled, ruled.world.clock
    listed = f'{IN_APPROVALS}approvers = ["U0BOB00001", "S0APPROVERS"]\nexpires = "1h"\n'
    card = await ask(story, policy, listed)
    clock.forward(15 * 60 + 1)
    await until(lambda: len(replies(story, card)) == 1, reason="a reminder")
    clock.forward(30 * 60)
    await until(lambda: len(replies(story, card)) == 2, reason="another reminder")
    first, second = replies(story, card)
    assert "This still waits for a decision by S0APPROVERS, @bob, but not who asked." in first
    assert second.splitlines()[0] == first.splitlines()[0]
    clock.forward(15 * 60)
    locked = read(await story.sees("bob", "Expired: turn off SAP work orders", "#approvals"))
    assert "Nobody decided it until" in locked
    assert "[Approve]" not in locked
    await story.types("bob", f"/edfs approve {request_in(card)}")
    await story.sees("bob", "It expired before")
    said = await told(story, "alice", "Expired: turn off SAP work orders")
    assert "[Ask again]" in said
    await story.clicks("alice", "Ask again")
    anew = await story.sees("bob", ASKED, "#approvals")
    assert anew.ts != card.ts
    assert (await record(story, anew)).operation.origin.channel == "C0PLANTOPS"
    assert len(replies(story, card)) == 2
    assert story.flips() == 0


async def test_where_the_bot_is_not_the_request_is_not_lost(ruled: Story, policy: Path) -> None:
    """It stands where it was asked; where that is no help either, with who asked."""
    story = ruled
    rule(story, policy, f'{HERE}channel = "C0GENERAL1"\napprovers = ["U0BOB00001"]\n')
    await story.signs_in("alice")
    await story.signs_in("bob")
    await story.types("alice", OFF)
    said = read(await story.sees("alice", "Asked for approval"))
    assert "The request stands in C0PLANTOPS. I am not in C0GENERAL1." in said
    assert "Let me in with /invite @edfs-bot and ask again" in said
    card = await story.sees("bob", ASKED)
    assert card.channel == "C0PLANTOPS"
    await story.types("alice", f"/edfs cancel {request_in(card)}")
    await story.sees("bob", "Taken back by: @alice")
    rule(story, policy, f'{HERE}approvers = ["U0BOB00001"]\n')
    await story.types("alice", OFF, "#secret")
    said = read(await story.sees("alice", "in your direct messages with me", "#secret"))
    assert "Whoever may decide it finds it with /edfs pending" in said
    direct = await story.sees("bob", ASKED, "@bob")
    story.world.joins("#secret", "edfs")
    story.world.clock.forward(61)
    await story.types("alice", OFF, "#secret")
    await story.sees("alice", "The request stands in C0SECRET01.", "#secret")
    moved = await story.sees("alice", ASKED, "#secret")
    assert moved.visible_to is None
    await story.clicks("bob", "Approve", direct.ts)
    await story.sees("alice", DONE, "#secret")
    assert story.flips() == 1


async def test_a_request_that_its_channel_refuses_is_asked_elsewhere(
    ruled: Story, policy: Path
) -> None:
    """Nobody may post in #approvals any more, which Slack says only when the card is posted."""
    story = ruled
    rule(story, policy, IN_APPROVALS)
    await story.signed_in("alice", "bob")
    story.world.slack.fail("chat.postMessage", "error", code="restricted_action", times=1)
    await story.types("alice", OFF)
    card = await story.sees("bob", ASKED)
    assert card.channel != "C0APPROVAL"
    await story.clicks("bob", "Approve", card.ts)
    await told(story, "alice", DONE)
    assert story.flips() == 1


async def test_approvers_who_do_not_see_the_channel_are_told_of_the_request(
    ruled: Story, policy: Path
) -> None:
    """Also those whom the policy names by their user group."""
    story = ruled
    story.world.edfs.state.let_in("crew01")
    story.world.group("S0APPROVERS", ["bob", "crew01"])
    listed = IN_APPROVALS + 'approvers = ["S0APPROVERS"]\n'
    await ask(story, policy, listed)
    said = await story.sees("crew01", ASKED, "@crew01")
    assert said.channel.startswith("D")
    assert not any(ASKED in text for text in story.direct("bob")), "Bob is in #approvals"
    await story.signs_in("crew01", "@crew01")
    await story.clicks("crew01", "Approve", said.ts)
    await told(story, "alice", DONE)
    assert story.flips() == 1


async def test_pending_lists_first_what_one_may_decide(ruled: Story, policy: Path) -> None:
    story = ruled
    await ask(story, policy, IN_APPROVALS)
    await story.types("bob", '/edfs disable plant-a "SAP materials"')
    await story.sees("bob", "Asked for approval: turn off SAP materials")
    await story.types("bob", "/edfs pending")
    listed = await story.sees("bob", "Requests that wait: 2")
    first, second = read(listed).split("[Approve] [Decline]")
    assert "turn off SAP work orders" in first
    assert "turn off SAP materials" in second
    await story.clicks("bob", "Approve", listed.ts)
    await told(story, "alice", DONE)
    assert story.flips() == 1
    await story.types("gina", "/edfs pending")
    await story.sees("gina", "guests of this workspace")


async def test_pending_offers_no_decision_to_the_requesters_other_slack_account(
    ruled: Story, policy: Path
) -> None:
    """Who signed in with the account that made the request is the same person by another name."""
    story = ruled
    await ask(story, policy, IN_APPROVALS)
    await story.types("alice", "/edfs signout")
    await story.sees("alice", "Signed out")
    await story.types("carol", "/edfs signin")
    await story.sees("carol", "Sign in to iTwin")
    assert "You are signed in" in await story.world.signs_in("carol", account="alice")
    await story.types("carol", "/edfs pending")
    listed = read(await story.sees("carol", "Requests that wait: 1"))
    assert "turn off SAP work orders" in listed
    assert "[Approve]" not in listed


async def test_words_in_the_thread_decide_nothing(ruled: Story, policy: Path) -> None:
    story = ruled
    card = await ask(story, policy, IN_APPROVALS)
    other = await story.world.types("bob", "#approvals", "hello") and story.world.reads("bob")[-1]
    await story.world.types("bob", "#approvals", "ok", thread=other.ts)
    await story.world.types("bob", "#approvals", "approved!", thread=card.ts)
    said = await story.sees("bob", "What is written here decides nothing")
    assert said.visible_to is not None
    assert said.thread_ts == card.ts
    assert "Press Approve or Decline on the card above" in read(said)
    assert (await record(story, card)).version == 0
    pointers = [one for one in story.says("bob") if "decides nothing" in one]
    assert len(pointers) == 1
    assert story.flips() == 0


async def test_an_emergency_goes_ahead_and_has_to_be_reviewed(ruled: Story, policy: Path) -> None:
    story = ruled
    rule(story, policy, IN_APPROVALS)
    await story.signs_in("alice")
    await story.types("alice", EMERGENCY)
    await story.sees("alice", "The policy lets nobody go ahead without approval here")
    assert story.flips() == 0
    rule(story, policy, f"{IN_APPROVALS}emergency = true\n")
    await story.types("alice", EMERGENCY)
    timer_card = await story.sees("alice", DONE, "#plant-ops")
    assert "An emergency: done without approval, and to be reviewed." in read(timer_card)
    review = await story.sees("bob", "Emergency: SAP work orders is now disabled", "#approvals")
    assert "Because: SAP burns" in read(review)
    assert "[Reviewed]" in read(review)
    await story.clicks("alice", "Reviewed")
    await story.sees("alice", "Wait for somebody else to decide it")
    await story.types("alice", f"/edfs cancel {request_in(review)}")
    story.world.clock.forward(24 * HOUR)
    late = await story.sees("bob", "Still nobody has reviewed it: SAP work orders is now disabled")
    assert late.ts == review.ts
    await until(lambda: "waits for a review" in "".join(replies(story, review)))
    await story.signs_in("bob")
    await story.clicks("bob", "Reviewed")
    await told(story, "alice", "Reviewed by: @bob")
    await story.sees("bob", "Reviewed: SAP work orders is now disabled", "#approvals")
    assert story.flips() == 1


async def test_an_emergency_that_did_not_start_leaves_nothing_to_review(
    ruled: Story, policy: Path
) -> None:
    story = ruled
    await story.signed_in("alice", "bob")
    with story.world.edfs.hold("toggle") as held:
        await story.types("bob", '/edfs disable plant-a "SAP work orders"')
        await until(lambda: held.waiting == 1)
        rule(story, policy, f"{IN_APPROVALS}emergency = true\n")
        await story.types("alice", EMERGENCY)
        await story.sees("alice", "Another operation holds this timer")
    await story.sees("bob", DONE, "#plant-ops")
    await story.types("bob", "/edfs pending")
    await story.sees("bob", "No request waits for a decision")
    assert not any("Emergency" in text for text in story.says("bob", "#approvals"))
    assert story.flips() == 1


async def test_a_busy_timer_is_waited_for(ruled: Story, policy: Path) -> None:
    story = ruled
    card = await ask(story, policy, IN_APPROVALS)
    rule(story, policy, "[defaults]\napprovals = 0\n")
    with story.world.edfs.hold("toggle"):
        await story.types("bob", '/edfs disable plant-a "SAP work orders"')
        await story.sees("bob", "Turning off: SAP work orders")
        await story.clicks("bob", "Approve", card.ts)
        busy = "it begins when nothing else is under way on this timer"
        await story.sees("bob", busy, "#approvals")
    await story.sees("bob", DONE, "#plant-ops")
    story.world.clock.forward(6)
    await told(story, "alice", "SAP work orders was already disabled")
    await story.sees("bob", "# SAP work orders was already disabled", "#approvals")
    assert story.flips() == 1


async def test_while_changes_are_switched_off_nobody_agrees(ruled: Story, policy: Path) -> None:
    story = ruled
    card = await ask(story, policy, IN_APPROVALS)
    await story.bot.store.kill_switch.engage(HOME, story.world.clock.now())
    await story.clicks("bob", "Approve", card.ts)
    await story.sees("bob", "An admin has switched all changes off")
    assert (await record(story, card)).votes == ()


async def test_a_replaced_timer_voids_it_and_the_new_one_is_offered(
    ruled: Story, policy: Path
) -> None:
    story = ruled
    card = await ask(story, policy, IN_APPROVALS)
    story.world.edfs.state.replace_timer("plant-a", "SAP work orders", cron="0 5 * * *")
    await story.clicks("bob", "Approve", card.ts)
    shown = read(await story.sees("bob", "Void: turn off SAP work orders", "#approvals"))
    assert "An edit has put another timer in its place" in shown
    assert "Schedule: 0 2 * * 1-5 is now 0 5 * * *" in shown
    await told(story, "alice", "Void: turn off SAP work orders")
    await story.clicks("alice", "Ask again for the new timer")
    anew = await story.sees("bob", ASKED, "#approvals")
    await story.clicks("bob", "Approve", anew.ts)
    await told(story, "alice", DONE)
    assert story.flips() == 1


async def test_a_second_look_names_the_runs_and_does_nothing_yet(
    ruled: Story, policy: Path
) -> None:
    story = ruled
    rule(story, policy, "[defaults]\nconfirm = true\n")
    await story.signs_in("alice")
    await story.types("alice", '/edfs disable plant-a "SAP work orders" for 14 days')
    said = await story.sees("alice", "Are you sure? turn off SAP work orders")
    assert said.visible_to is not None
    assert "Change: enabled → disabled, and enabled again " in read(said)
    assert "Skips 10 runs, first " in read(said)
    assert "Nothing was done yet" in read(said)
    assert story.flips() == 0
    await story.clicks("alice", "Yes, turn it off")
    await story.sees("alice", DONE, "#plant-ops")
    assert story.flips() == 1
