"""The judge of one run. It asks the store, the stand-ins and Slack, and nothing of the engine."""

import re
from collections.abc import Iterator

from bot.core.operations.operation import Operation, State
from bot.sandbox.slack import Message
from tests.conftest import known_keys
from tests.faults.matrix import SLACK, STORE, End, Fault, Step
from tests.faults.scene import Scene
from tests.world.story import read

ENDS = {
    State.APPLIED: End.APPLIED,
    State.NOT_APPLIED: End.NOT_APPLIED,
    State.REJECTED: End.REJECTED,
    State.CONFLICT: End.CONFLICT,
    State.ALREADY: End.ALREADY,
    State.STALE: End.STALE,
    State.UNKNOWN: End.UNKNOWN,
}
UNDER_WAY = re.compile(r"Turning o(n|ff): |Not certain yet: ")
STATE = re.compile(r"State: (enabled|disabled|not known)")
NOTHING = re.compile(r"[Nn]othing was (changed|done|sent)(?! yet)")
# Their answers prove that the PATCH was not executed.
PROVEN = {401, 429}
# An answer says how it was when it was made: it may have been held up on its way.
TOLERANCE = 1.0
LOST_POSTS = {Fault.RESET_MID, Fault.LOST_ANSWER, Fault.CUT_BODY, Fault.SILENCE, *STORE, *SLACK}


def end_of(scene: Scene) -> End | None:
    """What became of the wish; None when it has not ended."""
    if scene.operation is not None:
        return ENDS.get(scene.operation.state)
    return End.TOLD if scene.refusals() else None


async def faults_of(scene: Scene) -> list[str]:
    """Everything that is wrong with this run, in words."""
    found = [*_ends(scene), *_effects(scene), *_notified(scene)]
    if scene.operation is not None:
        found += [*_cards(scene, scene.operation), *_telling(scene, scene.operation)]
        found += await _audit(scene, scene.operation)
    return found + await _store(scene)


def _ends(scene: Scene) -> Iterator[str]:
    end, allowed = end_of(scene), scene.cell.ends_of(undo=scene.undo)
    if end is None:
        yield f"it did not end: {scene.operation}"
    elif end not in allowed:
        names = sorted(one.name for one in allowed)
        trouble = scene.operation.failure if scene.operation else ""
        yield f"it ended {end.name}, not {names}; {trouble} told: {scene.refusals()}"


def _effects(scene: Scene) -> Iterator[str]:
    """At most one flip for the wish, and at most one PATCH that may have been executed."""
    if scene.flips > 1:
        yield f"{scene.flips} flips for one wish"
    calls = scene.world.edfs.calls[scene.calls_before :]
    sent = [call["status"] for call in calls if call["method"] == "PATCH"]
    if len([status for status in sent if status not in PROVEN]) > 1:
        yield f"sent again without proof: {sent}"
    if scene.flips and any(NOTHING.search(said) for said in scene.told()):
        yield f"alice was told that nothing was done, and it was: {scene.told()}"


def _notified(scene: Scene) -> Iterator[str]:
    """A channel that is told of changes hears of this one, and of nothing that did not happen."""
    if not scene.watched or scene.cell.fault is Fault.OUTSIDE_FLIP:
        return
    said, flipped = scene.notified(), bool(scene.flips)
    if flipped and not any("disabled" in one for one in said):
        yield f"it was disabled, and the subscribed channel reads {said}"
    if said and not flipped:
        yield f"nothing was changed, and the subscribed channel reads {said}"


def _cards(scene: Scene, operation: Operation) -> Iterator[str]:
    cards = scene.cards()
    told = [card for card in cards if not UNDER_WAY.search(read(card))]
    twins = scene.cell.step is Step.POSTED and scene.cell.fault in LOST_POSTS
    if not told:
        yield f"no card says how it ended: {[read(card) for card in cards]}"
    if len(cards) > 1 and not twins:
        yield f"{len(cards)} cards for one operation: {[read(card) for card in cards]}"
    for card in told:
        yield from _card(scene, operation, card)


