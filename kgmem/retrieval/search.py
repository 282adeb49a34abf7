"""A search: seeds by text and vector, the walk through the graph, and their fusion."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgmem.embeddings import Embedder
from kgmem.results import Hit, Why
from kgmem.retrieval.columns import Mask
from kgmem.retrieval.fusion import fused, ranks
from kgmem.retrieval.snapshot import Seen, Snapshot
from kgmem.stores.base import Model, PageRankStore, SearchQuery, Store, Vector
from kgmem.text import terms
from kgmem.timeline import Version

_DEPTH = 50
_MOST_SEEDS = 20
# A fact that no longer holds yields to one that does where their scores are this close.
_PAST = 0.9
# Where a fact and a turn are equally near, the fact comes first: it says since when and until when.
_FACT_WEIGHTS = {"text": 1.1, "vector": 1.1, "graph": 0.55}
_EPISODE_WEIGHTS = {"text": 1.0, "vector": 1.0, "graph": 0.5}

Scores = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the two instants it is asked about.

    Attributes:
        text: The question.
        k: How many hits to return.
        as_of: Only what is true in the world then.
        as_known: Only what was believed then.
        now: What counts as current where ``as_of`` is not given.
    """

    text: str
    k: int
    as_of: datetime | None
    as_known: datetime | None
    now: datetime


class Searcher:
    """Searches one store through a snapshot of its group, brought up to date by every search.

    A group of more rows than it may hold is searched by the store's own indexes; what these find,
    with what it hangs together with, makes a small snapshot for that one question.

    Args:
        store: Where to search.
        embedder: Embeds questions; ``None`` searches by text and graph alone.
        most: How many rows the snapshot may hold: episodes, entities, claims and versions of facts.
        server: Walks the graph of a larger group; without it only what is near is walked.
    """

    def __init__(
        self, store: Store, embedder: Embedder | None, most: int, server: PageRankStore | None
    ) -> None:
        self._server = server
        self._store = store
        self._embedder = embedder
        self._most = most
        self._snapshot = Snapshot()
        self._too_large = False
        # How often history was rewritten when last looked at: only erasing makes a group smaller.
        self._rewrites: int | None = None
        self._lock = Lock()

    def search(self, question: Question) -> list[Hit]:
        """The best hits for a question, best first."""
        vector = None if self._embedder is None else self._embedder.question(question.text)
        with self._lock:
            snapshot = self._current()
            if snapshot is not None:
                self._check(snapshot.model, vector)
                return ranked(snapshot, question, vector)
        query = SearchQuery(
            terms=terms(question.text),
            vector=vector,
            limit=max(_DEPTH, 2 * question.k),
            as_of=question.as_of,
            as_known=question.as_known,
        )
        near = self._store.near(query)
        self._check(near.model, vector)
        if self._rewrites not in (None, near.mark.rewrites):
            self._too_large = False
        self._rewrites = near.mark.rewrites
        small = Snapshot()
        small.server = self._server
        small.extend(near)
        return ranked(small, question, vector)

    def everything(self, question: Question, most: int) -> list[Hit] | None:
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
            hits = [turn_hit(snapshot, row) for row in turns.tolist()]
            hits += [fact_hit(snapshot, row, question) for row in facts.tolist()]
        # A turn comes before the facts of its instant.
        order = sorted(range(len(hits)), key=lambda n: (told[n], hits[n].kind, hits[n].id))
        return [hits[n] for n in order]

    def _check(self, model: Model, vector: Vector | None) -> None:
        if self._embedder is not None and vector is not None:
            model.check(self._embedder.name, len(vector))

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


def ranked(snapshot: Snapshot, question: Question, vector: Vector | None) -> list[Hit]:
    """The best facts and turns of a snapshot for a question, best first."""
    seen = snapshot.seen(question.as_of, question.as_known)
    facts, episodes, entities = _found(snapshot, seen, question, vector)
    walk = snapshot.walk(question.as_of, question.as_known)
    seeds = _seeds(entities, episodes, walk.degree)
    scores = walk.scores(seeds)
    facts["graph"] = scores[snapshot.facts.subjects.values] + scores[snapshot.facts.objects.values]
    episodes["graph"] = scores[len(snapshot.entities.records) :]
    limit = max(_DEPTH, 2 * question.k)
    versions, turns = snapshot.facts.records, snapshot.episodes.records
    fact_ranks = ranks(
        {c: best(s, seen.facts, limit, lambda r: versions[r].id) for c, s in facts.items()}
    )
    turn_ranks = ranks(
        {c: best(s, seen.episodes, limit, lambda r: turns[r].id) for c, s in episodes.items()}
    )
    at = question.as_of or question.now
    found = [
        (score * (1.0 if _time(versions[row], at) == "holds" else _PAST), versions[row].id, row)
        for row, score in fused(fact_ranks, _FACT_WEIGHTS).items()
    ]
    found += [
        (score, turns[row].id, ~row) for row, score in fused(turn_ranks, _EPISODE_WEIGHTS).items()
    ]
    names = _names(snapshot, seeds, question)
    return [
        fact_hit(snapshot, row, question, score, Why(ranks=fact_ranks[row], seeds=names))
        if row >= 0
        else turn_hit(snapshot, ~row, score, Why(ranks=turn_ranks[~row], seeds=names))
        for score, _, row in sorted(found, key=lambda hit: (-hit[0], hit[1]))[: question.k]
    ]


