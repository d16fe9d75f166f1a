"""What the IMS stand-in remembers, and the switches of its behavior."""

from dataclasses import dataclass
from typing import Any

from bot.sandbox.clock import Clock
from bot.sandbox.ims.grants import Grants
from bot.sandbox.ims.requests import AuthorizationRequest
from bot.sandbox.people import Person


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in to IMS; `since` is the time of the login."""

    person: Person
    since: float


class ImsState:
    """Grants, sessions by cookie, consents, and authorization requests that wait for a page.

    `consents`: a person's subject with the scopes they agreed to.
    Switches: `token_seconds` (lifetime of an access token), `rotation` (of refresh tokens),
    `id_token_on_refresh`, `scope_in_answers`. `id_token_changes` forges claims of ID tokens (None
    leaves a claim out), and `id_token_by_a_foreign_key` forges their signature.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.reset()

    def reset(self) -> None:
        self.grants = Grants(self.clock)
        self.sessions: dict[str, Session] = {}
        self.consents: set[tuple[str, frozenset[str]]] = set()
        self.pending: dict[str, AuthorizationRequest] = {}
        self.token_seconds = 3600
        self.rotation = True
        self.id_token_on_refresh = True
        self.scope_in_answers = True
        self.id_token_changes: dict[str, Any] = {}
        self.id_token_by_a_foreign_key = False
