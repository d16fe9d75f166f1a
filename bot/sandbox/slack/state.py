"""All that the Slack stand-in remembers."""

from typing import Any

from bot.sandbox.clock import Clock
from bot.sandbox.people import person_named
from bot.sandbox.slack.hooks import Hooks
from bot.sandbox.slack.modals import Modals
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.workspace import Workspace

APPROVERS_GROUP = "S0APPROVER"


class SlackState:
    """`payloads` keeps every message and view that the bot sent and that was well-formed."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.workspace = Workspace(clock)
        self.reset()

    def reset(self) -> None:
        self.workspace.reset()
        self.modals = Modals()
        self.triggers = Triggers(self.clock)
        self.hooks = Hooks(self.clock, self.workspace)
        self.groups: dict[str, list[str]] = {APPROVERS_GROUP: [person_named("bob").id]}
        self.payloads: list[dict[str, Any]] = []

    def remember(self, kind: str, payload: object) -> None:
        self.payloads.append({"kind": kind, "at": self.clock.now(), "payload": payload})
