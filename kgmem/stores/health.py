"""What is wrong with a store, or will be: findings with their remedies. Nothing is ever written."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

from kgmem.errors import KgmemError
from kgmem.models import Record
from kgmem.stores import NEO4J, refused

Level = Literal["ok", "warning", "error"]
LEVELS: tuple[Level, ...] = ("ok", "warning", "error")
"""From good to bad."""

_SHOWN = 10


class Finding(Record):
    """What was found where.

    Attributes:
        level: How bad it is.
        check: What was looked at.
        text: What was found, in a line.
        remedy: What to do; empty where nothing is to be done.
    """

    level: Level
    check: str
    text: str
    remedy: str = ""


Check = Callable[[], Iterable[Finding]]


def examine(url: str, *, snapshot_rows: int) -> list[Finding]:
    """Looks at the store behind a URL, as it is; one that is of an older version stays so.

    Args:
        url: As for `kgmem.Memory.open`.
        snapshot_rows: What a search may hold in memory.

    Returns:
        The findings, good ones too, in the order of the checks.

    Raises:
        ConfigurationError: The URL names no store.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite":
        from kgmem.stores.sqlite_health import examined

        return list(examined(rest.removeprefix("/"), snapshot_rows))
    if separator and scheme in NEO4J:
        from kgmem.stores import neo4j_health

        return list(neo4j_health.examined(url, snapshot_rows))
    raise refused(url)


def looked_at(checks: Mapping[str, Check]) -> Iterator[Finding]:
    """The findings of some checks by name; one that the store refuses is a finding itself."""
    for name, check in checks.items():
        try:
            yield from check()
        except KgmemError as error:
            yield Finding(
                level="warning",
                check=name,
                text=f"could not be looked at: {error}",
                remedy="give the user the right to see it, or look as an administrator",
            )


def of_version(version: int, known: int) -> Finding:
    """What a schema version means."""
    if version == known:
        return Finding(level="ok", check="schema", text=f"version {version}")
    if version > known:
        return Finding(
            level="error",
            check="schema",
            text=f"version {version} is newer than {known}, which this kgmem knows",
            remedy="upgrade kgmem",
        )
    return Finding(
        level="warning",
        check="schema",
        text=f"version {version} is older than {known}, which this kgmem writes",
        remedy="make a backup; then the first process that opens it brings it up to date",
    )


def of_missing(names: Iterable[str], remedy: str) -> Finding:
    """What it means that parts of the schema are missing, or that none is."""
    missing = sorted(names)
    if not missing:
        return Finding(level="ok", check="indexes", text="all there")
    return Finding(
        level="error", check="indexes", text=f"missing: {', '.join(missing)}", remedy=remedy
    )


def of_orphans(rows: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    """What rows of ``what``, ``found`` and ``example`` mean."""
    sound = True
    for row in rows:
        sound = False
        yield Finding(
            level="error",
            check="orphans",
            text=f"{row['found']:,} {row['what']}, such as {row['example']}",
            remedy="something else wrote here: restore a backup, or 'kgmem export' the group and "
            "import it into an empty store, which derives anew what can be derived",
        )
    if sound:
        yield Finding(level="ok", check="orphans", text="none")


def of_groups(rows: Iterable[Mapping[str, Any]], snapshot_rows: int) -> Iterator[Finding]:
    """How large the groups are, the largest first; what is too large for a snapshot, or failed."""
    kinds = ("episodes", "entities", "claims", "facts", "expired_facts")
    sized = sorted(((sum(row[k] for k in kinds), row) for row in rows), key=lambda one: -one[0])
    if not sized:
        yield Finding(level="ok", check="groups", text="none yet")
    for place, (size, row) in enumerate(sized):
        counts = ", ".join(f"{row[kind]:,} {kind.replace('_', ' ')}" for kind in kinds)
        if size > snapshot_rows:
            yield Finding(
                level="warning",
                check="groups",
                text=f"{row['group']!r} holds {size:,} records, more than snapshot_rows="
                f"{snapshot_rows:,}: searches go to the indexes of the store ({counts})",
                remedy="open with a greater snapshot_rows= where memory allows, or part the group",
            )
        elif place < _SHOWN:
            yield Finding(level="ok", check="groups", text=f"{row['group']!r}: {counts}")
        if row["failures"]:
            yield Finding(
                level="warning",
                check="groups",
                text=f"{row['group']!r}: {row['failures']:,} turns whose extraction failed",
                remedy="kgmem retry, with the same --extractor",
            )
    if len(sized) > _SHOWN:
        yield Finding(level="ok", check="groups", text=f"{len(sized):,} groups in all")


def of_model(embedder: str | None, dimension: int | None) -> Finding:
    """Which model the vectors are of."""
    if embedder is None:
        return Finding(level="ok", check="vectors", text="none yet")
    return Finding(level="ok", check="vectors", text=f"of {embedder}, {dimension} dimensions")
