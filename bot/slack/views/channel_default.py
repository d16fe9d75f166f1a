"""Messages about the default iTwin of a channel."""

from bot.core.names import PersonId
from bot.core.timers import ITwin
from bot.gateways.slack.messages import Ephemeral, InChannel
from bot.slack.views.blocks import (
    NAME,
    Line,
    UserMention,
    bold,
    code,
    fallback_text,
    header,
    line,
    paragraph,
)

SET = code("/edfs use <itwin>")


def shown(itwin: ITwin | None) -> Ephemeral:
    """Show the channel's default iTwin to one person."""
    if itwin is None:
        title = "This channel has no iTwin of its own"
        return _private(title, [line("Set it with ", SET, "; then it may be left out here.")])
    title = f"This channel's iTwin: {_name(itwin)}"
    clear = code("/edfs use nothing")
    how = line("It is meant wherever none is named. Another one: ", SET, "; none: ", clear, ".")
    return _private(title, [how])


def _private(title: str, lines: list[Line]) -> Ephemeral:
    return Ephemeral(fallback_text(title), [header(title), paragraph(lines)])


def set_by(itwin: ITwin | None, by: PersonId) -> InChannel:
    """Tell the whole channel of a change, because it affects everybody's commands there."""
    if itwin is None:
        message = line(UserMention(by), ": this channel has no iTwin of its own any more. ")
        return InChannel(
            fallback_text(*message), [paragraph([message, line("Name it in every command.")])]
        )
    message = line(UserMention(by), " set this channel's iTwin: ", bold(_name(itwin)), ".")
    how = line("Commands here may leave it out now, such as ", code("/edfs list"), ".")
    return InChannel(fallback_text(*message), [paragraph([message, how])])


def _name(itwin: ITwin) -> str:
    return itwin.numbered(NAME)
