"""Personalized PageRank over a group's graph (Page et al. 1999; HippoRAG, 2024).

The walk is undirected and restarts at the seeds. Dangling nodes return their mass to the seeds, so
scores sum to one. Undirected, the transition has real eigenvalues in [-1, 1], so Chebyshev's
iteration (Golub and Varga 1961) needs half the steps of the power method. Steps too small to matter are
not taken (Zhou et al. 2024), so that a walk sees what is near its seeds, however large the graph.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from kgmem.retrieval.columns import Numbers, ascending, distinct
from kgmem.stores.base import PageRankStore

# Ranks of the first fifty are then those of an exact walk (measured on graphs of up to 350,000 edges).
_TOLERANCE = 1e-3
# A step is left out below such a share of the tolerance for each unit of weight of its node.
_LEAST = 3e-3

Floats = NDArray[np.float64]


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
        self._strength = np.bincount(edges.ends, self._weights, len(self._lengths))
        self._inverse = np.divide(
            1.0, self._strength, out=np.zeros(len(self._strength)), where=self._strength > 0
        )

    def scores(self, seeds: Floats, damping: float = 0.5, tolerance: float = _TOLERANCE) -> Floats:
        """The share of time that a walker spends at each node.

        Args:
            seeds: The weight of starting at each node; shape ``(nodes,)``.
            damping: The chance of following an edge rather than starting again at a seed.
            tolerance: How far off the scores may be, as a share of all.

        Returns:
            One score a node; zeros without a seed.
        """
        near = _Near(self._edges.ends, np.flatnonzero(seeds > 0), len(seeds))
        left = seeds[near.nodes] / (seeds.sum() or 1)
        scores, step = np.zeros_like(left), left.copy()
        rate, error, factor = damping / (1 + sqrt(1 - damping * damping)), 1.0, damping
        while error > tolerance:
            step[np.abs(step) < _LEAST * tolerance * self._strength[near.nodes]] = 0.0
            active = np.flatnonzero(step != 0)
            places, flow = self._flow(near.nodes[active], step[active])
            ends = near.reached(places)
            # What is reached for the first time has had nothing yet.
            new = np.zeros(len(near.nodes) - len(left))
            left, scores, step = (np.concatenate([part, new]) for part in (left, scores, step))
            scores += step
            left -= step
            left += damping * np.bincount(ends, flow, len(left))
            following = 1 / (2 / damping - factor)
            step = following * (factor * step + 2 / damping * left)
            factor, error = following, error * rate
        scores += step
        # What dangling nodes drop is what they would return to the seeds.
        scores = np.maximum(scores, 0.0)
        shares = np.zeros(len(seeds))
        shares[near.nodes] = scores / (scores.sum() or 1)
        return shares

    def _flow(self, nodes: Numbers, sent: Floats) -> tuple[Numbers, Floats]:
        """The places in the rows that some nodes send along, and how much goes over each."""
        lengths = self._lengths[nodes]
        places = _runs(self._edges.starts[nodes], lengths)
        flow = np.repeat(sent * self._inverse[nodes], lengths)
        flow *= self._weights.take(places)
        return places, flow

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


class _Near:
    """The nodes that a walk has come to, in the order in which it did.

    Args:
        ends: The node at the other end of each place in the rows.
        seeds: Where it starts.
        size: How many nodes the graph has.
    """

    def __init__(self, ends: Numbers, seeds: Numbers, size: int) -> None:
        self._ends = ends
        self._places = np.full(size, -1, dtype=np.int32)
        self.nodes = seeds[:0]
        self._come(seeds)

    def reached(self, places: Numbers) -> NDArray[np.int32]:
        """For each of some places in the rows, where among the nodes its end stands."""
        ends = self._ends.take(places)
        found = self._places.take(ends)
        if found.min(initial=0) < 0:
            self._come(distinct(ends[found < 0]))
            found = self._places.take(ends)
        return found

    def _come(self, new: Numbers) -> None:
        self._places[new] = np.arange(len(self.nodes), len(self.nodes) + len(new))
        self.nodes = np.concatenate([self.nodes, new])


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
