"""What a verb says of itself, by the words that hang on it: its helpers, its time, whether it is negated."""

import re
from collections.abc import Iterator
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal

from kgmem.extraction import _english as english

Token = Any
Polarity = Literal["yes", "no", "never", "no_longer"]
Tense = Literal["past", "perfect", "present", "progressive", "future"]

_NOTS = frozenset(["not", "n't", "nt", "never", "no", "neither"])
_place = attrgetter("i")


def span_tokens(verb: Token, *, relative: bool = True) -> list[Token]:
    """The words of a clause without those of the clauses beside and inside it that stand alone.

    Args:
        verb: The main verb.
        relative: Whether to keep the relative clauses of its nouns.
    """
    tokens = [verb]
    for child in verb.children:
        if not _stands_alone(child, relative):
            tokens.extend(_subtree(child, relative))
    return sorted(tokens, key=_place)


def complement(verb: Token) -> list[Token]:
    """The words of a clause with those of the clauses that depend on it and follow it."""
    inner = [c for c in verb.children if c.i > verb.i and c.dep_ in ("ccomp", "advcl")]
    found = span_tokens(verb)
    for child in inner:
        if _stands_alone(child, True):
            found += complement(child)
    return sorted(found, key=_place) if inner else found


@lru_cache(maxsize=16)
def lowered(verb: Token) -> str:
    """The words of a clause, asked for again while it is weighed."""
    return " ".join(token.lower_ for token in span_tokens(verb, relative=False))


def auxiliaries(verb: Token) -> list[Token]:
    """The auxiliaries of a verb, or of the verb it is joined to where it has none."""
    found = [child for child in verb.children if child.dep_ in ("aux", "auxpass")]
    if (
        not found
        and verb.dep_ == "conj"
        and verb.tag_ not in ("VBD", "VBZ", "VBP")
        and not own_subjects(verb)
    ):
        return auxiliaries(verb.head)
    return found


def own_subjects(verb: Token) -> list[Token]:
    """The subjects that stand at the verb itself."""
    return [child for child in verb.children if child.dep_ in ("nsubj", "nsubjpass")]


def is_past_form(verb: Token) -> bool:
    """A past tense, also where a capital ("Lost my job") made it look like a base form."""
    if verb.lower_ in english.SAME_IN_PAST and verb.tag_ == "VBP":
        return True  # "I quit smoking" tells of once
    return bool(verb.tag_ == "VBD" or (verb.tag_ == "VB" and verb.lower_ != verb.lemma_.lower()))


def _subtree(token: Token, relative: bool) -> Iterator[Token]:
    yield token
    for child in token.children:
        if not _stands_alone(child, relative):
            yield from _subtree(child, relative)


def _stands_alone(token: Token, relative: bool) -> bool:
    if token.dep_ == "relcl":
        return not relative
    if token.dep_ == "ccomp" and token.tag_ == "VB":
        return False  # "to show my path" says what for
    if token.dep_ in ("conj", "ccomp", "parataxis", "advcl") and token.pos_ in ("VERB", "AUX"):
        return True
    return token.dep_ in ("intj", "cc") and token.head.pos_ in ("VERB", "AUX")


def polarity_of(verb: Token) -> Polarity:
    """Whether and how a verb is negated."""
    words = {child.lower_ for child in verb.children if child.dep_ in ("neg", "advmod", "preconj")}
    text = lowered(verb)
    is_hardly = re.search(r"\b(?:hardly|barely)\b", text) is not None
    negated = bool(words & _NOTS) or is_hardly or _inherits_not(verb)
    if "no longer" in text or (negated and re.search(r"\bany\s?more\b|\bany longer\b", text)):
        return "no_longer"
    if "never" in words:
        return "never"
    if negated or _negative_object(verb):
        return "no"
    return "yes"


def _inherits_not(verb: Token) -> bool:
    if verb.dep_ != "conj" or own_subjects(verb) or verb.tag_ not in ("VB", "VBG", "VBN"):
        return False
    return any(child.dep_ == "neg" for child in verb.head.children)


def _negative_object(verb: Token) -> bool:
    if any(child.dep_ == "acomp" for child in verb.children):
        return False
    for child in verb.children:
        if child.dep_ in ("dobj", "attr") and any(
            c.lower_ == "no" and c.dep_ == "det" for c in child.children
        ):
            return True
    return False


def tense_of(verb: Token, helpers: list[Token]) -> Tense:
    """The time of a verb, given with its auxiliaries."""
    words = {helper.lower_ for helper in helpers}
    if words & english.FUTURES:
        return "future"
    if words & {"have", "has", "'ve", "had"} or (
        verb.tag_ == "VBN" and not helpers and verb.dep_ == "ROOT"
    ):
        return "perfect"
    if is_past_form(verb) or words & {"was", "were", "did", "got"} or (words & {"'d"}):
        return "past"
    if "been" in words:
        return "perfect"
    if verb.tag_ == "VBG" or words & {"getting", "being"}:
        return "progressive"
    return "present"
