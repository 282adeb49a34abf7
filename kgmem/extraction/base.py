"""What an extractor is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from kgmem.models import ClaimDraft, Episode


@dataclass(frozen=True, slots=True)
class Context:
    """What an extractor may look back at.

    Attributes:
        previous: The turns of the session just before the window, oldest first.
        speakers: Everybody who speaks in the session.
    """

    previous: Sequence[Episode] = ()
    speakers: Sequence[str] = field(default=())


class Extractor(Protocol):
    """Turns a window of a session into claim drafts.

    A draft names its ``episode``; ``said_at`` may stay empty. An extractor that fails raises
    `kgmem.ExtractionError`: the episodes are kept and the window is reported.
    """

    def extract(self, episodes: Sequence[Episode], context: Context) -> list[ClaimDraft]:
        """The claims that the episodes state, each with the id of its episode."""
        ...
