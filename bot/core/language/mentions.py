"""Command text in a message to the bot: what was typed behind the mention, without Slack's markup.

Slack rewrites the text of messages: people and channels become ``<@U…>`` and ``<#C…|name>``,
whatever looks like an address becomes ``<http://sap.example|sap.example>``, and three characters
are escaped (source: Slack, "Formatting message text"). Names of timers may look like any of these.
"""

import re

from bot.core.names import GUID, PersonId

_MARKUP = re.compile(r"<([^<>|\s]+)(?:\|([^<>]*))?>")


def command_text(bot: PersonId, text: str) -> str:
    """Return the command in a message: without mentions of the bot, and with names as typed."""
    mention = re.compile(rf"<@{re.escape(bot)}(?:\|[^<>]*)?>[,:]?")
    typed = _MARKUP.sub(_as_typed, mention.sub(" ", text)).strip()
    # People who are used to the slash command type it here too.
    return re.sub(r"^/?edfs\b", "", typed, flags=re.IGNORECASE).strip()


def _as_typed(found: re.Match[str]) -> str:
    """Undo Slack's markup of an address or a channel.

    An address with a GUID in it stays whole, because it may name an iTwin or a timer.
    """
    target, label = found[1], found[2]
    if target.startswith("#"):
        return f"#{label}" if label else found[0]
    if target.startswith(("@", "!")):
        return found[0]
    if GUID.search(target):
        return target
    return label or target
