"""Options of the chooser's selects: favorites first, what fits the typed text, never empty."""

import asyncio
import json
from typing import Any

import pytest

from bot.core.suggestions import Owner
from bot.sandbox.slack import Ack
from tests.world.story import TOGGLE, Story
from tests.world.waiting import until

SELECTS = [
    {
        "type": "input",
        "block_id": place,
        "label": {"type": "plain_text", "text": place},
        "element": {"type": "external_select", "action_id": action, "min_query_length": 0},
    }
    for place, action in (("iTwin", "edfs.itwin"), ("Timer", "edfs.timer"))
]


def opens(story: Story, person: str = "alice", metadata: str = "") -> None:
    """Open a modal with both selects for the person."""
    view = {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Choose"},
        "submit": {"type": "plain_text", "text": "Go"},
        "private_metadata": metadata,
        "blocks": SELECTS,
    }
    story.world.slack.state.modals.open(story.world.person(person), view)


async def asks_for(
    story: Story, action: str, typed: str = "", itwin: str = "", person: str = "alice"
) -> dict[str, Any]:
    values = {"edfs.itwin": story.world.edfs.state.itwin(itwin).id} if itwin else {}
    ack: Ack = await story.world.suggests(person, action, typed, values)
    assert ack.ok, ack
    body: dict[str, Any] = ack.body
    return body


def texts(body: dict[str, Any]) -> list[str]:
    return [option["text"]["text"] for option in body["options"]]


def groups(body: dict[str, Any]) -> dict[str, list[str]]:
    return {group["label"]["text"]: texts(group) for group in body["option_groups"]}


async def itwins(story: Story, typed: str, person: str = "alice") -> list[str]:
    return texts(await asks_for(story, "edfs.itwin", typed, person=person))


async def timers(story: Story, typed: str = "", itwin: str = "plant-a") -> list[str]:
    return texts(await asks_for(story, "edfs.timer", typed, itwin))


def calls(story: Story, path: str) -> int:
    return sum(call["path"].partition("?")[0].endswith(path) for call in story.world.edfs.calls)


async def test_favorites_and_recents_come_first(story: Story) -> None:
    await story.signs_in("alice")
    opens(story)
    offered = groups(await asks_for(story, "edfs.itwin"))
    assert list(offered) == ["Favourites", "Recently used", "All iTwins"]
    assert offered["Favourites"] == ["plant-a · PA-001", "Bridge 007 · BR-007"]
    assert offered["Recently used"] == ["twin · TW-001"]
    every = [text for group in offered.values() for text in group]
    assert len(every) == len(set(every)) == 100
    assert every[-1] == "…and 25 more: type some letters"


async def test_the_value_of_an_option_is_the_id(story: Story) -> None:
    await story.signs_in("alice")
    opens(story)
    body = await asks_for(story, "edfs.itwin", "PLANT-")
    found = {option["text"]["text"]: option["value"] for option in body["options"]}
    assert found == {
        "plant-a · PA-001": story.world.edfs.state.itwin("plant-a").id,
        "plant-b · PA-002": story.world.edfs.state.itwin("plant-b").id,
    }
    assert await itwins(story, "tw-002") == ["twin · TW-002"]
    assert (await itwins(story, "bridge 0"))[:2] == ["Bridge 007 · BR-007", "Bridge 001 · BR-001"]
    assert await itwins(story, "nowhere at all") == ["No iTwin fits “nowhere at all”"]
    assert calls(story, "/itwins/") == calls(story, "/favorites") == calls(story, "/recents") == 1


async def test_timers_show_their_state_and_disabled_ones_come_first(story: Story) -> None:
    await story.signs_in("alice")
    opens(story)
    assert await timers(story) == [
        "SharePoint documents (off)",
        "Maximo assets (on)",
        "Meter readings (on)",
        "Month end (on)",
        "SAP materials (on)",
        "SAP work orders (on)",
        "Weekend orders (on)",
    ]
    assert await timers(story, "sap_w") == ["SAP work orders (on)", "Weekend orders (on)"]
    assert await timers(story, "orders work") == ["SAP work orders (on)", "Weekend orders (on)"]
    body = await asks_for(story, "edfs.timer", "maximo", "plant-a")
    assert body["options"][0]["description"]["text"] == "MAXIMO_ASSETS"
    assert (
        body["options"][0]["value"] == story.world.edfs.state.timer("plant-a", "Maximo assets").id
    )
    assert await timers(story, "xyz") == ["No timer fits “xyz”"]
    assert await timers(story, itwin="Bridge 007") == [
        "Your account may not read these timers: ask who runs the iTwin"
    ]


