"""For tests of memories and of stores: fakes, a model to compare with, and the conformance suite.

A store of your own passes when a subclass of `StoreConformance` does that supplies one fixture::

    class TestMyStore(StoreConformance):
        @pytest.fixture
        def url(self) -> str:
            return "mystore://..."

`LangGraphStoreConformance` is the same for any LangGraph store (``kgmem.testing.langgraph``). The
suites need ``pytest`` and ``hypothesis``; the fakes need neither.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from kgmem.testing.fakes import HashEmbedder, ScriptedExtractor, ScriptedModel, SteppingClock

if TYPE_CHECKING:
    from kgmem.testing.conformance import StoreConformance
    from kgmem.testing.langgraph import LangGraphStoreConformance
    from kgmem.testing.machine import StoreMachine

__all__ = [
    "HashEmbedder",
    "LangGraphStoreConformance",
    "ScriptedExtractor",
    "ScriptedModel",
    "SteppingClock",
    "StoreConformance",
    "StoreMachine",
]

# What needs pytest, hypothesis or langgraph loads where it is asked for.
_HOME = {
    "LangGraphStoreConformance": "langgraph",
    "StoreConformance": "conformance",
    "StoreMachine": "machine",
}


def __getattr__(name: str) -> object:
    """Loads a suite from its module."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
