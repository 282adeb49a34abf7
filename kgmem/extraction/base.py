"""What an extractor is, and an adjudicator."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import tzinfo
from typing import Protocol, runtime_checkable

from kgmem.models import Claim, ClaimDraft, Episode, Fact
from kgmem.results import Proposal, Skipped


@dataclass(slots=True)
class Tally:
    """What one window cost and what was left out of it; it counts also where extraction fails.

    Attributes:
        calls: Calls to a language model, those that failed too.
        adjudication_calls: Those of them that asked what new claims have ended.
        input_tokens: Tokens sent.
        output_tokens: Tokens answered.
        estimated: Tokens among them that the model did not count: a quarter of the characters.
        skipped: What was found and left out, and why.
        proposals: What the model proposes for the schema.
    """

    calls: int = 0
    adjudication_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    estimated: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        """Tokens sent and answered."""
        return self.input_tokens + self.output_tokens

    def add(self, other: "Tally") -> None:
        """Adds what something else cost and left out."""
        for part in fields(self):
            setattr(self, part.name, getattr(self, part.name) + getattr(other, part.name))


@dataclass(frozen=True, slots=True)
class Context:
    """What an extractor may look back at, and where it tells what it cost.

    Attributes:
        previous: The turns of the session just before the window, oldest first.
        speakers: Everybody who speaks in the window or in the 40 turns before it.
        entities: Names of known entities that stand in the words of the window, for a
            `ModelExtractor`; they help it to name things alike and are no claims.
        predicates: The predicates that the group uses most for them, likewise.
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
        said: The turn that states the claim.
        timezone: What its days are in; UTC without one.
    """

    claim: Claim
    candidates: Sequence[Fact]
    said: str = ""
    timezone: tzinfo | None = None


@dataclass(frozen=True, slots=True)
class NameDoubt:
    """Two names of which no rule can tell whether they stand for one entity.

    Attributes:
        alias: The name that may be another form.
        name: The name that it may stand for.
        of_alias: What was said of the one.
        of_name: What was said of the other.
    """

    alias: str
    name: str
    of_alias: tuple[str, ...] = ()
    of_name: tuple[str, ...] = ()


@runtime_checkable
class NameJudge(Protocol):
    """Judges which names stand for one entity; asked at most once a write.

    One that fails raises `kgmem.ExtractionError`, and no names are joined.
    """

    def identify(self, doubts: Sequence[NameDoubt], tally: Tally) -> list[ClaimDraft]:
        """A link for each pair that is one entity."""
        ...


@runtime_checkable
class Summarizer(Protocol):
    """Sums up facts. One that fails raises `kgmem.ExtractionError`.

    Attributes:
        max_concurrency: How many texts it may be asked for at once.
    """

    max_concurrency: int

    def summarize(self, facts: Sequence[str], tally: Tally) -> str:
        """What facts say together, in a few sentences, of facts in the order of how much they say."""
        ...


class Adjudicator(Protocol):
    """Judges what rules can't: which facts a new claim has ended.

    Asked at most once a window, for all its doubts together. One that fails raises
    `kgmem.ExtractionError`, and nothing is ended.
    """

    def adjudicate(self, doubts: Sequence[Doubt], tally: Tally) -> list[ClaimDraft]:
        """An ``ends`` draft for each fact that is over, with the claim as its ``caused_by``."""
        ...


@runtime_checkable
class ModelExtractor(Extractor, Adjudicator, Protocol):
    """An extractor that asks a language model.

    It is told the known entities and predicates of a window, sees several windows at once in as
    many threads, and judges what rules can't.

    Attributes:
        max_concurrency: How many windows it may be given at once.
    """

    max_concurrency: int
