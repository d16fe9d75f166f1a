"""Nothing is changed by a guess: a change names its timer whole, or a person pressed its name."""

import random

import pytest

from bot.core.folding import spellings
from bot.core.names import ITwinId, TimerId
from bot.sandbox.edfs.state import Timer
from tests.world.story import Story
from tests.world.waiting import until

WORDS = (
    *("SAP", "orders", "work", "Export", "PROD", "do", "not", "touch", "nightly", "2", "10"),
    *("until", "for", "3 days", "page 2", "because", "all", "off", "Weekend", "A0", "Bäume", "øst"),
)
NEEDLES = 20
SEEDS = [*range(3), *(pytest.param(seed, marks=pytest.mark.deep) for seed in range(3, 60))]


def named(dice: random.Random) -> str:
    return " ".join(dice.choices(WORDS, k=dice.randint(1, 4)))


def needle(dice: random.Random, timers: list[Timer]) -> str:
    """Return what somebody may type for one of the timers: all of its name, or something near."""
    timer = dice.choice(timers)
    words = timer.name.split()
    match dice.randrange(7):
        case 0:
            return timer.name
        case 1:
            return f'"{timer.name}"'
        case 2:
            return " ".join(words[: dice.randint(1, len(words))])
        case 3:
            return timer.id[dice.randint(0, 20) :][:6]
        case 4:
            return timer.name[: dice.randint(1, len(timer.name))]
        case 5:
            return f"{timer.name} {dice.choice(WORDS)}"
        case _:
            return named(dice)


def is_whole(typed: str, timer: Timer) -> bool:
    """Whether the typed words contain a whole name of the timer, as words."""
    forms = [form for name in (timer.name, timer.id) for form in spellings(name)]
    words = [form for part in spellings(typed.replace('"', " ")) for form in [part.split()]]
    for form in forms:
        wanted = form.split()
        for having in words:
            starts = range(len(having) - len(wanted) + 1)
            if any(having[at : at + len(wanted)] == wanted for at in starts):
                return True
    return False


@pytest.mark.parametrize("seed", SEEDS)
async def test_nothing_is_changed_without_a_whole_name(story: Story, seed: int) -> None:
    dice = random.Random(seed)
    edfs = story.world.edfs
    itwin = edfs.state.put_itwin("Mill", people=["alice"])
    names = dict.fromkeys(named(dice) for _ in range(dice.randint(1, 50)))
    timers = [edfs.state.put_timer("Mill", name, package="P") for name in names]
    await story.signs_in("alice")
    for _ in range(NEEDLES):
        typed = needle(dice, timers)
        seen, flips = answers(story), story.patches()
        await story.types("alice", f"/edfs disable Mill {typed}")
        await until(lambda seen=seen: answers(story) != seen, reason=typed)  # type: ignore[misc]
        await settled(story, timers)
        changed = [edfs.state.timers[timer.id] for timer in timers]
        off = [timer for timer in changed if not timer.enabled]
        assert story.patches() - flips == len(off) <= 1, typed
        for timer in off:
            assert is_whole(typed, timer), (typed, timer.name)
            edfs.state.flip_outside(itwin.id, timer.id)


def answers(story: Story) -> tuple[int, str]:
    """Return how many messages Alice sees, and which window is open: an iTwin alone opens one."""
    view = story.world.slack.state.modals.top(story.world.person("alice"))
    return len(story.says("alice")), view.id if view else ""


async def settled(story: Story, timers: list[Timer]) -> None:
    """Wait until no operation holds one of the timers."""
    home, locks = story.bot.context.installation.workspace, story.bot.store.timers

    async def is_settled() -> bool:
        return not any(
            [await locks.is_locked(home, ITwinId(one.itwin_id), TimerId(one.id)) for one in timers]
        )

    await until(is_settled, "an operation goes on")
