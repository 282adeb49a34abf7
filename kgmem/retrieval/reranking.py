"""Reranking: a model that reads question and text together orders the best hits anew."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from kgmem.errors import ConfigurationError
from kgmem.results import Hit, Why

RERANKED = 50
"""How many of the best hits a reranker reads: what it costs grows with them."""

Scoring = Callable[[Sequence[tuple[str, str]]], Sequence[float]]
"""From pairs of question and text to scores, the greater the better."""
_Order = Callable[[str, Sequence[str]], Sequence[int]]


@runtime_checkable
class CrossEncoder(Protocol):
    """What sentence-transformers calls a cross-encoder."""

    def predict(self, pairs: Any, /) -> Any:
        """One score for each pair of question and text, the greater the better."""
        ...


@runtime_checkable
class Compressor(Protocol):
    """What LangChain calls a document compressor."""

    def compress_documents(self, documents: Any, query: str) -> Any:
        """The documents that matter to the query, best first."""
        ...


@dataclass(frozen=True, slots=True)
class Reranker:
    """Orders hits anew.

    Attributes:
        order: The places of texts, best first, for a question; those it leaves out come after.
    """

    order: _Order

    def reranked(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The hits, the first `RERANKED` of them in a better order; scores stay with the places."""
        best, rest = hits[:RERANKED], hits[RERANKED:]
        if not best:
            return []
        order = dict.fromkeys(self.order(question, [_read(hit) for hit in best]))
        order |= dict.fromkeys(range(len(best)))
        moved = [
            best[old].model_copy(update={"score": best[new].score, "why": _why(best[old], new)})
            for new, old in enumerate(order)
        ]
        return [*moved, *rest]


def reranker_of(choice: CrossEncoder | Compressor | Scoring | None) -> Reranker | None:
    """The reranker that a ``reranker=`` asks for.

    Raises:
        ConfigurationError: It is nothing that could rerank.
    """
    if choice is None:
        return None
    if isinstance(choice, Compressor):
        return Reranker(_compressing(choice))
    if isinstance(choice, CrossEncoder):
        return Reranker(_scoring(choice.predict))
    if callable(choice):
        return Reranker(_scoring(choice))
    raise ConfigurationError(
        f"reranker={choice!r} cannot rerank: use a cross-encoder with predict(), a LangChain document "
        "compressor, or a function from (question, text) pairs to scores"
    )


def _scoring(score: Scoring) -> _Order:
    def order(question: str, texts: Sequence[str]) -> list[int]:
        scores = np.asarray(score([(question, text) for text in texts]), dtype=np.float64)
        if scores.shape != (len(texts),) or not np.isfinite(scores).all():
            raise ConfigurationError(
                f"the reranker returned scores of shape {scores.shape} for {len(texts)} pairs: it "
                "has to return one finite number a pair"
            )
        places: list[int] = np.argsort(-scores, kind="stable").tolist()
        return places

    return order


def _compressing(compressor: Compressor) -> _Order:
    from langchain_core.documents import Document

    def order(question: str, texts: Sequence[str]) -> list[int]:
        documents = [
            Document(page_content=text, metadata={"place": n}) for n, text in enumerate(texts)
        ]
        kept = compressor.compress_documents(documents, question)
        return [document.metadata["place"] for document in kept]

    return order


def _read(hit: Hit) -> str:
    """What the reranker reads of a hit: its words, with who said them."""
    speaker = hit.episode.speaker if hit.episode and hit.kind == "episode" else None
    return f"{speaker}: {hit.text}" if speaker else hit.text


def _why(hit: Hit, place: int) -> Why:
    return hit.why.model_copy(update={"ranks": {**hit.why.ranks, "reranker": place + 1}})
