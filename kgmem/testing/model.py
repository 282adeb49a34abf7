"""The rules of belief without intervals: what holds is asked at one instant at a time.

Slow and plain on purpose: the stores and `kgmem.timeline` are compared with it.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import takewhile

from kgmem.belief import TRUST_ALL, rank
from kgmem.models import Claim, Trust
from kgmem.naming.entities import naming as who_is_who
from kgmem.timeline import SAME_AS


def stands(one: Claim, claims: Iterable[Claim], trust: Trust = TRUST_ALL) -> bool:
    """Whether it is sure enough, and nothing takes it back."""
    claims = list(claims)
    return (
        one.confidence >= trust.min_confidence
        and not _is_void(one, claims)
        and not any(
            c.kind == "retracts"
            and c.target is None
            and one.kind == "asserts"
            and (c.subject_id, c.predicate) == (one.subject_id, one.predicate)
            and c.object_id in (None, one.object_id)
            and one.said_at <= c.said_at
            and not trust.prefers(one, c)
            and stands(c, claims, trust)
            for c in claims
        )
    )


def _is_void(one: Claim, claims: Iterable[Claim]) -> bool:
    return any(c.target == one.id and not _is_void(c, claims) for c in claims)


def running(claims: Iterable[Claim], at: datetime, trust: Trust = TRUST_ALL) -> list[Claim]:
    """The assertions of one slot that cover an instant and that nothing has ended, the strongest first."""
    claims = list(claims)
    covering = [
        c
        for c in claims
        if c.kind != "retracts"
        and c.valid_at <= at
        and (c.kind == "ends" or c.invalid_at is None or at < c.invalid_at)
        and stands(c, claims, trust)
    ]
    unbeaten = [
        c
        for c in covering
        if c.kind == "asserts"
        and not any(
            end.kind == "ends"
            and end.object_id in (None, c.object_id)
            and rank(end) > rank(c)
            and not trust.prefers(c, end)
            for end in covering
        )
    ]
    return sorted(unbeaten, key=lambda c: (trust.level(c.source_kind), rank(c)), reverse=True)


def winner(claims: Iterable[Claim], at: datetime, trust: Trust = TRUST_ALL) -> Claim | None:
    """The claim whose object one slot holds at an instant."""
    return next(iter(running(claims, at, trust)), None)


def supporters(claims: Iterable[Claim], at: datetime, trust: Trust = TRUST_ALL) -> set[str]:
    """The winner, and those below it that no other value comes before."""
    unbeaten = running(claims, at, trust)
    return {c.id for c in takewhile(lambda c: c.object_id == unbeaten[0].object_id, unbeaten)}


def believed(
    claims: Iterable[Claim],
    at: datetime,
    *,
    known: datetime,
    single: Iterable[str],
    trust: Trust = TRUST_ALL,
) -> set[tuple[str, str, str]]:
    """Subject, predicate and object ids of all that holds at an instant, as known at another.

    Links are left out; who is who is taken as `kgmem.naming` finds it.

    Args:
        claims: All claims of a group.
        at: The instant in the world.
        known: The instant of transaction time.
        single: The predicates that hold one object at a time; all others hold many.
        trust: Whom the group believed at that instant of transaction time.
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
            won = winner(slot, at, trust)
            if won is not None and won.object_id is not None:
                found.add((subject, predicate, won.object_id))
    return found
