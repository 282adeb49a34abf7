"""A whole group, record by record and page by page, as it is at one instant of transaction time.

No transaction stays open meanwhile: what is recorded later is left out, and where history itself was
rewritten the dump fails at its end.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal, NamedTuple, Protocol

from kgmem.errors import StoreUnavailableError
from kgmem.models import Claim, Episode
from kgmem.naming.first_names import found_by_rule
from kgmem.stores.base import Embedded, GroupState, Item, Mark, Vector

PAGE = 1_000
"""How many records a store reads at once."""

Kind = Literal["episodes", "claims", "links", "entities"]

_BEGINNING = datetime.min.replace(tzinfo=UTC)


class Entry(NamedTuple):
    """A row of a page.

    Attributes:
        id: The record's id.
        record: The record; of entities, which are derived, nothing but the vector counts.
        vector: Its vector, where it has one.
    """

    id: str
    record: Episode | Claim | None
    vector: Vector | None


class Pages(Protocol):
    """What a store supplies."""

    group: str

    def state(self) -> GroupState:
        """See `kgmem.stores.base.Store.state`."""
        ...

    def mark(self) -> Mark:
        """How far the group has come."""
        ...

    def page(self, kind: Kind, at: datetime, after: str, until: datetime) -> list[Entry]:
        """The next `PAGE` records at most, by ``(recorded_at, id)``; entities by id.

        Args:
            kind: Which; links are claims too, and not among the others.
            at: The ``recorded_at`` of the last record of the page before.
            after: Its id.
            until: The last ``recorded_at`` that counts.
        """
        ...


def dumped(pages: Pages) -> Iterator[Item]:
    """The records of a group: each after those that it refers to, links last of the claims.

    Raises:
        StoreUnavailableError: The history was rewritten meanwhile.
    """
    before = pages.mark().rewrites
    # Read before the instant is chosen: so the turns that failed are among those until then.
    failures = pages.state().failures
    state = pages.state()
    yield from state.predicates
    yield from state.trust
    if state.recorded_at is not None:
        yield from _entries(pages, "episodes", state.recorded_at)
        yield from _entries(pages, "claims", state.recorded_at)
        # What rules have found names entities that the claims before must have made.
        yield from _entries(pages, "links", state.recorded_at, by_rule=False)
        yield from _entries(pages, "links", state.recorded_at, by_rule=True)
        yield from _entries(pages, "entities", state.recorded_at)
    yield from failures
    if pages.mark().rewrites != before:
        raise StoreUnavailableError(
            f"something was forgotten in group {pages.group!r}, or copied into it, while it was read: "
            "do the same again"
        )


def _entries(
    pages: Pages, kind: Kind, until: datetime, *, by_rule: bool | None = None
) -> Iterator[Item]:
    at, after, full = _BEGINNING, "", True
    while full:
        entries = pages.page(kind, at, after, until)
        for entry in entries:
            after = entry.id
            if entry.record is not None:
                at = entry.record.recorded_at or at
                if isinstance(entry.record, Claim) and by_rule not in (
                    None,
                    found_by_rule(entry.record),
                ):
                    continue
                yield entry.record
            if entry.vector is not None:
                yield Embedded(entry.id, entry.vector)
        full = len(entries) == PAGE
