"""Whole conversations on the page, from typing a command to undo."""

import pytest
from playwright.async_api import expect

from tests.browser.stage import NARROW, WIDE, Stage, consents

pytestmark = pytest.mark.asyncio(loop_scope="session")
TOGGLE = '/edfs toggle plant-a "SAP work orders"'


@pytest.mark.parametrize(
    "size", [pytest.param(WIDE, marks=pytest.mark.deep), NARROW], ids=["wide", "narrow"]
)
async def test_a_toggle_from_completion_to_undo(stage: Stage, size: tuple[int, int]) -> None:
    screen = await stage.open_as("alice", size=size)
    await screen.composer.press_sequentially("/edfs tog")
    await expect(screen.page.get_by_role("option", name="/edfs toggle")).to_be_visible()
    await screen.composer.press("Tab")
    await expect(screen.composer).to_have_value("/edfs toggle ")
    await expect(screen.page.locator("#composer .usage")).to_contain_text("<itwin> <timer>")
    await screen.composer.press_sequentially('plant-a "SAP work orders"')
    await screen.composer.press("Enter")

    prompt = await screen.sees("Sign in to iTwin")
    await expect(prompt).to_contain_text("Only visible to you")
    await screen.signs_in()
    await screen.presses("Continue")
    card = await screen.sees("SAP work orders is now disabled")
    await expect(card).to_contain_text("today at")
    assert stage.world.edfs.flips("SAP work orders", "plant-a") == 1

    await screen.presses("Details")
    window = await screen.opened("Timer details")
    await expect(window).to_contain_text("SAP_WORK_ORDERS")
    await screen.page.keyboard.press("Escape")
    await screen.closed()

    await screen.presses("Undo")
    await screen.sees("SAP work orders is now enabled")
    panel = await screen.panel()
    timer = panel.locator('[data-timer="plant-a/SAP work orders"]')
    await expect(timer).to_contain_text("enabled")
    await expect(panel.locator("#panel-calls")).to_contain_text("PATCH")


async def test_ephemeral_messages_and_channels_are_per_person(stage: Stage) -> None:
    screen = await stage.open_as("alice")
    await screen.types(TOGGLE)
    await screen.sees("Sign in to iTwin")
    await screen.becomes("bob")
    await expect(screen.log).to_contain_text("Nothing here yet")
    await screen.becomes("dana")
    names = await screen.page.get_by_role("navigation").get_by_role("button").all_inner_texts()
    assert [name.split("\n")[0] for name in names] == ["shared"]


async def test_a_mention_in_a_thread_is_answered_there(stage: Stage) -> None:
    screen = await stage.open_as("alice")
    await screen.types("is <b>it</b> off & done?")
    await screen.sees("is <b>it</b> off & done?")
    await screen.replies("off & done?", "@edfs help")
    thread = screen.page.get_by_role("complementary", name="Thread")
    await expect(thread).to_contain_text("@EDFS Bot help")
    await expect(thread).to_contain_text("What you can ask")  # to her alone, and in the thread
    messages = stage.world.slack.state.workspace.messages.values()
    assert [m.text for m in messages if m.user == "U0ALICE001"] == [
        "is &lt;b&gt;it&lt;/b&gt; off &amp; done?",
        "<@U0EDFSBOT0> help",
    ]
    await screen.page.keyboard.press("Escape")
    await expect(thread).to_be_hidden()
    await expect(await screen.sees("2 replies")).to_be_focused()


async def test_a_sign_in_link_works_in_one_browser_only(stage: Stage) -> None:
    alice = await stage.open_as("alice")
    await alice.types("/edfs signin")
    link = alice.page.get_by_role("link", name="Sign in")
    address = await link.get_attribute("href")
    assert address is not None
    async with alice.page.context.expect_page() as opening:
        await link.click()
    hers = await opening.value
    await hers.get_by_role("button", name="Yes, go on to Bentley").click()
    await expect(hers.get_by_label("Account")).to_be_visible()

    other = await stage.context()
    theirs = await other.new_page()
    await theirs.goto(address)
    await theirs.get_by_role("button", name="Yes, go on to Bentley").click()
    await expect(theirs.get_by_text("opened in another browser")).to_be_visible()
    await expect(theirs.get_by_role("button")).to_have_count(0)

    await consents(hers, "alice")
    await expect(hers.get_by_role("heading", name="You are signed in")).to_be_visible()
    await alice.sees("Signed in")


async def test_a_request_is_declined_in_a_modal(stage: Stage) -> None:
    alice, bob = await stage.open_as("alice"), await stage.open_as("bob")
    for screen in (alice, bob):
        await screen.types("/edfs signin")
        await screen.signs_in()
    await alice.types('/edfs disable plant-b "Nightly documents" because SAP is down')
    prompt = await bob.sees("To be approved: turn off Nightly documents")
    await bob.presses("Decline", prompt)
    await bob.opened("Decline")
    await bob.submits()
    await expect(bob.window.get_by_text("Please fill this in.")).to_be_visible()
    await bob.fills("Why?", "the *audit* runs")
    await bob.submits()
    await bob.closed()
    declined = await alice.sees("Declined: turn off Nightly documents")
    await expect(declined).to_contain_text("Bob Brook")
    await alice.goes("EDFS Bot")
    await expect(await alice.sees("Declined by")).to_contain_text("the *audit* runs")
    assert stage.world.edfs.flips("Nightly documents", "plant-b") == 0


async def test_the_clock_goes_forward_and_faults_are_switches(stage: Stage) -> None:
    screen = await stage.open_as("alice")
    before = stage.world.clock.now()
    await screen.forward("+1 day")
    panel = await screen.panel()
    await expect(panel).to_contain_text("1 d ahead")
    await panel.get_by_label("How far").fill("2")
    await panel.get_by_role("button", name="Forward").click()
    await expect(panel).to_contain_text("1 d 2 h ahead")
    assert stage.world.clock.now() - before >= 26 * 3_600
    switch = panel.get_by_role("switch", name="EDFS loses the answer to a flip")
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "true")
    assert [(f.operation, f.kind) for f in stage.world.edfs.faults] == [("toggle", "lost_answer")]
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "false")

    await panel.get_by_text("Any other fault").click()
    await panel.get_by_label("Service").select_option("ims")
    await panel.get_by_label("Operation").select_option("token")
    await panel.get_by_label("Fault", exact=True).select_option("503")
    await panel.get_by_label("Times").fill("3")
    await panel.get_by_role("button", name="Arm").click()
    await expect(panel.get_by_text("3 more")).to_be_visible()
    assert [(f.operation, f.kind, f.times) for f in stage.world.ims.faults] == [("token", "503", 3)]
    await panel.get_by_role("button", name="Mend all").click()
    await expect(panel.get_by_text("3 more")).to_be_hidden()
    await panel.get_by_role("button", name="Begin again").click()
    await expect(panel).to_contain_text("as on this machine")
    assert stage.world.clock.offset == 0
