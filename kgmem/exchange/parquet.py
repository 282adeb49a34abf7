"""A group as a folder of Parquet files, one a kind of record, and what is believed as a table.

``kgmem.json`` names the group, the rows and the SHA-256 of each file. ``facts.parquet`` holds every
version of every fact on both clocks, for people who analyze; it is derived, and an import does not
read it. Times are microseconds in UTC.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from kgmem.errors import ConfigurationError, InvalidInputError
from kgmem.exchange.records import COLUMNS, Header, Kind, header_of, item_of, kind_of, row_of
from kgmem.models import Claim, Fact
from kgmem.stores.base import Embedded, FactQuery, Item, Store

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as missing:
    raise ConfigurationError(
        "Parquet needs pyarrow: pip install 'kgmem[parquet]', or use the format jsonl"
    ) from missing

if TYPE_CHECKING:
    from kgmem.exchange import Writing

_MANIFEST = "kgmem.json"
_ROWS = 2_000
_REMEDY = "export the group again, or take another copy of the folder"
_FACT = (
    "id", "subject_id", "subject", "subject_type", "predicate", "object_id", "object", "object_type",
    "text", "valid_at", "invalid_at", "created_at", "expired_at", "ended_by", "claims", "episodes",
)  # fmt: skip
_LISTS = {"claims": pa.string(), "episodes": pa.string(), "order": pa.string(), "span": pa.int32()}


class _Table:
    """A file of rows that are written so many at a time."""

    def __init__(self, path: Path, columns: Sequence[str], dimension: int | None) -> None:
        self.rows = 0
        self._schema = pa.schema([(name, _type(name, dimension)) for name in columns])
        self._file = pq.ParquetWriter(path, self._schema)
        self._waiting: list[Mapping[str, Any]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        self._waiting.append(row)
        self.rows += 1
        if len(self._waiting) >= _ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._file.write_table(pa.Table.from_pylist(self._waiting, schema=self._schema))
            self._waiting = []

    def close(self) -> None:
        self._flush()
        self._file.close()


def _type(column: str, dimension: int | None) -> pa.DataType:
    if column.endswith("_at"):
        return pa.timestamp("us", tz="UTC")
    if column.endswith("confidence"):
        return pa.float64()
    if column == "vector":
        return pa.list_(pa.float32(), dimension or -1)
    return pa.list_(_LISTS[column]) if column in _LISTS else pa.string()


@contextmanager
def writing(path: Path, header: Header, store: Store) -> "Iterator[Writing]":
    """Writes a folder, record by record; without an error, the facts and the list of its files."""
    path.mkdir()
    entities: set[str] = set()
    last = datetime.min.replace(tzinfo=UTC)
    with ExitStack() as stack:
        tables: dict[str, _Table] = {}
        for name, columns in (*COLUMNS.items(), ("fact", _FACT)):
            tables[name] = _Table(path / f"{name}s.parquet", columns, header.dimension)
            stack.callback(tables[name].close)

        def write(item: Item) -> None:
            nonlocal last
            tables[kind_of(item)].add(row_of(item))
            last = max(last, getattr(item, "recorded_at", None) or last)
            if isinstance(item, Claim):
                entities.update(filter(None, (item.subject_id, item.object_id)))

        yield write
        for row in _facts(store, sorted(entities), last):
            tables["fact"].add(row)
    files = {
        f"{name}s.parquet": {"rows": table.rows, "sha256": _digest(path / f"{name}s.parquet")}
        for name, table in tables.items()
    }
    manifest = json.dumps({**header.model_dump(), "files": files}, indent=2, ensure_ascii=False)
    (path / _MANIFEST).write_text(manifest, encoding="utf-8")


def _facts(store: Store, entities: Sequence[str], at: datetime) -> Iterator[dict[str, Any]]:
    """Every version of the facts about these entities, as at the last instant of the other records."""
    for start in range(0, len(entities), _ROWS):
        subjects = entities[start : start + _ROWS]
        for fact in store.facts(FactQuery(subjects=subjects, every_version=True)):
            if fact.created_at <= at:
                known = fact.expired_at is not None and fact.expired_at <= at
                yield _fact_row(fact) | ({} if known else {"expired_at": None})


def _fact_row(fact: Fact) -> dict[str, Any]:
    row = dict(fact)
    for end in ("subject", "object"):
        entity = row[end]
        row |= {f"{end}_id": entity.id, end: entity.name, f"{end}_type": entity.type}
    return row


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Folder:
    """The `kgmem.exchange.Files` in a folder of Parquet files.

    Args:
        path: The folder.

    Raises:
        InvalidInputError: It is of something else, or of a newer format.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        place = path / _MANIFEST
        try:
            values = json.loads(place.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            values = None
        self.header = header_of(values, repr(str(place)))
        self._files: Mapping[str, Mapping[str, Any]] = values.get("files", {})

    def items(self) -> Iterator[Item]:
        """The records, once all files are found to be what was written.

        Raises:
            InvalidInputError: One of them is not.
        """
        self._check()
        vectors = self._vectors()
        waiting = next(vectors, None)
        for kind in COLUMNS:
            if kind in ("vector", "failure"):
                # Those of entities have no record of their own.
                while waiting is not None:
                    yield waiting
                    waiting = next(vectors, None)
            if kind == "vector":
                continue
            for item in self._items(kind):
                yield item
                if waiting is not None and waiting.id == getattr(item, "id", None):
                    yield waiting
                    waiting = next(vectors, None)

    def _check(self) -> None:
        for kind in COLUMNS:
            name = f"{kind}s.parquet"
            file = self._path / name
            if name not in self._files or not file.is_file():
                self._damaged(file, "it is missing")
            if _digest(file) != self._files[name].get("sha256"):
                self._damaged(file, "it is not what was written")

    def _items(self, kind: Kind) -> Iterator[Item]:
        for number, row in self._rows(kind):
            try:
                yield item_of(kind, row, self.header.group)
            except (InvalidInputError, ValueError, TypeError) as error:
                self._damaged(self._path / f"{kind}s.parquet", f"row {number}: {error}")

    def _vectors(self) -> Iterator[Embedded]:
        for _, row in self._rows("vector"):
            yield Embedded(row["id"], np.array(row["vector"], dtype=np.float32))

    def _rows(self, kind: Kind) -> Iterator[tuple[int, dict[str, Any]]]:
        file, number = self._path / f"{kind}s.parquet", 0
        try:
            with pq.ParquetFile(file) as table:
                for batch in table.iter_batches(_ROWS):
                    for row in batch.to_pylist():
                        number += 1
                        yield number, row
        except pa.ArrowException as error:
            self._damaged(file, f"after row {number}: {error}")

    def _damaged(self, file: Path, reason: str) -> NoReturn:
        raise InvalidInputError(f"{str(file)!r}: {reason}; {_REMEDY}")
