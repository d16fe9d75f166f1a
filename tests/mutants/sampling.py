"""Which mutants are tried, and with which tests."""

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.mutants.mutations import Mutant, SourceFile
from tests.mutants.reach import TimedTest


def source_files(root: Path, paths: Sequence[str]) -> list[SourceFile]:
    """Parses the files that the paths name; raises FileNotFoundError where one names nothing."""
    files: set[Path] = set()
    for path in paths:
        place = root / path
        if not place.exists():
            raise FileNotFoundError(path)
        files |= set(place.rglob("*.py")) if place.is_dir() else {place}
    return [SourceFile(root, file.relative_to(root).as_posix()) for file in sorted(files)]


def sample(files: Sequence[SourceFile], most: int, seed: int) -> list[Mutant]:
    """Returns as many mutants, each file's share by how many it has, in random order."""
    chance = random.Random(seed)
    sizes = {number: len(file.changes) for number, file in enumerate(files) if file.changes}
    chosen = [
        files[number].mutant(*name)
        for number, share in shares(sizes, most).items()
        for name in chance.sample(sorted(files[number].changes), share)
    ]
    chance.shuffle(chosen)
    return chosen


def shares(sizes: Mapping[int, int], most: int) -> dict[int, int]:
    """Divides ``most`` by size: what is left by rounding down goes to the largest remainders."""
    total = sum(sizes.values())
    if total <= most:
        return dict(sizes)
    exact = {name: size * most / total for name, size in sizes.items()}
    given = {name: int(share) for name, share in exact.items()}
    by_remainder = sorted(exact, key=lambda name: given[name] - exact[name])
    for name in by_remainder[: most - sum(given.values())]:
        given[name] += 1
    return given


def within(budget: float, tests: Sequence[TimedTest]) -> list[TimedTest]:
    """Returns the first of the tests that take no longer together, but at least one."""
    return list(_within(budget, tests))


def _within(budget: float, tests: Sequence[TimedTest]) -> Iterator[TimedTest]:
    for number, test in enumerate(tests):
        budget -= test.seconds
        if number and budget < 0:
            return
        yield test
