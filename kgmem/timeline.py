"""Belief as a pure function of claims.

A *slot* is what can hold one value at a time: ``(subject, predicate)`` for a single predicate,
``(subject, predicate, object)`` for a many predicate. Of the claims that cover an instant the one
that started last wins, greatest ``(valid_at, said_at, id)``; each maximal stretch with one winner's
object is a belief. Nothing here reads a clock, a store or a global, and no order of the claims
changes an answer.

The two clocks meet in `revise`, which says how stored versions change when claims have come in,
and in `rebuild`, which derives every version that ever was from the claims alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple

from kgmem.ids import record_id
from kgmem.models import Claim

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
    """

    subject_id: str
    predicate: str
    object_id: str | None
    log: tuple[tuple[datetime, bool], ...]

    @classmethod
    def of(cls, claim: Claim, log: tuple[tuple[datetime, bool], ...]) -> "Slot":
        """The slot that a claim can change."""
        ever_single = any(single for _, single in log)
        return cls(claim.subject_id, claim.predicate, None if ever_single else claim.object_id, log)

    def single_at(self, known: datetime) -> bool:
        """Whether the predicate held one object at a time as of a transaction time."""
        in_force = [single for since, single in self.log if since <= known]
        return in_force[-1] if in_force else self.log[0][1]


@dataclass(frozen=True, slots=True)
class Belief:
    """A maximal stretch of time with one object.

    Attributes:
        object_id: The object that holds.
        valid_at: Since when.
        invalid_at: Until when, exclusive; ``None`` while it holds.
        support: The claims that hold it up, by ``(said_at, id)``.
        ended_by: The id of the claim that ends it: what took over, an ``ends``, or its own stated end.
    """

    object_id: str
    valid_at: datetime
    invalid_at: datetime | None
    support: tuple[Claim, ...]
    ended_by: str | None


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
        blank = replace(other, support=(), expired_at=None)
        return replace(self, support=(), created_at=other.created_at, expired_at=None) == blank


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


def rank(claim: Claim) -> tuple[datetime, datetime, str]:
    """What decides between claims that cover the same instant: the greatest wins."""
    return claim.valid_at, claim.said_at, claim.id


def live(claims: Iterable[Claim]) -> list[Claim]:
    """The asserting and ending claims that nothing takes back, by `rank`.

    A ``retracts`` with a target voids that one claim, whatever its kind, so that an undo can be
    undone. One without takes back the assertions of the same subject and predicate, and object
    where it names one, that were said no later than itself.
    """
    valid = unvoided(claims)
    # Until when what was said of an object, or (None) of any, is taken back.
    taken_back: dict[str | None, datetime] = {}
    for claim in valid:
        if claim.kind == "retracts" and claim.target is None:
            said = taken_back.get(claim.object_id, claim.said_at)
            taken_back[claim.object_id] = max(said, claim.said_at)

    def stands(claim: Claim) -> bool:
        if claim.kind != "asserts":
            return claim.kind == "ends"
        limits = (taken_back.get(claim.object_id), taken_back.get(None))
        return all(limit is None or claim.said_at > limit for limit in limits)

    return sorted(filter(stands, valid), key=rank)


def unvoided(claims: Iterable[Claim]) -> list[Claim]:
    """The claims, of any kind, that no other one voids; each once."""
    known = {claim.id: claim for claim in claims}
    voids = defaultdict(list)
    for claim in known.values():
        if claim.target is not None:
            voids[claim.target].append(claim.id)
    void: dict[str, bool] = {}

    def is_void(claim_id: str) -> bool:
        if claim_id not in void:
            void[claim_id] = not all(is_void(voider) for voider in voids.get(claim_id, ()))
        return void[claim_id]

    return [claim for claim in known.values() if not is_void(claim.id)]


