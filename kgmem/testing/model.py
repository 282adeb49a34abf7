"""The rules of belief without intervals: what holds is asked at one instant at a time.

Slow and plain on purpose: the stores and `kgmem.timeline` are compared with it.
"""

from collections.abc import Iterable
from datetime import datetime

from kgmem.models import Claim
from kgmem.naming.entities import naming as who_is_who
from kgmem.timeline import SAME_AS, rank


def stands(one: Claim, claims: Iterable[Claim]) -> bool:
    """Whether nothing takes a claim back."""
    claims = list(claims)
    if any(c.target == one.id and stands(c, claims) for c in claims):
        return False
    return not any(
        c.kind == "retracts"
        and c.target is None
        and one.kind == "asserts"
        and (c.subject_id, c.predicate) == (one.subject_id, one.predicate)
        and c.object_id in (None, one.object_id)
        and one.said_at <= c.said_at
        and stands(c, claims)
        for c in claims
    )


def running(claims: Iterable[Claim], at: datetime) -> list[Claim]:
    """The claims of one slot that cover an instant, the strongest first."""
    claims = list(claims)
    covering = [
        c
        for c in claims
        if c.kind != "retracts"
        and c.valid_at <= at
        and (c.kind == "ends" or c.invalid_at is None or at < c.invalid_at)
        and stands(c, claims)
    ]
    return sorted(covering, key=rank, reverse=True)


def winner(claims: Iterable[Claim], at: datetime) -> Claim | None:
    """The claim whose object one slot holds at an instant."""
    beaten: set[str | None] = set()
    for one in running(claims, at):
        if one.kind == "ends" and one.object_id is None:
            return None
        if one.kind == "ends":
            beaten.add(one.object_id)
        elif one.object_id not in beaten:
            return one
    return None


def supporters(claims: Iterable[Claim], at: datetime) -> set[str]:
    """The winner, and those below it that no other value comes before."""
    found: set[str] = set()
    won = winner(claims, at)
    beaten: set[str | None] = set()
    for one in running(claims, at):
        if won is None or (one.kind == "ends" and one.object_id in (None, won.object_id)):
            break
        if one.kind == "ends":
            beaten.add(one.object_id)
        elif one.object_id == won.object_id:
            found.add(one.id)
        elif one.object_id not in beaten:
            break
    return found


def believed(
    claims: Iterable[Claim], at: datetime, *, known: datetime, single: Iterable[str]
) -> set[tuple[str, str, str]]:
    """Subject, predicate and object ids of all that holds at an instant, as known at another.

    Links are left out; who is who is taken as `kgmem.naming` finds it.

    Args:
        claims: All claims of a group.
        at: The instant in the world.
        known: The instant of transaction time.
        single: The predicates that hold one object at a time; all others hold many.
    """
    recorded = [c for c in claims if c.recorded_at is not None and c.recorded_at <= known]
    naming = who_is_who([c for c in recorded if c.predicate == SAME_AS], known)
    seen = [naming.renamed(c) for c in recorded if c.predicate != SAME_AS]
    found = set()
    for subject, predicate in {(c.subject_id, c.predicate) for c in seen}:
        family = [c for c in seen if (c.subject_id, c.predicate) == (subject, predicate)]
        objects = {c.object_id for c in family if c.object_id is not None}
        slots = (
            [family]
            if predicate in set(single)
            else [[c for c in family if c.object_id in (None, name)] for name in objects]
        )
        for slot in slots:
            won = winner(slot, at)
            if won is not None and won.object_id is not None:
                found.add((subject, predicate, won.object_id))
    return found
