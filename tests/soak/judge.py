"""The judge: what the stand-ins recorded, the store's records and the cards must all agree."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.card_refs import card_ref
from bot.core.names import OperationId
from bot.core.operations.operation import Operation, State
from bot.sandbox.slack import Message
from bot.sandbox.world import World
from tests.faults.verdict import title_of
from tests.soak.cast import HOME, PEOPLE, TIMERS, Cast
from tests.world.story import read

PAGE = 100_000  # audit entries
SIGN_IN = re.compile("Sign in to iTwin|Signed in")
UNDER_WAY = ("Turning on: ", "Turning off: ", "Not certain yet: ", "Waiting to turn ")


@dataclass
class Wish:
    """A command that somebody typed; ``reason`` is its own, so its operation is known by it."""

    person: str
    timer: str
    reason: str
    accepted: bool = False  # Slack was told so


@dataclass
class Verdict:
    """What the campaign came to; ``violations`` in words."""

    operations: list[Operation]
    states: Counter[str] = field(default_factory=Counter)
    flips: int = 0
    orphans: int = 0
    told: int = 0
    violations: list[str] = field(default_factory=list)


async def judge(cast: Cast, wishes: Sequence[Wish], before: Mapping[str, bool]) -> Verdict:
    """Raises StoreUnreachable."""
    store, world = cast.store, cast.world
    entries = await store.audit.read(HOME, count=PAGE)
    names = dict.fromkeys(
        OperationId(entry.facts["operation"])
        for entry in entries
        if entry.event.startswith("operation.")
    )
    read_all = [await store.operations.read(HOME, name) for name in names]
    found = Verdict([one for one in read_all if one is not None])
    found.states = Counter(one.state.value for one in found.operations)
    found.flips = sum(world.edfs.flips(timer, "plant-a") for timer in TIMERS)
    checked = await store.audit.check(HOME)
    if checked.broken:
        found.violations.append(f"the audit trail is broken: {checked.broken}")
    if len(found.operations) != len(names):
        found.violations.append("the audit trail names operations that the store does not have")
    found.violations += [
        *_open(found.operations),
        *_each_wish_once(wishes, found.operations),
        *_flips(world, found.operations, before),
    ]
    found.told, untold = _answers(world, wishes, found.operations)
    found.violations += untold
    found.orphans, false = await _cards(cast, found.operations)
    found.violations += false
    return found


def _open(operations: Sequence[Operation]) -> Iterator[str]:
    for one in operations:
        if not one.state.ended:
            yield f"operation {one.id} did not end: {one.state.value}"


def _each_wish_once(wishes: Sequence[Wish], operations: Sequence[Operation]) -> Iterator[str]:
    """A wish is acted on once, for its own person and timer."""
    asked = {wish.reason: wish for wish in wishes}
    of: dict[str, list[Operation]] = defaultdict(list)
    for one in operations:
        of[one.reason].append(one)
    for reason, several in of.items():
        wish = asked.get(reason)
        if wish is None:
            yield f"nobody asked for {several[0].id}: {reason!r}"
            continue
        if len(several) > 1:
            yield f"{reason} was acted on {len(several)} times: {[one.id for one in several]}"
        for one in several:
            if (one.person, one.timer.name) != (wish.person, wish.timer):
                yield f"{reason} was acted on for {one.person} on {one.timer.name}"


def _flips(
    world: World, operations: Sequence[Operation], before: Mapping[str, bool]
) -> Iterator[str]:
    """Nobody else switches here, so flips are operations that were applied, one each."""
    for timer, was in before.items():
        mine = [one for one in operations if one.timer.name == timer]
        unknown = sum(one.state is State.UNKNOWN for one in mine)
        flips, now = world.edfs.flips(timer, "plant-a"), world.edfs.state.timer("plant-a", timer)
        for wanted in (True, False):
            # They alternate, so each direction is counted by itself: a flip too many and one too
            # few do not make up for each other, and no operation can have made two.
            seen = (flips + (was is not wanted)) // 2
            applied = sum(one.state is State.APPLIED and one.wanted is wanted for one in mine)
            perhaps = sum(one.state is State.UNKNOWN and one.wanted is wanted for one in mine)
            if not applied <= seen <= applied + perhaps:
                word = "on" if wanted else "off"
                yield f"{timer}: {seen} flips to {word}, {applied} applied, {perhaps} unknown"
        if now.enabled is not (was if flips % 2 == 0 else not was):
            yield f"{timer}: {flips} flips, and it went from {was} to {now.enabled}"
        last = max(mine, key=lambda one: one.changed_at, default=None)
        sure = last is not None and last.state in {State.APPLIED, State.ALREADY} and not unknown
        if last is not None and sure and now.enabled is not last.wanted:
            yield f"{timer}: {last.id} ended {last.state.value}, and it is not {last.wanted}"


def _answers(
    world: World, wishes: Sequence[Wish], operations: Sequence[Operation]
) -> tuple[int, list[str]]:
    """Whoever was told that a command is accepted has a card or an answer that it was not done."""
    done, found, answers = {one.reason for one in operations}, [], 0
    for person in PEOPLE:
        mine = [wish for wish in wishes if wish.person == person.id]
        refused = [wish for wish in mine if wish.accepted and wish.reason not in done]
        seen = [*world.reads(person.name), *world.reads(person.name, f"@{person.name}")]
        private = {one.ts: read(one) for one in seen if one.visible_to == person.id}
        told = [said for said in private.values() if not SIGN_IN.search(said)]
        answers += len(told)
        if len(told) < len(refused):
            found.append(
                f"{person.name} was told of {len(told)} of {len(refused)} refused commands: "
                f"{[wish.reason for wish in refused]}"
            )
    return answers, found


async def _cards(cast: Cast, operations: Sequence[Operation]) -> tuple[int, list[str]]:
    """Each operation's card says what came of it; other cards promise nothing that is not so.

    Returns how many cards no operation knows: Slack took the post, and its answer was lost.
    """
    seen = cast.world.reads(PEOPLE[0].name)
    cards = {one.ts: one for one in seen if one.visible_to is None and one.thread_ts is None}
    known: dict[str, Operation] = {}
    found = []
    for operation in sorted(operations, key=lambda one: one.changed_at):
        drawing = await cast.store.card_outbox.read(card_ref(operation))
        ts = drawing.ts or operation.origin.card
        if ts not in cards:
            found.append(f"operation {operation.id} ({operation.state.value}) has no card")
        known[ts] = operation
    orphans = [card for ts, card in cards.items() if ts not in known]
    for card in orphans:
        mine = [one for one in operations if f"{one.timer.name} " in f"{card.text} "]
        true = [title_of(one) for one in mine]
        if not mine or not (card.text.startswith(UNDER_WAY) or any(t in card.text for t in true)):
            found.append(f"a card of no record says {card.text!r}")
    for ts, operation in known.items():
        if ts in cards:
            found += await _card(cast, operation, cards[ts])
    return len(orphans), found


async def _card(cast: Cast, operation: Operation, card: Message) -> list[str]:
    said = card.text
    if said.startswith(UNDER_WAY):
        return [f"the card of {operation.id} ({operation.state.value}) still says {said!r}"]
    title = title_of(operation)
    if await cast.store.operations.is_superseded(HOME, operation.id):
        title = title.replace(" is now ", " was ")
    return [] if title in said else [f"the card of {operation.id} says {said!r}, not {title!r}"]
