"""Only requests signed by Slack are accepted; the others are tried over real HTTP."""

import asyncio
import contextlib
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx
import pytest
import redis

from bot.sandbox.loopback import loopback_client
from bot.sandbox.people import person_named
from bot.sandbox.slack import payloads
from bot.slack.inbound.signature import LARGEST, WINDOW
from tests.world.story import Story

SEED = 20261123
MUTATIONS, DEEP_MUTATIONS = 1_000, 50_000
AT_ONCE = 20
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
SENTINEL = "sentinel-9d41c0"
STAMP, SIGNATURE, KIND = "X-Slack-Request-Timestamp", "X-Slack-Signature", "Content-Type"

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Forged:
    """A request, and how it differs from one that Slack signed."""

    how: str
    body: bytes
    headers: Headers


class Forger:
    """Makes requests that are nearly right, each of them different from what Slack signed."""

    def __init__(self, story: Story, dice: random.Random) -> None:
        self._story = story
        self._dice = dice
        self._ways: list[Callable[[], Forged]] = [
            *(self._signature, self._timestamp, self._body) * 3,
            *(self._late, self._missing, self._twice, self._junk, self._swapped),
        ]

    def forged(self, count: int) -> Iterator[Forged]:
        for _ in range(count):
            yield self._dice.choice(self._ways)()

    def good(self, text: str = f"help {SENTINEL}") -> tuple[bytes, dict[str, str]]:
        body = command_body(self._story, text)
        return body, self._story.world.slack.delivery.signed(body)

    def _signature(self) -> Forged:
        body, headers = self.good()
        good = headers[SIGNATURE]
        place = self._dice.randrange(3, len(good))
        other = self._dice.choice("0123456789abcdef".replace(good[place], ""))
        digits = good[3:]
        bad = self._dice.choice(
            [
                good[:place] + other + good[place + 1 :],
                good[:place],
                good + other,
                f"v1={digits}",
                digits,
                f"V0={digits}",
                f"v0={digits[::-1]}" if digits != digits[::-1] else "v0=",
                "v0=" + "".join(self._dice.choices("0123456789abcdef", k=64)),
                "v0=" + "é" * 64,
                "v0=" + "٣" * 64,
                f"{good},{good}",
                "",
                "0" * self._dice.randrange(1, 4_000),
            ]
        )
        return Forged("signature", body, changed(headers, SIGNATURE, bad))

    def _timestamp(self) -> Forged:
        body, headers = self.good()
        good = headers[STAMP]
        step = self._dice.choice([-1, 1]) * self._dice.randrange(1, WINDOW)
        bad = self._dice.choice(
            [
                str(int(good) + step),
                good[:-1],
                good + "0",
                f"+{good}",
                f"-{good}",
                f"0x{int(good):x}",
                f"{good}.0",
                f"{good}e0",
                good[:5] + "_" + good[5:],
                good.translate({ord("1"): "١", ord("7"): "٧"}),
                "9" * self._dice.randrange(11, 4_500),
                "nan",
                "inf",
                "",
                "now",
                "１７６３９３４０００",
            ]
        )
        return Forged("timestamp", body, changed(headers, STAMP, bad))

    def _body(self) -> Forged:
        body, headers = self.good()
        place = self._dice.randrange(len(body))
        flipped = bytes([body[place] ^ (1 << self._dice.randrange(8))])
        bad = self._dice.choice(
            [
                body[:place] + flipped + body[place + 1 :],
                body[:place],
                body + b"&ssl_check=1",
                body + b"\0",
                b"\xef\xbb\xbf" + body,
                body.upper(),
                body[place:] + body[:place] if place else b"",
                body + b"\xff\xfe",
                body.replace(b"alice", b"bobby"),
                b"",
            ]
        )
        return Forged("body", bad, raw(headers))

    def _late(self) -> Forged:
        """Signed with the right secret, but more than five minutes ago, or in the future."""
        body = command_body(self._story, "help")
        away = WINDOW + self._dice.randrange(2, 10**8)
        now = int(self._story.world.clock.now())
        stamp = now - away if self._dice.random() < 0.7 else now + away
        return Forged("late", body, raw(self._signed(body, stamp)))

    def _missing(self) -> Forged:
        body, headers = self.good()
        for name in self._dice.choice([(STAMP,), (SIGNATURE,), (STAMP, SIGNATURE)]):
            del headers[name]
        return Forged("missing", body, raw(headers))

    def _twice(self) -> Forged:
        """Two headers of one name: which of them counts is not specified."""
        body, headers = self.good()
        name = self._dice.choice([STAMP, SIGNATURE])
        second = self._dice.choice([headers[name], "v0=" + "0" * 64, "1"])
        pairs = [*raw(headers), (name.lower().encode(), second.encode())]
        if self._dice.random() < 0.5:
            pairs.reverse()
        return Forged("twice", body, pairs)

    def _junk(self) -> Forged:
        kind, body = self._dice.choice(junk(self._dice))
        _, headers = self.good()
        pairs = raw(headers | {KIND: kind})
        if self._dice.random() < 0.5:
            pairs = [(name, value) for name, value in pairs if not name.startswith(b"X-Slack")]
        return Forged("junk", body, pairs)

    def _swapped(self) -> Forged:
        """The headers of one request with the body of another."""
        body, _ = self.good("help toggle")
        _, headers = self.good("help undo")
        return Forged("swapped", body, raw(headers))

    def _signed(self, body: bytes, stamp: int) -> dict[str, str]:
        return self._story.world.slack.delivery.signed(body, timestamp=stamp)


