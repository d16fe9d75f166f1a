"""Samples of what has a surface of its own: somebody's Home, windows, a channel's iTwin."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from bot.core.errors import Forbidden
from bot.core.language.until import Until
from bot.core.listings import Off, OffListed, PendingListed, TimerShown
from bot.core.operations.operation import Acting
from bot.core.outcomes import DefaultSet, DefaultShown, Outcome
from bot.core.policy.rules import Ruling
from bot.core.surfaces import ChooserShown, HomeShown, SubscribeAsked
from tests.slack.samples import (
    ALICE,
    DAY,
    NOW,
    ROOM,
    RUNS,
    Voice,
    back,
    itwin,
    last_seen,
    own_id,
    request,
    subscription,
    timer,
)

Sample: TypeAlias = tuple[str, Outcome]
TROUBLE = Forbidden(operation="timers", status=403, code="x", message="no")


def homes(voice: Voice) -> Iterator[Sample]:
    empty = HomeShown(ROOM, NOW)
    yield "signed out", empty
    yield "sign-in ended", replace(empty, ended=True, support="https://help.example/edfs")
    acting = Acting("subject", voice.says("account"), voice.says("account"))
    signed_in = replace(empty, acting=acting)
    yield "nothing there", signed_in
    off = [
        Off(itwin(voice), timer(voice, place, enabled=False), last_seen(), voice.says("reason"))
        for place in range(60)
    ]
    off[0] = replace(off[0], back=back(voice))
    waiting = [request(voice, wish=replace(request(voice).wish, id=own_id(n))) for n in range(20)]
    full = replace(
        signed_in,
        off=OffListed(tuple(off), tuple(itwin(voice, n) for n in range(30)), 99),
        pending=PendingListed(tuple(waiting), frozenset(one.id for one in waiting)),
        favourites=tuple(itwin(voice, n) for n in range(10)),
        subscriptions=tuple(subscription(voice, id=own_id(n)) for n in range(25)),
        support="https://help.example/edfs",
    )
    for page in range(1, 8):
        yield f"full, page {page}", replace(full, page=page)
    yield (
        "every part in trouble",
        replace(signed_in, off=TROUBLE, pending=TROUBLE, favourites=TROUBLE, subscriptions=TROUBLE),
    )


def _rulings() -> Iterator[tuple[str, Ruling]]:
    yield "free", Ruling()
    yield "approved by one", Ruling(approvals=1, reason_required=True, emergency=True)
    yield "approved by two", Ruling(approvals=2)
    yield "refused", Ruling(refused="denied")


def choosers(voice: Voice) -> Iterator[Sample]:
    yield "empty", ChooserShown(ROOM)
    yield "asks where", ChooserShown(type(ROOM)(""))
    yield "because of a message", ChooserShown(ROOM, because=voice.says("reason"))
    yield "an iTwin", ChooserShown(ROOM, itwin(voice))
    yield "in trouble", ChooserShown(ROOM, itwin(voice), trouble=TROUBLE)
    for enabled in (True, False):
        shown = TimerShown(itwin(voice), timer(voice, enabled=enabled), None)
        chosen = ChooserShown(ROOM, itwin(voice), shown, because=voice.says("reason"))
        for wanted in (True, False):
            for says, ruling in _rulings():
                one = replace(chosen, wanted=wanted, ruling=ruling)
                yield f"{enabled} to {wanted}, {says}", one
        off = replace(chosen, wanted=False, ruling=Ruling())
        yield f"{enabled}, until", replace(off, back=Until(NOW + DAY), skipped=RUNS)
        yield f"{enabled}, until, no schedule", replace(off, back=Until(NOW + DAY))
        yield f"{enabled}, for good", replace(off, back=Until(None))
        yield f"{enabled}, doubtful", replace(off, until="mondy", doubt="it may be two days")


def subscribing(voice: Voice) -> Iterator[Sample]:
    yield "subscribe", SubscribeAsked(ROOM)
    yield "subscribe, iTwin named", SubscribeAsked(ROOM, itwin(voice))
    yield "subscribe, in a direct message", SubscribeAsked(type(ROOM)("D0ALICE001"))


def defaults(voice: Voice) -> Iterator[Sample]:
    yield "none", DefaultShown(None)
    yield "one", DefaultShown(itwin(voice))
    yield "set", DefaultSet(itwin(voice), ALICE)
    yield "taken away", DefaultSet(None, ALICE)


SURFACES = (homes, choosers, subscribing, defaults)
