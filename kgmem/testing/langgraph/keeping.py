"""Items, batches, and the async methods."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langgraph.store.base import (
    BaseStore,
    GetOp,
    InvalidNamespaceError,
    ListNamespacesOp,
    PutOp,
    SearchOp,
)

from kgmem.testing.langgraph.base import DOCS, Conformance, keys

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
VALUE: dict[str, Any] = {
    "text": "naïve “quotes” 日本語",
    "nested": {"list": [1, 2.5, "three", None, True, {"deep": []}], "empty": {}},
    "null": None,
    "false": False,
    "big": 2**53,
}


class KeepingConformance(Conformance):
    """What is put is there, as it was, until it is deleted."""

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
