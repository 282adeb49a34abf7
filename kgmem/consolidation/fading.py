"""Which turns have faded: the older and the less important, the sooner.

Retention follows the forgetting curve of Ebbinghaus (1885), as MemoryBank (Zhong et al. 2024) uses it:
``2 ** (-age / (half_life * (1 + importance)))``. Importance is of the graph, where MemoryBank counts
recalls: of every fact that a turn supports and that is believed now, the weight (what `Beliefs.weight`
says, 1 on average) divided by how many turns support it. A turn without facts fades at the half-life.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from kgmem.consolidation.beliefs import Beliefs
from kgmem.errors import InvalidInputError
from kgmem.results import Faded


def faded(beliefs: Beliefs, half_life: timedelta, below: float, now: datetime) -> list[Faded]:
    """The turns whose retention is below a threshold, the most faded first.

    Raises:
        InvalidInputError: The half-life is not above zero, or the threshold not between 0 and 1.
    """
    if half_life <= timedelta(0) or not 0 < below < 1:
        raise InvalidInputError(
            f"half_life={half_life!r}, below={below!r}: give a time above zero and a number between "
            "0 and 1"
        )
    importance = _importance(beliefs)
    found = []
    for episode in beliefs.episodes:
        weight = importance.get(episode.id, 0.0)
        age = (now - episode.occurred_at) / half_life
        retention = 2 ** (-max(age, 0.0) / (1 + weight))
        if retention < below:
            found.append(Faded(episode=episode, importance=weight, retention=retention))
    return sorted(found, key=lambda one: (one.retention, one.episode.id))


def _importance(beliefs: Beliefs) -> Mapping[str, float]:
    """Of each episode that supports a fact, by id."""
    found: dict[str, float] = defaultdict(float)
    for fact in beliefs.facts:
        turns = {beliefs.stated_in[claim] for claim in fact.support if claim in beliefs.stated_in}
        for turn in turns:
            found[turn] += beliefs.weight(fact) / len(turns)
    return found
