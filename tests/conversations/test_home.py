"""The App Home: one page for each person, read with their own token."""

from pathlib import Path

import pytest

from bot.sandbox.describe import describe_view
from bot.sandbox.slack.controls import controls
from bot.sandbox.slack.gestures import ControlRef
from tests.world.story import TOGGLE, Story
from tests.world.waiting import until
from tests.world.window import Window


def home(story: Story, person: str) -> str:
    """Return the text of the person's App Home as it is now."""
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
    """Click a button of the App Home, by its text or its accessibility label."""
    who = story.world.person(person)
    view = story.world.slack.state.modals.homes[who.id]
    control = next(one for one in controls(view.body["blocks"]) if one.is_called(label))
    spot = ControlRef(control.block_id, control.action_id, view=view.id)
    await story.world.slack.gestures.presses(who, spot)


async def test_a_signed_out_person_is_only_offered_to_sign_in(story: Story) -> None:
    said = await opened(story, "alice", "Sign in to see your timers here.")
    assert "[Sign in]" in said
    assert not {"Disabled timers", "Waiting for you", "Favourites"} & set(said.split("# "))
    assert story.world.edfs.calls == []


async def test_signing_in_there_fills_the_page(story: Story) -> None:
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


async def test_disabled_timers_come_first_with_reason_and_end(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", '/edfs off plant-a "SAP work orders" for 3 days because SAP is down')
    await story.sees("alice", "is now disabled")
    said = await opened(story, "alice", "Disabled timers: ")
    off = said.partition("Disabled timers: ")[2].partition("Waiting for you")[0]
    assert "SAP work orders in plant-a: off until" in off
    assert "by @alice, since" in off
    assert "because SAP is down" in off
    assert "SharePoint documents in plant-a: off until somebody turns it on" in off
    assert said.index("Disabled timers") < said.index("Waiting for you") < said.index("Favourites")


async def test_a_click_switches_the_timer_and_updates_the_page(story: Story) -> None:
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
    """A story in which Alice has requested a change that Bob may approve."""
    rules(policy)
    await ruled.signed_in("alice", "bob")
    await ruled.types("alice", TOGGLE)
    await ruled.sees("bob", "To be approved")
    return ruled


async def test_only_requests_that_this_person_could_decide_are_shown(asked: Story) -> None:
    assert "Waiting for you: 0" in await opened(asked, "alice", "Waiting for you")
    said = await opened(asked, "bob", "Waiting for you: 1")
    assert "[Approve] [Decline]" in said


async def test_a_request_can_be_approved_there(asked: Story) -> None:
    await opened(asked, "bob", "Waiting for you: 1")
    await presses(asked, "bob", "Approve: turn off SAP work orders")
    await asked.sees("alice", "SAP work orders is now disabled")
    await shows(asked, "bob", "Waiting for you: 0")
    assert asked.flips() == 1


async def test_subscriptions_of_other_peoples_channels_are_not_shown(story: Story) -> None:
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


async def test_favorites_open_their_timers_in_a_modal(story: Story) -> None:
    await story.signs_in("alice")
    said = await opened(story, "alice", "Favourites and recently used")
    assert "plant-a" in said.partition("Favourites")[2]
    await presses(story, "alice", "Timers of plant-a (PA-001)")
    window = Window(story, "alice")
    await window.shows("Timers of plant-a")
    assert "SharePoint documents" in window.says()


async def test_a_modal_closed_before_it_is_filled_raises_no_error(
    story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    await story.signs_in("alice")
    await opened(story, "alice", "Favourites and recently used")
    with story.world.edfs.hold("itwin"):
        await presses(story, "alice", "Switch a timer of plant-a (PA-001)")
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
    await presses(story, "alice", "Switch a timer of plant-a (PA-001)")
    window = Window(story, "alice")
    await window.shows("Switch a timer")
    assert "SAP work orders (on)" in await window.offered("Timer")


async def test_a_hundred_disabled_timers_are_paged(story: Story) -> None:
    home_ = story.world.edfs.state.put_itwin("Works", timers=120, people=["alice"])
    for timer in [
        one for one in story.world.edfs.state.timers.values() if one.itwin_id == home_.id
    ]:
        story.world.edfs.state.flip_outside("Works", timer.name)
    story.world.edfs.state.stars("alice", "Works")
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
    await presses(story, "alice", f"Enable Timer {first}")  # the page number is kept
    await Window(story, "alice").shows("Under way")
    await until(lambda: f"Timer {first} (" not in home(story, "alice"))
    assert here in home(story, "alice")


async def test_a_section_that_cannot_be_read_shows_its_error(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs subscribe plant-a changes")
    await story.sees("alice", "This channel will be told")
    story.world.edfs.fail("favorites", "500", times=None)
    said = await opened(story, "alice", "No clear answer")
    assert "SharePoint documents" in said


async def test_a_guest_is_refused_there_and_gets_no_message(story: Story) -> None:
    said = await opened(story, "gina", "Not for this account")
    assert "guests of this workspace cannot switch timers" in said
    assert story.direct("gina") == []


async def test_signing_out_there_updates_the_page(story: Story) -> None:
    await story.signs_in("alice")
    await opened(story, "alice", "You act as")
    await presses(story, "alice", "Sign out")
    await shows(story, "alice", "Sign in to see your timers here.")


@pytest.mark.parametrize("changes", [{"is_restricted": True}, {"is_ultra_restricted": True}])
async def test_a_person_who_becomes_a_guest_is_refused_there(
    story: Story, changes: dict[str, bool]
) -> None:
    story.world.change("bob", **changes)
    for _ in range(3):
        said = await opened(story, "bob", "Not for this account")
    assert "guests of this workspace cannot switch timers" in said
    assert "Favourites" not in said
    assert story.says("bob") == []
