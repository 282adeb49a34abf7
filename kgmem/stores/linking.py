"""Links in a write: who is who before and after it, and whose facts that moves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import product

from kgmem.ids import normal_form
from kgmem.models import Claim
from kgmem.naming.entities import canonical, namings
from kgmem.timeline import SAME_AS, Names, Naming, Slot


@dataclass(frozen=True)
class Linking:
    """Who is who around a write.

    Attributes:
        before: Who was who without what comes in, and with what goes.
        after: Who is who with what comes in, and without what goes.
    """

    before: Names = ()
    after: Names = ()

    @classmethod
    def unchanged(cls, believed: Iterable[tuple[str, str, str, str]], now: datetime) -> "Linking":
        """Links of which none comes or goes: ids and names of aliases and names."""
        forms: dict[str, str] = {}
        pairs = set()
        for alias, alias_name, entity, name in believed:
            forms |= {alias: normal_form(alias_name), entity: normal_form(name)}
            pairs.add((alias, entity))
        naming = Naming(now, canonical(pairs, forms.__getitem__), frozenset(pairs))
        names = (naming,) if pairs else ()
        return cls(names, names)

    @classmethod
    def of(
        cls,
        links: Sequence[Claim],
        new: Iterable[Claim],
        gone: Iterable[Claim],
        now: datetime,
        *,
        every: bool,
    ) -> "Linking":
        """What links amount to.

        Args:
            links: All links of the group, new ones included.
            new: The claims that have come in.
            gone: The claims that have been erased.
            now: The transaction time of the write.
            every: Whether the past counts too, because history is rewritten.
        """
        fresh = {claim.id for claim in new}
        lost = [claim for claim in gone if claim.predicate == SAME_AS]
        old = [claim for claim in links if claim.id not in fresh] + lost
        instants = [c.recorded_at for c in (*links, *lost) if c.recorded_at] if every else [now]
        after = namings(links, instants)
        same = not lost and len(old) == len(links)
        return cls(after if same else namings(old, instants), after)

    def moved(self) -> list[str]:
        """The entities that stand for another one than before, or have other links."""
        if self.before is self.after:
            return []
        before, after = _traces(self.before), _traces(self.after)
        return sorted(
            entity
            for entity in before.keys() | after.keys()
            if before.get(entity) != after.get(entity)
        )

    def slots_of(self, slot: Slot) -> set[Slot]:
        """A slot of names as they were written, under all that these names stood for."""
        if slot.predicate == SAME_AS:
            return {slot}
        return {
            slot._replace(subject_id=subject or slot.subject_id, object_id=value)
            for subject in self._ever.get(slot.subject_id, (slot.subject_id,))
            for value in self._ever.get(slot.object_id, (slot.object_id,))
        }

    @cached_property
    def _ever(self) -> dict[str | None, set[str | None]]:
        """What each name stood for at any time, itself included."""
        found: dict[str | None, set[str | None]] = {}
        for naming in (*self.before, *self.after):
            for alias, chief in naming.canonical.items():
                found.setdefault(alias, {alias}).add(chief)
        return found

    def read_as(self, slots: Sequence[Slot]) -> list[list[Slot]]:
        """For each slot those, of the names as they were written, whose claims bear on it."""
        members: dict[str | None, set[str | None]] = {}
        for naming in (*self.before, *self.after):
            for alias, chief in naming.canonical.items():
                members.setdefault(chief, {chief}).add(alias)
        return [
            [slot]
            if slot.predicate == SAME_AS
            else [
                slot._replace(subject_id=subject, object_id=value)
                for subject, value in product(
                    sorted(filter(None, members.get(slot.subject_id, {slot.subject_id}))),
                    sorted(members.get(slot.object_id, {slot.object_id}), key=str),
                )
            ]
            for slot in slots
        ]


def _traces(names: Names) -> dict[str, list[tuple[datetime, str, frozenset[str]]]]:
    """Of each entity, what it stood for and which names its links led to, since when."""
    found: dict[str, list[tuple[datetime, str, frozenset[str]]]] = {}
    for naming in names:
        led: dict[str, set[str]] = {}
        for alias, name in naming.links:
            led.setdefault(alias, set()).add(name)
        for entity in found.keys() | naming.canonical.keys() | led.keys():
            chief = naming.canonical.get(entity, entity)
            state = (chief, frozenset(led.get(entity, ())))
            trace = found.setdefault(entity, [])
            if not trace or trace[-1][1:] != state:
                trace.append((naming.since, *state))
    return found
