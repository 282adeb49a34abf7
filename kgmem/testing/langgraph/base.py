"""Flags, fixtures and words that the parts of the suite share."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, ClassVar

import pytest
from langchain_core.embeddings import Embeddings
from langgraph.store.base import BaseStore, IndexConfig, PutOp

from kgmem.testing.fakes import HashEmbedder

OpenStore = Callable[..., AbstractContextManager[BaseStore]]
"""Opens an empty store: ``open_store(index=None, ttl=None)``."""

DIMS = 64
DOCS = ("docs",)


class WordEmbeddings(Embeddings):
    """Bags of hashed words as LangChain embeddings, `DIMS` long."""

    model = HashEmbedder.model

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return HashEmbedder(DIMS).embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        return HashEmbedder(DIMS).embed_query(text)


def put_all(store: BaseStore, values: Mapping[str, dict[str, Any]]) -> None:
    """Puts values by path, the namespace's labels and the key, in one batch."""
    ops = []
    for path, value in values.items():
        *namespace, key = path.split("/")
        ops.append(PutOp(tuple(namespace), key, value))
    store.batch(ops)


def keys(found: Any) -> list[str]:
    """The keys of items."""
    return [item.key for item in found]


class Conformance:
    """What the parts of the suite share. Supply ``open_store``: it opens an empty store.

    Attributes:
        semantic: It ranks by meaning when it is opened with an index.
        ttl: It supports time to live.
        asynchronous: It has the async methods.
        aware_times: Its times are aware.
        checks_batches: Namespaces are checked in operations handed to ``batch`` too.
        nested_filters: A filter can name fields of fields, and lists.
        drops_emptied: A namespace without items is not listed.
        drops_vectors: Putting again with ``index=False`` takes an item out of the ranking.
        tick: Seconds within which it cannot tell times apart, and items may outlive their time.
    """

    semantic: ClassVar[bool] = True
    ttl: ClassVar[bool] = True
    asynchronous: ClassVar[bool] = True
    aware_times: ClassVar[bool] = True
    checks_batches: ClassVar[bool] = True
    nested_filters: ClassVar[bool] = True
    drops_emptied: ClassVar[bool] = True
    drops_vectors: ClassVar[bool] = True
    tick: ClassVar[float] = 0.3

    @pytest.fixture
    def open_store(self) -> OpenStore:
        """Opens the store under test."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, open_store: OpenStore) -> Iterator[BaseStore]:
        """An empty store."""
        with open_store() as store:
            yield store

    @pytest.fixture
    def indexed(self, open_store: OpenStore) -> Iterator[BaseStore]:
        """An empty store that embeds the field ``text``."""
        self.needs("semantic")
        index: IndexConfig = {"dims": DIMS, "embed": WordEmbeddings(), "fields": ["text"]}
        with open_store(index=index) as store:
            yield store

    def needs(self, flag: str) -> None:
        """Skips the test where the store does not do something."""
        if not getattr(self, flag):
            pytest.skip(f"{flag} = False")
