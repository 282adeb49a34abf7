"""What a snapshot is made of, from Neo4j; see `kgmem.stores.reading`."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from kgmem.errors import StoreUnavailableError
from kgmem.stores.base import Changes, Mark, Model, Stated, Vector
from kgmem.stores.neo4j_driver import ManagedTransaction, run
from kgmem.stores.neo4j_rows import Row, entity_row, episode_of, moment, timed, version_of
from kgmem.stores.reading import Kind, Rows

_TRIES = 10


def mark_row(rows: Sequence[Row]) -> Changes:
    """No changes yet, of the row of ``read/mark``."""
    (row,) = rows
    mark = Mark(moment(row["recorded_at"]), row["rewrites"])
    return Changes(mark, Model(row["embedder"], row["dimension"]))


def steady(
    transaction: ManagedTransaction, group: str, read: Callable[[Changes, Rows], Changes]
) -> Changes:
    """Reads again where history was rewritten meanwhile: readers see what others commit.

    Raises:
        StoreUnavailableError: It was rewritten again and again.
    """
    before = mark_row(run(transaction, "read/mark", group=group))
    for _ in range(_TRIES):
        found = read(before, Neo4jRows(transaction, group))
        after = mark_row(run(transaction, "read/mark", group=group))
        if after.mark.rewrites == before.mark.rewrites:
            return found
        before = after
    raise StoreUnavailableError(
        f"the history of group {group!r} is being rewritten over and over: try again later"
    )


class Neo4jRows:
    """A `kgmem.stores.reading.Rows` inside a transaction."""

    def __init__(self, transaction: ManagedTransaction, group: str) -> None:
        self._transaction = transaction
        self._group = group

    def read(
        self, kind: Kind, *, since: datetime | None = None, ids: Sequence[str] | None = None
    ) -> list[tuple[Any, Vector | None]]:
        """Entries with their vectors, by transaction time and id."""
        by = {"ids": list(ids or ())} if since is None else {"since": since}
        rows = run(self._transaction, f"read/rows_{kind}", group=self._group, by=by)
        vectors = [_vector(row.pop("embedding", None)) for row in rows]
        entries = [self._entry(kind, row) for row in rows]
        if kind == "versions":
            entries.sort(key=lambda entry: (entry[0].created_at, entry[0].id))
        return list(zip(entries, vectors, strict=True))

    def _entry(self, kind: Kind, row: dict[str, Any]) -> Any:
        if kind == "claims":
            return Stated(**timed(row))
        if kind == "entities":
            return entity_row(row), row["summary"]
        words = row.pop("words")
        return (version_of(row) if kind == "versions" else episode_of(row, self._group)), words

    def around(
        self, entities: Sequence[str], episodes: Sequence[str], most: int
    ) -> tuple[list[str], list[str], list[str]]:
        """Ids one step away."""
        (row,) = run(
            self._transaction,
            "read/around",
            group=self._group,
            entities=list(entities),
            episodes=list(episodes),
            most=most,
        )
        return row["facts"], row["claims"], row["episodes"]


def _vector(numbers: list[float] | None) -> Vector | None:
    return None if numbers is None else np.array(numbers, dtype=np.float32)
