"""Subscriptions: matching of names, batching of notifications, and detection of changes."""

import typing
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.approvals import Stage
from bot.core.auto_enables import ClosedAs, Phase
from bot.core.change_detection import (
    Change,
    PollSnapshot,
    added_and_removed,
    last_monday,
    next_monday,
    state_changes,
    timer_snapshot,
)
from bot.core.names import ChannelId, ITwinId, OperationId, PersonId, TimerId, Workspace
from bot.core.notifications import (
    MOST_IN_DIGEST,
    MOST_SINGLE,
    ChangeThread,
    EventKind,
    NotificationEvent,
    PendingEvent,
    batched,
    change_threads,
    event_of_auto_enable,
    event_of_request,
    events_of,
    notification_of,
    with_events,
)
from bot.core.operations.operation import LateFinding, State
from bot.core.outcomes import Subscribed
from bot.core.subscriptions import (
    EVENTS,
    Kind,
    Subscription,
    ended,
    identity,
    is_pattern,
    literal,
    matches,
    stopped,
    subscribed,
)
from bot.core.timers import ITwin, LastSeen, Timer
from bot.features.subscriptions import KINDS
from bot.slack.views.subscriptions import subscribed as subscribed_view
from tests.slack.samples import NOW, ORDINARY, an_auto_enable, operation, request

WORKSPACE, CHANNEL, ALICE, BOB = Workspace("T1"), ChannelId("C1"), PersonId("U1"), PersonId("U2")
OPERATION = OperationId("0" * 24)
PLANT = ITwin(ITwinId("i1"), "plant-a")
ORDERS = Timer(TimerId("t1"), "SAP work orders", "SAP_WORK_ORDERS", "0 2 * * *", enabled=True)
SUBSCRIPTION = Subscription(
    id=identity(WORKSPACE, CHANNEL, PLANT.id, "SAP*"),
    workspace=WORKSPACE,
    channel=CHANNEL,
    person=ALICE,
    itwin=PLANT,
    pattern="SAP*",
    kinds=frozenset({"changes"}),
    not_mine=True,
    made_at=100.0,
)


@pytest.mark.parametrize(
    ("pattern", "name", "package", "found"),
    [
        ("", "anything", "", True),
        ("SAP*", "SAP work orders", "", True),
        ("sap*", "SÁP  work orders", "", True),
        ("SAP*", "Weekend", "SAP_WORK_ORDERS", True),
        ("SAP*", "My SAP", "", False),
        ("SAP", "SAP work orders", "", False),
        ("*orders", "SAP work orders", "", True),
        ("Timer ?", "Timer 1", "", True),
        ("Timer ?", "Timer 11", "", False),
        ("Timer [1]", "Timer [1]", "", True),
        ("Timer [1]", "Timer 1", "", False),
        ("sap–*", "SAP-orders", "", True),
        ("Bäume*", "Baeume sägen", "", True),
        ("*baume", "Alle Bäume", "", True),
        ("SAP＊", "SAP orders", "", True),
        (r"SAP \*", "SAP *", "", True),
        (r"SAP \*", "SAP orders", "", False),
        (r"Timer \?", "Timer 1", "", False),
        (r"\*[1]*", "*[1] and more", "", True),
        ("\u200b", "anything", "", False),
        ("anything", "\u200b", "", False),
    ],
)
def test_a_pattern_matches_names(pattern: str, name: str, package: str, found: bool) -> None:
    timer = replace(ORDERS, name=name, package=package)
    assert matches(pattern, timer) is found
    assert matches(pattern, replace(timer, id=TimerId("another"))) is found, "an edit keeps names"


def test_a_pattern_matches_a_whole_id_and_no_part_of_one() -> None:
    timer = replace(ORDERS, id=TimerId("6172e54b-45eb-5ff1-829a-df7b4fcdae2c"), name="x")
    assert matches(timer.id, timer)
    assert matches("{6172E54B-45EB-5FF1-829A-DF7B4FCDAE2C}", timer)
    assert not matches("6172*", timer)
    assert not matches("*a*", replace(timer, package=""))


@pytest.mark.parametrize(
    "name", ["SAP *", "Ready?", "＊", r"C:\*.xml", r"a\b", "Bäume [x]*", "plain"]
)
def test_a_literal_pattern_matches_its_name_alone(name: str) -> None:
    timer = replace(ORDERS, name=name, package="")
    assert matches(literal(name), timer)
    longer = name.replace("*", "xyz").replace("?", "x").replace("＊", "xyz")
    assert longer == name or not matches(literal(name), replace(timer, name=longer))
    assert (literal(name) == name) is not is_pattern(name)


