"""The rule of first names: "Ann" may be short for "Ann Smith", where both are persons.

What it finds is a function of the persons that a group knows and of what relates them, so any order
of ingest finds the same links under the same ids. It finds every pair; who has two namesakes is none
of them (`kgmem.naming.entities`). Nobody is short for somebody that they have to do with: where a
claim relates the two ("Ann met Ann Smith"), the rule takes its link back.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from kgmem.ids import normal_form, record_id
from kgmem.models import Claim, Kind
from kgmem.timeline import SAME_AS

_SAID_AT = datetime(1970, 1, 1, tzinfo=UTC)


class Person(NamedTuple):
    """A person that a group knows.

    Attributes:
        id: The entity's id.
        name: Its normal form.
        since: Since when the name, and that it is a person's, are known.
    """

    id: str
    name: str
    since: datetime


def short_of(claim: Claim) -> str | None:
    """Of a claim about two names of which one may be short for the other, the short one."""
    short, full = sorted((normal_form(claim.subject), normal_form(claim.object or "")), key=len)
    return short if is_short(short, full) else None


def is_short(short: str, full: str) -> bool:
    """Whether a name is one word and the first of another name, both in normal form."""
    return bool(short) and " " not in short and full.startswith(f"{short} ")


def found_by_rule(claim: Claim) -> bool:
    """Whether the rule made a claim: nobody said it, and it says nothing of its own."""
    return claim.predicate == SAME_AS and claim.id == _id(
        claim.group, claim.kind, claim.subject_id, claim.object_id or ""
    )


def links(group: str, persons: Iterable[Person], told: Iterable[Claim]) -> Iterator[Claim]:
    """The links between some persons, each recorded when both were known.

    Args:
        group: Their group.
        persons: The persons.
        told: Claims that may relate two of them.
    """
    related: dict[frozenset[str], datetime] = {}
    for claim in told:
        if claim.object_id is not None and claim.predicate != SAME_AS and claim.recorded_at:
            pair = frozenset((claim.subject_id, claim.object_id))
            related[pair] = min(claim.recorded_at, related.get(pair, claim.recorded_at))
    everyone = sorted(persons)
    for short in (person for person in everyone if " " not in person.name):
        for full in everyone:
            if is_short(short.name, full.name):
                since = max(short.since, full.since)
                yield _link(group, "asserts", short, full, since)
                known = related.get(frozenset((short.id, full.id)))
                if known is not None:
                    yield _link(group, "retracts", short, full, max(since, known))


def _link(group: str, kind: Kind, short: Person, full: Person, recorded_at: datetime) -> Claim:
    alias, name = short.name.title(), full.name.title()
    words = {
        "asserts": f"{alias} is the first name of {name}",
        "retracts": f"{alias} has to do with {name}: they are two",
    }
    return Claim(
        id=_id(group, kind, short.id, full.id),
        group=group,
        kind=kind,
        subject=alias,
        subject_id=short.id,
        predicate=SAME_AS,
        object=name,
        object_id=full.id,
        text=words[kind],
        valid_at=_SAID_AT,
        said_at=_SAID_AT,
        recorded_at=recorded_at,
        source_kind="tool",
    )


def _id(group: str, kind: str, short: str, full: str) -> str:
    return record_id(group, "first name", kind, short, full)
