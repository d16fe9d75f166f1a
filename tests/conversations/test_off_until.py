"""Off until: it is turned off with an end, and comes back by itself."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import redis

from bot.core.auto_enables import AutoEnable
from bot.core.names import OperationId, Workspace
from bot.sandbox.people import TEAM_ID
from bot.sandbox.slack import Message
from bot.sandbox.world import World
from tests.conftest import living
from tests.world.clock import paced_clock
from tests.world.story import Story, read
from tests.world.waiting import until

HOME = Workspace(TEAM_ID)
WORK = '"SAP work orders"'
NAME = "SAP work orders"
DAY = 86_400.0


def monday(zone: str, now: float) -> float:
    """The next Monday at 08:00 on the clocks of that zone, never today."""
    today = datetime.fromtimestamp(now, ZoneInfo(zone))
    day = today + timedelta(days=(7 - today.weekday()) % 7 or 7)
    return day.replace(hour=8, minute=0, second=0, microsecond=0).timestamp()


def enabled(story: Story, name: str = NAME) -> bool:
    return bool(story.world.edfs.state.timer("plant-a", name).enabled)


async def free(story: Story) -> None:
    """Wait until no operation holds the timer; EDFS is switched a moment before that."""
    timer = story.world.edfs.state.timer("plant-a", NAME)
    locks = story.bot.store.timers

    async def is_free() -> bool:
        return not await locks.is_locked(HOME, story.world.edfs.state.itwin("plant-a").id, timer.id)

    await until(is_free, "an operation holds the timer")


def cards(story: Story) -> list[Message]:
    return [m for m in story.world.reads("alice", "#plant-ops") if m.visible_to is None]


async def returns(story: Story) -> list[AutoEnable]:
    return await story.bot.store.auto_enables.open(HOME)


async def goes_off(story: Story, until: str = "for 3 days", because: str = "SAP is down") -> str:
    """Sign alice in; she turns it off with an end. Return the operation's id."""
    await story.signs_in("alice")
    await story.types("alice", f"/edfs disable plant-a {WORK} {until} because {because}")
    card = read(await story.sees("bob", "Off until"))
    found = re.search(r"Operation ([0-9a-f]{24})", read(await story.sees("bob", "is now disabled")))
    assert found, card
    await open_returns(story, 1)
    return found[1]


async def open_returns(story: Story, count: int) -> list[AutoEnable]:
    """Wait until so many are open."""
    with redis.Redis.from_url(story.bot.store_url) as client:
        key = f"edfs:{{{TEAM_ID}}}:open:auto-enable"
        await until(lambda: client.zcard(key) == count, reason=f"not {count} returns open")
    return await returns(story)


async def extends(story: Story, person: str, phrase: str) -> None:
    """Press Extend on the newest card, and fill the window in."""
    await story.clicks(person, "Extend")
    who = story.world.person(person)
    await until(lambda: story.world.slack.state.modals.top(who))
    await story.world.submits(person, {"Off until when?": phrase})


