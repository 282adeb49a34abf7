"""kgmem in LangChain and LangGraph; needs the extra ``langchain``."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kgmem.integrations.langchain.store import KGMemStore

__all__ = ["KGMemStore"]

_HOME = {"KGMemStore": "store"}


def __getattr__(name: str) -> object:
    """Loads a public name from its module."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
