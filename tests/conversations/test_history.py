"""History in Slack: what a person is shown of the audit trail.

Entries of other people's requests and auto-enables are written with the entry functions of the
store's schemas: one conversation has no time for all of it.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from bot.core.approvals import Approval, Canceled, Declined, Expired, Reminded, Vote, Voted
from bot.core.approvals import after as decided
from bot.core.auto_enables import AutoEnable, Closed, NeedsPerson, scheduled_by
from bot.core.auto_enables import after as returned
from bot.core.language.until import Until
from bot.core.names import ChannelId, OperationId, PersonId
from bot.core.operations.operation import Approved, Failure, FailureKind, Operation
from bot.core.subscriptions import Subscription
from bot.gateways.sealing import KeyRing
from bot.gateways.store import open_store
from bot.gateways.store.audit import AuditEntry
from bot.gateways.store.schemas import APPROVALS, AUTO_ENABLES, SUBSCRIPTIONS
from bot.sandbox.people import person_named
from tests.world.story import Story, read
from tests.world.waiting import until

WORK = '"SAP work orders"'
OFF = f"/edfs disable plant-a {WORK} because SAP is down"
ALICE, BOB = (PersonId(person_named(name).id) for name in ("alice", "bob"))
NOTHING = "Nothing was done through this bot that you could read."


async def asks(story: Story, person: str, command: str, title: str) -> str:
    """Ask, and return what that person alone is shown."""
    await story.types(person, command)
    shown = await story.sees(person, title)
    assert shown.visible_to is not None
    return read(shown).replace(" ,", ",").replace(" .", ".")  # the reader sets people apart


async def off(story: Story, command: str = OFF) -> Operation:
    """Have alice turn a timer off; return the operation."""
    await story.signs_in("alice")
    await story.types("alice", command)
    card = read(await story.sees("alice", "is now disabled"))
    found = re.search(r"Operation ([0-9a-f]{24})", card)
    assert found, card
    store = story.bot.store
    operation = await store.operations.read(
        story.bot.context.installation.workspace, OperationId(found[1])
    )
    assert operation is not None
    return operation


async def written(story: Story, *entries: AuditEntry) -> None:
    for entry in entries:
        await story.bot.store.audit.append(story.bot.context.installation.workspace, entry)


def facts_of(about: Operation, /, **changes: str) -> dict[str, str]:
    facts = {
        "operation": about.id,
        "itwin": about.itwin.id,
        "timer": about.timer.id,
        "timer_name": about.timer.name,
        "wanted": "disabled",
    }
    return facts | changes


def request(operation: Operation, number: int, *, review: bool = False) -> Approval:
    """Return a request of alice's that waits for bob."""
    own = operation if review else replace(operation, id=OperationId(f"{number:024x}"))
    return Approval(
        operation=own,
        review=review,
        needed=1,
        approvers=None,
        self_approval=False,
        runs_as="requester",
        expires_at=own.asked_at + 3_600,
        channel=ChannelId("C0OPS00001"),
    )


def entries_of(versions: Iterable[Approval]) -> list[AuditEntry]:
    assert APPROVALS.entry is not None
    return [APPROVALS.entry(one) for one in versions]


def back_entries(versions: Iterable[AutoEnable]) -> list[AuditEntry]:
    assert AUTO_ENABLES.entry is not None
    return [AUTO_ENABLES.entry(one) for one in versions]


async def test_who_as_whom_what_and_why_for_one_person(story: Story) -> None:
    await off(story)
    said = await asks(story, "alice", f"/edfs history plant-a {WORK}", "History of SAP work orders")
    told = "SAP work orders disabled, by @alice as alice@acme.example, because “SAP is down”."
    assert said.count("SAP work orders") == 2  # the title, and one line for all of its entries
    assert told in said
    assert all("History" not in seen for seen in story.says("bob"))


async def test_who_may_not_read_the_timers_is_told_nothing(story: Story) -> None:
    await off(story)
    await story.signs_in("carol")
    assert NOTHING in await asks(story, "carol", "/edfs history", "History of your iTwins")
    await story.types("carol", "/edfs history plant-a")
    await story.types("carol", f"/edfs history plant-a {WORK}")
    await until(lambda: sum("Trace " in said for said in story.says("carol")) == 2)
    assert not any("SAP is down" in said or "alice" in said for said in own(story, "carol"))