async def test_it_says_what_will_not_happen_and_comes_back_on_the_same_card(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", f"/edfs disable plant-a {WORK} until monday 08:00 because SAP")
    either = ("Which time", "is now disabled")
    await until(lambda: any(one in "".join(story.says("alice")) for one in either))
    if "Which time" in "".join(story.says("alice")):  # on a Monday
        await story.clicks("alice", "edfs.continue:2")
    card = read(await story.sees("bob", "is now disabled"))
    (back,) = await open_returns(story, 1)
    assert abs(back.at - monday("Europe/Berlin", story.world.clock.now())) < 8 * DAY
    at = datetime.fromtimestamp(back.at, ZoneInfo("Europe/Berlin"))
    assert (at.weekday(), at.hour, at.minute) == (0, 8, 0)
    assert "It is turned on again then, with the sign-in of @alice." in card
    assert re.search(r"^Skips \d runs?, (first )?\d{4}-\d\d-\d\d 02:00 UTC", card, re.MULTILINE)
    assert "[Return now] [Extend] [Keep off] [Undo] [Details]" in card
    story.world.clock.forward(back.at - story.world.clock.now() - 30)
    await story.types("alice", "/edfs whoami")
    await story.sees("alice", "The bot acts for you")
    assert not enabled(story)
    story.world.clock.forward(31)
    said = read(await story.sees("bob", "is now enabled"))
    assert "Returned as planned." in said
    assert "It was off because: SAP" in said
    assert len(cards(story)) == 1
    assert story.flips() == 2
    assert await open_returns(story, 0) == []


async def test_what_may_mean_several_times_is_asked_back(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", f"/edfs disable plant-a {WORK} until tomorrow because SAP")
    asked = await story.sees("alice", "Which time?")
    assert asked.visible_to is not None
    assert "no time of day was given" in read(asked)
    assert enabled(story)
    await story.clicks("alice", "edfs.continue:2")
    await story.sees("bob", "is now disabled")
    (back,) = await open_returns(story, 1)
    assert datetime.fromtimestamp(back.at, ZoneInfo("Europe/Berlin")).hour == 8
    assert back.reason == "SAP"


async def test_what_names_no_end_is_asked_and_pressed(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", f"/edfs disable plant-a {WORK} until further notice because SAP")
    asked = read(await story.sees("alice", "Which time?"))
    assert "“further notice” names no end" in asked
    assert "[1. No end date]" in asked
    assert enabled(story)
    await story.clicks("alice", "edfs.continue:1")
    assert "Because: SAP" in read(await story.sees("bob", "is now disabled"))
    assert await open_returns(story, 0) == []


async def test_runs_are_counted_and_what_is_off_already_can_be_given_an_end(story: Story) -> None:
    await goes_off(story, "for 2 runs")
    await story.types("alice", '/edfs disable plant-a "SharePoint documents" for 2 days')
    said = read(await story.sees("bob", "SharePoint documents was already disabled"))
    assert "[Return now] [Extend] [Keep off] [Details]" in said
    await open_returns(story, 2)
    unreadable = "cannot be told from this schedule"
    not_known = "Skipped runs not known: the schedule cannot be read"
    never = "Skips no run: the schedule never runs"
    long = f"{','.join(['0'] * 200)} * * * *"  # longer than what is read
    for name, cron, words, following, said in (
        ("Refused", "0 0 * * MONDAY", "0 0 * * MONDAY", unreadable, not_known),
        ("Long", long, long[:119] + "…", unreadable, not_known),
        ("Never", "0 0 31 2 *", "never runs", "never", never),
    ):
        story.world.edfs.state.put_timer("plant-a", name, cron=cron)
        await story.types("alice", f"/edfs show plant-a {name}")
        shown = read(await story.sees("alice", f"{name} is enabled"))
        assert f"Schedule: {words}" in shown
        assert f"Next run: {following}" in shown
        await story.types("alice", f"/edfs disable plant-a {name} for 2 days")
        card = read(await story.sees("bob", f"# {name} is now disabled"))
        assert said in card.splitlines()


async def test_extend_keep_return_now_and_undo_leave_no_second_return(story: Story) -> None:
    off = await goes_off(story)
    await story.signs_in("bob")
    await extends(story, "bob", "until 2036-01-01 08:00")
    window = story.world.slack.state.modals.top(story.world.person("bob"))
    assert window is not None
    far = "Tuesday 1 January 2036 08:00 (America/New_York) is more than a year ahead."
    assert window.errors == {"asked": far}
    await story.world.closes("bob")
    await story.types("bob", f"/edfs extend {off} for 9 days")
    await story.sees("alice", "was already disabled")
    await story.sees("alice", "Its end was set anew")
    (back,) = await open_returns(story, 1)
    assert back.person == story.world.person("bob").id
    assert back.reason == "SAP is down"
    await story.types("bob", f"/edfs extend {off} for 10 days")
    await story.sees("bob", "Another return has taken its place")
    await story.clicks("bob", "Return now")
    await story.sees("alice", "is now enabled")
    await open_returns(story, 0)
    await story.sees("alice", "was off and is on again")
    await story.types("alice", f"/edfs disable plant-a {WORK} for 3 days because once more")
    await open_returns(story, 1)
    await story.sees("alice", "[Keep off]")
    await story.clicks("alice", "Keep off")
    await open_returns(story, 0)
    await story.sees("bob", "It stays off until somebody turns it on.")
    await story.sees("bob", "@alice has decided that it stays off")
    await story.types("alice", f"/edfs enable plant-a {WORK}")
    await until(lambda: enabled(story))
    await free(story)
    await story.types("bob", f"/edfs disable plant-a {WORK} for 3 days because again")
    await open_returns(story, 1)
    await story.sees("bob", "[Keep off]")
    await story.clicks("bob", "Undo")
    await open_returns(story, 0)
    assert enabled(story)
    story.world.clock.forward(20 * DAY)
    await story.types("bob", "/edfs whoami")
    await story.sees("bob", "The bot acts for you")
    assert story.flips() == 6


async def test_keep_can_be_typed_by_another_person(story: Story) -> None:
    off = await goes_off(story)
    await story.signs_in("bob")
    await story.types("bob", f"/edfs keep {off}")
    await open_returns(story, 0)
    await story.sees("alice", "It stays off until somebody turns it on.")
    assert not enabled(story)


async def test_bob_extends_in_his_own_zone(story: Story) -> None:
    await goes_off(story)
    await story.signs_in("bob")
    day = datetime.fromtimestamp(story.world.clock.now() + 5 * DAY, ZoneInfo("America/New_York"))
    await extends(story, "bob", f"until {day:%Y-%m-%d} 08:00")
    await story.sees("alice", "was already disabled")
    await until(lambda: any("Its end was set anew" in m for m in story.says("bob")))
    (back,) = await open_returns(story, 1)
    assert datetime.fromtimestamp(back.at, ZoneInfo("America/New_York")).hour == 8


async def test_it_survives_a_restart(redis_url: str) -> None:
    world = World(clock=paced_clock())
    await world.open()
    try:
        async with living(world, redis_url) as bot:
            await goes_off(Story(world, bot))
        world.clock.forward(3 * DAY + 60)
        async with living(world, redis_url) as bot:
            story = Story(world, bot)
            await story.sees("bob", "Returned as planned.")
            await open_returns(story, 0)
            assert story.flips() == 2
    finally:
        await world.close()


async def test_what_is_on_already_closes_quietly(story: Story) -> None:
    await goes_off(story)
    story.world.edfs.state.flip_outside("plant-a", NAME)
    story.world.clock.forward(3 * DAY + 60)
    await open_returns(story, 0)
    await story.sees("bob", "was off and is on again")
    assert len(cards(story)) == 1
    assert story.flips() == 1


async def test_what_is_off_is_listed_with_who_why_since_and_until(story: Story) -> None:
    off = OperationId(await goes_off(story))
    await story.types("alice", "/edfs list plant-a disabled")
    said = read(await story.sees("alice", "Disabled timers: 2"))
    assert re.search(r"SAP work orders in plant-a: off until .* set by @alice", said)
    assert re.search(r"by @alice, since .*, because SAP is down", said)
    assert "not through the bot" in said
    await story.types("alice", f"/edfs off plant-a {WORK} for 5 days because later")
    await story.sees("bob", "was already disabled")
    await story.types("alice", "/edfs list plant-a disabled")
    said = read(await story.sees("alice", "because later"))
    assert re.search(r"by @alice, since .*, because later", said)  # who did it is not forgotten
    await story.types("alice", "/edfs list disabled")
    every = read(await story.sees("alice", "more iTwins were not looked at"))
    assert "SAP work orders in plant-a" in every
    assert "Could not be read: Bridge" in every
    await story.signs_in("carol")
    await story.types("carol", "/edfs list plant-a disabled")
    await story.sees("carol", "Trace")
    assert not any(NAME in m and "off until" in m for m in story.says("carol", "#plant-ops")[-1:])
    assert await story.bot.store.auto_enables.read(HOME, off) is not None