def _card(scene: Scene, operation: Operation, card: Message) -> Iterator[str]:
    said = read(card)
    if title_of(operation) not in said:
        yield f"the record is {operation.state.value}, and the card says: {said}"
    claim = STATE.search(said)
    if claim is None:
        yield f"the card does not say how the timer is: {said}"
    elif claim.group(1) != "not known" and claim.group(1) not in _true(scene, operation):
        yield f"the card says {claim.group(1)}, which was not so: {scene.turns} {said}"
    yield from _honest(scene, operation)


def title_of(operation: Operation) -> str:
    """The title of the card of an operation that has ended."""
    name = operation.timer.name
    wanted, other = ("enabled", "disabled") if operation.wanted else ("disabled", "enabled")
    late, seen = operation.late_finding, operation.seen
    if late and seen and late.enabled is not seen.enabled:
        return f"{name} reads {_word(bool(late.enabled))} in the end"
    titles = {
        State.APPLIED: f"{name} is now {wanted}",
        State.ALREADY: f"{name} was already {wanted}",
        State.CONFLICT: f"{name} is {other}, not {wanted}",
        State.UNKNOWN: f"Nobody can tell: {name}",
    }
    return titles.get(operation.state, f"Not changed: {name}")


def _true(scene: Scene, operation: Operation) -> set[str]:
    """How the timer was when the card says so; as it is now where nobody else touched it."""
    if scene.cell.fault is not Fault.OUTSIDE_FLIP:
        return {_word(scene.enabled)}
    late = operation.late_finding
    times = [seen.at for seen in (operation.seen, late) if seen is not None]
    return {_word(enabled) for at in times for enabled in _at(scene, at)}


def _at(scene: Scene, at: float) -> set[bool]:
    """Every state it had about that time."""
    turns, found = scene.turns, set()
    for place, turn in enumerate(turns):
        until = turns[place + 1].at if place + 1 < len(turns) else scene.world.clock.now()
        if turn.at - TOLERANCE <= at <= until + TOLERANCE:
            found.add(turn.enabled)
    return found


def _word(enabled: bool) -> str:
    return "enabled" if enabled else "disabled"


def _honest(scene: Scene, operation: Operation) -> Iterator[str]:
    """The verdict and the stand-in's count agree, where nobody else touched the timer."""
    if scene.cell.fault is Fault.OUTSIDE_FLIP:
        return
    flipped = operation.state is State.APPLIED
    if operation.state is not State.UNKNOWN and scene.flips != int(flipped):
        yield f"{operation.state.value} with {scene.flips} flips"
    if flipped and scene.enabled is not operation.wanted:
        yield f"applied, and it is {_word(scene.enabled)}"


def _telling(scene: Scene, operation: Operation) -> Iterator[str]:
    """Who was refused reads so."""
    if operation.state is State.REJECTED and not scene.refusals():
        yield f"rejected, and alice was not told why: {scene.told()}"


async def _audit(scene: Scene, operation: Operation) -> list[str]:
    """One entry for each version, from locked to the end, in a chain that holds."""
    entries = await scene.store.audit.read(operation.workspace)
    mine = [entry for entry in entries if entry.facts.get("operation") == operation.id]
    steps = [entry.event.removeprefix("operation.") for entry in mine]
    found = []
    if len(steps) != operation.version:
        found.append(f"version {operation.version} has {len(steps)} audit entries: {steps}")
    if (
        not steps
        or steps[0] != "locked"
        or [one for one in steps if one != "late"][-1] != operation.state.value
    ):
        found.append(f"the audit goes {steps}, and the record is {operation.state.value}")
    checked = await scene.store.audit.check(operation.workspace)
    if checked.broken:
        found.append(f"the audit chain is broken: {checked.broken}")
    return found


async def _store(scene: Scene) -> list[str]:
    """Nothing is due any more, and no key stands there that nobody knows."""
    found = [] if scene.rests() else [f"still due: {sorted(scene.due)}"]
    names = [key.decode() async for key in scene.store.redis.scan_iter("*")]
    strange = [name for name in names if not any(k.fullmatch(name) for k in known_keys())]
    return [*found, f"unknown keys: {strange}"] if strange else found
