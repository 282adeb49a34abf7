"""What a subject does, through verbs that tell only its phase, a wish or a plan."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kgmem.extraction import _english as english
from kgmem.extraction._clauses import span_tokens
from kgmem.extraction._copula import CopulaReader
from kgmem.extraction._mentions import Mention
from kgmem.extraction._relation import Relation, spelled_word

Token = Any


class Reader(CopulaReader):
    """Reads one clause for one subject."""

    def read(self) -> Iterator[Relation]:
        if self.verb.lemma_ == "be" and not self.clause.passive:
            yield from self.copula()
        else:
            yield from self.action(self.verb)

    def action(self, verb: Token) -> Iterator[Relation]:
        """What a verb says of the subject, through verbs that only tell its phase or a wish."""
        inner = next(
            (
                c
                for c in verb.children
                if c.dep_ in ("xcomp", "ccomp")
                and c.i > verb.i
                and c.pos_ in ("VERB", "AUX")
                and not any(g.dep_ in ("nsubj", "nsubjpass", "mark") for g in c.children)
            ),
            None,
        )
        lemma = self.lemma(verb)
        if inner is not None:
            for one in [
                inner,
                *(c for c in inner.children if c.dep_ == "conj" and c.pos_ == "VERB"),
            ]:
                yield from self.governed(verb, lemma, one)
            return
        if self.clause.mood == "plan":
            yield from self.wish("plans_to", verb)
            return
        wish = next(
            (
                c
                for c in verb.children
                if c.dep_ == "prep" and lemma in ("look", "think", "dream", "plan")
                for g in c.children
                if g.dep_ == "pcomp"
            ),
            None,
        )
        if wish is not None:
            yield from self.wish(
                english.WISHES[lemma], next(g for g in wish.children if g.dep_ == "pcomp")
            )
            return
        yield from self.plain(verb, lemma)

    def lemma(self, verb: Token) -> str:
        word: str = verb.lemma_.lower()
        return english.LEMMAS.get(word, word)

    def governed(self, verb: Token, lemma: str, inner: Token) -> Iterator[Relation]:
        used_to = lemma == "use" and verb.tag_ == "VBD"
        if used_to or (lemma in english.STOPS and inner.tag_ == "VBG"):
            for relation in self.inner(inner):
                yield replace(relation, force="ends", used_to=used_to)
        elif lemma in english.TASTES:
            yield from self.wish(lemma, inner)
        elif lemma in english.WISHES and not (lemma == "go" and inner.tag_ == "VBG"):
            yield from self.wish(english.WISHES[lemma], inner)
        elif lemma in english.ASPECT and self.clause.mood != "plan":
            yield from self.inner(inner)
        elif lemma in english.ASPECT:
            yield from self.wish("plans_to", verb)
        elif lemma not in english.IDLE_VERBS:
            yield from self.other(verb, lemma, inner)

    def other(self, verb: Token, lemma: str, inner: Token) -> Iterator[Relation]:
        if inner.tag_ in ("VB", "VBG") and not any(c.dep_ == "dobj" for c in verb.children):
            yield from self.wish(lemma, inner)
        else:
            yield from self.plain(verb, lemma)

    def inner(self, verb: Token) -> Iterator[Relation]:
        if verb.lemma_ == "be":
            reader = Reader(
                replace(self.clause, verb=verb), self.turn, self.schema, self.subject, self.token
            )
            yield from reader.copula()
        else:
            yield from self.action(verb)

    def wish(self, predicate: str, verb: Token) -> Iterator[Relation]:
        """The phrase itself as the object: what somebody plans or likes to do."""
        tokens = [
            t
            for t in span_tokens(verb)
            if t.dep_ not in ("aux", "nsubj", "intj", "punct") or t.head is not verb
        ]
        tokens = [t for t in tokens if t.i >= verb.i and t.i not in self.turn.dated][:10]
        while tokens and tokens[-1].pos_ in ("CCONJ", "ADP", "PUNCT", "DET"):
            tokens.pop()
        text = "".join(spelled_word(t, self.turn) + t.whitespace_ for t in tokens).strip(
            " \n,.;:!-"
        )
        if tokens[1:] or (text and verb.tag_ == "VBG"):
            yield Relation(self.subject, predicate, Mention(text), confidence=0.6)

    def plain(self, verb: Token, lemma: str) -> Iterator[Relation]:
        """A verb with its objects and prepositions."""
        is_glance = lemma == "look" and not any(c.lower_ in english.LOOKS for c in verb.children)
        if lemma in english.IDLE_VERBS or is_glance:
            return
        if lemma in english.LINKING:
            yield from self.felt(lemma, verb)
        particle = "".join(
            f" {c.lower_}"
            for c in verb.children
            if c.dep_ == "prt" or (c.dep_ == "advmod" and c.lower_ in ("back", "away", "out"))
        )
        yield from self.alone(lemma + particle, verb)
        is_passive = self.clause.passive and verb is self.verb
        base = (verb.lower_ if is_passive else self.having(verb, lemma)) + particle
        yield from self.with_objects(base, verb)

    def having(self, verb: Token, lemma: str) -> str:
        """What is had once ("we had a picnic") apart from what one has ("I've got a dog")."""
        clause = self.clause
        if lemma == "have" and clause.tense == "past" and clause.polarity == "yes":
            return "experienced" if verb is self.verb else lemma
        helpers = {child.lower_ for child in verb.children if child.dep_ == "aux"}
        is_have_got = verb.lower_ == "got" and helpers & {"'ve", "have", "has"}
        return "have" if is_have_got else lemma

    def with_objects(self, base: str, verb: Token) -> Iterator[Relation]:
        objects = [
            c
            for c in verb.children
            if c.dep_ in ("dobj", "oprd") and c.i > verb.i and c.i not in self.turn.dated
        ]
        if self.clause.gap is not None and verb is self.verb and not objects:
            objects = [self.clause.gap]
        objects = objects or _purposeful(verb)
        preps = self.prepositions(verb)
        used: set[Token] = set()
        for noun in objects:
            for prep in [*preps, *(c for c in noun.children if c.dep_ == "prep")]:
                idiom = f"{base} {noun.lemma_.lower()}"
                if self.is_known(f"{idiom} {prep.lower_}"):
                    used |= {noun, prep}
                    yield from self.prepositional(idiom, prep)
        for noun in objects:
            if noun not in used:
                yield from self.objects(base, noun)
        for prep in preps:
            if prep not in used:
                yield from self.prepositional(base, prep, minor=bool(objects))

    def felt(self, lemma: str, verb: Token) -> Iterator[Relation]:
        """As in "I felt accepted", "she became vegan"."""
        for child in verb.children:
            if (
                child.dep_ == "acomp"
                and child.lower_ not in english.IDLE_ADJECTIVES
                and child.i > verb.i
            ):
                if lemma in ("get", "become"):
                    yield from self.quality(child)
                else:
                    yield Relation(
                        self.subject, lemma, Mention(self.phrase(child)), confidence=0.55
                    )

    def alone(self, words: str, verb: Token) -> Iterator[Relation]:
        """As in "We broke up", "he retired": what is over when nothing is named."""
        if words not in english.ENDS_ALONE or any(
            c.dep_ in ("dobj", "agent")
            or (c.dep_ == "prep" and c.lower_ in ("with", "from", "by", "as"))
            for c in verb.children
        ):
            return
        if words in ("fire", "lay off", "let go") and not self.clause.passive:
            return
        for name in english.ENDS_ALONE[words]:
            yield Relation(self.subject, name, None, force="ends", confidence=0.7)


def _purposeful(verb: Token) -> list[Token]:
    """The painting of "I made this painting to show my path", which parses as its subject."""
    return [
        noun
        for inner in verb.children
        if inner.dep_ == "ccomp" and inner.tag_ == "VB" and inner.i > verb.i
        for noun in inner.children
        if noun.dep_ == "nsubj" and noun.pos_ in ("NOUN", "PROPN")
    ]
