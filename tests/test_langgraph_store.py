"""Each LangGraph store is its fixture and what it does not do; the suite is in `kgmem.testing`."""

from contextlib import nullcontext
from datetime import timedelta
from uuid import uuid4

import pytest
from langgraph.store.memory import InMemoryStore
from langgraph.store.sqlite import SqliteStore

from kgmem.integrations.langchain import KGMemStore
from kgmem.testing import LangGraphStoreConformance, SteppingClock
from kgmem.testing.langgraph import OpenStore


class TestInMemoryStore(LangGraphStoreConformance):
    ttl = False
    checks_batches = False
    drops_emptied = False
    drops_vectors = False

    @pytest.fixture
    def open_store(self) -> OpenStore:
        return lambda *, index=None, ttl=None: nullcontext(InMemoryStore(index=index))


class TestSqliteStore(LangGraphStoreConformance):
    semantic = False  # needs a SQLite that loads extensions
    asynchronous = False  # AsyncSqliteStore has them
    aware_times = False
    nested_filters = False
    tick = 1.1

    @pytest.fixture
    def open_store(self) -> OpenStore:
        return lambda *, index=None, ttl=None: SqliteStore.from_conn_string(":memory:", ttl=ttl)


class TestKGMemStore(LangGraphStoreConformance):
    """On both stores, with a clock that is put on instead of waited for."""

    @pytest.fixture
    def open_store(self, any_url: str) -> OpenStore:
        self.clock = SteppingClock(step=timedelta(milliseconds=1))
        return lambda **options: KGMemStore.from_conn_string(
            any_url, group=uuid4().hex, clock=self.clock, **options
        )

    def pass_time(self, seconds: float) -> None:
        self.clock.now += timedelta(seconds=seconds)
