"""What may be wrong with a Neo4j database; see `kgmem.stores.health`."""

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from kgmem.errors import ConfigurationError, StoreError
from kgmem.stores.health import (
    Finding,
    looked_at,
    of_groups,
    of_missing,
    of_model,
    of_orphans,
    of_version,
)
from kgmem.stores.neo4j_driver import Address, Connection
from kgmem.stores.neo4j_schema import SCHEMA_VERSION, is_old, statements, vectors_folder
from kgmem.stores.statements import cypher

SLOW_SECONDS = 10.0
"""From when on a transaction is worth a look."""

_MADE = re.compile(r"(?:INDEX|CONSTRAINT) (kgmem_\w+)")
_UNITS = {"b": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "k": 2**10, "m": 2**20, "g": 2**30}
_VECTORS = ("episodes", "entities", "claims", "facts")


def examined(url: str, snapshot_rows: int) -> Iterator[Finding]:
    """The findings about a database; that it does not answer, where it does not."""
    address = Address.of(url)
    try:
        connection = Connection(address)
    except (StoreError, ConfigurationError) as error:
        text, _, remedy = str(error).rpartition(". ")
        yield Finding(level="error", check="server", text=text or remedy, remedy=remedy)
        return
    with closing(connection):
        examination = _Examination(connection, snapshot_rows)
        yield from looked_at(
            {
                "server": examination.server,
                "gds": examination.gds,
                "schema": examination.schema,
                "indexes": examination.indexes,
                "orphans": lambda: of_orphans(connection.rows("health/orphans")),
                "groups": examination.groups,
                "memory": examination.memory,
                "transactions": examination.transactions,
            }
        )


class _Examination:
    def __init__(self, connection: Connection, snapshot_rows: int) -> None:
        self._connection = connection
        self._snapshot_rows = snapshot_rows

    def _row(self, name: str) -> dict[str, Any]:
        (row,) = self._connection.rows(name)
        return row

    def server(self) -> Iterator[Finding]:
        """Release, edition and database."""
        row = self._row("health/server")
        database = self._row("schema/state")["database"]
        text = f"Neo4j {row['release']} {row['edition']}, database {database!r}"
        if is_old(row["release"]):
            yield Finding(
                level="error", check="server", text=text, remedy="upgrade it to 5.26 or newer"
            )
        else:
            yield Finding(level="ok", check="server", text=text)

    def gds(self) -> Iterator[Finding]:
        """Graph Data Science, which only ``gds=True`` needs."""
        if self._row("health/has_gds")["found"]:
            version = self._row("gds/version")["version"]
            yield Finding(level="ok", check="gds", text=f"Graph Data Science {version}")
        else:
            yield Finding(level="ok", check="gds", text="not there; only gds=True needs it")

    def schema(self) -> Iterator[Finding]:
        """Version, and the model of the vectors."""
        state = self._row("schema/state")
        if state["version"] is None:
            yield Finding(
                level="warning",
                check="schema",
                text="kgmem has written nothing here",
                remedy="check the database in the URL, or add something first",
            )
            return
        yield of_version(state["version"], SCHEMA_VERSION)
        yield of_model(state["embedder"], state["dimension"])

    def indexes(self) -> Iterator[Finding]:
        """Whether those of this version are there and answer."""
        state = self._row("schema/state")
        if state["version"] != SCHEMA_VERSION:
            return
        folders = [str(number + 1) for number in range(SCHEMA_VERSION)]
        if state["dimension"] is not None:
            folders.append(vectors_folder(state["release"]))
        made = {
            name: file
            for folder in folders
            for file in statements(folder)
            for name in _MADE.findall(cypher(file))
        }
        found = {row["name"]: row for row in self._connection.rows("health/indexes")}
        missing = sorted(made.keys() - found.keys())
        files = ", ".join(f"cypher/{made[name]}.cypher" for name in missing)
        yield of_missing(missing, f"run {files}, with the dimension of the vectors where it asks")
        for name in sorted(made.keys() & found.keys()):
            row = found[name]
            if row["state"] == "ONLINE":
                continue
            failed = row["state"] == "FAILED"
            yield Finding(
                level="error" if failed else "warning",
                check="indexes",
                text=f"{name} is {row['state']}, {row['percent']:.0f} % filled",
                remedy=f"drop it and run cypher/{made[name]}.cypher"
                if failed
                else "wait: searches miss what it does not hold yet",
            )

    def groups(self) -> Iterator[Finding]:
        """Their sizes."""
        return of_groups(self._connection.rows("health/groups"), self._snapshot_rows)

    def memory(self) -> Iterator[Finding]:
        """Whether the page cache can hold the vectors that searches walk."""
        settings = {row["name"]: row["value"] for row in self._connection.rows("health/settings")}
        heap = settings.get("server.memory.heap.max_size") or "chosen by Java"
        cache = settings.get("server.memory.pagecache.size") or "chosen at the start"
        dimension = self._row("schema/state")["dimension"] or 0
        rows = self._connection.rows("health/groups")
        vectors = 4 * dimension * sum(row[kind] for row in rows for kind in _VECTORS)
        text = f"heap {heap}, page cache {cache}, vectors at most {vectors / 2**20:,.0f} MB"
        size = _bytes(cache)
        if size is not None and size < vectors:
            yield Finding(
                level="warning",
                check="memory",
                text=text,
                remedy="set server.memory.pagecache.size to more than the vectors take",
            )
        else:
            yield Finding(level="ok", check="memory", text=text)

    def transactions(self) -> Iterator[Finding]:
        """Those that run for long just now."""
        rows = self._connection.rows("health/transactions", seconds=SLOW_SECONDS)
        if not rows:
            yield Finding(
                level="ok", check="transactions", text=f"none for more than {SLOW_SECONDS:.0f} s"
            )
        for row in rows:
            yield Finding(
                level="warning",
                check="transactions",
                text=f"{row['id']} of {row['user']!r} has run for {row['seconds']:,} s",
                remedy=f"see what it does: SHOW TRANSACTIONS '{row['id']}'; end it with TERMINATE",
            )


def _bytes(setting: str) -> float | None:
    """``512.00MiB`` as a number."""
    found = re.fullmatch(r"([\d.]+)\s*([a-z]+)", setting.strip().lower())
    return float(found[1]) * _UNITS[found[2]] if found and found[2] in _UNITS else None
