"""What a parsed sentence states: its clauses, with subject, polarity, time and mood."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kgmem.extraction import _english as english
from kgmem.extraction._moods import CLAUSE_LINKS, Mood, mood_of
from kgmem.extraction._verbs import (
    Polarity,
    Tense,
    auxiliaries,
    is_past_form,
    own_subjects,
    polarity_of,
    tense_of,
)

Token = Any

_HEARSAY = re.compile(r"\W*(?:rumou?r|legend|word|gossip)\s+(?:has\s+it|is\b)", re.IGNORECASE)
_BRACKETS = frozenset("[*(")
_BREAKS = frozenset(["-", "\u2013", "\u2014", ";", "...", "\u2026", ".", "!"])


@dataclass(frozen=True, slots=True)
class Clause:
    """A verb with what it is said of.

    Attributes:
        verb: Its main verb, or the copula.
        subjects: Subject words; empty where only the speaker is meant ("Just got back").
        dropped: Whether the subject was left unsaid.
        mood: Whether it is told as so, planned, or neither.
        polarity: Whether and how it is negated.
        tense: The time of its verb.
        passive: Whether the subject suffers it.
        gap: The noun that a relative clause is about, where it is its object ("the book I read").
    """

    verb: Token
    subjects: tuple[Token, ...]
    dropped: bool
    mood: Mood
    polarity: Polarity
    tense: Tense
    passive: bool
    gap: Token | None = None


def clauses(sentence: Any, tokens: Sequence[Token]) -> Iterator[Clause]:
    """The clauses of a sentence, given with its tokens, that state something; none of a question."""
    if _HEARSAY.match(sentence.text):
        return
    told = len(tokens)
    if "?" in sentence.text[-3:]:
        # What is told before a question: "I finished a vase - want to see it?"
        told = max((i for i, token in enumerate(tokens) if token.text in _BREAKS), default=0)
    for token in tokens[:told]:
        if token.pos_ in ("VERB", "AUX") and token.dep_ in CLAUSE_LINKS:
            clause = _clause(token)
            if clause is not None:
                yield clause


def _clause(verb: Token) -> Clause | None:
    if _is_description(verb) or (
        verb.dep_ == "conj" and verb.head.dep_ in ("xcomp", "pcomp") and not own_subjects(verb)
    ):
        return None
    subjects, dropped = _subjects(verb)
    if not subjects and not dropped and not _is_said(verb):
        return None
    helpers = auxiliaries(verb)
    return Clause(
        verb=verb,
        subjects=tuple(subjects),
        dropped=dropped,
        mood=mood_of(verb),
        polarity=polarity_of(verb),
        tense=tense_of(verb, helpers),
        passive=any(h.dep_ == "auxpass" for h in helpers)
        or any(child.dep_ == "nsubjpass" for child in verb.children)
        or (verb.dep_ == "acl" and verb.tag_ == "VBN"),
        gap=_gap(verb),
    )


def _is_said(verb: Token) -> bool:
    """Whether a clause about nobody tells something all the same: "losing my job was hard"."""
    return any(child.dep_ in ("csubj", "expl") for child in verb.children)


def _is_description(verb: Token) -> bool:
    """As in "Who wrote it" in "the man who wrote it is Tom": part of what names the subject."""
    if verb.dep_ != "relcl":
        return False
    noun = verb.head
    while noun.dep_ == "pobj" and noun.head.dep_ == "prep" and noun.head.head.pos_ == "NOUN":
        noun = noun.head.head
    is_definite = any(child.lower_ == "the" for child in noun.children)
    return bool(
        noun.dep_ == "nsubj" and noun.pos_ == "NOUN" and noun.head.lemma_ == "be" and is_definite
    )


def _subjects(verb: Token) -> tuple[list[Token], bool]:
    """The subject words of a verb, and whether the speaker is the unsaid one."""
    if any(child.dep_ in ("expl", "csubj") for child in verb.children):
        return [], False
    own = [subject for subject in own_subjects(verb) if subject.text not in _BRACKETS]
    if own:
        return own, False
    if verb.tag_ == "VBZ" and verb.i and verb.nbor(-1).text in _BRACKETS:
        return [], True  # "[shares a photo]", "*hugs you*": what the speaker does
    is_joined = verb.dep_ == "conj" and verb.head.pos_ in ("VERB", "AUX")
    if is_joined or (verb.dep_ == "advcl" and verb.tag_ == "VBG" and _is_adjunct(verb)):
        return _subjects(verb.head)
    if verb.dep_ == "acl":
        return [verb.head] if verb.tag_ == "VBN" else [], False
    can_drop = verb.dep_ in ("ROOT", "ccomp", "advcl", "parataxis")
    return [], can_drop and _speaker_is_unsaid(verb)


def _is_adjunct(verb: Token) -> bool:
    """As in "Been busy volunteering", "I spent the day painting": the subject's own doing."""
    head = verb.head
    if head.pos_ == "ADJ":
        head = head.head
    is_phase = (
        head.pos_ in ("VERB", "AUX")
        and head.lemma_ in english.PHASES_BY_ADJUNCT
        and verb.i > head.i
    )
    return is_phase and not any(
        child.dep_ in ("mark", "prep") and child.i < verb.i for child in verb.children
    )


def _speaker_is_unsaid(verb: Token) -> bool:
    """As in "Just got back", "Been running": what is told without a subject is told of oneself."""
    helpers = [child for child in verb.children if child.dep_ in ("aux", "auxpass")]
    if any(child.dep_ == "mark" for child in verb.children):
        return False
    if helpers:
        return helpers[0].lower_ in ("been", "was", "have", "'ve")
    is_first = all(
        token.is_punct or token.pos_ in ("INTJ", "ADV", "CCONJ")
        for token in verb.sent
        if token.i < verb.i
    )
    if (
        is_past_form(verb)
        or (verb.tag_ == "VBN" and (verb.dep_ == "ROOT" or is_first))
        or (verb.tag_ == "VBG" and is_first and verb.dep_ in ("ROOT", "ccomp"))
    ):
        lead = [
            token
            for token in verb.sent
            if token.i < verb.i and token.pos_ in ("NOUN", "PROPN", "PRON")
        ]
        return not any(token.dep_ not in ("npadvmod", "intj", "vocative") for token in lead)
    return False


def _gap(verb: Token) -> Token | None:
    if verb.dep_ != "relcl" or any(child.tag_ == "WRB" for child in verb.children):
        return None
    own = own_subjects(verb)
    if not own or own[0].tag_ in ("WP", "WDT"):
        return None
    has_object = any(
        child.dep_ in ("dobj", "attr") and child.tag_ not in ("WP", "WDT")
        for child in verb.children
    )
    return None if has_object else verb.head
