"""What each part of the recipe brings: the same search without it, and a paired bootstrap interval.

A question is taken apart, embedded and scored once; a part that is left out later is left out of that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from benchmarks.reports import Figures
from kgmem import Hit, Memory
from kgmem.results import Why
from kgmem.retrieval.analysis import analyzed
from kgmem.retrieval.folding import folded
from kgmem.retrieval.scoring import Found, Sight, found
from kgmem.retrieval.search import Question, _hit, asked_about
from kgmem.retrieval.spreading import spread

PARTS = (
    "names cut",
    "neighbors",
    "lengths",
    "several",
    "floor",
    "text",
    "session",
    "vector",
    "window",
    "facts",
    "speaker",
    "date",
    "wanted",
    "asking",
    "past",
    "graph",
    "fact seeds",
    "feedback",
)
"""Channels of `kgmem.retrieval.scoring.WEIGHTS`, and steps before and after them."""
_SAMPLES = 2000


_BEFORE = ("names cut", "neighbors", "lengths", "several", "floor")
"""Parts without which the scores of every channel are others."""


def searches_without(
    memory: Memory, text: str, k: int, parts: Sequence[str] = PARTS
) -> Iterator[tuple[str, list[Hit]]]:
    """For each part, the hits of a search that leaves it out; of a group that is held in memory."""
    question = memory._question(text, k, None, None)
    whole = _sight(memory, question, frozenset())
    scored = found(whole)
    for part in parts:
        without = frozenset([part])
        if part in _BEFORE:
            sight = _sight(memory, question, without)
            yield part, _hits(question, sight, found(sight))
        else:
            left = {name: score for name, score in scored.channels.items() if name != part}
            sight = replace(whole, without=without)
            yield part, _hits(question, sight, replace(scored, channels=left))


def _sight(memory: Memory, question: Question, without: frozenset[str]) -> Sight:
    searcher = memory._searcher
    snapshot = searcher._current()
    assert snapshot is not None, "a benchmark's group is held in memory"
    seen = snapshot.seen(None, None)
    asked = analyzed(question.text, snapshot, seen, question.now, without)
    whole, rest = (searcher._vector(words, snapshot.model) for words in (asked.text, asked.rest))
    vectors = None if whole is None or rest is None else (whole, rest)
    return Sight(snapshot, seen, asked, asked_about(question, asked), vectors, without)


def _hits(question: Question, sight: Sight, scored: Found) -> list[Hit]:
    walked = spread(sight, scored, sight.snapshot.walk(None, None))
    places = islice(folded(sight, scored, walked), question.k)
    return [_hit(sight.snapshot, question, place, Why(ranks={})) for place in places]


def brought(whole: Sequence[float], without: Sequence[float]) -> Figures:
    """The mean with a part left out, what the part brings, and the 95 % interval of that."""
    gain = np.subtract(whole, without)
    chance = np.random.default_rng(0)
    means = gain[chance.integers(0, len(gain), (_SAMPLES, len(gain)))].mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return {
        "without": round(float(np.mean(without)), 4),
        "brings": round(float(gain.mean()), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
    }
