"""Rows to records, and values to what SQLite keeps."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import numpy as np

from kgmem.models import Claim, Community, Entity, Episode, Fact, Trust
from kgmem.stores import dumping
from kgmem.stores.base import Stated, Trusted, Vector
from kgmem.stores.entities import EntityRow
from kgmem.stores.reading import TIMES, Kind
from kgmem.timeline import VERSION_FIELDS, Version
from kgmem.when import micros, of_micros


def moment(kept: int | None) -> datetime | None:
    """An instant that was kept as microseconds since 1970."""
    return None if kept is None else of_micros(kept)


def parameter(value: object) -> object:
    """A value as SQLite takes it: times as microseconds, sequences and mappings as JSON, vectors as blobs."""
    if isinstance(value, datetime):
        return micros(value)
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(value, dtype=np.float32).tobytes()
    if isinstance(value, tuple | list):
        return json.dumps(value)
    if isinstance(value, Mapping):
        return json.dumps({key: parameter(item) for key, item in value.items()})
    return value


def columns(row: sqlite3.Row) -> dict[str, Any]:
    """A row by column, its times as instants."""
    # Looking a column up by its name compares it with those before it.
    named = zip(row.keys(), row, strict=True)
    return {name: moment(value) if name in TIMES else value for name, value in named}


def _record(row: sqlite3.Row, group: str, names: Iterable[str]) -> dict[str, Any]:
    values = columns(row)
    return {"group": group} | {name: values[name] for name in names if name != "group"}


def trusted(row: sqlite3.Row) -> Trusted:
    """An entry of the log of trust."""
    trust = Trust(min_confidence=row["min_confidence"], order=json.loads(row["order"]))
    return Trusted(trust, moment(row["recorded_at"]))


def claim(row: sqlite3.Row, group: str) -> Claim:
    """A claim of the group."""
    values = _record(row, group, Claim.model_fields)
    if values["span"]:
        values["span"] = json.loads(values["span"])
    return Claim(**values)


def episode(row: sqlite3.Row, group: str) -> Episode:
    """An episode of the group."""
    return Episode(**_record(row, group, Episode.model_fields))


def entity_row(columns: Mapping[str, Any], prefix: str = "") -> EntityRow:
    """The entity whose columns bear a prefix."""
    return EntityRow(
        columns[f"{prefix}id"],
        _since(columns[f"{prefix}aliases"]),
        _since(columns[f"{prefix}types"]),
    )


def entity(row: sqlite3.Row) -> Entity:
    """An entity as it is now, for which it does not matter since when its names are known."""
    names = (json.loads(row[name]) for name in ("aliases", "types"))
    return EntityRow(row["id"], *names).shown(row["summary"])


def first_word(aliases: str, types: str) -> str | None:
    """What namesakes of an entity are found by, from its columns."""
    return EntityRow("", _since(aliases), _since(types)).first_word


def _since(text: str) -> dict[str, datetime]:
    return {word: of_micros(at) for word, at in json.loads(text).items()}


def version(row: sqlite3.Row) -> Version:
    """A version, from a row that holds its support."""
    values = columns(row)
    values["support"] = tuple(json.loads(values["support"]))
    return Version(*(values[name] for name in VERSION_FIELDS))


def fact(row: sqlite3.Row, as_known: datetime | None) -> Fact:
    """A fact as known at an instant, from a row that holds both of its ends and its support."""
    values = columns(row)
    support = json.loads(values["support"])
    return Fact(
        **{name: values[name] for name in Fact.model_fields if name in values},
        subject=entity_row(values, "s_").shown(as_known=as_known),
        object=entity_row(values, "o_").shown(as_known=as_known),
        claims=tuple(claim_id for claim_id, _ in support),
        episodes=tuple(dict.fromkeys(episode_id for _, episode_id in support if episode_id)),
    )


def dump_entry(kind: dumping.Kind, row: sqlite3.Row, group: str) -> dumping.Entry:
    """A row of `kgmem.stores.dumping.Pages.page`."""
    record: Episode | Claim | None = None
    if kind != "entities":
        record = episode(row, group) if kind == "episodes" else claim(row, group)
    return dumping.Entry(row["id"], record, _vector(row["embedding"]))


def _vector(blob: bytes | None) -> Vector | None:
    return None if blob is None else np.frombuffer(blob, dtype=np.float32)


def community(row: sqlite3.Row) -> Community:
    """A community."""
    lists = {name: tuple(json.loads(row[name])) for name in ("members", "facts")}
    return Community(**columns(row) | lists)


def snapshot_row(kind: Kind, row: sqlite3.Row, group: str) -> tuple[Any, Any]:
    """A row of `kgmem.stores.reading.Rows.read`."""
    if kind == "versions":
        return (version(row), row["words"]), None
    vector = _vector(row["embedding"])
    if kind == "episodes":
        return (episode(row, group), row["words"]), vector
    if kind == "entities":
        return entity_row(dict(row)), vector
    values = columns(row)
    return Stated(*(values[name] for name in Stated._fields)), vector
