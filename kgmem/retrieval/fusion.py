"""Reciprocal Rank Fusion (Cormack, Clarke, Buettcher 2009), weighted."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

_K = 60


def ranks(rankings: Mapping[str, Sequence[int]]) -> dict[int, dict[str, int]]:
    """For each row its rank, from 1, in every ranking that holds it."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for channel, rows in rankings.items():
        for place, row in enumerate(rows, 1):
            found[row][channel] = place
    return found


def fused(found: Mapping[int, Mapping[str, int]], weights: Mapping[str, float]) -> dict[int, float]:
    """The sum of ``weight / (60 + rank)`` over the channels that found each row."""
    return {
        row: sum(weights[channel] / (_K + place) for channel, place in places.items())
        for row, places in found.items()
    }
