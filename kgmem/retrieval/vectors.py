"""Unit vectors in bytes, and their cosines.

A vector is kept as two bytes a number: a coarse one, and a fine one for what the coarse one misses. The
coarse bytes give every cosine to about a thousandth, in a third of the time that 32 bits take, which
is bound by memory; the fine bytes make those exact that are greatest. Sums of bytes are exact, so a
cosine does not depend on the steps in which its vectors came.
"""

from collections.abc import Iterable, Sequence

import numkong
import numpy as np
from numpy.typing import NDArray

from kgmem.retrieval.columns import Column, Floats, greatest

_Bytes = NDArray[np.int8]

_MOST = 127
# A byte is off by half at most, so that twice as many steps fit.
_FINER = 2 * _MOST
# So many are looked at finely: the order of those further down is that of what is hardly alike.
_NEAREST = 1024
_AT_ONCE = 4096


class Vectors:
    """Unit vectors of some rows; the others have none, and a cosine of 0."""

    def __init__(self) -> None:
        self._places = Column(np.int64)
        self._scales = Column(np.float32)
        # Coarse and fine ones: how wide they are, the first vector tells.
        self._bytes: tuple[Column, Column] | None = None

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
        for start in range(0, len(given), _AT_ONCE):
            coarse, fine, scales = _in_bytes(np.stack(given[start : start + _AT_ONCE]))
            if self._bytes is None:
                width = coarse.shape[1]
                self._bytes = Column(np.int8, width), Column(np.int8, width)
            for column, rows in zip(self._bytes, (coarse, fine), strict=True):
                column.extend(rows)
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
        if self._bytes is not None:
            coarse, fine = (column.values for column in self._bytes)
            _look(np.stack(vectors), coarse, fine, self._scales.values, found[:, :size])
        if len(self._places) == size:
            return found[:, :size]
        # The last is of rows without a vector.
        cosines: Floats = found.take(self._places.values, axis=1, mode="wrap")
        return cosines


def _look(vectors: Floats, coarse: _Bytes, fine: _Bytes, scales: Floats, found: Floats) -> None:
    """Writes the cosine of each row with each vector: by coarse bytes, and of the nearest by all."""
    steps, finer, units = _in_bytes(vectors)
    # Rows first, each is read once for all vectors; one vector is a little faster the other way round.
    one = len(steps) == 1
    dots = numkong.cdist(steps, coarse, "dot") if one else numkong.cdist(coarse, steps, "dot")
    found[:] = np.asarray(dots) if one else np.asarray(dots).T
    found *= units[:, None] * scales
    for asked, unit, near in zip(np.stack([steps, finer], axis=1), units, found, strict=True):
        rows = np.flatnonzero(near >= greatest(near, _NEAREST))
        most, rest = (
            np.asarray(numkong.cdist(asked, part.take(rows, axis=0), "dot"))
            for part in (coarse, fine)
        )
        with_coarse, with_fine = most + rest / _FINER
        near[rows] = (with_coarse + with_fine / _FINER) * unit * scales[rows]


def _in_bytes(vectors: Floats) -> tuple[_Bytes, _Bytes, Floats]:
    """Vectors as coarse and fine bytes, and the scale of each."""
    greatest = np.abs(vectors).max(axis=1, initial=0)
    scales = np.where(greatest > 0, greatest / _MOST, np.float32(1)).astype(np.float32)
    steps = vectors / scales[:, None]
    coarse = np.rint(steps)
    fine = np.clip(np.rint((steps - coarse) * _FINER), -_MOST, _MOST)
    return coarse.astype(np.int8), fine.astype(np.int8), scales
