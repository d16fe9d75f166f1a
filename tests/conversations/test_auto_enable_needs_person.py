"""An auto-enable that fails asks a person, says why, and escalates after an hour."""

from pathlib import Path

from bot.core.names import PersonId, Workspace
from bot.sandbox.people import TEAM_ID
from tests.conversations.test_off_until import (
    DAY,
    NAME,
    WORK,
    cards,
    enabled,
    goes_off,
    open_returns,
)
from tests.world.story import Story, read
from tests.world.waiting import until

WORKSPACE = Workspace(TEAM_ID)
DUE = 3 * DAY + 60


async def signs_out(story: Story, person: str) -> None:
    await story.types(person, "/edfs signout")
    await story.sees(person, "Signed out")


def direct(story: Story, person: str) -> str:
    """Return the direct messages that the bot has sent to the person."""
    channel = story.world.slack.state.workspace.direct(story.world.person(person))
    return "\n".join(read(m) for m in story.world.reads(person) if m.channel == channel.id)


async def test_an_ended_sign_in_is_found_a_day_ahead_and_escalated_once(
    story: Story,
) -> None:
    await goes_off(story)
    await signs_out(story, "alice")
    story.world.clock.forward(2 * DAY + 60)
    await until(lambda: "Your sign-in at Bentley has ended" in direct(story, "alice"))
    await story.sees("bob", "@alice has to sign in again before that")
    assert len(cards(story)) == 1
    story.world.clock.forward(DAY)
    asks = await story.sees("bob", f"Still off: {NAME}")
    assert "The sign-in of whoever set this has ended" in read(asks)
    assert "[Enable] [Keep off]" in read(asks)
    await story.sees("bob", "A card below asks somebody to do it")
    story.world.clock.forward(3_700)
    await until(lambda: f"{NAME} is still off" in direct(story, "alice"))
    thread = story.world.thread("#plant-ops", asks.ts)
    assert ["@alice set it" in read(m) for m in thread] == [True]
    story.world.clock.forward(30 * DAY)
    await story.signs_in("bob")
    await story.clicks("bob", "Enable", asks.ts)
    await story.sees("alice", f"{NAME} is now enabled")
    await open_returns(story, 0)
    await story.sees("alice", f"Seen to: {NAME}")
    assert story.flips() == 2
    assert len(story.world.thread("#plant-ops", asks.ts)) == 1
    assert direct(story, "alice").count("is still off") == 1
    await story.types("bob", "/edfs return " + asks_id(read(asks)))
    await story.sees("bob", "The timer had been turned on before")


def asks_id(card: str) -> str:
    return card.rpartition("Return ")[2].strip()


async def test_signing_in_again_in_time_lets_it_run(story: Story) -> None:
    await goes_off(story)
    await signs_out(story, "alice")
    story.world.clock.forward(2 * DAY + 60)
    await until(lambda: "Your sign-in at Bentley has ended" in direct(story, "alice"))
    await story.types("alice", "/edfs signin")
    await until(lambda: sum("Sign in to iTwin" in m for m in story.says("alice")) == 2)
    assert "You are signed in" in await story.world.signs_in("alice")
    story.world.clock.forward(DAY)
    await story.sees("bob", "Returned as planned.")
    assert len(cards(story)) == 1


async def test_a_lost_permission_asks_a_person_who_needs_it_too(story: Story) -> None:
    await goes_off(story)
    story.world.edfs.state.take_right("alice", "plant-a")
    story.world.clock.forward(DUE)
    await story.sees("bob", "may not read the timer any more")
    await story.signs_in("carol")
    await story.clicks("carol", "Enable")
    await story.sees("carol", "Trace")
    assert not enabled(story)
    await story.signs_in("bob")
    await story.clicks("bob", "Keep off")
    await open_returns(story, 0)
    await story.sees("bob", "It stays off for good. By @bob.")
    assert story.flips() == 1


async def test_a_replaced_timer_is_offered_and_a_removed_one_reported(story: Story) -> None:
    await goes_off(story)
    story.world.edfs.state.replace_timer("plant-a", NAME)
    await story.types("alice", '/edfs disable plant-a "SAP materials" for 3 days')
    await open_returns(story, 2)
    story.world.edfs.state.remove_timer("plant-a", "SAP materials")
    story.world.clock.forward(DUE)
    await story.sees("bob", "Cannot return: SAP materials")
    asks = await story.sees("bob", "[Move to it] [Keep off]")
    assert "another timer of the same name and package" in read(asks)
    assert not enabled(story)
    await open_returns(story, 1)
    await story.signs_in("bob")
    await story.clicks("bob", "Move to it")
    await story.sees("alice", f"{NAME} is now enabled")
    await open_returns(story, 0)
    assert enabled(story)
    assert story.flips() == 2


async def test_a_deny_rule_stops_it_and_an_approval_rule_does_not(
    ruled: Story, policy: Path
) -> None:
    await goes_off(ruled)
    await ruled.types("alice", '/edfs disable plant-a "SAP materials" for 3 days')
    await open_returns(ruled, 2)
    alice = PersonId(ruled.world.person("alice").id)
    policy.write_text(  # noqa: ASYNC240 - a line of text
        "[defaults]\napprovals = 1\n"
        f'[[rule]]\nname = "frozen"\ntimer = "SAP work*"\nchange = "enable"\ndeny = ["{alice}"]\n'
    )
    await until(lambda: ruled.bot.context.gateways.policy_file.current.rules)
    ruled.world.clock.forward(DUE)
    await ruled.sees("bob", "Still off: SAP work orders")
    await ruled.sees("bob", "denies you this change (rule 1 (frozen)).")
    await ruled.sees("bob", "SAP materials is now enabled")
    assert not enabled(ruled)
    assert ruled.flips("SAP materials") == 2


async def test_the_kill_switch_delays_it_visibly(story: Story) -> None:
    await goes_off(story)
    kill_switch = story.bot.store.kill_switch
    await kill_switch.engage(WORKSPACE, story.world.clock.now())
    story.world.clock.forward(DUE + 600)
    await story.sees("bob", "An admin has switched all changes off: it waits")
    await kill_switch.release(WORKSPACE, story.world.clock.now())
    story.world.clock.forward(120)
    await story.sees("bob", "Returned as planned.")
    assert story.flips() == 2


async def test_clicking_enable_on_an_enabled_timer_closes_it(story: Story) -> None:
    await goes_off(story)
    await signs_out(story, "alice")
    story.world.clock.forward(DUE)
    await story.sees("bob", f"Still off: {NAME}")
    story.world.edfs.state.flip_outside("plant-a", NAME)
    await story.signs_in("bob")
    await story.clicks("bob", "Enable")
    await story.sees("bob", f"{NAME} is already enabled")
    await open_returns(story, 0)
    story.world.clock.forward(5)  # the tick draws the card
    await story.sees("alice", f"Seen to: {NAME}")
    await story.types("bob", f"/edfs disable plant-a {WORK} because anew")
    await until(lambda: not enabled(story))
