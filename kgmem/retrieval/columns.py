"""Columns that grow: numbers, and postings with their BM25."""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from kgmem.text import stem

Floats = NDArray[np.float32]
Scores = NDArray[np.floating[Any]]
Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_K1, _B = 1.2, 0.75
_FIRST_ROOM = 256
_ORDERED = 512
_NONE = np.zeros(0, dtype=np.int64)


class Column:
    """A numpy array that rows are appended to, in constant time a row on average.

    Args:
        dtype: The type of its numbers.
        width: How many numbers a row holds; 0 for one.
    """

    def __init__(self, dtype: type, width: int = 0) -> None:
        self._shape = (width,) if width else ()
        self._room: NDArray[Any] = np.empty((0, *self._shape), dtype=dtype)
        self._size = 0

    def extend(self, rows: Sequence[Any] | NDArray[Any]) -> None:
        """Appends rows."""
        size = self._size + len(rows)
        if size > len(self._room):
            room = np.empty((max(size, 3 * size // 2, _FIRST_ROOM), *self._shape), self._room.dtype)
            room[: self._size] = self.values
            self._room = room
        if len(rows):
            self._room[self._size : size] = rows
        self._size = size

    @property
    def values(self) -> NDArray[Any]:
        """All rows, without a copy: shape ``(n,)`` or ``(n, width)``."""
        return self._room[: self._size]

    def __len__(self) -> int:
        """How many rows there are."""
        return self._size


@dataclass(frozen=True)
class Postings:
    """How often rows hold some stems; only of those that do.

    Attributes:
        stems: Which of the stems each posting is of, from 0 on, in order.
        rows: Which row holds it.
        counts: How often.
        shape: How many stems there are, and how many rows.
    """

    stems: Numbers
    rows: Numbers
    counts: Scores
    shape: tuple[int, int]

    @classmethod
    def of(cls, counts: Scores) -> Self:
        """The postings of all counts; shape ``(stems, n)``."""
        # Of a mask, for it is found in a fifth of the time of one over numbers.
        places = np.flatnonzero(counts != 0)
        stems, rows = np.divmod(places, max(counts.shape[1], 1))
        return cls(stems, rows, counts.take(places), counts.shape)

    @cached_property
    def often(self) -> Numbers:
        """How many rows hold each stem."""
        return np.bincount(self.stems, minlength=self.shape[0])

    @cached_property
    def held(self) -> Numbers:
        """How many of the stems each row holds."""
        return np.bincount(self.rows, minlength=self.shape[1])

    def by(self, groups: Numbers, size: int) -> Self:
        """Those of groups of rows, by the number of the group of each row, of so many."""
        places = self.stems * size + groups.take(self.rows)
        sums = np.bincount(places, self.counts, self.shape[0] * size).astype(np.float32)
        return self.of(sums.reshape(self.shape[0], size))

    def idf(self, size: int) -> Floats:
        """Lucene's inverse document frequency of each stem, among so many rows."""
        weights = np.log1p((size - self.often + 0.5) / (self.often + 0.5))
        return weights.astype(np.float32)

    def bm25(self, lengths: Scores, size: int) -> Floats:
        """Robertson's BM25 with k1 1.2, b 0.75 and Lucene's idf.

        Args:
            lengths: How many words each row has, 0 where it does not exist; shape ``(n,)``.
            size: How many rows exist.

        Returns:
            float32, shape ``(n,)``; 0 where no stem occurs.
        """
        mean = max(float(lengths.sum()) / max(size, 1), 1.0)
        norm = _K1 * (1 - _B + (_B / mean) * lengths.take(self.rows))
        weights = self.idf(size).take(self.stems) * (_K1 + 1) * self.counts / (self.counts + norm)
        return np.bincount(self.rows, weights, self.shape[1]).astype(np.float32)


class Words:
    """Texts as content words, and an inverted index over their stems."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._lengths = Column(np.float32)
        self._rows: dict[str, array[int]] = {}
        self._counts: dict[str, array[float]] = {}

    def extend(self, texts: Iterable[str]) -> None:
        """Appends rows of content words, each a text as `kgmem.text.indexed` makes it."""
        lengths: list[int] = []
        for row, text in enumerate(texts, len(self._texts)):
            self._texts.append(text)
            words = text.split()
            lengths.append(len(words))
            for term, count in Counter(map(stem, words)).items():
                rows = self._rows.get(term)
                if rows is None:
                    rows = self._rows[term] = array("q")
                    self._counts[term] = array("f")
                rows.append(row)
                self._counts[term].append(count)
        self._lengths.extend(lengths)

    def __getitem__(self, row: int) -> tuple[str, ...]:
        """The content words of a row, in order."""
        return tuple(self._texts[row].split())

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._texts)

    def holding(self, phrase: Sequence[str], before: int) -> list[int]:
        """The rows before one that hold some words one after another."""
        rows = min((self._rows.get(stem(word), array("q")) for word in phrase), key=len)
        wanted = f" {' '.join(phrase)} "
        return [r for r in rows[: bisect_left(rows, before)] if wanted in f" {self._texts[r]} "]

    @property
    def lengths(self) -> Floats:
        """How many content words each row has."""
        return np.asarray(self._lengths.values)

    def known(self, words: Iterable[str]) -> list[str]:
        """The stems of words that some row holds, each once."""
        return [term for term in dict.fromkeys(map(stem, words)) if term in self._rows]

    def postings(self, words: Iterable[str], mask: Mask) -> Postings:
        """How often the rows of a mask hold each stem that is `known`."""
        terms = self.known(words)
        held = [np.frombuffer(self._rows[term], dtype=np.int64) for term in terms]
        rows = np.concatenate([_NONE, *held])
        stems = np.repeat(np.arange(len(terms)), [len(part) for part in held])
        counts = np.frombuffer(b"".join(self._counts[term] for term in terms), dtype=np.float32)
        shape = len(terms), len(self)
        if mask.all():
            return Postings(stems, rows, counts, shape)
        kept = mask.take(rows)
        return Postings(stems[kept], rows[kept], counts[kept], shape)

    def bm25(self, words: Iterable[str], mask: Mask) -> Floats:
        """BM25 of the rows of a mask for some words, counted over these rows."""
        lengths, size = within(self.lengths, mask), int(np.count_nonzero(mask))
        return self.postings(words, mask).bm25(lengths, size)


def distinct(numbers: Numbers) -> Numbers:
    """Numbers from 0 on, each once, in order; a tenth of the time of ``numpy.unique``, which hashes them."""
    ordered = np.sort(numbers)
    return ordered[np.diff(ordered, prepend=-1) > 0]


def ascending(numbers: Numbers) -> Numbers:
    """Where numbers from 0 to 2 ** 32 stand, the least first; equals as they came.

    By halves, since numpy sorts numbers of 16 bits by their digits, in a quarter of the time of longer ones.
    """
    order = np.argsort((numbers & 0xFFFF).astype(np.uint16), kind="stable")
    return order[np.argsort((numbers[order] >> 16).astype(np.uint16), kind="stable")]


def among(scores: Scores, mask: Mask) -> Scores:
    """The scores of the rows of a mask; not copied where that has all."""
    return scores if mask.all() else scores[..., mask]


def within(scores: Scores, mask: Mask) -> Scores:
    """The scores with zeros outside a mask; not copied where that has all."""
    return scores if mask.all() else scores * mask


def greatest(scores: Scores, place: int) -> float:
    """The score at a place from the greatest on down, from 1; infinitely low where there are fewer."""
    return float(np.partition(scores, -place)[-place]) if len(scores) >= place else -np.inf


def leading(scores: Scores, most: int) -> Numbers:
    """The rows of so many of the greatest scores, and of the equals of the last; those first, equals as they came."""
    rows = np.flatnonzero(scores >= greatest(scores, most))
    return rows[np.argsort(-scores[rows], kind="stable")]


def descending(scores: Scores, rows: Numbers, block: int = _ORDERED) -> Iterator[list[int]]:
    """Some rows, those of the greatest scores first; equals as they came, and in one block.

    Args:
        scores: The score of every row.
        rows: The rows to order.
        block: How many rows a block holds at least: nothing is ordered before it is wanted.
    """
    while len(rows):
        wanted = scores.take(rows)
        first = leading(wanted, block)
        yield rows.take(first).tolist()
        rows, block = np.delete(rows, first), 4 * block
