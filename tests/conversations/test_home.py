"""The Home: one page for each person, seen with their own token."""

from pathlib import Path

import pytest

from bot.sandbox.describe import describe_view
from bot.sandbox.slack.controls import controls
from bot.sandbox.slack.gestures import Spot
from tests.world.story import TOGGLE, Story
from tests.world.waiting import until
from tests.world.window import Window


def home(story: Story, person: str) -> str:
    """What the person's Home says now."""
    view = story.world.slack.state.modals.homes.get(story.world.person(person).id)
    return "" if view is None else "\n".join(describe_view(view.body))


async def shows(story: Story, person: str, words: str) -> str:
    await until(
        lambda: words in home(story, person),
        reason=f"{words!r} in\n{home(story, person)}",
    )
    return home(story, person)


async def opened(story: Story, person: str, words: str) -> str:
    await story.world.opens_home(person)
    return await shows(story, person, words)


async def presses(story: Story, person: str, label: str) -> None:
    """Press a button of the Home, by what it says or what a screen reader says."""
    who = story.world.person(person)
    view = story.world.slack.state.modals.homes[who.id]
    control = next(one for one in controls(view.body["blocks"]) if one.is_called(label))
    spot = Spot(control.block_id, control.action_id, view=view.id)
    await story.world.slack.hands.presses(who, spot)


async def test_who_is_signed_out_sees_only_how_to_sign_in(story: Story) -> None:
    said = await opened(story, "alice", "Sign in to see your timers here.")
    assert "[Sign in]" in said
    assert not {"Disabled timers", "Waiting for you", "Favourites"} & set(said.split("# "))
    assert story.world.edfs.calls == []


async def test_signing_in_from_there_makes_the_page(story: Story) -> None:
    await opened(story, "alice", "[Sign in]")
    await presses(story, "alice", "Sign in")
    window = Window(story, "alice")
    await window.shows("Sign in to iTwin")
    modal = story.world.slack.state.modals.top(story.world.person("alice"))
    assert modal is not None
    links = [e for b in modal.body["blocks"] if b["type"] == "actions" for e in b["elements"]]
    await story.world.signs_in("alice", url=links[0]["url"])
    said = await shows(story, "alice", "You act as alice@acme.example.")
    assert "[Use another account]" in said


