"""Samples of all that can be said: every outcome, card, window and error, in many voices.

A voice is how the strangers speak whose words stand in them: ordinary, as long as it goes in
several scripts, or hostile. What is closed (a union, an enum, a Literal) is walked through, so a
new member has a sample or a test that says it has none. To add an outcome: a function that yields
``(variant, outcome)``, named in ``OUTCOMES``.
"""

import random
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from bot.core import schedules
from bot.core.approvals import Approval, Stage, Vote
from bot.core.auto_enables import AutoEnable, ClosedAs, Phase
from bot.core.history import PastEvent
from bot.core.language import commands
from bot.core.language.until import Until
from bot.core.names import (
    ChannelId,
    ITwinId,
    OperationId,
    PersonId,
    TimerId,
    Workspace,
    single_line,
)
from bot.core.notifications import (
    MOST_IN_DIGEST,
    ChangeThread,
    Notification,
    NotificationEvent,
    StillDisabled,
)
from bot.core.operation_sets import LeftOut, Member, MemberShown, OperationSet
from bot.core.operations.operation import (
    ActingAccount,
    Approved,
    Failure,
    FailureKind,
    LateFinding,
    Observation,
    Operation,
    Origin,
    State,
)
from bot.core.subscriptions import Kind, Subscription
from bot.core.timers import ITwin, LastSeen, Parameter, Timer
from bot.sandbox.people import TEAM_ID, person_named

NOW = 1_795_000_000.0
DAY = 86_400.0
ALICE = PersonId(person_named("alice").id)
BOB = PersonId(person_named("bob").id)
ROOM = ChannelId("C0PLANTOPS")
GUID = "0a1b2c3d-0000-4000-8000-{:012d}"

