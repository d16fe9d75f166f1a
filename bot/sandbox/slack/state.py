"""All that the Slack stand-in remembers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from bot.sandbox.clock import Clock
from bot.sandbox.people import person_named
from bot.sandbox.slack.response_urls import ResponseUrls
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
    Shortcut("edfs.choose_about", "Switch a timer for this", "message"),
)


class SlackState:
    """`payloads` keeps every message and view that the bot sent and that was well-formed.

    `subscribed`: the events that the app gets; `own_messages`: also those of what it posts itself;
    `shortcuts`: what the app puts into Slack's menus; `page_size`: the most that a page of a list
    holds, whatever `limit` asks for.

    Whoever is among the `listeners` hears of each payload in every world of this process, by its
    kind: message, view or response_url, and ack or options, which stand in an answer of the bot's.
    """

    listeners: ClassVar[list[Callable[[str, object], None]]] = []

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.workspace = Workspace(clock)
        self.reset()

    def reset(self) -> None:
        self.workspace.reset()
        self.modals = Modals()
        self.triggers = Triggers(self.clock)
        self.response_urls = ResponseUrls(self.clock, self.workspace)
        self.groups: dict[str, list[str]] = {APPROVERS_GROUP: [person_named("bob").id]}
        self.subscribed = set(EVENTS)
        self.shortcuts: tuple[Shortcut, ...] = SHORTCUTS
        self.own_messages = False
        self.page_size = 1_000
        self.payloads: list[dict[str, Any]] = []

    def remember(self, kind: str, payload: object) -> None:
        self.payloads.append({"kind": kind, "at": self.clock.now(), "payload": payload})
        self.notify_listeners(kind, payload)

    def notify_listeners(self, kind: str, payload: object) -> None:
        for listener in self.listeners:
            listener(kind, payload)
