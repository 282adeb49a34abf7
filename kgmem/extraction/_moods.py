"""Whether a clause tells what is so, what is planned, or neither."""

import re
from typing import Any, Literal

from kgmem.extraction import _english as english
from kgmem.extraction._denials import is_quoted
from kgmem.extraction._verbs import (
    auxiliaries,
    is_past_form,
    lowered,
    own_subjects,
    polarity_of,
    tense_of,
)

Token = Any
Mood = Literal["fact", "plan", "none"]

CLAUSE_LINKS = frozenset(["ROOT", "conj", "relcl", "ccomp", "advcl", "acl", "parataxis"])
"""What a verb of its own clause is to the one above."""

_DOUBT = re.compile(
    r"\b(?:maybe|perhaps|possibly|probably|supposedly|allegedly|apparently|rumou?r|not sure|no idea)\b",
    re.IGNORECASE,
)


def mood_of(verb: Token) -> Mood:
    """Whether the clause of a verb tells what is so, what is planned, or neither."""
    if _is_conditional(verb) or _DOUBT.search(lowered(verb)):
        return "none"
    if any(child.lower_ == "how" and child.dep_ == "advmod" for child in verb.children):
        return "none"  # "how the kids will feel"
    modal = _modal(verb)
    if modal is not None:
        return "none" if _is_doubted(verb) else modal
    untold = (
        _is_fiction,
        _is_missed,
        _is_of_youth,
        _is_awaited,
        is_quoted,
        _is_imperative,
    )
    return "none" if any(holds(verb) for holds in untold) else _inherited_mood(verb)


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


def _is_fiction(verb: Token) -> bool:
    """As in "In my dream I lived in Rome"."""
    told = (noun for prep in verb.lefts if prep.lower_ == "in" for noun in prep.children)
    return any(noun.lemma_ in english.FICTION for noun in told)


def _is_doubted(verb: Token) -> bool:
    """As in "I doubt I'll move", "I don't think I'll move"."""
    head = verb.head
    is_said = verb.dep_ == "ccomp" and verb.i > head.i
    return is_said and (head.lemma_ == "doubt" or polarity_of(head) != "yes")


def _is_missed(verb: Token) -> bool:
    """As in "I almost moved", "I was going to move": it did not come to it."""
    if verb.lower_ == "going" and any(child.dep_ == "xcomp" for child in verb.children):
        return tense_of(verb, auxiliaries(verb)) == "past"
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
    is_present = tense_of(verb, auxiliaries(verb)) == "present" or (
        verb.lower_ in english.SAME_IN_PAST and verb.lemma_ == verb.lower_
    )
    is_when = (verb.dep_ == "advcl" and words & english.WHENS) or (
        verb.dep_ == "relcl"
        and verb.head.lemma_ in (*english.SPELLS, "time")  # "by the time I quit"
    )
    if not is_present:
        return False
    if _is_day_of(verb):
        return any(_looks_ahead(child) for child in verb.children)
    # What is done at one point is never just being done: "before I leave Acme, I rest".
    is_point = verb.lemma_ in english.TELIC and verb.tag_ != "VBD"
    return bool(is_when) and (is_point or any(_looks_ahead(a) for a in verb.ancestors))


def _is_day_of(verb: Token) -> bool:
    """As in "The day I quit I'll be happy", parsed as if it said that I quit."""
    return any(
        noun.dep_ == "npadvmod"
        and noun.lemma_ in english.SPELLS
        and any(child.lower_ == "the" for child in noun.children)
        and any(noun.i < subject.i for subject in own_subjects(verb))
        for noun in verb.lefts
    )


def _looks_ahead(verb: Token) -> bool:
    """Whether a verb speaks of what is to come: "I'll travel", "I want to travel", "call me"."""
    if verb.pos_ not in ("VERB", "AUX"):
        return False
    is_wish = verb.lemma_ in english.WISHES and verb.tag_ not in ("VBD", "VBN")
    return is_wish or _modal(verb) is not None or _is_imperative(verb)


def _is_imperative(verb: Token) -> bool:
    return (
        verb.tag_ == "VB"
        and not is_past_form(verb)
        and verb.dep_ in ("ROOT", "conj", "parataxis")
        and not auxiliaries(verb)
        and not own_subjects(verb)
    )


def _inherited_mood(verb: Token) -> Mood:
    head = verb.head
    if verb.dep_ == "ROOT" or head is verb:
        return "fact"
    if verb.dep_ == "ccomp":
        return _reported_mood(verb, head)
    if verb.dep_ in ("conj", "parataxis") and head.pos_ in ("VERB", "AUX"):
        if own_subjects(verb):
            # A clause of its own, though one under "if" or "I think" stays there.
            return "fact" if head.dep_ == "ROOT" else mood_of(head)
        return mood_of(head)
    if verb.dep_ in ("relcl", "acl"):
        is_content = any(c.dep_ == "mark" and c.lower_ == "that" for c in verb.children)
        # "There's a chance that I move" is no more than a chance.
        is_open = is_content and head.lemma_ not in ("fact", "news")
        return "none" if is_open else _outer_mood(head)
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
    is_reminder = head.lemma_ in english.REMINDERS and head.tag_ == "VB" and not own_subjects(head)
    if is_reminder and verb.i > head.i and head.dep_ == "ROOT":
        return "fact"
    if head.pos_ == "ADJ" and head.lower_ in english.FACTIVE_ADJECTIVES:
        return "fact"  # "It's great that you have more time now"
    is_told = head.lemma_ in english.FACTIVE and polarity_of(head) == "yes"
    return mood_of(head) if is_told else "none"


def _outer_mood(noun: Token) -> Mood:
    """The mood of the clause that a noun is in: what one would buy, or does not have, need not be there."""
    for ancestor in noun.ancestors:
        if ancestor.pos_ in ("VERB", "AUX") and ancestor.dep_ in CLAUSE_LINKS:
            is_there = ancestor.lemma_ not in ("be", "have") or polarity_of(ancestor) == "yes"
            return "fact" if is_there and mood_of(ancestor) != "none" else "none"
    return "fact"
