"""A memory as a LangChain retriever."""

import asyncio
from typing import Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field

from kgmem.integrations.langchain.memories import Memories, memory_of
from kgmem.memory import Memory
from kgmem.results import Hit
from kgmem.when import When


class KGMemRetriever(BaseRetriever):
    """Facts and turns as documents, best first.

    The times can be given for one call too: ``retriever.invoke(question, as_of="2023")``. A document's
    metadata says ``kind``, ``score``, ``group``, ``episodes``, of a fact ``subject``, ``predicate``,
    ``object``, ``valid_at`` and ``invalid_at``, of a turn ``speaker``, ``session`` and ``occurred_at``.

    Attributes:
        memories: The memories of all groups, or the memory of the only one.
        k: How many documents to return.
        as_of: Only facts true in the world at this instant.
        as_known: What the memory believed at this instant.
    """

    memories: Memory | Memories
    k: int = Field(default=10, ge=1)
    as_of: When | None = None
    as_known: When | None = None

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun | None = None,
        k: int | None = None,
        as_of: When | None = None,
        as_known: When | None = None,
    ) -> list[Document]:
        with memory_of(self.memories) as memory:
            hits = memory.search(
                query,
                k=self.k if k is None else k,
                as_of=self.as_of if as_of is None else as_of,
                as_known=self.as_known if as_known is None else as_known,
            )
            return [document_of(hit, memory.group) for hit in hits]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **options: Any
    ) -> list[Document]:
        return await asyncio.to_thread(self._get_relevant_documents, query, **options)


def document_of(hit: Hit, group: str) -> Document:
    """A hit as a document, its times as text."""
    about: dict[str, Any] = {"kind": hit.kind, "score": hit.score, "group": group}
    about["episodes"] = list(hit.episodes)
    if hit.fact is not None:
        ended = hit.fact.invalid_at
        about |= {
            "subject": hit.fact.subject.name,
            "predicate": hit.fact.predicate,
            "object": hit.fact.object.name,
            "valid_at": hit.fact.valid_at.isoformat(),
            "invalid_at": ended and ended.isoformat(),
        }
    if hit.episode is not None:
        about |= {
            "speaker": hit.episode.speaker,
            "session": hit.episode.session,
            "occurred_at": hit.episode.occurred_at.isoformat(),
        }
    return Document(id=hit.id, page_content=hit.text, metadata=about)
