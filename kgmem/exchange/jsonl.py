"""A group as lines of JSON: a header, a line a record, and an end that says what came before it.

Times are ISO 8601 in UTC, vectors the base64 of little-endian float32. The end counts the records
and holds the SHA-256 of all lines before it, so that what was cut off or changed is found.
"""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from kgmem.errors import InvalidInputError
from kgmem.exchange.records import COLUMNS, Header, Kind, header_of, item_of, kind_of, row_of
from kgmem.stores.base import Embedded, Item

if TYPE_CHECKING:
    from kgmem.exchange import Writing

_LONGEST_LINE = 64 * 2**20
_REMEDY = "export the group again, or take another copy of the file"


@contextmanager
def writing(path: Path, header: Header) -> "Iterator[Writing]":
    """Writes a file, record by record; without an error, its end."""
    digest, counts = hashlib.sha256(), Counter[str]()
    with path.open("wb") as file:

        def line(values: dict[str, Any]) -> None:
            written = json.dumps(values, ensure_ascii=False, default=_plain).encode() + b"\n"
            digest.update(written)
            file.write(written)

        def write(item: Item) -> None:
            kind = kind_of(item)
            counts[kind] += 1
            line({"record": kind, **row_of(item)})

        line(header.model_dump())
        yield write
        line({"record": "end", "counts": counts, "sha256": digest.hexdigest()})


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return base64.b64encode(np.asarray(value, dtype="<f4").tobytes()).decode("ascii")


class Lines:
    """The `kgmem.exchange.Files` in a file of JSON lines.

    Args:
        path: The file.

    Raises:
        InvalidInputError: It is of something else, or of a newer format.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            try:
                values = json.loads(file.readline(_LONGEST_LINE))
            except (ValueError, RecursionError):
                values = None
        self.header = header_of(values, f"{str(path)!r}, line 1")

    def items(self) -> Iterator[Item]:
        """The records; at the end the file is checked.

        Raises:
            InvalidInputError: It is damaged.
        """
        digest, counts, number = hashlib.sha256(), Counter[str](), 0
        with self._path.open("rb") as file:
            digest.update(file.readline(_LONGEST_LINE))
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 2):
                values = self._values(line, number)
                kind = values.pop("record")
                if kind == "end":
                    if values != {"counts": counts, "sha256": digest.hexdigest()}:
                        self._damaged(number, "what comes before is not what was written")
                    if file.read(1):
                        self._damaged(number + 1, "something follows the end")
                    return
                digest.update(line)
                counts[kind] += 1
                yield self._item(kind, values, number)
        self._damaged(number + 1, "the end is missing")

    def _values(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            self._damaged(number, "this is no JSON, or cut off")
        if not isinstance(values, dict) or not isinstance(values.get("record"), str):
            self._damaged(number, "this is no record")
        return values

    def _item(self, kind: Kind, values: dict[str, Any], number: int) -> Item:
        if kind not in COLUMNS or values.keys() != set(COLUMNS[kind]):
            self._damaged(number, f"this is no record of format version {self.header.version}")
        try:
            if kind == "vector":
                numbers = base64.b64decode(values["vector"], validate=True)
                return Embedded(values["id"], np.frombuffer(numbers, dtype="<f4"))
            return item_of(kind, values, self.header.group)
        except (InvalidInputError, ValueError, TypeError) as error:
            self._damaged(number, str(error))

    def _damaged(self, number: int, reason: str) -> NoReturn:
        raise InvalidInputError(f"{str(self._path)!r}, line {number}: {reason}; {_REMEDY}")
