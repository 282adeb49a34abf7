"""The vectors of a group in a SQLite file, held in memory."""

import sqlite3
from typing import TYPE_CHECKING

import numpy as np

from kgmem.stores.base import Vector
from kgmem.stores.statements import sql

if TYPE_CHECKING:
    from kgmem.stores.sqlite import SQLiteStore

_SQL = sql("sqlite.sql")


class Vectors:
    """The vectors of one kind of record of the group, read once; afterwards only what was added."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.ids: list[str] = []
        self.matrix: Vector = np.empty((0, 0), dtype=np.float32)
        self._last = 0
        self._erasures = -1

    def refresh(self, store: "SQLiteStore", group: sqlite3.Row) -> None:
        if self._erasures != group["erasures"]:
            self.ids, self._last, self._erasures = [], 0, group["erasures"]
        rows = store._rows(_SQL[f"{self.kind}_vectors"], group=group["num"], after=self._last)
        if not rows:
            return
        fresh = np.stack([np.frombuffer(row["embedding"], dtype=np.float32) for row in rows])
        self.matrix = np.concatenate([self.matrix, fresh]) if self.ids else fresh
        self.ids = [*self.ids, *(row["id"] for row in rows)]
        self._last = rows[-1]["num"]
