"""How each fault strikes at each step: what is armed, at which moment, and how it is healed.

A moment is found on the wire: before the wish, at a message to the store that the record's state
tells apart, or when the record has come so far. A fault of HTTP is armed at its moment and waits
for its request. A fault of the world (the store, Slack, somebody outside) strikes at the message
itself, or while a request of the step is held up.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum

from bot.core.operations.operation import State
from bot.sandbox.faults import Fault as Armed
from bot.sandbox.stand_in import StandIn
from tests.faults.arming import options, silence, target
from tests.faults.matrix import LOOKS, SLACK, SLACK_STEPS, STORE, STORE_STEPS, WORLD, Step
from tests.faults.matrix import Fault as What
from tests.faults.scene import ITWIN, STILL, TIMER, Scene
from tests.faults.wires import Pass
from tests.world.waiting import until

REFUSED_FOR = 1.5  # longer than the bot's tick, so that somebody tries meanwhile


class Moment(Enum):
    NOW = "before the wish"
    KEPT = "the delivery is kept"
    LOCKED = "the operation is begun"
    PERMITTED = "the permit is asked for"
    ANSWERED = "what came of the PATCH is recorded"
    LOOKED = "a provisional look was recorded"
    ENDED = "the operation ended"


OF_STORE_STEPS = {
    Step.ACCEPT: Moment.KEPT,
    Step.LOCK: Moment.LOCKED,
    Step.PERMIT: Moment.PERMITTED,
    Step.RECORD: Moment.ANSWERED,
}
# The last moment before the request of a step.
BEFORE = {
    **OF_STORE_STEPS,
    Step.TOKEN: Moment.NOW,
    Step.LIST: Moment.NOW,
    Step.POSTED: Moment.LOCKED,
    Step.READ: Moment.LOCKED,
    Step.SEND: Moment.PERMITTED,
    Step.ANSWER: Moment.PERMITTED,
    Step.UPDATE: Moment.PERMITTED,
    Step.LOOK: Moment.ANSWERED,
    Step.VERDICT: Moment.LOOKED,
    Step.LATE: Moment.ENDED,
}


@dataclass
class Strike:
    scene: Scene
    moment: Moment
    struck: bool = False
    _armed: tuple[StandIn, Armed] | None = None
    _done_at: float = 0.0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    # After the message and not before it: the store has done it, and its answer is lost.
    after: bool = False

    # One run of a cell.

    async def play(self) -> None:
        """Wish, strike, heal, and let everything come to its end."""
        scene, step = self.scene, self.scene.cell.step
        if step in LOOKS:
            kind = scene.chance.choice(("lost_answer", "reset_before"))
            scene.world.edfs.fail("toggle", kind)
        if self.moment is Moment.NOW:
            await self._arm()
        scene.wire.asked, scene.wire.answered = self._asked, self._answered
        await scene.wish()
        if self.moment in {Moment.LOOKED, Moment.ENDED}:
            await scene.drain(self._reached)
            await self._arm()
        await self._struck()
        await self._linger()
        await self._heal()
        await scene.drain(scene.settled)

    def _reached(self) -> bool:
        operation = self.scene.operation
        if operation is None:
            return False
        if self.moment is Moment.ENDED:
            return operation.state.ended
        return operation.state is State.VERIFYING and operation.seen is not None

    async def _struck(self) -> None:
        """Wait until it struck; for the late steps the clock has to be moved on."""
        scene = self.scene
        if self.moment in {Moment.LOOKED, Moment.ENDED}:
            await scene.drain(self._has_struck, at_once=True)
        else:
            await scene.until(self._has_struck, "it never came to that")

    def _has_struck(self) -> bool:
        if self._armed is not None:
            stand_in, fault = self._armed
            self.struck = all(one is not fault for one in stand_in.faults)
            if self.struck and self.scene.cell.fault is What.SILENCE:
                self._lasts(silence(self.scene))
        return self.struck

    async def _linger(self) -> None:
        """How long the trouble lasts. Silence is waited out: what was sent is handled late."""
        scene = self.scene
        now = scene.world.clock.now
        over = max(self._done_at, now() + scene.chance.uniform(0.0, 0.3))
        await scene.until(lambda: now() > over, "it lingers")
        while self._tasks:
            await self._tasks.pop()

    async def _heal(self) -> None:
        scene = self.scene
        scene.still = STILL
        scene.wire.asked = scene.wire.answered = None
        for stand_in in (scene.world.edfs, scene.world.slack, scene.world.ims):
            stand_in.clear_faults()
        for front in scene.fronts.values():
            front.untrusted = False
        if scene.valkey.process is None:
            await asyncio.to_thread(scene.valkey.start)

    # The moments on the wire to the store.

    async def _asked(self, said: bytes) -> Pass:
        if self.struck or self._armed or self._tasks or not await self._is_it(said):
            return Pass.ON
        if self.after:
            return Pass.WATCHED
        await self._arm()
        return Pass.CUT if self.scene.cell.fault in STORE else Pass.ON

    async def _is_it(self, said: bytes) -> bool:
        if self.moment is Moment.KEPT:
            return b":delivery:" in said
        if b"edfs:{" not in said or b":lock:" not in said or not await self.scene.look():
            return False
        return self._comes_next() is self.moment

    def _comes_next(self) -> Moment | None:
        match self.scene.state():
            case None:
                return Moment.LOCKED
            case State.LOCKED:
                return Moment.PERMITTED
            case State.SENDING:
                return Moment.ANSWERED
            case _:
                return None

    async def _answered(self) -> bool:
        """Whether the answer of the watched message goes on: it does if nothing was done yet."""
        await self.scene.look()
        done = self.moment is Moment.KEPT or self._comes_next() is not self.moment
        if not done or self.struck:
            return True
        await self._arm()
        return self.scene.cell.fault not in STORE

    # Arming and striking.

    async def _arm(self) -> None:
        cell = self.scene.cell
        if cell.fault is What.CONNECT_REFUSED:
            self._refuse(target(self.scene)[0])
        elif cell.fault is What.TLS_FAILURE:
            self._distrust()
        elif cell.fault not in WORLD:
            stand_in, name = target(self.scene)
            self._armed = (stand_in, stand_in.fail(name, **options(self.scene)))
            if cell.fault is What.SILENCE:  # waited out; the clock is left alone meanwhile
                self.scene.still = silence(self.scene) + 0.3
        elif cell.step in STORE_STEPS or (cell.fault in SLACK and cell.step in SLACK_STEPS):
            await self._strike()
        else:
            await self._hold()

    async def _hold(self) -> None:
        """Hold up the step's request, and strike the world meanwhile."""
        stand_in, name = target(self.scene)
        held = stand_in.hold(name, answers=self.scene.cell.step is Step.ANSWER)

        async def strike() -> None:
            with held:
                await until(lambda: held.waiting, "nothing was held up")
                await self._strike()

        self._tasks.append(asyncio.create_task(strike()))

    async def _strike(self) -> None:
        """What happens to the world at once."""
        strikes: dict[What, Callable[[], Awaitable[None]]] = {
            What.STORE_RESTART: self._restart,
            What.STORE_GONE: self._stop,
            What.SLACK_LIMIT: self._limit_slack,
            What.SLACK_GONE: self._slack_gone,
            What.OUTSIDE_FLIP: self._flip,
        }
        await strikes[self.scene.cell.fault]()
        self.struck = True

    async def _restart(self) -> None:
        """Orderly, or killed: what it acknowledged stands in its file."""
        valkey = self.scene.valkey
        if self.scene.chance.random() < 0.5 and valkey.process is not None:
            valkey.process.kill()
        await asyncio.to_thread(valkey.stop)
        await asyncio.to_thread(valkey.start)

    async def _stop(self) -> None:
        self._lasts(10.0 if self.scene.long else 1.2)
        await asyncio.to_thread(self.scene.valkey.stop)

    async def _limit_slack(self) -> None:
        slack = self.scene.world.slack
        name = target(self.scene)[1] if self.scene.cell.step in SLACK_STEPS else None
        slack.fail(name, 429, times=6 if self.scene.long else 1, retry_after=3)
        self._lasts(REFUSED_FOR)

    async def _slack_gone(self) -> None:
        self.scene.world.slack.fail(None, "refused")
        self._lasts(REFUSED_FOR * (4 if self.scene.long else 1))

    async def _flip(self) -> None:
        self.scene.note()
        self.scene.world.edfs.state.flip_outside(ITWIN, TIMER)
        self.scene.note()

    def _refuse(self, stand_in: StandIn) -> None:
        stand_in.fail(None, "refused")
        self._lasts(REFUSED_FOR * (3 if self.scene.long else 1))
        self.struck = True

    def _distrust(self) -> None:
        front = self.scene.fronts["slack" if self.scene.cell.step in SLACK_STEPS else "edfs"]
        front.untrusted = True
        front.cut()
        self._lasts(REFUSED_FOR * (3 if self.scene.long else 1))
        self.struck = True

    def _lasts(self, seconds: float) -> None:
        self._done_at = self.scene.world.clock.now() + seconds


def strike_of(scene: Scene) -> Strike:
    """Every second seed strikes after the message: it was done, and its answer is lost."""
    after = scene.cell.step in STORE_STEPS and scene.seed % 4 in {0, 3}
    return Strike(scene, BEFORE[scene.cell.step], after=after)
