"""Versions of facts as columns: small to send, and quick to filter on both clocks where they arrive."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypedDict

from kgmem.models import Fact
from kgmem.when import micros


class EntityColumns(TypedDict):
    """The entities at the ends of facts; an entity is its place in these lists."""

    id: list[str]
    name: list[str]
    type: list[str | None]
    aliases: list[tuple[str, ...]]


class FactColumns(TypedDict):
    """Facts; ``subject`` and ``object`` are places in the entities, ``predicate`` one in its list."""

    id: list[str]
    subject: list[int]
    predicate: list[int]
    object: list[int]
    valid_at: list[int]


class VersionColumns(TypedDict):
    """The versions of facts; ``fact`` is a place in the facts, ``turns`` counts the episodes."""

    fact: list[int]
    invalid_at: list[int | None]
    created_at: list[int]
    expired_at: list[int | None]
    turns: list[int]


class Columns(TypedDict):
    """Every version of some facts. Times are microseconds since 1970, ``None`` where there is no end."""

    entities: EntityColumns
    predicates: list[str]
    facts: FactColumns
    versions: VersionColumns


def columns_of(versions: Iterable[Fact]) -> Columns:
    """The columns of versions, in their order."""
    entities: dict[str, int] = {}
    predicates: dict[str, int] = {}
    facts: dict[str, int] = {}
    columns: Columns = {
        "entities": {"id": [], "name": [], "type": [], "aliases": []},
        "predicates": [],
        "facts": {"id": [], "subject": [], "predicate": [], "object": [], "valid_at": []},
        "versions": {"fact": [], "invalid_at": [], "created_at": [], "expired_at": [], "turns": []},
    }
    for version in versions:
        for entity in (version.subject, version.object):
            if entity.id not in entities:
                entities[entity.id] = len(entities)
                columns["entities"]["name"].append(entity.name)
                columns["entities"]["type"].append(entity.type)
                columns["entities"]["aliases"].append(entity.aliases)
        if version.id not in facts:
            facts[version.id] = len(facts)
            columns["facts"]["subject"].append(entities[version.subject.id])
            columns["facts"]["predicate"].append(
                predicates.setdefault(version.predicate, len(predicates))
            )
            columns["facts"]["object"].append(entities[version.object.id])
            columns["facts"]["valid_at"].append(micros(version.valid_at))
        columns["versions"]["fact"].append(facts[version.id])
        columns["versions"]["invalid_at"].append(_end(version.invalid_at))
        columns["versions"]["created_at"].append(micros(version.created_at))
        columns["versions"]["expired_at"].append(_end(version.expired_at))
        columns["versions"]["turns"].append(len(version.episodes))
    columns["entities"]["id"] = list(entities)
    columns["predicates"] = list(predicates)
    columns["facts"]["id"] = list(facts)
    return columns


def _end(at: datetime | None) -> int | None:
    return None if at is None else micros(at)