def believe(claims: Iterable[Claim], *, single: bool) -> list[Belief]:
    """What the claims of one subject and predicate amount to, by ``(valid_at, object_id)``.

    Args:
        claims: All claims of the subject and predicate, in any order.
        single: Whether the predicate holds one object at a time. Otherwise each object is a slot of
            its own, and a claim without an object counts for every one of them.
    """
    standing = live(claims)
    if single:
        return _sweep(standing)
    objects = dict.fromkeys(claim.object_id for claim in standing if claim.kind == "asserts")
    beliefs = [
        belief
        for object_id in objects
        for belief in _sweep([c for c in standing if c.object_id in (object_id, None)])
    ]
    return sorted(beliefs, key=lambda belief: (belief.valid_at, belief.object_id))


@dataclass(slots=True)
class _Piece:
    """A belief in the making."""

    object_id: str
    start: datetime
    end: datetime | None
    first: Claim
    last: Claim
    support: dict[str, Claim] = field(default_factory=dict)


def _sweep(standing: Sequence[Claim]) -> list[Belief]:
    """The beliefs of one slot.

    Claims come in the order in which they start, so the newest always outranks those that run:
    the claims that run form a stack whose top wins. An ``ends`` never stops running, so what it
    beats is gone for good.
    """
    instants = sorted(
        {claim.valid_at for claim in standing}
        | {c.invalid_at for c in standing if c.invalid_at is not None and c.kind == "asserts"}
    )
    pieces: list[_Piece] = []
    running: list[Claim] = []
    coming = iter(standing)
    following = next(coming, None)
    for instant, after in zip(instants, [*instants[1:], None], strict=False):
        running = [c for c in running if c.invalid_at is None or c.invalid_at > instant]
        while following is not None and following.valid_at == instant:
            _start(following, running)
            following = next(coming, None)
        if running:
            _extend(pieces, running, instant, after)
    endings = [claim for claim in standing if claim.kind == "ends"]
    return [
        Belief(
            piece.object_id,
            piece.start,
            piece.end,
            tuple(sorted(piece.support.values(), key=lambda claim: (claim.said_at, claim.id))),
            _ended_by(piece, later, endings),
        )
        for piece, later in zip(pieces, [*pieces[1:], None], strict=False)
    ]


def _start(claim: Claim, running: list[Claim]) -> None:
    if claim.kind == "asserts":
        running.append(claim)
    else:
        running[:] = [c for c in running if claim.object_id not in (None, c.object_id)]


def _extend(
    pieces: list[_Piece], running: Sequence[Claim], start: datetime, end: datetime | None
) -> None:
    """Adds ``[start, end)``, won by the top of the stack, to the last piece or as a new one."""
    winner = running[-1]
    object_id = winner.object_id or ""
    last = pieces[-1] if pieces else None
    if last is not None and last.end == start and last.object_id == object_id:
        last.end, last.last = end, winner
    else:
        last = _Piece(object_id, start, end, winner, winner)
        pieces.append(last)
    # What would win if those above it were silent supports the piece too: all of them say the same.
    for claim in reversed(running):
        if claim.object_id != winner.object_id:
            break
        last.support[claim.id] = claim


def _ended_by(piece: _Piece, later: _Piece | None, endings: Sequence[Claim]) -> str | None:
    if piece.end is None:
        return None
    if later is not None and later.start == piece.end == later.first.valid_at:
        return later.first.id
    for claim in reversed(endings):
        if claim.valid_at == piece.end and claim.object_id in (None, piece.object_id):
            return claim.id
    return piece.last.id


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
    for fresh in _versions(slot, _bearing(slot, claims, now, names), now):
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
    for now in sorted({*batches, *turns, *(since for since, _ in slot.log)}):
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


def _versions(slot: Slot, claims: Sequence[Claim], now: datetime) -> Iterator[Version]:
    for belief in believe(claims, single=slot.single_at(now)):
        if slot.object_id in (None, belief.object_id):
            first = belief.support[0]
            yield Version(
                id=record_id(first.group, "fact", *slot[:2], belief.object_id, belief.valid_at),
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
