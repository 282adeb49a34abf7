"""The embedded store: one SQLite file in WAL mode, or memory.

Fulltext is FTS5 with the group as a word of its own column. Vectors are float32 blobs, scored
exactly with numpy over a matrix that is read once and then only grows. Writers take the write lock
when they begin, so they queue; readers in other processes go on reading.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, get_args

import numpy as np

from kgmem.errors import ConfigurationError, StoreError, StoreUnavailableError
from kgmem.models import Claim, Entity, Episode, Fact, Similarity
from kgmem.stores import dumping
from kgmem.stores._sqlite_errors import errors
from kgmem.stores._sqlite_reads import asked, composed
from kgmem.stores._sqlite_rows import (
    claim,
    columns,
    community,
    dump_entry,
    entity,
    episode,
    fact,
    first_word,
    moment,
    parameter,
    snapshot_row,
    trusted,
)
from kgmem.stores._sqlite_vectors import Vectors
from kgmem.stores._sqlite_write import SQLiteTransaction
from kgmem.stores.base import (
    Change,
    Changes,
    Channel,
    Clock,
    Derive,
    FactQuery,
    Failure,
    GroupState,
    Item,
    Mark,
    Model,
    Ranking,
    RecordQuery,
    Registered,
    SearchQuery,
    Vector,
    Written,
)
from kgmem.stores.derived import Derived
from kgmem.stores.dumping import dumped
from kgmem.stores.reading import Kind, changed, gathered
from kgmem.stores.statements import script, sql
from kgmem.stores.writing import commit
from kgmem.text import contains_word
from kgmem.timeline import SAME_AS

SCHEMA_VERSION = 3
BUSY_SECONDS = 120.0
_RETRY_SECONDS = 0.005
_OLDEST_SQLITE = (3, 38)
_SQL = sql("sqlite.sql")


class SQLiteStore:
    """A `kgmem.stores.base.Store` in one SQLite file.

    Args:
        path: The file; it is made where it is not there. ``:memory:`` for a store that is gone
            when it is closed.
        group: The group it is bound to.
        clock: Gives transaction times.

    Raises:
        StoreError: The file is no kgmem store, is of a newer version, or cannot be written.
    """

    # The file is written anew after each.
    erased_at_once: int | None = None

    def __init__(self, path: str, group: str, clock: Clock) -> None:
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            raise ConfigurationError(
                f"SQLite {sqlite3.sqlite_version} is too old: use a Python built with 3.38 or newer"
            )
        self.group = group
        self._path = path
        self._clock = clock
        self._lock = threading.RLock()
        self._vectors = {kind: Vectors(kind) for kind in ("fact", "episode", "entity")}
        with self._errors():
            self._db = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._db.row_factory = sqlite3.Row
            self._db.create_function("contains_word", -1, contains_word, deterministic=True)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute("PRAGMA temp_store = MEMORY")
        self._db.execute("PRAGMA synchronous = FULL")
        # Ids are spread over all of an index: without room for its pages each write reads them again.
        self._db.execute("PRAGMA cache_size = -65536")
        # What many writes touch goes from the log to the file once in 32 MB, not once in 4.
        self._db.execute("PRAGMA wal_autocheckpoint = 8000")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{self._path!r} is of schema version {version}, newer than {SCHEMA_VERSION}, which "
                "this kgmem writes: upgrade kgmem"
            )
        # A file may be of a version and older than its last tables.
        names = {row["name"] for row in self._db.execute(_SQL["tables"])}
        if version == SCHEMA_VERSION and {"trust", "communities", "similar"} <= names:
            return
        self._refuse_foreign(names)
        patience = time.monotonic() + BUSY_SECONDS
        # SQLite does not wait by itself where another opener of a new file does the same.
        while not self._tried("PRAGMA journal_mode = WAL", is_last=time.monotonic() >= patience):
            time.sleep(_RETRY_SECONDS)
        self._db.create_function("first_word", 2, first_word, deterministic=True)
        with self._transaction():
            # Another process may have brought the file up to date while this one waited.
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            for block in _upgrades(version):
                for statement in script(_SQL[block]):
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _refuse_foreign(self, names: set[str]) -> None:
        """Tables of ours are no reason: another process may be making the store just now."""
        if names and not any(f" {name} " in _SQL["schema"] for name in names):
            raise StoreError(
                f"{self._path!r} is a SQLite file of something else: give kgmem a file of its own"
            )

    def _errors(self) -> AbstractContextManager[None]:
        return errors(self._path, BUSY_SECONDS)

    # Reading

    def _rows(self, statement: str, /, **parameters: object) -> list[sqlite3.Row]:
        values = {name: parameter(value) for name, value in parameters.items()}
        with self._lock, self._errors():
            return self._db.execute(statement, values).fetchall()

    def _group(self) -> sqlite3.Row | None:
        rows = self._rows(_SQL["group"], name=self.group)
        return rows[0] if rows else None

    def _select(self, block: str, query: FactQuery | RecordQuery) -> list[sqlite3.Row]:
        """A composed read: the block, and those of its conditions whose parameter the query gives."""
        group = self._group()
        if group is None:
            return []
        return self._rows(composed(block, query), group=group["num"], **asked(query))

    def facts(self, query: FactQuery) -> list[Fact]:
        """See `kgmem.stores.base.Store.facts`."""
        if query.every_version:
            query = replace(query, as_known=None)
        return [fact(row, query.as_known) for row in self._select("facts", query)]

    def claims(self, query: RecordQuery) -> list[Claim]:
        """See `kgmem.stores.base.Store.claims`."""
        return [claim(row, self.group) for row in self._select("claims", query)]

    def episodes(self, query: RecordQuery) -> list[Episode]:
        """See `kgmem.stores.base.Store.episodes`."""
        rows = self._select("episodes", query)
        return [episode(row, self.group) for row in reversed(rows)]

    def entities(self, ids: Sequence[str] | None = None) -> list[Entity]:
        """See `kgmem.stores.base.Store.entities`."""
        group = self._group()
        if group is None:
            return []
        block = "entities" if ids is None else "entities_of"
        rows = self._rows(_SQL[block], group=group["num"], ids=ids)
        return [entity(row) for row in rows]

    def derived(self) -> Derived:
        """See `kgmem.stores.base.Store.derived`."""
        with self._reading():
            (row,) = self._rows(_SQL["mark"], name=self.group)
            found = (self._rows(_SQL[b], group=row["num"]) for b in ("communities", "similar"))
            communities, similar = found
        return Derived(
            row["rewrites"] or 0,
            communities=[community(row) for row in communities],
            similar=[Similarity(**columns(row)) for row in similar],
        )

    def near(self, query: SearchQuery) -> Changes:
        """See `kgmem.stores.base.Store.near`."""
        with self._reading():
            (row,) = self._rows(_SQL["mark"], name=self.group)
            found = Changes(_mark(row), _model(row))
            return gathered(found, self.candidates(query), _Rows(self, row["num"]))

    def candidates(self, query: SearchQuery) -> dict[Channel, Ranking]:
        """See `kgmem.stores.base.Store.candidates`."""
        group = self._group()
        found: dict[Channel, Ranking] = {channel: [] for channel in get_args(Channel)}
        if group is None:
            return found
        times = {"as_of": query.as_of, "as_known": query.as_known}
        for channel in query.channels:
            kind, way = channel.split("_")
            if way == "text" and query.terms:
                words = " OR ".join(f'"{term}"' for term in query.terms)
                match = f'scope : "g{group["num"]}" AND words : ({words})'
                rows = self._rows(_SQL[channel], match=match, limit=query.limit, **times)
                found[channel] = [(row["id"], row["score"]) for row in rows]
            elif way == "vector" and query.vector is not None:
                found[channel] = self._nearest(group, kind, query)
        return found

    def _nearest(self, group: sqlite3.Row, kind: str, query: SearchQuery) -> Ranking:
        """Exact cosine over the group; looks on until ``limit`` records pass the time filters."""
        with self._lock:
            vectors = self._vectors[kind]
            vectors.refresh(self, group)
            if not vectors.ids or query.vector is None:
                return []
            # Another thread may put others in their place, and never changes these.
            ids = vectors.ids
            scores = vectors.matrix @ query.vector
            order = np.argsort(-scores, kind="stable")
        ranking: Ranking = []
        start, step = 0, 4 * query.limit
        while start < len(order) and len(ranking) < query.limit:
            near = {ids[i]: float(scores[i]) for i in order[start : start + step]}
            rows = self._rows(
                _SQL[f"{kind}_near"], ids=list(near), as_of=query.as_of, as_known=query.as_known
            )
            ranking += sorted(
                ((row["id"], near[row["near"]]) for row in rows), key=lambda hit: (-hit[1], hit[0])
            )
            start, step = start + step, step * 4
        return ranking[: query.limit]

    def episode_vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        """See `kgmem.stores.base.Store.episode_vectors`."""
        group = self._group()
        return {} if group is None else self._blobs("vectors_of", group=group["num"], ids=list(ids))

    def _blobs(self, block: str, **parameters: object) -> dict[str, Vector]:
        rows = self._rows(_SQL[block], **parameters)
        return {row["id"]: np.frombuffer(row["embedding"], dtype=np.float32) for row in rows}

    def changes(self, since: Mark | None) -> Changes:
        """See `kgmem.stores.base.Store.changes`."""
        with self._reading():
            (row,) = self._rows(_SQL["mark"], name=self.group)
            found = Changes(_mark(row), _model(row))
            return found if found.mark == since else changed(found, since, _Rows(self, row["num"]))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Sees the store as it is at one instant, whoever writes meanwhile."""
        with self._lock, self._errors():
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("ROLLBACK")

    def state(self) -> GroupState:
        """See `kgmem.stores.base.Store.state`."""
        with self._lock:
            (row,) = self._rows(_SQL["mark"], name=self.group)
            log = self._rows(_SQL["predicates"], group=row["num"], names=None)
            failures = self._rows(_SQL["failures"], group=row["num"])
            policies = self._rows(_SQL["policies"], group=row["num"])
        return GroupState(
            recorded_at=moment(row["recorded_at"]),
            predicates=tuple(Registered(**columns(entry)) for entry in log),
            model=_model(row),
            failures=tuple(Failure(*failure) for failure in failures),
            trust=tuple(trusted(policy) for policy in policies),
        )

    def stats(self) -> dict[str, int]:
        """See `kgmem.stores.base.Store.stats`."""
        group = self._group()
        return dict(self._rows(_SQL["stats"], group=group["num"] if group else None)[0])

    def dump(self) -> Iterator[Item]:
        """See `kgmem.stores.base.Store.dump`."""
        return dumped(_Pages(self))

    # Writing

    def adopt(self, embedder: str, dimension: int) -> None:
        """See `kgmem.stores.base.Store.adopt`."""
        with self._transaction():
            self.state().model.check(embedder, dimension)
            self._db.execute(_SQL["set_setting"], {"name": "embedder", "value": embedder})
            self._db.execute(_SQL["set_setting"], {"name": "dimension", "value": str(dimension)})

    def write(self, change: Change, derive: Derive, *, dry_run: bool = False) -> Written:
        """See `kgmem.stores.base.Store.write`."""
        with self._transaction(dry_run=dry_run):
            written = commit(SQLiteTransaction(self._db, self.group), change, derive, self._clock)
        if written.erased and not dry_run:
            self._scrub()
        return written

    @contextmanager
    def _transaction(self, *, dry_run: bool = False) -> Iterator[None]:
        """Holds SQLite's write lock from the start; whatever goes wrong, nothing is written."""
        patience = time.monotonic() + BUSY_SECONDS
        while True:
            with self._lock, self._errors():
                if self._tried("BEGIN IMMEDIATE", is_last=time.monotonic() >= patience):
                    try:
                        yield
                        self._db.execute("ROLLBACK" if dry_run else "COMMIT")
                    finally:
                        # SQLite has rolled back by itself after some errors, such as a full disk.
                        if self._db.in_transaction:
                            self._db.execute("ROLLBACK")
                    return
            # While another process writes, threads that read with this memory go on.
            time.sleep(_RETRY_SECONDS)

    def _tried(self, statement: str, *, is_last: bool) -> bool:
        """Whether the lock that a statement takes is ours at once; on the last try another holder is an error."""
        self._db.execute("PRAGMA busy_timeout = 0")
        try:
            self._db.execute(statement)
        except sqlite3.OperationalError as error:
            if is_last or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        finally:
            self._db.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")
        return True

    def _scrub(self) -> None:
        """Leaves no byte of what was erased in the file: merges indexes, rewrites pages, empties the log."""
        with self._lock, self._errors():
            self._db.executescript(_SQL["scrub"])
            busy, *_ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreUnavailableError(
                f"what was to be forgotten is gone from {self._path!r}, but a reader holds on to its old "
                f"pages in {os.path.basename(self._path)}-wal: close every connection to the file, and "
                "they go with the last"
            )

    def close(self) -> None:
        """See `kgmem.stores.base.Store.close`."""
        with self._lock:
            self._db.close()


