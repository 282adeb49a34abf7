"""From turns to claim drafts."""

from kgmem.errors import ConfigurationError
from kgmem.extraction._llm_calls import ChatModel
from kgmem.extraction.base import Extractor, NameJudge
from kgmem.schema import Schema

__all__ = ["ChatModel", "Extractor", "NameJudge", "extractor_of", "judge_of"]


def extractor_of(choice: Extractor | ChatModel | str | None, schema: Schema) -> Extractor | None:
    """The extractor that an ``extractor=`` asks for.

    Args:
        choice: ``None`` or ``"rules"``, ``"none"``, a LangChain chat model, ``"provider:model"``, or
            an extractor.
        schema: The predicates it may name.

    Raises:
        ConfigurationError: It is something else, or its package is missing.
    """
    if choice is None or choice == "rules":
        from kgmem.extraction.rules import RulesExtractor

        return RulesExtractor(schema)
    if choice == "none":
        return None
    if isinstance(choice, ChatModel) or (isinstance(choice, str) and ":" in choice):
        from kgmem.extraction.llm import LLMExtractor

        return LLMExtractor(choice, schema=schema)
    if not isinstance(choice, str) and hasattr(choice, "extract"):
        return choice
    raise ConfigurationError(
        f"extractor={choice!r} is not known: use None or 'rules', 'none', 'provider:model', "
        "a LangChain chat model, or an object with extract()"
    )


def judge_of(choice: NameJudge | ChatModel | str | None) -> NameJudge | None:
    """The judge of doubtful names that a ``judge=`` asks for.

    Args:
        choice: ``None``, a LangChain chat model, ``"provider:model"``, or a judge.

    Raises:
        ConfigurationError: It is something else, or its package is missing.
    """
    if choice is None or isinstance(choice, NameJudge):
        return choice
    from kgmem.extraction.llm import LLMExtractor

    return LLMExtractor(choice)
