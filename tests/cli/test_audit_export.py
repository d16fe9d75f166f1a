"""The audit trail on the command line: verification, and export with stable field names."""

import asyncio
import csv
import io
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis import Redis
from typer.testing import CliRunner, Result

from bot.__main__ import app
from bot.cli import admin
from bot.core.audit import FIELDS, record, states
from bot.core.names import PersonId, Workspace
from bot.gateways.sealing import KeyRing
from bot.gateways.store import open_store
from bot.gateways.store.audit import AuditEntry
from bot.gateways.store.embedded import start
from bot.sandbox.world import World
from tests.conftest import KEYS
from tests.world.clock import paced_clock

HOME = Workspace("T0HOME")
STREAM = "edfs:{T0HOME}:audit"
NOVEMBER = 1_793_491_200.0  # 2026-11-01 00:00 UTC
FACTS = {
    "operation": "0123456789abcdef01234567",
    "verb": "toggle",
    "wanted": "disabled",
    "seen": "disabled",
    "acting_as": "alice@acme.example",
    "subject": "sub-1",
    "itwin": "i",
    "timer": "t",
    "timer_name": '=HYPERLINK("http://x","click, me")',
    "reason": "Überlandwerk\nsays so",
    "approved_by": "U0BOB U0EVE",
}


async def asked(settings: dict[str, str], *arguments: str) -> Result:
    """Run ``edfs-bot audit …`` as an admin does."""
    runner = CliRunner(env=settings)
    return await asyncio.to_thread(runner.invoke, app, ["audit", *arguments])


@pytest.fixture
async def settings(redis_url: str) -> AsyncIterator[dict[str, str]]:
    """Settings whose store has a trail of three entries: two of October, one of November."""
    world = World(clock=paced_clock())
    await world.open()
    given = world.settings("http://bot.localhost:1")
    given |= {"REDIS_URL": redis_url, "EDFS_BOT_KEYS": KEYS}
    opened = open_store(redis_url, KeyRing.parse(KEYS))
    await opened.kill_switch.remember(HOME)
    for at, event, facts in (
        (NOVEMBER - 86_400, "signin", {}),
        (NOVEMBER - 0.001, "operation.applied", FACTS),
        (NOVEMBER, "writes.off", {}),
    ):
        await opened.audit.append(HOME, AuditEntry(at, event, PersonId("U0ALICE"), facts))
    await opened.aclose()
    yield given
    await world.close()


async def test_verify_reports_count_and_span_and_check_is_an_alias(
    settings: dict[str, str], redis_url: str
) -> None:
    verified = await asked(settings, "verify")
    span = "from 2026-10-31 00:00:00 UTC to 2026-11-01 00:00:00 UTC"
    assert verified.output == f"T0HOME: 3 entries {span}, the chain holds\n"
    assert (verified.exit_code, (await asked(settings, "check")).output) == (0, verified.output)
    with Redis.from_url(redis_url) as client:
        client.xdel(STREAM, client.xrevrange(STREAM, count=1)[0][0])
    broken = await asked(settings, "verify")
    assert broken.exit_code == 1
    assert "BROKEN after 2 entries from 2026-10-31" in broken.output
    assert "nothing leads to the newest, 3. Keep the store as it is" in broken.output


async def test_export_as_json_lines(settings: dict[str, str]) -> None:
    exported = await asked(settings, "export", "--since", "2026-10-31T12:00", "--until=2026-11-01")
    assert (exported.exit_code, exported.stderr) == (0, "1 entry written.\n")
    [line] = exported.stdout.splitlines()
    said = json.loads(line)
    assert list(said) == list(FIELDS)
    assert said["time"] == "2026-10-31T23:59:59.999Z"
    assert [said["person"], said["acting_as"], said["subject"]] == ["U0ALICE", *NAMED]
    assert (said["state_before"], said["state_after"]) == ("enabled", "disabled")
    assert (said["trace"], said["outcome"]) == ("01234567", "applied")
    assert said["reason"] == "Überlandwerk\nsays so"
    assert said["timer_name"].startswith("=HYPERLINK")  # a formula only to a spreadsheet


NAMED = ["alice@acme.example", "sub-1"]


