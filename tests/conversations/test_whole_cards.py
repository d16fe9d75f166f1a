"""Whole cards, as everybody in the channel reads them.

Where a test of one rule compares a few words, these compare all of them, so that a line which
appears, moves or goes is seen. Times and ids differ from run to run and stand as ``<time>``
(several as ``<times>``) and ``<id>``. After a change that is meant, run this file with
``--inline-snapshot=fix`` and read the difference.
"""

import re
from pathlib import Path

from inline_snapshot import snapshot

from bot.sandbox.edfs.itwins import CANARY
from bot.sandbox.slack import Message
from tests.world.approval_story import HERE, IN_APPROVALS, ask, request_in, told
from tests.world.notification_story import subscribes
from tests.world.notification_story import told as announced
from tests.world.story import TOGGLE, Story, read
from tests.world.waiting import until

DAY = 86_400
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC")
TIMES = re.compile(r"<time>(, <time>)+")
ID = re.compile(
    r"\b[0-9a-f]{24}\b|\b[0-9a-f]{8}\b(?!-)|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"
)


def whole(message: Message) -> str:
    """Everything on the card, without what differs from run to run."""
    said = ID.sub("<id>", TIME.sub("<time>", read(message)))
    return TIMES.sub("<times>", said)


async def disabled(story: Story, words: str = "") -> Message:
    await story.signs_in("alice")
    await story.types("alice", f'/edfs disable plant-a "SAP work orders" {words}')
    return await story.sees("bob", "is now disabled")


async def test_a_disabled_timer(story: Story) -> None:
    assert whole(await disabled(story)) == snapshot("""\
# SAP work orders is now disabled
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
State: disabled
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Next run: none while it is disabled
Turned off by: @alice as alice@acme.example, <time>
[Enable] [Undo] [Details]
Operation <id>\
""")


async def test_an_enabled_timer(story: Story) -> None:
    await disabled(story)
    await story.clicks("alice", "Enable")
    assert whole(await story.sees("bob", "is now enabled")) == snapshot("""\
# SAP work orders is now enabled
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
State: enabled
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Next run: <time>
Turned on by: @alice as alice@acme.example, <time>
[Disable] [Undo] [Details]
Operation <id>\
""")


async def test_an_undone_change(story: Story) -> None:
    await disabled(story)
    await story.clicks("alice", "Undo")
    assert whole(await story.sees("bob", "is now enabled")) == snapshot("""\
# SAP work orders is now enabled
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
State: enabled
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Next run: <time>
Turned on by: @alice as alice@acme.example, <time>
This undoes operation <id>.
[Disable] [Undo] [Details]
Operation <id>\
""")


async def test_a_timer_that_is_off_until(story: Story) -> None:
    await disabled(story, "for 14 days because SAP is down")
    assert whole(await story.sees("bob", "Return now")) == snapshot("""\
# SAP work orders is now disabled
Off until: <time>
It is turned on again then, with the sign-in of @alice.
Skips 10 runs, first <time>
What becomes of a run that is under way, Bentley does not say.
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
State: disabled
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Next run: none while it is disabled
Turned off by: @alice as alice@acme.example, <time>
Because: SAP is down
[Return now] [Extend] [Keep off] [Undo] [Details]
Operation <id>\
""")


async def test_a_timer_that_was_enabled_as_planned(story: Story) -> None:
    await disabled(story, "for 14 days because SAP is down")
    await story.sees("bob", "Return now")
    story.world.clock.forward(14 * DAY + 1)
    assert whole(await story.sees("bob", "Returned as planned")) == snapshot("""\
# SAP work orders is now enabled
Returned as planned. It was off since <time>, set by @alice.
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
State: enabled
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Next run: <time>
Turned on by: @alice as alice@acme.example, <time>
It was off because: SAP is down
[Disable] [Undo] [Details]
Operation <id>\
""")


async def test_an_auto_enable_that_needs_a_person(story: Story) -> None:
    card = await disabled(story, "for 14 days because SAP is down")
    await story.sees("bob", "Return now")
    story.world.edfs.state.take_right("alice", "plant-a")
    story.world.clock.forward(14 * DAY + 60)
    asks = await story.sees("bob", "[Enable] [Keep off]")
    assert whole(asks) == snapshot("""\
# Still off: SAP work orders
It did not come back by itself. The account of whoever set this may not read the timer any more.
iTwin: plant-a
Off since: <time>, set by @alice
Was to return: <time>
Because: SAP is down
Anybody who may switch it can turn it on, with their own sign-in.
[Enable] [Keep off]
Return <id>\
""")
    below = await story.sees("bob", "A card below asks")
    assert below.ts == card.ts
    assert whole(below) == snapshot("""\
# SAP work orders is now disabled
It did not come back by itself. A card below asks somebody to do it.
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
State: disabled
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Next run: none while it is disabled
Turned off by: @alice as alice@acme.example, <time>
Because: SAP is down
[Enable] [Undo] [Details]
Operation <id>\
""")


