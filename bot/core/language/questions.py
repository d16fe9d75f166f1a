"""Questions as people type them: which of their words are names.

Each function takes the tokens behind the first word, and returns the tokens that may be the names,
likeliest first: "is plant-a nightly on?" asks for the timer "nightly" of plant-a.
"""

from collections.abc import Callable

from bot.core.language.tokens import Token

Tokens = list[Token]
_STATES = frozenset(
    {"on", "off", "enabled", "disabled", "running", "active", "paused", "stopped", "still"}
)
_LINKS = frozenset({"is", "was", "are", "did", "does", "has", "it"})
_DEEDS = frozenset(
    {"disabled", "enabled", "turned", "switched", "toggled", "changed", "paused", "stopped"}
    | {"started", "resumed", "touched", "flipped", "set", "turn", "did"}
)
_PARTICLES = frozenset({"on", "off"})


def _is_any(token: Token, words: frozenset[str]) -> bool:
    return token.bare and token.text.casefold() in words


def _without_states(tokens: Tokens) -> list[Tokens]:
    """Leave out the state at the end: one word of it, two, and so on; names may end so too."""
    found = []
    while len(tokens) > 1 and _is_any(tokens[-1], _STATES):
        tokens = tokens[:-1]
        found.append(tokens)
    return found or [tokens]


def _without_links(tokens: Tokens) -> Tokens:
    while len(tokens) > 1 and _is_any(tokens[0], _LINKS):
        tokens = tokens[1:]
    return tokens


def state_of(tokens: Tokens) -> list[Tokens]:
    """Read "<names> on?" and "is <names> off?"."""
    return [*_without_states(_without_links(tokens)), *_without_states(tokens)]


def deeds_on(tokens: Tokens) -> list[Tokens]:
    """Read "disabled <names>?" and "turned <names> off?"."""
    rest = _without_links(tokens)
    while len(rest) > 1 and _is_any(rest[0], _DEEDS | _PARTICLES):
        rest = rest[1:]
    return [*_without_states(rest), rest]


QUESTIONS: dict[str, Callable[[Tokens], list[Tokens]]] = {
    "is": state_of,
    "why": state_of,
    "who": deeds_on,
    "status": state_of,
}