async def test_export_as_csv_without_formulas(settings: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "trail.csv"
    given = ("--since", "2020-01-01T00:00Z", "--format", "csv", "--output", str(file))
    exported = await asked(settings, "export", *given)
    assert (exported.exit_code, exported.stdout) == (0, "")
    assert exported.stderr == "3 entries written.\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not file.with_name("trail.csv.part").exists()
    text = file.read_bytes().decode("utf-8")
    assert text.count("\r\n") == 4
    assert '"\'=HYPERLINK(""http://x"",""click, me"")"' in text
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["event"] for row in rows] == ["signin", "operation.applied", "writes.off"]
    assert list(rows[0]) == list(FIELDS)
    assert rows[1]["reason"] == FACTS["reason"]
    assert rows[1]["approved_by"] == "U0BOB U0EVE"
    assert all(not cell.startswith(("=", "+", "-", "@", "\t")) for cell in rows[1].values())


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--since", "yesterday"), 2, "“yesterday” is no time. Write 2026-11-01, "),
        (("--since", "1d", "--until", "2d"), 2, "--since is not before --until."),
        (("--since", "1d", "--output", "{}/none/x"), 1, "cannot be written (No such file or"),
        (("--since", "1d", "--format", "xml"), 2, "'xml' is not one of 'jsonl', 'csv'"),
    ],
)
async def test_a_wrong_option_is_explained(
    settings: dict[str, str], tmp_path: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    filled = [one.format(tmp_path) for one in arguments]
    refused = await asked({**settings, "COLUMNS": "200"}, "export", *filled)
    assert (refused.exit_code, says in refused.stderr) == (code, True), refused.output
    assert refused.stdout == ""


async def test_entries_that_cannot_be_opened_are_counted(
    settings: dict[str, str], redis_url: str
) -> None:
    other = open_store(redis_url, KeyRing.parse(KeyRing.new_key()))
    await other.audit.append(HOME, AuditEntry(1.0, "test", PersonId("U0ALICE")))
    await other.aclose()
    exported = await asked(settings, "export", "--since", "2020-01-01")
    assert (exported.exit_code, len(exported.stdout.splitlines())) == (1, 3)
    assert "1 do not open: their key is not in the ring" in exported.stderr


async def test_an_embedded_store_in_use_is_shared(settings: dict[str, str], tmp_path: Path) -> None:
    server = await start(tmp_path)
    own = {**settings, "EDFS_BOT_STATE_DIR": str(tmp_path)}
    del own["REDIS_URL"]
    store = open_store(server.url, KeyRing.parse(KEYS))
    await store.kill_switch.remember(HOME)
    await store.audit.append(HOME, AuditEntry(1.0, "test", PersonId("U0ALICE")))
    assert "T0HOME: 1 entry from 1970" in (await asked(own, "verify")).output
    assert len((await asked(own, "export", "--since=1970-01-01")).stdout.splitlines()) == 1
    await store.audit.append(HOME, AuditEntry(2.0, "test", PersonId("U0ALICE")))
    await store.aclose()
    await server.stop()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("2026-11-01", NOVEMBER),
        ("2026-11-01T08:00", NOVEMBER + 8 * 3_600),
        ("2026-11-01T08:00+02:00", NOVEMBER + 6 * 3_600),
        ("7d", 1_000_000 - 7 * 86_400),
        ("90m", 1_000_000 - 5_400),
        ("0h", 1_000_000),
    ],
)
def test_times_of_since_and_until(said: str, seconds: float) -> None:
    assert admin.moment(said, 1_000_000) == seconds


@pytest.mark.parametrize(
    ("event", "facts", "before_and_after"),
    [
        ("operation.ready", {"seen": "enabled", "wanted": "disabled"}, ("enabled", "")),
        ("operation.already", {"seen": "disabled"}, ("disabled", "disabled")),
        (
            "operation.conflict",
            {"seen": "enabled", "wanted": "disabled"},
            ("enabled", "enabled"),
        ),
        ("operation.unknown", {"seen": "enabled", "wanted": "disabled"}, ("enabled", "")),
        ("operation.late", {"seen": "disabled", "late": "look True"}, ("disabled", "enabled")),
        ("operation.late", {"seen": "disabled", "late": "look None"}, ("disabled", "")),
        ("signin", {}, ("", "")),
    ],
)
def test_states_of_an_entry(
    event: str, facts: dict[str, str], before_and_after: tuple[str, str]
) -> None:
    assert states(event, facts) == before_and_after


def test_the_document_explains_every_field() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    assert [field for field in FIELDS if f"`{field}`" not in manual] == []


def test_an_approval_names_its_requester_and_its_votes() -> None:
    facts = {"request": "a" * 24, "requester": "U0ALICE", "votes": "U0BOB=sub-2", "review": "yes"}
    said = record("T0HOME", AuditEntry(0.0, "approval.approved", PersonId("U0BOB"), facts))
    assert (said["person"], said["requester"], said["approvals"]) == (
        "U0BOB",
        "U0ALICE",
        "U0BOB=sub-2",
    )
    assert (said["approved_by"], said["emergency"], said["trace"]) == ("U0BOB", "yes", "aaaaaaaa")