def own(story: Story, person: str) -> list[str]:
    """What that person alone sees."""
    return [read(seen) for seen in story.world.reads(person) if seen.visible_to is not None]


async def test_the_right_is_asked_for_each_time(story: Story) -> None:
    await off(story)
    await story.signs_in("bob")
    assert "by @alice" in await asks(story, "bob", "/edfs history", "History of your iTwins")
    story.world.edfs.state.take_right("bob", "plant-a")
    await asks(story, "bob", "/edfs history", NOTHING)


async def test_without_a_name_no_more_than_eight_itwins_are_read(story: Story) -> None:
    operation = await off(story)
    for place in range(1, 12):
        itwin = story.world.edfs.state.itwin(f"Bridge {place:03d}").id
        facts = {"operation": f"{place:024x}", "itwin": itwin, "timer_name": "x", "wanted": "off"}
        await written(story, AuditEntry(operation.asked_at, "operation.applied", ALICE, facts))
    before = len(story.world.edfs.calls)
    await asks(story, "alice", "/edfs history", NOTHING)
    reads = [call for call in story.world.edfs.calls[before:] if "/timers" in call["path"]]
    assert len(reads) == 8


async def test_a_trouble_of_bentleys_is_no_empty_history(story: Story) -> None:
    await off(story)
    story.world.edfs.fail("timers", 503, times=None)
    await story.types("alice", "/edfs history")
    await story.sees("alice", "Trace ")
    assert not any("History of" in said for said in story.says("alice"))


async def test_a_timer_that_an_edit_replaced_keeps_its_past(story: Story) -> None:
    old = await off(story)
    new = story.world.edfs.state.replace_timer("plant-a", "SAP work orders", cron="0 4 * * *")
    assert new.id != old.timer.id
    for named in (WORK, new.id):
        said = await asks(story, "alice", f"/edfs history plant-a {named}", "History of SAP work")
        assert "because “SAP is down”" in said
    story.world.edfs.state.remove_timer("plant-a", "SAP work orders")
    said = await asks(story, "alice", '/edfs history plant-a "sap WORK orders"', "sap WORK")
    assert "because “SAP is down”" in said


async def test_a_name_that_nothing_ever_had_is_refused_with_choices(story: Story) -> None:
    await off(story)
    await story.types("alice", "/edfs history plant-a SAP")
    await story.sees("alice", "SAP materials")
    await story.clicks("alice", "SAP materials · SAP_MATERIALS")
    assert NOTHING in read(await story.sees("alice", "History of SAP materials in plant-a"))


async def test_requests_their_end_and_reminders_are_one_line_each(story: Story) -> None:
    operation = await off(story)
    declined, expired, taken_back = (request(operation, number) for number in (1, 2, 3))
    reminded = decided(expired, Reminded(operation.asked_at + 900))
    await written(
        story,
        *entries_of([declined, decided(declined, Declined(BOB, operation.asked_at, "not now"))]),
        *entries_of([expired, reminded, decided(reminded, Expired(operation.asked_at + 3_600))]),
        *entries_of([taken_back, decided(taken_back, Canceled(operation.asked_at))]),
    )
    said = await asks(story, "alice", "/edfs history plant-a", "History of plant-a")
    lines = [line for line in said.splitlines() if "SAP work orders" in line]
    assert [re.sub(r".*SAP work orders ", "", line).partition(",")[0] for line in lines] == [
        "not disabled: the request was taken back",
        "not disabled: the request expired",
        "not disabled: declined",
        "disabled",
    ]
    assert "asked by @alice as alice@acme.example, decided by @bob" in lines[2]
    assert "answered “not now”" in lines[2]