async def test_the_itwin_of_the_modal_counts_where_none_is_picked(story: Story) -> None:
    await story.signs_in("alice")
    opens(story)
    assert await timers(story, itwin="") == ["Choose an iTwin first"]
    opens(story, metadata=json.dumps({"itwin": story.world.edfs.state.itwin("plant-b").id}))
    assert await timers(story, itwin="") == ["Nightly documents (on)", "SAP work orders (on)"]
    for odd in ("[]", "plant-a", '{"itwin": 7}', '{"itwin": "../plant"}', "[" * 2_000):
        opens(story, metadata=odd)
        assert await timers(story, itwin="") == ["Choose an iTwin first"]


async def test_a_change_by_the_bot_shows_in_the_next_list(story: Story) -> None:
    await story.signed_in("alice", "bob")
    opens(story)
    opens(story, "bob")
    assert "SAP work orders (on)" in await timers(story)
    bobs = await asks_for(story, "edfs.timer", "sap w", "plant-a", "bob")
    assert texts(bobs)[0] == "SAP work orders (on)"
    await story.types("alice", TOGGLE)
    await story.sees("alice", "is now disabled")

    async def both_know() -> bool:
        bobs = await asks_for(story, "edfs.timer", "sap w", "plant-a", "bob")
        mine = await timers(story, "sap w")
        return texts(bobs)[0] == mine[0] == "SAP work orders (off)"

    await until(both_know)


async def test_a_list_that_a_command_read_is_offered_too(story: Story) -> None:
    await story.signs_in("alice")
    opens(story)
    await timers(story)
    story.world.edfs.state.flip_outside("plant-a", "Month end")
    assert "Month end (on)" in await timers(story), "it is not a minute old"
    await story.types("alice", "/edfs list plant-a")
    await story.sees("alice", "Month end")
    assert "Month end (off)" in await timers(story)


async def test_a_stale_list_is_offered_while_it_is_refreshed(story: Story) -> None:
    await story.signs_in("alice")
    opens(story)
    await timers(story)
    story.world.edfs.state.put_timer("plant-a", "Brand new")
    story.world.clock.forward(120)
    with story.world.edfs.hold("timers") as held:
        answers = await asyncio.gather(*(timers(story, "brand") for _ in range(4)))
        assert answers == [["No timer fits “brand”"]] * 4
        await until(lambda: held.waiting == 1)

    async def seen() -> bool:
        return await timers(story, "brand") == ["Brand new (on)"]

    await until(seen)
    assert calls(story, "/timers") == 2, "of four that asked, one had it read"
    story.world.clock.forward(700)  # now it is too old to be shown
    story.world.edfs.state.remove_timer("plant-a", "Brand new")
    assert await timers(story, "brand") == ["No timer fits “brand”"]


async def test_two_people_who_wait_for_their_lists_each_get_their_own(story: Story) -> None:
    await story.signed_in("alice", "bob")
    story.world.edfs.state.put_out("bob")
    opens(story)
    opens(story, "bob")
    with story.world.edfs.hold("itwins") as held:
        asking = [asyncio.create_task(itwins(story, "plant-a", who)) for who in ("alice", "bob")]
        await until(lambda: held.waiting == 2)
    alices, bobs = await asyncio.gather(*asking)
    assert alices == ["plant-a · PA-001"]
    assert bobs == ["Your account belongs to no iTwin: ask who runs yours"]


async def test_two_lists_that_one_person_waits_for_are_two(story: Story) -> None:
    await story.signs_in("alice")
    opens(story)
    with story.world.edfs.hold("timers") as held:
        places = ("plant-a", "plant-b")
        asking = [asyncio.create_task(timers(story, "", place)) for place in places]
        await until(lambda: held.waiting == 2)
    in_a, in_b = await asyncio.gather(*asking)
    assert "Month end (on)" in in_a
    assert in_b == ["Nightly documents (on)", "SAP work orders (on)"]


async def test_one_option_says_that_the_person_must_sign_in_or_is_not_allowed(story: Story) -> None:
    opens(story)
    assert await itwins(story, "") == ["Sign in first: /edfs signin"]
    assert await timers(story) == ["Sign in first: /edfs signin"]
    opens(story, "bob")
    story.world.change("bob", is_restricted=True)
    guest = ["You are not allowed to use this bot: guests are not"]
    assert await itwins(story, "", "bob") == guest
    story.world.change("carol", team_id="T0ELSEWHERE")
    opens(story, "carol")
    outsider = ["You are not allowed to use this bot: only its workspace is"]
    assert await itwins(story, "", "carol") == outsider
    assert story.world.edfs.calls == []


async def test_a_sign_out_ends_the_lists(story: Story) -> None:
    await story.signs_in("alice")
    opens(story)
    assert await itwins(story, "plant-a") == ["plant-a · PA-001"]
    await story.types("alice", "/edfs signout")
    await story.sees("alice", "Signed out")
    assert await itwins(story, "plant-a") == ["Sign in first: /edfs signin"]


