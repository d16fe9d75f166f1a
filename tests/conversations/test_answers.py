"""Every answer that Bentley may give to a flip: what its person reads, and what the card says."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from bot.sandbox.slack import Message
from tests.world.story import TOGGLE, Story, read
from tests.world.waiting import until

PENDING = ("Turning o", "Waiting to", "Not certain yet")
# What a person reads when nobody can tell from the answer whether it was flipped.
WAIT = "the card will say what is true"

REFUSALS: list[tuple[int, dict[str, Any], tuple[str, ...]]] = [
    (400, {}, ("Bentley refused the request (status 400)", "tell an admin the trace id")),
    (
        401,
        {"code": "UnknownClient"},
        ("does not know the registration (client id) of this bot", "That is an admin's matter"),
    ),
    (403, {}, ("edfs_listmng", "Ask an administrator of the iTwin")),
    (403, {"code": "SomethingNew"}, ("edfs_listmng", "Ask an administrator of the iTwin")),
    (403, {"body": "empty"}, ("edfs_listmng", "Ask an administrator of the iTwin")),
    (404, {"code": "TimerNotFound"}, ("no such timer in that iTwin", "/edfs list")),
    (404, {"code": "TimerListNotFound"}, ("no timers of that iTwin", "edfs_listmng")),
    (404, {"code": "ResourceNotFound"}, ("technical preview", "admin's matter")),
    (404, {"code": "NeverSeen"}, ("no such timer in that iTwin", "/edfs list")),
    (404, {"body": "html"}, ("no such timer in that iTwin", "/edfs list")),
    (404, {"body": "nulls"}, ("no such timer in that iTwin", "/edfs list")),
    (422, {}, ("• iTwinId: The value is not valid.", "• timerId: The value", "Check the id")),
    (422, {"body": "nulls"}, ("Bentley refused a value", "Check the id")),
]
LIMITED: list[dict[str, Any]] = [
    {"code": "TooManyRequests", "retry_after": 600},
    {"code": "RateLimitExceeded", "retry_after": "600"},
    {"code": "TooManyRequests", "retry_after": "date"},
    {"code": "RateLimitExceeded", "retry_after": "absent"},
    {"body": "html", "retry_after": "soon"},
    {"body": "nulls"},
]
UNCLEAR: list[tuple[str | int, dict[str, Any], str]] = [
    (500, {}, "trouble of its own (status 500)"),
    (500, {"after": True}, "trouble of its own (status 500)"),
    (500, {"body": "nulls"}, "trouble of its own (status 500)"),
    (502, {"body": "html"}, "trouble of its own (status 502)"),
    (502, {"body": "html", "after": True}, "trouble of its own (status 502)"),
    (503, {"body": "empty"}, "trouble of its own (status 503)"),
    (408, {"body": "text"}, "gave up waiting for the request (status 408)"),
    (409, {}, "reports a conflict with another change (status 409)"),
    (418, {}, "a way that it does not document (status 418)"),
    ("lost_answer", {}, "The connection to Bentley broke off"),
    ("reset_before", {}, "The connection to Bentley broke off"),
    ("reset_mid", {}, "The connection to Bentley broke off"),
    ("cut_body", {}, "The connection to Bentley broke off"),
    ("slow", {"seconds": 2.2}, "Bentley did not answer in time"),
    ("slow_answer", {"seconds": 2.2}, "Bentley did not answer in time"),
    ("garbage", {}, "Bentley's answer could not be read"),
    ("missing_enabled", {}, "Bentley's answer could not be read"),
    ("deep", {}, "Bentley's answer could not be read"),
    ("huge", {}, "Bentley's answer could not be read"),
    ("other_id", {}, "about something else than what was asked"),
]
# These reach the timer, whatever came back.
EFFECTIVE = {
    "lost_answer",
    "reset_mid",
    "cut_body",
    "slow",
    "slow_answer",
    "garbage",
    "missing_enabled",
    "deep",
    "huge",
    "other_id",
}


async def meets(story: Story, kind: str | int, **options: Any) -> None:
    """Alice's flip meets a fault."""
    await story.signs_in("alice")
    story.world.edfs.fail("toggle", kind, **options)
    await story.types("alice", TOGGLE)


