"""Many people, many wishes, each delivered up to three times, and two replicas that share a store.

Every request from Slack comes to whichever replica its connection leads to. Each wish is acted on
at most once, no timer has two operations at a time, and all cards are true.
"""

import asyncio
import contextlib
import math
import random
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from bot.core.card_refs import card_ref
from bot.core.names import OperationId, Workspace
from bot.core.operations.operation import Operation, State
from bot.gateways.sealing import KeyRing
from bot.gateways.store import Store, open_store
from bot.gateways.store.audit import AuditEntry
from bot.jobs import LEASE_SECONDS
from bot.sandbox.people import CREW, TEAM_ID, Person, UnknownNameError
from bot.sandbox.slack import Message
from bot.sandbox.world import World
from tests.conftest import KEYS, living
from tests.world.clock import paced_clock
from tests.world.ports import kept_port
from tests.world.processes import DUE, BotProcess, environment_of
from tests.world.story import signs_in
from tests.world.valkey import Valkey
from tests.world.waiting import until
from tests.world.wires import NAMED, Trap, Wire

SEED = 4_711
REPLICAS = 2
TIMERS = [f"Timer {number:02d}" for number in range(20)]
EACH, DEEP_EACH = 5, 10  # wishes of each person
CHANNELS = ("#plant-ops", "#approvals", "#shared")
HOME = Workspace(TEAM_ID)
# Everybody is in one event loop, in which a connection to Bentley may take long.
SETTINGS = {"EDFS_BOT_RATE": "50000/minute, 500000/hour", "EDFS_BOT_EDFS_TIMEOUT": "10"}
OPEN = {"operation.ready", "operation.locked", "operation.sending", "operation.verifying"}

Wish = tuple[str, str, str]  # the person's id, the verb, the timer's id


@dataclass
class Crowd:
    """The people, and what each of them has asked for; ``real`` time cannot be hurried."""

    world: World
    redis: redis.Redis
    real: bool
    asked: Counter[Wish] = field(default_factory=Counter)

    @property
    def each(self) -> int:
        return DEEP_EACH if self.real else EACH

    def gathers(self) -> None:
        """Let the crew in: to the channels, the iTwin and its timers."""
        names = [person.name for person in CREW]
        self.world.edfs.state.let_in(*names)
        for channel in CHANNELS:
            self.world.joins(channel, *names)
        for number, timer in enumerate(TIMERS):
            self.world.edfs.state.put_timer("plant-a", timer, enabled=number % 2 == 0)

    async def sign_in(self) -> None:
        await asyncio.gather(*(signs_in(self.world, person.name) for person in CREW))
        await self.rests()

    async def wishes(self, person: Person) -> None:
        """One thing after another, as this person's own dice have it."""
        dice = random.Random(f"{SEED} {person.name}")
        for _ in range(self.each):
            card = self.undoable(person, dice) if dice.random() < 0.3 else None
            if card is None:
                await self.types(person, dice)
            else:
                await self.presses_undo(person, card, dice)
            if not self.real:
                self.world.clock.forward(0.5)  # else Slack's limits would hold up the cards

    async def types(self, person: Person, dice: random.Random) -> None:
        verb, timer = dice.choice(("toggle", "enable", "disable")), dice.choice(TIMERS)
        self.asked[person.id, verb, self.world.edfs.state.timer("plant-a", timer).id] += 1
        await self.world.types(
            person.name,
            dice.choice(CHANNELS),
            f'/edfs {verb} plant-a "{timer}"',
            deliveries=dice.randint(1, 3),
        )

    async def presses_undo(self, person: Person, card: Message, dice: random.Random) -> None:
        timer = next(name for name in TIMERS if name in card.text)
        with contextlib.suppress(UnknownNameError):  # somebody else has just pressed it
            self.world.slack.actions.find(person, "Undo", card.ts)
            self.asked[person.id, "undo", self.world.edfs.state.timer("plant-a", timer).id] += 1
            many = dice.randint(1, 3)
            await self.world.clicks(person.name, "Undo", message=card.ts, deliveries=many)

    def undoable(self, person: Person, dice: random.Random) -> Message | None:
        acts = self.world.slack.actions
        cards = [
            message
            for message in self.cards()
            if any(control.label == "Undo" for control in acts.controls_of(message, person))
        ]
        return dice.choice(cards) if cards else None

    def cards(self) -> list[Message]:
        seen = self.world.reads(CREW[0].name)
        return [message for message in seen if message.visible_to is None]

    async def rests(self) -> None:
        """Wait until nothing is due. What only waits for Slack's limits has its time brought on."""
        clock = self.world.clock
        while due := self._due():
            if self.real:
                await until(lambda due=due: self._due() != due, "nothing goes on")
            else:
                await until(
                    lambda: min(self._due(), default=math.inf) > clock.now() + LEASE_SECONDS
                )
                clock.forward(max(0.0, min(self._due(), default=0.0) - clock.now()))
        await until(lambda: not self.jobs(), self.jobs)

    def _due(self) -> list[float]:
        """When whatever is due will be looked at."""
        return [at for _, at in self.redis.zrange(DUE, 0, -1, withscores=True)]

    def jobs(self) -> list[bytes]:
        keys = self.redis.scan_iter("edfs-jobs:*", 1_000)
        return [key for key in keys if NAMED.search(key)]


