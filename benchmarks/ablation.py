"""What each part of the recipe brings: the same search without it, and a paired bootstrap interval."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.reports import Figures
from kgmem import Hit, Memory

PARTS = (
    "names cut",
    "neighbors",
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
    "synonyms",
    "fact seeds",
    "feedback",
)
"""Channels of `kgmem.retrieval.scoring.WEIGHTS`, and steps before and after them."""
_SAMPLES = 2000


def search_without(memory: Memory, question: str, k: int, part: str) -> list[Hit]:
    """The hits of a search that leaves a part out."""
    asked = replace(memory._question(question, k, None, None), without=frozenset([part]))
    return memory._searcher.search(asked)


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