async def test_another_account_does_not_see_the_lists_of_the_previous_one(story: Story) -> None:
    await story.signs_in("alice")
    opens(story)
    assert await itwins(story, "plant-a") == ["plant-a · PA-001"]
    story.world.edfs.state.put_out("bob")
    await story.types("alice", "/edfs signout")
    await story.sees("alice", "Signed out")
    await story.types("alice", "/edfs signin")
    await until(lambda: sum("Sign in to" in text for text in story.says("alice")) == 2)
    story.world.browser("alice").forget()
    page = await story.world.signs_in("alice", account="bob")
    assert "bob" in page, (page, story.world.browser("alice").visited)
    assert await itwins(story, "plant-a") == [
        "Your account belongs to no iTwin: ask who runs yours"
    ]


@pytest.mark.parametrize(
    ("operation", "fault", "text"),
    [
        ("timers", 403, "Your account may not read these timers: ask who runs the iTwin"),
        ("timers", 404, "Bentley shows your account no such iTwin: choose another"),
        ("timers", 429, "Bentley's limit is used up: type again in 30 s"),
        ("timers", 503, "Bentley gave no good answer: type again in a minute"),
        ("timers", "garbage", "Bentley gave no good answer: type again in a minute"),
        ("timers", 401, "Bentley refuses your sign-in. Sign in again: /edfs signin"),
        ("itwins", 403, "Your account may not list iTwins: ask who runs them"),
        ("itwins", "reset_before", "Bentley gave no good answer: type again in a minute"),
    ],
)
async def test_one_option_says_what_bentley_refused(
    story: Story, operation: str, fault: str | int, text: str
) -> None:
    await story.signs_in("alice")
    opens(story)
    story.world.edfs.fail(operation, fault, times=None)
    asked = itwins(story, "") if operation == "itwins" else timers(story)
    assert await asked == [text]


async def test_a_token_that_is_refused_once_is_refreshed(story: Story) -> None:
    await story.signs_in("alice")
    opens(story)
    story.world.edfs.fail("recents", 401)
    assert await itwins(story, "plant-b") == ["plant-b · PA-002"]


async def test_the_list_needs_neither_favorites_nor_recents(story: Story) -> None:
    await story.signs_in("alice")
    opens(story)
    story.world.edfs.fail("favorites", 503, times=None)
    story.world.edfs.fail("recents", "garbage", times=None)
    offered = groups(await asks_for(story, "edfs.itwin"))
    assert list(offered) == ["All iTwins"]


async def test_the_three_lists_of_itwins_are_read_at_the_same_time(story: Story) -> None:
    """The benchmark measures how long they take."""
    await story.signs_in("alice")
    opens(story)
    edfs = story.world.edfs
    held = [edfs.hold(one, answers=True) for one in ("itwins", "favorites", "recents")]
    asking = asyncio.create_task(itwins(story, "plant-b"))
    await until(lambda: [one.waiting for one in held] == [1, 1, 1])
    for one in held:
        one.release()
    assert await asking == ["plant-b · PA-002"]


async def test_a_list_that_bentley_holds_back_is_waited_for_in_the_background(story: Story) -> None:
    await story.signs_in("alice")
    opens(story)
    await timers(story, itwin="plant-b")
    with story.world.edfs.hold("timers"):
        assert await timers(story) == ["Bentley did not answer in time: type again"]

    async def there() -> bool:
        return "Month end (on)" in await timers(story)

    await until(there)


async def test_one_option_says_that_the_store_is_gone(own_story: Story, own: Any) -> None:
    await own_story.signs_in("alice")
    opens(own_story)
    assert await itwins(own_story, "plant-a") == ["plant-a · PA-001"]
    own.stop()
    text = ["The bot cannot reach its store: try again in a minute"]
    assert await itwins(own_story, "plant-a") == text


async def test_the_list_can_be_warmed_before_it_is_asked_for(story: Story) -> None:
    await story.signs_in("alice")
    opens(story)
    alice = story.world.person("alice")
    owner = Owner(story.bot.context.installation.workspace, alice.id)  # type: ignore[arg-type]
    for _ in range(3):
        await story.bot.context.option_lists.warm(owner)
    await until(lambda: calls(story, "/recents") == 1)
    assert await itwins(story, "plant-a") == ["plant-a · PA-001"]
    assert calls(story, "/itwins/") == 1
    bob = story.world.person("bob")
    await story.bot.context.option_lists.warm(Owner(owner.workspace, bob.id))  # type: ignore[arg-type]
    assert calls(story, "/itwins/") == 1, "nobody is signed in there"


async def test_an_unknown_select_says_that_it_is_unknown(story: Story) -> None:
    view = {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Old"},
        "blocks": [
            {
                "type": "actions",
                "elements": [{"type": "external_select", "action_id": "edfs.something"}],
            }
        ],
    }
    story.world.slack.state.modals.open(story.world.person("alice"), view)
    text = ["This list is not known: close the window and open it again"]
    assert texts(await asks_for(story, "edfs.something")) == text
