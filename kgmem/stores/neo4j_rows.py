"""Between kgmem's records and what Neo4j's statements take and return."""

import hashlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import numpy as np

from kgmem.ids import record_id
from kgmem.models import Claim, Episode, Fact, Trust
from kgmem.stores.base import FactQuery, RecordQuery, Registered, Trusted, Vector
from kgmem.stores.entities import EntityRow
from kgmem.stores.reading import TIMES
from kgmem.text import contains_word, indexed
from kgmem.timeline import Version

Row = Mapping[str, Any]

_VERSION = tuple(f.name for f in fields(Version) if f.name != "support")


def scope_of(group: str) -> str:
    """A word that stands for a group in fulltext indexes; stemmers leave digits alone."""
    digest = hashlib.sha256(group.encode()).digest()
    return f"g{int.from_bytes(digest[:12], 'big')}"


def session_id(group: str, session: str) -> str:
    """The id of a session's node."""
    return record_id(group, "session", session)


# What statements take


def fact_parameters(group: str, query: FactQuery) -> dict[str, object]:
    """For ``read/facts``, and with ``as_known`` for ``read/versions``."""
    places = {
        "ids": query.ids,
        "entities": _one(query.entity_id),
        "subjects": query.subjects,
        "objects": _one(query.object_id),
        "sessions": _one(query.session_prefix),
        "predicates": query.predicates,
    }
    given = {f.name: getattr(query, f.name) for f in fields(query) if f.name != "every_version"}
    return {**given, "group": group, "by": _place(group, places)}


def claim_parameters(group: str, query: RecordQuery) -> dict[str, object]:
    """For ``read/claims``."""
    places = {
        "ids": query.ids,
        "targets": query.targets,
        "episodes": query.episodes,
        "entities": query.entities,
        "predicates": _one(query.predicate),
    }
    given = {f.name: getattr(query, f.name) for f in fields(query)}
    return {**given, "group": group, "by": _place(group, places), "containing": _pattern(query)}


def episode_parameters(group: str, query: RecordQuery) -> dict[str, object]:
    """For ``read/episodes``."""
    session = None if query.session is None else session_id(group, query.session)
    filters = (query.ids, query.containing, query.as_known)
    is_end = query.before and query.last is not None and not any(f is not None for f in filters)
    return {
        "group": group,
        "by": {"ending": query.session}
        if is_end and session
        else _place(group, {"ids": query.ids, "sessions": _one(session)}),
        "ids": query.ids,
        "session": query.session,
        "before": query.before,
        "containing": _pattern(query),
        "as_known": query.as_known,
        "last": sys.maxsize if query.last is None else query.last,
    }


def _place(group: str, places: Mapping[str, Sequence[str] | None]) -> dict[str, object]:
    """Where a statement looks: the first place that is given, else the whole group."""
    for name, keys in places.items():
        if keys is not None:
            return {name: list(dict.fromkeys(keys))}
    return {"group": group}


def _one(key: str | None) -> list[str] | None:
    return None if key is None else [key]


def _pattern(query: RecordQuery) -> str | None:
    """What the server sorts out by; the last word has `kgmem.text.contains_word`."""
    if query.containing is None:
        return None
    phrases = (".+".join(map(re.escape, phrase.split())) for phrase in query.containing)
    return f"(?ius).*(?:{'|'.join(phrases)}).*"


def holds(query: RecordQuery, *texts: str | None) -> bool:
    """Whether texts hold one of the words that the query names, if it does."""
    return query.containing is None or contains_word(json.dumps(list(query.containing)), *texts)


def record_row(record: Episode | Claim, **more: object) -> dict[str, object]:
    """The row that makes the node of a record, and what else the statement wants of it."""
    values = dict(record)
    return _row({"group_id": values.pop("group"), **values}) | more


