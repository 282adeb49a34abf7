"""The embedded store: one SQLite file in WAL mode, or memory.

Fulltext is FTS5 with the group as a word of its own column. Vectors are float32 blobs, scored
exactly with numpy over a matrix that is read once and then only grows. Writers take the write lock
when they begin, so they queue; readers in other processes go on reading.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import numpy as np

from kgmem.errors import ConfigurationError, StoreError, StoreUnavailableError
from kgmem.models import Claim, Entity, Episode, Fact
from kgmem.stores.base import (
    Change,
    Channel,
    Clock,
    Derive,
    FactQuery,
    Graph,
    GroupState,
    Ranking,
    RecordQuery,
    Registered,
    SearchQuery,
    Vector,
    Written,
)
from kgmem.stores.graph import graph_of
from kgmem.stores.statements import sql
from kgmem.stores.writing import EntityRow, commit
from kgmem.text import contains_word
from kgmem.timeline import Revision, Slot, Version

SCHEMA_VERSION = 1
BUSY_SECONDS = 120.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_OLDEST_SQLITE = (3, 38)
_TIMES = frozenset(
    ("valid_at", "invalid_at", "said_at", "recorded_at", "occurred_at", "created_at", "expired_at")
)
_SQL = sql("sqlite.sql")


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else _EPOCH + micros * _MICROSECOND


def _parameter(value: object) -> object:
    """A value as SQLite takes it: times as microseconds, sequences as JSON, vectors as blobs."""
    if isinstance(value, datetime):
        return _micros(value)
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(value, dtype=np.float32).tobytes()
    if isinstance(value, (tuple, list, frozenset)):
        return json.dumps(sorted(value) if isinstance(value, frozenset) else list(value))
    return value


def _columns(row: sqlite3.Row) -> dict[str, Any]:
    return {k: _moment(row[k]) if k in _TIMES else row[k] for k in row.keys()}  # noqa: SIM118 - Row


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

    def __init__(self, path: str, group: str, clock: Clock) -> None:
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            raise ConfigurationError(
                f"SQLite {sqlite3.sqlite_version} is too old: use a Python built with 3.38 or newer"
            )
        self.group = group
        self._path = path
        self._clock = clock
        self._lock = threading.RLock()
        self._vectors = {kind: _Vectors(kind) for kind in ("fact", "episode", "entity")}
        with self._errors():
            self._db = sqlite3.connect(
                path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._db.row_factory = sqlite3.Row
            self._db.create_function("contains_word", -1, contains_word, deterministic=True)
            self._prepare()

    def _prepare(self) -> None:
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute("PRAGMA temp_store = MEMORY")
        self._db.execute("PRAGMA synchronous = FULL")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{self._path!r} is of schema version {version}, newer than {SCHEMA_VERSION}, which "
                "this kgmem writes: upgrade kgmem"
            )
        if version == SCHEMA_VERSION:
            return
        if self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] and not version:
            self._refuse_foreign()
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(
            f"BEGIN IMMEDIATE;{_SQL['schema']};PRAGMA user_version = {SCHEMA_VERSION};COMMIT;"
        )

    def _refuse_foreign(self) -> None:
        """Another process may be making the store just now: then its tables are all ours."""
        names = {row[0] for row in self._db.execute("SELECT name FROM sqlite_master")}
        if not any(f" {name} " in _SQL["schema"] for name in names):
            raise StoreError(
                f"{self._path!r} is a SQLite file of something else: give kgmem a file of its own"
            )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """The one place where SQLite's errors become kgmem's."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise self._translated(error) from error
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"{self._path!r} failed: {error}. Nothing was written; check that the file is a kgmem "
                "store and whole (PRAGMA integrity_check), else restore a copy"
            ) from error

    def _translated(self, error: sqlite3.OperationalError) -> StoreError:
        name = getattr(error, "sqlite_errorname", "") or ""
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return StoreUnavailableError(
                f"{self._path!r} stayed locked for {BUSY_SECONDS:.0f} s: try again, or end the "
                "process that holds a transaction open"
            )
        remedies = {
            "SQLITE_READONLY": "it is read-only: grant write permission to the file and its folder",
            "SQLITE_CANTOPEN": "it cannot be opened: make its folder and grant access to it",
            "SQLITE_FULL": "the disk is full: free some space and run the same again",
            "SQLITE_IOERR": "the disk failed: check it and run the same again",
        }
        for prefix, remedy in remedies.items():
            if name.startswith(prefix):
                return StoreUnavailableError(f"{self._path!r}: {remedy} (nothing was written)")
        return StoreError(f"{self._path!r} failed: {error} (nothing was written)")

    # Reading

    def _rows(self, statement: str, /, **parameters: object) -> list[sqlite3.Row]:
        values = {name: _parameter(value) for name, value in parameters.items()}
        with self._lock, self._errors():
            return self._db.execute(statement, values).fetchall()

    def _group(self) -> sqlite3.Row | None:
        rows = self._rows(_SQL["group"], name=self.group)
        return rows[0] if rows else None

    def _select(self, block: str, query: object, *extra: str) -> list[sqlite3.Row]:
        """A composed read: the block and the conditions whose parameter the query gives."""
        group = self._group()
        if group is None:
            return []
        given = {f.name: getattr(query, f.name) for f in fields(query)}  # type: ignore[arg-type]
        conditions = [
            _SQL[f"{block}.{name}"]
            for name, value in given.items()
            if value is not None and f"{block}.{name}" in _SQL and name not in extra
        ]
        chosen = [_SQL[f"{block}.{name}"] for name in extra if f"{block}.{name}" in _SQL]
        statement = "\n".join([_SQL[block], *conditions, *chosen, _SQL[f"{block}.order"]])
        return self._rows(statement, group=group["num"], **given)

    def facts(self, query: FactQuery) -> list[Fact]:
        """See `kgmem.stores.base.Store.facts`."""
        extra = () if query.every_version or query.as_known else ("believed",)
        return [_fact(row) for row in self._select("facts", query, *extra)]

    def claims(self, query: RecordQuery) -> list[Claim]:
        """See `kgmem.stores.base.Store.claims`."""
        return [_claim(row, self.group) for row in self._select("claims", query)]

    def episodes(self, query: RecordQuery) -> list[Episode]:
        """See `kgmem.stores.base.Store.episodes`."""
        return [_episode(row, self.group) for row in self._select("episodes", query)]

    def entities(self, ids: Sequence[str] | None = None) -> list[Entity]:
        """See `kgmem.stores.base.Store.entities`."""
        group = self._group()
        if group is None:
            return []
        rows = self._rows(_SQL["entities"], group=group["num"], ids=ids)
        return [_entity(dict(row)) for row in rows]

    def candidates(self, query: SearchQuery) -> dict[Channel, Ranking]:
        """See `kgmem.stores.base.Store.candidates`."""
        group = self._group()
        found: dict[Channel, Ranking] = {channel: [] for channel in get_args(Channel)}
        if group is None:
            return found
        times = {"as_of": query.as_of, "as_known": query.as_known}
        for channel in found:
            kind, way = channel.split("_")
            if way == "text" and query.terms:
                words = " OR ".join(f'"{term}"' for term in query.terms)
                match = f'scope : "g{group["num"]}" AND text : ({words})'
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
            scores = vectors.matrix @ query.vector
            order = np.lexsort((np.arange(len(scores)), -scores))
        ranking: Ranking = []
        start, step = 0, 4 * query.limit
        while start < len(order) and len(ranking) < query.limit:
            near = {vectors.ids[i]: float(scores[i]) for i in order[start : start + step]}
            rows = self._rows(
                _SQL[f"{kind}_near"], ids=list(near), as_of=query.as_of, as_known=query.as_known
            )
            ranking += sorted(
                ((row["id"], near[row["near"]]) for row in rows), key=lambda hit: (-hit[1], hit[0])
            )
            start, step = start + step, step * 4
        return ranking[: query.limit]

    def graph(self, as_of: datetime | None, as_known: datetime | None) -> Graph:
        """See `kgmem.stores.base.Store.graph`."""
        group = self._group()
        if group is None:
            return graph_of([], [], [])
        given = {"group": group["num"], "as_of": as_of, "as_known": as_known}
        return graph_of(
            [tuple(row) for row in self._rows(_SQL["graph_facts"], **given)],
            [tuple(row) for row in self._rows(_SQL["graph_mentions"], **given)],
            [tuple(row) for row in self._rows(_SQL["graph_episodes"], **given)],
        )

    def state(self) -> GroupState:
        """See `kgmem.stores.base.Store.state`."""
        with self._lock:
            group = self._group()
            embedder = self._setting("embedder")
            dimension = self._setting("dimension")
            log = self._rows(_SQL["predicates"], group=group["num"], names=None) if group else []
        return GroupState(
            recorded_at=_moment(group["recorded_at"]) if group else None,
            predicates=tuple(Registered(**_columns(row)) for row in log),
            embedder=embedder,
            dimension=int(dimension) if dimension else None,
        )

    def _setting(self, name: str) -> str | None:
        rows = self._rows(_SQL["setting"], name=name)
        return rows[0]["value"] if rows else None

    def stats(self) -> dict[str, int]:
        """See `kgmem.stores.base.Store.stats`."""
        group = self._group()
        return dict(self._rows(_SQL["stats"], group=group["num"] if group else None)[0])

    def dump(self) -> Iterator[Change]:
        """See `kgmem.stores.base.Store.dump`."""
        group = self._group()
        if group is None:
            return
        rows = self._rows(_SQL["dump_vectors"], group=group["num"])
        vectors = {row["id"]: np.frombuffer(row["embedding"], dtype=np.float32) for row in rows}
        everything = RecordQuery()
        yield Change(
            episodes=self.episodes(everything),
            claims=self.claims(everything),
            vectors=vectors,
            predicates=self.state().predicates,
            rewrite=True,
        )

    # Writing

    def adopt(self, embedder: str, dimension: int) -> None:
        """See `kgmem.stores.base.Store.adopt`."""
        with self._transaction():
            self._db.execute(_SQL["set_setting"], {"name": "embedder", "value": embedder})
            self._db.execute(_SQL["set_setting"], {"name": "dimension", "value": str(dimension)})

    def write(self, change: Change, derive: Derive, *, dry_run: bool = False) -> Written:
        """See `kgmem.stores.base.Store.write`."""
        with self._transaction(dry_run=dry_run):
            written = commit(_SQLiteTransaction(self._db, self.group), change, derive, self._clock)
        if written.erased and not dry_run:
            self._scrub()
        return written

    @contextmanager
    def _transaction(self, *, dry_run: bool = False) -> Iterator[None]:
        """Holds SQLite's write lock from the start; whatever goes wrong, nothing is written."""
        with self._lock, self._errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("ROLLBACK" if dry_run else "COMMIT")
            finally:
                # SQLite has rolled back by itself after some errors, such as a full disk.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    def _scrub(self) -> None:
        """Leaves no byte of what was erased in the file: merges indexes, rewrites pages, empties the log."""
        with self._lock, self._errors():
            self._db.executescript(_SQL["scrub"])
            busy, *_ = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreUnavailableError(
                f"what was to be forgotten is gone from {self._path!r}, but a reader keeps its old pages "
                f"in {os.path.basename(self._path)}-wal: close the readers and call forget again"
            )

    def close(self) -> None:
        """See `kgmem.stores.base.Store.close`."""
        with self._lock:
            self._db.close()


