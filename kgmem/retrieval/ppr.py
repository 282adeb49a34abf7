"""Personalized PageRank over a group's graph (Page et al. 1999; HippoRAG, 2024).

The walk is undirected and restarts at the seeds. Dangling nodes return their mass to the seeds, so
scores sum to one. Undirected, the transition has real eigenvalues in [-1, 1], so Chebyshev's
iteration (Golub and Varga 1961) needs half the steps of the power method.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgmem.retrieval.columns import Numbers, ascending
from kgmem.stores.base import PageRankStore

# Ranks of the first fifty are then those of an exact walk (measured on graphs of up to 350,000 edges).
_TOLERANCE = 1e-3
# Below this share of all edges, following those of the nodes reached so far is quicker.
_SPARSE = 0.15
# Above this tolerance numbers of 32 bits are exact enough, and half of them to move.
_SINGLE = 1e-5
# Diagonals shorter than this cost more in calls than summing what is left row by row.
_WIDE = 2048

Floats = NDArray[np.float64]
_Shares = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Edges:
    """An undirected graph in compressed sparse rows, each edge in the rows of both of its ends.

    Attributes:
        starts: Where the row of each node starts; shape ``(nodes + 1,)``.
        ends: The node at the other end, in the order of rows; shape ``(2 * edges,)``.
        numbers: The number of the edge it is; shape ``(2 * edges,)``.
    """

    starts: Numbers
    ends: Numbers
    numbers: Numbers

    @classmethod
    def of(cls, size: int, one: Numbers, other: Numbers) -> "Edges":
        """The graph of so many nodes with an edge between each ``one[i]`` and ``other[i]``."""
        here = np.concatenate([one, other])
        order = ascending(here)
        starts = np.zeros(size + 1, dtype=np.int64)
        np.cumsum(np.bincount(here, minlength=size), out=starts[1:])
        return cls(starts, np.concatenate([other, one])[order], order % max(len(one), 1))

    @cached_property
    def diagonals(self) -> "Diagonals":
        """The same edges, for a step from all nodes."""
        return Diagonals.of(self.starts)


@dataclass(frozen=True)
class Diagonals:
    """Jagged diagonal storage (Saad 1989): the first edges of all rows, then all second ones, and so on.

    A sum over the rows is then one of a few long columns, which takes half of the time.

    Attributes:
        order: The nodes, those of the most edges first.
        widths: How many nodes have a first edge, a second one, and so on, while they are many.
        places: The place of each edge in the rows: by diagonal, then what is left of the longest rows.
        rest: Where the rest of each of those starts, counted from the first.
    """

    order: Numbers
    widths: list[int]
    places: Numbers
    rest: Numbers

    @classmethod
    def of(cls, starts: Numbers) -> "Diagonals":
        """The diagonals of rows that start so."""
        lengths = np.diff(starts)
        order = np.argsort(-lengths, kind="stable")
        longer = len(lengths) - np.cumsum(np.bincount(lengths, minlength=1))
        widths: list[int] = longer[longer >= _WIDE].tolist()
        first = starts[:-1][order]
        left = lengths[order] - len(widths)
        left = left[left > 0]
        diagonals = [first[:width] + place for place, width in enumerate(widths)]
        rest = _runs(first[: len(left)] + len(widths), left)
        return cls(order, widths, np.concatenate([*diagonals, rest]), np.cumsum(left) - left)


class Walk:
    """A graph made ready to walk.

    Args:
        edges: The graph.
        weights: The weight of each edge; nothing flows over an edge of weight 0.
    """

    def __init__(self, edges: Edges, weights: Floats) -> None:
        self._edges = edges
        self._weights = weights.astype(np.float32)[edges.numbers]
        self._lengths = np.diff(edges.starts)
        diagonals = edges.diagonals
        ends, far = edges.ends[diagonals.places], self._weights[diagonals.places]
        cuts = np.cumsum(diagonals.widths, dtype=np.int64)
        # Views, a pair a diagonal, and one of what is left.
        self._flows = list(zip(np.split(ends, cuts), np.split(far, cuts), strict=True))
        strength = self._from_all(np.ones(len(self._lengths)))
        self._inverse = np.divide(1.0, strength, out=np.zeros(len(strength)), where=strength > 0)

    def scores(self, seeds: Floats, damping: float = 0.5, tolerance: float = _TOLERANCE) -> Floats:
        """The share of time that a walker spends at each node.

        Args:
            seeds: The weight of starting at each node; shape ``(nodes,)``.
            damping: The chance of following an edge rather than starting again at a seed.
            tolerance: How far off the scores may be, as a share of all.

        Returns:
            One score a node; zeros without a seed, and where no seed leads.
        """
        total = float(seeds.sum())
        if not total:
            return np.zeros(len(seeds))
        kind = np.float32 if tolerance > _SINGLE else np.float64
        left: _Shares = (seeds / total).astype(kind)
        inverse: _Shares = self._inverse.astype(kind, copy=False)
        scores, step = np.zeros_like(left), left.copy()
        rate, error, factor = damping / (1 + sqrt(1 - damping * damping)), 1.0, damping
        while error > tolerance:
            scores += step
            arrived = self._spread(step * inverse)
            arrived *= damping
            left -= step
            left += arrived
            following = 1 / (2 / damping - factor)
            step *= following * factor
            step += (2 * following / damping) * left
            factor, error = following, error * rate
        scores += step
        # What dangling nodes drop is what they would return to the seeds.
        shares = np.maximum(scores, 0.0, dtype=np.float64)
        shares /= shares.sum()
        return shares

    def path(self, node: int, scores: Floats, seeds: Floats, longest: int = 4) -> list[int]:
        """The nodes over which most of a node's score came to it, from where that started.

        Args:
            node: Where the path ends.
            scores: What `scores` gave for the seeds.
            seeds: The weight of starting at each node, in all 1.
            longest: How many edges a path has at most.
        """
        path = [node]
        while len(path) <= longest:
            row = slice(*self._edges.starts[path[0] : path[0] + 2])
            ends = self._edges.ends[row]
            flow = scores[ends] * self._inverse[ends] * self._weights[row]
            for passed in path:
                flow[ends == passed] = 0.0
            if flow.max(initial=0.0) <= seeds[path[0]]:
                break
            path.insert(0, int(ends[np.argmax(flow)]))
        return path

    def _spread(self, share: _Shares) -> _Shares:
        """What arrives at each node where every node sends its share along each of its edges."""
        if np.count_nonzero(share) > _SPARSE * len(share):
            return self._from_all(share)
        active = np.flatnonzero(share)
        lengths = self._lengths[active]
        if lengths.sum() > _SPARSE * len(self._weights):
            return self._from_all(share)
        places = _runs(self._edges.starts[active], lengths)
        flow = np.repeat(share[active], lengths) * self._weights[places]
        return np.bincount(self._edges.ends[places], flow, len(share)).astype(share.dtype)

    def _from_all(self, share: _Shares) -> _Shares:
        """The same along all edges, whatever the shares."""
        diagonals, sums = self._edges.diagonals, np.zeros_like(share)
        for number, (ends, weights) in enumerate(self._flows):
            # Without a mode numpy copies what it takes once more.
            flow = share.take(ends, mode="clip")
            flow *= weights
            if number == len(diagonals.widths):
                flow = np.add.reduceat(flow, diagonals.rest) if len(flow) else flow
            sums[: len(flow)] += flow
        arrived = np.empty_like(sums)
        arrived[diagonals.order] = sums
        return arrived


def _runs(starts: Numbers, lengths: Numbers) -> Numbers:
    """Runs of numbers one after another: for each, so many from where it starts."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()))


@dataclass(frozen=True)
class ServerWalk:
    """The same walk inside the store, over the whole graph; for nodes of a part of it.

    The store knows facts, mentions and turns that follow each other, not which names texts hold.

    Attributes:
        store: The store.
        nodes: The ids of the nodes.
        near: The walk over that part, for paths.
        as_of: Only facts true in the world then.
        as_known: Only what was believed and recorded then.
    """

    store: PageRankStore
    nodes: Sequence[str]
    near: Walk
    as_of: datetime | None
    as_known: datetime | None

    def scores(self, seeds: Floats, damping: float = 0.5, tolerance: float = 1e-9) -> Floats:
        """See `Walk.scores`."""
        weights = {self.nodes[n]: float(seeds[n]) for n in np.flatnonzero(seeds).tolist()}
        if not weights:
            return np.zeros(len(seeds))
        found = self.store.page_rank(weights, self.as_of, self.as_known, damping, tolerance)
        return np.array([found.get(name, 0.0) for name in self.nodes])

    def path(self, node: int, scores: Floats, seeds: Floats) -> list[int]:
        """See `Walk.path`; as far as the part goes."""
        return self.near.path(node, scores, seeds)
