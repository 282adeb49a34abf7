"""From clauses to relations: who does what to whom, before dates and polarity are weighed."""

from collections.abc import Iterable, Iterator
from typing import Any

from kgmem.extraction import _english as english
from kgmem.extraction._actions import Reader
from kgmem.extraction._calls import is_vocative
from kgmem.extraction._clauses import Clause
from kgmem.extraction._happenings import happening, particles, told, uttered
from kgmem.extraction._mentions import Mention, Turn, conjuncts, noun_phrase, resolve
from kgmem.extraction._naming import named_so
from kgmem.extraction._relation import Relation
from kgmem.extraction._things import thing_meant
from kgmem.schema import Schema

Token = Any


def relations(clause: Clause, turn: Turn, schema: Schema) -> list[Relation]:
    """The relations that a clause speaks of, for each of its subjects."""
    found: list[Relation] = []
    if clause.verb.dep_ == "acl" and clause.verb.lemma_ in ("name", "call"):
        return list(_naming(clause, turn))
    named = list(named_so(clause, turn))
    if named:
        return named
    subjects = _subject_mentions(clause, turn)
    for subject, token in subjects:
        read = Reader(clause, turn, schema, subject, token).read()
        found.extend(one for one in read if token is None or _is_fit(one, token, schema))
    found.extend(_reciprocal(clause, [mention for mention, _ in subjects], turn, schema))
    if not found and subjects:
        found.extend(happening(clause, [mention for mention, _ in subjects], turn, schema))
    if not found and clause.mood == "fact":
        in_other_words = told(clause, [mention for mention, _ in subjects], turn)
        found = [one for one in in_other_words if _is_open(one, schema)]
        found = found or list(uttered(clause, turn))
    return _distinct(relation for relation in found if not _is_praise(relation, turn, schema))


def _subject_mentions(clause: Clause, turn: Turn) -> list[tuple[Mention, Token | None]]:
    if clause.dropped:
        return [(turn.speaker, None)] if turn.speaker else []
    found: list[tuple[Mention, Token | None]] = []
    for subject in clause.subjects:
        if _is_call(subject, clause.verb) and turn.speaker is not None:
            return [(turn.speaker, None)]
        for token in (one for word in conjuncts(subject) for one in _named_kin(word)):
            if is_vocative(token, turn) and len(clause.subjects) + len(list(token.conjuncts)) > 1:
                continue
            is_it = token.lower_ == "it" and thing_meant(token, turn) is not None
            if (
                token.lower_ in english.IDLE_SUBJECTS
                and token.tag_ not in ("WDT", "WP")
                and not is_it
            ):
                continue
            if turn.speaker is not None and clause.tense == "present" and _is_general(token):
                continue
            mention = resolve(token, turn) or thing_meant(token, turn)
            if mention is not None:
                found.append((mention, token))
            if token.lower_ == "we" or (token.lower_ == "they" and mention is None):
                found.extend((one, token) for one in _company(token, turn))
    return found


def _is_call(token: Token, verb: Token) -> bool:
    """As in "Yo, moved to Rome": no comma stands between a subject and its verb."""
    return bool(
        token.i + 2 == verb.i
        and verb.dep_ != "acl"
        and token.nbor(1).text == ","
        and not any(True for _ in token.children if _.i < token.i)
    )


def _named_kin(noun: Token) -> list[Token]:
    """The names of "my brothers Karl and Otto"; the noun itself where it has but one or none."""
    for child in noun.children:
        if child.dep_ == "appos" and child.pos_ == "PROPN" and noun.tag_ == "NNS":
            return conjuncts(child)
    return [noun]


def _company(token: Token, turn: Turn) -> list[Mention]:
    """Who else "we" and "they" are: those joined by "and" just before, or one's partner."""
    before = [found for found in turn.antecedents if found.position < token.idx]
    heads = [
        turn.doc.char_span(one.position, one.position + 1, alignment_mode="expand")[0]
        for one in before
    ]
    for head in reversed(heads):
        group = conjuncts(head)
        persons = [resolve(one, turn) for one in group]
        known = [one for one in persons if one is not None]
        has_speaker = turn.speaker in known
        if group[1:] and len(known) == len(group) and has_speaker == (token.lower_ == "we"):
            return [one for one in known if one != turn.speaker]
    if token.lower_ != "we" or not before or turn.speaker is None:
        return []
    last = before[-1]
    is_partner = heads[-1].head.lemma_.lower() in english.PARTNERS or (
        last.role is not None and last.role[1] in english.PARTNERS
    )
    return [last.mention] if is_partner else []


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


def _is_open(relation: Relation, schema: Schema) -> bool:
    """Whether a phrase may be its object: a known predicate has objects of its own kind."""
    return relation.predicate == "is_a" or not (
        schema.knows(relation.predicate) or schema.ended_by(relation.predicate)
    )


def _is_fit(relation: Relation, token: Token, schema: Schema) -> bool:
    """Whether a relation may rest on who a pronoun stands for: "it" is too weak to replace a fact."""
    is_weak = token.lower_ in ("it", "they") and relation.subject.type is None
    return not is_weak or (
        relation.force == "asserts" and schema.cardinality(relation.predicate) == "many"
    )


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


def _distinct(found: Iterable[Relation]) -> list[Relation]:
    return list(dict.fromkeys(found))


def _reciprocal(
    clause: Clause, subjects: list[Mention], turn: Turn, schema: Schema
) -> Iterator[Relation]:
    verb = clause.verb
    if (
        not subjects[1:]
        or subjects[2:]
        or subjects[0] == subjects[1]
        or any(
            child.dep_ in ("dobj", "prep") and child.lower_ in ("to", "with", "from")
            for child in verb.children
        )
    ):
        return
    if verb.lemma_ in english.STARTS:
        verb = next((c for c in verb.children if c.dep_ == "xcomp"), verb)  # "started dating"
    is_together = verb.lemma_ == "be" and any(c.lower_ == "together" for c in verb.children)
    words = "be together" if is_together else verb.lemma_ + particles(verb)
    predicate = english.RECIPROCAL.get(words)
    if predicate and not any(child.dep_ == "dobj" for child in verb.children):
        # What is mutual is told of who speaks, so that its end is the end of the same.
        first, second = sorted(subjects, key=lambda one: one != turn.speaker)
        for name in schema.ended_by(predicate):
            yield Relation(first, name, second, force="ends")
        if not schema.ended_by(predicate):
            yield Relation(first, predicate, second)
