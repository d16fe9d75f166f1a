"""A fault of HTTP as a stand-in knows it, and the request it waits for."""

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from bot.sandbox.stand_in import StandIn
from tests.faults.matrix import LIMITS, SLACK_STEPS, Step
from tests.faults.matrix import Fault as What
from tests.faults.scene import TIMEOUT, Scene

# How long the bot waits for an answer, where that is not a setting.
PATIENCE = {Step.TOKEN: 20.0, **dict.fromkeys(SLACK_STEPS, 15.0)}
_KINDS = {
    What.RESET_BEFORE: "reset_before",
    What.RESET_MID: "reset_mid",
    What.LOST_ANSWER: "lost_answer",
    What.CUT_BODY: "cut_body",
    What.OTHER_ID: "other_id",
}


def target(scene: Scene) -> tuple[StandIn, str]:
    """Whose request the step is, and what it is called there."""
    world, undo = scene.world, scene.undo
    match scene.cell.step:
        case Step.TOKEN:
            return world.ims, "token"
        case Step.LIST:
            return world.edfs, "timer" if undo else "timers"
        case Step.POSTED:
            return world.slack, "chat.postMessage"
        case Step.UPDATE:
            return world.slack, "chat.update"
        case Step.SEND | Step.ANSWER:
            return world.edfs, "toggle"
        case _:
            return world.edfs, "timer"


def options(scene: Scene) -> dict[str, Any]:
    """The fault as the stand-in knows it."""
    fault, step = scene.cell.fault, scene.cell.step
    times = 4 if scene.long and step not in {Step.SEND, Step.ANSWER} else 1
    if kind := _KINDS.get(fault):
        return {"kind": kind, "times": times}
    if fault in LIMITS:
        return {"kind": "429", "retry_after": _wait(scene), "times": times}
    match fault:
        case What.SILENCE:
            kind = "slow" if step is Step.SEND else "slow_answer"
            return {"kind": kind, "seconds": silence(scene)}
        case What.SERVER_ERROR:
            status = scene.chance.choice(("500", "502", "503"))
            return {"kind": status, "after": step is Step.ANSWER, "times": times}
        case What.TOKEN_REFUSED_ONCE:
            return {"kind": "401"}
        case _:
            return {"kind": "401", "times": 2}


def silence(scene: Scene) -> float:
    return PATIENCE.get(scene.cell.step, TIMEOUT) + 0.4


def _wait(scene: Scene) -> str | int:
    until = datetime.fromtimestamp(scene.world.clock.now() + 40, UTC)
    said: dict[What, str | int] = {
        What.LIMIT_SECONDS: 20,
        What.LIMIT_DATE: format_datetime(until, usegmt=True),
    }
    return said.get(scene.cell.fault, "absent")
