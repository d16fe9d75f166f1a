"""The commands: everything that a person can ask of the bot, as one closed union.

Commands come from typed text, from buttons (which carry the text or an id) and from the store,
which keeps one as text while it waits for a sign-in or an approval. So the text of a command is a
format: ``parse(str(command)) == command`` (see ``parser``), and the grammar may grow but must
never change its meaning. How each is typed is in ``verbs``.

In every command an empty ``itwin`` stands for the default of the channel (``SetChannelDefault``),
and ``everywhere`` for "all" in its place: all iTwins of the person.
An id of a record may be its beginning only, of at least six characters; ``features`` find the
record, and act on whole ids alone.
"""

from dataclasses import dataclass
from typing import Literal

from bot.core.language.tokens import in_quotes, quoted, reason_in_text
from bot.core.names import is_guid

COMMAND = "/edfs"

SwitchVerb = Literal["toggle", "enable", "disable"]
DecisionVerb = Literal["approve", "decline", "cancel"]
AutoEnableVerb = Literal["return", "extend", "keep"]


def _page(number: int) -> str:
    """Write the page of a list; the first is left out."""
    return f" page {number}" if number > 1 else ""


@dataclass(frozen=True, slots=True)
class Switch:
    """Enable or disable one timer; ``toggle`` is resolved against the state just read.

    ``timer`` may be a pattern ("SAP*"), which means several timers where none has that name.

    ``until`` is the phrase as typed, with its first word ("until monday 08:00", "for 2 runs");
    "for good" means no auto-enable. ``emergency`` asks to go ahead without approval, which the
    policy has to allow, and needs a reason.
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
class SwitchSeveral:
    """Enable or disable several timers of one iTwin, once the person has confirmed the list.

    ``timers`` are names, ids or patterns ("SAP*"), at least two; empty: all timers of the iTwin.
    ``until`` and ``reason`` as in ``Switch``.
    """

    verb: Literal["enable", "disable"]
    itwin: str
    timers: tuple[str, ...] = ()
    reason: str = ""
    until: str = ""

    @property
    def said(self) -> str:
        """The timers as a person reads them."""
        return ", ".join(self.timers) or "all timers"

    def __str__(self) -> str:
        itwin = [_unmistakable(self.itwin)] if self.itwin else []
        timers = ", ".join(map(in_quotes, self.timers)) or "all"
        until = [self.until] if self.until else []
        return " ".join([self.verb, *itwin, timers, *until]) + reason_in_text(self.reason)


@dataclass(frozen=True, slots=True)
class Undo:
    """Reverse what an operation did to its timer.

    An empty ``operation`` is the person's newest change in this channel that is not an undo.
    """

    operation: str = ""
    reason: str = ""

    def __str__(self) -> str:
        return f"undo {self.operation or 'last'}{reason_in_text(self.reason)}"


@dataclass(frozen=True, slots=True)
class Redo:
    """Take an undo back: reverse what it did to its timer.

    ``operation`` is the undo, or the operation that it undid; an empty one is the person's newest
    undo in this channel.
    """

    operation: str = ""
    reason: str = ""

    def __str__(self) -> str:
        return f"redo {self.operation or 'last'}{reason_in_text(self.reason)}"


@dataclass(frozen=True, slots=True)
class Decide:
    """Decide a request for approval: another person approves or declines, the requester cancels.

    An emergency, which went ahead without approval, is reviewed by the same two decisions.
    An empty ``request`` is that of this thread, or the only one here that the person can decide.
    """

    verb: DecisionVerb
    request: str = ""
    reason: str = ""

    def __str__(self) -> str:
        request = f" {self.request}" if self.request else ""
        return f"{self.verb}{request}{reason_in_text(self.reason)}"


@dataclass(frozen=True, slots=True)
class Pending:
    """List the requests that wait for a decision."""

    page: int = 1

    def __str__(self) -> str:
        return f"pending{_page(self.page)}"


@dataclass(frozen=True, slots=True)
class ChangeAutoEnable:
    """Change an auto-enable: enable the timer now, later, or not at all.

    ``off`` is the operation that disabled the timer; an auto-enable has the same id. Where it is
    empty the auto-enable is that of the timer. A typed word that could be either stands in
    ``off``; it is a timer's name where no id begins so.
    """

    verb: AutoEnableVerb
    off: str = ""
    until: str = ""
    itwin: str = ""
    timer: str = ""
    reason: str = ""

    def __str__(self) -> str:
        until = f" {self.until}" if self.until else ""
        what = self.off or named(self.itwin, self.timer)
        return f"{self.verb} {what}{until}{reason_in_text(self.reason)}"


@dataclass(frozen=True, slots=True)
class ListTimers:
    """List the timers of one iTwin; without a name, or ``everywhere``, the person's iTwins.

    ``disabled`` lists disabled timers with who, why and until when; without a name, of all iTwins.
    """

    itwin: str = ""
    disabled: bool = False
    page: int = 1
    everywhere: bool = False

    def __str__(self) -> str:
        flags = [*(["disabled"] if self.disabled else []), *_page(self.page).split()]
        where = ["all"] if self.everywhere else _names(self.itwin, "", alone=not flags)
        return " ".join(["list", *where, *flags])


@dataclass(frozen=True, slots=True)
class Show:
    """Show one timer to the person alone."""

    itwin: str
    timer: str

    def __str__(self) -> str:
        return f"show {named(self.itwin, self.timer)}"


@dataclass(frozen=True, slots=True)
class History:
    """Show past changes, newest first.

    ``before`` is the number of an audit entry: only older ones are shown. 0: from the newest on.
    """

    itwin: str = ""
    timer: str = ""
    before: int = 0
    everywhere: bool = False

    def __str__(self) -> str:
        before = [f"before {self.before}"] if self.before else []
        names = ["all"] if self.everywhere else _names(self.itwin, self.timer, alone=not before)
        return " ".join(["history", *names, *before])


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Send notifications to this channel; without any name, open the form for it.

    ``timer`` is a name or a pattern ("SAP*"), empty for all timers of the iTwin. ``events`` are of
    ``subscriptions.EVENTS``, in that order; none means the usual ones.
    """

    itwin: str = ""
    timer: str = ""
    events: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join(
            ["subscribe", *_names(self.itwin, self.timer, alone=not self.events), *self.events]
        )


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """End one subscription of this channel."""

    subscription: str

    def __str__(self) -> str:
        return f"unsubscribe {self.subscription}"


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """List the subscriptions of this channel."""

    page: int = 1

    def __str__(self) -> str:
        return f"subscriptions{_page(self.page)}"