def junk(dice: random.Random) -> list[tuple[str, bytes]]:
    return [
        (JSON, json.dumps({"type": "url_verification", "challenge": SENTINEL}).encode()),
        (JSON, b'{"a":' * 5_000),
        (JSON, b"[" * 20_000),
        (JSON, dice.randbytes(dice.randrange(1, 500))),
        (FORM, b"payload=" + dice.randbytes(dice.randrange(1, 300))),
        (FORM, b"payload=%7B%22type%22%3A%22block_actions%22%7D"),
        (FORM, b"ssl_check=1&token=" + SENTINEL.encode()),
        (FORM, b"\xff\xfe\x80" * dice.randrange(1, 50)),
        (FORM, b"a" * (LARGEST + dice.randrange(1, 10_000))),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n"),
        ("", b""),
    ]


def command_body(story: Story, text: str) -> bytes:
    state = story.world.slack.state
    alice = person_named("alice")
    channel = state.workspace.channel_named("#plant-ops")
    fields = payloads.command_fields(
        alice,
        channel,
        "/edfs",
        text,
        response_url=story.world.slack.actions.hooks_url
        + state.response_urls.issue(channel, alice),
        trigger_id=state.triggers.issue(alice),
    )
    return urlencode(fields).encode()


def raw(headers: dict[str, str]) -> Headers:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def changed(headers: dict[str, str], name: str, value: str) -> Headers:
    assert headers[name] != value
    return raw(headers | {name: value})


async def statuses(story: Story, requests: Iterator[Forged]) -> list[tuple[str, int]]:
    """Send all of them, ``AT_ONCE`` at a time; return how each was forged, and its status."""
    url = story.world.slack.delivery.events_url
    assert url is not None
    found: list[tuple[str, int]] = []

    async def sender(client: httpx.AsyncClient) -> None:
        for request in requests:
            answer = await client.post(url, content=request.body, headers=request.headers)
            assert SENTINEL not in answer.text
            found.append((request.how, answer.status_code))

    async with loopback_client(seconds=None) as client:
        await asyncio.gather(*(sender(client) for _ in range(AT_ONCE)))
    return found


def stored(redis_url: str) -> list[bytes]:
    with contextlib.closing(redis.Redis.from_url(redis_url)) as client:
        return list(client.scan_iter("edfs:*:delivery:*"))


