"""What is told with a bare verb or in words of no known kind: habits, happenings, utterances."""

from collections.abc import Container, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from kgmem.extraction import _english as english
from kgmem.extraction._clauses import Clause
from kgmem.extraction._mentions import Mention, Turn
from kgmem.extraction._relation import Relation, phrase
from kgmem.extraction._verbs import auxiliaries, complement, span_tokens
from kgmem.schema import Schema

Token = Any
_BARE = frozenset("nsubj aux advmod npadvmod punct cc conj intj neg dep".split())  # noqa: SIM905
_LONGEST_TOLD = 14
# So many words of content make an utterance worth keeping that speaks of nothing known.
_TELLING = 4
_CONTENT = ("NOUN", "PROPN", "VERB", "ADJ", "NUM")
_MONTH_DAYS = 31
_YEAR_DAYS = 366


def habit(subject: Mention, verb: Token, dated: Container[int]) -> Iterator[Relation]:
    """Of "I smoke", "she is smoking again": Ada habit smoking."""
    is_aside = verb.dep_ == "ccomp" and verb.i < verb.head.i
    if is_aside or _is_suffered(verb):
        return
    is_habit = verb.lemma_ not in english.NO_HABITS | english.RECIPROCAL.keys()
    if is_habit and _is_bare(verb, dated) and subject.type == "person":
        yield Relation(subject, "habit", activity(verb), confidence=0.6)


def _is_suffered(verb: Token) -> bool:
    """As in "Noah, born on 12 June"."""
    return bool(verb.dep_ == "acl" and verb.tag_ == "VBN")


def activity(verb: Token) -> Mention:
    """A verb as the name of what is done: "smoking"."""
    if verb.tag_ == "VBG":
        return Mention(verb.lower_, "activity")
    base: str = verb.lemma_.lower()
    stem = base[:-1] if base.endswith("e") and not base.endswith(("ee", "ye", "oe")) else base
    doubled = (
        stem == base and base[-1:] in "mnpt" and base[-2:-1] in "aiu" and len(base) < len("quits")
    )
    return Mention(
        f"{stem}{stem[-1] if doubled and base[-3:-2] not in 'aeiou' else ''}ing", "activity"
    )


def happening(
    clause: Clause, subjects: Sequence[Mention], turn: Turn, schema: Schema
) -> Iterator[Relation]:
    """What happened, where it has no object but a time: "I graduated last week"."""
    verb = clause.verb
    is_told = clause.tense in ("past", "perfect") or _is_suffered(verb)
    if not is_told or clause.mood != "fact" or clause.polarity != "yes":
        return
    if (
        any(child.dep_ in ("xcomp", "acomp", "attr", "dobj", "agent") for child in verb.children)
        or verb.lemma_ in english.IDLE_VERBS | english.BARE_VERBS
    ):
        return
    own = {token.i for token in span_tokens(verb, relative=False)} & turn.dated
    dates = [
        told
        for told in turn.dates
        if told.first is not None
        and told.after is not None
        and told.role == "at"
        and any(told.start <= turn.doc[index].idx < told.end for index in own)
    ]
    words = english.DATED.get(_words(verb)) or _happened(clause)
    known = schema.predicates.get(schema.canonical(words))
    if known is not None and known.object_type != "date":
        return  # "I joined in 2018": nobody works at a year
    for told in dates[:1]:
        assert told.first is not None
        assert told.after is not None
        when = Mention(_spelled(told.first.date(), told.after.date()), "date")
        for mention in subjects:
            if mention.type == "person":
                yield Relation(mention, words, when, confidence=0.6)


def _happened(clause: Clause) -> str:
    """The words for what happened; who suffers it did not do it: "get married", "be hired"."""
    if not clause.passive:
        return _words(clause.verb)
    helpers = {child.lemma_ for child in auxiliaries(clause.verb)}
    return f"{'get' if 'get' in helpers else 'be'} {clause.verb.lower_}{particles(clause.verb)}"


def told(clause: Clause, subjects: Sequence[Mention], turn: Turn) -> Iterator[Relation]:
    """What is told in any other words, kept as said: "the store is doing great"."""
    verb = clause.verb
    if verb.lemma_.lower() in english.IDLE_VERBS or verb.dep_ == "acl":
        return
    rest = [token for token in complement(verb) if token.i > verb.i]
    if any(child.dep_ == "acomp" and child.lower_ == "sorry" for child in verb.children):
        return
    if not _content(rest) or any(token.lower_ == "or" for token in rest):
        return
    is_copula = verb.lemma_ == "be" and not clause.passive
    words = "is_a" if is_copula else verb.lower_ if clause.passive else _words(verb)
    if clause.polarity in ("no", "never"):
        words = f"not {words}"
    said = phrase(verb, turn, words=rest, most=_LONGEST_TOLD)
    for mention in subjects if said else ():
        yield Relation(mention, words, Mention(said), confidence=0.5)


def uttered(clause: Clause, turn: Turn) -> Iterator[Relation]:
    """What a speaker says of things that have no name here: "it was so cool to see their eyes"."""
    verb = clause.verb
    if turn.speaker is None or verb.lemma_.lower() in english.IDLE_VERBS or verb.dep_ == "acl":
        return
    words = complement(verb)
    is_general = any(word.lower_ in ("you", "your", "or", "this", "these") for word in words)
    if len(_content(words)) >= _TELLING and not is_general:
        said = phrase(words[0], turn, words=words, most=_LONGEST_TOLD)
        yield Relation(turn.speaker, "says", Mention(said), confidence=0.5)


def _content(words: Sequence[Token]) -> list[Token]:
    idle = english.IDLE_ADJECTIVES | english.IDLE_NOUNS
    return [word for word in words if word.pos_ in _CONTENT and word.lower_ not in idle]


def _spelled(first: date, after: date) -> str:
    """A span of days as a name that stands alone: "May 2024" for all of it."""
    days = (after - first).days
    if days == 1:
        return f"{first.day} {first:%B %Y}"
    if first.day == 1 and after.day == 1 and days <= _MONTH_DAYS:
        return f"{first:%B %Y}"
    if (first.month, first.day, after.month, after.day) == (1, 1, 1, 1) and days <= _YEAR_DAYS:
        return str(first.year)
    last = after - timedelta(days=1)
    return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"


def particles(verb: Token) -> str:
    """The adverbs that belong to a verb and follow it at once: " back together"."""
    found = ""
    for token in verb.doc[verb.i + 1 : verb.i + 4]:
        is_particle = token.dep_ == "prt" or token.lower_ in english.ADVERB_PARTICLES
        if not is_particle or token.tag_ not in ("RP", "RB", "IN") or token.dep_ == "prep":
            break
        found += f" {token.lower_}"
    late = [c.lower_ for c in verb.children if c.dep_ == "prt" and c.i > verb.i]
    return found or "".join(f" {word}" for word in late)


def _words(verb: Token) -> str:
    base: str = verb.lemma_.lower()
    return english.LEMMAS.get(base, base) + particles(verb)


def _is_bare(verb: Token, dated: Container[int]) -> bool:
    """Whether nothing is said with a verb but who, how often and when."""
    return all(
        child.dep_ in _BARE
        or (
            child.dep_ == "prep" and (child.i in dated or any(c.i in dated for c in child.children))
        )
        for child in verb.children
    )
