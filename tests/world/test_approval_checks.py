"""What changes between asking, agreeing and doing: nothing is flipped wrongly, and it is said why.

Between agreeing and doing another operation holds the timer, so there is time for a change; then
it lets go, and everything is looked at again.
"""

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from bot.core.operations.operation import State
from bot.sandbox.people import TEAM_ID
from bot.sandbox.slack import Message
from bot.sandbox.world import World
from tests.conftest import living
from tests.world.approval_story import DONE, IN_APPROVALS, OFF, ask, record, request_in, rule, told
from tests.world.clock import paced_clock
from tests.world.story import Story, read
from tests.world.waiting import until

BUSY = "it begins when nothing else is under way on this timer"
SAP = ("plant-a", "SAP work orders")


@dataclass(frozen=True, slots=True)
class Scene:
    story: Story
    policy: Path
    card: Message


@dataclass(frozen=True, slots=True)
class Said:
    """How the operation ends, and who reads why."""

    state: State
    who: str
    words: str


Change = Callable[[Scene], Awaitable[None]]


@contextlib.contextmanager
def held(world: World, redis_url: str) -> Iterator[None]:
    """Somebody else's operation holds the timer."""
    timer = world.edfs.state.timer(*SAP)
    lock = f"edfs:{{{TEAM_ID}}}:lock:{timer.itwin_id}:{timer.id}"
    with contextlib.closing(redis.Redis.from_url(redis_url)) as client:
        client.set(lock, "0" * 24)
        yield
        client.delete(lock)


async def right_lost(scene: Scene) -> None:
    scene.story.world.edfs.state.take_right("alice")


async def signed_out(scene: Scene) -> None:
    await scene.story.types("alice", "/edfs signout")
    await scene.story.sees("alice", "Your sign-in is forgotten here")


async def other_account(scene: Scene) -> None:
    await signed_out(scene)
    scene.story.world.edfs.state.let_in("crew01")
    story, link = scene.story, "Sign in to iTwin"
    before = "".join(story.says("alice")).count(link)
    await story.types("alice", "/edfs signin")
    await until(lambda: "".join(story.says("alice")).count(link) > before)
    world = story.world
    _, button = world.slack.actions.find(world.person("alice"), "Sign in", None)
    page = await world.signs_in("crew01", url=button.url)  # in a browser new to IMS
    assert "crew01@acme.example" in page, page


async def deactivated(scene: Scene) -> None:
    scene.story.world.change("alice", deleted=True)


async def cron_edited(scene: Scene) -> None:
    scene.story.world.edfs.state.edit_timer(*SAP, cron="0 5 * * *")


async def parameters_edited(scene: Scene) -> None:
    scene.story.world.edfs.state.edit_timer(*SAP, parameters=(("Plant", "2000"),))


async def deleted(scene: Scene) -> None:
    scene.story.world.edfs.state.remove_timer(*SAP)


async def flipped_outside(scene: Scene) -> None:
    scene.story.world.edfs.state.flip_outside(*SAP)


async def denied(scene: Scene) -> None:
    rule(scene.story, scene.policy, f'{IN_APPROVALS}\n[[rule]]\ndeny = ["U0ALICE001"]\n')


async def more_asked(scene: Scene) -> None:
    rule(scene.story, scene.policy, IN_APPROVALS.replace("= 1", "= 2"))


async def approver_unlisted(scene: Scene) -> None:
    rule(scene.story, scene.policy, f'{IN_APPROVALS}approvers = ["U0CAROL001"]\n')


async def approver_denied(scene: Scene) -> None:
    rule(scene.story, scene.policy, f'{IN_APPROVALS}\n[[rule]]\ndeny = ["U0BOB00001"]\n')


async def approver_a_guest(scene: Scene) -> None:
    scene.story.world.change("bob", is_restricted=True)


