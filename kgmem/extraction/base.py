"""What an extractor is, and an adjudicator."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Protocol

from kgmem.models import Claim, ClaimDraft, Episode, Fact
from kgmem.results import Skipped


@dataclass(slots=True)
class Tally:
    """What one window cost and what was left out of it; it counts also where extraction fails.

    Attributes:
        calls: Calls to a language model, those that failed too.
        input_tokens: Tokens sent.
        output_tokens: Tokens answered.
        estimated: Whether some tokens are not counted by the model but taken as a quarter of the
            characters.
        skipped: What was found and left out, and why.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        """Tokens sent and answered."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class Context:
    """What an extractor may look back at, and where it tells what it cost.

    Attributes:
        previous: The turns of the session just before the window, oldest first.
        speakers: Everybody who speaks in the session.
        entities: Names of entities known already that the window may be about.
        predicates: Predicates in use already that the window may need.
        timezone: What the days of the turns and of their dates are in; UTC where not given.
        tally: Filled by the extractor.
    """

    previous: Sequence[Episode] = ()
    speakers: Sequence[str] = field(default=())
    entities: Sequence[str] = ()
    predicates: Sequence[str] = ()
    timezone: tzinfo | None = None
    tally: Tally = field(default_factory=Tally, compare=False)


class Extractor(Protocol):
    """Turns a window of a session into claim drafts.

    A draft names its ``episode``; ``said_at`` may stay empty. An extractor that fails raises
    `kgmem.ExtractionError`: the episodes are kept and the window is reported.
    """

    def extract(self, episodes: Sequence[Episode], context: Context) -> list[ClaimDraft]:
        """The claims that the episodes state, each with the id of its episode."""
        ...


@dataclass(frozen=True, slots=True)
class Doubt:
    """A new claim that may have ended facts, where no rule can tell.

    Attributes:
        claim: The new claim.
        candidates: Believed facts that it may have ended.
    """

    claim: Claim
    candidates: Sequence[Fact]


class Adjudicator(Protocol):
    """Judges what rules can't: which facts a new claim has ended.

    Asked at most once a window, for all its doubts together. One that fails raises
    `kgmem.ExtractionError`, and nothing is ended.
    """

    def adjudicate(self, doubts: Sequence[Doubt], tally: Tally) -> list[ClaimDraft]:
        """An ``ends`` draft for each fact that is over, with the claim as its ``caused_by``."""
        ...
