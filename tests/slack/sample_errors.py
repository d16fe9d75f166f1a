"""Samples of every error, found by walking the class hierarchy, so none can be left out.

The facts of an error are made after their types: each value of a Literal and of a bool has a
variant of its own. ``CLOSED`` lists the texts that mean one of a few things without saying so.
"""

import dataclasses
import itertools
import types
import typing
from collections.abc import Iterator
from typing import Any

from bot.core import auto_enables, errors
from bot.core.approvals import Stage
from bot.core.errors import BotError, Choice, Detail
from bot.core.names import OperationId, PersonId
from tests.slack.samples import ALICE, GUID, NOW, Voice, own_id

ABSTRACT = frozenset({BotError, errors.ApiError})
CLOSED: dict[tuple[str, str], tuple[Any, ...]] = {
    ("AuthorizationRevoked", "reason"): (
        *("policy", "approver", "requester", "auto_enable", "account", "request", "state"),
    ),
    ("RequestClosed", "stage"): tuple(s.value for s in Stage if s is not Stage.WAITING),
    ("AutoEnableClosed", "how"): typing.get_args(auto_enables.ClosedAs),
    ("Unclear", "why"): (
        *("timeout", "cut", "status", "redirect", "body", "other_id", "crash", "failover"),
    ),
    ("NotFound", "code"): (
        *("TimerNotFound", "TimerListNotFound", "iTwinNotFound", "ResourceNotFound"),
    ),
    ("InactiveITwin", "names"): (
        *(("Old mill (OM-001)",), ("Old mill (OM-001)", "Mill B", "Mill C", "Mill D")),
    ),
    ("InvalidCommand", "reason"): ("the timer is missing",),
    ("InvalidCommand", "verb"): ("toggle", None),
    ("InvalidCommand", "chooser"): ("choose", ""),
    ("PartOfName", "wanted"): (("SAP",), ("plant", "SAP")),
    ("IdentityProviderError", "what"): ("it did not answer in time",),
    ("ReasonRequired", "command"): ("disable plant-a SAP",),
}
# Fields that may be empty, which have a text of their own.
LISTS = frozenset(
    {
        *(("NoSuchName", "nearest"), ("InvalidCommand", "nearest")),
        *(("InvalidCommand", "choices"), ("NoAutoEnable", "choices")),
    }
)
_SPOKEN = {"wanted": "timer", "timer": "timer", "where": "iTwin", "rule": "rule"}
STATUS = {"TokenRefused": 401, "ClientUnknown": 401, "Forbidden": 403, "NotFound": 404}
_STATUSES = {**STATUS, "Invalid": 422, "RateLimited": 429, "Unclear": 502, "Refused": 409}


def every_kind() -> list[type[BotError]]:
    """Return every error class that can be raised, in the order of definition."""
    found: list[type[BotError]] = []
    waiting: list[type[BotError]] = [BotError]
    while waiting:
        kind = waiting.pop(0)
        waiting += kind.__subclasses__()
        if kind not in ABSTRACT and kind not in found:
            found.append(kind)
    return found


def errors_of(voice: Voice) -> Iterator[tuple[str, BotError]]:
    """Yield (variant, error): each kind with each of its closed facts."""
    for kind in every_kind():
        fields = _fields(kind)
        closed = {name: values for name, values in _closed(kind, fields).items() if values}
        rest = {
            name: _open(kind, name, hint, voice)
            for name, hint in fields.items()
            if name not in closed
        }
        for values in itertools.product(*closed.values()):
            facts = dict(zip(closed, values, strict=True))
            says = " ".join(f"{name}={value}" for name, value in facts.items())
            error = kind(**facts, **rest)
            _made_sense(error, voice)
            yield f"{kind.__name__} {says}".strip(), error
        for name in LISTS & {(kind.__name__, name) for name in rest}:
            bare = {one: values[0] for one, values in closed.items()}
            error = kind(**bare, **{**rest, name[1]: ()})
            _made_sense(error, voice)
            yield f"{kind.__name__} no {name[1]}", error


def _made_sense(error: BotError, voice: Voice) -> None:
    """Correct combinations that cannot occur: an expired request has nobody who decided it."""
    match error:
        case errors.RequestClosed(stage="expired" | "void"):
            error.by = None
        case errors.NoSuchName(kind="iTwin"):
            error.wanted, error.where = voice.says("iTwin"), ""
        case errors.AmbiguousName(kind="iTwin") | errors.InactiveITwin():
            error.wanted = voice.says("iTwin")
        case _:
            pass


def _fields(kind: type[BotError]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    names = [one.name for one in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else []
    return {name: hints[name] for name in names}


def _closed(kind: type[BotError], fields: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    found = {name: _literals(hint) for name, hint in fields.items()}
    named = {name: v for (of, name), v in CLOSED.items() if of == kind.__name__ and name in fields}
    if issubclass(kind, errors.ApiError):
        found["operation"] = ("toggle", "timers")
    return {**found, **named}


def _literals(hint: Any) -> tuple[Any, ...]:
    if hint is bool:
        return (False, True)
    if typing.get_origin(hint) is typing.Literal:
        return typing.get_args(hint)
    if typing.get_origin(hint) in {types.UnionType, typing.Union}:
        return tuple(value for one in typing.get_args(hint) for value in _literals(one))
    return ()


def _open(kind: type[BotError], name: str, hint: Any, voice: Voice) -> Any:
    if name == "status":
        return _STATUSES.get(kind.__name__, 0)
    if name in {"code", "message", "details"} and voice.label == "ordinary":
        return () if name == "details" else ""
    if name == "at":
        return NOW
    if name in _SPOKEN:
        return voice.says(_SPOKEN[name])
    made: dict[Any, Any] = {
        str: voice.says("word"),
        float: 30.0,
        int: 0,
        OperationId: own_id(1),
        PersonId: ALICE,
        PersonId | None: ALICE,
        Choice: _choice(voice, 1),
        tuple[Choice, ...]: tuple(_choice(voice, place) for place in range(5)),
        tuple[str, ...]: ("toggle", voice.says("word")),
        tuple[Detail, ...]: (Detail(voice.says("word"), voice.says("reason"), "itwinId"),) * 12,
    }
    return made[hint]


def _choice(voice: Voice, place: int) -> Choice:
    command = f"toggle {GUID.format(1)} {GUID.format(place)}"
    return Choice(voice.says("timer"), voice.says("package"), command, own_id(place))
