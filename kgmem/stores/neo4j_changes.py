"""What snapshots and dumps are made of, from Neo4j; see `kgmem.stores.reading` and `dumping`."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from kgmem.stores import dumping
from kgmem.stores.base import Changes, GroupState, Mark, Model, Stated, Vector
from kgmem.stores.neo4j_driver import Connection, ManagedTransaction, each, run
from kgmem.stores.neo4j_rows import (
    Row,
    claim_of,
    entity_row,
    episode_of,
    moment,
    timed,
    version_of,
)
from kgmem.stores.reading import Kind
from kgmem.timeline import SAME_AS

_ROWS_AT_ONCE = 500


def mark_row(rows: Sequence[Row]) -> Changes:
    """No changes yet, of the row of ``read/mark``."""
    (row,) = rows
    mark = Mark(moment(row["recorded_at"]), row["rewrites"])
    return Changes(mark, Model(row["embedder"], row["dimension"]))


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
        pages = each(
            self._transaction, f"read/rows_{kind}", group=self._group, by=by, page=_ROWS_AT_ONCE
        )
        found = [self._entry(kind, row) for page in pages for row in page["rows"]]
        if kind == "versions":
            found.sort(key=lambda entry: (entry[0][0].created_at, entry[0][0].id))
        return found

    def _entry(self, kind: Kind, row: dict[str, Any]) -> tuple[Any, Vector | None]:
        # At once, for the driver's numbers take eight times the room.
        vector = _vector(row.pop("embedding", None))
        if kind == "claims":
            return Stated(**timed(row)), vector
        if kind == "entities":
            return entity_row(row), vector
        words = row.pop("words")
        record = version_of(row) if kind == "versions" else episode_of(row, self._group)
        return (record, words), vector

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


class Neo4jPages:
    """A `kgmem.stores.dumping.Pages`."""

    def __init__(
        self,
        group: str,
        connection: Connection,
        *,
        state: Callable[[], GroupState],
        mark: Callable[[], Mark],
    ) -> None:
        self.group = group
        self.state = state
        self.mark = mark
        self._connection = connection

    def page(
        self, kind: dumping.Kind, at: datetime, after: str, until: datetime
    ) -> list[dumping.Entry]:
        """The next records."""
        place: dict[str, object] = {"group": self.group, "after": after, "most": dumping.PAGE}
        if kind == "entities":
            rows = self._connection.rows("read/dump_entities", **place)
            return [dumping.Entry(row["id"], None, _vector(row["embedding"])) for row in rows]
        place |= {"at": at, "until": until}
        if kind == "episodes":
            rows = self._connection.rows("read/dump_episodes", **place)
        else:
            of = {"link": SAME_AS, "links": kind == "links"}
            rows = self._connection.rows("read/dump_claims", **place, **of)
        vectors = [_vector(row.pop("embedding")) for row in rows]
        record_of = episode_of if kind == "episodes" else claim_of
        return [
            dumping.Entry(row["id"], record_of(row, self.group), vector)
            for row, vector in zip(rows, vectors, strict=True)
        ]


def _vector(numbers: list[float] | None) -> Vector | None:
    return None if numbers is None else np.array(numbers, dtype=np.float32)
