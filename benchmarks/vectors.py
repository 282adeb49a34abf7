"""Embeddings for benchmarks: each text once, and questions timed apart from searching."""

import time
from collections.abc import Sequence
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kgmem.embeddings import Embeddings
from kgmem.minilm import MiniLM
from kgmem.testing import HashEmbedder

# A model pads a batch to its longest text, so texts of about one length go together.
_TOGETHER = 8

Choice = Literal["local", "hash", "none"]


class Remembering:
    """Embeddings that keep what they made, so that a search finds its question embedded already.

    Args:
        name: Names the model.
        inner: Makes the vectors.
    """

    def __init__(self, name: str, inner: Embeddings) -> None:
        self.model_name = name
        self._inner = inner
        self._known: dict[str, list[float]] = {}

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        new = sorted({text for text in texts if text not in self._known}, key=lambda t: (len(t), t))
        for start in range(0, len(new), _TOGETHER):
            some = new[start : start + _TOGETHER]
            self._known |= dict(zip(some, self._inner.embed_documents(some), strict=True))
        return [self._known[text] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        if text not in self._known:
            self._known[text] = self._inner.embed_query(text)
        return self._known[text]

    def asked(self, questions: Sequence[str]) -> list[float]:
        """Embeds questions one by one; how long each took, in milliseconds."""
        self._inner.embed_query("The first call may load a model.")
        taken = []
        for question in questions:
            started = time.perf_counter()
            self._known[question] = self._inner.embed_query(question)
            taken.append((time.perf_counter() - started) * 1000)
        return taken

    def matrix(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, one a row."""
        rows = np.asarray(self.embed_documents(list(texts)), dtype=np.float32)
        unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


@cache
def _remembering(choice: Choice) -> Remembering:
    if choice == "local":
        return Remembering("all-MiniLM-L6-v2", MiniLM())
    return Remembering("hashed words", HashEmbedder())


def remembering(choice: Choice) -> Remembering | None:
    """The embeddings of a run, one object for all its groups; ``None`` for ``"none"``."""
    return None if choice == "none" else _remembering(choice)


def embedder_of(choice: Choice) -> Embeddings | str:
    """What ``Memory.open(embedder=)`` takes for a choice."""
    return remembering(choice) or "none"
