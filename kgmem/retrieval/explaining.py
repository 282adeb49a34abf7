"""Why a hit has its place: its rank in every channel, where the walk began, and how it came there."""

from datetime import datetime

import numpy as np

from kgmem.results import Why
from kgmem.retrieval.columns import among, descending
from kgmem.retrieval.folding import Place
from kgmem.retrieval.ppr import ServerWalk, Walk
from kgmem.retrieval.scoring import WEIGHTS, Found, Sight
from kgmem.retrieval.snapshot import Snapshot
from kgmem.retrieval.spreading import Walked
from kgmem.when import status

_MOST_SEEDS = 20
_WORDS_OF_TURN = 40


class Explaining:
    """Explains the places of one list.

    Args:
        sight: What the question looks at.
        scored: What the channels say.
        walked: What the walk found.
        walk: The graph.
    """

    def __init__(
        self, sight: Sight, scored: Found, walked: Walked, walk: Walk | ServerWalk
    ) -> None:
        self._sight, self._walked, self._walk = sight, walked, walk
        channels = {**scored.channels, "graph": walked.turns}
        seen = sight.seen.episodes
        shown = {n: among(s, seen) for n, s in channels.items()}
        self._channels = {
            n: s for n, s in shown.items() if len(s) == 1 or s.max(initial=0) > s.min(initial=0)
        }
        self._ranks: dict[tuple[str, float], int] = {}
        self._first = len(sight.snapshot.entities.records)
        self._facts = scored.facts
        seeds = np.flatnonzero(walked.seeds[: self._first] > 0)
        order = next(descending(walked.seeds, seeds, _MOST_SEEDS), [])[:_MOST_SEEDS]
        self._seeds = tuple(self._name(node) for node in order)

    def why(self, place: Place, at: datetime) -> Why:
        """Why a place is what it is, at an instant of valid time."""
        ranks = {}
        if place.turn is not None:
            row = self._sight.seen.places[place.turn]
            ranks = {n: self._rank(n, float(s[row])) for n, s in self._channels.items()}
        elif place.fact is not None:
            nearer = (self._facts > self._facts[place.fact]) & self._sight.seen.facts
            ranks = {"facts": 1 + int(np.count_nonzero(nearer))}
        return Why(
            ranks=ranks,
            seeds=self._seeds,
            path=tuple(self._name(node) for node in self._path(place)),
            time=time_of(self._sight.snapshot, place, at),
        )

    def _rank(self, channel: str, score: float) -> int:
        """The rank of a score in a channel; many hits share one where there are few scores."""
        if (channel, score) not in self._ranks:
            scores = self._channels[channel]
            better = scores > score if WEIGHTS.get(channel, 1) > 0 else scores < score
            self._ranks[channel, score] = 1 + int(np.count_nonzero(better))
        return self._ranks[channel, score]

    def _path(self, place: Place) -> list[int]:
        if place.turn is not None:
            node = self._first + place.turn
        else:
            facts, time = self._sight.snapshot.facts, self._walked.time
            ends = (int(end.values[place.fact]) for end in (facts.subjects, facts.objects))
            node = max(ends, key=lambda end: float(time[end]))
        return self._walk.path(node, self._walked.time, self._walked.seeds)

    def _name(self, node: int) -> str:
        if node < self._first:
            return self._sight.snapshot.entities.records[node].name
        text = " ".join(self._sight.snapshot.episodes.records[node - self._first].text.split())
        return text if len(text) <= _WORDS_OF_TURN else f"{text[: _WORDS_OF_TURN - 3]}..."


def time_of(snapshot: Snapshot, place: Place, at: datetime) -> str:
    """Whether the fact that a place shows holds at an instant of valid time."""
    if place.fact is None or not place.is_fact:
        return ""
    version = snapshot.facts.records[place.fact]
    stands = status(version.valid_at, version.invalid_at, at)
    return f"{stands} at {at.isoformat(timespec='seconds')}"
