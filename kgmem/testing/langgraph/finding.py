"""Search by namespace, filter and meaning; the listing of namespaces."""

from typing import Any

import pytest
from langgraph.store.base import BaseStore, ListNamespacesOp, MatchCondition, PutOp

from kgmem.testing.langgraph.base import (
    DIMS,
    DOCS,
    Conformance,
    OpenStore,
    WordEmbeddings,
    keys,
    put_all,
)

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


class FindingConformance(Conformance):
    """Searches find what is asked for, nothing else, nearest first."""

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