async def test_votes_an_end_and_an_emergency_fold_into_the_operation(story: Story) -> None:
    operation = await off(story)
    at = operation.asked_at
    agreed = replace(operation, approved=Approved((BOB,), at, "d"), emergency=True)
    review = request(agreed, 0, review=True)
    reviewed = decided(review, Voted(Vote(BOB, "s", "bob@acme.example", at)))
    facts = facts_of(
        operation, approved_by=BOB, until=str(at + 7_200), emergency="yes", seen="disabled"
    )
    ended = AuditEntry(at, "operation.applied", ALICE, facts)
    late = AuditEntry(at, "operation.late", ALICE, {**facts, "late": "look True"})
    back = scheduled_by(replace(agreed, until=Until(at + 7_200)))
    assert back is not None
    await written(story, *entries_of([review, reviewed]), ended, late, *back_entries([back]))
    said = await asks(story, "alice", "/edfs history plant-a", "History of plant-a")
    [line] = [line for line in said.splitlines() if "SAP work orders" in line]
    assert "approved by @bob, an emergency (reviewed by @bob), until " in line
    assert "later found enabled" in line
    asking = returned(back, NeedsPerson(at + 7_200, failure=_gone()))
    kept = returned(asking, Closed(at + 7_300, "kept_disabled", BOB))
    await written(story, *back_entries([asking]))
    said = await asks(story, "alice", "/edfs history plant-a", "did not come back on by itself")
    await written(story, *back_entries([kept]))
    said = await asks(story, "alice", "/edfs history plant-a", "stays off")
    assert "SAP work orders stays off, return set by @alice, decided by @bob." in said
    assert "did not come back" not in said


def _gone() -> Failure:
    return Failure(FailureKind.SIGN_IN_NEEDED)


async def test_subscriptions_stand_in_the_history_of_the_whole_itwin_only(story: Story) -> None:
    operation = await off(story)
    made = Subscription(
        id=OperationId("5" * 24),
        workspace=operation.workspace,
        channel=ChannelId("C0OPS00001"),
        person=BOB,
        itwin=operation.itwin,
        pattern="SAP*",
        kinds=frozenset({"changes"}),
        not_mine=False,
        made_at=operation.asked_at,
    )
    assert SUBSCRIPTIONS.entry is not None
    await written(story, SUBSCRIPTIONS.entry(made))
    said = await asks(story, "alice", "/edfs history plant-a", "History of plant-a")
    assert "SAP* a channel is told of it, by @bob" in said
    assert "C0OPS00001" not in said  # it may be a private one
    await written(story, SUBSCRIPTIONS.entry(replace(made, ended_by=ALICE)))
    said = await asks(story, "alice", "/edfs history plant-a", "told of it no more, by @alice")
    said = await asks(story, "alice", f"/edfs history plant-a {WORK}", "History of SAP work")
    assert "a channel is told" not in said


async def test_pages_follow_each_other_and_the_right_is_asked_for_on_each(story: Story) -> None:
    operation = await off(story)
    for number in range(1, 45):
        facts = facts_of(operation, operation=f"{number:024x}", timer_name=f"Timer {number:02d}")
        await written(story, AuditEntry(operation.asked_at, "operation.rejected", BOB, facts))
    await asks(story, "alice", "/edfs history", "History of your iTwins")
    seen = shown_numbers(story)
    for _ in range(4):
        await story.clicks("alice", "More")
        last = seen[-1:]
        await until(lambda last=last: shown_numbers(story)[-1:] != last)
        seen += shown_numbers(story)
    assert seen == [*range(44, 0, -1)]
    assert "SAP work orders in plant-a disabled, by @alice" in own(story, "alice")[-1]
    assert not any("[More]" in said for said in own(story, "alice"))
    await story.clicks("alice", "Newest")
    await story.sees("alice", "Timer 44")
    assert "[Newest]" not in own(story, "alice")[-1]
    story.world.edfs.state.take_right("alice", "plant-a")
    await story.clicks("alice", "More")
    await story.sees("alice", NOTHING)


def shown_numbers(story: Story) -> list[int]:
    return [int(found) for found in re.findall(r"Timer (\d\d)", own(story, "alice")[-1])]


async def test_what_does_not_open_is_left_out_and_said(story: Story, redis_url: str) -> None:
    operation = await off(story)
    other = open_store(redis_url, KeyRing.parse(KeyRing.new_key()))
    facts = {"operation": "7" * 24, "itwin": operation.itwin.id, "timer_name": "Hidden"}
    await other.audit.append(operation.workspace, AuditEntry(1.0, "operation.applied", BOB, facts))
    await other.aclose()
    said = await asks(story, "alice", "/edfs history plant-a", "could not be opened. Tell an admin")
    assert "SAP work orders disabled, by @alice" in said
    assert "Hidden" not in said


async def test_who_is_not_signed_in_is_offered_it(story: Story) -> None:
    await story.types("alice", "/edfs history plant-a")
    await story.sees("alice", "Your command waits")
    assert story.world.edfs.calls == []