async def test_a_change_on_its_way(story: Story) -> None:
    await story.signs_in("alice")
    with story.world.edfs.hold("toggle"):
        await story.types("alice", TOGGLE)
        assert whole(await story.sees("bob", "Turning off")) == snapshot("""\
# Turning off: SAP work orders …
Under way. This card, or a newer one below it, says what comes of it.
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
State: enabled
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Next run: <time>
Asked by: @alice as alice@acme.example, <time>
Operation <id>\
""")


async def test_a_change_that_is_not_certain_yet(story: Story) -> None:
    await story.signs_in("alice")
    edfs = story.world.edfs
    edfs.fail("toggle", 504, after=True)
    toggling = edfs.hold("toggle")
    await story.types("alice", TOGGLE)
    await until(lambda: toggling.waiting)
    with edfs.hold("timer"):
        toggling.release()
        assert whole(await story.sees("bob", "Not certain yet")) == snapshot("""\
# Not certain yet: SAP work orders
Bentley's answer was lost.
The verdict comes <time>. Do not press again.
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
State: not known
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Next run: not known
Asked by: @alice as alice@acme.example, <time>
Operation <id>\
""")
    assert whole(await story.sees("bob", "is now disabled")) == snapshot("""\
# SAP work orders is now disabled
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
State: disabled
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Next run: none while it is disabled
Turned off by: @alice as alice@acme.example, <time>
[Enable] [Undo] [Details]
Operation <id>\
""")


async def test_a_change_that_waits_for_a_limit(story: Story) -> None:
    await story.signs_in("alice")
    story.world.edfs.fail("toggle", 429, retry_after=600)
    await story.types("alice", TOGGLE)
    assert whole(await story.sees("bob", "Waiting to turn off")) == snapshot("""\
# Waiting to turn off: SAP work orders
The limit for requests to Bentley is reached. Nothing was sent yet.
It goes on by itself <time>. Do not press again.
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
State: enabled
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Next run: <time>
Asked by: @alice as alice@acme.example, <time>
Operation <id>\
""")


async def test_a_change_that_was_refused(story: Story) -> None:
    await story.signs_in("alice")
    story.world.edfs.fail("toggle", 403)
    await story.types("alice", TOGGLE)
    assert whole(await story.sees("bob", "Not changed")) == snapshot("""\
# Not changed: SAP work orders
Nothing was changed. The reason was told to the person who asked.
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
State: enabled
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Next run: <time>
Asked by: @alice as alice@acme.example, <time>
[Disable] [Details]
Operation <id>\
""")


async def test_two_changes_that_cancelled_out(story: Story) -> None:
    await story.signs_in("alice")
    with story.world.edfs.hold("toggle") as held:
        await story.types("alice", TOGGLE)
        await story.sees("bob", "Turning off")
        await until(lambda: held.waiting)
        story.world.edfs.state.flip_outside("plant-a", "SAP work orders")
    assert whole(await story.sees("bob", "not disabled")) == snapshot("""\
# SAP work orders is enabled, not disabled
Somebody else switched it at the same moment, so both changes cancelled out.
It was not flipped back by itself: press the button if you still want it.
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
State: enabled
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Next run: <time>
Asked by: @alice as alice@acme.example, <time>
[Disable] [Details]
Operation <id>\
""")


async def test_a_request_and_its_decision(ruled: Story, policy: Path) -> None:
    card = await ask(ruled, policy, IN_APPROVALS)
    assert whole(card) == snapshot("""\
# To be approved: turn off SAP work orders
Asked by: @alice as alice@acme.example, <time>
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
Change: enabled → disabled
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Because: SAP is down
Who decides: anybody whose own account can do it, but not who asked
Agreed so far: 0 of 1
Account: it will be done with @alice's account (alice@acme.example), and Bentley's record will name it
Expires: <time>
[Approve] [Decline] [Cancel]
Request <id>\
""")
    await ruled.clicks("bob", "Approve", card.ts)
    assert whole(await ruled.sees("bob", "is now disabled", "#approvals")) == snapshot("""\
# SAP work orders is now disabled
Approved by: @bob as bob@acme.example, <time>
Asked by: @alice as alice@acme.example, <time>
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
Change: enabled → disabled
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Because: SAP is down
Request <id>\
""")
    done = await ruled.sees("alice", "Turned off by: @alice", "#plant-ops")
    assert whole(done) == snapshot("""\
# SAP work orders is now disabled
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
State: disabled
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Next run: none while it is disabled
Turned off by: @alice as alice@acme.example, <time>
Approved by: @bob, <time>
Because: SAP is down
[Enable] [Undo] [Details]
Operation <id>\
""")