async def test_what_is_off_stands_first_with_reason_and_return(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", '/edfs off plant-a "SAP work orders" for 3 days because SAP is down')
    await story.sees("alice", "is now disabled")
    said = await opened(story, "alice", "Disabled timers: ")
    off = said.partition("Disabled timers: ")[2].partition("Waiting for you")[0]
    assert "SAP work orders (plant-a): off until" in off
    assert "by @alice, since" in off
    assert "because SAP is down" in off
    assert "SharePoint documents (plant-a): off until somebody turns it on" in off
    assert said.index("Disabled timers") < said.index("Waiting for you") < said.index("Favourites")


async def test_a_press_switches_and_the_page_follows(story: Story) -> None:
    await story.signs_in("alice")
    await opened(story, "alice", "SharePoint documents")
    await presses(story, "alice", "Enable SharePoint documents")
    await Window(story, "alice").shows("Under way")
    await story.sees("alice", "SharePoint documents is now enabled", "@alice")
    await until(lambda: "SharePoint documents" not in home(story, "alice"))


async def test_two_people_see_two_pages(story: Story) -> None:
    await story.signed_in("alice", "carol")
    mine = await opened(story, "alice", "Disabled timers: ")
    theirs = await opened(story, "carol", "Disabled timers: ")
    assert "SharePoint documents" in mine
    assert "SharePoint documents" not in theirs
    assert "carol@acme.example" in theirs
    assert "12 iTwins have no timers that you may read" in theirs


def rules(policy: Path) -> None:
    policy.write_text('[[rule]]\nname = "x"\nitwin = "*"\napprovals = 1\n')


@pytest.fixture
async def asked(ruled: Story, policy: Path) -> Story:
    """Alice has asked for something that bob may approve."""
    rules(policy)
    await ruled.signed_in("alice", "bob")
    await ruled.types("alice", TOGGLE)
    await ruled.sees("bob", "To be approved")
    return ruled


async def test_only_requests_that_this_person_could_decide_are_shown(asked: Story) -> None:
    assert "Waiting for you: 0" in await opened(asked, "alice", "Waiting for you")
    said = await opened(asked, "bob", "Waiting for you: 1")
    assert "[Approve] [Decline]" in said


async def test_a_request_is_decided_there(asked: Story) -> None:
    await opened(asked, "bob", "Waiting for you: 1")
    await presses(asked, "bob", "Approve: turn off SAP work orders")
    await asked.sees("alice", "SAP work orders is now disabled")
    await shows(asked, "bob", "Waiting for you: 0")
    assert asked.flips() == 1


async def test_subscriptions_of_other_peoples_channels_are_not_even_named(story: Story) -> None:
    await story.signed_in("alice", "bob")
    story.world.channel("cabal", "alice", private=True)
    await story.types("alice", "/edfs subscribe plant-a changes", "#cabal")
    await story.sees("alice", "This channel will be told")
    assert "changes made with the bot" in await opened(story, "alice", "What your channels")
    assert "None of your channels has a subscription." in await opened(
        story, "bob", "What your channels"
    )
    await presses(story, "alice", "Remove")
    await Window(story, "alice").shows("Removed")
    await shows(story, "alice", "None of your channels has a subscription.")


async def test_favourites_open_their_timers_in_a_window(story: Story) -> None:
    await story.signs_in("alice")
    said = await opened(story, "alice", "Favourites and recently used")
    assert "plant-a" in said.partition("Favourites")[2]
    await presses(story, "alice", "Timers of plant-a")
    window = Window(story, "alice")
    await window.shows("Timers of plant-a")
    assert "SharePoint documents" in window.says()


async def test_a_window_that_is_closed_before_it_is_filled_is_let_be(
    story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    await story.signs_in("alice")
    await opened(story, "alice", "Favourites and recently used")
    with story.world.edfs.hold("itwin"):
        await presses(story, "alice", "Switch a timer of plant-a")
        await Window(story, "alice").shows("One moment")
        await story.world.closes("alice")
    calls = story.world.slack.calls
    await until(lambda: calls[-1]["error"] == "not_found", reason=lambda: calls[-1])
    await story.types("alice", "/edfs whoami")
    await story.sees("alice", "The bot acts for you as")
    assert "Traceback" not in caplog.text


async def test_the_chooser_opens_from_there_with_the_itwin_filled_in(story: Story) -> None:
    await story.signs_in("alice")
    await opened(story, "alice", "Favourites and recently used")
    await presses(story, "alice", "Switch a timer of plant-a")
    window = Window(story, "alice")
    await window.shows("Switch a timer")
    assert "SAP work orders (on)" in await window.offered("Timer")


async def test_a_hundred_timers_that_are_off_are_paged(story: Story) -> None:
    home_ = story.world.edfs.put_itwin("Works", timers=120, people=["alice"])
    for timer in [one for one in story.world.edfs.timers.values() if one.itwin_id == home_.id]:
        story.world.edfs.flip_outside("Works", timer.name)
    story.world.edfs.stars("alice", "Works")
    await story.signs_in("alice")
    seen: set[str] = set()
    said = await opened(story, "alice", "Page 1 of ")
    pages = int(said.partition("Page 1 of ")[2].split()[0])
    for page in range(1, pages + 1):
        said = await shows(story, "alice", f"Page {page} of {pages}")
        seen |= {name for name in (f"Timer {n:04d}" for n in range(1, 121)) if name in said}
        if page < pages:
            await presses(story, "alice", "Next page")
    assert len(seen) == 120

    await presses(story, "alice", "Previous page")
    here = f"Page {pages - 1} of {pages}"
    said = await shows(story, "alice", here)
    first = said.partition("Timer ")[2][:4]
    await presses(story, "alice", f"Enable Timer {first}")  # whoever presses there stays there
    await Window(story, "alice").shows("Under way")
    await until(lambda: f"Timer {first} (" not in home(story, "alice"))
    assert here in home(story, "alice")


async def test_a_part_that_cannot_be_read_says_why_and_the_others_stand(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs subscribe plant-a changes")
    await story.sees("alice", "This channel will be told")
    story.world.edfs.fail("favorites", "500", times=None)
    said = await opened(story, "alice", "No clear answer")
    assert "SharePoint documents" in said


async def test_who_may_not_use_the_bot_is_told_so_there_and_not_in_a_message(story: Story) -> None:
    said = await opened(story, "gina", "Not for this account")
    assert "guests of this workspace cannot switch timers" in said
    assert story.direct("gina") == []


async def test_it_is_made_anew_after_signing_out_there(story: Story) -> None:
    await story.signs_in("alice")
    await opened(story, "alice", "You act as")
    await presses(story, "alice", "Sign out")
    await shows(story, "alice", "Sign in to see your timers here.")


@pytest.mark.parametrize("changes", [{"is_restricted": True}, {"is_ultra_restricted": True}])
async def test_who_may_not_use_the_bot_reads_so_there_and_gets_no_messages(
    story: Story, changes: dict[str, bool]
) -> None:
    story.world.change("bob", **changes)
    for _ in range(3):
        said = await opened(story, "bob", "Not for this account")
    assert "guests of this workspace cannot switch timers" in said
    assert "Favourites" not in said
    assert story.says("bob") == []
