"""What may be wrong with a SQLite file; see `kgmem.stores.health`."""

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from kgmem.errors import StoreError
from kgmem.stores.health import (
    Finding,
    Level,
    looked_at,
    of_groups,
    of_missing,
    of_model,
    of_orphans,
    of_version,
)
from kgmem.stores.sqlite import SCHEMA_VERSION
from kgmem.stores.statements import sql

_SQL = sql("sqlite.sql")
_MADE = re.compile(r"IF NOT EXISTS (\w+)")
_LARGE_LOG = 256 * 2**20
_REBUILT = "'kgmem copy' each group to a new file, which has all of it"


def examined(path: str, snapshot_rows: int) -> Iterator[Finding]:
    """The findings about a file; about nothing but that where it cannot be opened."""
    file = Path(path)
    if not path or not file.is_file():
        yield Finding(
            level="error",
            check="file",
            text=f"there is no store at {path or ':memory:'!r}",
            remedy="check the path, or add something first",
        )
        return
    try:
        with closing(_opened(file)) as db:
            yield from _Examination(file, db, snapshot_rows).findings()
    except (sqlite3.DatabaseError, StoreError) as error:
        yield Finding(
            level="error",
            check="file",
            text=f"{path!r} cannot be read: {error}",
            remedy="end who holds it locked, or restore a backup",
        )
    yield _disk(file)


def _opened(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=10)
    db.row_factory = sqlite3.Row
    return db


def _disk(file: Path) -> Finding:
    free, size = shutil.disk_usage(file.parent).free, file.stat().st_size
    text = f"{_megabytes(free)} free beside a file of {_megabytes(size)}"
    if free > size + 2**30 // 10:
        return Finding(level="ok", check="disk", text=text)
    return Finding(
        level="warning",
        check="disk",
        text=text,
        remedy="free some: what is forgotten is scrubbed by writing the file anew beside itself",
    )


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.1f} MB"


class _Examination:
    def __init__(self, file: Path, db: sqlite3.Connection, snapshot_rows: int) -> None:
        self._file = file
        self._db = db
        self._snapshot_rows = snapshot_rows

    def findings(self) -> Iterator[Finding]:
        """All of them; of a file of something else, that it is one."""
        made = {row["name"] for row in self._db.execute(_SQL["tables"])}
        yield Finding(level="ok", check="file", text=f"SQLite {sqlite3.sqlite_version}")
        if not {"groups", "claims"} <= made:
            yield Finding(
                level="error",
                check="schema",
                text="this is no kgmem store",
                remedy="give the file that kgmem made, or add something to a new one",
            )
            return
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        yield of_version(version, SCHEMA_VERSION)
        if version == SCHEMA_VERSION:
            yield of_missing(set(_MADE.findall(_SQL["schema"])) - made, _REBUILT)
        checks = {
            "integrity": self._integrity,
            "vectors": self._vectors,
            "orphans": lambda: of_orphans(self._db.execute(_SQL["health_orphans"])),
            "groups": lambda: of_groups(
                self._db.execute(_SQL["health_groups"]), self._snapshot_rows
            ),
            "log": self._log,
        }
        yield from looked_at(checks)

    def _integrity(self) -> Iterator[Finding]:
        problems = [row[0] for row in self._db.execute("PRAGMA integrity_check(5)")]
        if problems == ["ok"]:
            yield Finding(level="ok", check="integrity", text="every page is sound")
        else:
            yield Finding(
                level="error",
                check="integrity",
                text="; ".join(problems),
                remedy=f"restore a backup; where there is none: {_REBUILT}, as far as it can be read",
            )

    def _vectors(self) -> Iterator[Finding]:
        (row,) = self._db.execute(_SQL["mark"], {"name": ""})
        yield of_model(row["embedder"], row["dimension"])
        wrong = self._db.execute(_SQL["health_vectors"]).fetchone()["found"]
        if wrong:
            yield Finding(
                level="error",
                check="vectors",
                text=f"{wrong:,} are of another length than {row['dimension']}",
                remedy="something else wrote here: restore a backup",
            )

    def _log(self) -> Iterator[Finding]:
        log = Path(f"{self._file}-wal")
        size = os.path.getsize(log) if log.exists() else 0
        level: Level = "warning" if size > _LARGE_LOG else "ok"
        yield Finding(
            level=level,
            check="log",
            text=f"{_megabytes(size)} of write-ahead log",
            remedy="end the process that has read the file for long: the log is emptied after"
            if level == "warning"
            else "",
        )