def version_row(version: Version, stated_in: Mapping[str, str | None]) -> dict[str, object]:
    """The row that makes the relationship of a version.

    Args:
        version: The version.
        stated_in: The episode of each supporting claim, or ``None``.
    """
    values = {f.name: getattr(version, f.name) for f in fields(version)}
    claims = values.pop("support")
    episodes = dict.fromkeys(stated_in.get(claim) for claim in claims)
    values |= {
        "claims": list(claims),
        "episodes": [e for e in episodes if e is not None],
        "words": indexed(version.text, version.predicate),
    }
    return _row(values)


def version_key(version: Version) -> dict[str, object]:
    """The row that finds the relationship of a version, with when it expires."""
    return {
        "id": version.id,
        "created_at": text(version.created_at),
        "expired_at": text(version.expired_at),
    }


def _row(values: dict[str, Any]) -> dict[str, object]:
    """Properties, apart from times: those go as text, which the driver packs much faster."""
    times = {name: text(values.pop(name)) for name in TIMES & values.keys()}
    return {"id": values["id"], "properties": values, **times}


def text(moment: datetime | None) -> str | None:
    """An instant as statements take it in rows."""
    return None if moment is None else moment.isoformat()


# What statements return


def moment(text: str | None) -> datetime | None:
    """An instant, which statements return as text; earlier versions kept some as ``...Z[UTC]``."""
    return None if text is None else datetime.fromisoformat(text.removesuffix("[UTC]"))


def registered(row: Row) -> Registered:
    """An entry of the log of cardinalities."""
    return Registered(row["predicate"], row["cardinality"], moment(row["recorded_at"]))


def trusted(row: Row) -> Trusted:
    """An entry of the log of trust."""
    trust = Trust(min_confidence=row["min_confidence"], order=tuple(row["order"]))
    return Trusted(trust, moment(row["recorded_at"]))


def timed(row: Row) -> dict[str, Any]:
    """A row with its times as instants."""
    return {k: moment(value) if k in TIMES else value for k, value in row.items()}


def claim_of(row: Row, group: str) -> Claim:
    """A claim, of the columns of ``read/claims``."""
    return Claim(group=group, **{k: v for k, v in timed(row).items() if k != "slot"})


def episode_of(row: Row, group: str) -> Episode:
    """An episode, of the columns of ``read/episodes``."""
    return Episode(group=group, **timed(row))


def version_of(row: Row) -> Version:
    """A version, of the columns of ``write/slot_versions``."""
    values = timed(row)
    return Version(**{name: values[name] for name in _VERSION}, support=tuple(row["support"]))


def entity_row(row: Row) -> EntityRow:
    """An entity with since when its forms and types are known, of the columns of ``read/entities``."""
    return EntityRow(
        row["id"],
        dict(zip(row["aliases"], map(datetime.fromisoformat, row["aliases_at"]), strict=True)),
        dict(zip(row["types"], map(datetime.fromisoformat, row["types_at"]), strict=True)),
    )


def entity_columns(row: EntityRow) -> dict[str, object]:
    """The other way: name and type to show, and the lists behind them."""
    return {
        "id": row.id,
        "name": row.name,
        "words": indexed(row.name),
        "type": row.type,
        "first_word": row.first_word,
        "aliases": sorted(row.aliases),
        "aliases_at": [row.aliases[form].isoformat() for form in sorted(row.aliases)],
        "types": sorted(row.types),
        "types_at": [row.types[kind].isoformat() for kind in sorted(row.types)],
    }


def vectors_of(rows: Sequence[Row]) -> dict[str, Vector]:
    """Vectors by id."""
    return {row["id"]: np.array(row["embedding"], dtype=np.float32) for row in rows}


def facts_of(rows: Sequence[Row], as_known: datetime | None = None) -> list[Fact]:
    """Facts, of the columns of ``read/facts``; an entity that many share is made once."""
    ends = {end["id"]: end for row in rows for end in (row["subject"], row["object"])}
    entities = {name: entity_row(end).shown(as_known=as_known) for name, end in ends.items()}
    return [
        Fact(
            **{
                **timed(row),
                "subject": entities[row["subject"]["id"]],
                "object": entities[row["object"]["id"]],
            }
        )
        for row in rows
    ]