async def told(story: Story, words: str) -> str:
    """What alice, and nobody else, is told."""
    message = await story.sees("alice", words)
    assert message.visible_to is not None, read(message)
    said = read(message)
    assert re.search(r"Trace [0-9a-f]{8}$", said), said
    assert not any(words in other for other in story.says("bob"))
    return said


async def ended(story: Story) -> str:
    """The newest card, as bob reads it, once it says the last word."""

    def last() -> Message | None:
        cards = [m for m in story.world.reads("bob") if m.visible_to is None]
        pending = not cards or any(word in read(cards[-1]) for word in PENDING)
        return None if pending else cards[-1]

    return read(await until(last, reason="\n".join(story.says("bob"))))


def agrees(story: Story, card: str) -> None:
    """The card and the timer say the same, and the flip was sent and made once at most."""
    enabled = story.world.edfs.state.timer("plant-a", "SAP work orders").enabled
    assert f"State: {'enabled' if enabled else 'disabled'}" in card
    assert story.flips() == (0 if enabled else 1)
    assert story.patches() == 1


def name_of(value: object) -> str:
    if isinstance(value, dict):
        return "-".join(str(one) for one in value.values()) or "plain"
    return "" if isinstance(value, tuple) else str(value)


@pytest.mark.parametrize(("status", "options", "words"), REFUSALS, ids=name_of)
async def test_a_refusal_is_explained_to_its_person_only(
    story: Story, status: int, options: dict[str, Any], words: tuple[str, ...]
) -> None:
    await meets(story, status, **options)
    said = await told(story, words[0])
    assert all(word in said for word in words)
    card = await ended(story)
    assert "Not changed: SAP work orders" in card
    assert "The reason was told to the person who asked" in card
    agrees(story, card)
    assert story.flips() == 0


@pytest.mark.parametrize("code", ["HeaderNotFound", "Unauthorized", "InvalidToken"])
async def test_a_token_refused_once_is_renewed_without_a_word(story: Story, code: str) -> None:
    await meets(story, 401, code=code)
    assert "is now disabled" in await ended(story)
    assert story.flips() == 1
    assert story.world.ims.refreshes == 1
    assert not any("Trace" in said for said in story.says("alice"))


@pytest.mark.parametrize("code", ["HeaderNotFound", "Unauthorized"])
async def test_a_token_refused_twice_asks_to_sign_in(story: Story, code: str) -> None:
    await meets(story, 401, code=code, times=2)
    said = await told(story, "Bentley does not accept your token any more")
    assert "Sign in again, then repeat the command." in said
    assert "[Sign in]" in said
    assert "Not changed" in await ended(story)
    assert story.flips() == 0
    await story.clicks("alice", "Sign in")
    await story.sees("alice", "# Sign in to iTwin")


