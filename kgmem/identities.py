"""Who is who in a store: read as it was known, and decided by people."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from kgmem.embeddings import Embedder
from kgmem.errors import InvalidInputError
from kgmem.ids import entity_id, normal_form
from kgmem.models import Claim, ClaimDraft, Entity, Fact
from kgmem.naming.entities import Pair, canonical, decided, naming
from kgmem.reporting import changes_of
from kgmem.results import Change
from kgmem.stores.base import Channel, FactQuery, RecordQuery, SearchQuery, Store
from kgmem.stores.entities import type_of
from kgmem.text import terms
from kgmem.timeline import SAME_AS
from kgmem.when import TICK

_SIMILAR: Sequence[Channel] = ("entity_text", "entity_vector")
# As in Reciprocal Rank Fusion.
_RANKS = 61


class Identities:
    """Who is who, as known at an instant.

    Args:
        links: The entities at the ends of the believed facts of `SAME_AS`: who stands for whom.
        group: The group, to find an entity by its name.

    Attributes:
        chiefs: The entity that each alias stands for.
    """

    def __init__(self, links: Sequence[tuple[Entity, Entity]], group: str = "") -> None:
        self._group = group
        self._entities = {entity.id: entity for pair in links for entity in pair}
        self.chiefs = canonical(
            [(alias.id, name.id) for alias, name in links],
            lambda one: normal_form(self._entities[one].name),
        )
        self._members: dict[str, list[str]] = defaultdict(list)
        for alias, name in sorted(self.chiefs.items()):
            self._members[name].append(alias)

    @classmethod
    def read(cls, store: Store, as_known: datetime | None = None) -> "Identities":
        """What a store knew at an instant; what it knows, without one."""
        links = store.facts(FactQuery(predicates=[SAME_AS], as_known=as_known))
        return cls([(link.subject, link.object) for link in links], store.group)

    def of(self, name: str, *, as_written: bool = False) -> str:
        """The id of the entity that a name stands for, or of the name itself as it is written."""
        written = entity_id(self._group, name)
        return written if as_written else self.chiefs.get(written, written)

    def members(self, name: str) -> list[str]:
        """The ids of all entities that stand for the same as a name, their common one first."""
        return self.class_of(self.of(name))

    def class_of(self, entity: str) -> list[str]:
        """The ids of an entity that stands for itself, and of all that stand for it."""
        return [entity, *self._members.get(entity, ())]

    def shown(self, entity: Entity) -> Entity:
        """An entity with the forms of all that stand for it."""
        aliases = [self._entities[alias] for alias in self._members.get(entity.id, ())]
        if not aliases:
            return entity
        everyone = (entity, *aliases)
        forms = sorted({form for one in everyone for form in one.aliases})
        kind = type_of(one.type for one in everyone if one.type)
        return entity.model_copy(update={"aliases": tuple(forms), "type": kind})

    def facts(self, facts: Iterable[Fact]) -> list[Fact]:
        """Facts about entities as `shown`; links are about names and stay as they are."""
        return [
            fact
            if fact.predicate == SAME_AS or not self._members
            else fact.model_copy(
                update={"subject": self.shown(fact.subject), "object": self.shown(fact.object)}
            )
            for fact in facts
        ]

    def entities(self, entities: Iterable[Entity]) -> list[Entity]:
        """Those that stand for themselves, as `shown`."""
        return [self.shown(one) for one in entities if one.id not in self.chiefs]


class Acquaintance:
    """Knows who is who in a store; asks again only after something has been written.

    Args:
        store: The store.
        embedder: Embeds names; ``None`` compares them by their words alone.
    """

    def __init__(self, store: Store, embedder: Embedder | None) -> None:
        self._store = store
        self._embedder = embedder
        self._last: tuple[tuple[datetime | None, datetime | None], Identities] | None = None

    def read(self, as_known: datetime | None = None) -> Identities:
        """Who is who, as known at an instant."""
        key = (self._store.state().recorded_at, as_known)
        last = self._last
        if last is None or last[0] != key:
            self._last = last = (key, Identities.read(self._store, as_known))
        return last[1]

    def similar(self, name: str, k: int) -> list[Entity]:
        """The entities whose names share words or meaning with a name, the most similar first."""
        names = self.read()
        form = normal_form(name)
        vector = None
        if self._embedder is not None:
            (vector,) = self._embedder.texts([form])
            self._store.state().model.check(self._embedder.name, len(vector))
        query = SearchQuery(terms(form), vector, limit=4 * k, channels=_SIMILAR)
        scores: dict[str, float] = defaultdict(float)
        for ranking in self._store.candidates(query).values():
            for place, (one, _) in enumerate(ranking):
                scores[names.chiefs.get(one, one)] += 1 / (_RANKS + place)
        best = sorted(scores.keys() - {names.of(name)}, key=lambda one: (-scores[one], one))[:k]
        entities = {entity.id: entity for entity in self._store.entities(best)}
        return [names.shown(entities[one]) for one in best]


def versions_of(
    store: Store, names: Identities, entity: str | None, predicate: str | None
) -> list[Fact]:
    """Every version of every fact, or of those about an entity and all that stand for it, in order."""
    return names.facts(_written_versions(store, names, entity, predicate))


def _written_versions(
    store: Store, names: Identities, entity: str | None, predicate: str | None
) -> list[Fact]:
    versions: dict[tuple[str, datetime], Fact] = {}
    for member in [None] if entity is None else names.members(entity):
        query = FactQuery(
            entity_id=member, predicates=predicate and [predicate], every_version=True
        )
        versions |= {(fact.id, fact.created_at): fact for fact in store.facts(query)}
    return sorted(versions.values(), key=lambda fact: (fact.valid_at, fact.id, fact.created_at))


def history_of(store: Store, names: Identities, entity: str, predicate: str | None) -> list[Change]:
    """Every change of belief about an entity and all that stand for it, in order."""
    ordered = _written_versions(store, names, entity, predicate)
    ends = {end for fact in ordered for end in (fact.subject.id, fact.object.id)}
    members = {one for end in ends for one in names.class_of(end)}
    claims = store.claims(RecordQuery(entities=sorted(members)))
    return changes_of(ordered, claims, names.chiefs)


def merging(store: Store, name: str, alias: str, now: datetime) -> list[ClaimDraft]:
    """The claims by which a person makes one entity of two; the first stays the name.

    Raises:
        InvalidInputError: They are one name.
    """
    ours, theirs = _two(store.group, name, alias)
    links = store.claims(RecordQuery(predicate=SAME_AS))
    drafts = [
        ClaimDraft(
            kind="asserts",
            subject=alias,
            predicate=SAME_AS,
            object=name,
            text=f"{alias} is {name}",
            said_at=_after(links, now),
        )
    ]
    # Where the other name was the common one, this one takes its place.
    known = naming(links, now).canonical
    if known.get(ours, ours) == known.get(theirs, theirs):
        drafts += [
            _parting(old, _after(links, now), target=old.id)
            for old in _firm(links)
            if old.subject_id == ours
        ]
    return drafts


def splitting(store: Store, one: str, other: str, now: datetime) -> list[ClaimDraft]:
    """The claims by which a person keeps two entities apart.

    They take back what people decided to the contrary, link by link from the second name, and what is
    derived of the two never joins them again.

    Raises:
        InvalidInputError: They are one name.
    """
    ours, theirs = _two(store.group, one, other)
    links = store.claims(RecordQuery(predicate=SAME_AS))
    firm = _firm(links)
    cut: list[Claim] = []
    while way := _way(theirs, ours, [c for c in firm if c not in cut]):
        cut += way
    said_at = _after(links, now)
    drafts = [_parting(link, said_at) for link in cut]
    if {theirs, ours} not in [{link.subject_id, link.object_id} for link in cut]:
        apart = ClaimDraft(
            kind="retracts",
            subject=other,
            predicate=SAME_AS,
            object=one,
            text=f"{other} is not {one}",
            said_at=said_at,
        )
        drafts.append(apart)
    return drafts


def _two(group: str, one: str, other: str) -> Pair:
    if normal_form(one) == normal_form(other):
        raise InvalidInputError(
            f"{one!r} and {other!r} are one name: an entity is what its name is, so give two names"
        )
    return entity_id(group, one), entity_id(group, other)


def _firm(links: Sequence[Claim]) -> list[Claim]:
    """The decided links that count."""
    known = naming(links, links[0].said_at).links if links else ()
    return [
        c
        for c in links
        if c.kind == "asserts" and decided(c) and (c.subject_id, c.object_id) in known
    ]


def _after(links: Sequence[Claim], now: datetime) -> datetime:
    """Now, or just after all that was decided before: the last word wins."""
    return max([now, *(c.said_at + TICK for c in links if decided(c))])


def _parting(link: Claim, said_at: datetime, target: str | None = None) -> ClaimDraft:
    return ClaimDraft(
        kind="retracts",
        subject=link.subject,
        predicate=SAME_AS,
        object=link.object,
        text=f"{link.subject} is not {link.object}",
        said_at=said_at,
        target=target,
    )


def _way(start: str, goal: str, links: Sequence[Claim]) -> list[Claim]:
    """The links of the first step on a way between two entities; none where there is no way."""
    first: dict[str, list[Claim]] = {start: []}
    ahead = [start]
    while ahead:
        here = ahead.pop(0)
        for link in links:
            ends = [link.subject_id, link.object_id or ""]
            if here in ends:
                there = ends[1 - ends.index(here)]
                step = [c for c in links if {c.subject_id, c.object_id} == set(ends)]
                if there not in first:
                    first[there] = first[here] or step
                    ahead.append(there)
    return first.get(goal, [])
