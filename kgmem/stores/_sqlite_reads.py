"""Reads that are composed: a block of `sqlite.sql` and those of its conditions that a query gives."""

from dataclasses import fields

from kgmem.stores.base import FactQuery, RecordQuery
from kgmem.stores.statements import sql

_SQL = sql("sqlite.sql")
# Conditions that lead to a few records by an index of their own.
_PLACES = frozenset(
    [
        "ids",
        "subjects",
        "object_id",
        "entity_id",
        "session_prefix",
        "session",
        "episodes",
        "entities",
        "targets",
    ]
)


def asked(query: FactQuery | RecordQuery) -> dict[str, object]:
    """The parameters of a query."""
    return {f.name: getattr(query, f.name) for f in fields(query)}


def composed(block: str, query: FactQuery | RecordQuery) -> str:
    """The statement that answers a query; the group comes in where nothing else narrows it down."""
    names = [name for name, value in asked(query).items() if value is not None]
    if isinstance(query, FactQuery) and not query.every_version and query.as_known is None:
        names.append("believed")
    if not _PLACES & set(names):
        names.append("group")
    conditions = [_SQL[f"{block}.{name}"] for name in names if f"{block}.{name}" in _SQL]
    return "\n".join([_SQL[block], *conditions, _SQL[f"{block}.order"]])