async def test_a_request_with_an_end(ruled: Story, policy: Path) -> None:
    command = '/edfs disable plant-a "SAP work orders" for 14 days because SAP is down'
    assert whole(await ask(ruled, policy, HERE, command)) == snapshot("""\
# To be approved: turn off SAP work orders
Asked by: @alice as alice@acme.example, <time>
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
Change: enabled → disabled, and enabled again <time>
Skips 10 runs, first <time>
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Because: SAP is down
Who decides: anybody whose own account can do it, but not who asked
Agreed so far: 0 of 1
Account: it will be done with @alice's account (alice@acme.example), and Bentley's record will name it
Expires: <time>
[Approve] [Decline] [Cancel]
Request <id>\
""")


async def test_a_declined_request(ruled: Story, policy: Path) -> None:
    card = await ask(ruled, policy, IN_APPROVALS)
    await ruled.types("bob", f"/edfs decline {request_in(card)} because wait for the audit")
    assert whole(await ruled.sees("bob", "Declined: turn off", "#approvals")) == snapshot("""\
# Declined: turn off SAP work orders
Declined by: @bob, <time>
Because: wait for the audit
Asked by: @alice as alice@acme.example, <time>
iTwin: plant-a (PA-001)
Package: SAP_WORK_ORDERS
Change: enabled → disabled
Schedule: weekdays at 02:00, UTC assumed 0 2 * * 1-5
Because: SAP is down
Request <id>\
""")
    await told(ruled, "alice", "Declined by: @bob")
    assert whole(await ruled.sees("alice", "Declined by: @bob", "@alice")) == snapshot("""\
# Declined: turn off SAP work orders
Declined by: @bob, <time>
Because: wait for the audit
iTwin: plant-a
Request <id>\
""")


async def test_a_notification(story: Story) -> None:
    await story.signs_in("alice")
    await subscribes(story, "")
    await story.types("alice", f"{TOGGLE} because SAP is down")
    assert whole(await announced(story, "is now disabled")) == snapshot("""\
# SAP work orders is now disabled
iTwin: plant-a
Package: SAP_WORK_ORDERS
State: disabled
Disabled: @alice, <time>
Reason: SAP is down
[Show]
This channel has subscribed: /edfs subscriptions.\
""")
    await story.sees("alice", "is now disabled", "#plant-ops")
    await story.clicks("alice", "Undo")
    assert whole(await announced(story, "is now enabled")) == snapshot("""\
# SAP work orders is now enabled
iTwin: plant-a
Package: SAP_WORK_ORDERS
State: enabled
Enabled: @alice, <time>
Before
disabled by @alice, because “SAP is down”, <time>
[Show]
This channel has subscribed: /edfs subscriptions.\
""")


async def test_the_answer_to_show(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs show plant-a Weekend orders")
    shown = await story.sees("alice", "Weekend orders is enabled")
    assert CANARY not in read(shown)
    assert whole(shown) == snapshot("""\
# Weekend orders is enabled
iTwin: plant-a
Package: SAP_WORK_ORDERS
State: enabled
Schedule: weekends at 00:00, UTC assumed 0 0 * * 6,0
Next run: <time>
[Disable] [History] [All timers]\
""")


async def test_the_list_of_an_itwin(story: Story) -> None:
    await story.signs_in("alice")
    await story.types("alice", "/edfs list plant-a")
    assert whole(await story.sees("alice", "Timers of plant-a")) == snapshot("""\
# Timers of plant-a: 7, 1 disabled
disabled SharePoint documents SHAREPOINT_DOCUMENTS at 14:15 on day 1 of the month
enabled Maximo assets MAXIMO_ASSETS weekdays at 22:00
enabled Meter readings SQL_METERS every 10 minutes
enabled Month end SAP_CLOSING at 00:00 on the weekday nearest to the last day of the month
enabled SAP materials SAP_MATERIALS every day at 03:30
enabled SAP work orders SAP_WORK_ORDERS weekdays at 02:00
enabled Weekend orders SAP_WORK_ORDERS weekends at 00:00
<Show a timer …>
[History] [Use in this channel]
Go on with /edfs show <itwin> <timer>.\
""")