@pytest.mark.parametrize("options", LIMITED, ids=name_of)
async def test_a_limit_is_waited_for_and_its_person_told(
    story: Story, options: dict[str, Any]
) -> None:
    until = story.world.clock.now() + 600
    if options.get("retry_after") == "date":
        date = format_datetime(datetime.fromtimestamp(until, UTC), usegmt=True)
        options = options | {"retry_after": date}
    await meets(story, 429, **options)
    said = await told(story, "Waiting for Bentley's limit")
    assert "Nothing was sent yet." in said
    when = re.search(r"It goes on by itself ([0-9: -]+) UTC\. Do not press again", said)
    assert when, said
    told_at = datetime.strptime(when.group(1), "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp()
    expected = until if options.get("retry_after") not in {"absent", "soon", None} else until - 570
    assert abs(told_at - expected) < 70
    await story.sees("bob", "Waiting to turn off: SAP work orders")
    # The limit is everybody's: who only looks waits too, and hears until when.
    await story.signs_in("bob")
    await story.types("bob", "/edfs show plant-a 'SAP work orders'")
    assert "All users of this bot share" in read(await story.sees("bob", "Too many requests"))
    assert story.flips() == 0
    story.world.clock.forward(601)
    assert "is now disabled" in await ended(story)
    assert story.flips() == 1
    assert story.patches() == 2


async def test_a_limit_that_outlives_the_wish_ends_it(story: Story) -> None:
    await meets(story, 429, retry_after=3_600)
    said = await told(story, "Too many requests just now")
    assert "You can try again" in said
    card = await ended(story)
    assert "Not changed: SAP work orders" in card
    assert "the limit for requests to Bentley is reached. Try after" in card
    agrees(story, card)
    story.world.clock.forward(901)
    await story.clicks("alice", "Try again")
    assert "is now disabled" in (await story.sees("bob", "is now disabled")).text
    assert story.flips() == 1
    assert story.patches() == 2


@pytest.mark.parametrize(("kind", "options", "cause"), UNCLEAR, ids=name_of)
async def test_an_unclear_answer_is_cleared_up_by_reading(
    story: Story, kind: str | int, options: dict[str, Any], cause: str
) -> None:
    edfs = story.world.edfs
    toggling = edfs.hold("toggle")
    await meets(story, kind, **options)
    await until(lambda: toggling.waiting)
    with edfs.hold("timer"):  # it stays uncertain for as long as it cannot be read
        toggling.release()
        await story.sees("bob", "Not certain yet: SAP work orders")
        assert WAIT in await told(story, cause)
    card = await ended(story)
    agrees(story, card)
    effect = kind in EFFECTIVE or options.get("after", False)
    assert story.flips() == int(effect)
    title = "SAP work orders is now disabled" if effect else "Not changed: SAP work orders"
    assert title in card
    assert sum(cause in said for said in story.says("alice")) == 1


async def test_where_no_connection_comes_about_nothing_was_sent(story: Story) -> None:
    await story.signs_in("alice")
    story.world.edfs.fail(None, "refused")
    await story.types("alice", TOGGLE)
    said = await told(story, "Bentley cannot be reached")
    assert "nothing was changed" in said
    assert story.says("bob") == []
    story.world.edfs.clear_faults()
    await story.clicks("alice", "Try again")
    await story.sees("bob", "is now disabled")
    assert story.flips() == 1
    assert story.patches() == 1


async def test_a_connection_refused_between_look_and_flip_changes_nothing(story: Story) -> None:
    await story.signs_in("alice")
    with story.world.edfs.hold("timer") as held:
        await story.types("alice", TOGGLE)
        await story.sees("bob", "Turning off")
        await until(lambda: held.waiting)
        story.world.edfs.fail(None, "refused")
    waits = read(await story.sees("bob", "Waiting to turn off"))
    assert "Bentley could not be reached. Nothing was sent yet." in waits
    await until(impatient(story, "Bentley cannot be reached"))
    await told(story, "Bentley cannot be reached")
    assert "Not changed" in await ended(story)
    story.world.edfs.clear_faults()
    assert story.patches() == 0
    await story.clicks("alice", "Try again")
    await story.sees("bob", "is now disabled")
    assert story.flips() == 1


def impatient(story: Story, words: str) -> Callable[[], bool]:
    """Move the clock a little at each look, until alice reads this."""

    def look() -> bool:
        story.world.clock.forward(0.2)
        return any(words in said for said in story.says("alice"))

    return look


async def test_a_connection_that_comes_back_is_used_without_a_word(story: Story) -> None:
    await story.signs_in("alice")
    with story.world.edfs.hold("timer") as held:
        await story.types("alice", TOGGLE)
        await story.sees("bob", "Turning off")
        await until(lambda: held.waiting)
        story.world.edfs.fail(None, "refused")
    await story.sees("bob", "Waiting to turn off")
    story.world.edfs.clear_faults()
    story.world.clock.forward(8)
    assert "is now disabled" in await ended(story)
    assert story.flips() == story.patches() == 1
    assert not any("Trace" in said for said in story.says("alice"))


async def test_two_flips_at_one_moment_are_a_conflict_that_is_said(story: Story) -> None:
    await story.signs_in("alice")
    with story.world.edfs.hold("toggle") as held:
        await story.types("alice", TOGGLE)
        await until(lambda: held.waiting)
        story.world.edfs.state.flip_outside("plant-a", "SAP work orders")
    card = await ended(story)
    assert "SAP work orders is enabled, not disabled" in card
    assert "both changes cancelled out" in card
    assert "State: enabled" in card
    assert story.world.edfs.state.timer("plant-a", "SAP work orders").enabled is True
    assert story.patches() == 1


@pytest.mark.parametrize("status", [500, 429, 403, 404, 422])
async def test_a_refusal_while_looking_is_explained_and_nothing_is_begun(
    story: Story, status: int
) -> None:
    await story.signs_in("alice")
    story.world.edfs.fail("timers", status, times=2)
    await story.types("alice", TOGGLE)
    await told(story, "Trace")
    assert story.says("bob") == []
    assert story.patches() == 0
