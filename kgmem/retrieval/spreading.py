"""The walk that a question starts: from the entities it names, the facts and turns nearest to it.

Restart mass and order of steps follow HippoRAG 2 (Gutierrez et al. 2025) with three changes: entities
are found by their names in the question, the question *without* those names is a query of its own, which
the second hop answers, and most of the time is that of a second walk, from the best turn of the first.
"""

from dataclasses import dataclass

import numpy as np

from kgmem.retrieval.columns import Mask, Numbers, Scores, greatest, leading
from kgmem.retrieval.ppr import Floats, ServerWalk, Walk
from kgmem.retrieval.scoring import Found, Sight

_ENTITIES = 0.7
_FACTS = 0.2
_FACT_SEEDS = 5
_FEEDBACK = 0.7
_DAMPING = 0.7
# Ten times that of the walk itself: it changes no recall of any benchmark, and saves two steps of eight.
_TOLERANCE = 1e-2
# Of a large group the best turns: a share of a share of fifty thousand would lead nowhere.
_PRIOR = 1000
_FLAT = 0.3
_NAMED = 2.0
_DENSEST = 10.0
_NEAR = 2.0


@dataclass(frozen=True)
class Walked:
    """What a walk found.

    Attributes:
        turns: What it adds to the score of each turn.
        reached: The turns with a trace of what is asked, and those where it came by.
        trust: How far it is trusted.
        seeds: The weight of starting at each node: rows of entities, then of turns.
        time: The share of time spent at each node.
    """

    turns: Scores
    reached: Mask
    trust: float
    seeds: Floats
    time: Floats


def spread(sight: Sight, scored: Found, walk: Walk | ServerWalk) -> Walked:
    """Walks the graph from what was found."""
    first = len(sight.snapshot.entities.records)
    seen = sight.seen.episodes
    traces = seen & ((scored.turns > 0) | (scored.channels.get("date", scored.turns) > 0))
    # Each kind has its share: by specificity alone, one rare end of a fact outweighs all common names.
    entities = _to_one(_named_seeds(sight)) + _FACTS * _to_one(_fact_seeds(sight, scored))
    share = _ENTITIES if entities.any() else 0.0
    prior = (1 - share) * _to_one(_prior(scored.total, traces))
    seeds = np.concatenate([share * _to_one(entities), prior])
    trust = 0.0 if "graph" in sight.without else _trust(sight, scored)
    time = walk.scores(seeds, _DAMPING, _TOLERANCE)
    if "feedback" not in sight.without and seen.any():
        near = trust * (_logarithm(time[first:], len(time)) + _NEAR * scored.turns)
        best = first + int(np.argmax(np.where(seen, scored.total + near, -np.inf)))
        again = np.zeros(len(seeds))
        again[best] = 1.0
        seeds *= 1 - _FEEDBACK
        seeds[best] += _FEEDBACK
        time *= 1 - _FEEDBACK
        # It is but a part of the time, and may be as much less exact.
        time += _FEEDBACK * walk.scores(again, _DAMPING, _TOLERANCE / _FEEDBACK)
    return Walked(
        turns=trust * (_logarithm(time[first:], len(time)) + _NEAR * scored.turns),
        reached=traces | (seen & (time[first:] > 0)),
        trust=trust,
        seeds=seeds,
        time=time,
    )


def ends_of_facts(
    sight: Sight, scored: Found, walked: Walked, rows: Numbers
) -> tuple[Scores, Scores]:
    """The time spent at the ends of some facts, and what the walk adds to the score of one no turn states."""
    facts, time = sight.snapshot.facts, walked.time
    ends = time[facts.subjects.values[rows]] + time[facts.objects.values[rows]]
    near = _logarithm(ends, len(time)) + 2 * _NEAR * scored.facts[rows]
    return ends, walked.trust * near


def _prior(total: Scores, traces: Mask) -> Scores:
    """The best turns with a trace of what is asked, by their score: a flat prior beside the entities."""
    rows = np.flatnonzero(traces)
    scores = total[rows]
    if len(rows) > _PRIOR:
        best = scores >= greatest(scores, _PRIOR)
        rows, scores = rows[best], scores[best]
    least, width = _range(scores)
    prior = np.zeros(len(total), dtype=np.float32)
    prior[rows] = (scores - least) / width if width else 1
    return prior


def _trust(sight: Sight, scored: Found) -> float:
    """How far the walk is trusted: as far as the graph knows what is said, and the question names."""
    seen = sight.seen
    density = min(len(seen.believed) / max(seen.turns, 1), _DENSEST)
    return _FLAT * density + scored.named * (_NAMED + density)


def _named_seeds(sight: Sight) -> Scores:
    """The entities that the question names, by specificity."""
    named = list(sight.asked.entities)
    seeds = np.zeros(len(sight.snapshot.entities.records))
    seeds[named] = sight.seen.specificity[named]
    return seeds


def _fact_seeds(sight: Sight, scored: Found) -> Scores:
    """The ends of the nearest facts, by nearness and specificity."""
    facts = sight.snapshot.facts
    seeds = np.zeros(len(sight.snapshot.entities.records))
    rows = sight.seen.believed
    if not len(rows) or "fact seeds" in sight.without:
        return seeds
    near = scored.facts.take(rows)
    places = leading(near, _FACT_SEEDS)[:_FACT_SEEDS]
    least, width = _range(near)
    best = rows[places]
    near = (near[places] - least) / width if width else np.ones(len(best))
    ends = np.concatenate([facts.subjects.values[best], facts.objects.values[best]])
    size = len(seeds)
    sums, often = np.bincount(ends, np.tile(near, 2), size), np.bincount(ends, minlength=size)
    return np.asarray(sums / np.maximum(often, 1) * sight.seen.specificity)


def _range(scores: Scores) -> tuple[float, float]:
    """The least score, and how far the greatest is from it."""
    least = float(scores.min(initial=np.inf))
    return least, max(float(scores.max(initial=-np.inf)) - least, 0.0)


def _to_one(weights: Scores) -> Scores:
    total = float(weights.sum())
    return weights / total if total else weights


def _logarithm(time: Scores, nodes: int) -> Scores:
    """The logarithm of shares of time, in 32 bits; less than a thousandth of an even share is that."""
    return np.asarray(np.log(time.astype(np.float32) + 1e-3 / max(nodes, 1)))
