"""The one parser: from the text behind ``/edfs`` to a command."""

from bot.core.errors import Choice, InvalidCommand
from bot.core.language.arguments import one_of, snooze
from bot.core.language.clauses import is_because
from bot.core.language.commands import (
    Command,
    History,
    ListTimers,
    OpenChooser,
    Readings,
    Show,
    Switch,
    WhoAmI,
)
from bot.core.language.naming import NAME_LIMIT, units
from bot.core.language.nearest import nearest_verbs, verb_at
from bot.core.language.questions import QUESTIONS
from bot.core.language.tokens import Token, joined, tokenize
from bot.core.language.verbs import Verb
from bot.core.names import single_line

TEXT_LIMIT = 4_000
_POLITE = frozenset({"please", "pls", "plz", "thanks", "?", "!", "??", "!!"})


def parse(text: str) -> Command:
    """Parse one command; ``text`` is everything behind ``/edfs``.

    Text that can be read in several ways becomes ``Readings``. Raises InvalidCommand, with the
    verb whose usage helps, or else with the verbs most like it.
    """
    if len(text) > TEXT_LIMIT:
        raise InvalidCommand("the command is too long")
    tokens = tokenize(text)
    while tokens and tokens[0].is_bare("please"):
        tokens = tokens[1:]
    if not tokens:
        return OpenChooser()
    if joined(tokens).casefold().rstrip("?! ") == "who am i":
        return WhoAmI()
    _check_quotes(tokens)
    tokens = _with_particle_first(tokens)
    verb, words = verb_at(tokens)
    if verb is None:
        raise _unknown_verb(text, tokens)
    typed = joined(tokens[:words]).casefold()
    typed = typed.rstrip(":,.!?") or typed
    command = _parsed(text, verb, typed, tokens[words:])
    return command if typed == verb.name else _or_a_name(text, command, tokens)


def _check_quotes(tokens: list[Token]) -> None:
    """Raise InvalidCommand for a quote that is opened and not closed; a reason may hold one."""
    reason = next((at for at, one in enumerate(tokens) if at and is_because(one)), len(tokens))
    counted = tokens[: reason + 2] if reason + 1 < len(tokens) else tokens
    for token in counted:
        if not token.closed:
            begun = single_line(token.text, 60)
            raise InvalidCommand(f"the quote before “{begun}” is never closed, so nothing was done")


def _unknown_verb(text: str, tokens: list[Token]) -> InvalidCommand:
    if tokens[0].is_bare("turn") or tokens[0].is_bare("switch"):
        first = tokens[0].text.casefold()
        nearest: tuple[tuple[str, int], ...] = ((f"{first} on", 1), (f"{first} off", 1))
        wrong = f"“{first}” needs “on” or “off”"
    else:
        nearest = nearest_verbs(tokens)
        wrong = f"there is no “{single_line(tokens[0].text, 40)}”"
    every = [
        f"{verb} {rest}"
        for verb, words in nearest
        if (rest := text[tokens[words - 1].end :].strip())
    ]
    choices = tuple(Choice(one, "", one) for one in every if _is_command(one))
    return InvalidCommand(wrong, nearest=tuple(verb for verb, _ in nearest), choices=choices)


def _is_command(text: str) -> bool:
    """Whether a suggestion would be understood."""
    try:
        parse(text)
    except InvalidCommand:
        return False
    return True


def _parsed(text: str, verb: Verb, typed: str, tokens: list[Token]) -> Command:
    """Parse what follows the verb, in every way that it can be meant."""
    if typed == "status" and not tokens:
        return ListTimers()
    found: list[Command] = []
    refused = ""
    failure: InvalidCommand | None = None
    for meant in _variants(typed, tokens):
        parse_arguments = snooze if typed == "snooze" else verb.parse
        try:
            command = parse_arguments(verb.name, text, meant)
        except InvalidCommand as error:
            failure = failure or error
            continue
        if isinstance(command, Readings):
            refused = refused or command.refused
            found += command.commands
        else:
            found.append(command)
    if not found:
        raise failure or InvalidCommand("it could not be read", verb.name)
    if refused:
        return Readings(text.strip(), tuple(dict.fromkeys(found)), refused)
    return one_of(text, found)


def _or_a_name(text: str, command: Command, tokens: list[Token]) -> Command:
    """Add the reading that a synonym is the beginning of a name: "Start page orders".

    Verbs themselves are not read so, because commands are stored with them.
    """
    readings = command.commands if isinstance(command, Readings) else (command,)
    name = joined(tokens)
    if not isinstance(readings[0], Switch | Show | History):
        return command
    if len(units(tokens)) > 1 or len(name) > NAME_LIMIT:
        return command
    refused = command.refused if isinstance(command, Readings) else ""
    return Readings(text.strip(), (*readings, Show("", name)), refused)


def _variants(typed: str, tokens: list[Token]) -> list[list[Token]]:
    """Return the tokens without what is there for politeness or grammar, then as they are."""
    without = _without_politeness(tokens)
    every = [*(QUESTIONS[typed](without) if typed in QUESTIONS else ()), without, tokens]
    return [one for at, one in enumerate(every) if one not in every[:at]]


def _without_politeness(tokens: list[Token]) -> list[Token]:
    """Leave out "please" and marks at the end, unless a reason ends the command."""
    if any(is_because(token) for token in tokens):
        return tokens
    while tokens and tokens[-1].bare:
        last = tokens[-1]
        if last.text.casefold() in _POLITE:
            tokens = tokens[:-1]
        elif last.text[-1] in "?!" and len(last.text) > 1:
            tokens = [*tokens[:-1], Token(last.text.rstrip("?!"), bare=True, end=last.end)]
        else:
            break
    return tokens


def _with_particle_first(tokens: list[Token]) -> list[Token]:
    """Move the particle of "turn … off" to its verb."""
    if not tokens[0].bare or tokens[0].text.casefold() not in {"turn", "switch"}:
        return tokens
    reason = next((at for at, one in enumerate(tokens) if is_because(one)), len(tokens))
    places = [
        at for at in range(1, reason) if tokens[at].is_bare("on") or tokens[at].is_bare("off")
    ]
    if not places or places[0] == 1:
        return tokens
    at = places[-1]
    return [tokens[0], tokens[at], *tokens[1:at], *tokens[at + 1 :]]
