"""The judge of a schedule: what must hold after every rule, and what must hold at the end.

It reads the store and the provider only, nothing of the engine. The numbers of the invariants are
those of ``test_rules``.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from bot.core.card_refs import card_ref
from bot.core.language.commands import Switch, Undo
from bot.core.names import OperationId, TimerId
from bot.core.operations.operation import Operation, State
from bot.gateways.store.audit import AuditEntry
from bot.slack.views.cards import card, title_of
from tests.engine.engine_world import World

EFFECTIVE = {State.APPLIED, State.ALREADY}
NOTHING_DONE = {State.REJECTED, State.ALREADY, State.STALE}
REPEATED_WITHIN = 45.0  # less than the minute: the store's clock goes on a little by itself
MUST_NOT_BE_LOGGED = {"operation.unrecorded", "operation.contradiction"}
STATE = re.compile(r'"State: ".*?"text": "(enabled|disabled|not known)"')


class Judge:
    """``commands`` has the command of each operation, ``operations`` each as it was last read."""

    def __init__(self, world: World, log: list[Any]) -> None:
        self._world = world
        self._log = log
        self.commands: dict[OperationId, Switch | Undo] = {}
        self.operations: dict[OperationId, Operation] = {}
        # How often others had acted on its timer when it was requested, and when it had ended.
        self._touched: dict[OperationId, int] = {}
        self._touched_at_end: dict[OperationId, int] = {}
        self._ended: dict[OperationId, Operation] = {}
        self._last_ended: dict[TimerId, OperationId] = {}
        self._changes: dict[tuple[str, ...], OperationId] = {}

    async def started(self, new: Operation, command: Switch | Undo) -> None:
        """Judge whether a new operation was allowed to start."""
        assert new.id not in self.operations, f"INV9: {new.id} was started a second time"
        in_progress = self._in_progress(new.timer.id)
        assert not in_progress, f"INV8: {new.id} was started while {in_progress} are in progress"
        if isinstance(command, Undo):
            first = self.operations[command.operation]
            timer = self._world.provider.timers[first.timer.id]
            assert first.state is State.APPLIED, f"INV12: {new.id} undoes {first}"
            assert timer.enabled is first.wanted, f"INV12: {new.id} undoes what is not the state"
        change = (new.person, new.verb, new.timer.id, new.undoes or "")
        if change in self._changes:
            before = self.operations[self._changes[change]]
            recent = new.asked_at - before.asked_at <= REPEATED_WITHIN
            same = recent and self._is_last_word(before)
            assert not same, f"INV12: {new.id} is the same change as {before.id}"
        self._changes[change] = new.id
        self.commands[new.id] = command
        self._touched[new.id] = self._world.provider.timers[new.timer.id].touched
        self._judge(await self._world.read(new.id))

    def free(self) -> list[TimerId]:
        return [timer for timer in self._world.provider.timers if not self._in_progress(timer)]

    def _in_progress(self, timer: TimerId) -> list[OperationId]:
        operations = self.operations.values()
        return [one.id for one in operations if one.timer.id == timer and not one.state.ended]

    def _is_last_word(self, operation: Operation) -> bool:
        if not operation.state.ended:
            return True
        last = self._last_ended[operation.timer.id]
        return last == operation.id and operation.state in EFFECTIVE

    async def holds(self) -> None:
        """Judge what is stored now."""
        provider = self._world.provider
        assert not provider.wrongs, f"INV5: {provider.wrongs}"
        versions = await self._world.versions()
        assert set(versions) == set(self.operations), "INV10: an operation that was not started"
        for identity, version in versions.items():
            if version != self.operations[identity].version:
                self._judge(await self._world.read(identity))
        for identity, operation in self.operations.items():
            assert provider.flips[identity] <= 1, f"INV1: flipped twice: {operation}"
            self._judge_outcome(operation)
        for timer in provider.timers:
            in_progress = self._in_progress(timer)
            assert len(in_progress) <= 1, f"INV8: {in_progress} at once"

    def _judge(self, operation: Operation) -> None:
        """Judge a version that was not judged yet."""
        before, seen = self._ended.get(operation.id), operation.seen
        if before:
            same = (before.state, before.seen, before.failure, before.changed_at)
            now = (operation.state, operation.seen, operation.failure, operation.changed_at)
            assert same == now, f"INV9: {before} became {operation}"
        elif operation.state.ended:
            self._ended[operation.id] = operation
            self._last_ended[operation.timer.id] = operation.id
            timer = self._world.provider.timers[operation.timer.id]
            self._touched_at_end[operation.id] = timer.touched
        self.operations[operation.id] = operation
        assert "secret-" not in repr(operation), f"INV6: {operation}"
        if seen:
            had = self._world.provider.had(operation.timer.id, seen.at)
            assert seen.enabled in had, f"INV11: it was not in that state: {operation}"
        title = title_of(operation)
        assert (" is now " in title) is _done(operation), f"INV11: {title}"

    def _judge_outcome(self, operation: Operation) -> None:
        """INV3, where nobody else acted on the timer between the request and the end."""
        if not operation.state.ended:
            return
        flips = self._world.provider.flips[operation.id]
        alone = self._touched[operation.id] == self._touched_at_end[operation.id]
        match operation.state:
            case state if state in NOTHING_DONE:
                assert flips == 0, f"INV3: flipped: {operation}"
            case State.CONFLICT:
                assert flips == 1, f"INV3: not flipped: {operation}"
                assert not alone, f"INV3: a conflict without another person: {operation}"
            case State.APPLIED if alone:
                assert flips == 1, f"INV3: not flipped: {operation}"
            case State.NOT_APPLIED if alone:
                assert flips == 0, f"INV3: flipped: {operation}"

    async def ended(self) -> None:
        """Judge the end: every fault is over and everything had enough time."""
        world = self._world
        await self.holds()
        assert await world.next_due() is None, "INV4: something is still due"
        for operation in self.operations.values():
            assert operation.state.ended, f"INV4: it did not end: {operation}"
            status = await world.store.card_outbox.read(card_ref(operation))
            assert status.rendered == operation.version, f"INV4: its card is old: {operation}"
            self._judge_card(operation)
        entries = await world.store.audit.read(world.workspace, 10_000)
        checked = await world.store.audit.check(world.workspace)
        assert (checked.entries, checked.broken) == (len(entries), ""), "INV7: the chain"
        self._judge_trail([entry for entry in entries if entry.event.startswith("operation.")])
        assert "secret-" not in repr(entries), "INV6: the audit trail holds a token"
        assert "secret-" not in repr(self._log), "INV6: the log holds a token"
        wrong = [line for line in self._log if line["event"] in MUST_NOT_BE_LOGGED]
        assert not wrong, f"the log says {wrong}"

    def _judge_card(self, operation: Operation) -> None:
        rendered = card(operation, self._world.clock.at, "UTC")
        found = STATE.search(json.dumps(rendered.blocks))
        assert found, f"INV11: no state on the card of {operation}"
        late, seen = operation.late_finding, operation.seen
        assert (" is now " in rendered.text) is _done(operation), "INV11: the text"
        if found[1] == "not known":
            assert operation.state is State.UNKNOWN or not seen, f"INV11: {operation}"
            return
        at = late.at if late and late.enabled is not None else seen.at if seen else 0.0
        had = self._world.provider.had(operation.timer.id, at)
        assert (found[1] == "enabled") in had, f"INV11: it was not {found[1]}: {operation}"

    def _judge_trail(self, entries: list[AuditEntry]) -> None:
        """Judge the audit trail, read from its beginning."""
        versions: Mapping[str, list[int]] = defaultdict(list)
        permits: Counter[str] = Counter()
        states: dict[str, str] = {}
        for entry in entries:
            identity, state = entry.facts["operation"], entry.event.partition(".")[2]
            versions[identity].append(int(entry.facts["version"]))
            permits[identity] += state == "sending"
            states[identity] = state
            sent = [
                one
                for one, other in states.items()
                if other in {"sending", "verifying"}
                and self.operations[OperationId(one)].timer.id == entry.facts["timer"]
            ]
            assert len(sent) <= 1, f"INV8: {sent} at once"
        for identity, operation in self.operations.items():
            every = list(range(1, operation.version + 1))
            assert versions[identity] == every, f"INV7: {versions[identity]} of {operation}"
            patches = self._world.provider.patches[identity]
            assert patches <= permits[identity], f"INV1: a PATCH without a permit: {operation}"


def _done(operation: Operation) -> bool:
    """Whether a card may say "is now": it was applied, and no other state was found since."""
    late, seen = operation.late_finding, operation.seen
    outdated = late is not None and seen is not None and late.enabled is not seen.enabled
    return operation.state is State.APPLIED and not outdated
