"""Presses and values on the page reach the app in Slack's payloads."""

from typing import Any

import pytest
from playwright.async_api import expect

from bot.sandbox.people import BOT_USER_ID
from tests.browser.conftest import Gallery
from tests.browser.gallery import GROUPS, MESSAGE, VIEW, option, plain
from tests.browser.stage import Screen
from tests.world.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def message(gallery: Gallery) -> Screen:
    workspace = gallery.world.slack.state.workspace
    workspace.post("C0PLANTOPS", BOT_USER_ID, "everything", blocks=MESSAGE)
    return await gallery.stage.open_as("alice")


async def window(gallery: Gallery, view: dict[str, Any] = VIEW) -> Screen:
    modals = gallery.world.slack.state.modals
    modals.open(gallery.world.person("alice"), view)
    screen = await gallery.stage.open_as("alice")
    await screen.opened(view["title"]["text"])
    return screen


async def test_a_button_asks_for_confirmation(gallery: Gallery) -> None:
    screen = await message(gallery)
    off = screen.page.get_by_role("button", name="Off, now")
    await off.click()
    dialog = screen.page.get_by_role("alertdialog", name="Turn it off?")
    await expect(dialog).to_contain_text("Two runs will be skipped.")
    await dialog.get_by_role("button", name="Leave it").click()
    await expect(off).to_be_focused()
    assert gallery.bot.got == []
    await off.click()
    await dialog.get_by_role("button", name="Turn off").click()
    payload = await gallery.payload("block_actions")
    (action,) = payload["actions"]
    assert (action["block_id"], action["action_id"], action["value"]) == ("row", "off", "off")
    assert payload["message"]["text"] == "everything"
    assert payload["state"]["values"]["row"]["date"]["selected_date"] == "2026-12-01"


async def test_menus_selects_and_dates_in_a_message(gallery: Gallery) -> None:
    screen = await message(gallery)
    await screen.page.locator('[data-key="marked"]').get_by_role("button", name="More").click()
    await screen.page.get_by_role("menuitem", name="Copy").click()
    (action,) = (await gallery.payload("block_actions"))["actions"]
    assert action["selected_option"] == option("Copy", "copy")

    await screen.page.get_by_role("combobox", name="A day").click()
    await screen.page.get_by_role("option", name="Friday").click()
    await until(lambda: len(gallery.bot.got) == 2)
    payload = await gallery.payload("block_actions")
    chosen = option("Friday", "fri", "in five days")
    assert payload["actions"][0]["selected_option"] == chosen
    assert payload["state"]["values"]["row"]["day"]["selected_option"] == chosen

    await screen.page.locator("#main").get_by_label("Date", exact=True).fill("2027-01-31")
    await until(lambda: len(gallery.bot.got) == 3)
    payload = await gallery.payload("block_actions")
    assert payload["actions"][0]["selected_date"] == "2027-01-31"
    assert payload["state"]["values"]["row"]["day"]["selected_option"] == chosen


async def test_a_submission_holds_every_input(gallery: Gallery) -> None:
    screen = await window(gallery)
    await screen.submits()
    await expect(screen.window.get_by_text("Please fill this in.")).to_be_visible()
    await expect(screen.window.get_by_label("Why")).to_be_focused()
    await screen.fills("Why", "SAP is <down>")
    await screen.fills("Long", "one\ntwo")
    await screen.chooses("Timer", "SAP materials", typed="mat")
    gallery.bot.answer = {"options": [option("plant-a", "it-1", "Asset")]}
    await screen.chooses("iTwin", "plant-a", typed="pl")
    assert (await gallery.payload("block_suggestion"))["value"] == "pl"
    gallery.bot.answer = None
    await screen.chooses("Days", "Monday")
    await screen.chooses("Days", "Friday")
    await screen.chooses("Who", "Bob Brook", typed="bob")
    await screen.chooses("People", "Carol Cole")
    await screen.chooses("Where", "#approvals")
    await screen.chooses("Room", "#plant-ops")
    await screen.window.get_by_role("radio", name="Off").check()
    await screen.window.get_by_role("checkbox", name="Friday").check()
    await screen.fills("Date", "2027-02-03")
    await screen.fills("Time", "08:15")
    await screen.fills("Moment", "2027-02-03T08:15")
    await screen.fills("Number", "3")
    await screen.fills("Address", "https://example.com/")
    await screen.fills("E-mail", "alice@acme.example")
    await screen.submits()
    await screen.closed()
    view = (await gallery.payload("view_submission"))["view"]
    values = {
        block_id: next(v for k, v in next(iter(entry.values())).items() if k != "type")
        for block_id, entry in view["state"]["values"].items()
    }
    assert view["private_metadata"] == "kept"
    assert values == {
        "why": "SAP is <down>",
        "long": "one\ntwo",
        "timer": GROUPS[0]["options"][0],
        "itwin": option("plant-a", "it-1", "Asset"),
        "days": [option("Monday", "mon", "in one day"), option("Friday", "fri", "in five days")],
        "who": "U0BOB00001",
        "people": ["U0CAROL001"],
        "where": "C0APPROVAL",
        "room": "C0PLANTOPS",
        "state": option("Off", "off"),
        "tell": [option("Monday", "mon", "in one day"), option("Friday", "fri", "in five days")],
        "date": "2027-02-03",
        "time": "08:15",
        "moment": 1_801_638_900,  # 08:15 in Berlin
        "number": "3",
        "url": "https://example.com/",
        "mail": "alice@acme.example",
        "live": None,
    }


