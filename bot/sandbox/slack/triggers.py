"""trigger_ids, valid once within three seconds (/interactivity/handling-user-interaction)."""

import secrets
from dataclasses import dataclass, replace

from bot.sandbox.clock import Clock
from bot.sandbox.people import Person
from bot.sandbox.slack.errors import WebApiError

TRIGGER_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Trigger:
    person: Person
    made_at: float
    spent: bool = False


class Triggers:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, Trigger] = {}

    def issue(self, person: Person) -> str:
        number = len(self._known) + 1
        trigger_id = f"{number}.{int(self._clock.now())}.{secrets.token_hex(16)}"
        self._known[trigger_id] = Trigger(person, self._clock.now())
        return trigger_id

    def exchange(self, trigger_id: object) -> Person:
        """Uses a trigger_id and returns its person; raises WebApiError with a code per reason."""
        trigger = self._known.get(trigger_id) if isinstance(trigger_id, str) else None
        if trigger is None:
            raise WebApiError("invalid_trigger")
        if trigger.spent:
            raise WebApiError("trigger_exchanged")
        if self._clock.now() - trigger.made_at > TRIGGER_SECONDS:
            raise WebApiError("trigger_expired")
        self._known[str(trigger_id)] = replace(trigger, spent=True)
        return trigger.person