@contextlib.asynccontextmanager
async def replicas(world: World, valkey: Valkey, *, real: bool) -> AsyncIterator[Wire]:
    """Two of them: in this process and at the world's clock, or real processes; and their door."""
    async with contextlib.AsyncExitStack() as stack:
        ports = []
        for _ in range(REPLICAS):
            if real:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="edfs-own-")))
                ports.append(stack.enter_context(kept_port()))
                admin = stack.enter_context(kept_port())
                told = environment_of(world, folder, ports[-1], admin)
                told |= SETTINGS | {"REDIS_URL": valkey.url}
                process = BotProcess(told, folder / "log", fresh=True)
                stack.callback(process.kill)
                await process.listens(ports[-1])
            else:
                await stack.enter_async_context(living(world, valkey.url, **SETTINGS))
                ports.append(urlsplit(world.slack.delivery.events_url or "").port or 0)
        door = Wire("door", ports, Trap(), random.Random(SEED))
        front = await stack.enter_async_context(door.at_port())
        world.slack.delivery.events_url = f"http://bot.localhost:{front}/slack/events"
        yield door


@pytest.mark.timeout(900)
async def test_many_people_at_two_replicas(own: Valkey, deep: bool) -> None:
    """``--deep``: two real processes, in real time."""
    world = World() if deep else World(clock=paced_clock())
    world.slack.delivery.patience = None  # the clock is moved on while people wait for answers
    await world.open()
    store = open_store(own.url, KeyRing.parse(KEYS))
    try:
        with contextlib.closing(redis.Redis.from_url(own.url)) as client:
            crowd = Crowd(world, client, real=deep)
            crowd.gathers()
            before = {timer: world.edfs.state.timer("plant-a", timer).enabled for timer in TIMERS}
            async with replicas(world, own, real=deep) as door:
                await crowd.sign_in()
                await asyncio.gather(*map(crowd.wishes, CREW))
                await crowd.rests()
        assert len(door.led) == REPLICAS, door.led
        await judged(crowd, store, before)
    finally:
        await store.aclose()
        await world.close()


async def judged(crowd: Crowd, store: Store, before: dict[str, bool]) -> None:
    assert sum(crowd.asked.values()) == crowd.each * len(CREW)
    checked = await store.audit.check(HOME)
    assert not checked.broken, checked
    entries = await store.audit.read(HOME, count=10_000)
    trail = [entry for entry in entries if entry.event.startswith("operation.")]
    names = dict.fromkeys(OperationId(entry.facts["operation"]) for entry in trail)
    operations = [await store.operations.read(HOME, name) for name in names]
    done = [operation for operation in operations if operation is not None]
    assert len(done) == len(names)
    assert len(done) > len(TIMERS) / 2, "hardly anything happened"
    one_at_a_time(trail)
    each_wish_once(crowd, done, trail)
    timers_agree(crowd.world, done, before)
    await cards_are_true(crowd, store, done)


def one_at_a_time(trail: Sequence[AuditEntry]) -> None:
    """The audit trail has one order, and in it a timer's operations do not overlap."""
    under_way: dict[str, str] = {}
    for entry in trail:
        if entry.event == "operation.late":
            continue
        timer, operation = entry.facts["timer"], entry.facts["operation"]
        assert under_way.get(timer, operation) == operation, entry
        if entry.event in OPEN:
            under_way[timer] = operation
        else:
            under_way.pop(timer, None)
    assert under_way == {}


def each_wish_once(crowd: Crowd, done: Sequence[Operation], trail: Sequence[AuditEntry]) -> None:
    acted: Counter[Wish] = Counter((one.person, one.verb, one.timer.id) for one in done)
    assert acted <= crowd.asked, acted - crowd.asked
    permits = Counter(e.facts["operation"] for e in trail if e.event == "operation.sending")
    assert permits == {one.id: one.attempts for one in done if one.attempts}
    # A second permit needs proof that nothing left with the first one: so Bentley saw one request.
    patches = [call for call in crowd.world.edfs.calls if call["method"] == "PATCH"]
    assert len(patches) == sum(one.state is State.APPLIED for one in done)


def timers_agree(world: World, done: Sequence[Operation], before: dict[str, bool]) -> None:
    """Nobody else flips here: each flip was an applied operation."""
    assert {operation.state for operation in done} <= {State.APPLIED, State.ALREADY}
    for name, was in before.items():
        timer = world.edfs.state.timer("plant-a", name)
        mine = [one for one in done if one.timer.id == timer.id and one.state is State.APPLIED]
        assert world.edfs.flips(name, "plant-a") == len(mine), name
        last = max(mine, key=lambda one: one.changed_at).wanted if mine else was
        assert timer.enabled is last is (was if len(mine) % 2 == 0 else not was), name


async def cards_are_true(crowd: Crowd, store: Store, done: Sequence[Operation]) -> None:
    """Each card in the channels is some operation's, and says what the last one on it came to.

    An undo goes on on the card whose button was pressed.
    """
    shown: dict[str, Operation] = {}
    for operation in sorted(done, key=lambda one: one.changed_at):
        drawing = await store.card_outbox.read(card_ref(operation))
        shown[drawing.ts or operation.origin.card] = operation
    cards = {message.ts: message for message in crowd.cards()}
    assert cards.keys() == shown.keys()
    for ts, operation in shown.items():
        now = "enabled" if operation.wanted else "disabled"
        how = "is now" if operation.state is State.APPLIED else "was already"
        if how == "is now" and await store.operations.is_superseded(HOME, operation.id):
            how = "was"  # its timer was switched again, which another card shows
        assert f"{operation.timer.name} {how} {now}" in cards[ts].text, operation
