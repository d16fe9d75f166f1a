"""All that the Slack stand-in remembers."""

from dataclasses import dataclass
from typing import Any, Literal

from bot.sandbox.clock import Clock
from bot.sandbox.people import person_named
from bot.sandbox.slack.hooks import Hooks
from bot.sandbox.slack.modals import Modals
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.workspace import Workspace

APPROVERS_GROUP = "S0APPROVER"
EVENTS = frozenset(
    ("app_mention", "message.im", "message.channels", "message.groups", "app_home_opened")
)


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What `features.shortcuts` of the app's manifest says."""

    callback_id: str
    name: str
    type: Literal["global", "message"]


SHORTCUTS = (
    Shortcut("edfs.choose", "Switch a timer", "global"),
    Shortcut("edfs.choose_about", "Switch a timer", "message"),
)


class SlackState:
    """`payloads` keeps every message and view that the bot sent and that was well-formed.

    `subscribed`: the events that the app gets; `own_messages`: also those of what it posts itself;
    `shortcuts`: what the app puts into Slack's menus; `page_size`: the most that a page of a list
    holds, whatever `limit` asks for.
    """

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
        self.subscribed = set(EVENTS)
        self.shortcuts: tuple[Shortcut, ...] = SHORTCUTS
        self.own_messages = False
        self.page_size = 1_000
        self.payloads: list[dict[str, Any]] = []

    def remember(self, kind: str, payload: object) -> None:
        self.payloads.append({"kind": kind, "at": self.clock.now(), "payload": payload})
