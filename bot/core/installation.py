"""The workspace that the bot is installed in, as Slack says."""

from dataclasses import dataclass

from bot.core.names import PersonId, Workspace


@dataclass(frozen=True, slots=True)
class Installation:
    """The workspace, its name, and the bot's own user and bot id (source: ``auth.test``)."""

    workspace: Workspace
    name: str
    bot_user: PersonId
    bot_id: str
