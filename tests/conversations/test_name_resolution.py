"""From what a person types to the iTwin and the timer they mean, and never further."""

import re

import pytest

from tests.world.story import Story, read

SHOW = '/edfs show {itwin} "SAP work orders"'
PATHS = re.compile(
    r"/itwins/(\?[^/]*|[0-9a-f-]{36})|/edfs/itwins/[0-9a-f-]{36}/timers(/[0-9a-f-]{36})?"
)


@pytest.mark.parametrize(
    "written",
    [
        "{id}",
        "{ID}",
        "PA-001",
        "pa-001",
        "plant-a",
        "PLANT-A",
        "“plánt-à”",
        "'plant-a'",
        "lant-a",
        "https://portal.example/itwins/{id}/timers?x=1",
        "<https://portal.example/itwins/{id}|portal.example>",
    ],
)
async def test_an_itwin_by_every_name(story: Story, written: str) -> None:
    identity = story.world.edfs.state.itwin("plant-a").id
    await story.signs_in("alice")
    itwin = written.format(id=identity, ID=identity.upper())
    await story.types("alice", SHOW.format(itwin=itwin))
    assert "iTwin: plant-a" in read(await story.sees("alice", "SAP work orders is enabled"))


@pytest.mark.parametrize(
    "written",
    [
        "{id}",
        "SAP_MATERIALS",
        "sap_materials",
        "materials",
        "SAP materials",
        "“sap  MATÉRIALS”",
        "„SAP materials“",
    ],
)
async def test_a_timer_by_every_name(story: Story, written: str) -> None:
    await story.signs_in("alice")
    identity = story.world.edfs.state.timer("plant-a", "SAP materials").id
    await story.types("alice", f"/edfs show plant-a {written.format(id=identity)}")
    await story.sees("alice", "SAP materials is enabled")


async def test_two_itwins_of_one_name_are_buttons_and_a_press_goes_on(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", '/edfs toggle twin "Twin orders" because of the audit')
    asked = await story.sees("alice", "“twin” fits 2 iTwins")
    assert asked.visible_to is not None
    assert "[twin · TW-001] [twin · TW-002]" in read(asked)
    assert story.patches() == 0
    await story.clicks("alice", "twin · TW-001")
    card = read(await story.sees("bob", "Twin orders is now disabled"))
    assert "iTwin: twin (TW-001)" in card
    assert "Because: of the audit" in card
    assert story.flips("Twin orders", "TW-001") == 1
    assert story.flips("Twin orders", "TW-002") == 0
    assert not any("Which one?" in said for said in story.says("alice"))


async def test_an_ambiguous_timer_is_buttons_and_a_press_goes_on(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs toggle plant-a SAP")
    asked = read(await story.sees("alice", "“SAP” fits 4 timers"))
    assert "[SAP work orders · SAP_WORK_ORDERS]" in asked
    assert "[Weekend orders · SAP_WORK_ORDERS]" in asked
    await story.clicks("alice", "SAP materials · SAP_MATERIALS")
    await story.sees("bob", "SAP materials is now disabled")
    assert story.flips("SAP materials") == 1
    assert story.patches() == 1


async def test_a_misspelt_itwin_gets_the_nearest_names(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", '/edfs toggle plamt-a "SAP work orders"')
    said = await story.sees("alice", "There is no iTwin “plamt-a”")
    assert said.visible_to is not None
    assert re.search(r"Trace [0-9a-f]{8}", read(said))
    await story.clicks("alice", "plant-a · PA-001")
    await story.sees("bob", "SAP work orders is now disabled")
    assert story.flips() == 1


async def test_a_misspelt_timer_gets_the_nearest_names(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs toggle plant-a SAP werk orders")
    await story.sees("alice", "There is no timer “SAP werk orders” in plant-a")
    await story.clicks("alice", "SAP work orders · SAP_WORK_ORDERS")
    await story.sees("bob", "SAP work orders is now disabled")
    assert story.flips() == 1


async def test_list_of_an_ambiguous_itwin_goes_on_by_a_press(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs list twin")
    await story.sees("alice", "“twin” fits 2 iTwins")
    await story.clicks("alice", "twin · TW-002")
    await story.sees("alice", "Timers of twin (TW-002): 1, 1 disabled")


async def test_what_resembles_nothing_points_to_the_list(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs list zzzzzzzz")
    assert "See what is there: /edfs list." in read(await story.sees("alice", "No such iTwin"))


async def test_an_inactive_itwin_is_hidden(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs list OM-001")
    await story.sees("alice", "There is no iTwin “OM-001”")
    assert not any("Old mill" in said for said in story.says("alice"))


async def test_an_itwin_newer_than_the_kept_list_is_found(story: Story) -> None:
    edfs = story.world.edfs
    await story.signs_in("alice")
    hidden = edfs.state.itwins.pop(edfs.state.itwin("plant-b").id)
    await story.types("alice", "/edfs list plant-b")
    await story.sees("alice", "There is no iTwin “plant-b”")
    edfs.state.itwins[hidden.id] = hidden
    await story.types("alice", "/edfs list plant-b")
    await story.sees("alice", "Timers of plant-b: 2")


@pytest.mark.parametrize(
    "names",
    [
        'plant-a "../../../users/me"',
        "plant-a ..%2f..%2fusers%2fme",
        "plant-a https://x.example/../../users/me",
        '../../users/me "SAP work orders"',
        '"https://x.example/%2e%2e/users/me" "SAP work orders"',
        "plant-a/../../users/me# SAP",
        "?$top=1&x= SAP",
    ],
)
@pytest.mark.parametrize("verb", ["show", "toggle"])
async def test_what_is_typed_never_becomes_a_path(story: Story, verb: str, names: str) -> None:
    await story.signs_in("alice")
    await story.types("alice", f"/edfs {verb} {names}")
    await story.sees("alice", "No such")
    paths = [call["path"] for call in story.world.edfs.calls]
    assert paths
    assert [path for path in paths if not PATHS.fullmatch(path)] == []
    assert story.patches() == 0
