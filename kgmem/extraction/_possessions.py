"""Relations inside noun phrases: "my sister Ann", "Ann, my sister", "Ann, a nurse"."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from kgmem.extraction import _english as english
from kgmem.extraction._mentions import Mention, Turn, conjuncts, noun_phrase, phrase_tokens
from kgmem.extraction._relation import Relation, is_former, owner_of

Token = Any


def possessions(tokens: Sequence[Token], turn: Turn) -> Iterator[tuple[Token, Relation]]:
    """As in "My sister Ann", "Ann, my sister", "Ann, a nurse": relations inside noun phrases."""
    for token in tokens:
        for child in token.children:
            if child.dep_ == "appos" and child.pos_ in ("NOUN", "PROPN"):
                for other in conjuncts(child) if token.tag_ == "NNS" else [child]:
                    relation = _apposition(token, other, turn)
                    if relation is not None:
                        yield token, relation
        relation = _owned_name(token, turn)
        if relation is not None:
            yield token, relation


def _apposition(noun: Token, other: Token, turn: Turn) -> Relation | None:
    """Of "my sister Ann" and of "Ann, my sister": Ada sister Ann; of "Ann, a nurse": Ann is_a nurse."""
    role, name = (noun, other) if other.pos_ == "PROPN" and noun.pos_ == "NOUN" else (other, noun)
    if noun.pos_ == other.pos_ == "NOUN":
        role, name = (
            other,
            next((c for c in noun.children if c.dep_ == "appos" and c.pos_ == "PROPN"), noun),
        )
    if name.pos_ != "PROPN" or role.pos_ != "NOUN" or name.i in turn.dated:
        return None
    named = noun_phrase(name, turn)
    owner = owner_of(role, turn)
    if named is None or is_former(role):
        return None
    if owner is not None:
        if owner.name == named.name or role.lemma_.lower() not in english.KINDRED | english.PETS:
            return None  # "Bob, your courage is great" calls Bob
        is_person = role.lemma_.lower() in english.KINDRED
        typed = replace(named, type="person") if is_person else named
        return Relation(owner, role.lemma_.lower(), typed, confidence=0.9)
    if any(child.dep_ == "det" and child.lower_ in ("a", "an") for child in role.children):
        described = noun_phrase(role, turn)
        return Relation(named, "is_a", described, confidence=0.85) if described else None
    return None


def _owned_name(token: Token, turn: Turn) -> Relation | None:
    """As in "My friend Tom" parsed as one name: the role is a lower-case part of it."""
    if token.pos_ != "PROPN":
        return None
    roles = [
        c
        for c in token.children
        if c.dep_ in ("compound", "nmod")
        and c.lemma_.lower() in english.KINDRED | english.PETS
        and c.text.islower()
    ]
    if not roles:
        return None
    owner = owner_of(token, turn) or owner_of(roles[-1], turn)
    if owner is None:
        return None
    start = roles[-1].i
    names = [t.text_with_ws for t in phrase_tokens(token, turn) if t.i > start]
    if not names:
        return None
    mention = Mention("".join(names).strip(), "person", proper=True)
    return Relation(owner, roles[-1].lemma_.lower(), mention, confidence=0.9)