def _upgrades(version: int) -> list[str]:
    """The blocks that bring a file of a version up to date, or make a new one of an empty one."""
    blocks = ["upgrade.2"] if version == 1 else []
    return [*blocks, "upgrade.3", "schema", "fill.3"] if version in (1, 2) else ["schema"]


def _mark(row: sqlite3.Row) -> Mark:
    return Mark(moment(row["recorded_at"]), row["rewrites"] or 0)


def _model(row: sqlite3.Row) -> Model:
    return Model(row["embedder"], int(row["dimension"]) if row["dimension"] else None)


class _Rows:
    """A `kgmem.stores.reading.Rows` inside a reading transaction."""

    def __init__(self, store: SQLiteStore, group: int | None) -> None:
        self._store = store
        self._group = group

    def read(
        self, kind: Kind, *, since: datetime | None = None, ids: Sequence[str] | None = None
    ) -> list[tuple[Any, Any]]:
        condition = _SQL[f"rows_{kind}.{'ids' if since is None else 'since'}"]
        parts = (_SQL[f"rows_{kind}"], condition, _SQL[f"rows_{kind}.order"])
        rows = self._store._rows("\n".join(parts), group=self._group, since=since, ids=ids)
        return [snapshot_row(kind, row, self._store.group) for row in rows]

    def around(
        self, entities: Sequence[str], episodes: Sequence[str], most: int
    ) -> tuple[list[str], list[str], list[str]]:
        given = {"group": self._group, "entities": entities, "episodes": episodes, "most": most}
        facts, claims, beside = (
            [row["id"] for row in self._store._rows(_SQL[f"around_{kind}"], **given)]
            for kind in ("facts", "claims", "episodes")
        )
        return facts, claims, beside


class _Pages:
    """A `kgmem.stores.dumping.Pages`."""

    def __init__(self, store: SQLiteStore) -> None:
        self.group = store.group
        self.state = store.state
        self._store = store

    def mark(self) -> Mark:
        return _mark(self._store._rows(_SQL["mark"], name=self.group)[0])

    def page(
        self, kind: dumping.Kind, at: datetime, after: str, until: datetime
    ) -> list[dumping.Entry]:
        (group,) = self._store._rows(_SQL["mark"], name=self.group)
        place = {"group": group["num"], "at": at, "id": after, "until": until}
        which = {"most": dumping.PAGE, "link": SAME_AS, "links": kind == "links"}
        block = "dump_claims" if kind == "links" else f"dump_{kind}"
        rows = self._store._rows(_SQL[block], **place, **which)
        return [dump_entry(kind, row, self.group) for row in rows]
