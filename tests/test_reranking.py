"""Reranking: a scripted model puts the best hits of a search in another order."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from kgmem import ConfigurationError, Memory, Message
from kgmem.retrieval.reranking import RERANKED
from kgmem.testing import HashEmbedder

SAID = datetime(2023, 5, 1, tzinfo=UTC)
QUESTION = "Which rain fell?"


def rainy(reranker: Any, turns: int = 6) -> Memory:
    memory = Memory.open(
        "sqlite://", group="rain", extractor="none", embedder=HashEmbedder(), reranker=reranker
    )
    texts = [f"Rain fell on day {n:03}" for n in range(turns)]
    memory.add([Message(text=text, speaker="Ada", occurred_at=SAID) for text in texts])
    return memory


def by_day(pairs: Sequence[tuple[str, str]]) -> list[float]:
    """The later the day, the better."""
    assert {question for question, _ in pairs} == {QUESTION}
    assert all(text.startswith("Ada: Rain") for _, text in pairs)
    return [float(text[-3:]) for _, text in pairs]


class Encoder:
    def predict(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        return by_day(pairs)


@pytest.mark.parametrize("reranker", [by_day, Encoder()])
def test_scores_order_the_best_hits(reranker: Any) -> None:
    with rainy(reranker) as memory:
        hits = memory.search(QUESTION, k=3)
        assert [hit.text[-3:] for hit in hits] == ["005", "004", "003"]
        assert [hit.why.ranks["reranker"] for hit in hits] == [1, 2, 3]
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        # What a budget has room for is chosen by the same order.
        assert "day 005" in memory.context(QUESTION, max_tokens=12).text


def test_only_the_best_are_read() -> None:
    read: list[int] = []

    def counting(pairs: Sequence[tuple[str, str]]) -> list[float]:
        read.append(len(pairs))
        return by_day(pairs)

    with rainy(counting, turns=RERANKED + 10) as memory:
        hits = memory.search(QUESTION, k=RERANKED + 10)
        assert read == [RERANKED]
        assert len({hit.id for hit in hits}) == RERANKED + 10
        assert not any("reranker" in hit.why.ranks for hit in hits[RERANKED:])
        assert memory.search("") == []


def test_a_langchain_compressor_reranks_and_loses_nothing() -> None:
    documents = pytest.importorskip("langchain_core.documents")

    class Last(documents.BaseDocumentCompressor):  # type: ignore[name-defined,misc]
        """Keeps the two last days, the last one first."""

        def compress_documents(self, documents: Any, query: str, callbacks: Any = None) -> Any:
            del query, callbacks
            return sorted(documents, key=lambda d: d.page_content, reverse=True)[:2]

    with rainy(None) as plain, rainy(Last()) as memory:
        before = [hit.text for hit in plain.search(QUESTION)]
        after = [hit.text for hit in memory.search(QUESTION)]
        best = sorted(before, reverse=True)[:2]
        assert after == best + [text for text in before if text not in best]


@pytest.mark.parametrize(
    "scores", [[], [1.0], [float("nan")] * 6, [[1.0]] * 6], ids=["none", "few", "nan", "deep"]
)
def test_scores_that_fit_no_pairs_are_refused(scores: Any) -> None:
    with rainy(lambda pairs: scores) as memory, pytest.raises(ConfigurationError, match="one"):
        memory.search(QUESTION)


def test_what_cannot_rerank_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="reranker"):
        rainy("cross-encoder/ms-marco")


def test_without_one_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_core.documents", None)
    with rainy(None) as memory:
        assert "reranker" not in memory.search(QUESTION)[0].why.ranks
