"""Entities as stores keep them: the forms and types that claims gave them, each since when.

Name and type are functions of those sets, so neither depends on the order in which claims came in,
and what they were at an instant can be asked for again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from kgmem.ids import entity_id, normal_form
from kgmem.models import Claim, Entity, Similarity
from kgmem.naming.first_names import Person, found_by_rule

Since = Mapping[str, datetime]

_TYPE_ORDER = ("person", "organization", "place", "event", "work", "product", "group", "date")
_TYPE_RANK = {kind: place for place, kind in enumerate(_TYPE_ORDER)}


@dataclass(frozen=True, slots=True)
class EntityRow:
    """An entity as stored.

    Attributes:
        id: Its id.
        aliases: The forms in which it was written, and since when each is known.
        types: What claims say it is, and since when.
    """

    id: str
    aliases: Since
    types: Since

    @property
    def name(self) -> str:
        """The form to show: mixed case before capitals before lower case, then by alphabet."""
        return min(self.aliases, key=lambda form: (form.islower(), form.isupper(), form))

    @property
    def type(self) -> str | None:
        """The type to show."""
        return type_of(self.types)

    @property
    def person(self) -> Person | None:
        """The person that it is, where claims say so."""
        if "person" not in self.types:
            return None
        since = max(min(self.aliases.values()), self.types["person"])
        return Person(self.id, normal_form(self.name), since)

    @property
    def first_word(self) -> str | None:
        """What namesakes are found by: the first word of a person's name."""
        return self.person.name.split(" ")[0] if self.person else None

    def joined(self, other: "EntityRow") -> "EntityRow":
        """Both together, in either order."""
        return EntityRow(
            self.id, _earliest(self.aliases, other.aliases), _earliest(self.types, other.types)
        )

    def shown(self, summary: str = "", as_known: datetime | None = None) -> Entity:
        """The entity as people see it, or saw it at an instant of transaction time."""
        known = self if as_known is None else self._until(as_known)
        return Entity(
            id=self.id,
            name=known.name,
            type=known.type,
            aliases=tuple(sorted(known.aliases)),
            summary=summary,
        )

    def _until(self, known: datetime) -> "EntityRow":
        aliases = {form: since for form, since in self.aliases.items() if since <= known}
        types = {kind: since for kind, since in self.types.items() if since <= known}
        return EntityRow(self.id, aliases, types)


def type_of(types: Iterable[str]) -> str | None:
    """What an entity most likely is, where the words of several turns disagree."""
    return min(types, key=lambda kind: (_TYPE_RANK.get(kind, len(_TYPE_RANK)), kind), default=None)


def _earliest(one: Since, other: Since) -> Since:
    both = dict(one)
    for word, since in other.items():
        both[word] = min(since, both.get(word, since))
    return both


def entity_rows(claims: Iterable[Claim]) -> dict[str, EntityRow]:
    """What recorded claims say of the entities they name, by id; what rules find says nothing."""
    forms: dict[str, dict[str, datetime]] = defaultdict(dict)
    types: dict[str, dict[str, datetime]] = defaultdict(dict)
    for claim in claims:
        if found_by_rule(claim):
            continue
        since = claim.recorded_at
        if since is None:
            raise ValueError(f"claim {claim.id!r} has not been recorded")
        for entity, name, kind in (
            (claim.subject_id, claim.subject, claim.subject_type),
            (claim.object_id, claim.object, claim.object_type),
        ):
            if entity is not None and name is not None:
                forms[entity][name] = min(since, forms[entity].get(name, since))
                if kind is not None:
                    types[entity][kind] = min(since, types[entity].get(kind, since))
    return {entity: EntityRow(entity, forms[entity], types[entity]) for entity in forms}


def similar_row(similar: Similarity, group: str) -> dict[str, str | float]:
    """A pair of similar entities by their ids."""
    ids = {end: entity_id(group, getattr(similar, end)) for end in ("name", "alias")}
    return {**ids, "score": similar.score}
