"""The people of the world, with their Slack users and their IMS accounts.

The Slack fields follow the user object (docs.slack.dev/reference/objects/user-object). Everybody
has an account at the IMS stand-in under the same name.
"""

import uuid
from dataclasses import dataclass, replace
from typing import Any

TEAM_ID = "T0EDFSBOT1"
TEAM_NAME = "acme"
OUTSIDE_TEAM_ID = "T0OUTSIDE1"
APP_ID = "A0EDFSBOT1"
BOT_ID = "B0EDFSBOT1"
BOT_USER_ID = "U0EDFSBOT0"
BOT_NAME = "edfs"
SLACKBOT_ID = "USLACKBOT"

# Subjects must stay the same over restarts, so they are derived from names and not random.
_SUBJECTS = uuid.UUID("6a4f0a0e-2d1c-5a53-8a3e-1f6f7c0d9b21")


class UnknownNameError(LookupError):
    """A name of a person or thing that the world does not have; the text lists those it has."""


@dataclass(frozen=True, slots=True)
class Person:
    """One Slack user and IMS account; `role` says what tests use the person for."""

    name: str
    id: str
    real_name: str
    role: str
    time_zone: str = "Europe/Berlin"
    utc_offset: int | None = None  # in seconds; None: that of the time zone
    team_id: str = TEAM_ID
    is_bot: bool = False
    is_restricted: bool = False
    deleted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False

    @property
    def email(self) -> str:
        domain = "acme.example" if self.team_id == TEAM_ID else "outside.example"
        return f"{self.name}@{domain}"

    @property
    def subject(self) -> str:
        """The `sub` claim of the IMS account."""
        return str(uuid.uuid5(_SUBJECTS, self.name))


PEOPLE: tuple[Person, ...] = (
    Person("alice", "U0ALICE001", "Alice Arden", "operator"),
    Person("bob", "U0BOB00001", "Bob Brook", "approver", time_zone="America/New_York"),
    Person("carol", "U0CAROL001", "Carol Cole", "no right", time_zone="Asia/Kolkata"),
    Person("dana", "U0DANA0001", "Dana Dale", "outsider", team_id=OUTSIDE_TEAM_ID),
    Person("gina", "U0GINA0001", "Gina Glen", "guest", is_restricted=True),
    Person("dave", "U0DAVE0001", "Dave Down", "deactivated", deleted=True),
    Person("botty", "U0BOTTY001", "Botty", "another bot", is_bot=True),
)
# Further people for tests with many users: in no channel and no iTwin until a test adds them.
CREW: tuple[Person, ...] = tuple(
    Person(f"crew{number:02d}", f"U0CREW{number:04d}", f"Crew {number:02d}", "one of the crew")
    for number in range(1, 21)
)
BOT = Person(BOT_NAME, BOT_USER_ID, "EDFS Bot", "the bot under test", is_bot=True)

_BY_NAME = {person.name: person for person in (*PEOPLE, *CREW)}
_BY_ID = {person.id: person for person in (*PEOPLE, *CREW, BOT)}
_BY_SUBJECT = {person.subject: person for person in (*PEOPLE, *CREW)}


def person_named(name: str) -> Person:
    try:
        return _BY_NAME[name.removeprefix("@").casefold()]
    except KeyError:
        known = ", ".join(person.name for person in PEOPLE)
        raise UnknownNameError(f"nobody is called {name!r} here; the people are: {known}") from None


def person_with_id(person_id: str) -> Person | None:
    return _BY_ID.get(person_id)


def person_with_subject(subject: str) -> Person | None:
    return _BY_SUBJECT.get(subject)


class People:
    """The people as Slack has them now; changes last until `reset`.

    IMS accounts go by name and subject, which do not change.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._changed: dict[str, Person] = {}

    def named(self, name: str) -> Person:
        """By name with or without `@`; `edfs` is the bot. Raises UnknownNameError."""
        first = BOT if name.removeprefix("@").casefold() == BOT_NAME else person_named(name)
        return self._changed.get(first.id, first)

    def with_id(self, person_id: str) -> Person | None:
        return self._changed.get(person_id) or person_with_id(person_id)

    def change(self, name: str, **changes: Any) -> Person:
        """Changes fields of `Person`, such as deleted, is_restricted or time_zone."""
        fixed = {"name", "id"} & changes.keys()
        if fixed:
            raise ValueError(f"a person keeps {' and '.join(sorted(fixed))}")
        new = replace(self.named(name), **changes)
        self._changed[new.id] = new
        return new
