"""The verb that typed words begin with, and the verbs that are most like a misspelt one."""

from difflib import SequenceMatcher, get_close_matches

from bot.core.language.tokens import Token, joined
from bot.core.language.topics import TOPICS
from bot.core.language.verbs import SYNONYMS, VERBS, Verb, find_verb


def verb_at(tokens: list[Token]) -> tuple[Verb | None, int]:
    """Return the verb that begins the tokens, and of how many words it is; (None, 0): none is."""
    for words in (2, 1):
        if len(tokens) >= words and all(token.bare for token in tokens[:words]):
            text = joined(tokens[:words]).rstrip(":,.!")
            if verb := find_verb(text):
                return verb, words
    return None, 0


def nearest_verbs(tokens: list[Token]) -> tuple[str, ...]:
    """Return the verbs most like the typed words, best first.

    None of them has the opposite effect of the best one: a slip of the finger must not be
    answered with the button that does the contrary.
    """
    found: dict[str, float] = {}
    for words in (1, 2):
        typed = joined(tokens[:words]).casefold()
        for name in get_close_matches(typed, [*VERBS, *SYNONYMS], n=4, cutoff=0.6):
            likeness = SequenceMatcher(None, typed, name).ratio()
            found[name] = max(likeness, found.get(name, 0.0))
    ranked = sorted(found, key=lambda name: -found[name])
    effects = [_effect(name) for name in ranked]
    first = next((effect for effect in effects if effect), "")
    one_way = [name for name, effect in zip(ranked, effects, strict=True) if effect in {"", first}]
    return tuple(one_way[:3])


def _effect(name: str) -> str:
    """Return which state a verb leads to; empty where it changes none, or either."""
    verb = SYNONYMS.get(name, name)
    return {"enable": "enable", "return": "enable", "disable": "disable"}.get(verb, "")


def nearest_subjects(typed: str) -> tuple[str, ...]:
    """Return the verbs and topics that are most like what was typed, or its first word.

    At most three, the nearest first.
    """
    subjects = {**{name: name for name in (*VERBS, *TOPICS)}, **SYNONYMS}
    for word in (typed.casefold(), typed.casefold().partition(" ")[0]):
        if found := get_close_matches(word, subjects, n=3, cutoff=0.6):
            return tuple(dict.fromkeys(subjects[one] for one in found))
    return ()
