"""The language: everything a person can ask, as one closed type.

A command is the only currency. Somebody types it, a button carries an id that stands for it, a
sign-in or an approval keeps it until its hour. ``parse(str(command)) == command`` (``grammar``).

    toggle  <itwin> <timer> [because …]     turn it on if it is off, off if it is on
    enable  <itwin> <timer> [because …]     (also: on)
    disable <itwin> <timer> [until <time> | for <duration> | for <n> runs] [because …]  (also: off)
            because "…" emergency           goes ahead without approval, where the policy allows it
    undo    <operation>
    approve | decline | cancel  <request> [because …]       · pending [page <number>]
    return | keep <return>  · extend <return> until <time>
    list    [<itwin>] [disabled] [page <number>]
    show    <itwin> <timer>
    history [<itwin> [<timer>]] [before <number>]
    choose  [<itwin> [<timer>]]             a window to point at all of it; so does nothing at all
    use     [<itwin> | nothing]             this channel's iTwin, where none is named
    subscribe [<itwin> [<timer>]] [<event> …] · unsubscribe <subscription>
    subscriptions [page <number>]
    signin · signout · whoami · help [<verb>]

Where a channel has an iTwin (``use``), it may be left out everywhere; "all" in its place means
every iTwin. Commands are kept as text, so this grammar may grow but never change its meaning.
"""

from dataclasses import dataclass
from typing import Literal

from bot.core.language.tokens import quoted, reason_in_text
from bot.core.names import OperationId

COMMAND = "/edfs"

SwitchVerb = Literal["toggle", "enable", "disable"]


def _page(number: int) -> str:
    """Say which page of a list; the first one goes without saying."""
    return f" page {number}" if number > 1 else ""


@dataclass(frozen=True, slots=True)
class Switch:
    """Bring one timer to one state; ``toggle`` is resolved against the state just read.

    An empty ``itwin`` is that of the channel, here and below.
    ``until`` is the phrase as typed, with its first word ("until monday 08:00", "for 2 runs");
    "for good" says that nothing brings it back by itself.
    """

    verb: SwitchVerb
    itwin: str
    timer: str
    reason: str = ""
    until: str = ""
    emergency: bool = False

    def __str__(self) -> str:
        until = f" {self.until}" if self.until else ""
        reason = reason_in_text(self.reason, emergency=self.emergency)
        return f"{self.verb} {named(self.itwin, self.timer)}{until}{reason}"


@dataclass(frozen=True, slots=True)
class Undo:
    operation: OperationId

    def __str__(self) -> str:
        return f"undo {self.operation}"


@dataclass(frozen=True, slots=True)
class Decide:
    """What somebody says to a request: a second person agrees or not, or the asker takes it back.

    "reviewed" is the second person's word on what was done in an emergency.
    """

    verb: Literal["approve", "decline", "cancel"]
    request: OperationId
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.request}{reason_in_text(self.reason)}"


@dataclass(frozen=True, slots=True)
class Pending:
    """The requests that wait for a decision."""

    page: int = 1

    def __str__(self) -> str:
        return f"pending{_page(self.page)}"


@dataclass(frozen=True, slots=True)
class ChangeAutoEnable:
    """Change a return: bring the timer back now, later, or not at all.

    A return is named after the operation that turned the timer off.
    """

    verb: Literal["return", "extend", "keep"]
    off: OperationId
    until: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.off} {self.until}".rstrip()


@dataclass(frozen=True, slots=True)
class ListTimers:
    """Timers of one iTwin; ``everywhere``, or without a name, the person's iTwins.

    ``disabled``: what is off, by whom, why and until when; without a name, of all their iTwins.
    """

    itwin: str = ""
    disabled: bool = False
    page: int = 1
    everywhere: bool = False

    def __str__(self) -> str:
        words = ["list", *_where(self.itwin, everywhere=self.everywhere)]
        disabled = ["disabled"] if self.disabled else []
        return f"{' '.join([*words, *disabled])}{_page(self.page)}"


@dataclass(frozen=True, slots=True)
class Show:
    itwin: str
    timer: str

    def __str__(self) -> str:
        return f"show {named(self.itwin, self.timer)}"


