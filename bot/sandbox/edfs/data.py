"""What stands behind the EDFS stand-in: iTwins, timers, rights; and hands that change them outside.

Nothing done here counts as a call, and a timer's change here does not count as a flip.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from bot.sandbox.edfs.itwins import (
    ITwin,
    Parameters,
    Seed,
    Timer,
    favorites,
    first_itwins,
    first_timers,
    holders_of_the_right,
    members,
    recents,
)
from bot.sandbox.people import UnknownNameError

# "recents keeps at most 25, newest first" (iTwins API, get-my-recently-used-itwins).
MOST_RECENTS = 25


class EdfsData:
    """`rights`: person's name to ids of iTwins; `members`: names of those who see the iTwins.

    `favorites` and `recents`: person's name to ids of iTwins; recents are newest first.
    """

    def __init__(self, seed: Seed) -> None:
        self._seed = seed
        self.restore()

    def restore(self) -> None:
        """The first iTwins, timers and rights again."""
        self.itwins = {itwin.id: itwin for itwin in first_itwins(self._seed)}
        self.timers = {timer.id: timer for timer in first_timers(self._seed)}
        self.rights: dict[str, frozenset[str]] = holders_of_the_right(self._seed)
        self.members = members()
        self.favorites = favorites(self._seed)
        self.recents = recents(self._seed)
        self._replaced = 0

    # iTwins and people.

    def itwin(self, name: str) -> ITwin:
        """By display name, number or id; of several, the first."""
        for itwin in self.itwins.values():
            if name in {itwin.name, itwin.number, itwin.id}:
                return itwin
        raise UnknownNameError(f"there is no iTwin {name!r}; try plant-a, plant-b or Bridge 017")

    def put_itwin(
        self, name: str, *, number: str = "", timers: int = 0, people: Iterable[str] = ()
    ) -> ITwin:
        """Adds an iTwin with timers called "Timer 0001" and so on; `people` get the right there."""
        home = ITwin(self._seed.id_of("put", name), name, number or f"N-{name}")
        self.itwins[home.id] = home
        for place in range(1, timers + 1):
            called = f"Timer {place:04d}"
            timer_id = self._seed.id_of(home.id, "timer", called)
            self._store(Timer(home.id, timer_id, called, f"PACKAGE_{place:04d}", "0 2 * * *"))
        self.let_in(*people, itwin=name)
        return home

    def let_in(self, *people: str, itwin: str | None = None) -> None:
        """They become members of the iTwins, with the right in one (None: where Alice has it)."""
        homes = self.rights["alice"] if itwin is None else {self.itwin(itwin).id}
        self.members |= set(people)
        for person in people:
            self.rights[person] = self.rights.get(person, frozenset()) | homes

    def take_right(self, person: str, itwin: str | None = None) -> None:
        """The person stays a member, and may do nothing with timers (None: of any iTwin)."""
        lost = self.itwins.keys() if itwin is None else {self.itwin(itwin).id}
        self.rights[person] = self.rights.get(person, frozenset()) - lost

    def give_right(self, person: str, itwin: str | None = None) -> None:
        """As before `take_right` in that iTwin (None: where the first world had it)."""
        first = holders_of_the_right(self._seed).get(person, frozenset())
        homes = first if itwin is None else {self.itwin(itwin).id}
        self.rights[person] = self.rights.get(person, frozenset()) | homes

    def put_out(self, *people: str) -> None:
        """They see no iTwin any more."""
        self.members -= set(people)

    def stars(self, person: str, *itwins: str) -> None:
        """These are the person's favourites from now on."""
        self.favorites[person] = tuple(self.itwin(name).id for name in itwins)

    def uses(self, person: str, *itwins: str) -> None:
        """The person opens these iTwins elsewhere, one after another."""
        for name in itwins:
            used = self.itwin(name).id
            before = [one for one in self.recents.get(person, ()) if one != used]
            self.recents[person] = (used, *before)[:MOST_RECENTS]

    # Timers.

    def timer(self, itwin: str, name: str) -> Timer:
        """By name or id, within one iTwin."""
        home = self.itwin(itwin)
        mine = [timer for timer in self.timers.values() if timer.itwin_id == home.id]
        for timer in mine:
            if name in {timer.name, timer.id}:
                return timer
        names = ", ".join(timer.name for timer in mine[:20]) or "none"
        raise UnknownNameError(f"{home.name} has no timer {name!r}; it has: {names}")

    def put_timer(
        self,
        itwin: str,
        name: str,
        *,
        package: str = "SAP_WORK_ORDERS",
        cron: str = "0 2 * * 1-5",
        enabled: bool = True,
        parameters: Parameters | None = (),
    ) -> Timer:
        """Adds a timer, or replaces the one of that name."""
        home = self.itwin(itwin).id
        timer_id = self._seed.id_of(home, "timer", name)
        for timer in self.timers.values():
            if timer.itwin_id == home and timer.name == name:
                timer_id = timer.id
        return self._store(Timer(home, timer_id, name, package, cron, enabled, parameters))

    def edit_timer(self, itwin: str, timer: str, **changes: Any) -> Timer:
        """Changes fields of `Timer` (name, package, cron, enabled, parameters); the id stays."""
        return self._store(replace(self.timer(itwin, timer), **changes))

    def replace_timer(self, itwin: str, timer: str, **changes: Any) -> Timer:
        """Deletes it and creates it with these changes: what an edit is in EDFS. The id is new."""
        old = self.timer(itwin, timer)
        del self.timers[old.id]
        self._replaced += 1
        new_id = self._seed.id_of(old.id, "replaced", str(self._replaced))
        return self._store(replace(old, id=new_id, **changes))

    def remove_timer(self, itwin: str, timer: str) -> None:
        del self.timers[self.timer(itwin, timer).id]

    def flip_outside(self, itwin: str, timer: str) -> Timer:
        """Somebody flips the timer without the bot."""
        found = self.timer(itwin, timer)
        return self._store(replace(found, enabled=not found.enabled))

    def _store(self, timer: Timer) -> Timer:
        self.timers[timer.id] = timer
        return timer