def test_it_covers_its_kinds_and_with_not_mine_nothing_of_its_person() -> None:
    assert SUBSCRIPTION.wants("changes", PLANT.id, ORDERS, BOB)
    assert not SUBSCRIPTION.wants("changes", PLANT.id, ORDERS, ALICE)
    assert replace(SUBSCRIPTION, not_mine=False).wants("changes", PLANT.id, ORDERS, ALICE)
    assert not SUBSCRIPTION.wants("returns", PLANT.id, ORDERS, BOB)
    assert not SUBSCRIPTION.wants("changes", ITwinId("other"), ORDERS, BOB)
    assert not ended(SUBSCRIPTION, BOB, 200.0).wants("changes", PLANT.id, ORDERS, BOB)


def test_subscribing_again_changes_the_same_record() -> None:
    assert identity(WORKSPACE, CHANNEL, PLANT.id, "sap*") == SUBSCRIPTION.id
    assert subscribed(None, SUBSCRIPTION) is SUBSCRIPTION
    assert subscribed(SUBSCRIPTION, replace(SUBSCRIPTION, made_at=200.0)) is SUBSCRIPTION
    other = subscribed(SUBSCRIPTION, replace(SUBSCRIPTION, person=BOB, made_at=200.0))
    assert (other.version, other.made_at, other.changed_at) == (1, 100.0, 200.0)
    renewed = subscribed(ended(SUBSCRIPTION, BOB, 150.0), replace(SUBSCRIPTION, made_at=200.0))
    assert (renewed.ended_by, renewed.made_at, renewed.version) == (None, 200.0, 2)


def test_only_polled_subscriptions_are_due() -> None:
    polled = replace(SUBSCRIPTION, kinds=frozenset({"elsewhere"}))
    assert SUBSCRIPTION.due is None
    assert polled.due == 100.0
    paused = stopped(polled, "consent", 300.0)
    assert paused.due is None
    resumed = subscribed(paused, replace(polled, person=BOB, made_at=400.0))
    assert (resumed.due, resumed.stopped_at, resumed.why) == (400.0, 300.0, None)


def test_every_kind_can_be_typed_and_is_kept() -> None:
    kinds = typing.get_args(Kind)
    assert (*kinds, "not-mine") == EVENTS
    assert kinds == KINDS


@pytest.mark.parametrize("kind", typing.get_args(Kind))
def test_every_kind_is_named_where_a_channel_subscribes(kind: Kind) -> None:
    one, none = (
        str(subscribed_view(Subscribed(replace(SUBSCRIPTION, kinds=kinds), ())).blocks)
        for kinds in (frozenset({kind}), frozenset())
    )
    assert one != none


def pending_event(root: str, key: str, at: float) -> PendingEvent:
    return PendingEvent(root, PLANT, ORDERS, NotificationEvent(key, at, "disabled", BOB))


roots = st.sampled_from([f"r{number}" for number in range(60)])
items = st.lists(
    st.builds(pending_event, roots, st.integers(0, 200).map("e{}".format), st.floats(0, 100)),
    max_size=150,
)


