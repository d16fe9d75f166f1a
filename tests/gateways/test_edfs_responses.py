"""Parsing the platform's responses: waiting times, error bodies, unexpected shapes."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import (
    ApiError,
    ClientUnknown,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Refused,
    TokenRefused,
    Unclear,
)
from bot.gateways.edfs.responses import body_of, itwin_from, refusal, seconds_to_wait, timer_from

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC).timestamp()
LATER = format_datetime(datetime(2026, 11, 23, 12, 2, tzinfo=UTC), usegmt=True)
EARLIER = format_datetime(datetime(2026, 11, 23, 11, 0, tzinfo=UTC), usegmt=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 1.0),
        ("99999999999999999999", 900.0),
        (LATER, 120.0),
        (EARLIER, 1.0),
        ("-5", 30.0),
        ("1.5", 30.0),
        ("²", 30.0),
        ("soon", 30.0),
        ("", 30.0),
        (None, 30.0),
    ],
)
def test_retry_after(header: str | None, seconds: float) -> None:
    assert seconds_to_wait(header, NOW) == seconds


@given(st.text(max_size=60))
def test_any_retry_after_is_clamped(header: str) -> None:
    assert 1.0 <= seconds_to_wait(header, NOW) <= 900.0


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {}, Refused),
        (401, {"code": "HeaderNotFound"}, TokenRefused),
        (401, {"code": "Unauthorized", "details": [{"code": "UnknownClient"}]}, ClientUnknown),
        (401, {"code": "UnknownClient"}, ClientUnknown),
        (403, {"code": "InsufficientPermissions"}, Forbidden),
        (404, {"code": "TimerNotFound"}, NotFound),
        (422, {"code": "InvalidTimerRequest"}, Invalid),
        (429, {"code": "RateLimitExceeded"}, RateLimited),
        (302, {}, Unclear),
        (408, {}, Unclear),
        (409, {}, Unclear),
        (500, {}, Unclear),
    ],
)
def test_the_error_of_a_status(status: int, error: dict[str, Any], kind: type[ApiError]) -> None:
    answer = httpx.Response(status, json={"error": error})
    found = refusal("toggle", answer, answer.content, NOW)
    assert type(found) is kind
    assert found.code == error.get("code", "")


@given(JSON, st.sampled_from([400, 401, 403, 404, 422, 429, 500]))
def test_any_error_body_gives_an_api_error(error: object, status: int) -> None:
    for body in ({"error": error}, error):
        answer = httpx.Response(status, json=body)
        found = refusal("toggle", answer, answer.content, NOW)
        assert isinstance(found.code, str)
        assert all(isinstance(detail.target, str) for detail in found.details)


@given(JSON)
def test_any_json_body_is_a_timer_or_unclear(body: object) -> None:
    try:
        timer = timer_from("toggle", body)
    except Unclear as unclear:
        assert unclear.why == "body"  # noqa: PT017
    else:
        assert timer.id
    assert itwin_from(body) is None or isinstance(body, dict)


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b"null", b'{"a":' * 40 + b"1" + b"}" * 40])
def test_a_body_that_is_not_an_object_is_unclear(raw: bytes) -> None:
    with pytest.raises(Unclear):
        body_of("toggle", 200, raw)


def test_null_and_unknown_members_of_a_timer() -> None:
    timer = timer_from(
        "timer",
        {"id": "x", "enabled": True, "parameters": None, "name": None, "surprise": {"a": 1}},
    )
    assert (timer.parameters, timer.name, timer.label) == ((), "", "x")
