"""Errors as failures that records store: every error is worded, and every stored kind maps back."""

from collections.abc import Iterator

import pytest

from bot.core import errors
from bot.core.errors import ApiError, BotError, Detail
from bot.core.names import OperationId, PersonId
from bot.core.operations.failures import KINDS, error_from, failure_from
from bot.core.operations.operation import Failure, FailureKind
from bot.slack.views.errors import error_text

# Errors that are answered to the person and never stored in a record.
NOT_STORED = {
    errors.SignInRefused,
    errors.InvalidCommand,
    errors.MessageEdited,
    errors.NotInChannel,
    errors.NoChannelDefault,
    errors.NoSuchName,
    errors.AmbiguousName,
    errors.InactiveITwin,
    errors.AmbiguousReading,
    errors.SwappedNames,
    errors.PartOfName,
    errors.TooManyTimers,
    errors.NoSuchId,
    errors.AmbiguousId,
    errors.NoAutoEnable,
    errors.NothingToUndo,
    errors.NoRequestHere,
    errors.TimerBusy,
    errors.ReasonRequired,
    errors.EmergencyNotAllowed,
    errors.TooManyRequests,
    errors.MayNotDecide,
    errors.RequestClosed,
    errors.AutoEnableClosed,
    errors.CannotSubscribe,
    errors.RetriesExhausted,
    errors.Forgotten,
    errors.AccountTaken,
    errors.NotAvailable,
}
# Kinds for a state that was found; no error stands for them.
WITHOUT_ERROR = {
    FailureKind.ALREADY_IN_STATE,
    FailureKind.STATE_CHANGED,
    FailureKind.CONFLICT,
    FailureKind.NOT_APPLIED,
    FailureKind.UNKNOWN,
}
CHOICE = errors.Choice("nightly", "plant-a", 'disable "plant-a" "nightly"')
SAMPLES: dict[str, dict[str, object]] = {
    "IdentityProviderError": {"what": "no answer"},
    "SignInRefused": {"reason": "denied"},
    "PersonRefused": {"reason": "guest"},
    "InvalidCommand": {"reason": "no"},
    "NoChannelDefault": {"wanted": "nightly", "verb": "show"},
    "NoSuchName": {"kind": "timer", "wanted": "x"},
    "AmbiguousName": {"kind": "timer", "wanted": "x", "choices": ()},
    "InactiveITwin": {"wanted": "x", "names": ("Old mill",)},
    "AmbiguousReading": {"choices": ()},
    "SwappedNames": {"choice": CHOICE},
    "PartOfName": {"wanted": ("x",), "choice": CHOICE},
    "TooManyTimers": {"count": 60, "most": 50, "itwin": "plant-a"},
    "NoSuchId": {"kind": "operation", "wanted": "1a2b3c"},
    "AmbiguousId": {"kind": "operation", "wanted": "1a2b3c", "choices": ()},
    "NoAutoEnable": {"timer": "x", "enabled": True},
    "NothingToUndo": {"verb": "undo", "reason": "none"},
    "NoRequestHere": {"verb": "approve", "others": False},
    "TimerGone": {"wanted": "x"},
    "CannotUndo": {"reason": "changed"},
    "TimerBusy": {"holder": OperationId("0" * 24)},
    "AccountTaken": {"holder": PersonId("U0ALICE")},
    "NotAvailable": {"what": "link"},
    "PolicyRefused": {"reason": "denied", "rule": "rule 1"},
    "ReasonRequired": {"command": "disable a b"},
    "MayNotDecide": {"reason": "own"},
    "RequestClosed": {"stage": "declined", "by": PersonId("U0ALICE"), "at": 90.0},
    "AutoEnableClosed": {"how": "kept_disabled", "by": PersonId("U0ALICE")},
    "CannotSubscribe": {"reason": "shared"},
    "AuthorizationRevoked": {"reason": "policy"},
}


def subclasses(kind: type[BotError]) -> Iterator[type[BotError]]:
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


ERRORS = sorted(set(subclasses(BotError)) - {ApiError}, key=lambda kind: kind.__name__)


def sample(kind: type[BotError]) -> BotError:
    facts = {"operation": "toggle"} if issubclass(kind, ApiError) else {}
    return kind(**facts, **SAMPLES.get(kind.__name__, {}))


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_title_a_cause_and_a_next_step(kind: type[BotError]) -> None:
    text = error_text(sample(kind), 100.0)
    assert text.title
    assert len(text.lines) >= 2


def test_every_error_has_a_stored_kind_or_is_never_stored() -> None:
    assert set(ERRORS) == set(KINDS) | NOT_STORED
    assert not set(KINDS) & NOT_STORED
    assert set(FailureKind) == set(KINDS.values()) | WITHOUT_ERROR
    assert len(set(KINDS.values())) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_stored_failure_becomes_the_error_that_it_was_made_from(kind: type[BotError]) -> None:
    error = sample(kind)
    failure = failure_from(error, 100.0)  # type: ignore[arg-type]
    assert failure.kind is KINDS[kind]
    again = error_from(failure, 100.0)
    assert type(again) is kind
    assert error_text(again, 100.0).title


@pytest.mark.parametrize("kind", sorted(WITHOUT_ERROR, key=lambda kind: kind.value))
def test_a_state_that_was_found_is_worded_as_an_error_too(kind: FailureKind) -> None:
    assert isinstance(error_from(Failure(kind), 100.0), errors.RetriesExhausted)


def test_the_facts_of_an_api_error_are_stored() -> None:
    details = (Detail("c", "m", "t"),)
    limited = errors.RateLimited(
        operation="toggle", status=429, code="x", message="y", details=details, retry_after=30.0
    )
    failure = failure_from(limited, 100.0)
    assert (failure.until, failure.details) == (130.0, (("c", "m", "t"),))
    again = error_from(failure, 110.0)
    assert isinstance(again, errors.RateLimited)
    assert (again.retry_after, again.details, again.status) == (20.0, details, 429)
    unclear = failure_from(errors.Unclear(operation="toggle", why="timeout"), 100.0)
    assert unclear.why == "timeout"


def test_the_stored_values_do_not_change() -> None:
    """A record of an older version must mean the same: add kinds, rename no value."""
    assert {kind.value for kind in FailureKind} >= {
        *("not_sent", "refused", "token_refused", "client_unknown", "forbidden", "not_found"),
        *("invalid", "rate_limited", "unclear", "sign_in_needed", "account_changed"),
        *("identity_provider", "seal_broken", "store_unreachable", "person_refused"),
        *("policy_refused", "authorization_revoked", "changes_stopped", "cannot_undo"),
        *("definition_changed", "timer_gone", "expired", "already_in_state", "state_changed"),
        *("conflict", "not_applied", "unknown"),
    }
