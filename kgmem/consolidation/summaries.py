"""Summaries: the facts that say most about an entity, or about a community."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kgmem.consolidation.beliefs import Beliefs
from kgmem.timeline import Version
from kgmem.when import status

_OF_ENTITY = 3
OF_COMMUNITY = 5
"""How many facts stand for a community where no language model sums them up."""


def central(beliefs: Beliefs, facts: Iterable[Version], at: datetime) -> list[Version]:
    """Facts in the order of how much they say: those that hold, of important ends, with much support."""
    return sorted(
        facts,
        key=lambda f: (
            status(f.valid_at, f.invalid_at, at) != "holds",
            -beliefs.weight(f),
            -len(f.support),
            f.id,
        ),
    )


def inside(beliefs: Beliefs, groups: Sequence[Sequence[str]]) -> list[list[Version]]:
    """The facts of each community: those with both ends in it."""
    places = {name: place for place, group in enumerate(groups) for name in group}
    found: list[list[Version]] = [[] for _ in groups]
    for fact in beliefs.facts:
        place = places.get(fact.subject_id)
        if place is not None and place == places.get(fact.object_id):
            found[place].append(fact)
    return found


def of_entities(beliefs: Beliefs, at: datetime) -> dict[str, str]:
    """The summary of every entity that facts are about, by id."""
    about: Mapping[str, list[Version]] = defaultdict(list)
    for fact in beliefs.facts:
        for end in {fact.subject_id, fact.object_id}:
            about[end].append(fact)
    return {
        name: "\n".join(lines(central(beliefs, about[name], at))[:_OF_ENTITY])
        for name in beliefs.entities
    }


def lines(facts: Iterable[Version]) -> list[str]:
    """The words of facts, each with its time on a line of its own, each once."""
    return list(dict.fromkeys(map(_line, facts)))


def _line(fact: Version) -> str:
    until = "now" if fact.invalid_at is None else fact.invalid_at.date().isoformat()
    return f"[{fact.valid_at.date().isoformat()} to {until}] {' '.join(fact.text.split())}"
