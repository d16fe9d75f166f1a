"""Which of the typed words are the name of an iTwin, and which that of a timer.

A name is one quoted token or a run of bare words, so ``plant a SAP orders`` can be split in
several places. All of them are returned; which names exist decides.
"""

from dataclasses import replace

from bot.core.errors import InvalidCommand
from bot.core.folding import folded, guid_typed
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


def is_closed(tokens: list[Token]) -> bool:
    """Whether the names are complete: behind a quoted name or an id, or "all" behind one."""
    last = tokens[-1]
    return is_whole(last) or (len(tokens) > 1 and last.is_bare("all") and is_whole(tokens[-2]))


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


def lists(verb: str, tokens: list[Token]) -> list[tuple[str, tuple[str, ...]]]:
    """Return each way to read tokens as an iTwin and several timers; no timer means all of them.

    Names are separated by commas, quoted ones also by "and". Raises InvalidCommand for all timers
    of no iTwin, which is never taken, not even with the default of the channel.
    """
    found = _with_all(verb, tokens) if tokens[-1].is_bare("all") else _separated(verb, tokens)
    for itwin, timers in found:
        check_all(verb, itwin, *timers)
    return found


def check_all(verb: str, itwin: str, *timers: str) -> None:
    """Raise InvalidCommand for all timers of no iTwin: by no name, or a pattern of nothing else."""
    if not itwin and (not timers or any(not folded(one).strip("* ") for one in timers)):
        raise InvalidCommand(
            f"all timers of which iTwin? Type “{verb} <itwin> all”; a timer called “all” goes in "
            "quotes",
            verb,
        )


def _with_all(verb: str, tokens: list[Token]) -> list[tuple[str, tuple[str, ...]]]:
    before = tokens[:-1]
    if len(units(before)) > 1:
        return []
    return [(name_in(verb, joined(before)) if before else "", ())]


def _separated(verb: str, tokens: list[Token]) -> list[tuple[str, tuple[str, ...]]]:
    parts = _parts(tokens)
    if len(parts) < 2 or not all(parts) or any(len(units(one)) > 1 for one in parts[1:]):
        return []
    others = tuple(name_in(verb, joined(one)) for one in parts[1:])
    return [(itwin, (timer, *others)) for itwin, timer in splits(verb, parts[0])]


def _parts(tokens: list[Token]) -> list[list[Token]]:
    """Split tokens at commas, and at "and" between two quoted names or ids."""
    parts: list[list[Token]] = [[]]
    for at, token in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.is_bare("and") and following and is_whole(following) and at:
            if not parts[-1]:  # "a", and "b"
                continue
            if is_whole(parts[-1][-1]):
                parts.append([])
                continue
        text = token.text
        if not token.bare or not text.endswith(","):
            parts[-1].append(token)
            continue
        if word := text.rstrip(","):
            parts[-1].append(replace(token, text=word))
        parts.append([])
    return parts if parts[-1] else parts[:-1]


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
