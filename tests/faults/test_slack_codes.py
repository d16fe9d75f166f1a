"""Every code that Slack documents, at every method that the bot calls: nobody is left unanswered.

For each method something is done that needs it, and Slack refuses the call once. Whoever asked
reads what came of it, at most one flip is made, and the bot goes on.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.gateways.slack.codes import Meaning, documented_codes, meaning_of
from bot.sandbox.people import BOT_USER_ID
from tests.world.approval_story import rule
from tests.world.story import Story, read
from tests.world.waiting import until

HOUR = 3_600.0
UNKNOWN = "a_code_of_next_year"
ALL = [*sorted(documented_codes()), UNKNOWN]
GROUP = "S0APPROVERS"
BOT = f"<@{BOT_USER_ID}>"

Scene = Callable[[Story, str], Awaitable[None]]


async def soon(story: Story, condition: Callable[[], bool], reason: str) -> None:
    """Wait for it, and let what is due later come at once."""

    def found() -> bool:
        if condition():
            return True
        story.world.clock.forward(1)
        return False

    await until(found, lambda: f"{reason}: {story.says('alice')[-4:]}")


async def is_told(story: Story, words: str) -> None:
    await soon(story, lambda: any(words in said for said in story.says("alice")), words)


async def is_answered(story: Story, before: list[str]) -> None:
    """Alice reads something that she had not read before."""
    await soon(story, lambda: story.says("alice") != before, "no answer")


async def flips(story: Story, timer: str) -> None:
    await story.types("alice", f'/edfs disable plant-a "{timer}"')
    await is_told(story, f"{timer} is now disabled")
    assert story.flips(timer) == 1


async def post(story: Story, timer: str) -> None:
    await flips(story, timer)


async def mention(story: Story, timer: str) -> None:
    await story.types("alice", f'{BOT} show plant-a "{timer}"')
    await is_told(story, f"{timer} is enabled")


async def direct(story: Story, timer: str) -> None:
    """What cannot be said in the channel is said directly; where that fails too, it is lost."""
    story.world.slack.fail("chat.postEphemeral", "error", code="user_not_in_channel")
    await story.types("alice", f'{BOT} show plant-a "{timer}"')


async def command(story: Story, timer: str) -> None:
    await story.types("alice", f'/edfs show plant-a "{timer}"')
    await is_told(story, f"{timer} is enabled")


async def window(story: Story, timer: str) -> None:
    del timer
    before, modals = story.says("alice"), story.world.slack.state.modals
    await story.types("alice", "/edfs")
    alice = story.world.person("alice")
    await soon(story, lambda: bool(modals.top(alice)) or story.says("alice") != before, "nothing")
    if modals.top(alice):
        await story.world.closes("alice")


async def home(story: Story, timer: str) -> None:
    del timer
    await story.world.opens_home("alice")
    await soon(story, lambda: not story.world.slack.faults, "the Home was not published")
    await story.world.opens_home("alice")
    alice = story.world.person("alice").id
    await soon(story, lambda: alice in story.world.slack.state.modals.homes, "no Home")


async def person(story: Story, timer: str) -> None:
    """Who somebody is, is asked again after a while."""
    story.world.clock.forward(HOUR)
    before = story.says("alice")
    await story.types("alice", f'/edfs show plant-a "{timer}"')
    await is_answered(story, before)


async def subscription(story: Story, timer: str) -> None:
    before = story.says("alice")
    await story.types("alice", f'/edfs subscribe plant-a "{timer}"')
    await is_answered(story, before)
    await story.types("alice", f'/edfs unsubscribe plant-a "{timer}"')


async def approval(story: Story, timer: str) -> None:
    """Approvers are members of a group or of a channel, and Slack does not say who that is."""
    story.world.clock.forward(HOUR)
    before = story.says("alice")
    await story.types("alice", f'/edfs disable plant-a "{timer}"')
    await is_answered(story, before)
    assert story.flips(timer) == 0


SCENES: dict[str, Scene] = {
    "chat.postMessage": post,
    "chat.update": post,
    "chat.postEphemeral": mention,
    "conversations.open": direct,
    "response_url": command,
    "views.open": window,
    "views.publish": home,
    "users.info": person,
    "conversations.info": subscription,
    "usergroups.users.list": approval,
    "conversations.members": approval,
}
POLICIES = {
    "usergroups.users.list": f'[defaults]\napprovals = 1\napprovers = ["{GROUP}"]\n',
    "conversations.members": '[defaults]\napprovals = 1\napprovers = ["C0APPROVAL"]\n',
}


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("method", SCENES)
async def test_whatever_slack_says_somebody_reads_what_came_of_it(
    ruled: Story, policy: Path, method: str, *, deep: bool
) -> None:
    if method in POLICIES:
        ruled.world.group(GROUP, ["bob"])
        rule(ruled, policy, POLICIES[method])
    await ruled.signs_in("alice")
    for number, code in enumerate(ALL if deep else one_of_each()):
        timer = f"Timer {number:03d}"
        ruled.world.edfs.state.put_timer("plant-a", timer)
        ruled.world.clock.forward(5)
        ruled.world.slack.fail(method, "error", code=code)
        await SCENES[method](ruled, timer)
        ruled.world.slack.clear_faults()
        await goes_on(ruled, f"{method}, {code}")
        assert ruled.flips(timer) <= 1


def one_of_each() -> list[str]:
    """One code of each meaning, and one that nobody knows."""
    chosen = {meaning_of(code): code for code in ALL}
    assert set(chosen) == set(Meaning)
    return list(chosen.values())


async def goes_on(story: Story, what: str) -> None:
    """The bot answers, and nothing is left to be done."""
    ruled_at = len(story.world.reads("bob"))
    await story.types("bob", "/edfs help")
    await soon(story, lambda: len(story.world.reads("bob")) > ruled_at, f"dead after {what}")
    said = [read(message) for message in story.world.reads("alice")]
    assert not any("failed with the error" in text for text in said), (what, said[-3:])

    async def nothing_is_due() -> bool:
        story.world.clock.forward(1)
        now, redis = story.world.clock.now() + 60, story.bot.store.redis
        keys = [key async for key in redis.scan_iter("edfs:*:due")]
        due = [one for key in keys for one in await redis.zrangebyscore(key, "-inf", now)]
        return not [one for one in due if one.startswith((b"delivery:", b"operation:", b"card:"))]

    await until(nothing_is_due, f"still due after {what}")
