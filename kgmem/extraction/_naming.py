"""What somebody is called: "her name is Mimi", "my brother is called Jakob"."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kgmem.extraction import _english as english
from kgmem.extraction._clauses import Clause
from kgmem.extraction._mentions import Antecedent, Mention, Turn, antecedent_of, noun_phrase
from kgmem.extraction._relation import Relation, owner_of

Token = Any


def named_so(clause: Clause, turn: Turn) -> Iterator[Relation]:
    """The relation of a clause that gives a name to kin or a pet: Ada's sister is Ann."""
    verb = clause.verb
    name = _name_given(verb)
    bearer = _bearer(clause, verb)
    if name is None or bearer is None:
        return
    role = _role(bearer, turn)
    called = noun_phrase(name, turn)
    if role is not None and called is not None and called.proper:
        owner, kind = role
        kind_of = None if kind in english.PETS else "person"
        yield Relation(owner, kind, replace(called, type=kind_of), confidence=0.9)


def _name_given(verb: Token) -> Token | None:
    for child in verb.children:
        if child.i > verb.i and child.dep_ in ("attr", "oprd", "dobj", "acomp"):
            return child
    return None


def _bearer(clause: Clause, verb: Token) -> Token | None:
    """The word for who is named: "sister" in "my sister's name is", "his" in "his name is"."""
    if not clause.subjects:
        return None
    subject = clause.subjects[0]
    if verb.lemma_ == "be" and subject.lemma_.lower() == "name":
        return next((child for child in subject.children if child.dep_ == "poss"), None)
    is_called = verb.lemma_ in ("call", "name") and clause.passive
    return subject if is_called else None


def _role(bearer: Token, turn: Turn) -> tuple[Mention, str] | None:
    """Whose what the bearer is: of "her", said after "we adopted a cat", Ada and "cat"."""
    if bearer.tag_ in ("PRP", "PRP$"):
        found: Antecedent | None = antecedent_of(bearer, turn)
        return found.role if found is not None else None
    kind = bearer.lemma_.lower()
    owner = owner_of(bearer, turn)
    if owner is None or kind not in english.KINDRED | english.PETS:
        return None
    return owner, kind
