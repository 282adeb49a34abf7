"""Reads of one state of a group, between two commits.

Neo4j shows a commit record by record, also to a transaction that began before. So every group has a
seal: a node that a writer locks with its last statement, while nothing of its commit can be seen, and
leaves once all of it can. While a reader holds that lock no commit is under way. A read is done without
it, and then looks, holding the lock for a moment, whether the last commit is still the one that was
known to be whole before: then no commit has been under way since. Otherwise it is done again in the
same transaction, which keeps the lock.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar
from uuid import uuid4

from kgmem.errors import KgmemError, StoreUnavailableError
from kgmem.stores.neo4j_driver import Connection, ManagedTransaction, is_refusal, run

_Result = TypeVar("_Result")
_Work = Callable[[ManagedTransaction], _Result]

_UNKNOWN: Final = object()
# The group has no seal, so nothing can be locked; but no commit begins before there is one.
_UNSEALED: Final = object()


def new_commit() -> str:
    """A name for a commit: were it a number, a group that was deleted and made again could repeat it."""
    return str(uuid4())


class Seal:
    """The seal of a group, and which commit was last known to be whole.

    Args:
        connection: Where it is.
        group: The group.
    """

    def __init__(self, connection: Connection, group: str) -> None:
        self._connection = connection
        self._group = group
        self._whole: object = _UNKNOWN
        self._refused = False

    def written(self, commit: str) -> None:
        """Notes the name of a commit of ours that is whole."""
        self._whole = commit

    def make(self) -> None:
        """Makes the seal, before the first write to a group."""
        self._connection.update("write/make_seal", group=self._group)

    def read(self, work: _Work[_Result], *, changed: bool = False) -> _Result:
        """Does some work that reads, maybe twice, on one state of the group.

        Args:
            work: What reads. It may meet half of a commit, and is then done again.
            changed: Whether a commit has come since the last read: then it is done only once, with
                the lock.

        Raises:
            StoreUnavailableError: The store cannot be reached; or the user may not write, so that
                nothing can be locked, and a commit was in the way.
        """
        if self._refused:
            return self._unlocked(work)
        try:
            if not changed:
                return self._tried(work)
            return self._connection.write(partial(self._locked, work))
        except KgmemError as error:
            if not is_refusal(error):
                raise
        self._refused = True
        return self._unlocked(work)

    def _tried(self, work: _Work[_Result]) -> _Result:
        if self._whole is _UNKNOWN:
            self._whole = self._connection.write(self._lock)
        try:
            return self._connection.write(partial(self._checked, work))
        except StoreUnavailableError:
            raise
        except Exception:
            # Half of a commit may be why. With the lock it fails again where it is not.
            return self._connection.write(partial(self._locked, work))

    def _checked(self, work: _Work[_Result], transaction: ManagedTransaction) -> _Result:
        before = self._whole
        found = work(transaction)
        return found if self._lock(transaction) == before else self._locked(work, transaction)

    def _locked(self, work: _Work[_Result], transaction: ManagedTransaction) -> _Result:
        locked = self._lock(transaction) is not _UNSEALED
        found = work(transaction)
        if locked or self._lock(transaction) is _UNSEALED:
            return found
        return self._locked(work, transaction)

    def _lock(self, transaction: ManagedTransaction) -> object:
        rows = run(transaction, "read/seal", group=self._group)
        last = self._whole = rows[0]["commit"] if rows else _UNSEALED
        return last

    def _unlocked(self, work: _Work[_Result]) -> _Result:
        try:
            return self._connection.read(work)
        except KgmemError:
            raise
        except Exception as error:
            raise StoreUnavailableError(
                f"a write to group {self._group!r} was in the way: try again, or give the user the "
                "right to write, without which a read cannot wait for a write"
            ) from error
