"""Checks for rich text: sections, lists, preformatted text, quotes and inline elements."""

from bot.sandbox.slack.elements import CHANNEL_ID, PERSON_ID, URL
from bot.sandbox.slack.shapes import Check, array, boolean, integer, one_of, record, string, tagged

_STYLE = record({}, {"bold": boolean, "italic": boolean, "strike": boolean, "code": boolean})
_MENTION_STYLE = record(
    {},
    {
        "bold": boolean,
        "italic": boolean,
        "strike": boolean,
        "highlight": boolean,
        "client_highlight": boolean,
        "unlink": boolean,
    },
)
# A text element may be blank (a space between two links), but not empty.
_BLANK_ALLOWED = string(40_000, blank=True)


def _inline(kind: str, required: dict[str, Check], optional: dict[str, Check]) -> dict[str, Check]:
    return {kind: record({"type": one_of(kind), **required}, optional)}


_TEXT = _inline("text", {"text": _BLANK_ALLOWED}, {"style": _STYLE})
_LINK = _inline(
    "link",
    {"url": URL},
    {"text": string(40_000), "unsafe": boolean, "style": _STYLE},
)
_INLINE: dict[str, Check] = {
    **_TEXT,
    **_LINK,
    **_inline("user", {"user_id": PERSON_ID}, {"style": _MENTION_STYLE}),
    **_inline("channel", {"channel_id": CHANNEL_ID}, {"style": _MENTION_STYLE}),
    **_inline(
        "usergroup",
        {"usergroup_id": string(20, pattern=r"S[A-Z0-9]{4,19}")},
        {"style": _MENTION_STYLE},
    ),
    **_inline("broadcast", {"range": one_of("here", "channel", "everyone")}, {"style": _STYLE}),
    **_inline("emoji", {"name": string(100)}, {"unicode": string(100), "style": _STYLE}),
    **_inline(
        "date",
        {"timestamp": integer(0, 10**10 - 1), "format": string(1000)},
        {"url": URL, "fallback": string(1000), "style": _STYLE},
    ),
    **_inline("color", {"value": string(20)}, {"style": _STYLE}),
}

_ELEMENTS = array(tagged(_INLINE), most=1000)
_SECTION = record({"type": one_of("rich_text_section"), "elements": _ELEMENTS})
_PARTS: dict[str, Check] = {
    "rich_text_section": _SECTION,
    "rich_text_list": record(
        {
            "type": one_of("rich_text_list"),
            "style": one_of("bullet", "ordered"),
            "elements": array(_SECTION, most=1000),
        },
        {"indent": integer(0, 8), "offset": integer(0, 10_000), "border": integer(0, 1)},
    ),
    "rich_text_preformatted": record(
        {
            "type": one_of("rich_text_preformatted"),
            "elements": array(tagged({**_TEXT, **_LINK}), most=1000),
        },
        {"border": integer(0, 1), "language": string(100)},
    ),
    "rich_text_quote": record(
        {"type": one_of("rich_text_quote"), "elements": _ELEMENTS}, {"border": integer(0, 1)}
    ),
}
PARTS: Check = array(tagged(_PARTS), most=1000)
