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

from kgmem.retrieval.columns import Column, Floats

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
        self._coarse: Column | None = None
        self._fine: Column | None = None

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
            for vector, near in zip(vectors, found[:, :size], strict=True):
                _look(vector, self._coarse.values, self._fine.values, self._scales.values, near)
        if len(self._places) == size:
            return found[:, :size]
        # The last is of rows without a vector.
        cosines: Floats = found.take(self._places.values, axis=1, mode="wrap")
        return cosines


def _look(vector: Floats, coarse: _Bytes, fine: _Bytes, scales: Floats, found: Floats) -> None:
    """Writes the cosine with each row: by coarse bytes, and of the nearest by all."""
    asked, _, scale = _in_bytes(vector[None])
    found[:] = np.asarray(numkong.cdist(asked, coarse, "dot"))[0]
    found *= scales * scale
    last = len(found) - _NEAREST
    rows = np.flatnonzero(
        found >= np.partition(found, last)[last] if last > 0 else found >= -np.inf
    )
    whole = fine[rows].astype(np.float32)
    whole /= _FINER
    whole += coarse[rows]
    found[rows] = (whole @ vector) * scales[rows]


def _in_bytes(vectors: Floats) -> tuple[_Bytes, _Bytes, Floats]:
    """Vectors as coarse and fine bytes, and the scale of each."""
    greatest = np.abs(vectors).max(axis=1, initial=0)
    scales = np.where(greatest > 0, greatest / _MOST, np.float32(1)).astype(np.float32)
    steps = vectors / scales[:, None]
    coarse = np.rint(steps)
    fine = np.clip(np.rint((steps - coarse) * _FINER), -_MOST, _MOST)
    return coarse.astype(np.int8), fine.astype(np.int8), scales
