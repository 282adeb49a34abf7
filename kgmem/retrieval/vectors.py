"""Unit vectors in bytes, and their cosines.

A vector is kept as two bytes a number: a coarse one, and a fine one for what the coarse one misses. The
coarse bytes give every cosine to about a thousandth, in a tenth of the time that 32 bits take, which
is bound by memory; the fine bytes add what is missing to those that are greatest. Sums of bytes are
exact, so a cosine is the same on every machine and in whatever steps its vectors came.
"""

from collections.abc import Iterable, Sequence

import numkong
import numpy as np
from numpy.typing import NDArray

from kgmem.retrieval.columns import Column, Floats

_Bytes = NDArray[np.int8]

_MOST = 127
# A byte is off by half at most, so that twice as many steps fit.
_FINER = 2 * _MOST
_BLOCK = 4096
# All vectors of a small group are looked at finely, of a larger one those that stand out so far.
_SMALL = 1024
_DEVIATIONS = 2.0


class Vectors:
    """Unit vectors of some rows; the others have none, and a cosine of 0."""

    def __init__(self) -> None:
        self._places = Column(np.int64)
        self._scales = Column(np.float32)
        self._coarse: Column | None = None
        self._fine: Column | None = None
        self._blocks: list[numkong.PackedMatrix] = []

    def extend(self, vectors: Iterable[Floats | None]) -> None:
        """Appends rows, ``None`` for those without a vector."""
        places: list[int] = []
        given: list[Floats] = []
        size = len(self._scales)
        for vector in vectors:
            places.append(-1 if vector is None else size + len(given))
            if vector is not None:
                given.append(vector)
        self._places.extend(places)
        # The last block may have been short.
        del self._blocks[size // _BLOCK :]
        for start in range(0, len(given), _BLOCK):
            (coarse, fine), scales = _in_bytes(np.stack(given[start : start + _BLOCK]))
            if self._coarse is None or self._fine is None:
                self._coarse, self._fine = (Column(np.int8, coarse.shape[1]) for _ in range(2))
            self._coarse.extend(coarse)
            self._fine.extend(fine)
            self._scales.extend(scales)

    def cosine(self, vector: Floats) -> Floats:
        """The cosine of every row with a unit vector; float32, shape ``(n,)``.

        With a sum of unit vectors it is the sum of the cosines.
        """
        cosine: Floats = self.cosines([vector])[0]
        return cosine

    def cosines(self, vectors: Sequence[Floats]) -> Floats:
        """The cosine of every row with each of some unit vectors; float32, shape ``(vectors, n)``."""
        size = len(self._scales)
        found = np.zeros((len(vectors), size + 1), dtype=np.float32)
        if self._coarse is not None and self._fine is not None:
            asked = np.stack(vectors)
            self._look(asked, self._coarse.values, found[:, :size])
            for vector, near in zip(asked, found[:, :size], strict=True):
                rows = _standing_out(near)
                missed = self._fine.values[rows].astype(np.float32) @ vector
                near[rows] += missed * self._scales.values[rows] / _FINER
        if len(self._places) == size:
            return found[:, :size]
        # The last is of rows without a vector.
        cosines: Floats = found.take(self._places.values, axis=1, mode="wrap")
        return cosines

    def _look(self, asked: Floats, coarse: _Bytes, found: Floats) -> None:
        """Writes the cosines by coarse bytes."""
        parts, scales = _in_bytes(asked)
        questions = np.concatenate(parts)
        for start in range(len(self._blocks) * _BLOCK, len(coarse), _BLOCK):
            self._blocks.append(numkong.dots_pack(coarse[start : start + _BLOCK]))
        sums = [np.asarray(numkong.dots_packed(questions, block)) for block in self._blocks]
        first, second = np.split(np.concatenate(sums, axis=1, dtype=np.float32), 2)
        np.multiply(second, np.float32(1 / _FINER), out=found)
        found += first
        found *= self._scales.values
        found *= scales[:, None]


def _in_bytes(vectors: Floats) -> tuple[tuple[_Bytes, _Bytes], Floats]:
    """Vectors as coarse and fine bytes, and the scale of each."""
    greatest = np.abs(vectors).max(axis=1, initial=0)
    scales = np.where(greatest > 0, greatest / _MOST, np.float32(1)).astype(np.float32)
    steps = vectors / scales[:, None]
    coarse = np.rint(steps)
    fine = np.clip(np.rint((steps - coarse) * _FINER), -_MOST, _MOST)
    return (coarse.astype(np.int8), fine.astype(np.int8)), scales


def _standing_out(cosines: Floats) -> NDArray[np.int64]:
    """The rows whose order matters."""
    if len(cosines) <= _SMALL:
        return np.arange(len(cosines))
    return np.flatnonzero(cosines > cosines.mean() + _DEVIATIONS * cosines.std())
