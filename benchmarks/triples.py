"""DialogRE's relations and kgmem's facts as triples that can be compared (see ``dialogre.toml``)."""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.wording import answer_form
from kgmem import Entity, Fact

_ALTERNATE = "per:alternate_names"


class Triple(NamedTuple):
    """A relation between two names, each in its normal form."""

    x: str
    relation: str
    y: str


class Reading(NamedTuple):
    """How a name of a relation is read: which relation it is, and whether it turns it around."""

    relation: str
    is_turned: bool
    is_symmetric: bool


@dataclass(frozen=True, slots=True)
class Relations:
    """Which relations of the data are which predicates.

    Attributes:
        gold: How each name in the data is read.
        predicates: How each predicate is read.
        linking: The predicates that say who is who.
    """

    gold: Mapping[str, Reading]
    predicates: Mapping[str, Reading]
    linking: frozenset[str]


def relations_of_data() -> Relations:
    """The mapping of ``dialogre.toml``."""
    text = Path(__file__).with_name("dialogre.toml").read_text(encoding="utf-8")
    entries = tomllib.loads(text)
    return Relations(
        gold=dict(_readings(entries["relations"], "gold")),
        predicates=dict(_readings(entries["relations"], "predicates")),
        linking=frozenset(entries["linking"]),
    )


def _readings(relations: Sequence[Mapping[str, Any]], names: str) -> Iterable[tuple[str, Reading]]:
    for entry in relations:
        known = entry["gold"][0], entry.get("symmetric", False)
        for key, is_turned in ((names, False), (f"{names}_turned", True)):
            for name in entry.get(key, ()):
                yield name, Reading(known[0], is_turned, known[1])


def read(reading: Reading, x: str, y: str) -> Triple:
    """The triple that a relation says of two names; one of two directions where both say the same."""
    if reading.is_turned or (reading.is_symmetric and y < x):
        x, y = y, x
    return Triple(x, reading.relation, y)


class Gold:
    """What the data say of one dialogue.

    Args:
        entries: The annotated pairs.
        known: The mapping.
    """

    def __init__(self, entries: Sequence[Mapping[str, Any]], known: Relations) -> None:
        self._owners = _owners(entries)
        self.arguments = {self.resolved(e[end]) for e in entries for end in ("x", "y")}
        self.links = {
            frozenset((answer_form(e["x"]), answer_form(e["y"])))
            for e in entries
            if _ALTERNATE in e["r"]
        }
        self.triples = {
            read(known.gold[name], self.resolved(e["x"]), self.resolved(e["y"]))
            for e in entries
            for name in e["r"]
            if name in known.gold
        }

    def resolved(self, name: str) -> str:
        """Whom a name stands for according to the data; itself where that is several, or nobody."""
        form = answer_form(name)
        owners = self._owners.get(form, set())
        return next(iter(owners)) if len(owners) == 1 else form


def _owners(entries: Sequence[Mapping[str, Any]]) -> Mapping[str, set[str]]:
    owners: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        if _ALTERNATE in entry["r"]:
            owners[answer_form(entry["y"])].add(answer_form(entry["x"]))
    return owners


def found_triples(facts: Sequence[Fact], gold: Gold, known: Relations) -> set[Triple]:
    """What the facts say in the relations of the mapping, names resolved as the data do."""
    return {
        read(
            known.predicates[fact.predicate],
            gold.resolved(fact.subject.name),
            gold.resolved(fact.object.name),
        )
        for fact in facts
        if fact.predicate in known.predicates
    }


def found_links(
    facts: Sequence[Fact], entities: Sequence[Entity], known: Relations
) -> set[frozenset[str]]:
    """The pairs of names that the memory takes for one: forms of an entity, and facts that say so.

    "Ada's sister" tells of a role; the data annotate names.
    """
    pairs = {
        frozenset(pair)
        for entity in entities
        for pair in combinations(
            {answer_form(n) for n in (entity.name, *entity.aliases) if "'s " not in n}, 2
        )
    }
    return pairs | {
        frozenset((answer_form(fact.subject.name), answer_form(fact.object.name)))
        for fact in facts
        if fact.predicate in known.linking
    }