class _Vectors:
    """The vectors of one kind of record of the group, read once; afterwards only what was added."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.ids: list[str] = []
        self.matrix: Vector = np.empty((0, 0), dtype=np.float32)
        self._last = 0
        self._erasures = -1

    def refresh(self, store: SQLiteStore, group: sqlite3.Row) -> None:
        if self._erasures != group["erasures"]:
            self.ids, self._last, self._erasures = [], 0, group["erasures"]
        rows = store._rows(_SQL[f"{self.kind}_vectors"], group=group["num"], after=self._last)
        if not rows:
            return
        fresh = np.stack([np.frombuffer(row["embedding"], dtype=np.float32) for row in rows])
        self.matrix = np.concatenate([self.matrix, fresh]) if self.ids else fresh
        self.ids = [*self.ids, *(row["id"] for row in rows)]
        self._last = rows[-1]["num"]


class _SQLiteTransaction:
    """The batch primitives of `kgmem.stores.writing.commit` on an open transaction."""

    def __init__(self, db: sqlite3.Connection, group: str) -> None:
        self._db = db
        self._group = group
        self._num = 0

    def _run(self, block: str, /, **parameters: object) -> list[sqlite3.Row]:
        values = {key: _parameter(value) for key, value in parameters.items()}
        return self._db.execute(_SQL[block], {**values, "group": self._num}).fetchall()

    def _many(self, block: str, rows: Iterable[Mapping[str, object]]) -> None:
        self._db.executemany(
            _SQL[block],
            ({k: _parameter(v) for k, v in row.items()} | {"group": self._num} for row in rows),
        )

    def lock(self) -> datetime | None:
        rows = self._run("group", name=self._group)
        if not rows:
            self._num = self._run("create_group", name=self._group)[0]["num"]
            return None
        self._num = rows[0]["num"]
        return _moment(rows[0]["recorded_at"])

    def predicates(self, names: Iterable[str]) -> list[Registered]:
        rows = self._run("predicates", names=list(names))
        return [Registered(**_columns(row)) for row in rows]

    def register(self, predicates: Sequence[Registered]) -> None:
        self._many("register", (item._asdict() for item in predicates))

    def known_episodes(self, ids: Sequence[str]) -> Mapping[str, str]:
        return {row["id"]: row["text"] for row in self._run("known_episodes", ids=ids)}

    def known_claims(self, ids: Sequence[str]) -> set[str]:
        return {row["id"] for row in self._run("known_claims", ids=ids)}

    def known_entities(self, ids: Sequence[str]) -> dict[str, EntityRow]:
        return {
            row["id"]: EntityRow(
                row["id"],
                frozenset(json.loads(row["aliases"])),
                frozenset(json.loads(row["types"])),
            )
            for row in self._run("known_entities", ids=ids)
        }

    def insert(
        self,
        episodes: Sequence[Episode],
        entities: Sequence[EntityRow],
        claims: Sequence[Claim],
        vectors: Mapping[str, Vector],
    ) -> None:
        self._many("insert_episode", (_row(record, vectors) for record in episodes))
        self._many(
            "write_entity",
            (
                {
                    "id": row.id,
                    "name": row.name,
                    "type": row.type,
                    "aliases": row.aliases,
                    "types": row.types,
                    "embedding": vectors.get(row.id),
                }
                for row in entities
            ),
        )
        self._many("insert_claim", (_row(record, vectors) for record in claims))

    def claims_with(self, query: RecordQuery) -> list[Claim]:
        given = {f.name: getattr(query, f.name) for f in fields(query)}
        conditions = [_SQL[f"claims.{name}"] for name, value in given.items() if value is not None]
        values = {name: _parameter(value) for name, value in given.items()}
        rows = self._db.execute(
            "\n".join([_SQL["claims"], *conditions]), {"group": self._num, **values}
        )
        return [_claim(row, self._group) for row in rows]

    def slots_of(self, predicates: Sequence[str]) -> list[tuple[str, str]]:
        return [tuple(row) for row in self._run("slots_of", predicates=predicates)]

    def slot_claims(self, slots: Sequence[Slot]) -> list[list[Claim]]:
        found: list[list[Claim]] = [[] for _ in slots]
        for row in self._run("slot_claims", slots=[slot[:3] for slot in slots]):
            found[row["slot"]].append(_claim(row, self._group))
        return found

    def slot_versions(self, slots: Sequence[Slot], *, every: bool) -> list[list[Version]]:
        found: list[list[Version]] = [[] for _ in slots]
        for row in self._run("slot_versions", slots=[slot[:3] for slot in slots], every=every):
            found[row["slot"]].append(_version(row))
        return found

    def apply(self, revision: Revision) -> None:
        self._many("remove_version", (_version_row(v) for v in revision.remove))
        self._many("expire_version", (_version_row(v) for v in revision.expire))
        self._many("insert_version", (_version_row(v) for v in revision.insert))
        supported = (*revision.insert, *revision.reinforce)
        self._many("add_support", (_version_row(v) for v in supported))

    def erase(
        self, episodes: Sequence[str], claims: Sequence[str], entities: Sequence[str]
    ) -> None:
        self._run("erase_causes", ids=claims)
        self._run("erase_claims", ids=claims)
        self._run("erase_episodes", ids=episodes)
        self._run("erase_entities", ids=entities)

    def finish(self, now: datetime, *, erased: bool) -> None:
        self._run("finish", recorded_at=now, erased=int(erased))


def _row(record: Episode | Claim, vectors: Mapping[str, Vector]) -> dict[str, object]:
    return {**dict(record), "embedding": vectors.get(record.id)}


def _version_row(version: Version) -> dict[str, object]:
    return {f.name: getattr(version, f.name) for f in fields(version)}


def _record(row: sqlite3.Row, group: str, names: Iterable[str]) -> dict[str, Any]:
    columns = _columns(row)
    return {"group": group} | {name: columns[name] for name in names if name != "group"}


def _claim(row: sqlite3.Row, group: str) -> Claim:
    values = _record(row, group, Claim.model_fields)
    return Claim(**{**values, "span": json.loads(values["span"]) if values["span"] else None})


def _episode(row: sqlite3.Row, group: str) -> Episode:
    return Episode(**_record(row, group, Episode.model_fields))


def _entity(columns: Mapping[str, Any], prefix: str = "") -> Entity:
    values = {name: columns[f"{prefix}{name}"] for name in Entity.model_fields}
    return Entity(**{**values, "aliases": tuple(json.loads(values["aliases"]))})


def _version(row: sqlite3.Row) -> Version:
    values = _columns(row)
    values["support"] = tuple(json.loads(values["support"]))
    return Version(**{f.name: values[f.name] for f in fields(Version)})


def _fact(row: sqlite3.Row) -> Fact:
    columns = _columns(row)
    support = json.loads(columns.pop("support"))
    return Fact(
        **{name: columns[name] for name in Fact.model_fields if name in columns},
        subject=_entity(columns, "s_"),
        object=_entity(columns, "o_"),
        claims=tuple(claim for claim, _ in support),
        episodes=tuple(dict.fromkeys(episode for _, episode in support if episode)),
    )