@dataclass(frozen=True, slots=True)
class OpenChooser:
    """Open the chooser, the modal form for a switch, filled in with this.

    ``verb`` is the change to make, empty where it is not known. ``until`` and ``reason`` as in
    ``Switch``; the form keeps them while the person chooses a timer.
    """

    itwin: str = ""
    timer: str = ""
    verb: Literal["", "enable", "disable"] = ""
    until: str = ""
    reason: str = ""

    def __str__(self) -> str:
        alone = not (self.until or self.reason)
        names = _names(self.itwin, self.timer, alone=alone)
        words = ["choose", self.verb, *names, self.until]
        return " ".join(filter(None, words)) + reason_in_text(self.reason)


@dataclass(frozen=True, slots=True)
class SetChannelDefault:
    """Set the iTwin that commands in this channel mean when they name none.

    ``nothing`` removes it; without a name the present one is shown.
    """

    itwin: str = ""
    nothing: bool = False

    def __str__(self) -> str:
        names = ["nothing"] if self.nothing else _names(self.itwin, "", alone=True)
        return " ".join(["use", *names])


@dataclass(frozen=True, slots=True)
class SignIn:
    """Sign in to iTwin, in the browser."""

    def __str__(self) -> str:
        return "signin"


@dataclass(frozen=True, slots=True)
class SignOut:
    """Delete the person's sign-in and revoke it at Bentley."""

    def __str__(self) -> str:
        return "signout"


@dataclass(frozen=True, slots=True)
class WhoAmI:
    """Show the iTwin account that the bot uses for the person."""

    def __str__(self) -> str:
        return "whoami"


@dataclass(frozen=True, slots=True)
class Version:
    """Show which version of the bot this is."""

    def __str__(self) -> str:
        return "version"


@dataclass(frozen=True, slots=True)
class Help:
    """Explain one verb or topic (its name), or say that there is none; empty: list all verbs."""

    about: str = ""

    def __str__(self) -> str:
        if not self.about:
            return "help"
        plain = self.about.isascii() and self.about.isalpha()
        return f"help {self.about if plain else quoted(self.about)}"


@dataclass(frozen=True, slots=True)
class Readings:
    """Words that can be read as several commands, likeliest first; what exists decides.

    ``text`` is the command as typed. ``refused`` is why the likeliest reading of all is no
    command; empty where it is one.
    """

    text: str
    commands: tuple["Command", ...]
    refused: str = ""

    def __str__(self) -> str:
        return self.text


# Typed text may be read in several ways (see ``Readings``), so a command writes its names such
# that there is one way only: what could be continued by the next word is put in quotes.


def named(itwin: str, timer: str) -> str:
    """Write the two names of a timer; an empty iTwin is left out."""
    return " ".join([*([quoted(itwin)] if itwin else []), _unmistakable(timer)])


def _names(itwin: str, timer: str, *, alone: bool) -> list[str]:
    """Write an iTwin, and a timer where it is not empty; ``alone``: nothing follows them."""
    if timer:
        return [named(itwin, timer)]
    return [quoted(itwin) if alone else _unmistakable(itwin)] if itwin else []


def _unmistakable(name: str) -> str:
    return name if is_guid(name) else in_quotes(name)


Command = (
    OpenChooser
    | Switch
    | SwitchSeveral
    | Undo
    | Redo
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
    | Version
    | Help
    | Readings
)