@dataclass(frozen=True, slots=True)
class History:
    """``before``: only what stands before this number in the trail; 0 is from the newest on."""

    itwin: str = ""
    timer: str = ""
    before: int = 0
    everywhere: bool = False

    def __str__(self) -> str:
        names = _where(self.itwin, everywhere=self.everywhere)
        names += [quoted(self.timer)] if self.timer else []
        return " ".join(["history", *names, *([f"before {self.before}"] if self.before else [])])


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Have this channel told. ``timer`` is a name or a pattern ("SAP*"), empty for all of them.

    ``events`` are words of ``EVENTS`` in that order; none stands for the usual ones. Without any
    name it asks for a window to fill in.
    """

    itwin: str = ""
    timer: str = ""
    events: tuple[str, ...] = ()

    def __str__(self) -> str:
        timer = [quoted(self.timer)] if self.timer else []
        return " ".join(["subscribe", *_where(self.itwin), *timer, *self.events])


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """``subscription`` is its id, or empty for all of this channel's."""

    subscription: OperationId

    def __str__(self) -> str:
        return f"unsubscribe {self.subscription}"


@dataclass(frozen=True, slots=True)
class Subscriptions:
    page: int = 1

    def __str__(self) -> str:
        return f"subscriptions{_page(self.page)}"


@dataclass(frozen=True, slots=True)
class OpenChooser:
    """A window in which all of it is pointed at; the names are filled in already."""

    itwin: str = ""
    timer: str = ""

    def __str__(self) -> str:
        names = [quoted(name) for name in (self.itwin, self.timer) if name]
        return " ".join(["choose", *names])


@dataclass(frozen=True, slots=True)
class SetChannelDefault:
    """Have this iTwin stand where none is named in this channel; ``nothing``: none any more.

    Without a name it says which one does.
    """

    itwin: str = ""
    nothing: bool = False

    def __str__(self) -> str:
        return " ".join(["use", *(["nothing"] if self.nothing else _where(self.itwin))])


@dataclass(frozen=True, slots=True)
class SignIn:
    def __str__(self) -> str:
        return "signin"


@dataclass(frozen=True, slots=True)
class SignOut:
    def __str__(self) -> str:
        return "signout"


@dataclass(frozen=True, slots=True)
class WhoAmI:
    def __str__(self) -> str:
        return "whoami"


@dataclass(frozen=True, slots=True)
class Help:
    verb: str = ""

    def __str__(self) -> str:
        return f"help {self.verb}".rstrip()


def named(itwin: str, timer: str) -> str:
    """Write the two names; the iTwin's is left out where it is the channel's."""
    return " ".join(quoted(name) for name in (itwin, timer) if name)


def _where(itwin: str, *, everywhere: bool = False) -> list[str]:
    return ["all"] if everywhere else [quoted(itwin)] if itwin else []


Command = (
    OpenChooser
    | Switch
    | Undo
    | Decide
    | Pending
    | ChangeAutoEnable
    | ListTimers
    | Show
    | History
    | Subscribe
    | Unsubscribe
    | Subscriptions
    | SetChannelDefault
    | SignIn
    | SignOut
    | WhoAmI
    | Help
)

USAGE: dict[str, str] = {
    "choose": "choose [<itwin> [<timer>]]",
    "toggle": "toggle <itwin> <timer> [because …]",
    "enable": "enable <itwin> <timer> [because …]",
    "disable": "disable <itwin> <timer> [until <time> | for <duration> | for <n> runs] [because …]",
    "undo": "undo <operation>",
    "approve": "approve <request> [because …]",
    "decline": "decline <request> [because …]",
    "cancel": "cancel <request> [because …]",
    "pending": "pending [page <number>]",
    "return": "return <return>",
    "extend": "extend <return> until <time>",
    "keep": "keep <return>",
    "list": "list [<itwin> | all] [disabled] [page <number>]",
    "show": "show <itwin> <timer>",
    "history": "history [<itwin> [<timer>] | all]",
    "subscribe": "subscribe [<itwin> [<timer>]] [changes] [approvals] [returns] [elsewhere] …",
    "unsubscribe": "unsubscribe <subscription>",
    "subscriptions": "subscriptions [page <number>]",
    "use": "use [<itwin> | nothing]",
    "signin": "signin",
    "signout": "signout",
    "whoami": "whoami",
    "help": "help [<verb>]",
}
VERBS = tuple(USAGE)
