"""What every LangGraph store must do: a suite for any ``BaseStore``.

Subclass `LangGraphStoreConformance`, supply one fixture, and say with the flags what the store does
not do::

    class TestMyStore(LangGraphStoreConformance):
        semantic = False

        @pytest.fixture
        def open_store(self) -> OpenStore:
            return lambda *, index=None, ttl=None: MyStore.from_conn_string("...", ttl=ttl)
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.embeddings import Embeddings
from langgraph.store.base import (
    BaseStore,
    GetOp,
    IndexConfig,
    InvalidNamespaceError,
    ListNamespacesOp,
    MatchCondition,
    PutOp,
    SearchOp,
    TTLConfig,
)

from kgmem.testing.fakes import HashEmbedder

OpenStore = Callable[..., AbstractContextManager[BaseStore]]
"""Opens an empty store: ``open_store(index=None, ttl=None)``."""

DIMS = 64
DOCS = ("docs",)
Step = tuple[str, str, int | None]
BATCHES = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(("a", "A", "b")),
            st.sampled_from(("x", "y")),
            st.none() | st.integers(0, 2),
        ),
        min_size=1,
        max_size=4,
    ),
    max_size=5,
)
"""Batches of puts: a label, a key, and a number or ``None`` for a delete."""
AWKWARD = (
    "key",
    "Key",
    "KEY",
    " key ",
    "key  with  spaces",
    "\u00e9",
    "e\u0301",
    "日本語",
    "🙂",
    "a.b..c",
    "100%",
    "under_score",
    "under-score",
    "'; DROP TABLE store; --",
    '"}) DETACH DELETE n //',
    "$group",
    "#1",
    "[*]",
    "new\nline",
    "k" * 300,
    "k" * 301,
)
VALUE = {
    "text": "naïve “quotes” 日本語",
    "nested": {"list": [1, 2.5, "three", None, True, {"deep": []}], "empty": {}},
    "null": None,
    "false": False,
    "big": 2**53,
}


FILTERS: tuple[tuple[dict[str, Any], str], ...] = (
    ({}, "abc"),
    ({"kind": "report"}, "ab"),
    ({"kind": "Report"}, ""),
    ({"kind": "report", "size": 3}, "b"),
    ({"done": True}, "b"),
    ({"size": {"$eq": 3}}, "b"),
    ({"kind": {"$ne": "report"}}, "c"),
    ({"size": {"$gt": 1}}, "bc"),
    ({"size": {"$gte": 3, "$lt": 5}}, "b"),
    ({"size": {"$lte": 3}}, "ab"),
    ({"size": {"$lt": -1}}, ""),
    ({"nowhere": "report"}, ""),
)
LISTINGS: tuple[tuple[dict[str, Any], list[str]], ...] = (
    (
        {},
        ["a/b/c", "a/b/d/e", "a/b/d/i", "a/b/f", "a/c/f", "b/a/f", "users/1", "users/2"],
    ),
    ({"prefix": ("a", "b")}, ["a/b/c", "a/b/d/e", "a/b/d/i", "a/b/f"]),
    ({"suffix": ("f",)}, ["a/b/f", "a/c/f", "b/a/f"]),
    ({"prefix": ("a",), "suffix": ("f",)}, ["a/b/f", "a/c/f"]),
    ({"prefix": ("a", "*", "f")}, ["a/b/f", "a/c/f"]),
    ({"suffix": ("*", "f")}, ["a/b/f", "a/c/f", "b/a/f"]),
    ({"prefix": ("a", "b"), "max_depth": 3}, ["a/b/c", "a/b/d", "a/b/f"]),
    ({"max_depth": 1}, ["a", "b", "users"]),
    ({"limit": 2, "offset": 1}, ["a/b/d/e", "a/b/d/i"]),
    ({"prefix": ("user",)}, []),
    ({"prefix": ("users", "1", "x")}, []),
)


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


class LangGraphStoreConformance:
    """The contract of a LangGraph store. Supply a fixture ``open_store``.

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

    # One item

    def test_a_value_comes_back_as_it_was(self, store: BaseStore) -> None:
        store.put(("users", "ada"), "profile", VALUE)
        store.put(("users", "ada"), "empty", {})
        item = store.get(("users", "ada"), "profile")
        assert item is not None
        assert (item.namespace, item.key, item.value) == (("users", "ada"), "profile", VALUE)
        empty = store.get(("users", "ada"), "empty")
        assert empty is not None
        assert empty.value == {}
        assert store.get(("users", "ada"), "other") is None
        assert store.get(("users",), "profile") is None

    def test_the_last_put_counts_until_it_is_deleted(self, store: BaseStore) -> None:
        for value in ({"n": 1}, {"n": 2}, {"n": 1}, {"m": 3}):
            store.put(DOCS, "doc", value)
            item = store.get(DOCS, "doc")
            assert item is not None
            assert item.value == value
        store.delete(DOCS, "doc")
        store.delete(DOCS, "doc")
        store.delete(DOCS, "never there")
        assert store.get(DOCS, "doc") is None
        assert store.search(DOCS) == []
        store.put(DOCS, "doc", {"n": 4})
        item = store.get(DOCS, "doc")
        assert item is not None
        assert item.value == {"n": 4}

    def test_no_two_keys_are_one(self, store: BaseStore) -> None:
        store.batch([PutOp(DOCS, key, {"n": number}) for number, key in enumerate(AWKWARD)])
        found = store.batch([GetOp(DOCS, key) for key in AWKWARD])
        for number, (key, item) in enumerate(zip(AWKWARD, found, strict=True)):
            assert (getattr(item, "key", ""), getattr(item, "value", {})) == (key, {"n": number})
        assert sorted(keys(store.search(DOCS, limit=100))) == sorted(AWKWARD)
        store.delete(DOCS, "key")
        assert len(store.search(DOCS, limit=100)) == len(AWKWARD) - 1

    def test_no_two_namespaces_are_one(self, store: BaseStore) -> None:
        namespaces = [("a",), ("A",), ("a", "a"), ("a", "b"), ("ab",), ("a b",), ("a%",), ("é",)]
        store.batch([PutOp(labels, "key", {"n": n}) for n, labels in enumerate(namespaces)])
        found = store.batch([GetOp(labels, "key") for labels in namespaces])
        assert [getattr(item, "value", {}).get("n") for item in found] == list(range(len(found)))

    def test_times_say_when_it_was_put(self, store: BaseStore) -> None:
        store.put(DOCS, "doc", {"n": 1})
        first = store.get(DOCS, "doc")
        store.put(DOCS, "doc", {"n": 2})
        second = store.get(DOCS, "doc")
        assert first is not None
        assert second is not None
        assert first.created_at <= first.updated_at <= second.updated_at
        assert second.created_at <= second.updated_at
        if self.aware_times:
            assert second.updated_at.utcoffset() is not None
            assert second.created_at.utcoffset() is not None

    def test_a_bad_namespace_is_refused(self, store: BaseStore) -> None:
        bad: list[Any] = [(), ("",), ("a", ""), ("a.b",), ("langgraph", "x"), ("a\x00",), ("a", 1)]
        for namespace in bad:
            with pytest.raises(InvalidNamespaceError):
                store.put(namespace, "key", {})

    def test_a_bad_namespace_is_refused_in_a_batch(self, store: BaseStore) -> None:
        self.needs("checks_batches")
        store.put(("a", "b"), "key", {})
        for op in (GetOp(("a.b",), "key"), SearchOp(("a.b",)), PutOp(("a.b",), "key", {})):
            with pytest.raises(InvalidNamespaceError):
                store.batch([op])

    # Batches

    def test_a_batch_reads_what_was_there_before(self, store: BaseStore) -> None:
        store.put(DOCS, "old", {"n": 0})
        results = store.batch(
            [
                PutOp(DOCS, "new", {"n": 1}),
                GetOp(DOCS, "new"),
                GetOp(DOCS, "old"),
                PutOp(DOCS, "old", None),
                SearchOp(DOCS),
                ListNamespacesOp(),
                PutOp(("other",), "new", {"n": 2}),
                PutOp(DOCS, "new", {"n": 3}),
                GetOp(DOCS, "old"),
            ]
        )
        put, new, old, delete, found, namespaces, other, again, still = results
        assert [put, new, delete, other, again] == [None] * 5
        assert getattr(old, "value", None) == getattr(still, "value", None) == {"n": 0}
        assert keys(found) == ["old"]
        assert namespaces == [DOCS]
        assert [store.get(DOCS, "old"), store.batch([])] == [None, []]
        (item,) = store.search(DOCS)
        assert (item.key, item.value) == ("new", {"n": 3})

    def test_of_a_put_and_a_delete_the_last_counts(self, store: BaseStore) -> None:
        store.batch([PutOp(DOCS, "a", None), PutOp(DOCS, "a", {"n": 1})])
        store.batch([PutOp(DOCS, "b", {"n": 1}), PutOp(DOCS, "b", None)])
        assert keys(store.search(DOCS)) == ["a"]

    def test_it_is_a_dictionary(self, store: BaseStore) -> None:
        """Whatever is put and deleted in whatever batches, what is left is what a dict would hold."""

        @settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(batches=BATCHES)
        def holds(batches: list[list[Step]]) -> None:
            root, expected = uuid4().hex, dict[tuple[str, str], dict[str, int]]()
            for batch in batches:
                ops = [
                    PutOp((root, label), key, None if n is None else {"n": n})
                    for label, key, n in batch
                ]
                reads = [GetOp((root, label), key) for label, key, _ in batch]
                before = store.batch([ops[0], *reads, *ops[1:]])[1 : len(reads) + 1]
                for (label, key, _), item in zip(batch, before, strict=True):
                    assert getattr(item, "value", None) == expected.get((label, key))
                for label, key, n in batch:
                    expected.pop((label, key), None)
                    if n is not None:
                        expected[label, key] = {"n": n}
                found = store.search((root,), limit=50)
                assert {(i.namespace[1], i.key): i.value for i in found} == expected

        holds()

    # Searching

    def test_a_prefix_is_of_whole_labels(self, store: BaseStore) -> None:
        namespaces = [("a",), ("a", "b"), ("a", "b", "c"), ("ab",), ("A",), ("a_",), ("b", "a")]
        store.batch([PutOp(labels, "-".join(labels), {}) for labels in namespaces])
        found = {
            p: sorted(keys(store.search(p))) for p in ((), ("a",), ("a", "b"), ("a_",), ("x",))
        }
        assert found[("a",)] == ["a", "a-b", "a-b-c"]
        assert found[("a", "b")] == ["a-b", "a-b-c"]
        assert found[("a_",)] == ["a_"]
        assert found[("x",)] == []
        assert len(found[()]) == 7

    def test_a_filter_holds(self, store: BaseStore) -> None:
        put_all(
            store,
            {
                "docs/a": {"kind": "report", "size": 1, "done": False},
                "docs/b": {"kind": "report", "size": 3, "done": True},
                "docs/c": {"kind": "note", "size": 5.5},
            },
        )
        for wanted, expected in FILTERS:
            assert "".join(sorted(keys(store.search(DOCS, filter=wanted)))) == expected, wanted

    def test_a_filter_reaches_into_values(self, store: BaseStore) -> None:
        self.needs("nested_filters")
        store.put(DOCS, "a", {"meta": {"by": "ada"}, "tags": ["x", "y"]})
        store.put(DOCS, "b", {"meta": {"by": "bob"}, "tags": ["y"]})
        assert keys(store.search(DOCS, filter={"meta": {"by": "ada"}})) == ["a"]
        assert keys(store.search(DOCS, filter={"tags": ["y"]})) == ["b"]

    def test_an_unknown_operator_is_refused(self, store: BaseStore) -> None:
        store.put(DOCS, "a", {"size": 1})
        with pytest.raises(ValueError, match="operator"):
            store.search(DOCS, filter={"size": {"$near": 1}})

    def test_a_filter_is_never_an_instruction(self, store: BaseStore) -> None:
        store.put(DOCS, "a", {"size": 1})
        for hostile in ("x' OR '1'='1", "a`}) RETURN n //", "size) OR (1=1"):
            assert store.search(DOCS, filter={"size": hostile}) == []
            try:
                found = store.search(DOCS, filter={hostile: "1"})
            except ValueError:
                found = []
            assert found == []

    def test_pages_cover_everything_once(self, store: BaseStore) -> None:
        put_all(store, {f"docs/{number}": {"even": number % 2 == 0} for number in range(12)})
        pages = [keys(store.search(DOCS, limit=5, offset=offset)) for offset in (0, 5, 10, 15)]
        assert [len(page) for page in pages] == [5, 5, 2, 0]
        assert len({key for page in pages for key in page}) == 12
        even = [keys(store.search(DOCS, filter={"even": True}, limit=4, offset=n)) for n in (0, 4)]
        assert [len(page) for page in even] == [4, 2]
        assert len(store.search(DOCS)) == 10

    def test_without_an_index_nothing_is_scored(self, store: BaseStore) -> None:
        store.put(DOCS, "a", {"text": "tea"})
        store.put(DOCS, "b", {"text": "coffee"}, index=["text"])
        for query in (None, "tea"):
            found = store.search(DOCS, query=query)
            assert sorted(keys(found)) == ["a", "b"]
            assert [item.score for item in found] == [None, None]

    # Namespaces

    def test_namespaces_are_listed(self, store: BaseStore) -> None:
        paths = ("a/b/c", "a/b/d/e", "a/b/d/i", "a/b/f", "a/c/f", "b/a/f", "users/1", "users/2")
        put_all(store, {f"{path}/{key}": {} for path in paths for key in ("one", "two")})
        for asked, expected in LISTINGS:
            assert ["/".join(labels) for labels in store.list_namespaces(**asked)] == expected, (
                asked
            )

    def test_conditions_hold_together(self, store: BaseStore) -> None:
        put_all(store, {"a/b/c/key": {}, "a/b/key": {}, "b/c/key": {}})
        conditions = (MatchCondition("prefix", ("a",)), MatchCondition("suffix", ("*", "c")))
        assert store.batch([ListNamespacesOp(conditions)]) == [[("a", "b", "c")]]

    def test_a_namespace_without_items_is_gone(self, store: BaseStore) -> None:
        self.needs("drops_emptied")
        store.put(("gone",), "key", {})
        store.put(("here",), "key", {})
        store.delete(("gone",), "key")
        assert store.list_namespaces() == [("here",)]

    # Meaning

    def test_the_nearest_come_first(self, indexed: BaseStore) -> None:
        put_all(
            indexed,
            {
                "docs/tea": {"text": "green tea with lemon", "hot": True},
                "docs/coffee": {"text": "black coffee", "hot": True},
                "docs/iced": {"text": "iced tea", "hot": False},
                "other/tea": {"text": "green tea with milk"},
            },
        )
        found = indexed.search(DOCS, query="green tea with lemon")
        assert keys(found) == ["tea", "iced", "coffee"]
        scores = [item.score or 0.0 for item in found]
        assert scores == sorted(scores, reverse=True)
        assert scores[0] == pytest.approx(1.0, abs=1e-3)
        assert keys(indexed.search(DOCS, query="iced tea", limit=1)) == ["iced"]
        assert keys(indexed.search(DOCS, query="iced tea", limit=1, offset=1)) == ["tea"]
        assert keys(indexed.search(DOCS, query="tea", filter={"hot": False})) == ["iced"]
        assert keys(indexed.search(("other",), query="coffee")) == ["tea"]

    def test_what_is_not_indexed_has_no_score(self, indexed: BaseStore) -> None:
        indexed.put(DOCS, "in", {"text": "green tea"})
        indexed.put(DOCS, "out", {"text": "green tea"}, index=False)
        indexed.put(DOCS, "without", {"title": "green tea"})
        found = indexed.search(DOCS, query="green tea")
        assert {item.key: item.score is not None for item in found} == {
            "in": True,
            "out": False,
            "without": False,
        }
        assert found[0].key == "in"

    def test_paths_say_what_is_indexed(self, indexed: BaseStore) -> None:
        value = {
            "text": "marble",
            "meta": {"title": "iced tea"},
            "parts": [{"t": "oak"}, {"t": "elm"}],
        }
        indexed.put(DOCS, "title", value, index=["meta.title"])
        indexed.put(DOCS, "parts", value, index=["parts[*].t", "nowhere"])
        indexed.put(DOCS, "last", value, index=["parts[-1].t"])
        assert keys(indexed.search(DOCS, query="iced tea"))[0] == "title"
        assert keys(indexed.search(DOCS, query="oak"))[0] == "parts"
        best = indexed.search(DOCS, query="elm", limit=2)
        assert {item.key for item in best} == {"parts", "last"}
        assert [item.score for item in best] == pytest.approx([1.0, 1.0], abs=1e-3)
        assert all((item.score or 0) < 0.5 for item in indexed.search(DOCS, query="marble"))

    def test_a_put_replaces_what_it_was_found_by(self, indexed: BaseStore) -> None:
        indexed.put(DOCS, "a", {"text": "green tea"})
        indexed.put(DOCS, "a", {"text": "black coffee"})
        (item,) = indexed.search(DOCS, query="green tea")
        assert (item.score or 0) < 0.5
        indexed.delete(DOCS, "a")
        assert indexed.search(DOCS, query="green tea") == []

    def test_a_put_without_index_is_found_by_nothing(self, indexed: BaseStore) -> None:
        self.needs("drops_vectors")
        indexed.put(DOCS, "a", {"text": "green tea"})
        indexed.put(DOCS, "a", {"text": "green tea"}, index=False)
        (item,) = indexed.search(DOCS, query="green tea")
        assert item.score is None

    def test_the_whole_value_is_indexed_by_default(self, open_store: OpenStore) -> None:
        self.needs("semantic")
        with open_store(index={"dims": DIMS, "embed": WordEmbeddings()}) as store:
            store.put(DOCS, "a", {"any": "green tea"})
            store.put(DOCS, "b", {"any": "black coffee"})
            assert keys(store.search(DOCS, query="black coffee")) == ["b", "a"]

    # Time to live

    @pytest.fixture
    def mortal(self, open_store: OpenStore) -> Iterator[BaseStore]:
        """A store whose items live for two ticks, unless a put says otherwise."""
        self.needs("ttl")
        config: TTLConfig = {
            "default_ttl": 2 * self.tick / 60,
            "refresh_on_read": True,
            "sweep_interval_minutes": 1,
        }
        with open_store(ttl=config) as store:
            yield store

    def pass_time(self, seconds: float) -> None:
        """Waits; a store with a clock of its own can put that on instead."""
        time.sleep(seconds)

    def test_an_item_goes_when_its_time_is_up(self, mortal: Any) -> None:
        life = self.tick / 60
        mortal.put(DOCS, "saved", {"n": 1}, ttl=life)
        mortal.batch(
            [
                PutOp(DOCS, "short", {"n": 1}, ttl=life),
                PutOp(DOCS, "forever", {"n": 1}),
                PutOp(DOCS, "saved", {"n": 2}),
            ]
        )
        mortal.put(DOCS, "default", {"n": 1})
        assert mortal.get(DOCS, "default", refresh_ttl=False) is not None
        self.pass_time(4 * self.tick)
        assert mortal.sweep_ttl() == 2
        assert mortal.sweep_ttl() == 0
        assert mortal.get(DOCS, "short") is None
        assert sorted(keys(mortal.search(DOCS))) == ["forever", "saved"]

    def test_what_is_over_does_not_bring_back_what_was_before(self, mortal: Any) -> None:
        mortal.put(DOCS, "a", {"n": 1}, ttl=None)
        mortal.put(DOCS, "a", {"n": 2}, ttl=self.tick / 60)
        self.pass_time(3 * self.tick)
        mortal.sweep_ttl()
        assert mortal.get(DOCS, "a") is None

    def test_reading_puts_the_end_off(self, mortal: Any) -> None:
        life = 4 * self.tick / 60
        mortal.batch([PutOp((key,), key, {}, ttl=life) for key in ("got", "searched", "left")])
        self.pass_time(2.5 * self.tick)
        assert mortal.get(("got",), "got") is not None
        assert keys(mortal.search(("searched",))) == ["searched"]
        assert mortal.get(("left",), "left", refresh_ttl=False) is not None
        self.pass_time(2.5 * self.tick)
        assert mortal.sweep_ttl() == 1
        left, got, searched = mortal.batch(
            [GetOp((key,), key, refresh_ttl=False) for key in ("left", "got", "searched")]
        )
        assert left is None
        assert None not in (got, searched)

    def test_a_sweeper_sweeps_until_it_is_stopped(
        self, mortal: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        swept, sweep = threading.Event(), mortal.sweep_ttl
        monkeypatch.setattr(mortal, "sweep_ttl", lambda: (sweep() and swept.set()) or 0)
        mortal.put(DOCS, "a", {}, ttl=self.tick / 60)
        done = mortal.start_ttl_sweeper(self.tick / 60)
        self.pass_time(2 * self.tick)
        assert swept.wait(timeout=60)
        assert mortal.stop_ttl_sweeper(timeout=60)
        assert done.done()
        assert mortal.get(DOCS, "a") is None

    def test_time_to_live_is_refused_where_there_is_none(self, store: BaseStore) -> None:
        if self.ttl:
            pytest.skip("ttl = True")
        with pytest.raises(NotImplementedError):
            store.put(DOCS, "a", {}, ttl=1.0)

    # Async

    async def test_the_async_methods_answer_alike(self, store: BaseStore) -> None:
        self.needs("asynchronous")
        await asyncio.gather(*(store.aput(DOCS, f"doc {n}", {"n": n}) for n in range(8)))
        found = await asyncio.gather(*(store.aget(DOCS, f"doc {n}") for n in range(8)))
        assert [item.value["n"] for item in found if item is not None] == list(range(8))
        await store.adelete(DOCS, "doc 0")
        assert len(await store.asearch(DOCS, filter={"n": {"$gte": 0}})) == 7
        assert await store.alist_namespaces() == [DOCS]
        assert await store.abatch([GetOp(DOCS, "doc 0"), PutOp(DOCS, "doc 1", None)]) == [None] * 2
        assert len(store.search(DOCS)) == 6
