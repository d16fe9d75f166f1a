"""What is printed: figures for each module, then every mutant that no test killed."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.mutants.pool import Result

VERDICTS = ("killed", "survived", "timed out", "no test")
HEADINGS = {
    "survived": "No test fails with these:",
    "no test": "No test executes these:",
    "timed out": "With these a test did not come to its end:",
}


def score(results: Sequence[Result]) -> float:
    """Percent killed of those that came to an end; what timed out is counted apart."""
    ended = [result for result in results if result.verdict != "timed out"]
    killed = [result for result in ended if result.verdict == "killed"]
    return 100 * len(killed) / len(ended) if ended else 0.0


def report(results: Sequence[Result]) -> Iterator[str]:
    ordered = sorted(results, key=lambda r: (r.mutant.path, r.mutant.line, r.mutant.number))
    for verdict, heading in HEADINGS.items():
        listed = [result for result in ordered if result.verdict == verdict]
        if listed:
            yield from ("", heading)
        for result in listed:
            yield from ("", _headline(result), result.mutant.diff())
    yield from ("", *figures(results))


def figures(results: Sequence[Result]) -> Iterator[str]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        counts[result.mutant.path][result.verdict] += 1
    width = max(len(path) for path in [*counts, "module"])
    yield _row(width, "module", "mutants", *VERDICTS)
    for path, count in sorted(counts.items()):
        yield _row(width, path, count.total(), *(count[verdict] for verdict in VERDICTS))
    total = sum(counts.values(), Counter[str]())
    yield _row(width, "all", total.total(), *(total[verdict] for verdict in VERDICTS))


def told(result: Result) -> str:
    """Says all that is known of one mutant."""
    by = f" by {result.by} ({result.why})" if result.by else ""
    return f"{_headline(result)}: {result.verdict}{by}\n{result.mutant.diff()}"


def _headline(result: Result) -> str:
    return f"{result.mutant.name}  ({result.tests} tests)"


def _row(width: int, name: str, *columns: object) -> str:
    return f"{name:<{width}}" + "".join(f"{column:>11}" for column in columns)
