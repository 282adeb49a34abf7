"""What a parsed sentence states: its clauses, with subject, polarity, time and mood."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal

from kgmem.extraction import _english as english
from kgmem.extraction._denials import is_quoted

Token = Any
Mood = Literal["fact", "plan", "none"]
Polarity = Literal["yes", "no", "never", "no_longer"]
Tense = Literal["past", "perfect", "present", "progressive", "future"]

_DOUBT = re.compile(
    r"\b(?:maybe|perhaps|possibly|probably|supposedly|allegedly|rumou?r|not sure|no idea)\b",
    re.IGNORECASE,
)
_HEARSAY = re.compile(r"\W*(?:rumou?r|legend|word|gossip)\s+(?:has\s+it|is\b)", re.IGNORECASE)
_BRACKETS = frozenset("[*(")
_BREAKS = frozenset(["-", "\u2013", "\u2014", ";", "...", "\u2026", ".", "!"])
_CLAUSE_LINKS = frozenset(["ROOT", "conj", "relcl", "ccomp", "advcl", "acl", "parataxis"])


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
        if token.pos_ in ("VERB", "AUX") and token.dep_ in _CLAUSE_LINKS:
            clause = _clause(token)
            if clause is not None:
                yield clause


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


_place = attrgetter("i")


def complement(verb: Token) -> list[Token]:
    """The words of a clause with those of the clauses that depend on it and follow it."""
    inner = [c for c in verb.children if c.i > verb.i and c.dep_ in ("ccomp", "advcl")]
    found = span_tokens(verb)
    for child in inner:
        if _stands_alone(child, True):
            found += complement(child)
    return sorted(found, key=_place) if inner else found


@lru_cache(maxsize=16)
def _lowered(verb: Token) -> str:
    """The words of a clause, asked for again while it is weighed."""
    return " ".join(token.lower_ for token in span_tokens(verb, relative=False))


def auxiliaries(verb: Token) -> list[Token]:
    """The auxiliaries of a verb, or of the verb it is joined to where it has none."""
    found = [child for child in verb.children if child.dep_ in ("aux", "auxpass")]
    if (
        not found
        and verb.dep_ == "conj"
        and verb.tag_ not in ("VBD", "VBZ", "VBP")
        and not _own_subjects(verb)
    ):
        return auxiliaries(verb.head)
    return found


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


def _clause(verb: Token) -> Clause | None:
    if _is_description(verb) or (
        verb.dep_ == "conj" and verb.head.dep_ in ("xcomp", "pcomp") and not _own_subjects(verb)
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
        mood=_mood(verb),
        polarity=_polarity(verb),
        tense=_tense(verb, helpers),
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


def _own_subjects(verb: Token) -> list[Token]:
    return [child for child in verb.children if child.dep_ in ("nsubj", "nsubjpass")]


def _subjects(verb: Token) -> tuple[list[Token], bool]:
    """The subject words of a verb, and whether the speaker is the unsaid one."""
    if any(child.dep_ in ("expl", "csubj") for child in verb.children):
        return [], False
    own = [subject for subject in _own_subjects(verb) if subject.text not in _BRACKETS]
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
        _is_past_form(verb)
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


def _is_past_form(verb: Token) -> bool:
    """A past tense, also where a capital ("Lost my job") made it look like a base form."""
    if verb.lower_ in english.SAME_IN_PAST and verb.tag_ == "VBP":
        return True  # "I quit smoking" tells of once
    return bool(verb.tag_ == "VBD" or (verb.tag_ == "VB" and verb.lower_ != verb.lemma_.lower()))


def _gap(verb: Token) -> Token | None:
    if verb.dep_ != "relcl" or any(child.tag_ == "WRB" for child in verb.children):
        return None
    own = _own_subjects(verb)
    if not own or own[0].tag_ in ("WP", "WDT"):
        return None
    has_object = any(
        child.dep_ in ("dobj", "attr") and child.tag_ not in ("WP", "WDT")
        for child in verb.children
    )
    return None if has_object else verb.head


# --- mood --------------------------------------------------------------------------------------


def _mood(verb: Token) -> Mood:
    if _is_conditional(verb) or _DOUBT.search(_lowered(verb)):
        return "none"
    if any(child.lower_ == "how" and child.dep_ == "advmod" for child in verb.children):
        return "none"  # "how the kids will feel"
    modal = _modal(verb)
    if modal is not None:
        return modal
    if _is_missed(verb) or _is_of_youth(verb) or _is_awaited(verb) or is_quoted(verb):
        return "none"
    if _is_imperative(verb):
        return "none"
    return _inherited_mood(verb)


def _modal(verb: Token) -> Mood | None:
    for helper in auxiliaries(verb):
        word = helper.lower_
        if helper.tag_ == "MD" or word in english.FUTURES:
            is_future = word in english.FUTURES
            return "plan" if is_future else "none"
    return None


def _is_conditional(verb: Token) -> bool:
    for child in verb.children:
        if child.dep_ == "mark" and child.lower_ in english.CONDITIONS:
            return True
        if child.dep_ == "advcl" and any(
            c.dep_ == "mark" and c.lower_ in ("if", "unless") for c in child.children
        ):
            return True
    return False


def _is_missed(verb: Token) -> bool:
    """As in "I almost moved", "I was going to move": it did not come to it."""
    if verb.lower_ == "going" and any(child.dep_ == "xcomp" for child in verb.children):
        return _tense(verb, auxiliaries(verb)) == "past"
    return any(
        child.dep_ == "advmod" and child.lower_ in ("almost", "nearly") and child.i < verb.i
        for child in verb.children
    )


def _is_of_youth(verb: Token) -> bool:
    """As in "We moved to Oslo when I was 12": long past, and nobody knows how long."""
    pairs = [(child, child) for child in verb.children if child.dep_ == "advcl"]
    if verb.dep_ == "advcl":
        pairs.append((verb, verb.head))
    return any(
        told.dep_ in ("attr", "acomp") and (told.tag_ == "CD" or told.lemma_ in english.YOUTH)
        for when, other in pairs
        if other.lower_ in ("was", "were") and any(c.lower_ in english.WHENS for c in when.children)
        for told in other.children
    )


def _is_awaited(verb: Token) -> bool:
    """As in "When I move to Rome, I'll get a dog": it has not come to it."""
    words = {c.lower_ for c in verb.children if c.dep_ in ("advmod", "mark")}
    is_present = _tense(verb, auxiliaries(verb)) == "present" or (
        verb.lower_ in english.SAME_IN_PAST and verb.lemma_ == verb.lower_
    )
    is_when = (verb.dep_ == "advcl" and words & english.WHENS) or (
        verb.dep_ == "relcl"
        and verb.head.lemma_ in (*english.SPELLS, "time")  # "by the time I quit"
    )
    if not is_when or not is_present:
        return False
    # What is done at one point is never just being done: "before I leave Acme, I rest".
    is_point = verb.lemma_ in english.TELIC and verb.tag_ != "VBD"
    return is_point or any(_looks_ahead(a) for a in verb.ancestors)


def _looks_ahead(verb: Token) -> bool:
    """Whether a verb speaks of what is to come: "I'll travel", "I want to travel", "call me"."""
    if verb.pos_ not in ("VERB", "AUX"):
        return False
    is_wish = verb.lemma_ in english.WISHES and verb.tag_ not in ("VBD", "VBN")
    return is_wish or _modal(verb) is not None or _is_imperative(verb)


def _is_imperative(verb: Token) -> bool:
    return (
        verb.tag_ == "VB"
        and not _is_past_form(verb)
        and verb.dep_ in ("ROOT", "conj", "parataxis")
        and not auxiliaries(verb)
        and not _own_subjects(verb)
    )


def _inherited_mood(verb: Token) -> Mood:
    head = verb.head
    if verb.dep_ == "ROOT" or head is verb:
        return "fact"
    if verb.dep_ == "ccomp":
        return _reported_mood(verb, head)
    if verb.dep_ in ("conj", "parataxis") and head.pos_ in ("VERB", "AUX"):
        if _own_subjects(verb):
            # A clause of its own, though one under "if" or "I think" stays there.
            return "fact" if head.dep_ == "ROOT" else _mood(head)
        return _mood(head)
    if verb.dep_ in ("relcl", "acl"):
        return _outer_mood(head)
    return "fact"


def _reported_mood(verb: Token, head: Token) -> Mood:
    if verb.i < head.i and not any(child.dep_ == "mark" for child in verb.children):
        # "It was never Munich, it was Berlin": two sentences in one.
        return (
            "none"
            if head.lemma_ in english.IDLE_VERBS and head.lemma_ not in english.FACTIVE
            else "fact"
        )
    if head.lemma_ == "know" and head.head.lemma_ == "let":
        return "fact"  # "I wanted to let you know that I moved"
    is_reminder = head.lemma_ in english.REMINDERS and head.tag_ == "VB" and not _own_subjects(head)
    if is_reminder and verb.i > head.i and head.dep_ == "ROOT":
        return "fact"
    if head.pos_ == "ADJ" and head.lower_ in english.FACTIVE_ADJECTIVES:
        return "fact"  # "It's great that you have more time now"
    is_told = head.lemma_ in english.FACTIVE and _polarity(head) == "yes"
    return _mood(head) if is_told else "none"


def _outer_mood(noun: Token) -> Mood:
    """The mood of the clause that a noun is in: what one would buy need not be there."""
    for ancestor in noun.ancestors:
        if ancestor.pos_ in ("VERB", "AUX") and ancestor.dep_ in _CLAUSE_LINKS:
            return "none" if _mood(ancestor) == "none" else "fact"
    return "fact"


# --- polarity and tense ------------------------------------------------------------------------


def _polarity(verb: Token) -> Polarity:
    words = {child.lower_ for child in verb.children if child.dep_ in ("neg", "advmod", "preconj")}
    text = _lowered(verb)
    negated = words & {"not", "n't", "nt", "never", "no", "neither"} or _inherits_not(verb)
    negated = negated or re.search(r"\b(?:hardly|barely)\b", text)  # "I hardly ever drink"
    if "no longer" in text or (negated and re.search(r"\bany\s?more\b|\bany longer\b", text)):
        return "no_longer"
    if "never" in words:
        return "never"
    if negated or _negative_object(verb):
        return "no"
    return "yes"


def _inherits_not(verb: Token) -> bool:
    if verb.dep_ != "conj" or _own_subjects(verb) or verb.tag_ not in ("VB", "VBG", "VBN"):
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


def _tense(verb: Token, helpers: list[Token]) -> Tense:
    words = {helper.lower_ for helper in helpers}
    if words & english.FUTURES:
        return "future"
    if words & {"have", "has", "'ve", "had"} or (
        verb.tag_ == "VBN" and not helpers and verb.dep_ == "ROOT"
    ):
        return "perfect"
    if _is_past_form(verb) or words & {"was", "were", "did", "got"} or (words & {"'d"}):
        return "past"
    if "been" in words:
        return "perfect"
    if verb.tag_ == "VBG" or words & {"getting", "being"}:
        return "progressive"
    return "present"
