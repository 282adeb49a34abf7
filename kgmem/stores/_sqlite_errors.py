"""SQLite's errors as kgmem's, each with its remedy."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from kgmem.errors import StoreError, StoreUnavailableError

_REMEDIES = {
    "SQLITE_READONLY": "it is read-only: grant write permission to the file and its folder",
    "SQLITE_CANTOPEN": "it cannot be opened: make its folder and grant access to it",
    "SQLITE_FULL": "the disk is full: free some space and run the same again",
    "SQLITE_IOERR": "the disk failed: check it and run the same again",
}


@contextmanager
def errors(path: str, patience: float) -> Iterator[None]:
    """The one place where SQLite's errors become kgmem's.

    Args:
        path: The file.
        patience: How many seconds a lock was waited for.

    Raises:
        StoreError: SQLite failed.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _translated(path, patience, error) from error
    except sqlite3.ProgrammingError as error:
        raise StoreError(
            f"{path!r} failed: {error} Open the memory again if it was closed"
        ) from error
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{path!r} failed: {error}. Nothing was written; check that the file is a kgmem "
            "store and whole (PRAGMA integrity_check), else restore a copy"
        ) from error


def _translated(path: str, patience: float, error: sqlite3.OperationalError) -> StoreError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreUnavailableError(
            f"{path!r} stayed locked for {patience:.0f} s: try again, or end the "
            "process that holds a transaction open"
        )
    for prefix, remedy in _REMEDIES.items():
        if name.startswith(prefix):
            return StoreUnavailableError(f"{path!r}: {remedy} (nothing was written)")
    return StoreError(f"{path!r} failed: {error} (nothing was written)")
