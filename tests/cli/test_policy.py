"""`edfs-bot policy`: checking a file, and explaining a ruling."""

import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from typer.testing import CliRunner

from bot.cli.policy import REFUSED, rule_in_words
from bot.cli.policy import policy as commands
from bot.core.policy.rules import Refusal, Rule
from bot.gateways.policy_toml import Settings

ROOT = Path(__file__).parents[2]
BROKEN = '[defaults]\nconfirm = true\nchannel = "canary"\nexpires = 3\n'
FILE = """\
[defaults]
expires = "90m"
deny = "W0EVE"

[[rule]]
name = "off"
itwin = ["plant-*", "Refinery *"]
change = "disable"
approvals = 2
approvers = ["S0OPS", "U0BOB"]
channel = "C0ASKED"
emergency = true

[[rule]]
timer = "SAP*"
in_channel = "C0PLANT"
reason = "required"
confirm = true
runs_as = "approver"

[[rule]]
itwin = "vault"
protected = true
self_approval = true
allow = "C0PLANT"
approvals = 0

[[rule]]
deny = "S0BOTS"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "policy.toml"


def policy(*arguments: str, **environment: str) -> tuple[int, str, str]:
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    coverage = {name: value for name, value in os.environ.items() if name.startswith("COV")}
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "bot", "policy", *arguments],
        cwd=ROOT,
        env={**clean, **coverage, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_check_prints_each_rule(path: Path) -> None:
    path.write_text(FILE)
    code, out, _ = policy("check", str(path))
    assert code == 0
    assert [line.split("; ", 1) for line in out.splitlines()] == [
        ["defaults: everything: denies W0EVE", "requests expire after 90m"],
        ["rule 1 (off): iTwin plant-* or Refinery *, disable only: 2 approvals",
         "approved by S0OPS, U0BOB; requests go to C0ASKED; an emergency may go ahead"],
        ["rule 2: timer SAP*, asked in C0PLANT: carried out with the approver's token",
         "reason required; asks for confirmation"],
        ["rule 3: iTwin vault: allows only C0PLANT",
         "protected: nobody switches it from Slack; no approval; the requester may approve"],
        ["rule 4: everything: denies S0BOTS"],
    ]  # fmt: skip


def test_check_says_each_key_that_a_rule_sets() -> None:
    sets: dict[str, object] = {
        **dict.fromkeys(("approvers", "allow", "deny"), frozenset({"S0OPS"})),
        **dict.fromkeys(("self_approval", "confirm", "protected", "emergency"), False),
        "approvals": 0,
        "runs_as": "approver",
        "expires": 300.0,
        "channel": "C0ASK",
        "reason": "optional",
    }
    assert set(sets) == set(Settings.model_fields)
    silent = [
        key
        for key, value in sets.items()
        if "nothing asked" in rule_in_words(Rule("x", **{key: value}))
    ]
    assert silent == []


def test_each_refusal_has_words() -> None:
    assert {"", *REFUSED} == set(get_args(Refusal))


def test_check_lists_every_problem_by_line_and_key(path: Path) -> None:
    path.write_text(BROKEN)
    code, out, err = policy("check", str(path))
    assert (code, out) == (1, "")
    found = [line.partition(": must")[0] for line in err.splitlines()]
    assert found == [f"{path}:3: channel", f"{path}:4: expires"]


def test_explain_counts_the_enabling_at_the_end_of_a_disable_until(path: Path) -> None:
    path.write_text('[[rule]]\nchange = "enable"\napprovals = 1\n')
    asked = ("explain", "--user", "U0ALICE", "--policy", str(path), "--command")
    for command, first, then in (
        ("disable plant-a SAP", "U0ALICE would disable SAP in plant-a.", "Happens at once"),
        (
            "disable plant-a SAP for good",
            "U0ALICE would disable SAP in plant-a.",
            "Happens at once",
        ),
        (
            "disable plant-a SAP for 2 days",
            "U0ALICE would disable SAP in plant-a, and have it enabled again.",
            "Waits for 1 approval.",
        ),
    ):
        code, out, err = policy(*asked, command)
        assert (code, err) == (0, "")
        lines = out.splitlines()
        assert lines[0] == first
        assert lines[1].strip().startswith(then)


def test_explain_prints_the_ruling_and_its_rules(path: Path) -> None:
    path.write_text(FILE)
    asked = ("explain", "--user", "U0ALICE", "--channel", "C0PLANT", "--command")
    toggle = 'toggle plant-a "SAP work orders" because x'
    code, out, err = policy(*asked, toggle, EDFS_BOT_POLICY=str(path))
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "U0ALICE would enable SAP work orders in plant-a.",
        "  Asks first whether it is meant.",
        "  Happens at once, if their own EDFS permission allows it.",
        "  runs_as: decided by rule 2",
        "  expires: decided by defaults",
        "  reason: decided by rule 2",
        "  confirm: decided by rule 2",
        "U0ALICE would disable SAP work orders in plant-a.",
        "  Asks first whether it is meant.",
        "  Waits for 2 approvals. Who may approve: S0OPS, U0BOB; not the requester.",
        "  Who may not, whatever list they are in: S0BOTS, W0EVE.",
        "  The request is posted in C0ASKED and expires after 90m.",
        "  It is carried out with the token of the approver.",
        "  approvals: decided by rule 1 (off)",
        "  approvers: decided by rule 1 (off)",
        "  runs_as: decided by rule 2",
        "  expires: decided by defaults",
        "  channel: decided by rule 1 (off)",
        "  reason: decided by rule 2",
        "  confirm: decided by rule 2",
        "  emergency: decided by rule 1 (off)",
        "Taken not to be in C0PLANT, S0BOTS, S0OPS: --group says otherwise.",
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--user", "W0EVE", "disable plant-a x"), "Refused: a deny names this person, or a group"),
        (("--group", "S0BOTS", "enable x y"), "Refused: a deny names this person, or a group"),
        (("disable vault x",), "Refused: an allow does not name this person."),
        (("--group", "C0PLANT", "enable vault x"), "Refused: protected, nobody switches it"),
        (("--channel", "C0PLANT", "enable plant-a SAP"), "Stopped: a reason is required (because"),
        (("--channel", "C0PLANT", "--package", "sap.pm", "on x y"), "Stopped: a reason is requ"),
        (("--itwin-number", "plant-9", "off x y"), "Waits for 2 approvals. Who may approve: S0O"),
        (("--itwin-id", "vault", "off x y"), "Refused: an allow does not name"),
        (("--timer-id", "sap", "--channel", "C0PLANT", "on x y"), "Stopped: a reason is"),
        (('off "refinery one" x because "fire" emergency',), "Happens at once: an emergency goes"),
        (("/edfs enable other x",), "Happens at once, if their own EDFS permission allows it."),
        (("list other",), "--command takes what the policy judges: toggle, enable or disable."),
        (("enable",), "--command is not understood: the iTwin and the timer are missing."),
        (("--user", "@alice", "enable x y"), "--user, --group and --channel take Slack ids"),
        (("--group", "ops", "enable x y"), "--user, --group and --channel take Slack ids"),
    ],
)
def test_explain_prints_what_the_ruling_requires(
    path: Path, arguments: tuple[str, ...], says: str
) -> None:
    path.write_text(FILE)
    *options, command = arguments
    if "--user" not in options:
        options += ["--user", "U0ALICE"]
    asked = ["explain", *options, "--policy", str(path), "--command", command]
    told = CliRunner().invoke(commands, asked)
    assert any(line.strip().startswith(says) for line in told.output.splitlines()), told.output
    assert told.exit_code == (2 if says.startswith("--") else 0)


def test_explain_an_emergency_with_few_rules(path: Path) -> None:
    path.write_text("[defaults]\napprovals = 1\nself_approval = true\n")
    asked = ["explain", "--user", "U0ALICE", "--policy", str(path), "--command"]
    told = CliRunner().invoke(commands, [*asked, 'off a b because "fire" emergency'])
    assert told.output.splitlines()[1:5] == [
        "  An emergency is not allowed here.",
        "  Waits for 1 approval. Who may approve: anybody who could do it; the requester too.",
        "  The request is posted where it was asked and expires after 8h.",
        "  It is carried out with the token of the requester.",
    ]
    path.write_text("[defaults]\n")
    told = CliRunner().invoke(commands, [*asked, "on a b"])
    assert told.output.splitlines()[-1] == "  No rule sets anything for it."


def test_explain_reports_a_broken_or_missing_file(path: Path) -> None:
    path.write_text(BROKEN)
    asked = ["explain", "--user", "U0ALICE", "--command", "on a b", "--policy", str(path)]
    told = CliRunner().invoke(commands, asked)
    assert (told.exit_code, told.output.count(f"{path}:")) == (1, 2)
    path.unlink()
    told = CliRunner().invoke(commands, asked)
    assert (told.exit_code, told.output) == (1, f"{path} cannot be read (FileNotFoundError).\n")
