"""Tools with which an agent asks its memory, and changes it."""

from collections.abc import Sequence
from typing import Any, Literal

from langchain_core.tools import BaseTool, ToolException, tool

from kgmem.errors import InvalidInputError, NotFoundError
from kgmem.integrations.langchain._messages import storable
from kgmem.integrations.langchain.memories import Source, memory_of, session_of
from kgmem.integrations.langchain.retriever import document_of
from kgmem.models import Message

Action = Literal["create", "update", "delete"]


def create_search_memory_tool(
    memories: Source, *, name: str = "search_memory", max_tokens: int = 800
) -> BaseTool:
    """A tool that searches the memory of the run.

    Its artifact is the hits, as documents in the form of dicts.

    Args:
        memories: The memories of all groups, or the memory of the only one.
        name: What the model calls it.
        max_tokens: The budget of one answer.
    """

    @tool(name, parse_docstring=True, response_format="content_and_artifact")
    def search_memory(query: str, as_of: str | None = None) -> tuple[str, list[dict[str, Any]]]:
        """Search what is remembered: facts with since when and until when they hold, and turns.

        Args:
            query: A question or some words.
            as_of: A date such as 2024-05 or 2024-05-31, to be told what was true then.
        """
        try:
            with memory_of(memories) as memory:
                block = memory.context(query, max_tokens=max_tokens, as_of=as_of or None)
                found = [document_of(hit, memory.group) for hit in block.hits]
        except InvalidInputError as error:
            raise ToolException(str(error)) from error
        lines = zip(found, block.text.splitlines(), strict=True)
        text = "\n".join(f"{document.id} {line}" for document, line in lines)
        return text or "Nothing is remembered.", [document.model_dump() for document in found]

    search_memory.handle_tool_error = True
    return search_memory


def create_manage_memory_tool(
    memories: Source,
    *,
    name: str = "manage_memory",
    session: str | None = None,
    actions: Sequence[Action] = ("create", "update", "delete"),
) -> BaseTool:
    """A tool that writes to the memory of the run.

    What is deleted depends on the id: a fact is taken back, so that it is believed no longer and its
    history stays; a turn is erased.

    Args:
        memories: The memories of all groups, or the memory of the only one.
        name: What the model calls it.
        session: The session of what is created; the run's where not given.
        actions: What the tool may do.
    """

    @tool(name, parse_docstring=True)
    def manage_memory(
        action: Action = "create", content: str | None = None, id: str | None = None
    ) -> str:
        """Remember something, replace it, or take it back. Ids are those that a search shows.

        Args:
            action: Use create to remember content, update to put it in the place of an id, delete to remove an id.
            content: A sentence that says it by itself, with names and dates.
            id: What to replace or remove.
        """
        if action not in actions:
            raise ToolException(f"{action} is not allowed here: use {' or '.join(actions)}")
        content = storable(content or "").strip()
        if (action != "delete" and not content) or (action != "create" and not id):
            raise ToolException(
                "create takes content, update takes content and id, delete takes id: give what is missing"
            )
        try:
            with memory_of(memories) as memory:
                told, old = f"Removed {id}.", id if action != "create" else None
                where = "" if action == "delete" else session or session_of(memories)
                is_turn = bool(old and memory.episodes([old]))
                if old and not is_turn:
                    memory.correct(old)
                if action != "delete":
                    turn = Message(text=content, source_kind="agent")
                    told = f"Remembered as {memory.add([turn], session=where).episodes[0]}."
                # Last: nothing is erased before what takes its place is there.
                if old and is_turn:
                    memory.forget(episode=old)
        except (InvalidInputError, NotFoundError) as error:
            raise ToolException(str(error)) from error
        return told

    manage_memory.handle_tool_error = True
    return manage_memory
