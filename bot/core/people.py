"""People, and who may use the bot at all. What they may switch is for policy and their token."""

from dataclasses import dataclass

from bot.core.errors import PersonRefused
from bot.core.names import PersonId, Workspace


@dataclass(frozen=True, slots=True)
class Person:
    """A Slack user, as ``users.info`` describes them (source: Slack's user object).

    ``is_guest`` covers single- and multi-channel guests, ``is_stranger`` external people of Slack
    Connect. ``zone`` is an IANA time zone.
    """

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

    ``workspace`` is where the bot is installed, ``asked_from`` is the person's according to the
    delivery. People of other organizations can press buttons in shared channels (source: Slack
    Connect), so both the delivery and ``users.info`` have to agree with ``workspace``.
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
