"""The open modals of each person, a stack of at most three, and the App Homes."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.sandbox.people import APP_ID, BOT_ID, TEAM_ID, Person
from bot.sandbox.slack.errors import WebApiError

_MAX_STACK = 3


@dataclass(frozen=True, slots=True)
class View:
    """A modal or App Home; `body` is the bot's view, `errors` its answer to the last submission."""

    id: str
    person: Person
    body: Mapping[str, Any]
    root_id: str
    previous_id: str | None = None
    hash: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    def as_slack(self, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The view object of Web API responses and of payloads."""
        defaults = {"private_metadata": "", "callback_id": "", "external_id": ""}
        modal_defaults = {
            "submit": None,
            "close": None,
            "clear_on_close": False,
            "notify_on_close": False,
        }
        return {
            **defaults,
            **(modal_defaults if self.body.get("type") == "modal" else {}),
            **self.body,
            "id": self.id,
            "team_id": TEAM_ID,
            "app_id": APP_ID,
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
            "hash": self.hash,
            "root_view_id": self.root_id,
            "previous_view_id": self.previous_id,
            "state": {"values": values or {}},
        }


class Modals:
    """All open views; `homes` by the person's id."""

    def __init__(self) -> None:
        self._stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self._count = 0

    def top(self, person: Person) -> View | None:
        stack = self._stacks.get(person.id)
        return stack[-1] if stack else None

    def all(self) -> list[View]:
        """Every open modal, the top one of each person last."""
        return [view for stack in self._stacks.values() for view in stack]

    def open(self, person: Person, body: Mapping[str, Any]) -> View:
        """Starts a new stack, which replaces open modals."""
        view = self._new(person, body, None)
        self._stacks[person.id] = [view]
        return view

    def push(self, person: Person, body: Mapping[str, Any]) -> View:
        stack = self._stacks.get(person.id, [])
        if not stack:
            raise WebApiError("not_found")
        if len(stack) >= _MAX_STACK:
            raise WebApiError("push_limit_reached")
        view = self._new(person, body, stack[-1])
        stack.append(view)
        return view

    def update(self, old: View, body: Mapping[str, Any], expected_hash: str | None = None) -> View:
        """Replaces the body; raises WebApiError `hash_conflict` where the hash is outdated."""
        if expected_hash is not None and expected_hash != old.hash:
            raise WebApiError("hash_conflict")
        new = replace(old, body=dict(_with_block_ids(body, old.id)), hash=_hash(), errors={})
        self._replace(old, new)
        return new

    def publish(
        self, person: Person, body: Mapping[str, Any], expected_hash: str | None = None
    ) -> View:
        old = self.homes.get(person.id)
        if old is not None and expected_hash is not None and expected_hash != old.hash:
            raise WebApiError("hash_conflict")
        if old is not None:  # a person has one Home, which is published again and again
            return self.update(old, body)
        view = self._new(person, body, None)
        self.homes[person.id] = view
        return view

    def set_errors(self, view: View, errors: Mapping[str, str]) -> None:
        """Shows errors beside the inputs; the modal stays open."""
        self._replace(view, replace(view, errors=dict(errors)))

    def close(self, view: View) -> None:
        stack = self._stacks.get(view.person.id, [])
        self._stacks[view.person.id] = [other for other in stack if other.id != view.id]

    def clear(self, person: Person) -> None:
        self._stacks.pop(person.id, None)

    def find(self, view_id: object, external_id: object) -> View:
        for view in (*self.all(), *self.homes.values()):
            named = external_id and view.body.get("external_id") == external_id
            if view.id == view_id or named:
                return view
        raise WebApiError("not_found")

    def _new(self, person: Person, body: Mapping[str, Any], previous: View | None) -> View:
        self._count += 1
        view_id = f"V{self._count:010d}"
        root_id = view_id if previous is None else previous.root_id
        previous_id = None if previous is None else previous.id
        with_ids = _with_block_ids(body, view_id)
        return View(view_id, person, with_ids, root_id, previous_id, _hash())

    def _replace(self, old: View, new: View) -> None:
        stack = self._stacks.get(old.person.id, [])
        self._stacks[old.person.id] = [new if view.id == old.id else view for view in stack]
        if self.homes.get(old.person.id, None) == old:
            self.homes[old.person.id] = new


def _with_block_ids(body: Mapping[str, Any], view_id: str) -> dict[str, Any]:
    """The body with a block_id in each block, which Slack makes up where the app gave none."""
    blocks = [
        block if "block_id" in block else {**block, "block_id": f"{view_id[-4:]}-{place}"}
        for place, block in enumerate(body.get("blocks", ()))
    ]
    return {**body, "blocks": blocks}


def _hash() -> str:
    return f"{secrets.randbelow(10**10)}.{secrets.token_hex(4)}"
