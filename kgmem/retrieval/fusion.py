"""Reciprocal Rank Fusion (Cormack, Clarke, Buettcher 2009), weighted."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

_K = 60


def ranks(rankings: Mapping[str, Sequence[str]]) -> dict[str, dict[str, int]]:
    """For each id its rank, from 1, in every ranking that holds it."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for channel, ids in rankings.items():
        for place, name in enumerate(ids, 1):
            found[name].setdefault(channel, place)
    return found


def fused(found: Mapping[str, Mapping[str, int]], weights: Mapping[str, float]) -> dict[str, float]:
    """The sum of ``weight / (60 + rank)`` over the channels that found each id."""
    return {
        name: sum(weights[channel] / (_K + place) for channel, place in places.items())
        for name, places in found.items()
    }
