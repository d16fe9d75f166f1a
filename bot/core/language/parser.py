"""The one parser: from the text behind ``/edfs`` to a command."""

from difflib import get_close_matches

from bot.core.errors import InvalidCommand
from bot.core.language.commands import Command, OpenChooser
from bot.core.language.tokens import tokenize
from bot.core.language.verbs import SYNONYMS, VERBS, find_verb
from bot.core.names import single_line

TEXT_LIMIT = 4_000


def parse(text: str) -> Command:
    """Parse one command; ``text`` is everything behind ``/edfs``.

    Raises InvalidCommand, with the verb whose usage helps, or else with the verbs most like it.
    """
    if len(text) > TEXT_LIMIT:
        raise InvalidCommand("the command is too long")
    tokens = tokenize(text)
    if not tokens:
        return OpenChooser()
    first = tokens[0].text
    verb = find_verb(first)
    if verb is None:
        nearest = get_close_matches(first.casefold(), [*VERBS, *SYNONYMS], n=3, cutoff=0.6)
        raise InvalidCommand(f"there is no “{single_line(first, 40)}”", nearest=tuple(nearest))
    return verb.parse(verb.name, text, tokens[1:])