AFTER_AGREEING: list[tuple[Change, Said]] = [
    (right_lost, Said(State.REJECTED, "alice", "You do not have the right")),
    (signed_out, Said(State.REJECTED, "alice", "Sign in first")),
    (other_account, Said(State.REJECTED, "alice", "with another iTwin account")),
    (deactivated, Said(State.REJECTED, "bob", "Whoever asked for it may not use the bot any more")),
    (cron_edited, Said(State.STALE, "bob", "Schedule: 0 2 * * 1-5 is now 0 5 * * *")),
    (parameters_edited, Said(State.STALE, "bob", "Parameters: edited (values are not shown here)")),
    (deleted, Said(State.REJECTED, "alice", "No such timer")),
    (flipped_outside, Said(State.ALREADY, "bob", "SAP work orders was already disabled")),
    (denied, Said(State.REJECTED, "bob", "The policy was changed since")),
    (more_asked, Said(State.REJECTED, "bob", "The policy was changed since")),
    (
        approver_unlisted,
        Said(State.REJECTED, "bob", "Whoever approved it may not approve it any more"),
    ),
    (
        approver_denied,
        Said(State.REJECTED, "bob", "Whoever approved it may not approve it any more"),
    ),
    (
        approver_a_guest,
        Said(State.REJECTED, "bob", "Whoever approved it may not approve it any more"),
    ),
]


@pytest.mark.parametrize(
    ("change", "said"), AFTER_AGREEING, ids=[case[0].__name__ for case in AFTER_AGREEING]
)
async def test_a_change_between_agreeing_and_doing(
    ruled: Story, policy: Path, redis_url: str, change: Change, said: Said
) -> None:
    story, before = ruled, ruled.world.edfs.state.timer(*SAP).enabled
    card = await ask(story, policy, IN_APPROVALS)
    with held(story.world, redis_url):
        await story.clicks("bob", "Approve", card.ts)
        await story.sees("bob", BUSY)
        await change(Scene(story, policy, card))
    story.world.clock.forward(6)
    await story.sees(said.who, said.words, "#approvals" if said.who == "bob" else None)
    messages = story.world.slack.state.workspace.messages
    await until(lambda: BUSY not in read(messages[card.ts]))
    assert story.flips() == 0
    assert (await record(story, card)).outcome is said.state
    if change is not flipped_outside and change is not deleted:
        assert story.world.edfs.state.timer(*SAP).enabled is before


async def test_nothing_changed_between_them(ruled: Story, policy: Path, redis_url: str) -> None:
    """The same way, to show that it is the changes that stop it."""
    story = ruled
    card = await ask(story, policy, IN_APPROVALS)
    with held(story.world, redis_url):
        await story.clicks("bob", "Approve", card.ts)
        await story.sees("bob", BUSY)
    story.world.clock.forward(6)
    await story.sees("bob", DONE, "#approvals")
    assert story.flips() == 1


async def test_slack_is_away_when_it_is_looked_at_again(
    ruled: Story, policy: Path, redis_url: str
) -> None:
    """Then nothing is done before Slack says again who may do what."""
    story = ruled
    card = await ask(story, policy, IN_APPROVALS)
    with held(story.world, redis_url):
        await story.clicks("bob", "Approve", card.ts)
        await story.sees("bob", BUSY)
        story.world.slack.fail("users.info", "503", times=None)
    story.world.clock.forward(6)
    await story.sees("alice", "Slack could not be asked whether it is still allowed", "#plant-ops")
    assert story.flips() == 0
    story.world.slack.clear_faults()
    story.world.clock.forward(9)
    await story.sees("bob", DONE, "#approvals")
    assert story.flips() == 1


BEFORE_AGREEING: list[tuple[Change, str]] = [
    (cron_edited, "Schedule: 0 2 * * 1-5 is now 0 5 * * *"),
    (parameters_edited, "Parameters: edited (values are not shown here)"),
    (deleted, "The timer is not there any more"),
    (flipped_outside, "Somebody was quicker: the timer reads as wished already"),
    (denied, "The policy was changed since, and does not allow it any more"),
]


