"""Belief as a pure function of claims, on both clocks.

`kgmem.belief` says what holds when. Here it meets transaction time: `revise` says how stored versions
change when claims, names, cardinalities or trust have changed, and `rebuild` derives every version
that ever was from the claims and these logs alone. Nothing reads a clock, a store or a global.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from kgmem.belief import TRUST_ALL, believe
from kgmem.ids import record_id
from kgmem.models import Claim, Trust

SAME_AS = "same_as"
"""The reserved predicate of links: its subject is an alias, its object the name it stands for."""


class Naming(NamedTuple):
    """Who is who; `kgmem.naming` finds it.

    Attributes:
        since: The transaction time since when the memory believes so.
        canonical: The entity that each alias stands for; who stands for itself is left out.
        links: Alias and name of every link that counts.
    """

    since: datetime
    canonical: Mapping[str, str]
    links: frozenset[tuple[str, str]]

    def renamed(self, claim: Claim) -> Claim:
        """A claim about the entities that its names stand for; a link stays as it is."""
        ends = {
            field: self.canonical[entity]
            for field in ("subject_id", "object_id")
            if (entity := getattr(claim, field)) in self.canonical
        }
        return claim.model_copy(update=ends) if ends and claim.predicate != SAME_AS else claim


Names = Sequence[Naming]
"""Who was who, oldest first."""
_EACH_ITSELF = Naming(datetime.min.replace(tzinfo=UTC), {}, frozenset())


class Slot(NamedTuple):
    """What is derived together.

    Attributes:
        subject_id: The entity it is about.
        predicate: The relation.
        object_id: The one object of a many predicate; ``None`` for all of the subject's objects.
        log: Since when the predicate counts as single (``True``) or many, oldest first.
        trust: Since when which policy of trust is in force, oldest first.
        since: Where only the end of it is derived, the instant at which that starts.
    """

    subject_id: str
    predicate: str
    object_id: str | None
    log: tuple[tuple[datetime, bool], ...]
    trust: tuple[tuple[datetime, Trust], ...] = ()
    since: datetime | None = None

    @classmethod
    def of(
        cls,
        claim: Claim,
        log: tuple[tuple[datetime, bool], ...],
        trust: tuple[tuple[datetime, Trust], ...] = (),
    ) -> "Slot":
        """The slot that a claim can change."""
        object_id = None if any(single for _, single in log) else claim.object_id
        return cls(claim.subject_id, claim.predicate, object_id, log, trust)

    def single_at(self, known: datetime) -> bool:
        """Whether the predicate held one object at a time as of a transaction time."""
        in_force = [single for since, single in self.log if since <= known]
        return in_force[-1] if in_force else self.log[0][1]

    def trust_at(self, known: datetime) -> Trust:
        """The policy of trust as of a transaction time; links know none."""
        in_force = [trust for since, trust in self.trust if since <= known]
        return in_force[-1] if in_force and self.predicate != SAME_AS else TRUST_ALL


@dataclass(frozen=True, slots=True)
class Version:
    """A belief as the memory held it from ``created_at`` until ``expired_at``: a row, or an edge.

    Attributes:
        id: The fact's id; its versions share it.
        subject_id: The entity it is about.
        predicate: The relation.
        object_id: The entity at its other end.
        text: The words of ``text_claim``.
        text_claim: The supporting claim that said so first.
        valid_at: Since when it is true in the world.
        invalid_at: Until when, exclusive.
        support: The ids of the claims that support it, by ``(said_at, id)``.
        ended_by: The claim that ends it in the world.
        created_at: Since when the memory believes it.
        expired_at: Until when it did.
    """

    id: str
    subject_id: str
    predicate: str
    object_id: str
    text: str
    text_claim: str
    valid_at: datetime
    invalid_at: datetime | None
    support: tuple[str, ...]
    ended_by: str | None
    created_at: datetime
    expired_at: datetime | None = None

    def says_as(self, other: "Version") -> bool:
        """Whether this is the same belief as ``other``, support apart."""
        said: bool = _SAID(self) == _SAID(other)
        return said


VERSION_FIELDS = tuple(field.name for field in fields(Version))
"""What a version is made of."""
_SAID = attrgetter(*(n for n in VERSION_FIELDS if n not in ("support", "created_at", "expired_at")))


@dataclass(frozen=True, slots=True)
class Revision:
    """How the stored versions of a slot change.

    Attributes:
        expire: Versions believed no longer, from now on.
        insert: Versions to store.
        reinforce: Stored versions whose support grew; the rest of them is as it was.
        remove: Versions to erase as if they had never been, where history itself is rewritten.
    """

    expire: tuple[Version, ...] = ()
    insert: tuple[Version, ...] = ()
    reinforce: tuple[Version, ...] = ()
    remove: tuple[Version, ...] = ()


def revise(
    slot: Slot,
    claims: Sequence[Claim],
    versions: Sequence[Version],
    now: datetime,
    names: Names = (),
) -> Revision:
    """How the believed versions of a slot change, given all its claims.

    Args:
        slot: The slot.
        claims: All its claims, old and new.
        versions: Those of its versions that are believed now.
        now: Transaction time of the change.
        names: Who was who, until now at least.
    """
    believed = {version.id: version for version in versions}
    incoming = {claim.id for claim in claims if claim.recorded_at == now}
    expire: list[Version] = []
    insert: list[Version] = []
    reinforce: list[Version] = []
    for fresh in _versions(slot, _bearing(slot, claims, now, names), versions, now):
        old = believed.pop(fresh.id, None)
        if old is None:
            insert.append(fresh)
        # Support as known at s is what was recorded until s; that stays exact only while a
        # version gains nothing but claims that come in just now, and loses none.
        elif not fresh.says_as(old) or not set(fresh.support) - incoming <= set(old.support) <= set(
            fresh.support
        ):
            expire.append(old)
            insert.append(fresh)
        elif fresh.support != old.support:
            reinforce.append(replace(fresh, created_at=old.created_at))
    expire.extend(believed.values())
    return Revision(
        expire=tuple(replace(version, expired_at=now) for version in expire),
        insert=tuple(insert),
        reinforce=tuple(reinforce),
    )


def rebuild(
    slot: Slot,
    claims: Sequence[Claim],
    versions: Sequence[Version],
    now: datetime,
    names: Names = (),
) -> Revision:
    """Replaces the whole history of a slot by the one that its claims give.

    It is the history that would have been had only these claims ever come in, each at its own
    ``recorded_at``. So what was erased leaves no trace, and a copy needs the claims alone.

    Args:
        slot: The slot.
        claims: All its claims.
        versions: All its stored versions, expired ones too.
        now: Not used: every instant comes from the claims.
        names: Who was who at any time.
    """
    del now
    return Revision(remove=tuple(versions), insert=tuple(history(slot, claims, names)))


def history(slot: Slot, claims: Sequence[Claim], names: Names = ()) -> Iterator[Version]:
    """Every version of a slot that the memory ever believed, in the order in which they expired."""
    known: list[Claim] = []
    believed: dict[str, Version] = {}
    batches = {
        now: list(batch) for now, batch in groupby(sorted(claims, key=_recorded), key=_recorded)
    }
    turns = _turns(slot, claims, names)
    changes = {since for since, _ in (*slot.log, *slot.trust)}
    for now in sorted({*batches, *turns, *changes}):
        known.extend(batches.get(now, ()))
        revision = revise(slot, known, list(believed.values()), now, names)
        for version in revision.expire:
            del believed[version.id]
            yield version
        believed |= {v.id: v for v in (*revision.insert, *revision.reinforce)}
    yield from believed.values()


def _recorded(claim: Claim) -> datetime:
    if claim.recorded_at is None:
        raise ValueError(f"claim {claim.id!r} has not been recorded")
    return claim.recorded_at


def _naming(names: Names, now: datetime) -> Naming:
    return next((naming for naming in reversed(names) if naming.since <= now), _EACH_ITSELF)


def _bearing(slot: Slot, claims: Sequence[Claim], now: datetime, names: Names) -> Sequence[Claim]:
    """The claims that bear on a slot as its names are understood at an instant.

    A link is believed where it counts, so its slot hangs on the other links of the group.
    """
    naming = _naming(names, now)
    if slot.predicate == SAME_AS:
        return claims if (slot.subject_id, slot.object_id) in naming.links else ()
    renamed = map(naming.renamed, claims)
    return [claim for claim in renamed if claim.subject_id == slot.subject_id]


def _turns(slot: Slot, claims: Sequence[Claim], names: Names) -> Iterator[datetime]:
    """When the names that bear on a slot came to be understood in another way."""
    ends = sorted({e for c in claims for e in (c.subject_id, c.object_id) if e is not None})
    before: object = None
    for naming in names:
        is_link = (slot.subject_id, slot.object_id) in naming.links
        after = (is_link, *(naming.canonical.get(entity) for entity in ends))
        if after != before:
            yield naming.since
        before = after


def _versions(
    slot: Slot, claims: Sequence[Claim], versions: Sequence[Version], now: datetime
) -> Iterator[Version]:
    """What the claims of a slot amount to; a version that is stored already lends its id."""
    known = {(version.object_id, version.valid_at): version.id for version in versions}
    for belief in believe(claims, single=slot.single_at(now), trust=slot.trust_at(now)):
        if slot.since is not None and belief.valid_at < slot.since:
            continue
        if slot.object_id in (None, belief.object_id):
            first = belief.support[0]
            yield Version(
                id=known.get((belief.object_id, belief.valid_at))
                or record_id(first.group, "fact", *slot[:2], belief.object_id, belief.valid_at),
                subject_id=slot.subject_id,
                predicate=slot.predicate,
                object_id=belief.object_id,
                text=first.text,
                text_claim=first.id,
                valid_at=belief.valid_at,
                invalid_at=belief.invalid_at,
                support=tuple(claim.id for claim in belief.support),
                ended_by=belief.ended_by,
                created_at=now,
            )
