"""Random cron expressions that Cronos reads, with every form of its dialect."""

from hypothesis import strategies as st


def values(first: int, last: int, names: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    """Yield a field: a star, or a list of values, ranges (which may wrap) and steps."""
    number = st.integers(first, last).map(str)
    one = st.one_of(number, st.sampled_from(names)) if names else number
    step = st.integers(1, last).map(lambda by: f"/{by}")
    part = st.one_of(
        one,
        st.tuples(one, st.just("-"), one).map("".join),
        st.tuples(one, step).map("".join),
        st.tuples(one, st.just("-"), one, step).map("".join),
    )
    return st.one_of(
        st.just("*"),
        step.map(lambda by: f"*{by}"),
        number,
        st.lists(part, min_size=1, max_size=3).map(",".join),
    )


DAYS = st.one_of(
    st.just("*"),
    values(1, 31),
    st.sampled_from(["?", "L", "LW", "L-3", "L-10W", "1W", "15W", "31W", "L-30"]),
)
WEEKDAYS = st.one_of(
    st.just("*"),
    values(0, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")),
    st.sampled_from(["?", "1-5", "5L", "SUNL", "MON#2", "3#5", "7#1", "7-2/2"]),
)
SECONDS = st.one_of(st.just(""), values(0, 59).map(lambda field: f"{field} "))
CRONS = st.tuples(
    SECONDS, values(0, 59), values(0, 23), DAYS, values(1, 12, ("JAN", "FEB", "DEC")), WEEKDAYS
).map(lambda parts: parts[0] + " ".join(parts[1:]))
