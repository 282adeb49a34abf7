"""Columns that grow: numbers, and postings with their BM25."""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

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

    def counts(self, words: Iterable[str]) -> Floats:
        """How often each row holds each stem that is `known`; float32, shape ``(stems, n)``."""
        terms = self.known(words)
        found = np.zeros((len(terms), len(self._texts)), dtype=np.float32)
        for place, term in enumerate(terms):
            rows = np.frombuffer(self._rows[term], dtype=np.int64)
            found[place, rows] = np.frombuffer(self._counts[term], dtype=np.float32)
        return found

    def bm25(self, words: Iterable[str], mask: Mask) -> Scores:
        """`bm25` of the rows of a mask for some words."""
        return bm25(within(self.counts(words), mask), self.lengths, mask)


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


def descending(scores: Scores, rows: Numbers, block: int = _ORDERED) -> Iterator[list[int]]:
    """Some rows, those of the greatest scores first; equals as they came, and in one block.

    Args:
        scores: The score of every row.
        rows: The rows to order.
        block: How many rows a block holds at least: nothing is ordered before it is wanted.
    """
    while len(rows):
        wanted = scores[rows]
        least = np.partition(wanted, -block)[-block] if len(rows) > block else -np.inf
        top = wanted >= least
        yield rows[top][np.argsort(-wanted[top], kind="stable")].tolist()
        rows, block = rows[~top], 4 * block


def idf(counts: Scores, size: int) -> Scores:
    """Lucene's inverse document frequency of each stem, among so many rows."""
    often = np.count_nonzero(counts, axis=1)
    weights: Scores = np.log1p((size - often + 0.5) / (often + 0.5)).astype(np.float32)
    return weights


def bm25(counts: Scores, lengths: Scores, mask: Mask) -> Scores:
    """Robertson's BM25 with k1 1.2, b 0.75 and Lucene's idf, counted over the rows of a mask.

    Args:
        counts: How often each row holds each stem, 0 outside the mask; shape ``(stems, n)``.
        lengths: How many words each row has; shape ``(n,)``.
        mask: The rows that exist.

    Returns:
        float32, shape ``(n,)``; 0 where no stem occurs.
    """
    size = int(np.count_nonzero(mask))
    if not size or not len(counts):
        return np.zeros(len(lengths), dtype=np.float32)
    mean = max(float(among(lengths, mask).mean()), 1.0)
    norm = _K1 * (1 - _B + (_B / mean) * lengths)
    scores: Scores = idf(counts, size) @ (counts * (_K1 + 1) / (counts + norm))
    return scores
