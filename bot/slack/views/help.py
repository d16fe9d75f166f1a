"""Help: every verb with what it does and an example."""

from bot.core.commands import COMMAND, USAGE
from bot.slack.messages import Block, Private
from bot.slack.views.blocks import Line, code, header, line, paragraph, small, spoken

PREVIEW = "The EDFS API is a technical preview of Bentley's: it may change or end."


def help_of(verb: str) -> Private:
    if verb:
        return _said(
            f"{COMMAND} {verb}", [line(code(f"{COMMAND} {USAGE[verb]}")), *_examples(verb)]
        )
    lines = [line(code(f"{COMMAND} {usage}")) for usage in USAGE.values()]
    return _said("What you can ask", lines, small(PREVIEW))


_EXAMPLES = {
    "toggle": (
        "Turns it on if it is off, and off if it is on.",
        '/edfs toggle plant-a "SAP work orders"',
    ),
    "enable": ("Turns it on. “on” works too.", "/edfs on plant-a SAP work orders"),
    "disable": (
        "Turns it off, for good or until a time in your own time zone. “off” works too.",
        '/edfs off plant-a "SAP work orders" until monday 08:00 because SAP is down',
    ),
    "undo": (
        "Brings back what an operation changed, while nobody changed it since.",
        "/edfs undo 0123456789abcdef01234567",
    ),
    "approve": (
        "Agrees to a request, with your own right.",
        "/edfs approve 0123456789abcdef01234567",
    ),
    "decline": (
        "Turns a request down.",
        "/edfs decline 0123456789abcdef01234567 because SAP is still down",
    ),
    "cancel": ("Takes your own request back.", "/edfs cancel 0123456789abcdef01234567"),
    "pending": ("Lists the requests that wait for a decision.", "/edfs pending"),
    "return": (
        "Brings a timer back on now that would come back later.",
        "/edfs return 0123456789abcdef01234567",
    ),
    "extend": ("Leaves it off for longer.", "/edfs extend 0123456789abcdef01234567 for 2 days"),
    "keep": (
        "Leaves it off until somebody turns it on.",
        "/edfs keep 0123456789abcdef01234567",
    ),
    "history": (
        "Says what happened to a timer: who, why, with what result.",
        "/edfs history plant-a",
    ),
    "subscribe": (
        "Has this channel told of changes, approvals and returns.",
        '/edfs subscribe plant-a "SAP*" changes returns not-mine',
    ),
    "unsubscribe": ("Ends one subscription.", "/edfs unsubscribe 0123456789abcdef01234567"),
    "subscriptions": ("Lists what this channel is told.", "/edfs subscriptions"),
    "list": (
        "Lists your iTwins, the timers of one, or with “disabled” what is off, why and until when.",
        "/edfs list plant-a disabled",
    ),
    "show": ("Shows one timer, to you only.", '/edfs show plant-a "SAP work orders"'),
    "signin": ("Signs you in to iTwin in your browser.", "/edfs signin"),
    "signout": ("Forgets your sign-in and has Bentley end it.", "/edfs signout"),
    "whoami": ("Says which iTwin account the bot uses for you.", "/edfs whoami"),
    "help": ("Says what you can ask.", "/edfs help toggle"),
}


def _examples(verb: str) -> list[Line]:
    says, example = _EXAMPLES[verb]
    return [line(says), line("For example: ", code(example))]


def _said(title: str, lines: list[Line], *more: Block) -> Private:
    return Private(spoken(title), [header(title), paragraph(lines), *more])
