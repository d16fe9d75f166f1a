"""What the EDFS stand-in remembers, the switches of its behavior, and changes made outside the bot.

Nothing done here is recorded as a call, and a change of a timer here does not count as a flip.
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


class EdfsState:
    """iTwins and timers by id, and who may do what with them.

    `rights`: person's name to ids of iTwins; `members`: names of those who see the iTwins.
    `favorites` and `recents`: person's name to ids of iTwins; recents are newest first.
    `toggled`: each timer as the toggle operation left it, oldest first.
    Switches: `reads_hidden` (404 instead of 403 to a read without the right),
    `answer_before_flip` (toggle answers with the timer as it was before).
    """

    def __init__(self, seed: Seed) -> None:
        self.seed = seed
        self.reset()

    def reset(self) -> None:
        self.reads_hidden = False
        self.answer_before_flip = False
        self.toggled: list[Timer] = []
        self.itwins = {itwin.id: itwin for itwin in first_itwins(self.seed)}
        self.timers = {timer.id: timer for timer in first_timers(self.seed)}
        self.rights: dict[str, frozenset[str]] = holders_of_the_right(self.seed)
        self.members = members()
        self.favorites = favorites(self.seed)
        self.recents = recents(self.seed)
        self._replaced = 0

    # iTwins and people.

    def itwin(self, name: str) -> ITwin:
        """The iTwin of a display name, number or id; of several, the first."""
        for itwin in self.itwins.values():
            if name in {itwin.name, itwin.number, itwin.id}:
                return itwin
        raise UnknownNameError(f"there is no iTwin {name!r}; try plant-a, plant-b or Bridge 017")

    def put_itwin(
        self, name: str, *, number: str = "", timers: int = 0, people: Iterable[str] = ()
    ) -> ITwin:
        """Adds an iTwin with timers called "Timer 0001" and so on; `people` get the right there."""
        itwin = ITwin(self.seed.id_of("put", name), name, number or f"N-{name}")
        self.itwins[itwin.id] = itwin
        for place in range(1, timers + 1):
            called = f"Timer {place:04d}"
            timer_id = self.seed.id_of(itwin.id, "timer", called)
            self.store(Timer(itwin.id, timer_id, called, f"PACKAGE_{place:04d}", "0 2 * * *"))
        self.let_in(*people, itwin=name)
        return itwin

    def let_in(self, *people: str, itwin: str | None = None) -> None:
        """Makes people members with the right in one iTwin (None: in those where Alice has it)."""
        itwin_ids = self.rights["alice"] if itwin is None else {self.itwin(itwin).id}
        self.members |= set(people)
        for person in people:
            self.rights[person] = self.rights.get(person, frozenset()) | itwin_ids

    def take_right(self, person: str, itwin: str | None = None) -> None:
        """Removes the right in one iTwin (None: in all); the person stays a member."""
        lost = self.itwins.keys() if itwin is None else {self.itwin(itwin).id}
        self.rights[person] = self.rights.get(person, frozenset()) - lost

    def give_right(self, person: str, itwin: str | None = None) -> None:
        """Restores the right in one iTwin (None: in those where the first world had it)."""
        first = holders_of_the_right(self.seed).get(person, frozenset())
        itwin_ids = first if itwin is None else {self.itwin(itwin).id}
        self.rights[person] = self.rights.get(person, frozenset()) | itwin_ids

    def put_out(self, *people: str) -> None:
        """Ends the membership of people, who then see no iTwin."""
        self.members -= set(people)

    def stars(self, person: str, *itwins: str) -> None:
        """Replaces the person's favorites."""
        self.favorites[person] = tuple(self.itwin(name).id for name in itwins)

    def uses(self, person: str, *itwins: str) -> None:
        """Puts these iTwins at the head of the person's recents, one after another."""
        for name in itwins:
            used = self.itwin(name).id
            before = [one for one in self.recents.get(person, ()) if one != used]
            self.recents[person] = (used, *before)[:MOST_RECENTS]

    # Timers.

    def timer(self, itwin: str, name: str) -> Timer:
        """The timer of a name or id in one iTwin."""
        found = self.itwin(itwin)
        timers = [timer for timer in self.timers.values() if timer.itwin_id == found.id]
        for timer in timers:
            if name in {timer.name, timer.id}:
                return timer
        names = ", ".join(timer.name for timer in timers[:20]) or "none"
        raise UnknownNameError(f"{found.name} has no timer {name!r}; it has: {names}")

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
        """Adds a timer, or overwrites the one of that name."""
        itwin_id = self.itwin(itwin).id
        timer_id = self.seed.id_of(itwin_id, "timer", name)
        for timer in self.timers.values():
            if timer.itwin_id == itwin_id and timer.name == name:
                timer_id = timer.id
        return self.store(Timer(itwin_id, timer_id, name, package, cron, enabled, parameters))

    def edit_timer(self, itwin: str, timer: str, **changes: Any) -> Timer:
        """Changes fields of `Timer` (name, package, cron, enabled, parameters); the id stays."""
        return self.store(replace(self.timer(itwin, timer), **changes))

    def replace_timer(self, itwin: str, timer: str, **changes: Any) -> Timer:
        """Deletes a timer and creates it with these changes, as an edit in EDFS does: a new id."""
        old = self.timer(itwin, timer)
        del self.timers[old.id]
        self._replaced += 1
        new_id = self.seed.id_of(old.id, "replaced", str(self._replaced))
        return self.store(replace(old, id=new_id, **changes))

    def remove_timer(self, itwin: str, timer: str) -> None:
        del self.timers[self.timer(itwin, timer).id]

    def flip_outside(self, itwin: str, timer: str) -> Timer:
        """Flips `enabled` as a person does in EDFS itself, without the bot."""
        found = self.timer(itwin, timer)
        return self.store(replace(found, enabled=not found.enabled))

    def store(self, timer: Timer) -> Timer:
        self.timers[timer.id] = timer
        return timer