@pytest.mark.parametrize(
    ("change", "words"), BEFORE_AGREEING, ids=[case[0].__name__ for case in BEFORE_AGREEING]
)
async def test_a_change_between_asking_and_agreeing_voids_it(
    ruled: Story, policy: Path, change: Change, words: str
) -> None:
    story = ruled
    card = await ask(story, policy, IN_APPROVALS)
    await change(Scene(story, policy, card))
    await story.clicks("bob", "Approve", card.ts)
    await story.sees("bob", words, "#approvals")
    assert words in await told(story, "alice", "Void: turn off SAP work orders")
    approval = await record(story, card)
    assert (approval.stage.value, approval.votes) == ("void", ())
    assert story.flips() == 0


async def test_the_requesters_second_account_does_not_agree(ruled: Story, policy: Path) -> None:
    story = ruled
    rule(story, policy, IN_APPROVALS)
    await story.signs_in("alice")
    await story.types("alice", OFF)
    card = await story.sees("bob", "To be approved")
    await signed_out(Scene(story, policy, card))
    await story.types("bob", "/edfs signin")
    await story.sees("bob", "Sign in to iTwin")
    await story.world.signs_in("bob", account="alice")
    await story.clicks("bob", "Approve", card.ts)
    await story.sees("bob", "The iTwin account you are signed in with has spoken here already")
    assert (await record(story, card)).votes == ()
    assert story.flips() == 0


async def test_an_approver_who_was_taken_off_the_list(ruled: Story, policy: Path) -> None:
    story = ruled
    card = await ask(story, policy, f'{IN_APPROVALS}approvers = ["U0BOB00001"]\n')
    rule(story, policy, f'{IN_APPROVALS}approvers = ["U0CAROL001"]\n')
    await story.clicks("bob", "Approve", card.ts)
    await story.sees("bob", "The policy names others who decide this")
    assert (await record(story, card)).votes == ()


async def test_more_are_asked_for_by_now(ruled: Story, policy: Path) -> None:
    story = ruled
    card = await ask(story, policy, IN_APPROVALS)
    rule(story, policy, IN_APPROVALS.replace("= 1", "= 2"))
    await story.clicks("bob", "Approve", card.ts)
    await story.sees("bob", "Agreed so far: 1 of 2, @bob", "#approvals")
    assert story.flips() == 0


async def test_it_expires_while_somebody_agrees(ruled: Story, policy: Path) -> None:
    story = ruled
    card = await ask(story, policy, IN_APPROVALS)
    with story.world.edfs.hold("timer") as reading:
        await story.clicks("bob", "Approve", card.ts)
        await until(lambda: reading.waiting)
        story.world.clock.forward(8 * 3600 + 1)
    await story.sees("bob", "Expired: turn off SAP work orders", "#approvals")
    await told(story, "alice", "Expired: turn off SAP work orders")
    assert (await record(story, card)).votes == ()
    assert story.flips() == 0


@pytest.mark.parametrize(("away", "flips"), [(60.0, 1), (3600.0, 0)])
async def test_the_bot_is_restarted_between_agreeing_and_doing(
    redis_url: str, policy: Path, away: float, flips: int
) -> None:
    """What was agreed to is done after a minute; after an hour it is not, and that is said."""
    world = World(clock=paced_clock())
    await world.open()
    try:
        async with living(world, redis_url, EDFS_BOT_POLICY=str(policy)) as bot:
            story = Story(world, bot)
            card = await ask(story, policy, IN_APPROVALS)
            hold = held(world, redis_url)
            with hold:
                await story.clicks("bob", "Approve", card.ts)
                await story.sees("bob", BUSY)
        world.clock.forward(away)
        async with living(world, redis_url, EDFS_BOT_POLICY=str(policy)) as bot:
            story = Story(world, bot)
            words = DONE if flips else "It had waited too long to be done"
            shown = await story.sees("bob", words, "#approvals")
            assert shown.ts == card.ts
            await told(story, "alice", "Approved by: @bob")
            await told(story, "alice", DONE if flips else "Not changed: SAP work orders")
            assert story.flips() == flips
            assert request_in(shown) == request_in(card)
            assert read(shown).count("Approved by") == 1
    finally:
        await world.close()
