"""Where replies of a model are kept, so that the same prompt is asked once."""

import logging
import os
import tempfile
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Protocol

_log = logging.getLogger(__name__)


class ReplyCache(Protocol):
    """Keeps replies by key; used by several threads at once."""

    def get(self, key: str) -> str | None:
        """The reply under a key, where there is one."""
        ...

    def put(self, key: str, reply: str) -> None:
        """Keeps a reply."""
        ...


class MemoryCache:
    """Keeps the latest replies while the process lives.

    Args:
        size: How many; the one unused for longest goes first, and 0 keeps none.
    """

    def __init__(self, size: int = 1024) -> None:
        self._size = size
        self._replies: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> str | None:
        """See `ReplyCache`."""
        with self._lock:
            if key in self._replies:
                self._replies.move_to_end(key)
            return self._replies.get(key)

    def put(self, key: str, reply: str) -> None:
        """See `ReplyCache`."""
        with self._lock:
            self._replies[key] = reply
            self._replies.move_to_end(key)
            while len(self._replies) > self._size:
                self._replies.popitem(last=False)


class FileCache:
    """Keeps replies in a folder, one JSON file each; processes may share it.

    A reply holds facts about people in plain text, and `kgmem.Memory.forget` does not reach it:
    where something must be forgotten for good, delete the folder too.

    Args:
        folder: Made where it is not there, readable by its owner only.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def get(self, key: str) -> str | None:
        """See `ReplyCache`."""
        try:
            return self._path(key).read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, NotADirectoryError):
            return None

    def put(self, key: str, reply: str) -> None:
        """See `ReplyCache`; a reply that cannot be kept is asked for again, and a warning logged."""
        path = self._path(key)
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            # Written aside and renamed, so that nobody reads half a reply.
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=path.parent, delete=False
            ) as file:
                file.write(reply)
            os.replace(file.name, path)
        except OSError as error:
            _log.warning("a reply was not kept in %r: %s", str(self._folder), error.strerror)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"
