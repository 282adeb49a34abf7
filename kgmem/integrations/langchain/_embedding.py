"""The embeddings of a LangGraph index as a memory takes them."""

import asyncio
import inspect

from langgraph.store.base import IndexConfig, ensure_embeddings

from kgmem.errors import ConfigurationError


class IndexEmbeddings:
    """Embeds with what an index names: LangChain embeddings, a function, or ``provider:model``.

    Args:
        index: The index; ``dims`` is checked against the vectors.
    """

    def __init__(self, index: IndexConfig) -> None:
        embed = index.get("embed")
        if embed is None:
            raise ConfigurationError(
                "an index needs embeddings: give index={'dims': ..., 'embed': ...}"
            )
        self._embeddings = ensure_embeddings(embed)
        self._async_only = inspect.iscoroutinefunction(embed)
        self._dims = index.get("dims")
        named = [getattr(embed, name, None) for name in ("model", "model_name", "__qualname__")]
        found = [name for name in (embed, *named) if isinstance(name, str)]
        self.model = found[0] if found else type(embed).__name__

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        if self._async_only:
            rows = asyncio.run(self._embeddings.aembed_documents(texts))
        else:
            rows = self._embeddings.embed_documents(texts)
        if self._dims and rows and len(rows[0]) != self._dims:
            raise ConfigurationError(
                f"the index says dims={self._dims}, but {self.model} embeds in {len(rows[0])}: "
                "give the dimension of the model"
            )
        return rows

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        if self._async_only:
            return asyncio.run(self._embeddings.aembed_query(text))
        return self._embeddings.embed_query(text)
