"""Who may ask at all. What they may switch is a matter of policy and of their own token."""

from dataclasses import dataclass

from bot.core.errors import PersonRefused
from bot.core.names import PersonId, Workspace


@dataclass(frozen=True, slots=True)
class Person:
    """A Slack person as ``users.info`` describes them (source: Slack's user object)."""

    id: PersonId
    workspace: Workspace
    name: str
    zone: str = "UTC"
    deleted: bool = False
    is_bot: bool = False
    is_guest: bool = False
    is_stranger: bool = False


def refusal(person: Person, workspace: Workspace, asked_from: Workspace) -> PersonRefused | None:
    """Return why this person may not use the bot, or None.

    ``home`` is the workspace the bot is installed in, ``asked_from`` the one that the delivery
    names for the person. Buttons in a shared channel can be pressed by people of other
    organisations (source: Slack Connect), so both must be home.
    """
    if person.deleted:
        return PersonRefused("deactivated")
    if person.is_bot:
        return PersonRefused("bot")
    if person.is_stranger or person.workspace != workspace or asked_from != workspace:
        return PersonRefused("outsider")
    if person.is_guest:
        return PersonRefused("guest")
    return None
