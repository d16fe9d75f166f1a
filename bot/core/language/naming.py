"""Which of the typed words are the name of an iTwin, and which that of a timer.

A name is one quoted token or a run of bare words, so ``plant a SAP orders`` can be split in
several places. All of them are returned; which names exist decides.
"""

from bot.core.errors import InvalidCommand
from bot.core.folding import guid_typed
from bot.core.language.tokens import Token, joined

NAME_LIMIT = 255
_ITWIN_WORDS = 8  # of an unquoted name of an iTwin


def name_in(verb: str, text: str) -> str:
    """Return a name with single blanks. Raises InvalidCommand for one that is empty or too long."""
    name = " ".join(text.split())
    if len(name) > NAME_LIMIT:
        raise InvalidCommand(f"a name has at most {NAME_LIMIT} characters", verb)
    if not name:
        raise InvalidCommand("a name is empty", verb)
    return name


def units(tokens: list[Token]) -> list[list[Token]]:
    """Split tokens into what can be names: quoted tokens, ids, addresses, runs of bare words."""
    found: list[list[Token]] = []
    for token in tokens:
        if found and not is_whole(token) and not is_whole(found[-1][-1]):
            found[-1].append(token)
        else:
            found.append([token])
    return found


def is_whole(token: Token) -> bool:
    """Whether a token is a name by itself, and never a word of a longer one."""
    return not token.bare or guid_typed(token.text) is not None


def leftover(tokens: list[Token], names: int = 2) -> list[Token]:
    """Return the tokens behind the first ``names`` names."""
    return [token for unit in units(tokens)[names:] for token in unit]


def splits(verb: str, tokens: list[Token]) -> list[tuple[str, str]]:
    """Return each way to read tokens as an iTwin and a timer, the likeliest first.

    An empty iTwin stands for the default of the channel. There is none if the tokens are more
    than two names, such as a word behind two quoted ones. Raises InvalidCommand.
    """
    parts = [joined(unit) for unit in units(tokens)]
    if len(parts) > 2:
        return []
    if len(parts) == 2:
        return [(name_in(verb, parts[0]), name_in(verb, parts[1]))]
    if len(tokens) == 1:
        return [("", name_in(verb, parts[0]))]
    places = range(1, min(len(tokens), _ITWIN_WORDS + 1))
    both = [(joined(tokens[:at]), name_in(verb, joined(tokens[at:]))) for at in places]
    return [*both, ("", name_in(verb, joined(tokens)))]


def beginnings(tokens: list[Token]) -> list[tuple[str, str, str]]:
    """Return iTwin, timer and the words left over, for each way to read fewer than all words.

    The longest names come first. For words behind a name that is whole.
    """
    found = []
    for end in range(len(tokens) - 1, 0, -1):
        left = joined(tokens[end:])
        found += [(itwin, timer, left) for itwin, timer in _all_splits(tokens[:end])]
    return found


def _all_splits(tokens: list[Token]) -> list[tuple[str, str]]:
    if len(tokens) > 40:
        return []
    try:
        return splits("", tokens)
    except InvalidCommand:
        return []
