"""kgmem in LangChain and LangGraph; needs the extra ``langchain``.

- `KGMemMiddleware` gives an agent made with ``create_agent`` a memory.
- `KGMemStore` is a LangGraph store, `KGMemRetriever` a retriever.
- `create_search_memory_tool` and `create_manage_memory_tool` let an agent ask and write by itself.
- `Memories` opens the memory of each group for a process that serves many.
- `KGMemChatMessageHistory` is for chains that still use a chat history.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kgmem.integrations.langchain.history import KGMemChatMessageHistory
    from kgmem.integrations.langchain.memories import Memories
    from kgmem.integrations.langchain.middleware import KGMemMiddleware
    from kgmem.integrations.langchain.retriever import KGMemRetriever
    from kgmem.integrations.langchain.store import KGMemStore
    from kgmem.integrations.langchain.tools import (
        create_manage_memory_tool,
        create_search_memory_tool,
    )

__all__ = [
    "KGMemChatMessageHistory",
    "KGMemMiddleware",
    "KGMemRetriever",
    "KGMemStore",
    "Memories",
    "create_manage_memory_tool",
    "create_search_memory_tool",
]

_HOME = {
    "KGMemChatMessageHistory": "history",
    "KGMemMiddleware": "middleware",
    "KGMemRetriever": "retriever",
    "KGMemStore": "store",
    "Memories": "memories",
    "create_manage_memory_tool": "tools",
    "create_search_memory_tool": "tools",
}


def __getattr__(name: str) -> object:
    """Loads a public name from its module."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
