"""A knowledge-graph memory for agents that knows when.

Names load where they are first used, so that ``import kgmem`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kgmem.aio import AsyncMemory
    from kgmem.errors import (
        ConfigurationError,
        ConflictError,
        ExtractionError,
        InvalidInputError,
        KgmemError,
        NotFoundError,
        StoreError,
        StoreUnavailableError,
    )
    from kgmem.memory import Memory
    from kgmem.models import (
        Claim,
        ClaimDraft,
        Community,
        Entity,
        Episode,
        Fact,
        Message,
        Similarity,
        Trust,
    )
    from kgmem.results import (
        Change,
        Consolidation,
        ContextBlock,
        Diff,
        Explanation,
        Faded,
        Hit,
        Proposal,
        Receipt,
        Report,
        Skipped,
        Why,
    )
    from kgmem.schema import Schema

__version__ = "0.1.0"

__all__ = [
    "AsyncMemory",
    "Change",
    "Claim",
    "ClaimDraft",
    "Community",
    "ConfigurationError",
    "ConflictError",
    "Consolidation",
    "ContextBlock",
    "Diff",
    "Entity",
    "Episode",
    "Explanation",
    "ExtractionError",
    "Fact",
    "Faded",
    "Hit",
    "InvalidInputError",
    "KgmemError",
    "Memory",
    "Message",
    "NotFoundError",
    "Proposal",
    "Receipt",
    "Report",
    "Schema",
    "Similarity",
    "Skipped",
    "StoreError",
    "StoreUnavailableError",
    "Trust",
    "Why",
    "__version__",
]

_NAMES = {
    "aio": "AsyncMemory",
    "errors": "ConfigurationError ConflictError ExtractionError InvalidInputError KgmemError NotFoundError StoreError StoreUnavailableError",
    "memory": "Memory",
    "models": "Claim ClaimDraft Community Entity Episode Fact Message Similarity Trust",
    "results": "Change Consolidation ContextBlock Diff Explanation Faded Hit Proposal Receipt Report Skipped Why",
    "schema": "Schema",
}
_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """Loads a public name from its module."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"kgmem.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
