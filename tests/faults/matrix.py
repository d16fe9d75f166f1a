"""The fault matrix as data: what can break, where it can strike, and what may come of it.

A cell is one fault at one step. It gives the ends that are allowed, or the reason why the two
cannot meet. Which end is true is not said here: ``verdict`` asks the stand-ins.
"""

from dataclasses import dataclass
from enum import Enum


class Step(Enum):
    """The steps of one wish, in order; what each is on the wire stands in ``scene``."""

    ACCEPT = "accept"
    TOKEN = "token"
    LIST = "list"
    LOCK = "lock"
    POSTED = "posted"
    READ = "read"
    PERMIT = "permit"
    SEND = "send"
    ANSWER = "answer"
    RECORD = "record"
    UPDATE = "update"
    LOOK = "look"
    VERDICT = "verdict"
    LATE = "late"


class Fault(Enum):
    CONNECT_REFUSED = "connect refused"
    TLS_FAILURE = "TLS failure"
    RESET_BEFORE = "reset before headers"
    RESET_MID = "reset after headers"
    LOST_ANSWER = "answer lost"
    SILENCE = "silence"
    SERVER_ERROR = "5xx"
    CUT_BODY = "cut body"
    OTHER_ID = "another's id"
    TOKEN_REFUSED_ONCE = "401, then well"
    TOKEN_REFUSED_TWICE = "401 twice"
    LIMIT_SECONDS = "429, seconds"
    LIMIT_DATE = "429, date"
    LIMIT_BARE = "429, no word"
    STORE_RESTART = "Redis restart"
    STORE_GONE = "Redis gone"
    SLACK_LIMIT = "Slack 429"
    SLACK_GONE = "Slack gone"
    OUTSIDE_FLIP = "outside flip"


class End(Enum):
    """What became of a wish. ``TOLD``: no operation came about, and its person reads why."""

    APPLIED = "A"
    NOT_APPLIED = "N"
    REJECTED = "R"
    CONFLICT = "C"
    ALREADY = "Y"
    STALE = "S"
    UNKNOWN = "U"
    TOLD = "T"


@dataclass(frozen=True, slots=True)
class Cell:
    """``ends`` are allowed; where there is none, ``senseless`` says why."""

    fault: Fault
    step: Step
    ends: frozenset[End] = frozenset()
    senseless: str = ""

    def ends_of(self, *, undo: bool) -> frozenset[End]:
        """An undo is refused where the timer was changed before it was looked at."""
        early = {Step.ACCEPT, Step.TOKEN, Step.LIST}
        if undo and self.fault is Fault.OUTSIDE_FLIP and self.step in early:
            return frozenset({End.TOLD})
        return self.ends

    @property
    def name(self) -> str:
        return f"{self.fault.value} / {self.step.value}"


HTTP_STEPS = frozenset(
    {Step.TOKEN, Step.LIST, Step.POSTED, Step.READ, Step.SEND, Step.ANSWER, Step.UPDATE}
    | {Step.LOOK, Step.VERDICT, Step.LATE}
)
SLACK_STEPS = frozenset({Step.POSTED, Step.UPDATE})
STORE_STEPS = frozenset({Step.ACCEPT, Step.LOCK, Step.PERMIT, Step.RECORD})
LOOKS = frozenset({Step.LOOK, Step.VERDICT, Step.LATE})

WIRE = (Fault.CONNECT_REFUSED, Fault.TLS_FAILURE, Fault.RESET_BEFORE)
AFTER_EFFECT = (Fault.RESET_MID, Fault.LOST_ANSWER, Fault.CUT_BODY, Fault.OTHER_ID)
UNAUTHORIZED = (Fault.TOKEN_REFUSED_ONCE, Fault.TOKEN_REFUSED_TWICE)
LIMITS = (Fault.LIMIT_SECONDS, Fault.LIMIT_DATE, Fault.LIMIT_BARE)
STORE = (Fault.STORE_RESTART, Fault.STORE_GONE)
SLACK = (Fault.SLACK_LIMIT, Fault.SLACK_GONE)
WORLD = (*STORE, *SLACK, Fault.OUTSIDE_FLIP)

_NO_HTTP = "the step speaks to the store alone"
_SEND_IS_BEFORE = "it comes with an answer, so it strikes the step answer"
_ANSWER_IS_AFTER = "it keeps the request from taking effect, so it strikes the step send"
_REASONS: dict[tuple[Fault, Step], str] = {
    **{(fault, Step.ANSWER): _ANSWER_IS_AFTER for fault in (*WIRE, *UNAUTHORIZED, *LIMITS)},
    **{(fault, Step.SEND): _SEND_IS_BEFORE for fault in AFTER_EFFECT},
    **{
        (fault, step): "Slack has no such answer; what it refuses it says with 200"
        for fault in UNAUTHORIZED
        for step in SLACK_STEPS
    },
    **{
        (fault, step): "the row Slack 429 stands for it" for fault in LIMITS for step in SLACK_STEPS
    },
    **{(Fault.OTHER_ID, step): "Slack's answer carries no id of a timer" for step in SLACK_STEPS},
    (Fault.OTHER_ID, Step.TOKEN): "a token answer carries no id of a timer",
    (Fault.TOKEN_REFUSED_TWICE, Step.TOKEN): "the sign-in service is asked once and not again",
    (Fault.TLS_FAILURE, Step.TOKEN): "the row connect refused stands for it: no request leaves",
}

