"""Stores, by the scheme of their URL."""

from urllib.parse import urlsplit

from kgmem.errors import ConfigurationError
from kgmem.stores.base import Clock, Store

_NEO4J = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


def open_store(url: str, group: str, clock: Clock) -> Store:
    """The store behind a URL, bound to a group.

    Args:
        url: ``sqlite:///relative.db``, ``sqlite:////absolute.db``, ``sqlite://`` (in memory), or
            ``neo4j://user:password@host:7687/database`` and the other schemes of Neo4j's driver.
        group: The group.
        clock: Gives transaction times.

    Raises:
        ConfigurationError: The scheme is not known, or its package is missing.
        StoreError: The store cannot be opened.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite":
        from kgmem.stores.sqlite import SQLiteStore

        return SQLiteStore(rest[1:] if rest.startswith("/") else rest or ":memory:", group, clock)
    if separator and scheme in _NEO4J:
        from kgmem.stores.neo4j import Neo4jStore

        return Neo4jStore(url, group, clock)
    shown = urlsplit(url)._replace(netloc="...").geturl() if separator else url
    raise ConfigurationError(
        f"{shown!r} names no store: use sqlite:///memory.db, sqlite:// (in memory) or "
        "neo4j://user:password@host:7687"
    )
