"""Stores, by the scheme of their URL."""

from pathlib import Path

from kgmem.errors import ConfigurationError, NotFoundError
from kgmem.stores.base import Clock, Store

NEO4J = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")
"""The schemes of Neo4j's driver."""


def open_store(url: str, group: str, clock: Clock, *, create: bool = True) -> Store:
    """The store behind a URL, bound to a group.

    Args:
        url: ``sqlite:///relative.db``, ``sqlite:////absolute.db``, ``sqlite://`` (in memory), or
            ``neo4j://user:password@host:7687/database`` and the other schemes of Neo4j's driver.
        group: The group.
        clock: Gives transaction times.
        create: Whether to make a SQLite file that is not there.

    Raises:
        NotFoundError: The file is not there and is not to be made.
        ConfigurationError: The scheme is not known, or its package is missing.
        StoreError: The store cannot be opened.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite":
        from kgmem.stores.sqlite import SQLiteStore

        path = rest.removeprefix("/") or ":memory:"
        if not create and path != ":memory:" and not Path(path).exists():
            raise NotFoundError(
                f"there is no store at {path!r}: check the path, or add something first"
            )
        return SQLiteStore(path, group, clock)
    if separator and scheme in NEO4J:
        from kgmem.stores.neo4j import Neo4jStore

        return Neo4jStore(url, group, clock)
    raise refused(url)


def refused(url: str) -> ConfigurationError:
    """The error of a URL that names no store."""
    scheme, separator, _ = url.partition("://")
    # Of an address that nobody can read, any part may be a password.
    shown = f"{f'{scheme}://...'!r}" if separator else "the URL"
    return ConfigurationError(
        f"{shown} names no store: use sqlite:///memory.db, sqlite:// (in memory) or "
        "neo4j://user:password@host:7687"
    )
