"""From clauses to relations: who does what to whom, before dates and polarity are weighed."""

from collections.abc import Iterable, Iterator
from typing import Any

from kgmem.extraction import _english as english
from kgmem.extraction._actions import Reader
from kgmem.extraction._clauses import Clause, span_tokens
from kgmem.extraction._mentions import Mention, Turn, conjuncts, is_vocative, noun_phrase, resolve
from kgmem.extraction._relation import Relation
from kgmem.schema import Schema

Token = Any


def relations(clause: Clause, turn: Turn, schema: Schema) -> list[Relation]:
    """The relations that a clause speaks of, for each of its subjects."""
    found: list[Relation] = []
    if clause.verb.dep_ == "acl" and clause.verb.lemma_ in ("name", "call"):
        return list(_naming(clause, turn))
    subjects = _subject_mentions(clause, turn)
    for subject, token in subjects:
        found.extend(Reader(clause, turn, schema, subject, token).read())
    found.extend(_reciprocal(clause, [mention for mention, _ in subjects]))
    if not found and subjects:
        found.extend(_happening(clause, subjects, turn))
    return _distinct(relation for relation in found if not _is_praise(relation, turn, schema))


def _subject_mentions(clause: Clause, turn: Turn) -> list[tuple[Mention, Token | None]]:
    if clause.dropped:
        return [(turn.speaker, None)] if turn.speaker else []
    found: list[tuple[Mention, Token | None]] = []
    for subject in clause.subjects:
        for token in conjuncts(subject):
            if is_vocative(token, turn) and len(clause.subjects) + len(list(token.conjuncts)) > 1:
                continue
            if turn.speaker is not None and _is_general(token):
                continue
            if token.lower_ in english.IDLE_SUBJECTS and token.tag_ not in ("WDT", "WP"):
                continue
            mention = resolve(token, turn)
            if mention is not None:
                found.append((mention, token))
    return found


def _naming(clause: Clause, turn: Turn) -> Iterator[Relation]:
    """Of "a dog named Rex": Rex is a dog."""
    noun = clause.verb.head
    if noun.lemma_.lower() in english.KINDRED:
        return
    described = noun_phrase(noun, turn)
    for child in clause.verb.children:
        if child.dep_ in ("oprd", "dobj", "attr") and child.i > clause.verb.i:
            mention = noun_phrase(child, turn)
            if mention is not None and described is not None and mention != described:
                yield Relation(mention, "is_a", described, confidence=0.85)


def _is_praise(relation: Relation, turn: Turn, schema: Schema) -> bool:
    """As in "You really showed strength": what the other's life is like, they tell themselves."""
    if turn.addressee is None:
        return False
    name = turn.addressee.name
    if relation.subject.name != name and not relation.subject.name.startswith(f"{name}'s "):
        return False
    return (
        not schema.knows(relation.predicate) or schema.canonical(relation.predicate) in english.SOFT
    )


def _is_general(token: Token) -> bool:
    """As in "Pets bring joy", "hard work pays": of the world at large, not of anybody's."""
    if token.pos_ != "NOUN" or token.ent_type_ or token.lemma_.lower() in english.KINDRED:
        return False
    return not any(child.dep_ in ("det", "poss", "nummod") for child in token.children)


def _happening(
    clause: Clause, subjects: list[tuple[Mention, Token | None]], turn: Turn
) -> Iterator[Relation]:
    """What happened, where it has no object but a date: "I graduated last week"."""
    verb = clause.verb
    if clause.tense not in ("past", "perfect") or clause.mood != "fact" or clause.polarity != "yes":
        return
    if (
        any(child.dep_ in ("xcomp", "acomp") for child in verb.children)
        or verb.lemma_ in english.IDLE_VERBS | english.BARE_VERBS
        or verb.lemma_ in english.ENDS_ALONE
    ):
        return
    if any(token.i in turn.dated for token in span_tokens(verb, relative=False)):
        for mention, _ in subjects:
            if mention.type == "person":
                yield Relation(mention, "did", Mention(verb.lemma_.lower()), confidence=0.6)


def _distinct(found: Iterable[Relation]) -> list[Relation]:
    return list(dict.fromkeys(found))


def _reciprocal(clause: Clause, subjects: list[Mention]) -> Iterator[Relation]:
    verb = clause.verb
    if (
        not subjects[1:]
        or subjects[2:]
        or any(
            child.dep_ in ("dobj", "prep") and child.lower_ in ("to", "with", "from")
            for child in verb.children
        )
    ):
        return
    particles = [child.lower_ for child in verb.children if child.dep_ == "prt"]
    predicate = english.RECIPROCAL.get(" ".join([verb.lemma_, *particles]))
    if predicate and not any(child.dep_ == "dobj" for child in verb.children):
        yield Relation(subjects[0], predicate, subjects[1])
