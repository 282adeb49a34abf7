"""Personalized PageRank over a snapshot of a group's graph (Page et al. 1999; HippoRAG, 2024).

The walk is undirected and restarts at the seeds. Dangling nodes return their mass to the seeds, so
scores sum to one.
"""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kgmem.stores.base import Graph

_WEIGHTS = {"FACT": 1.0, "MENTIONS": 1.0, "NEXT": 0.5}
_TOLERANCE = 1e-9
_MOST_STEPS = 200

Floats = NDArray[np.float64]


class Walk:
    """A graph made ready to walk.

    Args:
        graph: The snapshot.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes = {name: i for i, name in enumerate([*graph.entities, *graph.episodes])}
        weights = np.array([_WEIGHTS[kind] for kind in graph.kinds])
        self._from = np.concatenate([graph.sources, graph.targets])
        self._to = np.concatenate([graph.targets, graph.sources])
        weight = np.concatenate([weights, weights])
        strength = np.bincount(self._from, weight, len(self.nodes))
        self._share = weight / strength[self._from] if len(weight) else weight
        self._dangling = strength == 0

    def scores(self, seeds: Mapping[str, float], damping: float = 0.5) -> Floats:
        """The share of time that a walker spends at each node.

        Args:
            seeds: Weight by id of an entity or episode; those not in the graph are left out.
            damping: The chance of following an edge rather than starting again at a seed.

        Returns:
            One score a node, in the order of ``nodes``; zeros without a seed.
        """
        size = len(self.nodes)
        restart = np.zeros(size)
        for name, weight in seeds.items():
            if name in self.nodes:
                restart[self.nodes[name]] += weight
        total = restart.sum()
        if not total:
            return restart
        restart /= total
        scores = restart
        for _ in range(_MOST_STEPS):
            flow = np.bincount(self._to, scores[self._from] * self._share, size)
            lost = scores[self._dangling].sum()
            following = damping * (flow + lost * restart) + (1 - damping) * restart
            if np.abs(following - scores).sum() < _TOLERANCE:
                return np.asarray(following)
            scores = following
        return scores

    @cached_property
    def ends(self) -> dict[str, tuple[int, int]]:
        """The two nodes of each fact."""
        return {
            fact: (int(s), int(t))
            for fact, s, t in zip(
                self.graph.facts, self.graph.sources, self.graph.targets, strict=True
            )
            if fact
        }

    @cached_property
    def degree(self) -> NDArray[np.int64]:
        """How many edges each node has."""
        return np.bincount(self._from, minlength=len(self.nodes))
