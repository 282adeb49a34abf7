"""The memories of many groups in one process, and which of them a run is about."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from langgraph.runtime import Runtime, get_runtime

from kgmem.errors import ConfigurationError
from kgmem.extraction import extractor_of
from kgmem.memory import Memory
from kgmem.schema import Schema

_MOST_OPEN = 32


@dataclass(slots=True)
class _Lease:
    """A memory and how many use it just now."""

    opening: threading.Lock = field(default_factory=threading.Lock)
    memory: Memory | None = None
    users: int = 0


class Memories:
    """The memories of all groups of one store: opened when needed, shared, closed when idle.

    One process that serves many users makes one of these. Each group has a memory of its own, so no
    read and no write of one user can reach another; the one used longest ago is closed when there are
    more than ``most_open``, but never one in use.

    Args:
        url: The store, as for `Memory.open`; one that outlives its connections, so not ``sqlite://``.
        group_from: The field of the run's context that names the group.
        session_from: The field of the context that names the session; without it the thread is one.
        most_open: How many memories stay open.
        **options: More for `Memory.open`, the same for each group; the extractor is made once.

    Raises:
        ConfigurationError: The store is in memory, or an option does not fit.
    """

    def __init__(
        self,
        url: str,
        *,
        group_from: str = "group",
        session_from: str = "session",
        most_open: int = _MOST_OPEN,
        **options: Any,
    ) -> None:
        if url in ("sqlite://", "sqlite:///:memory:"):
            raise ConfigurationError(
                f"{url!r} is gone when its memory is closed, and memories of idle groups are: "
                "use sqlite:///memory.db or Neo4j"
            )
        self.group_from = group_from
        self.session_from = session_from
        self._url = url
        self._most_open = most_open
        schema = options.get("schema") or Schema.default()
        made = extractor_of(options.get("extractor"), schema)
        self._options = {**options, "extractor": "none" if made is None else made}
        self._lock = threading.Lock()
        self._leases: OrderedDict[str, _Lease] = OrderedDict()

    @contextmanager
    def of(self, group: str) -> Iterator[Memory]:
        """The memory of a group, for as long as the block runs."""
        with self._lock:
            lease = self._leases.setdefault(group, _Lease())
            self._leases.move_to_end(group)
            lease.users += 1
        try:
            with lease.opening:
                if lease.memory is None:
                    lease.memory = Memory.open(self._url, group=group, **self._options)
            yield lease.memory
        finally:
            with self._lock:
                lease.users -= 1
            self._close_idle()

    def _close_idle(self) -> None:
        """Closes what is open beyond the bound and not in use, used longest ago first."""
        with self._lock:
            idle = [group for group, lease in self._leases.items() if not lease.users]
            surplus = max(0, len(self._leases) - self._most_open)
            leases = [self._leases.pop(group) for group in idle[:surplus]]
        for lease in leases:
            if lease.memory is not None:
                lease.memory.close()

    def close(self) -> None:
        """Closes every memory; those in use when their use ends."""
        self._most_open = 0
        self._close_idle()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes it."""
        self.close()


Source = Memory | Memories
"""Where a part gets its memory: one of a group, for that group alone, or by what a run says."""


@contextmanager
def memory_of(source: Source, runtime: Runtime[Any] | None = None) -> Iterator[Memory]:
    """The memory that a run is about.

    Args:
        source: A memory, or those of many groups.
        runtime: The run; the one that is going on where it is not given.

    Raises:
        ConfigurationError: The run names no group.
    """
    if isinstance(source, Memory):
        yield source
        return
    name = source.group_from
    group = _field(runtime or _current(), name)
    if not group:
        raise ConfigurationError(
            f"the run names no group: invoke it with context={{{name!r}: ...}} and give the agent a "
            f"context_schema with {name!r}, or use one Memory instead of Memories"
        )
    with source.of(group) as memory:
        yield memory


def session_of(source: Source, runtime: Runtime[Any] | None = None) -> str:
    """The session that a run is part of: what its context says, else its thread.

    Raises:
        ConfigurationError: It is part of none.
    """
    name = source.session_from if isinstance(source, Memories) else "session"
    runtime = runtime or _current()
    info = getattr(runtime, "execution_info", None)
    session = _field(runtime, name) or getattr(info, "thread_id", None)
    if not session:
        raise ConfigurationError(
            f"the run is part of no session: invoke it with context={{{name!r}: ...}}, or with "
            "config={'configurable': {'thread_id': ...}} and a checkpointer"
        )
    return str(session)


def _current() -> Runtime[Any] | None:
    try:
        return get_runtime()
    except RuntimeError:  # outside of any run
        return None


def _field(runtime: Runtime[Any] | None, name: str) -> str | None:
    context = getattr(runtime, "context", None)
    value = context.get(name) if isinstance(context, Mapping) else getattr(context, name, None)
    return None if value is None else str(value)
