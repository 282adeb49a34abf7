"""What came and went in a group, from Neo4j."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from kgmem.errors import StoreUnavailableError
from kgmem.stores.base import Changes, Mark, Model, Stated
from kgmem.stores.neo4j_driver import ManagedTransaction, run
from kgmem.stores.neo4j_rows import entity_row, episode_of, moment, timed, version_of

_BEGINNING = datetime.min.replace(tzinfo=UTC)
_TRIES = 10
# A reader sees what others commit meanwhile. What is referred to is read after what refers to it,
# so it is there; whatever came too early comes again with the next changes, which does no harm.
_KINDS = ("versions", "claims", "entities", "episodes")


def mark_of(row: Mapping[str, Any]) -> Mark:
    """How far the group has come, of the columns of ``read/mark``."""
    return Mark(moment(row["recorded_at"]), row["rewrites"])


def model_of(row: Mapping[str, Any]) -> Model:
    """The model behind the vectors, of the columns of ``read/mark``."""
    return Model(row["embedder"], row["dimension"])


def read_changes(transaction: ManagedTransaction, group: str, since: Mark | None) -> Changes:
    """What came and went since a mark.

    Raises:
        StoreUnavailableError: History was rewritten meanwhile, again and again.
    """
    for _ in range(_TRIES):
        (row,) = run(transaction, "read/mark", group=group)
        mark = mark_of(row)
        whole = since is None or since.rewrites != mark.rewrites
        start = _BEGINNING if since is None or whole else since.recorded_at or _BEGINNING
        rows = {
            kind: run(transaction, f"read/changed_{kind}", group=group, since=start)
            for kind in _KINDS
        }
        (after,) = run(transaction, "read/mark", group=group)
        if mark_of(after).rewrites == mark.rewrites:
            return _changes(Changes(mark, model_of(row), whole), rows, group)
    raise StoreUnavailableError(
        f"the history of group {group!r} is being rewritten over and over: try again later"
    )


def _changes(unchanged: Changes, rows: Mapping[str, list[dict[str, Any]]], group: str) -> Changes:
    # Vectors leave the rows first: the rest of a row is a record.
    vectors = {
        row["id"]: np.array(vector, dtype=np.float32)
        for kind in ("claims", "entities", "episodes")
        for row in rows[kind]
        if (vector := row.pop("embedding")) is not None
    }
    words = [row.pop("words") for row in rows["episodes"]]
    episodes = [episode_of(row, group) for row in rows["episodes"]]
    versions = [(version_of(row), row["words"]) for row in rows["versions"]]
    return replace(
        unchanged,
        episodes=list(zip(episodes, words, strict=True)),
        claims=[Stated(**timed(row)) for row in rows["claims"]],
        versions=sorted(versions, key=lambda pair: (pair[0].created_at, pair[0].id)),
        entities=[(entity_row(row), row["summary"]) for row in rows["entities"]],
        vectors=vectors,
    )
