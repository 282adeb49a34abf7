"""What a subject is: "X is a nurse", "the director of Y is X", "X is allergic to Y"."""

import re
from collections.abc import Iterator
from typing import Any

from kgmem.extraction import _english as english
from kgmem.extraction._denials import is_denied
from kgmem.extraction._mentions import Mention, conjuncts, noun_phrase, resolve
from kgmem.extraction._objects import ObjectReader
from kgmem.extraction._relation import Relation, is_former, owner_of
from kgmem.extraction.lengths import number_of

Token = Any


# An adjective with more about it than that says something that it does not say alone.
_FEW = 3
_OLDEST = 120
_NUMBER = re.compile(r"\s+(\+?\(?\d[\d()./-]*[-./ ][\d()./ -]*\d)(?=[\s.,!]|$)")


class CopulaReader(ObjectReader):
    """Reads one clause for one subject: what it is."""

    def copula(self) -> Iterator[Relation]:
        if (number := self.number()) is not None:
            yield number
            return
        if (trip := self.trip()) is not None:
            yield from trip
            return
        for child in self.verb.children:
            is_name = child.dep_ == "acomp" and (child.pos_ == "PROPN" or child.like_num)
            if (child.dep_ in ("attr", "oprd") or is_name) and child.i > self.verb.i:
                for token in conjuncts(child):
                    yield from self.identity(token)
            elif child.dep_ == "acomp" and not is_denied(child):
                yield from self.quality(child)
            elif child.dep_ == "prep" and child.i > self.verb.i:
                if (dated := self.dated(child)) is not None:
                    yield dated
                    continue
                if (employer := self.employer(child)) is not None:
                    yield employer
                    continue
                for relation in self.prepositional("be", child):
                    value = relation.object
                    if self.schema.knows(relation.predicate) or (
                        child.lower_ in ("in", "at", "near", "with", "from")
                        and value
                        and (value.type or value.proper)
                    ):
                        yield relation

    def trip(self) -> Iterator[Relation] | None:
        """As in "I've been to Japan": a visit, and no place where one is."""
        for to in self.verb.children if self.clause.tense == "perfect" else ():
            if to.dep_ == "prep" and to.lower_ == "to":
                is_named = any(noun.pos_ == "PROPN" for noun in to.children)
                return self.prepositional("have been" if is_named else "go", to)
        return None

    def number(self) -> Relation | None:
        """As in "My number is 555-0100", which falls apart as a phrase."""
        start = self.verb.idx + len(self.verb.text)
        match = _NUMBER.match(self.turn.episode.text, start)
        found = self.description(self.token) if match and self.token is not None else None
        if match is None or found is None:
            return None
        value = Mention(match[1].strip(), "value")
        return Relation(found[0], f"the {found[1]}", value, confidence=0.9)

    def dated(self, prep: Token) -> Relation | None:
        """As in "My birthday is on 3 May"."""
        found = self.description(self.token) if self.token is not None else None
        known = self.schema.predicates.get(self.schema.canonical(found[1])) if found else None
        if found is None or known is None or known.object_type != "date":
            return None
        for noun in prep.children:
            if date := self.turn.date_at(noun):
                words = date.name.removeprefix(f"{prep.text} ").rstrip(".")
                return Relation(found[0], found[1], Mention(words, "date"), confidence=0.9)
        return None

    def employer(self, prep: Token) -> Relation | None:
        """As in "I'm at Meta these days", "she is with KPMG now"."""
        if prep.lower_ not in ("at", "with") or self.subject.type != "person":
            return None
        if any(c.dep_ == "prep" and self.verb.i < c.i < prep.i for c in self.verb.children):
            return None  # "I'm in my second year at MIT"
        for noun in prep.children:
            mention = resolve(noun, self.turn) if noun.dep_ == "pobj" else None
            if mention is not None and mention.type == "organization" and mention.proper:
                return Relation(self.subject, "work at", mention, confidence=0.7)
        return None

    def identity(self, noun: Token) -> Iterator[Relation]:
        """X is a nurse; X is the capital of Y; the capital of Y is X; X is Tom's boss."""
        owner = owner_of(self.token, self.turn) if self.token is not None else None
        for one in (self.subject, owner):
            if one is not None and one.name == noun.text:
                # "I'm Ada", "My name is Ada", of Ada: it is read, so that nobody looks for other
                # words of it, and no claim, as of all that leads from one to itself.
                yield Relation(one, "named", one)
                return
        if noun.like_num and self.subject.type == "person":
            yield from self.aged(noun)
            return
        definite = self.last_day(noun) or self.definite_subject(noun)
        if definite is not None:
            yield definite
            return
        if owned := self.role_of(noun):
            yield from owned
            return
        if (
            noun.ent_type_ == "PERSON"
            and noun.pos_ == "PROPN"
            and self.subject == self.turn.speaker
        ):
            called = noun_phrase(noun, self.turn)
            if called is not None and called.name != self.subject.name:
                yield Relation(self.subject, "named", called, confidence=0.8)
            return
        if noun.lemma_.lower() in english.IDLE_NOUNS or noun.i in self.turn.dated:
            return
        described = noun_phrase(noun, self.turn)
        if described is not None and not self.is_idle(noun):
            yield Relation(self.subject, "is_a", described, confidence=0.8)
            yield from self.workplace(noun)

    def workplace(self, trade: Token) -> Iterator[Relation]:
        """As in "I'm a nurse at Charité": who has a trade somewhere works there."""
        if self.subject.type != "person" or trade.lemma_.lower() in english.GUESTS:
            return
        for prep in trade.children:
            for noun in prep.children if prep.lower_ == "at" else ():
                firm = resolve(noun, self.turn)
                if firm is not None and firm.proper and firm.type != "date":
                    yield Relation(self.subject, "work at", firm, confidence=0.7)

    def last_day(self, noun: Token) -> Relation | None:
        """As in "Today is my last day at Acme"."""
        owner = owner_of(noun, self.turn)
        if owner is None or noun.lemma_ != "day" or all(c.lower_ != "last" for c in noun.children):
            return None
        for prep in noun.children:
            for name in prep.children if prep.lower_ in ("at", "with") else ():
                if (employer := resolve(name, self.turn)) is not None and employer.proper:
                    return Relation(owner, "works_at", employer, force="ends", confidence=0.8)
        return None

    def aged(self, number: Token) -> Iterator[Relation]:
        """As in "I'm 29", "Leo is seven": a bare number is an age, of one who is spoken of."""
        years = number_of(number.text)
        is_several = self.token is not None and (
            self.token.tag_ in ("NNS", "NNPS") or self.token.lower_ in ("we", "they")
        )
        if years is not None and years <= _OLDEST and not any(number.children) and not is_several:
            yield Relation(self.subject, "age", Mention(number.text, "value"), confidence=0.8)

    def is_idle(self, noun: Token) -> bool:
        return noun.pos_ == "PRON" or noun.lower_ in english.IDLE_ADJECTIVES

    def definite_subject(self, noun: Token) -> Relation | None:
        """The relation of "the director of Y is X", "Y's director is X", "the one who leads Y is X"."""
        token = self.token
        if (
            token is None
            or token.pos_ not in ("NOUN", "PROPN")
            or (noun.i in self.turn.dated and token.lemma_ != "birthday")
        ):
            return None
        if any(
            child.dep_ == "det" and child.lower_ in ("a", "an", "some") for child in noun.children
        ):
            return None
        if (
            noun.pos_ in ("NOUN", "ADJ")
            and noun.tag_ != "NNP"
            and any(child.dep_ in ("amod", "advmod") for child in noun.children)
            and token.pos_ == "PROPN"
        ):
            return None
        found = self.description(token)
        value = self.turn.date_at(noun) or noun_phrase(noun, self.turn)
        if found is None or value is None or self.is_nobody(found[1], value, noun):
            return None
        holder, words = found
        if value.name == holder.name or (token.tag_ == "NNS" and not value.proper):
            return None
        return Relation(
            holder,
            f"the {words}" if token.tag_ not in ("NNS", "NNPS") else words,
            value,
            confidence=0.95,
        )

    def description(self, noun: Token) -> tuple[Mention, str] | None:
        """Whose what a definite noun phrase names: of "the head of the French state", France and that."""
        owner = owner_of(noun, self.turn)
        if owner is not None:
            return owner, self.role_words(noun)
        if noun.pos_ == "PROPN" and not any(child.dep_ == "prep" for child in noun.children):
            return None
        if not any(child.dep_ == "det" and child.lower_ == "the" for child in noun.children):
            return None
        return self.relative_description(noun) or self.chain(noun, "")

    def role_words(self, noun: Token) -> str:
        is_past = noun.lemma_.lower() in english.KINDRED and is_former(noun)
        parts = [
            child.lower_
            for child in noun.children
            if child.dep_ in ("amod", "compound", "nmod")
            and child.i < noun.i
            and (is_past or child.lower_ not in english.DEPICTIVE)
        ]
        return " ".join([*parts, noun.lemma_.lower()]).replace("favourite", "favorite")

    def chain(self, noun: Token, words: str) -> tuple[Mention, str] | None:
        """Follows "name of the head of the government of X" down to X."""
        words = f"{words} {self.role_words(noun)}".strip()
        for prep in noun.children:
            if prep.dep_ != "prep" or prep.lower_ not in ("of", "in", "for", "at"):
                continue
            for inner in prep.children:
                if inner.dep_ != "pobj" or inner.i in self.turn.dated:
                    continue
                if inner.pos_ == "PROPN" or inner.ent_type_:
                    holder = resolve(inner, self.turn)
                    return (holder, _unnamed(words)) if holder else None
                return self.inner_chain(inner, f"{words} {prep.lower_}")
        return None

    def inner_chain(self, inner: Token, words: str) -> tuple[Mention, str] | None:
        owner = owner_of(inner, self.turn)
        if owner is not None:
            return owner, _unnamed(f"{words} {inner.lemma_.lower()}")
        names = [
            c
            for c in inner.children
            if c.dep_ in ("compound", "nmod", "amod") and c.pos_ == "PROPN"
        ]
        if names:
            holder = resolve(names[-1], self.turn)
            return (holder, _unnamed(f"{words} {inner.lemma_.lower()}")) if holder else None
        deeper = self.chain(inner, words)
        if deeper is not None:
            return deeper
        mention = resolve(inner, self.turn)
        return (mention, _unnamed(words.rpartition(" ")[0])) if mention else None

    def relative_description(self, noun: Token) -> tuple[Mention, str] | None:
        """Of "the university where Ann was educated": Ann and "university where educated"."""
        for holder in [
            noun,
            *(c for p in noun.children if p.dep_ == "prep" for c in p.children if c.dep_ == "pobj"),
        ]:
            for verb in holder.children:
                if verb.dep_ != "relcl":
                    continue
                link = next(
                    (c.lower_ for c in verb.children if c.tag_ in ("WDT", "WP", "WRB")), "that"
                )
                for child in verb.children:
                    if child.dep_ in ("nsubj", "nsubjpass", "dobj") and child.tag_ not in (
                        "WDT",
                        "WP",
                    ):
                        mention = resolve(child, self.turn)
                        role = self.role_words(noun) + (
                            f" of {holder.lemma_.lower()}" if holder is not noun else ""
                        )
                        return (mention, f"{role} {link} {verb.lower_}") if mention else None
        return None

    def role_of(self, noun: Token) -> list[Relation]:
        """The relation of "X is Tom's boss", "X is the capital of Y", "X is a member of Y"."""
        owner = owner_of(noun, self.turn)
        role = self.role_words(noun)
        is_role = noun.lemma_.lower() in english.KINDRED | english.PETS or self.schema.knows(
            noun.lemma_.lower()
        )
        is_now = is_role and noun.tag_ != "NNS" and not is_former(noun)
        if owner is not None and owner != self.subject and is_now:
            if self.is_nobody(noun.lemma_.lower(), self.subject, self.token):
                return []  # "the bride is my sister"
            return [Relation(owner, noun.lemma_.lower(), self.subject, confidence=0.9)]
        is_somebody = self.subject.proper and noun.tag_ == "NN" and not self.is_idle(noun)
        if owner is not None and owner != self.subject and is_somebody:
            # "Dr. Patel is my dentist" says what "my dentist is Dr. Patel" does.
            return [Relation(owner, f"the {role}", self.subject, confidence=0.8)]
        is_definite = any(child.dep_ == "det" and child.lower_ == "the" for child in noun.children)
        # A bare noun names an office that one holds at a time: "Lincoln was president of the country".
        is_bare = noun.tag_ == "NN" and not any(
            child.dep_ in ("det", "poss") for child in noun.children
        )
        if is_definite or (is_bare and self.schema.cardinality(role) == "single"):
            found = self.chain(noun, "")
            if found is None or not found[0].proper:
                return []
            return [Relation(found[0], f"the {found[1]}", self.subject, confidence=0.9)]
        return self.membership(noun, role)

    def membership(self, noun: Token, role: str) -> list[Relation]:
        """X is a member of Y, a friend of Y and Z."""
        for prep in noun.children:
            predicate = f"be a {role} {prep.lower_}"
            if prep.dep_ != "prep" or not self.schema.knows(predicate):
                continue
            named = [
                resolve(one, self.turn)
                for inner in prep.children
                if inner.dep_ == "pobj" and inner.i not in self.turn.dated
                for one in conjuncts(inner)
            ]
            return [Relation(self.subject, predicate, one, confidence=0.9) for one in named if one]
        return []

    def quality(self, adjective: Token) -> Iterator[Relation]:
        """X is allergic to Y; X is vegan; my favorite color is blue."""
        if self.token is not None and any(
            c.lower_ in ("favorite", "favourite") for c in self.token.children
        ):
            owner = owner_of(self.token, self.turn)
            if owner is not None:
                words = self.role_words(self.token)
                # Of what is told in the plural there may be several.
                words = words if self.token.tag_ == "NNS" else f"the {words}"
                shade = [c.lower_ for c in adjective.lefts if c.dep_ in ("amod", "advmod")]
                value = Mention(" ".join([*shade, adjective.lower_]))
                yield Relation(owner, words, value, confidence=0.9)
                return
        age = [
            c.text
            for child in adjective.children
            if child.lemma_ == "year"
            for c in child.children
            if c.like_num
        ]
        if adjective.lower_ == "old" and age:
            yield Relation(self.subject, "age", Mention(age[0], "value"), confidence=0.9)
            return
        is_long = len(list(adjective.children)) > _FEW
        found = False
        for prep in adjective.children:
            if prep.dep_ == "prep":
                for relation in self.prepositional(f"be {adjective.lower_}", prep):
                    if adjective.lower_ in english.IDLE_ADJECTIVES and not self.schema.knows(
                        relation.predicate
                    ):
                        continue
                    found = True
                    yield relation
        if (
            found
            or adjective.lower_ in english.IDLE_ADJECTIVES
            or is_long
            or adjective.pos_ not in ("ADJ", "VERB")
        ):
            return
        # "Self-employed" is no kind of employed.
        is_joined = adjective.i > 0 and adjective.nbor(-1).text == "-"
        first = adjective.left_edge if is_joined else adjective
        words = adjective.doc[first.i : adjective.i + 1].text.lower()
        yield Relation(self.subject, "is_a", Mention(words), confidence=0.6)


def _unnamed(words: str) -> str:
    """As in "Name of the head" is the head."""
    return words.removeprefix("name of ").strip()
