"""Embeddings: any LangChain ``Embeddings``, or MiniLM from a package.

Vectors are float32, of unit length, so that a dot product is their cosine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from kgmem.errors import ConfigurationError
from kgmem.minilm import MiniLM


@runtime_checkable
class Embeddings(Protocol):
    """What LangChain calls embeddings; anything with these two methods will do."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        ...

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        ...


@dataclass(frozen=True)
class Embedder:
    """Embeddings under a name, checked.

    Attributes:
        name: Names the model: vectors of two names are never mixed in one store.
        model: The embeddings.
    """

    name: str
    model: Embeddings

    def texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of texts, one a row.

        Raises:
            ConfigurationError: The model returned no usable vectors.
        """
        return self._unit(self.model.embed_documents(list(texts)), len(texts))

    def question(self, text: str) -> NDArray[np.float32]:
        """The unit vector of a question."""
        row: NDArray[np.float32] = self._unit([self.model.embed_query(text)], 1)[0]
        return row

    def _unit(self, rows: Sequence[Sequence[float]], expected: int) -> NDArray[np.float32]:
        try:
            matrix = np.asarray(rows, dtype=np.float32)
        except ValueError as error:
            raise ConfigurationError(
                f"{self.name} returned vectors of several lengths: use a model of one dimension"
            ) from error
        if matrix.ndim != 2 or len(matrix) != expected or not matrix.shape[1]:  # noqa: PLR2004
            raise ConfigurationError(
                f"{self.name} returned an array of shape {matrix.shape} for {expected} texts: "
                "an embedder returns one vector a text"
            )
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or not lengths.all():
            raise ConfigurationError(
                f"{self.name} returned a vector that is zero or not finite: use another model"
            )
        unit: NDArray[np.float32] = matrix / lengths
        return unit


@cache
def _local() -> Embedder:
    return Embedder("all-MiniLM-L6-v2", MiniLM())


def embedder_of(choice: Embeddings | str | None) -> Embedder | None:
    """The embedder that an ``embedder=`` asks for.

    Args:
        choice: ``None`` for MiniLM, ``"none"`` for no vectors, or embeddings.

    Raises:
        ConfigurationError: It is something else, or its package is missing.
    """
    if choice is None:
        return _local()
    if isinstance(choice, str):
        if choice == "none":
            return None
        raise ConfigurationError(
            f"embedder={choice!r} is not known: use None (local MiniLM), 'none' or an Embeddings object"
        )
    if isinstance(choice, Embeddings):
        named = getattr(choice, "model", None) or getattr(choice, "model_name", None)
        return Embedder(str(named or type(choice).__name__), choice)
    raise ConfigurationError(
        f"embedder={choice!r} has no embed_documents and embed_query: use a LangChain Embeddings"
    )
