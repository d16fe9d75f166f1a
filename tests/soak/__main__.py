"""``python3 run.py soak``: random commands at three replicas of the bot, and a judge at the end.

With ``--faults`` processes are killed and paused, the store's master fails over, dies and hangs,
and EDFS, Slack and the sign-in service answer wrongly, late or not at all. Exits with 1 where the
stand-ins, the records, the audit trail and the cards do not agree. See docs/testing.md.
"""

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bot.core.errors import StoreUnreachable
from tests.soak.cast import CHANNELS, HOME, PEOPLE, TIMERS, Cast, cast
from tests.soak.faults import Faults
from tests.soak.judge import Verdict, Wish, judge

VERBS = ("toggle", "enable", "disable")
DRAIN_SECONDS = 900.0  # a lost answer is looked at once more after 330 s


def arguments(given: Sequence[str]) -> argparse.Namespace:
    words = (__doc__ or "").split("\n\n")[1]
    parser = argparse.ArgumentParser(prog="run.py soak", description=words)
    add = parser.add_argument
    add("--faults", action="store_true", help="make faults of every kind meanwhile")
    add("--minutes", type=float, default=10.0, help="of commands (%(default)s)")
    add("--rate", type=float, default=2.0, help="commands a second (%(default)s)")
    add("--seed", type=int, help="of the commands and faults; printed")
    chosen = parser.parse_args(given)
    if chosen.seed is None:
        chosen.seed = random.randrange(1_000_000)
    return chosen


def say(line: str) -> None:
    print(f"soak: {line}", file=sys.stderr, flush=True)


async def wish(cast: Cast, dice: random.Random, number: int, wishes: list[Wish]) -> None:
    """One command of one person, delivered up to three times."""
    person, timer = dice.choice(PEOPLE), dice.choice(TIMERS)
    verb, channel, deliveries = dice.choice(VERBS), dice.choice(CHANNELS), dice.randint(1, 3)
    made = Wish(person.id, timer, f"wish {number}")
    wishes.append(made)
    text = f'/edfs {verb} plant-a "{timer}" because {made.reason}'
    ack = await cast.world.types(person.name, channel, text, deliveries=deliveries)
    made.accepted = ack.ok and "nothing was changed" not in str(ack.body)


async def ask(cast: Cast, chosen: argparse.Namespace) -> list[Wish]:
    """Type commands at the rate for so many minutes; return them when all are acknowledged."""
    dice, wishes = random.Random(f"{chosen.seed} wishes"), list[Wish]()
    begun = told = time.monotonic()
    async with asyncio.TaskGroup() as typing:
        while (now := time.monotonic()) < begun + 60 * chosen.minutes:
            typing.create_task(wish(cast, dice, len(wishes), wishes))
            if now - told > 60:
                told = now
                say(f"{len(wishes)} commands")
            await asyncio.sleep(1 / chosen.rate)
    return wishes


async def drain(cast: Cast) -> tuple[float, list[bytes]]:
    """Wait until nothing is due any more; return how many seconds that took, and what is left."""
    begun, key = time.monotonic(), f"edfs:{{{HOME}}}:due"
    left = 1
    while left and time.monotonic() < begun + DRAIN_SECONDS:
        await asyncio.sleep(1.0)
        with contextlib.suppress(Exception):  # the store may be between two masters
            left = await cast.store.redis.zcard(key)
    due = await cast.store.redis.zrange(key, 0, -1)
    return time.monotonic() - begun, due


async def campaign(chosen: argparse.Namespace, folder: Path) -> int:
    dice = random.Random(f"{chosen.seed} faults")
    async with cast(folder, random.Random(chosen.seed)) as people:
        before = {
            timer: people.world.edfs.state.timer("plant-a", timer).enabled for timer in TIMERS
        }
        faults = Faults(people, dice)
        making = asyncio.create_task(faults.run()) if chosen.faults else None
        wishes = await ask(people, chosen)
        if making is not None:
            making.cancel()
            await asyncio.wait({making})
            if not making.cancelled():
                making.result()
        await faults.end()
        drained, due = await drain(people)
        try:
            verdict = await judge(people, wishes, before)
        except StoreUnreachable as error:
            say(f"the store does not answer: {error}")
            return 2
        if due:
            verdict.violations.append(f"still due after {drained:.0f} s: {due}")
        report(wishes, faults, verdict, drained)
        if verdict.violations:
            for replica in people.replicas:
                kept = Path(tempfile.gettempdir()) / f"soak-{chosen.seed}-{replica.port}.log"
                kept.write_bytes(replica.log.read_bytes())
                say(f"the log of a replica is kept in {kept}")
        return 1 if verdict.violations else 0


def report(wishes: list[Wish], faults: Faults, verdict: Verdict, drained: float) -> None:
    accepted = sum(wish.accepted for wish in wishes)
    say(f"{len(wishes)} commands, {accepted} acknowledged, {len(wishes) - accepted} refused")
    states = ", ".join(f"{count} {name}" for name, count in sorted(verdict.states.items()))
    say(f"{len(verdict.operations)} operations: {states}")
    made = ", ".join(f"{count} {name}" for name, count in sorted(faults.made.items()))
    say(f"{sum(faults.made.values())} faults: {made or 'none'}")
    say(f"{verdict.flips} flips; drained in {drained:.0f} s")
    say(f"{verdict.told} answers that a command was not done; {verdict.orphans} cards of no record")
    for line in verdict.violations:
        say(f"VIOLATION {line}")
    say(f"{len(verdict.violations)} violations")


def main(given: Sequence[str]) -> int:
    chosen = arguments(given)
    say(f"{chosen.minutes:g} minutes, seed {chosen.seed}")
    with tempfile.TemporaryDirectory(prefix="edfs-soak-") as folder:
        return asyncio.run(campaign(chosen, Path(folder)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
