"""Samples of surfaces: the App Home, modal forms, and the channel's default iTwin."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from bot.core.errors import Forbidden
from bot.core.language.until import Until
from bot.core.listings import DisabledListed, DisabledTimer, PendingListed, TimerShown
from bot.core.operations.operation import ActingAccount
from bot.core.outcomes import DefaultSet, DefaultShown, Outcome
from bot.core.policy.rules import Ruling
from bot.core.surfaces import ChooserShown, HomeShown, SubscriptionFormShown
from tests.slack.samples import (
    ALICE,
    DAY,
    NOW,
    ROOM,
    RUNS,
    Voice,
    an_auto_enable,
    itwin,
    last_seen,
    own_id,
    request,
    subscription,
    timer,
)

Sample: TypeAlias = tuple[str, Outcome]
FAILING = Forbidden(operation="timers", status=403, code="x", message="no")


def homes(voice: Voice) -> Iterator[Sample]:
    empty = HomeShown(ROOM, NOW)
    yield "signed out", empty
    yield "sign-in ended", replace(empty, ended=True, support="https://help.example/edfs")
    acting = ActingAccount("subject", voice.says("account"), voice.says("account"))
    signed_in = replace(empty, acting=acting)
    yield "nothing there", signed_in
    off = [
        DisabledTimer(
            itwin(voice), timer(voice, place, enabled=False), last_seen(), voice.says("reason")
        )
        for place in range(60)
    ]
    off[0] = replace(off[0], auto_enable=an_auto_enable(voice))
    waiting = [
        request(voice, operation=replace(request(voice).operation, id=own_id(n))) for n in range(20)
    ]
    full = replace(
        signed_in,
        disabled=DisabledListed(tuple(off), tuple(itwin(voice, n) for n in range(30)), 99),
        pending=PendingListed(tuple(waiting), frozenset(one.id for one in waiting)),
        favorites=tuple(itwin(voice, n) for n in range(10)),
        subscriptions=tuple(subscription(voice, id=own_id(n)) for n in range(25)),
        support="https://help.example/edfs",
    )
    for page in range(1, 8):
        yield f"full, page {page}", replace(full, page=page)
    yield (
        "every part failing",
        replace(
            signed_in, disabled=FAILING, pending=FAILING, favorites=FAILING, subscriptions=FAILING
        ),
    )


def _rulings() -> Iterator[tuple[str, Ruling]]:
    yield "free", Ruling()
    yield "approved by one", Ruling(approvals=1, reason_required=True, emergency=True)
    yield "approved by two", Ruling(approvals=2)
    yield "refused", Ruling(refused="denied")


def choosers(voice: Voice) -> Iterator[Sample]:
    yield "empty", ChooserShown(ROOM)
    yield "asks where", ChooserShown(type(ROOM)(""))
    yield "because of a message", ChooserShown(ROOM, reason=voice.says("reason"))
    yield "an iTwin", ChooserShown(ROOM, itwin(voice))
    yield "failing", ChooserShown(ROOM, itwin(voice), error=FAILING)
    for enabled in (True, False):
        shown = TimerShown(itwin(voice), timer(voice, enabled=enabled), None)
        chosen = ChooserShown(ROOM, itwin(voice), shown, reason=voice.says("reason"))
        for wanted in (True, False):
            for says, ruling in _rulings():
                one = replace(chosen, wanted=wanted, ruling=ruling)
                yield f"{enabled} to {wanted}, {says}", one
        off = replace(chosen, wanted=False, ruling=Ruling())
        yield f"{enabled}, until", replace(off, auto_enable=Until(NOW + DAY), skipped=RUNS)
        yield f"{enabled}, until, no schedule", replace(off, auto_enable=Until(NOW + DAY))
        yield f"{enabled}, for good", replace(off, auto_enable=Until(None))
        yield f"{enabled}, doubtful", replace(off, until="mondy", ambiguous="it may be two days")


def subscribing(voice: Voice) -> Iterator[Sample]:
    yield "subscribe", SubscriptionFormShown(ROOM)
    yield "subscribe, iTwin named", SubscriptionFormShown(ROOM, itwin(voice))
    yield "subscribe, in a direct message", SubscriptionFormShown(type(ROOM)("D0ALICE001"))


def defaults(voice: Voice) -> Iterator[Sample]:
    yield "none", DefaultShown(None)
    yield "one", DefaultShown(itwin(voice))
    yield "set", DefaultSet(itwin(voice), ALICE)
    yield "taken away", DefaultSet(None, ALICE)


SURFACES = (homes, choosers, subscribing, defaults)