_A, _T = frozenset({End.APPLIED}), frozenset({End.TOLD})
_APPLIED_OR_TOLD = _A | _T
_NOT_APPLIED = frozenset({End.NOT_APPLIED})
_REJECTED = frozenset({End.REJECTED})
_EITHER = _A | _NOT_APPLIED
_ALREADY = frozenset({End.ALREADY})
_CONFLICT = frozenset({End.CONFLICT})
_ANY_TRUTH = _EITHER | _CONFLICT

# What may come of trouble that passes, where no row says otherwise.
_USUAL: dict[Step, frozenset[End]] = {
    Step.ACCEPT: _APPLIED_OR_TOLD,
    Step.TOKEN: _APPLIED_OR_TOLD,
    Step.LIST: _APPLIED_OR_TOLD,
    Step.LOCK: _A,
    Step.POSTED: _A,
    Step.READ: _A | _REJECTED,
    Step.PERMIT: _EITHER,
    Step.SEND: _EITHER,
    Step.ANSWER: _A,
    Step.RECORD: _A,
    Step.UPDATE: _A,
    **dict.fromkeys(LOOKS, _EITHER),
}
_SPECIAL: dict[tuple[Fault, Step], frozenset[End]] = {
    # Provably not sent: it is tried again while the operation lives.
    (Fault.CONNECT_REFUSED, Step.SEND): _A | _REJECTED,
    (Fault.TLS_FAILURE, Step.SEND): _A | _REJECTED,
    (Fault.RESET_BEFORE, Step.SEND): _NOT_APPLIED,
    (Fault.SERVER_ERROR, Step.SEND): _NOT_APPLIED,
    # It is handled late, but before the timer counts as settled.
    (Fault.SILENCE, Step.SEND): _A,
    # The wish is for a timer that is not there, which the read under the lock finds out.
    (Fault.OTHER_ID, Step.LIST): _APPLIED_OR_TOLD | _REJECTED,
    (Fault.TOKEN_REFUSED_ONCE, Step.TOKEN): _T,
    (Fault.TOKEN_REFUSED_ONCE, Step.LIST): _A,
    (Fault.TOKEN_REFUSED_ONCE, Step.READ): _A,
    (Fault.TOKEN_REFUSED_ONCE, Step.SEND): _A,
    (Fault.TOKEN_REFUSED_TWICE, Step.LIST): _T,
    # Nothing was sent, so it may be tried once more.
    (Fault.TOKEN_REFUSED_TWICE, Step.READ): _A | _REJECTED,
    (Fault.TOKEN_REFUSED_TWICE, Step.SEND): _REJECTED,
    **{(fault, step): _A for fault in LIMITS for step in (Step.READ, Step.SEND)},
    **{
        (fault, step): _A
        for fault in STORE
        for step in (Step.READ, Step.SEND)  # no answer of Bentley's is lost by it
    },
    **{
        (fault, step): _A
        for fault in SLACK
        for step in (Step.TOKEN, Step.LIST, Step.READ, Step.PERMIT, Step.SEND)
    },
    **{
        (Fault.OUTSIDE_FLIP, step): _A
        for step in (Step.ACCEPT, Step.TOKEN, Step.LIST)  # the wish is read against what is then so
    },
    **{(Fault.OUTSIDE_FLIP, step): _ALREADY for step in (Step.LOCK, Step.POSTED, Step.READ)},
    (Fault.OUTSIDE_FLIP, Step.PERMIT): _CONFLICT,
    (Fault.OUTSIDE_FLIP, Step.SEND): _CONFLICT,
    **{(Fault.OUTSIDE_FLIP, step): _ANY_TRUTH for step in (Step.ANSWER, Step.RECORD, *LOOKS)},
}


def cell(fault: Fault, step: Step) -> Cell:
    if reason := _senseless(fault, step):
        return Cell(fault, step, senseless=reason)
    return Cell(fault, step, _SPECIAL.get((fault, step), _USUAL[step]))


def _senseless(fault: Fault, step: Step) -> str:
    if fault not in WORLD and step not in HTTP_STEPS:
        return _NO_HTTP
    return _REASONS.get((fault, step), "")


def row(fault: Fault) -> list[Cell]:
    """The cells of one fault that make sense."""
    return [one for step in Step if not (one := cell(fault, step)).senseless]


# One for each fault and one for each step, at least: what a normal run asks.
CHOSEN: dict[Fault, tuple[Step, ...]] = {
    Fault.CONNECT_REFUSED: (Step.SEND,),
    Fault.TLS_FAILURE: (Step.SEND,),
    Fault.RESET_BEFORE: (Step.LOOK,),
    Fault.RESET_MID: (Step.ANSWER,),
    Fault.LOST_ANSWER: (Step.ANSWER,),
    Fault.SILENCE: (Step.SEND,),
    Fault.SERVER_ERROR: (Step.TOKEN, Step.SEND),
    Fault.CUT_BODY: (Step.VERDICT,),
    Fault.OTHER_ID: (Step.ANSWER,),
    Fault.TOKEN_REFUSED_ONCE: (Step.SEND,),
    Fault.TOKEN_REFUSED_TWICE: (Step.READ,),
    Fault.LIMIT_SECONDS: (Step.SEND,),
    Fault.LIMIT_DATE: (Step.READ,),
    Fault.LIMIT_BARE: (Step.LIST,),
    Fault.STORE_RESTART: (Step.LOCK, Step.PERMIT),
    Fault.STORE_GONE: (Step.ACCEPT, Step.PERMIT, Step.RECORD),
    Fault.SLACK_LIMIT: (Step.UPDATE,),
    Fault.SLACK_GONE: (Step.POSTED,),
    Fault.OUTSIDE_FLIP: (Step.READ, Step.PERMIT, Step.LATE),
}


def chosen(fault: Fault) -> list[Cell]:
    return [cell(fault, step) for step in CHOSEN[fault]]
