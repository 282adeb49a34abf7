"""What every LangGraph store must do: a suite for any ``BaseStore``.

Subclass `LangGraphStoreConformance`, supply one fixture, and say with the flags what the store does
not do::

    class TestMyStore(LangGraphStoreConformance):
        semantic = False

        @pytest.fixture
        def open_store(self) -> OpenStore:
            return lambda *, index=None, ttl=None: MyStore.from_conn_string("...", ttl=ttl)
"""

from kgmem.testing.langgraph.base import OpenStore
from kgmem.testing.langgraph.finding import FindingConformance
from kgmem.testing.langgraph.keeping import KeepingConformance
from kgmem.testing.langgraph.lasting import LastingConformance


class LangGraphStoreConformance(KeepingConformance, FindingConformance, LastingConformance):
    """The contract of a LangGraph store. Supply a fixture ``open_store``.

    The flags are those of `kgmem.testing.langgraph.base.Conformance`.
    """


__all__ = ["LangGraphStoreConformance", "OpenStore"]
