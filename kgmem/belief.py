"""What holds when, given the claims of one subject and predicate.

A *slot* is what can hold one value at a time: ``(subject, predicate)`` for a single predicate,
``(subject, predicate, object)`` for a many predicate. Of the claims that cover an instant the one
that started last wins, greatest ``(valid_at, said_at, id)``; each maximal stretch with one winner's
object is a belief. No order of the claims changes an answer.

A policy of `Trust` comes before that: claims that are not sure enough count for nothing; who is
trusted more wins, whenever it started; and nothing ends or takes back what is trusted more.
"""

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kgmem.models import Claim, Trust

TRUST_ALL = Trust()
"""The policy that is off."""


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


def rank(claim: Claim) -> tuple[datetime, datetime, str]:
    """What decides between claims that cover the same instant: the greatest wins."""
    return claim.valid_at, claim.said_at, claim.id


def live(claims: Iterable[Claim], trust: Trust = TRUST_ALL) -> list[Claim]:
    """The asserting and ending claims that nothing takes back, by `rank`.

    A ``retracts`` with a target voids that one claim, whatever its kind and whoever is trusted, so
    that an undo can be undone. One without takes back the assertions of the same subject and
    predicate, and object where it names one, that were said no later than itself by no source that
    is trusted more. Claims that are not sure enough are left out.
    """
    valid = [claim for claim in unvoided(claims) if claim.confidence >= trust.min_confidence]
    # Until when what was said of an object, or (None) of any, is taken back, by level of trust.
    taken_back: dict[tuple[str | None, int], datetime] = {}
    for claim in valid:
        if claim.kind == "retracts" and claim.target is None:
            for level in range(trust.level(claim.source_kind) + 1):
                said = taken_back.get((claim.object_id, level), claim.said_at)
                taken_back[claim.object_id, level] = max(said, claim.said_at)

    def stands(claim: Claim) -> bool:
        if claim.kind != "asserts":
            return claim.kind == "ends"
        level = trust.level(claim.source_kind)
        limits = (taken_back.get((name, level)) for name in (claim.object_id, None))
        return all(limit is None or claim.said_at > limit for limit in limits)

    return sorted(filter(stands, valid), key=rank)


def unvoided(claims: Iterable[Claim]) -> list[Claim]:
    """The claims, of any kind, that no other one voids; each once."""
    known = {claim.id: claim for claim in claims}
    # By how many voiders of each are yet to be looked at: an undo may be undone any number of times.
    left = Counter(claim.target for claim in known.values() if claim.target in known)
    ready, void = [name for name in known if not left[name]], set[str]()
    while ready:
        claim = known[ready.pop()]
        if claim.target is None or claim.target not in known:
            continue
        if claim.id not in void:
            void.add(claim.target)
        left[claim.target] -= 1
        if not left[claim.target]:
            ready.append(claim.target)
    return [claim for claim in known.values() if claim.id not in void]


def believe(claims: Iterable[Claim], *, single: bool, trust: Trust = TRUST_ALL) -> list[Belief]:
    """What the claims of one subject and predicate amount to, by ``(valid_at, object_id)``.

    Args:
        claims: All claims of the subject and predicate, in any order.
        single: Whether the predicate holds one object at a time. Otherwise each object is a slot of
            its own, and a claim without an object counts for every one of them.
        trust: Whom to believe.
    """
    standing = live(claims, trust)
    if single:
        return _sweep(standing, trust)
    objects = dict.fromkeys(claim.object_id for claim in standing if claim.kind == "asserts")
    beliefs = [
        belief
        for object_id in objects
        for belief in _sweep([c for c in standing if c.object_id in (object_id, None)], trust)
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


def _sweep(standing: Sequence[Claim], trust: Trust) -> list[Belief]:
    """The beliefs of one slot.

    Claims come in the order in which they start, so the newest always outranks those that run and
    are trusted alike: the claims that run form a stack whose top wins. An ``ends`` never stops
    running, so what it beats is gone for good.
    """
    stops = {c.invalid_at for c in standing if c.invalid_at is not None and c.kind == "asserts"}
    instants = sorted({claim.valid_at for claim in standing} | stops)
    pieces: list[_Piece] = []
    running: list[Claim] = []
    coming = iter(standing)
    following = next(coming, None)
    for instant, after in zip(instants, [*instants[1:], None], strict=False):
        if instant in stops:
            running = [c for c in running if c.invalid_at is None or c.invalid_at > instant]
        while following is not None and following.valid_at == instant:
            _start(following, running, trust)
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
            _ended_by(piece, later, endings, trust),
        )
        for piece, later in zip(pieces, [*pieces[1:], None], strict=False)
    ]


def _start(claim: Claim, running: list[Claim], trust: Trust) -> None:
    if claim.kind == "asserts":
        insort(running, claim, key=lambda c: trust.level(c.source_kind))
    else:
        running[:] = [c for c in running if not _ends(claim, c, trust)]


def _ends(ending: Claim, claim: Claim, trust: Trust) -> bool:
    """Whether an ``ends`` beats an assertion that started before it."""
    return ending.object_id in (None, claim.object_id) and not trust.prefers(claim, ending)


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
    # All claims from the winner down to the first that says otherwise support the piece.
    for claim in reversed(running):
        if claim.object_id != winner.object_id:
            break
        last.support[claim.id] = claim


def _ended_by(
    piece: _Piece, later: _Piece | None, endings: Sequence[Claim], trust: Trust
) -> str | None:
    if piece.end is None:
        return None
    if (
        later is not None
        and later.start == piece.end == later.first.valid_at
        and not trust.prefers(piece.last, later.first)
    ):
        return later.first.id
    for claim in reversed(endings):
        if claim.valid_at == piece.end and _ends(claim, piece.last, trust):
            return claim.id
    return piece.last.id


def outranked(claims: Iterable[Claim], *, single: bool, trust: Trust) -> list[Claim]:
    """The claims that would count and that trust keeps from it, by `rank`.

    They would support or end a belief if everybody were trusted alike, or would take back what
    stands.

    Args:
        claims: All claims of the subject and predicate, in any order.
        single: Whether the predicate holds one object at a time.
        trust: Whom to believe.
    """
    known = unvoided(claims)
    kept_out = _counting(known, single, TRUST_ALL) - _counting(known, single, trust)
    standing = [claim for claim in live(known, trust) if claim.kind == "asserts"]
    kept_out |= {
        claim.id
        for claim in known
        if claim.kind == "retracts" and claim.target is None
        for one in standing
        if claim.object_id in (None, one.object_id) and one.said_at <= claim.said_at
    }
    return sorted((claim for claim in known if claim.id in kept_out), key=rank)


def _counting(claims: Sequence[Claim], single: bool, trust: Trust) -> set[str | None]:
    """The ids of the claims that support or end a belief."""
    beliefs = believe(claims, single=single, trust=trust)
    return {b.ended_by for b in beliefs} | {claim.id for b in beliefs for claim in b.support}
