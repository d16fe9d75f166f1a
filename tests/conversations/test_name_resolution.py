"""From what a person types to the iTwin and the timer they mean, and never further."""

import re
from dataclasses import replace

import pytest

from tests.world.story import Story, read
from tests.world.waiting import until

SHOW = '/edfs show {itwin} "SAP work orders"'
PATHS = re.compile(
    r"/itwins/(\?[^/]*|[0-9a-f-]{36})|/edfs/itwins/[0-9a-f-]{36}/timers(/[0-9a-f-]{36})?"
)


@pytest.mark.parametrize(
    "written",
    [
        "{id}",
        "{ID}",
        "{{{ID}}}",
        "{hex}",
        "`{hex}`",
        "*plant-a*",
        "plant–a",
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
    itwin = written.format(id=identity, ID=identity.upper(), hex=identity.replace("-", ""))
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
    asked = await story.sees("alice", "2 iTwins match “twin”")
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
    asked = read(await story.sees("alice", "2 timers match “SAP”"))
    assert "[SAP work orders · SAP_WORK_ORDERS]" in asked
    assert "Weekend orders" not in asked, "a name goes before a package"
    await story.clicks("alice", "SAP materials · SAP_MATERIALS")
    await story.sees("bob", "SAP materials is now disabled")
    assert story.flips("SAP materials") == 1
    assert story.patches() == 1


async def test_timers_of_one_package_are_buttons(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs toggle plant-a SAP_WORK_ORDERS")
    asked = read(await story.sees("alice", "2 timers match “SAP_WORK_ORDERS”"))
    assert "[SAP work orders · SAP_WORK_ORDERS]" in asked
    assert "[Weekend orders · SAP_WORK_ORDERS]" in asked
    assert story.patches() == 0


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
    await story.sees("alice", "2 iTwins match “twin”")
    await story.clicks("alice", "twin · TW-002")
    await story.sees("alice", "Timers of twin (TW-002): 1, 1 disabled")


async def test_what_resembles_nothing_points_to_the_list(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs list zzzzzzzz")
    assert "See what is there: /edfs list." in read(await story.sees("alice", "No such iTwin"))


@pytest.mark.parametrize("written", ["OM-001", "Old mill", "old  MILL", "`Old mill`", "mill"])
async def test_an_inactive_itwin_is_named_so(story: Story, written: str) -> None:
    await story.signs_in("alice")
    await story.types("alice", f'/edfs disable "{written}" "SAP work orders"')
    said = await story.sees("alice", "iTwin is inactive")
    assert "Old mill (OM-001) is inactive in iTwin Platform. Nothing was changed." in read(said)
    assert said.visible_to is not None
    assert story.patches() == 0


async def test_an_active_itwin_goes_before_inactive_ones(story: Story) -> None:
    state = story.world.edfs.state
    await story.signs_in("alice")
    state.put_itwin("New mill", people=["alice"])
    await story.types("alice", "/edfs list mill")
    await story.sees("alice", "Timers of New mill")


async def test_several_inactive_itwins_are_named(story: Story) -> None:
    state = story.world.edfs.state
    for number in range(4):
        made = state.put_itwin(f"Mill {number}")
        state.itwins[made.id] = replace(made, status="Inactive")
    await story.signs_in("alice")
    await story.types("alice", "/edfs list mill")
    said = read(await story.sees("alice", "iTwin is inactive"))
    assert (
        "“mill” matches only iTwins that are inactive in iTwin Platform: Mill 0 (N-Mill 0), "
        "Mill 1 (N-Mill 1), Mill 2 (N-Mill 2) and 2 more. Nothing was changed."
    ) in said


async def test_a_person_hears_of_no_inactive_itwin_of_others(story: Story) -> None:
    await story.signs_in("alice")
    story.world.edfs.state.put_out("alice")
    await story.types("alice", "/edfs list OM-001")
    await story.sees("alice", "There is no iTwin “OM-001”")
    assert not any("Old mill" in said for said in story.says("alice"))


@pytest.mark.parametrize("part", ["0", "a0", "{0}", "PA-0", "A-00"])
async def test_a_part_of_an_id_or_a_number_means_nothing(story: Story, part: str) -> None:
    """Once "A0" turned off a timer whose id holds it."""
    state = story.world.edfs.state
    timer = state.timer("plant-a", "Weekend orders")
    plant = state.itwin("plant-a")
    await story.signs_in("alice")
    await story.types("alice", f"/edfs disable plant-a {part.format(timer.id[:8])}")
    await story.sees("alice", "No such timer")
    await story.types("alice", f"/edfs disable {part.format(plant.id[:8])} 'Weekend orders'")
    await story.sees("alice", "iTwin")
    assert story.patches() == 0


async def test_a_name_goes_before_a_package(story: Story) -> None:
    await story.signs_in("alice")
    story.world.edfs.state.put_timer("plant-a", "Closing run", package="X")
    await story.types("alice", "/edfs show plant-a closing")
    await story.sees("alice", "Closing run is enabled")
    await story.types("alice", "/edfs show plant-a SAP_CLOSING")
    await story.sees("alice", "Month end is enabled")


@pytest.mark.parametrize(
    "written",
    ["Bäume – Übergabe", "baeume - uebergabe", "*Bäume — Übergabe*", "`BAUME -- UBERGABE`"],
)
async def test_a_name_in_every_spelling(story: Story, written: str) -> None:
    await story.signs_in("alice")
    story.world.edfs.state.put_timer("plant-a", "Bäume – Übergabe")
    story.world.edfs.state.put_timer("plant-a", "Bäume – Übergabe 2")
    await story.types("alice", f"/edfs disable plant-a {written}")
    await story.sees("bob", "Bäume – Übergabe is now disabled")
    assert story.flips("Bäume – Übergabe") == 1


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
    told = ("No such", "Which iTwin?")
    await until(lambda: any(one in said for one in told for said in story.says("alice")))
    paths = [call["path"] for call in story.world.edfs.calls]
    assert paths
    assert [path for path in paths if not PATHS.fullmatch(path)] == []
    assert story.patches() == 0
