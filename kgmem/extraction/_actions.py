"""What a subject does, through verbs that tell only its phase, a wish or a plan."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kgmem.extraction import _english as english
from kgmem.extraction._copula import CopulaReader
from kgmem.extraction._happenings import habit, particles
from kgmem.extraction._mentions import Mention, is_apart, resolve
from kgmem.extraction._relation import Force, Relation, phrase

Token = Any


class Reader(CopulaReader):
    """Reads one clause for one subject."""

    def read(self) -> Iterator[Relation]:
        if self.verb.lemma_ == "be" and not self.clause.passive:
            about = _about_to(self.verb)
            if about is not None:
                yield from self.wish("plans_to", about)
            elif self.clause.mood == "plan":
                if self.subject.type == "person":
                    yield from self.wish("plans_to", self.verb)
            else:
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
        for prep in verb.children:
            for doing in prep.children if prep.dep_ == "prep" else ():
                if doing.dep_ == "pcomp" and lemma in ("look", "think", "dream", "plan"):
                    yield from self.wish(english.WISHES[lemma], doing)
                    return
                if doing.dep_ == "pcomp" and "plans_to" in self.schema.ended_by(
                    f"{lemma}{particles(verb)} {prep.lower_}"
                ):
                    for relation in self.wish("plans_to", doing):
                        yield replace(relation, force="ends")
                    return
        is_dropped = self.clause.polarity != "yes" and self.clause.tense == "progressive"
        if not is_dropped or lemma not in english.TELIC:
            yield from self.plain(verb, lemma)
        if is_dropped:
            # "I'm not moving to Rome after all": nobody moves out of there.
            yield from self.wish("plans_to", verb)

    def lemma(self, verb: Token) -> str:
        word: str = verb.lemma_.lower()
        return english.LEMMAS.get(word, word)

    def governed(self, verb: Token, lemma: str, inner: Token) -> Iterator[Relation]:
        if lemma == "let" and inner.lemma_ == "go" and self.clause.passive:
            yield from self.alone("let go", verb)
            yield from self.with_objects("let go", inner)
            return
        if lemma == "go" and verb.tag_ == "VBG" and self.clause.tense == "past":
            return  # "I started going to the gym", the gym taken for a verb
        if lemma == "have":
            yield from self.obliged(inner)
            return
        is_told = any(child.dep_ == "dobj" for child in verb.children)
        if any(child.dep_ == "neg" for child in inner.children) and not is_told:
            yield from self.refused(lemma, inner)
            return
        is_over = lemma == "use" and verb.tag_ == "VBD"
        if is_over or (lemma in english.STOPS and inner.tag_ == "VBG"):
            for relation in self.inner(inner):
                yield replace(relation, force="ends")
        elif lemma in english.TASTES:
            yield from self.wish(lemma, inner)
        elif lemma in english.WISHES and not (lemma == "go" and inner.tag_ == "VBG"):
            yield from self.wish(english.WISHES[lemma], inner)
        elif lemma in english.ASPECT and self.clause.mood != "plan":
            for relation in self.inner(inner):
                yield replace(relation, begun=lemma in english.STARTS)
        elif lemma in english.ASPECT:
            yield from self.wish("plans_to", verb)
        elif lemma not in english.IDLE_VERBS:
            yield from self.other(verb, lemma, inner)

    def refused(self, lemma: str, inner: Token) -> Iterator[Relation]:
        """As in "I decided not to move": no plan any more, and nothing else."""
        wish = english.WISHES.get(lemma)
        if wish in ("plans_to", "wants_to"):
            for relation in self.wish(wish, inner):
                yield replace(relation, force="ends")

    def obliged(self, inner: Token) -> Iterator[Relation]:
        """What one had to do is done; what one has to do is not."""
        if self.clause.tense == "past":
            yield from self.inner(inner)
        else:
            yield from self.wish("has_to", inner)

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
        text = phrase(verb, self.turn)
        helper = next(
            (c for c in verb.children if c.dep_ == "auxpass" and c.lower_ in ("get", "getting")),
            None,
        )
        if helper is not None and predicate in english.TO_DO:
            text = f"get {text}"
        if predicate in english.TO_DO and text.startswith(verb.text):
            text = f"{self.lemma(verb)}{text[len(verb.text) :]}"
        is_dated_plan = predicate == "plans_to" and verb.lemma_ != "be" and bool(self.turn.dated)
        if " " in text or (text and (verb.tag_ == "VBG" or helper is not None or is_dated_plan)):
            yield Relation(self.subject, predicate, Mention(text), confidence=0.6)

    def plain(self, verb: Token, lemma: str) -> Iterator[Relation]:
        """A verb with its objects and prepositions."""
        is_glance = lemma == "look" and not any(c.lower_ in english.LOOKS for c in verb.children)
        if lemma in english.IDLE_VERBS or is_glance:
            return
        is_call = lemma == "call" and any(child.dep_ == "oprd" for child in verb.children)
        if (lemma == "name" or is_call) and not self.clause.passive:
            return  # who names a son is not called so
        if lemma in english.LINKING:
            yield from self.felt(lemma, verb)
        particle = particles(verb)
        if self.clause.tense in ("present", "progressive") or verb is not self.verb:
            yield from habit(self.subject, verb, self.turn.dated)
        yield from self.alone(lemma + particle, verb)
        is_passive = self.clause.passive and verb is self.verb
        base = (verb.lower_ if is_passive else self.having(verb, lemma)) + particle
        if not is_passive:
            yield from self.employed(base, verb)
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
        if base in english.STOPS and (given_up := [one for one in objects if _is_activity(one)]):
            for noun in given_up:
                doing = Mention(noun.lower_, "activity")
                yield Relation(self.subject, "habit", doing, force="ends")
            return
        if base == "call" and not any(child.dep_ == "oprd" for child in verb.children):
            base = "telephone"  # "I called Tom" gives no name
        preps = self.prepositions(verb)
        used: set[Token] = set()
        for noun in objects:
            for name in self.schema.ended_by(f"{base} {noun.lemma_.lower()}"):
                # "I handed in my notice": an idiom that names nothing.
                used.add(noun)
                yield Relation(self.subject, name, None, force="ends", confidence=0.7)
            own = [c for c in noun.children if c.dep_ == "prep"]
            # "A job as a nurse at Acme"
            own += _places_within([inner for prep in own for inner in prep.children])
            for prep in [*preps, *own]:
                idiom = f"{base} {noun.lemma_.lower()}"
                if self.is_known(f"{idiom} {prep.lower_}"):
                    used |= {noun, prep}
                    yield from self.prepositional(idiom, prep)
        for noun in objects:
            if noun not in used:
                yield from self.objects(base, noun)
        preps += _places_within([*objects, *(n for prep in preps for n in prep.children)])
        schooled = self.schooled(base, preps)
        yield from schooled
        for prep in preps:
            if prep not in used and not schooled:
                yield from self.prepositional(base, prep, minor=bool(objects))

    def employed(self, base: str, verb: Token) -> Iterator[Relation]:
        """As in "Acme hired me", "my boss fired me"; whom a person fires may work elsewhere."""
        if base not in english.EMPLOYING or self.clause.polarity != "yes":
            return
        force: Force = "asserts" if base == "hire" else "ends"
        named = self.subject if self.subject.proper and self.subject.type != "person" else None
        for noun in verb.children:
            whom = resolve(noun, self.turn) if noun.dep_ == "dobj" else None
            if whom is None or (named is None and force == "asserts"):
                continue
            if whom == self.turn.speaker or (named is not None and whom.proper):
                yield Relation(whom, "works_at", named, force=force, confidence=0.8)

    def schooled(self, base: str, preps: list[Token]) -> list[Relation]:
        """As in "I go to school at Northfield": a noun without an article is part of the verb."""
        for prep in preps:
            for noun in prep.children:
                words = f"{base} {prep.lower_} {noun.lemma_.lower()}"
                for other in [*preps, *(c for c in noun.children if c.dep_ == "prep")]:
                    if other is not prep and self.is_known(f"{words} {other.lower_}"):
                        return list(self.prepositional(words, other))
        return []

    def felt(self, lemma: str, verb: Token) -> Iterator[Relation]:
        """As in "I felt accepted", "she became vegan"."""
        for child in verb.children:
            if child.dep_ == "attr" and lemma == "become" and child.i not in self.turn.dated:
                yield from self.identity(child)
            if (
                child.dep_ == "acomp"
                and child.lower_ not in english.IDLE_ADJECTIVES
                and child.i > verb.i
            ):
                if lemma in ("get", "become"):
                    yield from self.quality(child)
                else:
                    yield Relation(
                        self.subject, lemma, Mention(phrase(child, self.turn)), confidence=0.55
                    )

    def alone(self, words: str, verb: Token) -> Iterator[Relation]:
        """As in "We broke up", "he retired": what is over when nothing is named."""
        if words not in english.ENDS_ALONE or any(
            c.dep_ in ("dobj", "agent")
            or (c.dep_ == "prep" and c.lower_ in ("with", "from", "by", "as"))
            for c in verb.children
        ):
            return
        if words in english.DISMISSALS and not self.clause.passive:
            return
        for name in english.ENDS_ALONE[words]:
            yield Relation(self.subject, name, None, force="ends", confidence=0.7)


def _about_to(verb: Token) -> Token | None:
    """The leaving of "I'm about to leave"."""
    about = (child for child in verb.children if child.lower_ == "about")
    return next((inner for word in about for inner in word.children if inner.dep_ == "xcomp"), None)


def _purposeful(verb: Token) -> list[Token]:
    """The painting of "I made this painting to show my path", which parses as its subject."""
    return [
        noun
        for inner in verb.children
        if inner.dep_ == "ccomp" and inner.tag_ == "VB" and inner.i > verb.i
        for noun in inner.children
        if noun.dep_ == "nsubj" and noun.pos_ in ("NOUN", "PROPN")
    ]


def _places_within(nouns: list[Token]) -> list[Token]:
    """The places that hang on nouns but belong to the verb: "physics at Lund", "with my mother in Rome"."""
    return [
        prep
        for noun in nouns
        for prep in noun.children
        if prep.dep_ == "prep" and noun.dep_ in ("dobj", "pobj") and is_apart(prep)
    ]


def _is_activity(noun: Token) -> bool:
    """Whether a lone noun names something done: the smoking of "I quit smoking"."""
    return bool(noun.lower_.endswith("ing") and not any(noun.children))
