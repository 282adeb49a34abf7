"""Between LangChain's messages and turns of a session."""

from datetime import datetime

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from kgmem.models import Message
from kgmem.text import MAX_TEXT

USER = "User"
AGENT = "Assistant"


def is_said(message: BaseMessage) -> bool:
    """Whether a person said it: the summary of a conversation only looks as if."""
    summary = message.additional_kwargs.get("lc_source") == "summarization"
    return isinstance(message, HumanMessage) and not summary


def turn_of(
    message: BaseMessage,
    *,
    user: str = USER,
    agent: str = AGENT,
    occurred_at: datetime | None = None,
) -> Message | None:
    """The turn that a message is; ``None`` where nobody says a word.

    What no store keeps is left out: NUL, halves of characters, and what is beyond the longest text.
    """
    answer = isinstance(message, AIMessage)
    text = storable(str(message.text))
    if not text.strip() or not (answer or is_said(message)):
        return None
    return Message(
        text=text,
        speaker=message.name or (agent if answer else user),
        occurred_at=occurred_at,
        id=message.id,
        source_kind="agent" if answer else "user",
    )


def storable(text: str) -> str:
    """A text without what no store keeps."""
    whole = text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")
    return whole[:MAX_TEXT]
