"""Entities that may be one: those whose names mean nearly the same and nobody has decided about."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from kgmem.consolidation.beliefs import Beliefs
from kgmem.extraction.base import NameDoubt
from kgmem.models import Similarity
from kgmem.resolution.namesakes import ALIKE
from kgmem.stores.entities import EntityRow

_ROWS = 1000
_MOST_FACTS = 3
_NUMBER = re.compile(r"\d+")
# Days are near each other and never one.
_VALUES = frozenset(("date",))


def similar(beliefs: Beliefs, decided: Collection[frozenset[str]]) -> list[Similarity]:
    """The pairs of similar names, the most similar first.

    Args:
        beliefs: What is believed.
        decided: Pairs of ids of which somebody has said whether they are one.
    """
    found = []
    for one, other, cosine in _near(beliefs.vectors):
        rows = [beliefs.entities[one], beliefs.entities[other]]
        if frozenset((one, other)) not in decided and _may_be_one(*rows):
            name, alias = sorted(rows, key=lambda row: (-beliefs.importance[row.id], row.id))
            found.append(Similarity(name=name.name, alias=alias.name, score=round(cosine, 4)))
    return sorted(found, key=lambda pair: (-pair.score, pair.name, pair.alias))


def doubts(beliefs: Beliefs, pairs: Sequence[Similarity]) -> list[NameDoubt]:
    """The pairs as a judge of names is asked about them, with the last that was said of each."""
    told: Mapping[str, list[str]] = defaultdict(list)
    for fact in sorted(beliefs.facts, key=lambda f: (f.valid_at, f.id)):
        for end in (fact.subject_id, fact.object_id):
            told[beliefs.entities[end].name].append(fact.text)

    def last(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(told[name]))[-_MOST_FACTS:]

    return [NameDoubt(p.alias, p.name, last(p.alias), last(p.name)) for p in pairs]


def _may_be_one(one: EntityRow, other: EntityRow) -> bool:
    """Numbers and kinds tell apart what vectors do not: flight 12 and flight 13, Paris and Paris."""
    kinds = {row.type for row in (one, other) if row.type}
    numbers = [sorted(_NUMBER.findall(row.name)) for row in (one, other)]
    return len(kinds) < 2 and not kinds & _VALUES and numbers[0] == numbers[1]  # noqa: PLR2004


def _near(vectors: Mapping[str, np.ndarray]) -> Iterator[tuple[str, str, float]]:
    """Pairs of ids with a cosine of `ALIKE` or more; compares all, a block of rows at a time."""
    ids = sorted(vectors)
    if not ids:
        return
    matrix = np.stack([vectors[name] for name in ids])
    for start in range(0, len(ids), _ROWS):
        scores = matrix[start : start + _ROWS] @ matrix[start:].T
        for row, column in np.argwhere(scores >= ALIKE).tolist():
            if row < column:
                yield ids[start + row], ids[start + column], float(scores[row, column])
