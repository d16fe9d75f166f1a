"""The verb that typed words begin with, and the verbs that are most like a misspelt one."""

from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

from bot.core.language.tokens import Token, joined
from bot.core.language.topics import TOPICS
from bot.core.language.verbs import SYNONYMS, VERBS, HelpGroup, Verb, find_verb

_NEGATIONS = frozenset({"don't", "dont", "do not", "never", "not", "no", "cannot", "can't"})
_PREFIXES = ("un", "dis", "de", "re", "non", "non-", "un-", "re-", "de-")
_CHANGING = frozenset({HelpGroup.SWITCH, HelpGroup.REQUESTS, HelpGroup.RETURNS})
_CHANGE_LIKENESS = 0.72  # of SequenceMatcher.ratio
_LOOK_LIKENESS = 0.7
_APART = 0.15


def verb_at(tokens: list[Token]) -> tuple[Verb | None, int]:
    """Return the verb that begins the tokens, and of how many words it is; (None, 0): none is."""
    for words in (2, 1):
        if len(tokens) >= words and all(token.bare for token in tokens[:words]):
            typed = joined(tokens[:words])
            text = typed.rstrip(":,.!?") or typed
            if verb := find_verb(text):
                return verb, words
    return None, 0


def nearest_verbs(tokens: list[Token]) -> tuple[tuple[str, int], ...]:
    """Return the verbs most like the typed words, best first, and how many words each stands for.

    A slip must not be answered with the button that does the contrary. So nothing is offered for
    words that negate, verbs that change something need more likeness than others, and where both
    directions are about as near, neither is offered.
    """
    first = tokens[0].text.casefold().replace("’", "'")
    if first in _NEGATIONS or any(_negates(first, prefix) for prefix in _PREFIXES):
        return ()
    found = _similar(tokens)
    looks = max((one.likeness for one in found if not one.changes), default=0.0)
    looks = looks if looks >= _LOOK_LIKENESS else 0.0
    best = {effect: _best(found, effect) for effect in ("enable", "disable")}
    kept = [
        one
        for one in found
        if not one.changes or (one.likeness >= max(_CHANGE_LIKENESS, looks + _APART))
    ]
    if abs(best["enable"] - best["disable"]) < _APART:
        kept = [one for one in kept if not one.effect]
    else:
        wrong = min(best, key=lambda effect: best[effect])
        kept = [one for one in kept if one.effect != wrong]
    return tuple((one.verb, one.words) for one in kept[:3])


@dataclass(frozen=True, slots=True)
class _Similar:
    """A verb that is like ``words`` typed words."""

    verb: str
    words: int
    likeness: float

    @property
    def effect(self) -> str:
        """Which state the verb leads to; empty where it changes none, or either."""
        verb = SYNONYMS.get(self.verb, self.verb)
        return {"enable": "enable", "return": "enable", "disable": "disable"}.get(verb, "")

    @property
    def changes(self) -> bool:
        return VERBS[SYNONYMS.get(self.verb, self.verb)].group in _CHANGING


def _similar(tokens: list[Token]) -> list[_Similar]:
    found: dict[str, _Similar] = {}
    for words in range(1, min(2, len(tokens)) + 1):
        typed = joined(tokens[:words]).casefold()
        for name in get_close_matches(typed, [*VERBS, *SYNONYMS], n=6, cutoff=0.6):
            one = _Similar(name, words, SequenceMatcher(None, typed, name).ratio())
            if name not in found or one.likeness > found[name].likeness:
                found[name] = one
    return sorted(found.values(), key=lambda one: -one.likeness)


def _best(found: list[_Similar], effect: str) -> float:
    return max((one.likeness for one in found if one.effect == effect), default=0.0)


def _negates(word: str, prefix: str) -> bool:
    """Whether a word is the opposite of a verb: "undisable"."""
    rest = word.removeprefix(prefix)
    return rest != word and find_verb(rest) is not None


def nearest_subjects(typed: str) -> tuple[str, ...]:
    """Return the verbs and topics that are most like what was typed, or its first word.

    At most three, the nearest first.
    """
    subjects = {**{name: name for name in (*VERBS, *TOPICS)}, **SYNONYMS}
    for word in (typed.casefold(), typed.casefold().partition(" ")[0]):
        if found := get_close_matches(word, subjects, n=3, cutoff=0.6):
            return tuple(dict.fromkeys(subjects[one] for one in found))
    return ()
