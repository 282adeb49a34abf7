"""A knowledge-graph memory for agents that knows when."""

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
from kgmem.models import Claim, ClaimDraft, Entity, Episode, Fact, Message
from kgmem.results import (
    Change,
    ContextBlock,
    Diff,
    Explanation,
    Hit,
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
    "ConfigurationError",
    "ConflictError",
    "ContextBlock",
    "Diff",
    "Entity",
    "Episode",
    "Explanation",
    "ExtractionError",
    "Fact",
    "Hit",
    "InvalidInputError",
    "KgmemError",
    "Memory",
    "Message",
    "NotFoundError",
    "Receipt",
    "Report",
    "Schema",
    "Skipped",
    "StoreError",
    "StoreUnavailableError",
    "Why",
    "__version__",
]
