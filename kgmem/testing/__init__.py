"""For tests of memories and of stores: fakes, a model to compare with, and the conformance suite.

A store of your own passes when a subclass of `StoreConformance` does that supplies one fixture::

    class TestMyStore(StoreConformance):
        @pytest.fixture
        def url(self) -> str:
            return "mystore://..."

The suite needs ``pytest`` and ``hypothesis``; the fakes need neither.
"""

from typing import TYPE_CHECKING

from kgmem.testing.fakes import HashEmbedder, ScriptedExtractor, ScriptedModel, SteppingClock

if TYPE_CHECKING:
    from kgmem.testing.conformance import StoreConformance
    from kgmem.testing.machine import StoreMachine

__all__ = [
    "HashEmbedder",
    "ScriptedExtractor",
    "ScriptedModel",
    "SteppingClock",
    "StoreConformance",
    "StoreMachine",
]


def __getattr__(name: str) -> object:
    """Loads what needs pytest and hypothesis only where it is asked for."""
    if name == "StoreConformance":
        from kgmem.testing.conformance import StoreConformance

        return StoreConformance
    if name == "StoreMachine":
        from kgmem.testing.machine import StoreMachine

        return StoreMachine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
