"""The state machine: every transition of the table, and nothing besides."""

import itertools
from dataclasses import replace

import pytest

from bot.core import operations as machine
from bot.core.errors import BotError, Unclear
from bot.core.names import ChannelId, ITwinId, OperationId, PersonId, TimerId, Workspace
from bot.core.operations import Acting, Impossible, Operation, Place, State, Trouble
from bot.core.timers import ITwin, Timer
from bot.core.troubles import error_of, trouble_of
from bot.slack.views.problems import words_of

GUID = "6172e54b-45eb-5ff1-829a-df7b4fcdae2c"
READY = Operation(
    id=OperationId("0" * 24),
    workspace=Workspace("T0HOME"),
    person=PersonId("U0ALICE"),
    acting=Acting("sub", "Alice", "alice@acme.example"),
    verb="disable",
    itwin=ITwin(ITwinId(GUID), "plant-a", "PA-001"),
    timer=Timer(TimerId(GUID), "SAP", "SAP_WORK_ORDERS", "0 2 * * *", enabled=True),
    definition="d",
    wanted=False,
    place=Place(ChannelId("C0PLANT")),
    asked_at=100.0,
)
TROUBLE = Trouble("Forbidden")
STEPS = {
    "locked": lambda o: machine.locked(o, 101.0),
    "already": lambda o: machine.already(o, 101.0),
    "stale": lambda o: machine.stale(o, 101.0),
    "sending": lambda o: machine.sending(o, 101.0),
    "not_executed": lambda o: machine.not_executed(o, 101.0),
    "answered": lambda o: machine.answered(o, o.wanted, 101.0),
    "answered otherwise": lambda o: machine.answered(o, not o.wanted, 101.0),
    "rejected": lambda o: machine.rejected(o, TROUBLE, 101.0),
    "lost": lambda o: machine.lost(o, TROUBLE, 120.0, 101.0),
    "looked early": lambda o: machine.looked(o, o.wanted, 119.0, 121.0),
    "looked": lambda o: machine.looked(o, o.wanted, 120.0, 121.0),
    "looked otherwise": lambda o: machine.looked(o, not o.wanted, 120.0, 121.0),
    "unknown": lambda o: machine.unknown(o, 101.0),
}
TABLE = {
    (State.READY, "locked"): State.LOCKED,
    (State.LOCKED, "already"): State.ALREADY,
    (State.LOCKED, "stale"): State.STALE,
    (State.LOCKED, "sending"): State.SENDING,
    (State.LOCKED, "rejected"): State.REJECTED,
    (State.SENDING, "not_executed"): State.LOCKED,
    (State.SENDING, "answered"): State.APPLIED,
    (State.SENDING, "answered otherwise"): State.CONFLICT,
    (State.SENDING, "rejected"): State.REJECTED,
    (State.SENDING, "lost"): State.VERIFYING,
    (State.VERIFYING, "looked early"): State.VERIFYING,
    (State.VERIFYING, "looked"): State.APPLIED,
    (State.VERIFYING, "looked otherwise"): State.NOT_APPLIED,
    (State.VERIFYING, "unknown"): State.UNKNOWN,
}


@pytest.mark.parametrize(("state", "step"), list(itertools.product(State, STEPS)))
def test_the_table_of_transitions(state: State, step: str) -> None:
    before = replace(READY, state=state, quiet_at=120.0, version=3)
    wanted = TABLE.get((state, step))
    if wanted is None:
        with pytest.raises(Impossible):
            STEPS[step](before)
        return
    after = STEPS[step](before)
    assert after.state is wanted
    assert after.version == 4


def subclasses(kind: type[BotError]) -> list[type[BotError]]:
    return [kind, *(one for sub in kind.__subclasses__() for one in subclasses(sub))]


SAMPLES: dict[str, dict[str, object]] = {
    "IdentityProviderTrouble": {"what": "no answer"},
    "SignInRefused": {"reason": "denied"},
    "PersonRefused": {"reason": "guest"},
    "NotUnderstood": {"reason": "no"},
    "NoSuchName": {"kind": "timer", "wanted": "x"},
    "AmbiguousName": {"kind": "timer", "wanted": "x", "choices": ()},
    "TimerGone": {"wanted": "x"},
    "CannotUndo": {"reason": "changed"},
    "TimerBusy": {"holder": READY.id},
    "AccountTaken": {"holder": READY.person},
    "Gone": {"what": "ticket"},
}
LEAVES = [kind for kind in subclasses(BotError) if kind.__name__ not in {"BotError", "ApiError"}]


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
def test_every_error_is_worded_with_cause_and_next_step(kind: type[BotError]) -> None:
    facts = dict(SAMPLES.get(kind.__name__, {}))
    if issubclass(kind, Unclear) or "ApiError" in {base.__name__ for base in kind.__mro__}:
        facts = {"operation": "toggle"}
    error = kind(**facts)
    words = words_of(error, 100.0)
    assert words.title
    assert len(words.lines) >= 2
    kept = trouble_of(error, 100.0)
    assert words_of(error_of(kept, 100.0), 100.0).title
