"""The table of verbs: how each is typed, parsed and explained.

The parser, the usage in answers and in help, README's table of commands and the hint of the slash
command in ``manifest.yml`` are all made from ``VERBS``. Its order is the order of help.
"""

from dataclasses import dataclass
from enum import Enum

from bot.core.language import arguments, auto_enable_arguments
from bot.core.language.commands import (
    Help,
    Pending,
    SignIn,
    SignOut,
    Subscriptions,
    Version,
    WhoAmI,
)
from bot.core.language.tokens import Token
from bot.core.language.topics import find_topic
from bot.core.names import single_line

_ID = "1a2b3c4d"
_WORD_LIMIT = 40  # characters that are kept of what is neither a verb nor a topic


class HelpGroup(Enum):
    """The headings of help, in its order."""

    SWITCH = "Switch"
    LOOK = "Look"
    REQUESTS = "Requests"
    RETURNS = "Returns"
    CHANNEL = "This channel"
    YOU = "You"


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb of the language. No field has a default, so that none can be forgotten.

    ``parse`` makes the command of the tokens behind the verb (see ``arguments``).
    ``usage`` begins with ``name``; ``examples`` can be typed as they are.
    ``hint`` is the verb's part of the hint that Slack shows behind ``/edfs``; None: it has none.
    """

    name: str
    synonyms: tuple[str, ...]
    parse: arguments.Parse
    group: HelpGroup
    usage: str
    description: str
    examples: tuple[str, ...]
    hint: str | None


def find_verb(words: str) -> Verb | None:
    """Return the verb that a person means: its name or a synonym, in any case."""
    folded = words.casefold()
    return VERBS.get(SYNONYMS.get(folded, folded))


def _help(_: str, __: str, tokens: list[Token]) -> Help:
    """Parse what help is wanted about: a verb, a topic, or else what was typed."""
    typed = single_line(" ".join(token.text for token in tokens).casefold(), _WORD_LIMIT)
    for word in (typed, *(token.text for token in tokens[:1])):
        if found := find_verb(word) or find_topic(word):
            return Help(found.name)
    return Help(typed)


_ALL = (
    Verb(
        name="choose",
        synonyms=(),
        parse=arguments.open_chooser,
        group=HelpGroup.SWITCH,
        usage="choose [<itwin> [<timer>]]",
        description="Opens a window to point at an iTwin, a timer, and what is to become of it.",
        examples=("/edfs", "/edfs choose plant-a"),
        hint=None,
    ),
    Verb(
        name="toggle",
        synonyms=(),
        parse=arguments.switch,
        group=HelpGroup.SWITCH,
        usage="toggle <itwin> <timer> [because …]",
        description="Turns it on if it is off, and off if it is on.",
        examples=('/edfs toggle plant-a "SAP work orders"',),
        hint='toggle <itwin> "<timer>"',
    ),
    Verb(
        name="enable",
        synonyms=("on", "turn on", "switch on", "start", "resume", "unpause"),
        parse=arguments.switch,
        group=HelpGroup.SWITCH,
        usage="enable <itwin> <timer…> [because …]",
        description=(
            'Enables it, or several: names with commas, a pattern such as "SAP*", or all. “on”, '
            "“turn on”, “start” and “resume” work too."
        ),
        examples=("/edfs on plant-a SAP work orders",),
        hint=None,
    ),
    Verb(
        name="disable",
        synonyms=("off", "turn off", "switch off", "stop", "pause", "snooze"),
        parse=arguments.switch,
        group=HelpGroup.SWITCH,
        usage="disable <itwin> <timer…> [until <time> | for <duration> | for <n> runs] [because …]",
        description=(
            "Disables it, or several as with enable, for good or until a time in your own time "
            "zone. “off”, “turn off”, "
            "“pause”, “stop” and “snooze … 2h” work too."
        ),
        examples=(
            '/edfs off plant-a "SAP work orders" until monday 08:00 because SAP is down',
            '/edfs off plant-a "SAP work orders" for 3 days',
            '/edfs off plant-a "SAP work orders" for 2 runs',
            '/edfs off plant-a "SAP work orders", "SAP materials"',
            '/edfs off plant-a "SAP*" for 3 days',
        ),
        hint=None,
    ),
    Verb(
        name="undo",
        synonyms=(),
        parse=arguments.undo,
        group=HelpGroup.SWITCH,
        usage="undo [last | <operation>] [because …]",
        description=(
            "Undoes your last change in this channel, or the one named, if the timer was not "
            "changed since."
        ),
        examples=("/edfs undo", f"/edfs undo {_ID} because the wrong timer"),
        hint=None,
    ),
    Verb(
        name="redo",
        synonyms=(),
        parse=arguments.redo,
        group=HelpGroup.SWITCH,
        usage="redo [last | <operation>] [because …]",
        description="Takes your last undo in this channel back, or the one named. It asks first.",
        examples=("/edfs redo", f"/edfs redo {_ID}"),
        hint=None,
    ),
    Verb(
        name="list",
        synonyms=("timers",),
        parse=arguments.list_timers,
        group=HelpGroup.LOOK,
        usage="list [<itwin> | all] [disabled] [page <number>]",
        description=(
            "Lists your iTwins, the timers of one, or with “disabled” what is off, why and until "
            "when."
        ),
        examples=("/edfs list plant-a", "/edfs list all disabled"),
        hint="list",
    ),
    Verb(
        name="show",
        synonyms=("status", "is", "why"),
        parse=arguments.show,
        group=HelpGroup.LOOK,
        usage="show <itwin> <timer>",
        description="Shows one timer, to you only. “is … on?” and “why … off?” work too.",
        examples=('/edfs show plant-a "SAP work orders"', "/edfs is plant-a SAP work orders on?"),
        hint="show",
    ),
    Verb(
        name="history",
        synonyms=("who", "log"),
        parse=arguments.history,
        group=HelpGroup.LOOK,
        usage="history [<itwin> [<timer>] | all]",
        description="Shows what happened to timers: who, why, with what result. “who …” works too.",
        examples=(
            "/edfs history plant-a",
            '/edfs history plant-a "SAP work orders"',
            "/edfs history all",
        ),
        hint="history",
    ),
    Verb(
        name="pending",
        synonyms=("requests",),
        parse=arguments.page(Pending),
        group=HelpGroup.REQUESTS,
        usage="pending [page <number>]",
        description="Lists the requests that wait for a decision.",
        examples=("/edfs pending",),
        hint="pending",
    ),
    Verb(
        name="approve",
        synonyms=(),
        parse=arguments.decide,
        group=HelpGroup.REQUESTS,
        usage="approve [<request>] [because …]",
        description=(
            "Approves a request with your own permission. Without its id, it asks which one."
        ),
        examples=("/edfs approve", f"/edfs approve {_ID}"),
        hint=None,
    ),
    Verb(
        name="decline",
        synonyms=(),
        parse=arguments.decide,
        group=HelpGroup.REQUESTS,
        usage="decline [<request>] [because …]",
        description="Declines a request. Without its id, it asks which one.",
        examples=(
            "/edfs decline because SAP is still down",
            f"/edfs decline {_ID} because SAP is still down",
        ),
        hint=None,
    ),
    Verb(
        name="cancel",
        synonyms=(),
        parse=arguments.decide,
        group=HelpGroup.REQUESTS,
        usage="cancel [<request>] [because …]",
        description="Cancels your own request: the only one waiting here, or the one named.",
        examples=("/edfs cancel", f"/edfs cancel {_ID}"),
        hint=None,
    ),
    Verb(
        name="return",
        synonyms=(),
        parse=auto_enable_arguments.change_auto_enable,
        group=HelpGroup.RETURNS,
        usage="return [<itwin>] <timer> [because …]",
        description="Enables a timer now that would auto-enable later.",
        examples=('/edfs return plant-a "SAP work orders"', f"/edfs return {_ID}"),
        hint=None,
    ),
    Verb(
        name="extend",
        synonyms=(),
        parse=auto_enable_arguments.change_auto_enable,
        group=HelpGroup.RETURNS,
        usage="extend [<itwin>] <timer> until <time> [because …]",
        description="Changes when a timer auto-enables.",
        examples=(
            '/edfs extend plant-a "SAP work orders" until friday 18:00',
            f"/edfs extend {_ID} for 2 days",
        ),
        hint=None,
    ),
    Verb(
        name="keep",
        synonyms=(),
        parse=auto_enable_arguments.change_auto_enable,
        group=HelpGroup.RETURNS,
        usage="keep [<itwin>] <timer> [because …]",
        description="Keeps a timer disabled with no end date.",
        examples=('/edfs keep plant-a "SAP work orders"', f"/edfs keep {_ID}"),
        hint=None,
    ),
    Verb(
        name="use",
        synonyms=(),
        parse=arguments.set_channel_default,
        group=HelpGroup.CHANNEL,
        usage="use [<itwin> | nothing]",
        description="Sets this channel's iTwin: from then on it may be left out here.",
        examples=("/edfs use plant-a", "/edfs use nothing"),
        hint=None,
    ),
    Verb(
        name="subscribe",
        synonyms=(),
        parse=arguments.subscribe,
        group=HelpGroup.CHANNEL,
        usage="subscribe [<itwin> [<timer>]] [changes] [approvals] [returns] [elsewhere] …",
        description=(
            "Has this channel told of changes, approvals and returns. Alone it opens a window."
        ),
        examples=('/edfs subscribe plant-a "SAP*" changes returns not-mine', "/edfs subscribe"),
        hint=None,
    ),
    Verb(
        name="subscriptions",
        synonyms=(),
        parse=arguments.page(Subscriptions),
        group=HelpGroup.CHANNEL,
        usage="subscriptions [page <number>]",
        description="Lists what this channel is told.",
        examples=("/edfs subscriptions",),
        hint=None,
    ),
    Verb(
        name="unsubscribe",
        synonyms=(),
        parse=arguments.unsubscribe,
        group=HelpGroup.CHANNEL,
        usage="unsubscribe <subscription>",
        description="Ends one subscription.",
        examples=(f"/edfs unsubscribe {_ID}",),
        hint=None,
    ),
    Verb(
        name="signin",
        synonyms=("login", "log in", "sign-in", "sign in", "connect"),
        parse=arguments.nothing(SignIn),
        group=HelpGroup.YOU,
        usage="signin",
        description="Signs you in to iTwin in your browser.",
        examples=("/edfs signin",),
        hint="signin",
    ),
    Verb(
        name="signout",
        synonyms=("logout", "log out", "sign-out", "sign out", "disconnect"),
        parse=arguments.nothing(SignOut),
        group=HelpGroup.YOU,
        usage="signout",
        description="Forgets your sign-in and has Bentley end it.",
        examples=("/edfs signout",),
        hint=None,
    ),
    Verb(
        name="whoami",
        synonyms=(),
        parse=arguments.nothing(WhoAmI),
        group=HelpGroup.YOU,
        usage="whoami",
        description="Says which iTwin account the bot uses for you.",
        examples=("/edfs whoami",),
        hint=None,
    ),
    Verb(
        name="version",
        synonyms=(),
        parse=arguments.nothing(Version),
        group=HelpGroup.YOU,
        usage="version",
        description="Shows which version of EDFS Bot this is.",
        examples=("/edfs version",),
        hint=None,
    ),
    Verb(
        name="help",
        synonyms=("?", "hello", "hi", "hey"),
        parse=_help,
        group=HelpGroup.YOU,
        usage="help [<verb> | <topic>]",
        description="Explains all verbs, one of them, or a topic: until, approvals, names.",
        examples=("/edfs help toggle", "/edfs help until"),
        hint="help",
    ),
)

VERBS = {verb.name: verb for verb in _ALL}
SYNONYMS = {synonym: verb.name for verb in VERBS.values() for synonym in verb.synonyms}
