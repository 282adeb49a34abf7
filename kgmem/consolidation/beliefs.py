"""What a group believes now as a graph, and how important its entities are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kgmem.models import Episode
from kgmem.retrieval.ppr import Edges, Walk
from kgmem.stores.base import Changes, Vector
from kgmem.stores.entities import EntityRow
from kgmem.timeline import SAME_AS, Version

# As in PageRank (Page et al. 1999).
_DAMPING = 0.85
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What a group believes now.

    Attributes:
        rewrites: How often history had been rewritten when it was read.
        entities: The entities that facts are about, by id.
        facts: The facts but for links, each once, by id.
        importance: Of each entity: its PageRank in the undirected graph of facts, where the average
            entity has 1.
        episodes: All episodes.
        stated_in: The episode that states a claim, by the claim's id.
        vectors: Embeddings of the names of entities, by id.
    """

    rewrites: int
    entities: Mapping[str, EntityRow]
    facts: Sequence[Version]
    importance: Mapping[str, float]
    episodes: Sequence[Episode]
    stated_in: Mapping[str, str]
    vectors: Mapping[str, Vector]

    @classmethod
    def of(cls, changes: Changes) -> "Beliefs":
        """What is believed in a whole group."""
        versions = [version for version, _ in changes.versions if version.expired_at is None]
        facts = sorted((v for v in versions if v.predicate != SAME_AS), key=lambda v: v.id)
        rows = {row.id: row for row in changes.entities}
        ids = sorted({end for fact in facts for end in (fact.subject_id, fact.object_id)})
        return cls(
            rewrites=changes.mark.rewrites,
            entities={name: rows[name] for name in ids},
            facts=facts,
            importance=_importance(ids, facts),
            episodes=[episode for episode, _ in changes.episodes],
            stated_in={c.id: c.episode for c in changes.claims if c.episode is not None},
            vectors={name: changes.vectors[name] for name in ids if name in changes.vectors},
        )

    def weight(self, fact: Version) -> float:
        """How important a fact is: as its two ends are on average."""
        return (self.importance[fact.subject_id] + self.importance[fact.object_id]) / 2


def _importance(ids: Sequence[str], facts: Sequence[Version]) -> dict[str, float]:
    places = {name: place for place, name in enumerate(ids)}
    ends = [(places[f.subject_id], places[f.object_id]) for f in facts]
    one, other = np.array(ends, dtype=np.int64).reshape(-1, 2).T
    walk = Walk(Edges.of(len(ids), one, other), np.ones(len(ends)))
    scores = walk.scores(np.ones(len(ids)), _DAMPING, _TOLERANCE) * len(ids)
    # Entities that are alike in the graph are equal, whatever the last digits of a sum.
    return dict(zip(ids, scores.round(6).tolist(), strict=True))
