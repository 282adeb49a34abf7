"""Personalized PageRank over a group's graph (Page et al. 1999; HippoRAG, 2024).

The walk is undirected and restarts at the seeds. Dangling nodes return their mass to the seeds, so
scores sum to one.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

_TOLERANCE = 1e-6
# Below this share of all edges, following those of the nodes reached so far is quicker.
_SPARSE = 0.2

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Edges:
    """An undirected graph in compressed sparse rows, each edge in both of its rows.

    Attributes:
        starts: Where the row of each node starts; shape ``(nodes + 1,)``.
        ends: The node at the other end, in the order of rows; shape ``(2 * edges,)``.
        numbers: The number of the edge it is; shape ``(2 * edges,)``.
    """

    starts: Numbers
    ends: NDArray[np.int32]
    numbers: NDArray[np.int32]

    @classmethod
    def of(cls, size: int, one: Numbers, other: Numbers) -> "Edges":
        """The graph of so many nodes with an edge between each ``one[i]`` and ``other[i]``."""
        here = np.concatenate([one, other]).astype(np.int32)
        there = np.concatenate([other, one]).astype(np.int32)
        order = np.argsort(here, kind="stable")
        starts = np.zeros(size + 1, dtype=np.int64)
        np.cumsum(np.bincount(here, minlength=size), out=starts[1:])
        numbers = order % max(len(one), 1)
        return cls(starts, there[order], numbers.astype(np.int32))


class Walk:
    """A graph made ready to walk.

    Args:
        edges: The graph.
        weights: The weight of each edge; nothing flows over an edge of weight 0.
    """

    def __init__(self, edges: Edges, weights: Floats) -> None:
        self._edges = edges
        self._weights = weights[edges.numbers]
        rows = np.diff(edges.starts)
        self._rows = np.flatnonzero(rows)
        self._lengths = rows
        self._first = edges.starts[:-1][self._rows]
        self._strength = self._into(self._weights)
        self._dangling = self._strength == 0
        self._inverse = np.divide(
            1.0, self._strength, out=np.zeros(len(rows)), where=~self._dangling
        )

    def scores(self, seeds: Floats, damping: float = 0.5, tolerance: float = _TOLERANCE) -> Floats:
        """The share of time that a walker spends at each node.

        Args:
            seeds: The weight of starting at each node; shape ``(nodes,)``.
            damping: The chance of following an edge rather than starting again at a seed.
            tolerance: How much of the walker's time may be left out.

        Returns:
            One score a node; zeros without a seed.
        """
        total = float(seeds.sum())
        if not total:
            return np.zeros(len(seeds))
        restart = seeds / total
        scores = np.zeros(len(seeds))
        moving = restart
        left = 1.0
        while left > tolerance:
            scores += (1 - damping) * moving
            lost = float(moving[self._dangling].sum())
            moving = damping * (self._step(moving * self._inverse) + lost * restart)
            left *= damping
        return scores + moving

    def _step(self, share: Floats) -> Floats:
        """What arrives at each node where every node sends its share along each of its edges."""
        active = np.flatnonzero(share)
        lengths = self._lengths[active]
        reached = int(lengths.sum())
        if reached > _SPARSE * len(self._weights):
            return self._into(share[self._edges.ends] * self._weights)
        before = np.cumsum(lengths) - lengths
        places = np.repeat(self._edges.starts[active] - before, lengths) + np.arange(reached)
        flow = np.repeat(share[active], lengths) * self._weights[places]
        return np.bincount(self._edges.ends[places], flow, len(share)).astype(np.float64)

    def _into(self, flow: Floats) -> Floats:
        """The sum over each row."""
        sums = np.zeros(len(self._lengths))
        if len(self._rows):
            sums[self._rows] = np.add.reduceat(flow, self._first)
        return sums

    @cached_property
    def degree(self) -> Numbers:
        """How many edges with a weight each node has."""
        return self._into((self._weights > 0).astype(np.float64)).astype(np.int64)
