"""Deliveries: stored and read back as they are, and answered even when nobody knows the control."""

import json
from collections.abc import AsyncIterator
from typing import Any, get_args
from urllib.parse import urlencode

import pytest

from bot.core.actions import Action
from bot.core.deliveries import (
    ButtonAction,
    Delivery,
    HomeOpened,
    InHome,
    InMessage,
    InModal,
    Mention,
    ModalSubmission,
    Shortcut,
    SignInCompleted,
    SlashCommand,
    ThreadMessage,
)
from bot.core.language.forms import (
    ChangeEndForm,
    ChooserForm,
    DeclineForm,
    SubscriptionForm,
    TimerFields,
)
from bot.core.names import (
    ChannelId,
    DeliveryId,
    ITwinId,
    OperationId,
    PersonId,
    TimerId,
    Workspace,
)
from bot.core.timers import ITwin, Timer
from bot.gateways.sealing import KeyRing
from bot.gateways.store import Store, open_store
from bot.sandbox.loopback import loopback_client
from bot.sandbox.people import TEAM_ID, person_named
from tests.conftest import KEYS
from tests.world.story import TOGGLE, Story, read

ITWIN = ITwinId("4f6f3f0e-2f0d-4c57-9a2c-0d8c7a4f1b11")
TIMER = TimerId("9b1c1f5e-0f3a-4b0e-8d55-0c2b1a7d9e22")
RECORD = OperationId("0123456789abcdef01234567")
HEAD: dict[str, Any] = {
    "id": DeliveryId("89abcdef0123456789abcdef"),
    "workspace": Workspace("T0ELSEWHERE"),
    "installed_in": Workspace(TEAM_ID),
    "person": PersonId("U0ALICE001"),
    "channel": ChannelId("C0PLANT001"),
    "at": 1_764_000_000.25,
}
CHOOSER = ChooserForm(
    itwin=ITWIN,
    timer=None,
    wanted=False,
    until="for 2 runs",
    reason="é ‑ <b>",
    emergency=True,
    channel=ChannelId(""),
    shown=TimerFields(
        ITwin(ITWIN, "plant-a", "PA-001"), Timer(TIMER, "SAP", "P", "0 2 * * *", True)
    ),
)
SUBSCRIPTION = SubscriptionForm(None, "SAP*", ("changes", "digest"), ChannelId("C0PLANT001"))
SHAPES: list[Delivery] = [
    SlashCommand(**HEAD, text="toggle plant-a SAP", response_url="https://x", trigger_id="1.2"),
    *(
        ButtonAction(**HEAD, action=action, value="v", trigger_id="1.2", source=source)
        for action, source in (
            (Action.UNDO, InMessage("1.0", ephemeral=True, thread="0.9", response_url="https://x")),
            (Action.SHOW_HOME, InHome()),
            (Action.UNTIL, InModal("V1", "h", 1_764_000_000.5, CHOOSER)),
            (None, InModal("V1", "h", 1_764_000_000.5, None)),
        )
    ),
    *(
        ModalSubmission(**HEAD, form=form)
        for form in (
            CHOOSER,
            SUBSCRIPTION,
            DeclineForm(RECORD, "no"),
            ChangeEndForm(RECORD, "for 1 day"),
            None,
        )
    ),
    Shortcut(**HEAD, operation=RECORD, reason="", response_url="https://x", trigger_id="1.2"),
    Shortcut(**HEAD, operation=None, reason="SAP is down", response_url="", trigger_id="1.2"),
    Mention(**HEAD, text="list plant-a", thread="0.9"),
    ThreadMessage(**HEAD, thread="0.9"),
    HomeOpened(**HEAD),
    SignInCompleted(**HEAD, pending_command=RECORD),
]


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    store = open_store(redis_url, KeyRing.parse(KEYS))
    try:
        yield store
    finally:
        await store.aclose()


def test_every_shape_is_among_the_samples() -> None:
    assert {type(one) for one in SHAPES} == set(get_args(Delivery))
    kinds = [shape.__dataclass_fields__["kind"].default for shape in get_args(Delivery)]
    assert len(set(kinds)) == len(kinds) == 8


@pytest.mark.parametrize("delivery", SHAPES, ids=lambda one: type(one).__name__)
async def test_a_delivery_is_read_as_it_was_stored(store: Store, delivery: Delivery) -> None:
    assert await store.deliveries.save(delivery, "owner", HEAD["at"])
    found = await store.deliveries.read(delivery.installed_in, delivery.id)
    assert found == delivery
    assert type(found) is type(delivery)


async def click(story: Story, action: str, value: str, container: str = "message") -> None:
    """Alice clicks a control in a message of the channel, as Slack would send it."""
    alice, world = person_named("alice"), story.world
    channel = world.slack.state.workspace.channel_named("#plant-ops").id
    payload = {
        "type": "block_actions",
        "user": {"id": alice.id, "team_id": TEAM_ID},
        "container": {"type": container, "message_ts": "1.0", "channel_id": channel},
        "trigger_id": "1.2.x",
        "actions": [{"action_id": action, "block_id": "b", "type": "button", "value": value}],
    }
    body = urlencode({"payload": json.dumps(payload)}).encode()
    assert world.slack.delivery.events_url is not None
    async with loopback_client(seconds=30) as client:
        answer = await client.post(
            world.slack.delivery.events_url,
            content=body,
            headers=world.slack.delivery.signed(body),
        )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("action", "value"),
    [
        ("edfs.retired", RECORD),
        ("edfs.undo", "the last one"),  # not the id of a record
        ("edfs.until", ""),  # an input of the chooser, in a message
    ],
)
async def test_a_control_that_is_not_known_is_answered(
    story: Story, action: str, value: str
) -> None:
    """A card may be older or newer than the bot that receives the click."""
    await click(story, action, value)
    assert "That operation is no longer kept." in read(await story.sees("alice", "no longer kept"))
    assert story.flips() == 0


@pytest.mark.parametrize("action", ["edfs.enable", "edfs.undo", "edfs.extend", "edfs.run"])
async def test_a_shared_copy_of_a_card_does_nothing(story: Story, action: str) -> None:
    """It shows what was true when it was shared, and its message is not the bot's to edit."""
    await story.signs_in("alice")
    await story.types("alice", TOGGLE)
    card = read(await story.sees("alice", "is now disabled"))
    operation = card.rpartition("Operation ")[2][:24]
    await click(story, action, operation, "message_attachment")
    said = read(await story.sees("alice", "This is a copy of a message"))
    assert "Look at the message itself" in said
    assert story.flips() == 1
    assert story.world.slack.state.modals.top(story.world.person("alice")) is None


async def test_the_click_on_a_link_is_not_stored(story: Story) -> None:
    """Slack reports it although the browser has opened the link already."""
    await click(story, "edfs.open", "")
    assert [key async for key in story.bot.store.redis.scan_iter("edfs:*:delivery:*")] == []
