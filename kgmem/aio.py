"""The async twin: each method of `Memory` as ``a…``, run in a thread."""

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from kgmem.memory import Memory

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _twin(
    method: Callable[Concatenate[Memory, _P], _R],
) -> Callable[Concatenate["AsyncMemory", _P], Coroutine[Any, Any, _R]]:
    async def call(self: "AsyncMemory", /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        return await asyncio.to_thread(method, self.memory, *args, **kwargs)

    call.__name__ = f"a{method.__name__}"
    call.__qualname__ = f"AsyncMemory.{call.__name__}"
    call.__doc__ = f"`Memory.{method.__name__}`, in a thread."
    return call


def _opener(
    open_: Callable[_P, Memory],
) -> Callable[_P, Coroutine[Any, Any, "AsyncMemory"]]:
    async def aopen(*args: _P.args, **kwargs: _P.kwargs) -> "AsyncMemory":
        return AsyncMemory(await asyncio.to_thread(open_, *args, **kwargs))

    aopen.__doc__ = "`Memory.open`, in a thread."
    return aopen


class AsyncMemory:
    """A memory for async code: ``await memory.asearch(...)``, ``await memory.aadd(...)``.

    Args:
        memory: The memory to call.
    """

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    aopen = staticmethod(_opener(Memory.open))
    aadd = _twin(Memory.add)
    aadd_sessions = _twin(Memory.add_sessions)
    aassert_claims = _twin(Memory.assert_claims)
    aretry = _twin(Memory.retry)
    acorrect = _twin(Memory.correct)
    aundo = _twin(Memory.undo)
    amerge_entities = _twin(Memory.merge_entities)
    asplit_entities = _twin(Memory.split_entities)
    aconsolidate = _twin(Memory.consolidate)
    afaded = _twin(Memory.faded)
    aforget = _twin(Memory.forget)
    asearch = _twin(Memory.search)
    acontext = _twin(Memory.context)
    afacts = _twin(Memory.facts)
    atimeline = _twin(Memory.timeline)
    aversions = _twin(Memory.versions)
    ahistory = _twin(Memory.history)
    adiff = _twin(Memory.diff)
    aexplain = _twin(Memory.explain)
    aepisodes = _twin(Memory.episodes)
    aclaims = _twin(Memory.claims)
    aentities = _twin(Memory.entities)
    acommunities = _twin(Memory.communities)
    asimilar_entities = _twin(Memory.similar_entities)
    atrust = _twin(Memory.trust)
    astats = _twin(Memory.stats)
    acypher = _twin(Memory.cypher)
    acopy_to = _twin(Memory.copy_to)
    aexport_to = _twin(Memory.export_to)
    aimport_from = _twin(Memory.import_from)
    aclose = _twin(Memory.close)

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes it."""
        await self.aclose()