def _found(
    snapshot: Snapshot, seen: Seen, question: Question, vector: Vector | None
) -> tuple[dict[str, Scores], dict[str, Scores], dict[str, Scores]]:
    """Scores of facts, episodes and entities by text and by vector; 0 where they do not exist."""
    words = terms(question.text)
    names = snapshot.entities.names.bm25(words, seen.names)
    entity_text = np.zeros(len(snapshot.entities.records), dtype=np.float32)
    np.maximum.at(entity_text, snapshot.entities.named.values, names)
    facts: dict[str, Scores] = {"text": snapshot.facts.words.bm25(words, seen.facts)}
    episodes: dict[str, Scores] = {"text": snapshot.episodes.words.bm25(words, seen.episodes)}
    entities: dict[str, Scores] = {"text": entity_text}
    if vector is not None:
        claims = snapshot.claims.vectors.cosine(vector)
        facts["vector"] = claims[snapshot.facts.text_claims.values]
        episodes["vector"] = snapshot.episodes.vectors.cosine(vector) * seen.episodes
        entities["vector"] = snapshot.entities.vectors.cosine(vector) * seen.entities
    return facts, episodes, entities


def best(scores: Scores, mask: Mask, limit: int, key: Callable[[int], str]) -> list[int]:
    """The rows of a mask with the highest scores above 0; of equals the first by key."""
    rows = np.flatnonzero(mask & (scores > 0))
    if len(rows) > limit:
        least = np.partition(scores[rows], len(rows) - limit)[len(rows) - limit]
        rows = rows[scores[rows] >= least]
    order = sorted(rows.tolist(), key=lambda row: (-float(scores[row]), key(row)))
    return order[:limit]


def _seeds(
    entities: Mapping[str, Scores], episodes: Mapping[str, Scores], degree: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The weight of each node to start from, by rank; hubs count less (node specificity)."""
    first = len(entities["text"])
    seeds = np.zeros(len(degree))
    for start, scores in (
        *((0, part) for part in entities.values()),
        *((first, part) for part in episodes.values()),
    ):
        rows = best(scores, scores > 0, _MOST_SEEDS, str)
        nodes = np.array(rows, dtype=np.int64) + start
        specific = 1.0 if start else 1.0 / np.maximum(degree[nodes], 1)
        seeds[nodes] += specific / np.arange(1, len(rows) + 1)
    return seeds


def _names(snapshot: Snapshot, seeds: NDArray[np.float64], question: Question) -> tuple[str, ...]:
    """The names of the entities among the heaviest seeds."""
    records = snapshot.entities.records
    heaviest = best(seeds, seeds > 0, _MOST_SEEDS, str)
    known = question.as_known
    return tuple(records[n].shown("", known).name for n in heaviest if n < len(records))


def _time(version: Version, at: datetime) -> str:
    """Whether a version holds at an instant of valid time."""
    if at < version.valid_at:
        return "to come"
    return "holds" if version.invalid_at is None or at < version.invalid_at else "past"


def fact_hit(
    snapshot: Snapshot, row: int, question: Question, score: float = 0.0, why: Why | None = None
) -> Hit:
    """A fact as an answer to a question."""
    fact, at = snapshot.fact(row, question.as_known), question.as_of or question.now
    time = f"{_time(snapshot.facts.records[row], at)} at {at.isoformat(timespec='seconds')}"
    return Hit(
        kind="fact",
        id=fact.id,
        text=fact.text,
        score=score,
        fact=fact,
        episodes=fact.episodes,
        why=(why or Why(ranks={})).model_copy(update={"time": time}),
    )


def turn_hit(snapshot: Snapshot, row: int, score: float = 0.0, why: Why | None = None) -> Hit:
    """A turn as an answer."""
    episode = snapshot.episodes.records[row]
    return Hit(
        kind="episode",
        id=episode.id,
        text=episode.text,
        score=score,
        episode=episode,
        episodes=(episode.id,),
        why=why or Why(ranks={}),
    )
