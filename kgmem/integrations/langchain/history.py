"""A session as a LangChain chat history: for chains that still use one."""

from collections.abc import Sequence

from langchain_core.chat_history import BaseChatMessageHistory
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from kgmem.errors import NotFoundError
from kgmem.integrations.langchain._messages import AGENT, USER, turn_of
from kgmem.memory import Memory
from kgmem.models import Episode


class KGMemChatMessageHistory(BaseChatMessageHistory):
    """The turns of a session, as messages of people and of the agent.

    LangChain has deprecated chat histories: new code keeps its threads in a checkpointer and remembers
    with `KGMemMiddleware`. Messages of tools and of the system are not kept, nor what is no text.

    Args:
        memory: The memory of the group.
        session: The session.
        user: Who speaks, where a message has no name.
        agent: Who answers.
    """

    def __init__(
        self, memory: Memory, session: str, *, user: str = USER, agent: str = AGENT
    ) -> None:
        self._memory = memory
        self._session = session
        self._user = user
        self._agent = agent

    @property
    def messages(self) -> list[BaseMessage]:  # type: ignore[override]
        """What was said, in order."""
        return [_message_of(turn) for turn in self._memory.episodes(session=self._session)]

    def add_messages(self, messages: Sequence[BaseMessage]) -> None:
        """Takes in what was said; a message whose id is there already is skipped."""
        there = {message.id for message in self.messages}
        new = (message for message in messages if message.id is None or message.id not in there)
        turns = (turn_of(message, user=self._user, agent=self._agent) for message in new)
        if said := [turn for turn in turns if turn is not None]:
            self._memory.add(said, session=self._session)

    def clear(self) -> None:
        """Erases the session, with what only it says."""
        try:
            self._memory.forget(session=self._session)
        except NotFoundError:
            return


def _message_of(turn: Episode) -> BaseMessage:
    kind = AIMessage if turn.source_kind == "agent" else HumanMessage
    return kind(content=turn.text, name=turn.speaker, id=turn.message_id or turn.id)
