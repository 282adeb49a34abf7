"""Baselines: BM25, cosine, and their plain reciprocal rank fusion over a list of lines."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.vectors import Remembering
from benchmarks.wording import content_stems

_K1, _B = 1.2, 0.75
_RRF = 60

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Item:
    """A line that can be found.

    Attributes:
        text: What is indexed.
        turns: The turns it counts for.
        line: What it looks like in a context; ``text`` where empty.
    """

    text: str
    turns: frozenset[str]
    line: str = ""


class Ranker:
    """Ranks lines for questions.

    Args:
        lines: The lines.
        vectors: Embeds them; without it there is BM25 alone.
    """

    def __init__(self, lines: Sequence[Item], vectors: Remembering | None = None) -> None:
        self.lines = lines
        self._vectors = vectors
        self._matrix = vectors.matrix([line.text for line in lines]) if vectors else None
        counted = [Counter(content_stems(line.text)) for line in lines]
        self._postings: dict[str, tuple[list[int], list[int]]] = {}
        for place, counts in enumerate(counted):
            for word, count in counts.items():
                places, often = self._postings.setdefault(word, ([], []))
                places.append(place)
                often.append(count)
        lengths = np.array([sum(counts.values()) for counts in counted], dtype=np.float64)
        self._norm = _K1 * (1 - _B + _B * lengths / max(float(lengths.mean()), 1.0))

    def bm25(self, question: str) -> list[int]:
        """Robertson's BM25 (k1 1.2, b 0.75, Lucene's idf) over stems; lines without a word are left out."""
        scores = np.zeros(len(self.lines))
        for word in dict.fromkeys(content_stems(question)):
            if word in self._postings:
                places, often = (np.array(part) for part in self._postings[word])
                idf = np.log(1 + (len(self.lines) - len(places) + 0.5) / (len(places) + 0.5))
                scores[places] += idf * often * (_K1 + 1) / (often + self._norm[places])
        return [place for place in _best(scores) if scores[place] > 0]

    def dense(self, question: str) -> list[int]:
        """By cosine."""
        if self._vectors is None or self._matrix is None:
            return []
        return _best(np.asarray(self._matrix @ self._vectors.matrix([question])[0], np.float64))

    def rrf(self, question: str) -> list[int]:
        """Reciprocal rank fusion of the two, 60 as constant, equal weights."""
        scores = np.zeros(len(self.lines))
        for ranked in (self.bm25(question), self.dense(question)):
            scores[ranked] += 1 / (_RRF + 1 + np.arange(len(ranked)))
        return _best(scores)


def _best(scores: Scores) -> list[int]:
    return [int(place) for place in np.argsort(-scores, kind="stable")]
