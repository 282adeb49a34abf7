"""A search: seeds by text and vector, the walk through the graph, and their fusion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest

from kgmem.embeddings import Embedder
from kgmem.models import Episode, Fact
from kgmem.results import Hit, Why
from kgmem.retrieval.fusion import fused, ranks
from kgmem.retrieval.ppr import Walk
from kgmem.stores.base import (
    Channel,
    FactQuery,
    GroupState,
    Ranking,
    RecordQuery,
    SearchQuery,
    Store,
    Vector,
)
from kgmem.text import terms

_DEPTH = 50
_MOST_SEEDS = 20
# A fact that no longer holds yields to one that does where their scores are this close.
_PAST = 0.9
_SEED_CHANNELS: tuple[Channel, ...] = (
    "entity_text",
    "entity_vector",
    "episode_text",
    "episode_vector",
)
# Where a fact and a turn are equally near, the fact comes first: it says since when and until when.
_FACT_WEIGHTS = {"text": 1.1, "vector": 1.1, "graph": 0.55}
_EPISODE_WEIGHTS = {"text": 1.0, "vector": 1.0, "graph": 0.5}


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
    """Searches one store; keeps the last snapshot of its graph as long as nothing is written.

    Args:
        store: Where to search.
        embedder: Embeds questions; ``None`` searches by text and graph alone.
    """

    def __init__(self, store: Store, embedder: Embedder | None) -> None:
        self._store = store
        self._embedder = embedder
        self._snapshot: tuple[tuple[object, ...], Walk] | None = None

    def search(self, question: Question) -> list[Hit]:
        """The best hits for a question, best first."""
        state = self._store.state()
        vector = self._vector(question.text, state)
        query = SearchQuery(
            terms=terms(question.text),
            vector=vector,
            limit=max(_DEPTH, 2 * question.k),
            as_of=question.as_of,
            as_known=question.as_known,
        )
        lists = self._store.candidates(query)
        walk = self._walk(state, question)
        seeds = _seeds(lists, walk)
        scores = walk.scores(seeds)
        fact_lists = {
            "text": [name for name, _ in lists["fact_text"]],
            "vector": [name for name, _ in lists["fact_vector"]],
            "graph": _best(
                {f: scores[s] + scores[t] for f, (s, t) in walk.ends.items()}, query.limit
            ),
        }
        first = len(walk.graph.entities)
        episode_lists = {
            "text": [name for name, _ in lists["episode_text"]],
            "vector": [name for name, _ in lists["episode_vector"]],
            "graph": _best(
                dict(zip(walk.graph.episodes, scores[first:].tolist(), strict=True)), query.limit
            ),
        }
        return self._hits(question, fact_lists, episode_lists, _names(self._store, seeds))

    def _vector(self, text: str, state: GroupState) -> Vector | None:
        if self._embedder is None:
            return None
        vector = self._embedder.question(text)
        state.check_model(self._embedder.name, len(vector))
        return vector

    def _walk(self, state: GroupState, question: Question) -> Walk:
        key = (state.recorded_at, question.as_of, question.as_known)
        snapshot = self._snapshot
        if snapshot is None or snapshot[0] != key:
            walk = Walk(self._store.graph(question.as_of, question.as_known))
            self._snapshot = snapshot = (key, walk)
        return snapshot[1]

    def _hits(
        self,
        question: Question,
        fact_lists: Mapping[str, Sequence[str]],
        episode_lists: Mapping[str, Sequence[str]],
        seeds: tuple[str, ...],
    ) -> list[Hit]:
        """The fused lists, cut at k after those records are read that could get there."""
        fact_ranks, episode_ranks = ranks(fact_lists), ranks(episode_lists)
        scores = fused(fact_ranks, _FACT_WEIGHTS) | fused(episode_ranks, _EPISODE_WEIGHTS)
        # Past facts lose a tenth at most, so twice k is enough to choose the first k from.
        near = sorted(scores, key=lambda name: (-scores[name], name))[: 2 * question.k]
        facts = {
            fact.id: fact
            for fact in self._store.facts(
                FactQuery(
                    ids=[name for name in near if name in fact_ranks],
                    as_of=question.as_of,
                    as_known=question.as_known,
                )
            )
        }
        episodes = {
            episode.id: episode
            for episode in self._store.episodes(
                RecordQuery(
                    ids=[name for name in near if name in episode_ranks],
                    as_known=question.as_known,
                )
            )
        }
        hits = [
            _hit(facts[n], scores[n], Why(ranks=fact_ranks[n], seeds=seeds), question)
            if n in facts
            else _turn(episodes[n], scores[n], Why(ranks=episode_ranks[n], seeds=seeds))
            for n in near
            if n in facts or n in episodes
        ]
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))[: question.k]


def _seeds(lists: Mapping[Channel, Ranking], walk: Walk) -> dict[str, float]:
    """Entities and episodes to start from, weighted by rank; hubs count less (node specificity)."""
    seeds: dict[str, float] = {}
    for channel in _SEED_CHANNELS:
        for place, (name, _) in enumerate(lists[channel][:_MOST_SEEDS]):
            if name in walk.nodes:
                degree = max(int(walk.degree[walk.nodes[name]]), 1)
                specific = 1.0 / degree if channel.startswith("entity") else 1.0
                seeds[name] = seeds.get(name, 0.0) + specific / (1 + place)
    return seeds


def _names(store: Store, seeds: Mapping[str, float]) -> tuple[str, ...]:
    heaviest = sorted(seeds, key=lambda name: (-seeds[name], name))[:_MOST_SEEDS]
    names = {entity.id: entity.name for entity in store.entities(heaviest)}
    return tuple(names[seed] for seed in heaviest if seed in names)


def _best(scores: Mapping[str, float], limit: int) -> list[str]:
    found = (name for name, score in scores.items() if score > 0)
    return nsmallest(limit, found, key=lambda name: (-scores[name], name))


def _hit(fact: Fact, score: float, why: Why, question: Question) -> Hit:
    at = question.as_of or question.now
    current = fact.valid_at <= at and (fact.invalid_at is None or at < fact.invalid_at)
    time = "holds" if current else "past" if fact.valid_at <= at else "to come"
    return Hit(
        kind="fact",
        id=fact.id,
        text=fact.text,
        score=score if current else score * _PAST,
        fact=fact,
        episodes=fact.episodes,
        why=why.model_copy(update={"time": f"{time} at {at.isoformat(timespec='seconds')}"}),
    )


def _turn(episode: Episode, score: float, why: Why) -> Hit:
    return Hit(
        kind="episode",
        id=episode.id,
        text=episode.text,
        score=score,
        episode=episode,
        episodes=(episode.id,),
        why=why,
    )
