"""Edge lists as both stores build them."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from kgmem.stores.base import Graph


def graph_of(
    facts: Sequence[tuple[str, ...]],
    mentions: Sequence[tuple[str, ...]],
    episodes: Sequence[tuple[str, ...]],
) -> Graph:
    """The graph of a group.

    Args:
        facts: ``(fact, subject, object)`` ids.
        mentions: ``(episode, entity)`` ids.
        episodes: ``(episode, session)``, in the order of their session.
    """
    names = {e for _, *ends in facts for e in ends} | {entity for _, entity in mentions}
    entities = sorted(names)
    turns = [episode for episode, _ in episodes]
    node = {name: number for number, name in enumerate([*entities, *turns])}
    edges = [(node[s], node[o], fact, "FACT") for fact, s, o in facts]
    edges += [(node[e], node[n], "", "MENTIONS") for e, n in mentions if e in node]
    edges += [
        (node[earlier], node[later], "", "NEXT")
        for (earlier, session), (later, following) in pairwise(episodes)
        if session == following
    ]
    sources, targets, behind, kinds = zip(*edges, strict=True) if edges else ((), (), (), ())
    return Graph(
        entities=entities,
        episodes=turns,
        sources=np.array(sources, dtype=np.int64),
        targets=np.array(targets, dtype=np.int64),
        facts=behind,
        kinds=kinds,
    )
