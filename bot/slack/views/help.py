"""Help: every verb with what it does and examples that can be typed."""

from bot.core.actions import Action
from bot.core.language.commands import COMMAND, USAGE
from bot.gateways.slack.messages import Block, Ephemeral
from bot.slack.views.blocks import (
    Button,
    Line,
    bold,
    buttons,
    code,
    context_block,
    fallback_text,
    header,
    line,
    paragraph,
)

PREVIEW = "The EDFS API is a technical preview of Bentley's: it may change or end."
_ID = "0123456789abcdef01234567"
_PARTS: dict[str, tuple[str, ...]] = {
    "Switch": ("choose", "toggle", "enable", "disable", "undo"),
    "Look": ("list", "show", "history"),
    "Requests": ("pending", "approve", "decline", "cancel"),
    "Returns": ("return", "extend", "keep"),
    "This channel": ("use", "subscribe", "subscriptions", "unsubscribe"),
    "You": ("signin", "signout", "whoami", "help"),
}


def help_of(verb: str) -> Ephemeral:
    if not verb:
        return _all()
    says, *examples = _EXAMPLES[verb]
    told = [line(code(f"{COMMAND} {USAGE[verb]}")), line(says)]
    shown = [line("For example: ", code(example)) for example in examples]
    return _said(f"{COMMAND} {verb}", [*told, *shown])


def _all() -> Ephemeral:
    blocks: list[Block] = []
    for part, verbs in _PARTS.items():
        usages = [line(code(f"{COMMAND} {USAGE[verb]}")) for verb in verbs]
        blocks.append(paragraph([line(bold(part)), *usages]))
    ways = (
        f"{COMMAND} alone opens a window to choose. In threads: @edfs-bot and the same words. "
        "Names with spaces go in quotes; a unique part of a name is enough."
    )
    press = Button("Switch a timer", Action.OPEN_CHOOSER, "choose", style="primary")
    more = context_block(f"{COMMAND} help <verb> has examples. {PREVIEW}")
    title = "What you can ask"
    shown = [header(title), *blocks, context_block(ways), buttons(press), more]
    return Ephemeral(fallback_text(title), shown)


# What it does, then examples.
_EXAMPLES = {
    "choose": (
        "Opens a window to point at an iTwin, a timer, and what is to become of it.",
        "/edfs",
        "/edfs choose plant-a",
    ),
    "toggle": (
        "Turns it on if it is off, and off if it is on.",
        '/edfs toggle plant-a "SAP work orders"',
    ),
    "enable": ("Turns it on. “on” works too.", "/edfs on plant-a SAP work orders"),
    "disable": (
        "Turns it off, for good or until a time in your own time zone. “off” works too.",
        '/edfs off plant-a "SAP work orders" until monday 08:00 because SAP is down',
        '/edfs off plant-a "SAP work orders" for 3 days',
        '/edfs off plant-a "SAP work orders" for 2 runs',
    ),
    "undo": (
        "Brings back what an operation changed, while nobody changed it since.",
        f"/edfs undo {_ID}",
    ),
    "approve": ("Agrees to a request, with your own right.", f"/edfs approve {_ID}"),
    "decline": ("Turns a request down.", f"/edfs decline {_ID} because SAP is still down"),
    "cancel": ("Takes your own request back.", f"/edfs cancel {_ID}"),
    "pending": ("Lists the requests that wait for a decision.", "/edfs pending"),
    "return": (
        "Brings a timer back on now that would come back later.",
        f"/edfs return {_ID}",
    ),
    "extend": (
        "Leaves it off for longer.",
        f"/edfs extend {_ID} for 2 days",
        f"/edfs extend {_ID} until friday 18:00",
    ),
    "keep": ("Leaves it off until somebody turns it on.", f"/edfs keep {_ID}"),
    "history": (
        "Says what happened to timers: who, why, with what result.",
        "/edfs history plant-a",
        '/edfs history plant-a "SAP work orders"',
        "/edfs history all",
    ),
    "use": (
        "Sets this channel's iTwin: from then on it may be left out here.",
        "/edfs use plant-a",
        "/edfs use nothing",
    ),
    "subscribe": (
        "Has this channel told of changes, approvals and returns. Alone it opens a window.",
        '/edfs subscribe plant-a "SAP*" changes returns not-mine',
        "/edfs subscribe",
    ),
    "unsubscribe": ("Ends one subscription.", f"/edfs unsubscribe {_ID}"),
    "subscriptions": ("Lists what this channel is told.", "/edfs subscriptions"),
    "list": (
        "Lists your iTwins, the timers of one, or with “disabled” what is off, why and until when.",
        "/edfs list plant-a",
        "/edfs list all disabled",
    ),
    "show": ("Shows one timer, to you only.", '/edfs show plant-a "SAP work orders"'),
    "signin": ("Signs you in to iTwin in your browser.", "/edfs signin"),
    "signout": ("Forgets your sign-in and has Bentley end it.", "/edfs signout"),
    "whoami": ("Says which iTwin account the bot uses for you.", "/edfs whoami"),
    "help": ("Says what you can ask.", "/edfs help toggle"),
}


def _said(title: str, lines: list[Line]) -> Ephemeral:
    return Ephemeral(fallback_text(title), [header(title), paragraph(lines)])