async def test_typed_text_survives_updates_and_errors_show_at_their_inputs(
    gallery: Gallery,
) -> None:
    screen = await window(gallery)
    await screen.fills("Why", "kept")
    live = screen.window.get_by_label("Live")
    await live.press_sequentially("mon")
    payload = await gallery.payload("block_actions")
    assert payload["actions"][0]["block_id"] == "live"
    assert payload["view"]["state"]["values"]["why"]["why"]["value"] == "kept"
    summary = {"type": "section", "block_id": "summary", "text": plain("Two runs are skipped.")}
    view = VIEW | {"blocks": [*VIEW["blocks"][:-1], summary]}
    modals = gallery.world.slack.state.modals
    modals.update(modals.all()[0], view)
    await expect(screen.window).to_contain_text("Two runs are skipped.")
    await expect(screen.window.get_by_label("Why")).to_have_value("kept")
    await expect(live).to_be_focused()
    await live.press_sequentially("day")
    await expect(live).to_have_value("monday")

    errors = {"live": "No such day."}
    gallery.bot.answer = {"response_action": "errors", "errors": errors}
    await screen.submits()
    await expect(screen.window.get_by_text("No such day.")).to_be_visible()
    await expect(live).to_have_attribute("aria-invalid", "true")
    await expect(live).to_have_value("monday")
    pushed = {"type": "modal", "title": plain("Sure?"), "blocks": VIEW["blocks"][-1:]}
    gallery.bot.answer = {"response_action": "push", "view": pushed}
    await screen.submits()
    await screen.opened("Sure?")
    await screen.page.get_by_role("button", name="Back").click()
    await screen.opened("Everything")
    await expect(screen.window.get_by_label("Why")).to_have_value("kept")


async def test_an_option_removed_by_an_update_is_no_longer_chosen(gallery: Gallery) -> None:
    days = VIEW["blocks"][4]
    here = {"type": "conversations_select", "default_to_current_conversation": True}
    channel = {**VIEW["blocks"][7], "element": {**VIEW["blocks"][7]["element"], **here}}
    screen = await window(gallery, VIEW | {"blocks": [days, channel]})
    await screen.chooses("Days", "Monday")
    await screen.chooses("Days", "Friday")
    element = {**days["element"], "options": days["element"]["options"][1:]}
    fewer = VIEW | {"blocks": [days | {"element": element}, channel]}
    modals = gallery.world.slack.state.modals
    modals.update(modals.all()[0], fewer)
    await expect(screen.window.get_by_role("listitem")).to_have_count(0)
    await screen.submits()
    await screen.closed()
    values = (await gallery.payload("view_submission"))["view"]["state"]["values"]
    assert values["days"]["days"]["selected_options"] == []
    assert values["where"]["where"]["selected_conversation"] == "C0PLANTOPS"


async def test_shortcuts_are_in_the_menus(gallery: Gallery) -> None:
    screen = await message(gallery)
    await screen.page.get_by_role("button", name="Shortcuts").click()
    await screen.page.get_by_role("menuitem", name="Switch a timer").click()
    payload = await gallery.payload("shortcut")
    assert payload["callback_id"] == "edfs.choose"
    card = screen.message("as written")
    await card.hover()
    await card.get_by_role("button", name="More actions").click()
    await screen.page.get_by_role("menuitem", name="Switch a timer").click()
    payload = await gallery.payload("message_action")
    assert payload["callback_id"] == "edfs.choose_about"
    assert payload["message"]["ts"] == payload["message_ts"]


async def test_the_app_home_is_shown_and_pressed(gallery: Gallery) -> None:
    screen = await gallery.stage.open_as("alice")
    await screen.goes("App Home")
    await expect(screen.page.locator("#home")).to_contain_text("not published a Home")
    modals = gallery.world.slack.state.modals
    modals.publish(gallery.world.person("alice"), {"type": "home", "blocks": MESSAGE[3:5]})
    await screen.page.get_by_role("button", name="Go", exact=True).click()
    payload = await gallery.payload("block_actions")
    assert payload["container"]["type"] == "view"
    assert payload["view"]["type"] == "home"