@pytest.mark.no_cover  # the tracer would take longer than the requests
@pytest.mark.timeout(900)
async def test_no_forgery_is_accepted(
    story: Story, redis_url: str, *, deep: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    count = DEEP_MUTATIONS if deep else MUTATIONS
    forger = Forger(story, random.Random(SEED))
    found = await statuses(story, forger.forged(count))
    assert len(found) == count
    assert {how for how, _ in found} == {
        *("signature", "timestamp", "body", "late", "missing", "twice", "junk", "swapped")
    }
    # 400: the HTTP server itself did not understand it.
    wrong = [(how, status) for how, status in found if status not in {400, 401}]
    assert wrong == []
    assert [how for how, status in found if status == 401].__len__() > count * 0.9
    assert stored(redis_url) == []
    assert story.says("alice") == []

    out, err = capfd.readouterr()
    assert "slack.unverified" in out + err
    assert SENTINEL not in out + err
    assert "v0=" not in out + err


async def test_what_slack_signed_is_accepted(story: Story) -> None:
    """The control: the requests that the forgeries are made of are accepted unchanged."""
    body, headers = Forger(story, random.Random(SEED)).good("help")
    [(_, status)] = await statuses(story, iter([Forged("good", body, raw(headers))]))
    assert status == 200
    await story.sees("alice", "What you can ask")


@pytest.mark.parametrize("age", [WINDOW - 5, -(WINDOW - 5)])
async def test_a_clock_that_is_slightly_off_does_no_harm(story: Story, age: int) -> None:
    body = command_body(story, "help")
    stamp = int(story.world.clock.now()) - age
    headers = story.world.slack.delivery.signed(body, timestamp=stamp)
    [(_, status)] = await statuses(story, iter([Forged("old", body, raw(headers))]))
    assert status == 200


def odd_but_signed(story: Story) -> list[tuple[str, bytes]]:
    command = dict(pair.split("=", 1) for pair in command_body(story, "help").decode().split("&"))
    lacking = [
        (FORM, "&".join(f"{n}={v}" for n, v in command.items() if n != name).encode())
        for name in command
    ]
    mutilated = [
        (FORM, "&".join(f"{n}={'' if n == name else v}" for n, v in command.items()).encode())
        for name in command
    ]
    click = {
        "type": "block_actions",
        "user": {"id": person_named("alice").id},
        "trigger_id": "1.2.x",
        "actions": [{"action_id": "edfs.run", "block_id": "b", "type": "button", "value": "help"}],
    }
    interactions: list[object] = [
        *([], 1, None, True, "text", {}, [click], {"type": []}, {"type": "block_actions"}),
        *({**click, name: odd} for name in click for odd in (None, 7, "", [], {}, [[]], "x" * 300)),
        *({**click, "actions": [odd]} for odd in (None, 7, "a", {}, {"action_id": 7}, [])),
        *({**click, "team": odd} for odd in (None, 7, "a", {}, {"id": 7}, [])),
        *({**click, "enterprise": odd} for odd in (7, "a", {}, {"id": 7}, [])),
        *({**click, "container": odd} for odd in (None, 7, "a", {"is_ephemeral": []}, [])),
        {**click, "actions": [{**click, "action_id": "edfs.run", "value": "help\ud800"}]},
        *({"type": kind} for kind in ("view_submission", "shortcut", "block_suggestion", "x")),
    ]
    return [
        *lacking,
        *mutilated,
        *((FORM, urlencode({"payload": json.dumps(one)}).encode()) for one in interactions),
        *((JSON, json.dumps(one).encode()) for one in interactions),
        *((FORM, f"payload={text}".encode()) for text in ("", "%7B", "%00", "NaN", "{'a':1}")),
        *(
            (FORM, b"payload=" + text)
            for text in (b"%FF%FE", b"[" * 30_000, b'{"a":' * 9_000, b"9" * 5_000)
        ),
        (JSON, b"[" * 30_000),
        (JSON, b'{"a":' * 9_000),
        (JSON, b"\xff\xfe"),
        (JSON, json.dumps({"type": "url_verification", "challenge": "c"}).encode()),
        (JSON, json.dumps({"type": "event_callback", "event": []}).encode()),
        (FORM, b"ssl_check=1&token=x"),
        (FORM, b"command=%2Fother&team_id=T1&user_id=U1"),
        (FORM, b"command=%2Fedfs&" * 900),
        (FORM, b"\xff\xfe"),
        (FORM, b""),
        (FORM, b"a" * (LARGEST + 1)),
        ("", b""),
        ("text/plain", b"hello"),
    ]


async def test_a_signed_payload_of_any_shape_is_survived(story: Story) -> None:
    delivery = story.world.slack.delivery
    odd = odd_but_signed(story)
    forged = (
        Forged(f"{kind} {body[:120]!r}", body, raw(delivery.signed(body, kind)))
        for kind, body in odd
    )
    found = await statuses(story, forged)
    assert len(found) == len(odd)
    assert [(how, status) for how, status in found if status >= 500] == []
    await story.types("bob", "/edfs help")
    await story.sees("bob", "What you can ask")
