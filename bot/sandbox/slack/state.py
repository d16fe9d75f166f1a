"""What the Slack stand-in remembers, and the switches of its behavior."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from bot.sandbox.clock import Clock
from bot.sandbox.people import person_named
from bot.sandbox.slack.limits import Limits
from bot.sandbox.slack.modals import Modals
from bot.sandbox.slack.response_urls import ResponseUrls
from bot.sandbox.slack.triggers import Triggers
from bot.sandbox.slack.workspace import Workspace

APPROVERS_GROUP = "S0APPROVER"
EVENTS = frozenset(
    ("app_mention", "message.im", "message.channels", "message.groups", "app_home_opened")
)


@dataclass(frozen=True, slots=True)
class Shortcut:
    """An entry of `features.shortcuts` in the app's manifest."""

    callback_id: str
    name: str
    type: Literal["global", "message"]


SHORTCUTS = (
    Shortcut("edfs.choose", "Switch a timer", "global"),
    Shortcut("edfs.choose_about", "Switch a timer for this", "message"),
)


class SlackState:
    """Channels, messages, modals, and the triggers and response_urls that were issued.

    `groups`: members of a user group by its id; `payloads`: every well-formed message and view that
    the bot sent, `{kind, at, payload}`.
    Switches: `subscribed` (the events that the app gets), `own_messages` (also events of what it
    posts itself), `shortcuts` (the app's entries in Slack's menus), `page_size` (the most that a
    page of a list holds, whatever `limit` asks for), `rate_limited` (the published limits apply).

    `listeners` get the kind and content of each payload in every world of this process. Kinds:
    message, view and response_url, and ack and options, which come in the bot's answers.
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
        self.rate_limited = False
        self.limits = Limits(self.clock)
        self.payloads: list[dict[str, Any]] = []

    def remember(self, kind: str, payload: object) -> None:
        """Adds to `payloads` and calls the listeners."""
        self.payloads.append({"kind": kind, "at": self.clock.now(), "payload": payload})
        self.notify_listeners(kind, payload)

    def notify_listeners(self, kind: str, payload: object) -> None:
        for listener in self.listeners:
            listener(kind, payload)
