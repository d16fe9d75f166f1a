"""What a message to the bot asks: the words behind the mention, as they were typed.

Slack writes a message's text with its own signs in it: people and channels as ``<@U…>`` and
``<#C…|name>``, whatever looks like an address as ``<http://sap.example|sap.example>``, and the
three escapes (source: Slack, "Formatting message text"). A name may look like any of these.
"""

import re

from bot.core.names import GUID, PersonId

_SIGN = re.compile(r"<([^<>|\s]+)(?:\|([^<>]*))?>")


def command_text(bot: PersonId, text: str) -> str:
    """Return the command in a message: without the mentions of the bot, and with names as typed."""
    mention = re.compile(rf"<@{re.escape(bot)}(?:\|[^<>]*)?>[,:]?")
    asked = mention.sub(" ", text)
    words = _SIGN.sub(_typed, asked).strip()
    # Whoever is used to the slash command types it here too.
    return re.sub(r"^/?edfs\b", "", words, flags=re.IGNORECASE).strip() if words else ""


def _typed(found: re.Match[str]) -> str:
    """Undo what Slack made of an address or a channel; one with a GUID in it names something."""
    target, label = found[1], found[2]
    if target.startswith("#"):
        return f"#{label}" if label else found[0]
    if target.startswith(("@", "!")):
        return found[0]
    if GUID.search(target):
        return target
    return label or target
