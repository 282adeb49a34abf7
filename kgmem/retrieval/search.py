"""A search: a question is taken apart, turns and facts are scored, the walk is done, and all is one list."""

from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from threading import Lock

import numpy as np

from kgmem.embeddings import Embedder
from kgmem.results import ContextBlock, Hit, Why
from kgmem.retrieval.analysis import Analysis, analyzed
from kgmem.retrieval.context import CHARACTERS_PER_TOKEN, in_order, packed
from kgmem.retrieval.explaining import Explaining, time_of
from kgmem.retrieval.folding import Place, folded
from kgmem.retrieval.relevance import unrelated
from kgmem.retrieval.reranking import RERANKED, Reranker
from kgmem.retrieval.scoring import Sight, found
from kgmem.retrieval.snapshot import Snapshot
from kgmem.retrieval.spreading import spread
from kgmem.stores.base import Model, PageRankStore, SearchQuery, Store, Vector
from kgmem.telemetry import measured
from kgmem.text import terms
from kgmem.when import micros

_DEPTH = 50
# A hit of a context is a line, and hardly a line is shorter than this; none than a day and a letter.
_TOKENS_PER_HIT = 8
_SHORTEST_LINE = len("[2024-05-01] x")


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the two instants it is asked about.

    Attributes:
        text: The question.
        k: How many hits to return.
        as_of: Only what is true in the world then.
        as_known: Only what was believed then.
        now: What counts as current where ``as_of`` is not given, and what "last week" is relative to;
            days are those of its timezone.
        abstaining: Whether to find nothing where nothing is relevant.
    """

    text: str
    k: int
    as_of: datetime | None
    as_known: datetime | None
    now: datetime
    abstaining: bool = False


class Searcher:
    """Searches one store through a snapshot of its group, brought up to date by every search.

    A group of more rows than it may hold is searched by the store's own indexes; what these find,
    with what it hangs together with, makes a small snapshot for that one question.

    Args:
        store: Where to search.
        embedder: Embeds questions; ``None`` searches by text and graph alone.
        reranker: Orders the best hits anew; ``None`` leaves them as they are.
        most: How many rows the snapshot may hold: episodes, entities, claims and versions of facts.
        on_server: Whether a store that can walks the graph of a larger group; else only what is near
            is walked.
    """

    def __init__(
        self,
        store: Store,
        embedder: Embedder | None,
        reranker: Reranker | None,
        *,
        most: int,
        on_server: bool,
    ) -> None:
        self._server = store if on_server and isinstance(store, PageRankStore) else None
        self._reranker = reranker
        self._store = store
        self._embedder = embedder
        self._most = most
        self._snapshot = Snapshot()
        self._too_large = False
        # How often history was rewritten when last looked at: only erasing makes a group smaller.
        self._rewrites: int | None = None
        self._lock = Lock()

    @measured("search", hits=len)
    def search(self, question: Question) -> list[Hit]:
        """The best hits for a question, best first."""
        if self._reranker is None:
            return self._ranked(question)
        hits = self._ranked(replace(question, k=max(question.k, RERANKED)))
        return self._reranker.reranked(question.text, hits)[: question.k]

    def _ranked(self, question: Question) -> list[Hit]:
        with self._lock:
            snapshot = self._current()
        if snapshot is None:
            snapshot = self._near(question)
        with self._lock:
            seen = snapshot.seen(question.as_of, question.as_known)
            asked = analyzed(question.text, snapshot, seen, question.now)
        # An embedder may take long, or ask a server: others may search meanwhile.
        whole = self._vector(asked.text, snapshot.model)
        rest = whole if asked.rest == asked.text else self._vector(asked.rest, snapshot.model)
        with self._lock:
            vectors = None if whole is None or rest is None else (whole, rest)
            return ranked(snapshot, question, asked, vectors)

    def _near(self, question: Question) -> Snapshot:
        """What the store's own indexes find, and what hangs together with it."""
        query = SearchQuery(
            terms=terms(question.text),
            vector=self._vector(question.text, None),
            limit=max(_DEPTH, 2 * question.k),
            as_of=question.as_of,
            as_known=question.as_known,
        )
        near = self._store.near(query)
        if self._rewrites not in (None, near.mark.rewrites):
            self._too_large = False
        self._rewrites = near.mark.rewrites
        small = Snapshot()
        small.server = self._server
        small.extend(near)
        return small

    def _vector(self, text: str, model: Model | None) -> Vector | None:
        """The vector of a text, where there is an embedder, of the model of the vectors it meets."""
        if self._embedder is None:
            return None
        vector = self._embedder.question(text)
        if model is not None:
            model.check(self._embedder.name, len(vector))
        return vector

    @measured("context", context_tokens=lambda block: block.tokens)
    def context(self, question: Question, max_tokens: int) -> ContextBlock:
        """The best hits as lines, or the whole group where it fits; ``k`` follows from the budget."""
        k = max(1, max_tokens // _TOKENS_PER_HIT)
        question = replace(question, k=k, abstaining=True)
        at = (question.as_of or question.now).astimezone(question.now.tzinfo)
        everything = self._everything(question, CHARACTERS_PER_TOKEN * max_tokens // _SHORTEST_LINE)
        if everything is not None:
            whole = in_order(everything, at)
            if whole.tokens <= max_tokens:
                return whole
        hits = self.search(question)
        if not hits:
            return ContextBlock(reason="nothing here is relevant to the question")
        return packed(hits, max_tokens, at)

    def _everything(self, question: Question, most: int) -> list[Hit] | None:
        """All facts and turns in the order of their time, where there are no more than so many."""
        with self._lock:
            snapshot = self._current()
            if snapshot is None:
                return None
            seen = snapshot.seen(question.as_of, question.as_known)
            facts, turns = np.flatnonzero(seen.facts), np.flatnonzero(seen.episodes)
            if len(facts) + len(turns) > most:
                return None
            told = snapshot.episodes.occurred.values[turns].tolist()
            told += snapshot.facts.valid.values[facts].tolist()
            places = [Place(0.0, None, row, is_fact=False) for row in turns.tolist()]
            places += [Place(0.0, row, None, is_fact=True) for row in facts.tolist()]
            at = question.as_of or question.now
            hits = [
                _hit(snapshot, question, place, Why(ranks={}, time=time_of(snapshot, place, at)))
                for place in places
            ]
        # A turn comes before the facts of its instant.
        order = sorted(range(len(hits)), key=lambda n: (told[n], hits[n].kind, hits[n].id))
        return [hits[n] for n in order]

    @measured("refresh")
    def _current(self) -> Snapshot | None:
        """The snapshot with what has been written since, by whomever; None where it is too large."""
        if self._too_large:
            return None
        if self._snapshot.mark is None and self._outgrown(sum(self._store.stats().values())):
            return None
        changes = self._store.changes(self._snapshot.mark)
        if changes.whole:
            self._snapshot = Snapshot()
        if (changes.mark, changes.model) != (self._snapshot.mark, self._snapshot.model):
            self._snapshot.extend(changes)
        return None if self._outgrown(len(self._snapshot)) else self._snapshot

    def _outgrown(self, rows: int) -> bool:
        if rows > self._most:
            self._snapshot, self._too_large, self._rewrites = Snapshot(), True, None
        return self._too_large


def asked_about(question: Question, asked: Analysis) -> tuple[int, int]:
    """First instant and first after, in microseconds, of when facts are to hold.

    That is a time that the question names, unless it is asked as of one.
    """
    if asked.span and question.as_of is None:
        return asked.span
    at = micros(question.as_of or question.now)
    return at, at + 1


@measured("score")
def ranked(
    snapshot: Snapshot, question: Question, asked: Analysis, vectors: tuple[Vector, Vector] | None
) -> list[Hit]:
    """The best facts and turns of a snapshot for a question, best first."""
    at = question.as_of or question.now
    seen = snapshot.seen(question.as_of, question.as_known)
    sight = Sight(snapshot, seen, asked, asked_about(question, asked), vectors)
    scored, walk = found(sight), snapshot.walk(question.as_of, question.as_known)
    if question.abstaining and unrelated(sight, scored):
        return []
    walked = spread(sight, scored, walk)
    explaining = Explaining(sight, scored, walked, walk)
    places = folded(sight, scored, walked)
    if question.as_of is not None:
        # A turn that tells of other times alone says nothing of this one.
        elsewhere = scored.channels["past"]
        places = (p for p in places if p.fact is not None or not elsewhere[p.turn or 0])
    return [
        _hit(snapshot, question, place, explaining.why(place, at))
        for place in islice(places, question.k)
    ]


def _hit(snapshot: Snapshot, question: Question, place: Place, why: Why) -> Hit:
    fact = None if place.fact is None else snapshot.fact(place.fact, question.as_known)
    episode = None if place.turn is None else snapshot.episodes.records[place.turn]
    shown = fact if place.is_fact else episode
    assert shown is not None, "a place holds what it shows"
    return Hit(
        kind="fact" if place.is_fact else "episode",
        id=shown.id,
        text=shown.text,
        score=place.score,
        fact=fact,
        episode=episode,
        episodes=fact.episodes if place.is_fact and fact else (shown.id,),
        why=why,
    )