PIECES = [
    *("<!channel>", "<!here|here>", "<!everyone>", "<!subteam^S0APPROVER>", "<@U0ALICE001>"),
    *(
        "<#C0PLANTOPS>",
        "<http://evil.example|Approve>",
        "<mailto:a@b.example|x>",
        "http://evil.example",
    ),
    *("&", "<", ">", "&lt;!channel&gt;", "&amp;lt;", "&#60;!here&#62;", "`", "```", "*bold*"),
    *("_it_", "~no~", "> quote", ":tada:", "@channel", "@here", "#general", "|", "\\", "\\u202e"),
    *('"', "'", "“", "”", "--", "because", "<!date^1^{date}|now>", "{date}", "${x}", "%s"),
    *("\n", "\r\n", "\t", "\0", "\x07", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u2029", "\v"),
    *("\u202e", "\u202a", "\u2066", "\u2069", "\u200f", "\u061c", "\u200b", "\u200d", "\ufeff"),
    *("\u00ad", "\u2060", "\U000e0041", "\ue000", "\ufffe", "\u180e", "\u00a0", "\u3000", "\u2800"),
    *(
        "😀",
        "👨\u200d👩\u200d👧",
        "🇩🇪",
        "e\u0301",
        "Z" + "\u0351" * 30,
        "ﷺ",
        "नी",
        "漢字",
        "ẞ",
        "İ",
    ),
    *(
        "A" * 255,
        "😀" * 130,
        "W " * 200,
        "<" * 300,
        "&" * 300,
        "SAP work orders",
        "plant",
        "-",
        " ",
    ),
]


def hostile(dice: random.Random) -> str:
    return "".join(dice.choices(PIECES, k=dice.randrange(1, 7)))


@dataclass(frozen=True, slots=True)
class Voice:
    """``says(what)`` gives a stranger's words for "iTwin", "timer", "package", "reason", …"""

    label: str
    says: Callable[[str], str]


_ORDINARY = {
    "iTwin": "plant-a",
    "number": "PA-001",
    "timer": "SAP work orders",
    "package": "SAP_WORK_ORDERS",
    "cron": "0 2 * * 1-5",
    "reason": "SAP is down",
    "account": "alice@acme.example",
    "name": "Plant",
    "value": "1000",
    "word": "togle",
    "rule": "office hours",
    "pattern": "SAP*",
}
ORDINARY = Voice("ordinary", lambda what: _ORDINARY[what])


def _longest(label: str, letters: str) -> Voice:
    def says(what: str) -> str:
        most = 3_000 if what in {"reason", "value"} else 255
        return (letters * most)[:most]

    return Voice(f"longest {label}", says)


def hostile_voice(seed: int) -> Voice:
    dice = random.Random(seed)
    return Voice(f"hostile {seed}", lambda _: hostile(dice))


VOICES = (
    ORDINARY,
    Voice("empty", lambda _: ""),
    _longest("letters", "A"),
    _longest("words", "work orders "),
    _longest("emoji", "😀"),
    _longest("han", "漢字"),
    _longest("right-to-left", "שלום ﷺ "),
    _longest("signs", '<&>"\\'),
    *map(hostile_voice, range(4)),
)


def itwin(voice: Voice, place: int = 1) -> ITwin:
    return ITwin(ITwinId(GUID.format(place)), voice.says("iTwin"), voice.says("number"))


def timer(voice: Voice, place: int = 2, *, enabled: bool = True) -> Timer:
    inputs = tuple(Parameter(voice.says("name"), voice.says("value")) for _ in range(3))
    return Timer(
        TimerId(GUID.format(place)),
        voice.says("timer"),
        voice.says("package"),
        voice.says("cron"),
        enabled,
        inputs,
    )


def own_id(place: int) -> OperationId:
    return OperationId(f"{place:024x}")


def person(place: int) -> PersonId:
    return PersonId(f"U0PERSON{place:03d}")


def operation(voice: Voice, **changes: Any) -> Operation:
    switched = timer(voice)
    made = Operation(
        id=own_id(1),
        workspace=Workspace(TEAM_ID),
        person=ALICE,
        acting=ActingAccount("subject", voice.says("account"), voice.says("account")),
        verb="disable",
        itwin=itwin(voice),
        timer=switched.without_values(),
        definition=switched.definition(),
        inputs=switched.inputs(),
        wanted=False,
        origin=Origin(ROOM),
        asked_at=NOW,
        reason=voice.says("reason"),
        changed_at=NOW,
        settled_at=NOW + 60,
        resume_at=NOW + 30,
        seen=Observation(enabled=True, at=NOW),
    )
    return replace(made, **changes)


def operation_set(
    voice: Voice, count: int, *, wanted: bool = False, **changes: Any
) -> tuple[OperationSet, list[MemberShown]]:
    """A set with members in every state that one can be in, in turn."""
    reasons = typing.get_args(LeftOut)
    ends = typing.get_args(ClosedAs)
    backs = [*((phase, None) for phase in Phase), *((Phase.CLOSED, how) for how in ends)]
    shown: list[MemberShown] = []
    for place in range(count):
        one = timer(voice, place, enabled=not wanted).without_values()
        if place % 4 == 1:
            why = reasons[place // 4 % len(reasons)] if place % 8 == 1 else None
            shown.append(MemberShown(Member(one, why)))
            continue
        until = Until(NOW + 3 * DAY) if place % 2 == 0 and not wanted else None
        state, late = STATES[place % len(STATES)], LATE[place % len(LATE)]
        failure = list(failures_of(voice))[place % 10] if place % 3 else None
        phase, how = backs[place % len(backs)]
        back = an_auto_enable(voice, phase=phase, closed_as=how) if place % 5 == 0 else None
        made = operation(
            voice,
            id=own_id(place),
            timer=one,
            wanted=wanted,
            state=state,
            until=until,
            failure=failure,
            late_finding=late,
        )
        shown.append(MemberShown(Member(one), made, back, place % 7 == 3))
    made_set = OperationSet(
        id=own_id(1),
        workspace=Workspace(TEAM_ID),
        person=ALICE,
        account=voice.says("account"),
        itwin=itwin(voice),
        wanted=wanted,
        members=tuple(one.member for one in shown),
        origin=Origin(ROOM),
        asked_at=NOW,
        expires_at=NOW + DAY,
        reason=voice.says("reason"),
    )
    return replace(made_set, **changes), shown


EDITED = (
    ("name", "before", "after"),
    ("package", "", "after"),
    ("schedule", "0 2 * * *", "0 3 * * *"),
    ("parameters", "", ""),
)


def failures_of(voice: Voice) -> Iterator[Failure]:
    """Each failure that cards tell apart."""
    said = voice.says("reason")
    for kind in (
        FailureKind.RATE_LIMITED,
        FailureKind.NOT_SENT,
        FailureKind.TOKEN_REFUSED,
        FailureKind.CHANGES_STOPPED,
        FailureKind.UNCLEAR,
        FailureKind.FORBIDDEN,
    ):
        yield Failure(kind, "toggle", 0, voice.says("name"), said, (), NOW + 60)
    for why in ("policy", "approver", "requester", "auto_enable", "account", "request", "state"):
        yield Failure(FailureKind.AUTHORIZATION_REVOKED, why=why)
    yield Failure(FailureKind.PERSON_REFUSED, why="unchecked")
    yield Failure(FailureKind.PERSON_REFUSED, why="guest")
    yield Failure(FailureKind.POLICY_REFUSED, code=voice.says("name"), why="denied")
    yield Failure(FailureKind.CANNOT_UNDO, why="undone")
    yield Failure(FailureKind.DEFINITION_CHANGED, details=EDITED)
    yield Failure(FailureKind.TIMER_GONE)
    yield Failure(
        FailureKind.TIMER_GONE, why="replaced", details=(("id", "a", GUID.format(9)), *EDITED)
    )
    for kind in (
        FailureKind.ALREADY_IN_STATE,
        FailureKind.STATE_CHANGED,
        FailureKind.EXPIRED,
        FailureKind.SIGN_IN_NEEDED,
    ):
        yield Failure(kind)
    for kind in (FailureKind.ACCOUNT_CHANGED, FailureKind.CONFLICT, FailureKind.UNKNOWN):
        yield Failure(kind)


def an_auto_enable(voice: Voice, **changes: Any) -> AutoEnable:
    made = AutoEnable(
        id=own_id(1),
        workspace=Workspace(TEAM_ID),
        person=ALICE,
        subject="subject",
        itwin=itwin(voice),
        timer=timer(voice, enabled=False).without_values(),
        channel=ROOM,
        at=NOW + 3 * DAY,
        scheduled_at=NOW,
        reason=voice.says("reason"),
        changed_at=NOW,
    )
    return replace(made, **changes)


def request(voice: Voice, **changes: Any) -> Approval:
    made = Approval(
        operation=operation(voice, until=Until(NOW + 3 * DAY)),
        review=False,
        needed=1,
        approvers=None,
        self_approval=False,
        runs_as="requester",
        expires_at=NOW + DAY,
        channel=ROOM,
        changed_at=NOW,
    )
    return replace(made, **changes)


def vote(voice: Voice, place: int) -> Vote:
    return Vote(person(place), f"subject {place}", voice.says("account"), NOW)


APPROVERS = frozenset({BOB, "S0APPROVER", "C0APPROVAL"})
MANY_APPROVERS = frozenset(person(place) for place in range(150))


def subscription(voice: Voice, **changes: Any) -> Subscription:
    kinds: frozenset[Kind] = frozenset({"changes", "approvals", "returns", "elsewhere", "digest"})
    made = Subscription(
        id=own_id(3),
        workspace=Workspace(TEAM_ID),
        channel=ROOM,
        person=ALICE,
        itwin=itwin(voice),
        pattern=voice.says("pattern"),
        kinds=kinds,
        not_mine=True,
        made_at=NOW,
        stopped_at=NOW,
    )
    return replace(made, **changes)


def event(voice: Voice, what: Any, place: int = 0) -> NotificationEvent:
    said = single_line(voice.says("reason"), 300)
    until = NOW + DAY if what == "disabled" else None
    return NotificationEvent(f"key {place}", NOW, what, ALICE, said, None, False, until, NOW - DAY)


def change_thread(voice: Voice, whats: tuple[Any, ...], place: int = 0) -> ChangeThread:
    events = tuple(event(voice, what, number) for number, what in enumerate(whats))
    return ChangeThread(f"root {place}", itwin(voice), timer(voice).without_values(), events)


def notification(stories: tuple[ChangeThread, ...], **changes: Any) -> Notification:
    made = Notification(own_id(4), Workspace(TEAM_ID), ROOM, stories, NOW, NOW, NOW)
    return replace(made, **changes)


def weekly(voice: Voice, count: int) -> Notification:
    off = StillDisabled(voice.says("timer"), NOW - DAY, ALICE, voice.says("reason"), NOW + DAY)
    unknown = replace(off, since=0.0, by=None, reason="", until=None)
    return notification((), itwin=itwin(voice), still_disabled=((off, unknown) * count)[:count])


def past(voice: Voice, number: int, **changes: Any) -> PastEvent:
    made = PastEvent(
        number=number,
        at=NOW,
        id=own_id(number),
        kind="operation",
        outcome="applied",
        person=ALICE,
        itwin=ITwinId(GUID.format(1)),
        timer=TimerId(GUID.format(2)),
        timer_name=voice.says("timer"),
        acting_as=voice.says("account"),
        verb="disable",
        wanted="disabled",
        reason=voice.says("reason"),
    )
    return replace(made, **changes)


def last_seen(by: PersonId | None = ALICE, *, enabled: bool = False) -> LastSeen:
    return LastSeen(enabled, NOW - DAY, by, own_id(1) if by else None)


RUNS = schedules.Runs(tuple(NOW + DAY * place for place in range(5)), 31_622_400)
HISTORY = commands.History(GUID.format(1))
LATE = (
    None,
    LateFinding(NOW, enabled=True, how="look"),
    LateFinding(NOW, enabled=False, how="answer"),
)
APPROVED = Approved((BOB, person(1)), NOW, "digest")
ENDED_STAGES = tuple(stage for stage in Stage if stage is not Stage.WAITING)
STORY_LINES = MOST_IN_DIGEST
STATES = tuple(State)
PHASES = tuple(Phase)
