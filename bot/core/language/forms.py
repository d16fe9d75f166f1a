"""Values of the chooser's form: the timer it shows, and the text typed into "until"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.errors import InvalidCommand
from bot.core.language.clauses import parse_phrase
from bot.core.names import ITwinId, TimerId, is_guid, single_line
from bot.core.timers import ITwin, Timer

NAME = 255
_SPAN = re.compile(
    r"(\d+(\.\d+)?|an?|one|two|three|four|five|six|seven)\s*"
    r"(m|h|d|w|min|mins|minutes?|hrs?|hours?|days?|weeks?|runs?)\b|good\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TimerFields:
    """The timer that the form shows, kept in the view's metadata so that typing needs no request.

    For display only: a command that comes of the form reads the timer again.
    """

    itwin: ITwin
    timer: Timer

    def written(self) -> dict[str, str]:
        """Return the strings that ``read`` reads; cut so that they fit into a view's metadata."""
        itwin, timer = self.itwin, self.timer
        return {
            "itwin": itwin.id,
            "itwin_name": single_line(itwin.display_name, NAME),
            "itwin_number": single_line(itwin.number, NAME),
            "timer": timer.id,
            "name": single_line(timer.name, NAME),
            "package": single_line(timer.package, NAME),
            "cron": single_line(timer.cron, NAME),
            "enabled": "yes" if timer.enabled else "no",
        }

    @classmethod
    def read(cls, kept: Mapping[str, str]) -> "TimerFields | None":
        """Read a view's metadata; None if it names no timer."""
        itwin, timer = kept.get("itwin", ""), kept.get("timer", "")
        if not (is_guid(itwin) and is_guid(timer)):
            return None
        name, package, cron = (kept.get(key, "") for key in ("name", "package", "cron"))
        return cls(
            ITwin(ITwinId(itwin), kept.get("itwin_name", ""), kept.get("itwin_number", "")),
            Timer(TimerId(timer), name, package, cron, kept.get("enabled") == "yes"),
        )


def phrase_from_input(text: str) -> str:
    """Return the phrase that the form's "until" input means.

    The first word may be left out: "monday 08:00" and "3 days" are understood.
    Raises InvalidCommand.
    """
    words = text.split()
    if not words:
        raise InvalidCommand("the time is missing", "disable")
    if words[0].casefold() not in {"until", "for"}:
        words.insert(0, "for" if _SPAN.match(" ".join(words)) else "until")
    return parse_phrase("disable", " ".join(words))