@given(items, st.integers(0, 5))
def test_each_event_is_sent_once_in_few_messages(events: list[PendingEvent], made: int) -> None:
    waiting = change_threads(events)
    messages = batched(waiting, made)
    assert [thread for message in messages for thread in message] == list(waiting)
    assert {thread.root for thread in waiting} == {one.root for one in events}
    assert all(1 <= len(message) <= MOST_IN_DIGEST for message in messages)
    assert len(messages) <= max(MOST_SINGLE, -(-len(waiting) // MOST_IN_DIGEST))
    for thread in waiting:
        keys = [event.key for event in thread.events]
        assert len(keys) == len(set(keys))
        assert set(keys) == {one.event.key for one in events if one.root == thread.root}


@given(items.filter(bool), items)
def test_new_events_are_added_to_a_notification_once(
    first: list[PendingEvent], more: list[PendingEvent]
) -> None:
    notification = notification_of(WORKSPACE, CHANNEL, change_threads(first), 10.0, 0)
    after = with_events(notification, more, 20.0)
    assert with_events(after, more, 30.0) is after
    assert [thread.root for thread in after.threads] == [
        thread.root for thread in notification.threads
    ]
    for old, new in zip(notification.threads, after.threads, strict=True):
        assert new.events[: len(old.events)] == old.events


def test_a_burst_is_put_into_one_message() -> None:
    four = tuple(ChangeThread(str(n), PLANT, ORDERS, ()) for n in range(4))
    assert len(batched(four[:3], 0)) == 3
    assert len(batched(four, 0)) == 1
    assert len(batched(four[:2], 2)) == 1


def test_every_kind_of_event_happens() -> None:
    operations = [
        operation(ORDINARY, state=state, wanted=wanted, auto_enables=auto_enables)
        for state in State
        for wanted in (True, False)
        for auto_enables in (None, OPERATION)
    ]
    late = [
        operation(
            ORDINARY, state=State.UNKNOWN, late_finding=LateFinding(NOW, reads, "look"), seen=None
        )
        for reads in (True, False)
    ]
    requests = [request(ORDINARY, stage=stage, review=r) for stage in Stage for r in (True, False)]
    auto_enables = [
        an_auto_enable(ORDINARY, phase=phase, closed_as=how if phase is Phase.CLOSED else None)
        for phase in Phase
        for how in typing.get_args(ClosedAs)
    ]
    found = [event for one in (*operations, *late) for event in events_of(one)]
    found += [event_of_request(one) for one in requests]
    found += [event for one in auto_enables if (event := event_of_auto_enable(one))]
    elsewhere = typing.get_args(Change)  # each difference that a poll finds is an event of its kind
    assert {event.kind for event in found} | {*elsewhere} == {*typing.get_args(EventKind)}


OFF = replace(ORDERS, enabled=False)


@pytest.mark.parametrize(
    ("before", "now", "last", "changes", "is_uncertain"),
    [
        (ORDERS, ORDERS, None, [], False),
        (ORDERS, OFF, None, [("turned_off", 100.0)], False),
        (OFF, ORDERS, LastSeen(False, 100.0), [("turned_on", 100.0)], False),
        (ORDERS, OFF, LastSeen(False, 150.0, BOB, OPERATION), [], False),
        (ORDERS, ORDERS, LastSeen(False, 150.0, BOB, OPERATION), [("turned_on", 150.0)], False),
        (ORDERS, OFF, LastSeen(True, 50.0, BOB, OPERATION), [("turned_off", 100.0)], False),
        (ORDERS, ORDERS, LastSeen(False, 400.0, BOB, OPERATION), [], True),
        (None, OFF, None, [], False),
    ],
)
def test_changes_by_the_bot_are_not_reported(
    before: Timer | None,
    now: Timer,
    last: LastSeen | None,
    changes: list[tuple[str, float]],
    is_uncertain: bool,
) -> None:
    seen = PollSnapshot(100.0, {before.id: timer_snapshot(before)} if before else {})
    found, uncertain = state_changes(seen, [now], {now.id: last} if last else {}, 400.0)
    assert [(one.change, one.since) for one in found] == changes
    assert bool(uncertain) is is_uncertain


def test_an_edited_timer_is_replaced_not_removed() -> None:
    other = replace(ORDERS, id=TimerId("t2"), name="Other", package="OTHER")
    seen = PollSnapshot(100.0, {one.id: timer_snapshot(one) for one in (ORDERS, other)})
    edited = replace(ORDERS, id=TimerId("t3"), cron="1 1 * * *")
    new = replace(ORDERS, id=TimerId("t4"), name="New", package="NEW")
    found = added_and_removed(seen, [edited, new])
    assert {(one.id, one.change) for one in found} == {
        ("t3", "replaced"),
        ("t4", "appeared"),
        ("t2", "vanished"),
    }


@given(st.floats(1_700_000_000, 1_900_000_000), st.sampled_from(["Europe/Berlin", "Asia/Kolkata"]))
def test_last_and_next_monday_are_at_eight(now: float, zone: str) -> None:
    last, following = last_monday(now, zone), next_monday(now, zone)
    assert last <= now < following
    for at in (last, following):
        local = datetime.fromtimestamp(at, ZoneInfo(zone))
        assert (local.weekday(), local.hour, local.minute) == (0, 8, 0)
    assert 6.9 * 86_400 < following - last < 7.1 * 86_400
