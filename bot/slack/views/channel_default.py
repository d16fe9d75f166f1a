"""What is said of a channel's iTwin."""

from bot.core.names import PersonId, single_line
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
    if itwin is None:
        title = "This channel has no iTwin of its own"
        return _said(title, [line("Set it with ", SET, "; then it may be left out here.")])
    title = f"This channel's iTwin: {_name(itwin)}"
    clear = code("/edfs use nothing")
    how = line("It is meant wherever none is named. Another one: ", SET, "; none: ", clear, ".")
    return _said(title, [how])


def _said(title: str, lines: list[Line]) -> Ephemeral:
    return Ephemeral(fallback_text(title), [header(title), paragraph(lines)])


def set_by(itwin: ITwin | None, by: PersonId) -> InChannel:
    """Everybody is told: it changes what everybody's commands here mean."""
    if itwin is None:
        said = line(UserMention(by), ": this channel has no iTwin of its own any more. ")
        return InChannel(
            fallback_text(*said), [paragraph([said, line("Name it in every command.")])]
        )
    said = line(UserMention(by), " set this channel's iTwin: ", bold(_name(itwin)), ".")
    how = line("Commands here may leave it out now, such as ", code("/edfs list"), ".")
    return InChannel(fallback_text(*said), [paragraph([said, how])])


def _name(itwin: ITwin) -> str:
    number = f" ({single_line(itwin.number, 60)})" if itwin.number not in {"", itwin.name} else ""
    return f"{single_line(itwin.name, NAME)}{number}"
