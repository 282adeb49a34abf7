"""Objects of verbs and prepositions, and what they say together with their verb."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kgmem.extraction import _english as english
from kgmem.extraction._clauses import Clause
from kgmem.extraction._denials import is_denied
from kgmem.extraction._mentions import Mention, Turn, conjuncts, noun_phrase, resolve
from kgmem.extraction._relation import Relation, phrase
from kgmem.extraction._things import thing_meant
from kgmem.schema import Schema

Token = Any
_SCHOOL = re.compile(r"\b(?:School|High|College|University|Academy|Elementary|Institute)\b")


class ObjectReader:
    """Reads one clause for one subject: its objects."""

    def __init__(
        self, clause: Clause, turn: Turn, schema: Schema, subject: Mention, token: Token | None
    ):
        self.clause, self.turn, self.schema = clause, turn, schema
        self.subject, self.token = subject, token
        self.verb = clause.verb

    def is_known(self, words: str) -> bool:
        return self.schema.knows(words) or bool(self.schema.ended_by(words))

    def prepositions(self, verb: Token) -> list[Token]:
        found = [
            c
            for c in verb.children
            if c.dep_ in ("prep", "agent", "dative") and c.pos_ in ("ADP", "SCONJ", "PART")
        ]
        for prep in list(found):
            # "In Malta from 2011 to 2014 and in Crete from 2015 on"
            found += [c for c in prep.subtree if c.dep_ == "conj" and c.pos_ == "ADP"]
        for adverb in verb.children:
            if adverb.dep_ in ("advmod", "prt"):
                found += [c for c in adverb.children if c.dep_ == "prep"]
        return [
            prep
            for prep in found
            if not is_denied(prep) and not self.is_contrary(prep) and not _is_closer(prep)
        ]

    def is_contrary(self, prep: Token) -> bool:
        """As in "instead of Rome", "not in Rome but in Oslo": not what the verb says of the others."""
        word = prep.nbor(-1).lower_ if prep.i else ""
        return word == "instead" or (word == "but" and self.clause.polarity != "yes")

    def objects(self, base: str, noun: Token) -> Iterator[Relation]:
        for token in conjuncts(noun):
            if token.lower_ == "it" and not self.is_known(base):
                if (thing := thing_meant(token, self.turn)) is not None:
                    yield Relation(self.subject, base, thing, confidence=0.5)
                continue
            if token.pos_ == "PRON" and token.lower_ in english.IDLE_NOUNS | english.IDLE_SUBJECTS:
                continue
            own = (
                self.subject
                if self.schema.canonical(base) in ("owns", "has") or self.schema.ended_by(base)
                else None
            )
            mention = (
                resolve(token, self.turn)
                if token.pos_ == "PRON"
                else noun_phrase(token, self.turn, own=own)
            )
            if mention is None or mention == self.subject:
                continue
            kin = self.kin_named(base, token)
            if kin:
                yield from kin
            else:
                yield from self.weighed(base, mention, token)

    def kin_named(self, base: str, noun: Token) -> list[Relation]:
        """As in "I have a sister named Ann", "we have two dogs, Rex and Luna"."""
        kind = noun.lemma_.lower()
        if base not in english.GETTING or kind not in english.KINDRED | english.PETS:
            return []
        given: list[Token] = []
        for child in noun.children:
            if child.dep_ in ("acl", "relcl") and child.lemma_ in ("name", "call"):
                given += [c for c in child.children if c.dep_ in ("oprd", "dobj", "attr")]
            elif child.dep_ == "appos" and child.pos_ == "PROPN":
                given.append(child)
        mentions = [noun_phrase(one, self.turn) for name in given for one in conjuncts(name)]
        return [
            Relation(self.subject, kind, mention, confidence=0.9)
            for mention in mentions
            if mention is not None
        ]

    def prepositional(self, base: str, prep: Token, *, minor: bool = False) -> Iterator[Relation]:
        word = prep.lower_
        if word not in (english.MINOR_PREPOSITIONS if minor else english.PREPOSITIONS):
            return
        for child in prep.children:
            if child.dep_ == "prep":  # "out of"
                yield from self.prepositional(f"{base} {word}", child, minor=minor)
            if child.dep_ == "pcomp" and child.tag_ == "VBG" and not minor:
                yield Relation(
                    self.subject,
                    f"{base} {word}",
                    Mention(phrase(child, self.turn)),
                    confidence=0.6,
                )
            if child.dep_ != "pobj" or child.i in self.turn.dated:
                continue
            is_time = child.ent_type_ in ("DATE", "TIME") and child.pos_ != "PROPN"
            is_weekday = child.lower_.removesuffix("s") in english.WEEKDAYS
            if is_time or is_weekday or child.lemma_ in english.SPELLS:
                continue
            for token in conjuncts(child):
                yield from self.at_end_of(base, word, token, minor=minor)

    def at_end_of(self, base: str, word: str, token: Token, *, minor: bool) -> Iterator[Relation]:
        """The relation to one noun behind a preposition."""
        classified = self.classified(base, word, token)
        if classified is not None:
            yield classified
            return
        predicate = f"{base} {word}"
        if token.lemma_ in english.DWELLINGS and self.schema.canonical(predicate) == "lives_in":
            # What somebody lives in has an address, and takes the place of no city.
            places = [c for prep in token.children if prep.lower_ == "in" for c in prep.children]
            if any(place.pos_ == "PROPN" for place in places):
                for place in places:
                    yield from self.at_end_of("live", "in", place, minor=minor)
                return
            predicate = "be housed in"
        if self.schema.ended_by(predicate) and token.pos_ in ("NOUN", "PROPN"):
            mention = noun_phrase(token, self.turn, own=self.subject)
        else:
            mention = resolve(token, self.turn)
        if mention is None or mention == self.subject:
            return
        if minor and not (mention.proper or mention.type or self.schema.knows(predicate)):
            return
        for relation in self.weighed(predicate, mention, token, minor=minor):
            yield replace(relation, place=token.idx)

    def classified(self, base: str, word: str, noun: Token) -> Relation | None:
        """As in "In the city of London": the noun tells what the name names."""
        kind = noun.lemma_.lower()
        if kind not in english.CLASSES:
            return None
        for prep in noun.children:
            if prep.dep_ == "prep" and prep.lower_ == "of":
                for name in prep.children:
                    if name.dep_ == "pobj":
                        mention = resolve(name, self.turn)
                        if mention is None:
                            return None
                        return self.classified_relation(base, word, kind, mention)
        return None

    def classified_relation(self, base: str, word: str, kind: str, mention: Mention) -> Relation:
        long = f"{base} {word} the {kind}".replace("  ", " ")
        if kind in english.PLACE_CLASSES and not self.schema.knows(long):
            long = f"{base} {word}"
        typed = replace(mention, type="place") if kind in english.PLACE_CLASSES else mention
        return Relation(self.subject, long, typed, confidence=0.9)

    def weighed(
        self, predicate: str, mention: Mention, token: Token, *, minor: bool = False
    ) -> Iterator[Relation]:
        """The relation, what it ends, or both."""
        classified = None if minor else self.classified(predicate, "", token)
        if classified is not None and self.schema.knows(classified.predicate):
            yield classified
            return
        is_kin = predicate in english.KINDRED and self.schema.knows(predicate)
        if is_kin or self.is_nobody(predicate, mention, token):
            return  # "You are kidding me", "she married a lawyer"
        if predicate in ("join", "rejoin") and _is_group(token):
            predicate = "become a member of"
        if predicate == "go to" and _SCHOOL.search(mention.name) and self.clause.tense != "past":
            predicate = "go to school at"
        if predicate == "belong to" and mention.type == "person":
            yield Relation(mention, "owns", self.subject, confidence=0.8)
            return
        ended = self.schema.ended_by(predicate)
        if ended and token.lemma_ in ("job", "work", "position"):
            yield Relation(self.subject, "works_at", None, force="ends", confidence=0.8)
            return
        for name in self.fitting(ended, mention):
            yield Relation(self.subject, name, mention, force="ends", confidence=0.8)
        if self.schema.knows(predicate):
            yield Relation(self.subject, predicate, mention, confidence=0.9)
        elif not ended or not predicate.split()[2:]:
            yield Relation(self.subject, predicate, mention, confidence=0.55 if minor else 0.7)

    def is_nobody(self, predicate: str, mention: Mention, token: Token | None) -> bool:
        """Whether one has one such person at a time, and this is nobody whom one could know again."""
        known = self.schema.predicates.get(self.schema.canonical(predicate))
        if known is None or known.object_type != "person" or known.cardinality != "single":
            return False
        articles = ("a", "an", "some", "the")
        is_any = token is not None and any(child.lower_ in articles for child in token.children)
        return not mention.proper and (is_any or (token is not None and token.pos_ != "NOUN"))

    def fitting(self, names: tuple[str, ...], mention: Mention) -> list[str]:
        """Of the relations that a word may end, those whose object is of the mention's type."""
        if not names[1:]:
            return list(names)
        kinds = {name: self.schema.predicates[name].object_type for name in names}
        fitting = [name for name in names if kinds[name] in (mention.type, None)]
        if mention.type != "place" and (mention.type != "person" or mention.proper):
            # Names of firms are taken for persons too often to rule them out.
            fitting += [name for name in names if kinds[name] in ("organization", "group")]
        # Where none fits, the name was taken for something else: one breaks up with people only.
        return list(dict.fromkeys(fitting or names))


def _is_closer(prep: Token) -> bool:
    """As in "in Paris in France", which is one place."""
    before = prep.nbor(-1) if prep.i else prep
    is_named = before.pos_ == "PROPN" and any(noun.pos_ == "PROPN" for noun in prep.children)
    return is_named and before.dep_ == "pobj" and before.head.lower_ == prep.lower_


def _is_group(noun: Token) -> bool:
    """Whether one is a member there rather than employed: "joined the rowing club"."""
    return bool(noun.pos_ == "NOUN" and noun.lemma_.lower() not in english.EMPLOYERS)
