"""``python3 run.py mutants [PATH…]``: changes the code in one place at a time and runs the tests.

A mutant is killed when a test fails with it. One that survives shows what no test looks at. The
paths are files and folders of the bot; the tests are those nearest to them that execute the changed
line. See docs/testing.md.
"""

import argparse
import os
import random
import shlex
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.mutations import Mutant, SourceFile
from tests.mutants.pool import Pool, Result, Trial, WorkerError
from tests.mutants.reach import Reach, TestsFailError, reach
from tests.mutants.report import report, score, told
from tests.mutants.sampling import sample, source_files, within

SOURCES = ("bot/core", "bot/features")
# The rooms of the tests that go through the core and the features in pytest's own process.
# The others start processes, which no mutant reaches, or look at the stand-ins.
ROOMS = ("core", "features", "background", "slack", "gateways", "cli", "conversations")
TOLD_EVERY = 25


def arguments(given: Sequence[str]) -> argparse.Namespace:
    words = (__doc__ or "").split("\n\n")[1]
    parser = argparse.ArgumentParser(prog="run.py mutants", description=words)
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help=f"instead of {' and '.join(SOURCES)}")
    add("--seed", type=int, help="of the sample; printed, so that it can be given again")
    add("--most", type=int, default=1500, help="mutants to try (%(default)s)")
    add("--minutes", type=float, default=0.0, help="after which no other mutant is begun")
    add("--score", type=float, default=85.0, help="percent to kill, else exit 1 (%(default)s)")
    add("--only", action="append", metavar="FILE:LINE:NUMBER", help="try this mutant alone")
    add("--tests", action="append", metavar="PATH", help="tests, instead of the nearest")
    add(
        "--budget",
        type=float,
        default=20.0,
        help="processor seconds of tests a mutant (%(default)s)",
    )
    add("--patience", type=float, default=8.0, help="seconds a test may hang (%(default)s)")
    add("--workers", type=int, default=2 * (os.cpu_count() or 1), help="processes (%(default)s)")
    chosen = parser.parse_args(given)
    if chosen.seed is None:
        chosen.seed = random.randrange(1_000_000)
    chosen.paths = chosen.paths or list(SOURCES)
    return chosen


def say(line: str) -> None:
    print(f"mutants: {line}", file=sys.stderr, flush=True)


def chosen_mutants(root: Path, chosen: argparse.Namespace) -> list[Mutant]:
    if chosen.only:
        return [named_mutant(root, name) for name in chosen.only]
    files = source_files(root, chosen.paths)
    mutants = sample(files, chosen.most, chosen.seed)
    possible = sum(len(file.changes) for file in files)
    say(f"{len(mutants)} of {possible} mutants of {len(files)} files, seed {chosen.seed}")
    return mutants


def named_mutant(root: Path, name: str) -> Mutant:
    try:
        path, line, number = name.rsplit(":", 2)
        return SourceFile(root, path).mutant(int(line), int(number))
    except (KeyError, ValueError) as error:
        raise FileNotFoundError(f"there is no mutant {name}") from error


def try_all(
    root: Path, chosen: argparse.Namespace, mutants: Sequence[Mutant], reached: Reach
) -> list[Result]:
    """Tries the mutants in the order given, as many as the time allows."""
    results: list[Result] = []

    def tell(result: Result) -> None:
        results.append(result)
        if len(results) % TOLD_EVERY == 0:
            say(f"{len(results)} of {len(mutants)} tried, {score(results):.1f} % killed")

    trials = [
        Trial(mutant, within(chosen.budget, reached.tests_of(mutant)), reached.at_import(mutant))
        for mutant in mutants
    ]
    pool = Pool(root, chosen.workers, chosen.patience)
    timer = threading.Timer(chosen.minutes * 60, pool.stop)
    timer.daemon = True
    if chosen.minutes:
        timer.start()
    try:
        pool.run(trials, tell)
    except KeyboardInterrupt:
        say("interrupted")
    except (TimeoutError, WorkerError) as error:
        if not results:
            raise
        say(f"broke off: {type(error).__name__}: {error}")  # what was tried still counts
    finally:
        timer.cancel()
    return results


def main(given: Sequence[str]) -> int:
    root, chosen = Path.cwd(), arguments(given)
    nearest = [f"tests/{room}" for room in ROOMS if (root / "tests" / room).is_dir()]
    tests = chosen.tests or nearest
    try:
        mutants = chosen_mutants(root, chosen)
        say(f"which tests of {' '.join(tests)} execute which line …")
        sources = [mutant.path for mutant in mutants]
        reached = reach(root, sources, tests, min(chosen.workers, os.cpu_count() or 1))
        if reached.failed:
            say(f"left out, because they fail without a mutant: {', '.join(reached.failed)}")
        results = try_all(root, chosen, mutants, reached)
    except (FileNotFoundError, TimeoutError, TestsFailError, WorkerError) as error:
        say(f"{type(error).__name__}: {error}")
        return 2
    if chosen.only:
        print("\n\n".join(told(result) for result in results))
        return 0
    print("\n".join(report(results)))
    if left := len(mutants) - len(results):
        print(f"\nnot tried, because the time was over: {left}")
    again = f"{shlex.join(chosen.paths)} --seed {chosen.seed} --most {chosen.most}"
    print(f"\nthe same again: python3 run.py mutants {again}")
    print("one of them:    python3 run.py mutants --only FILE:LINE:NUMBER")
    print(f"\nkilled {score(results):.1f} %, wanted {chosen.score:g} % (timed out: counted apart)")
    return 0 if score(results) >= chosen.score else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
