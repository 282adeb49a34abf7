"""Communities: entities that facts tie more closely to each other than to others.

Found by Leiden (Traag, Waltman and van Eck 2019) with modularity, over all that is believed now; each
fact weighs 1. Seeded, over entities and facts in the order of their ids: the same beliefs give the
same communities, on every store.
"""

import random
import threading
from collections import Counter
from collections.abc import Sequence

from kgmem.consolidation.beliefs import Beliefs
from kgmem.errors import ConfigurationError

# Two entities are what a fact is: nothing to sum up.
_SMALLEST = 3
# igraph has one source of random numbers for the whole process.
_SEEDED = threading.Lock()


def communities(beliefs: Beliefs) -> list[list[str]]:
    """The ids of the entities of each community, the most important first; the largest ones first.

    Raises:
        ConfigurationError: igraph is not installed.
    """
    try:
        import igraph
    except ImportError as missing:
        raise ConfigurationError(
            "igraph, which finds communities, is not installed: pip install 'kgmem[communities]', or "
            "consolidate without that part"
        ) from missing
    ids = sorted(beliefs.entities)
    places = {name: place for place, name in enumerate(ids)}
    ends = (sorted((places[f.subject_id], places[f.object_id])) for f in beliefs.facts)
    weights = Counter((one, other) for one, other in ends if one != other)
    edges = sorted(weights)
    graph = igraph.Graph(n=len(ids), edges=edges)
    with _SEEDED:
        igraph.set_random_number_generator(random.Random(0))
        try:
            found = graph.community_leiden(
                "modularity", weights=[weights[edge] for edge in edges], n_iterations=-1
            )
        finally:
            igraph.set_random_number_generator(random)
    groups = [_ranked([ids[place] for place in group], beliefs) for group in found]
    return sorted(
        (group for group in groups if len(group) >= _SMALLEST), key=lambda g: (-len(g), g)
    )


def _ranked(group: Sequence[str], beliefs: Beliefs) -> list[str]:
    return sorted(group, key=lambda name: (-beliefs.importance[name], name))
