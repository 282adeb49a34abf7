"""What is derived of beliefs and is no belief itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kgmem.models import Community, Similarity


@dataclass(frozen=True, slots=True)
class Derived:
    """What is made of a group's beliefs and can be made again: it goes whenever something is erased.

    Attributes:
        rewrites: How often history had been rewritten when the beliefs were read (`Mark.rewrites`).
        communities: All communities, by id; ``None`` keeps those that are there.
        similar: All pairs of similar entities; ``None`` keeps those that are there.
        summaries: The summary of every entity that has one, by id; ``None`` keeps those that are there.
    """

    rewrites: int
    communities: Sequence[Community] | None = None
    similar: Sequence[Similarity] | None = None
    summaries: Mapping[str, str] | None = None
