"""From another memory into this one: its records at their own transaction times, and what is lost.

The past comes along. A record keeps the time at which the other memory took it in, so ``as_known``
answers with what that one knew. The ids derive from those of the other memory, so importing again
adds what has come since and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kgmem import intake
from kgmem.errors import InvalidInputError
from kgmem.memory import Memory
from kgmem.models import Claim, ClaimDraft, Episode, Fact, Message, Record
from kgmem.recording import Recorder
from kgmem.timeline import SAME_AS

PAGE = 1_000
"""How many records are read and written at once."""


class Lost(Record):
    """What could not be kept, or not as it was.

    Attributes:
        what: What it is.
        count: How many of them there are.
        example: One of them.
    """

    what: str
    count: int
    example: str = ""


class Imported(Record):
    """What an import did.

    Attributes:
        group: The group it went to.
        read_episodes: Episodes, or texts, that the other memory holds.
        read_facts: Facts that the other memory holds, invalidated ones too.
        episodes: Episodes that were new here.
        claims: Claims that were new here.
        failed: Episodes whose extraction failed; they are kept, and `kgmem.Memory.retry` does it again.
        lost: What could not be kept, or not as it was.
    """

    group: str
    read_episodes: int
    read_facts: int
    episodes: int
    claims: int
    failed: int = 0
    lost: tuple[Lost, ...] = ()


@dataclass(slots=True)
class Importer:
    """Takes the records of another memory into a memory, page by page.

    Attributes:
        memory: Where they go.
        read_episodes: How many episodes came.
        read_facts: How many facts came.
    """

    memory: Memory
    read_episodes: int = 0
    read_facts: int = 0
    _episodes: int = 0
    _claims: int = 0
    _failed: int = 0
    _lost: dict[str, tuple[int, str]] = field(default_factory=dict)
    # What the other memory believes: by claim, until when.
    _believed: dict[str, datetime | None] = field(default_factory=dict)

    def lose(self, what: str, example: str = "", count: int = 1) -> None:
        """Notes that something could not be kept."""
        before, first = self._lost.get(what, (0, example))
        self._lost[what] = (before + count, first)

    def episode(
        self, message: Message, session: str, recorded_at: datetime | None
    ) -> Episode | None:
        """The episode that a text with an id of its own becomes; ``None`` where it cannot be stored."""
        try:
            (episode,) = intake.episodes(
                [message],
                group=self.memory.group,
                session=session,
                now=self.memory.parts.clock(),
                timezone=self.memory.parts.timezone,
            )
        except InvalidInputError as error:
            self.lose(f"text that cannot be stored ({error})", message.id or "")
            return None
        return episode.model_copy(update={"recorded_at": recorded_at or episode.occurred_at})

    def claim(self, draft: ClaimDraft, recorded_at: datetime) -> Claim | None:
        """The claim that a draft becomes; ``None`` where it cannot be stored."""
        parts = self.memory.parts
        if parts.schema.canonical(draft.predicate) == SAME_AS:
            # There it is a fact like any other; here it would decide who is who.
            draft = draft.model_copy(update={"predicate": f"is_{SAME_AS}"})
        try:
            bound = intake.claim(
                draft,
                group=self.memory.group,
                schema=parts.schema,
                now=recorded_at,
                timezone=parts.timezone,
            )
        except InvalidInputError as error:
            self.lose("fact that cannot be stored", f"{draft.text!r}: {error}")
            return None
        return bound.model_copy(update={"recorded_at": recorded_at})

    def expect(self, claim: Claim, invalid_at: datetime | None) -> None:
        """Notes that the other memory believes this; `done` says where this memory does not."""
        self._believed[claim.id] = invalid_at

    def write(
        self, episodes: Sequence[Episode], claims: Sequence[Claim], *, extract: bool = False
    ) -> None:
        """Writes a page, in one transaction.

        Args:
            episodes: Episodes, of one session where they are to be extracted from.
            claims: Claims.
            extract: Whether the memory's extractor reads the episodes.
        """
        recorder = Recorder(self.memory.parts)
        written, failures = recorder.past(episodes, claims, extract=extract)
        self._failed += len(failures)
        for failure in failures:
            self.lose("facts of a text: their extraction failed", failure.reason)
        self._episodes += len(written.episodes)
        self._claims += len(written.claims)

    def done(self) -> Imported:
        """The report; notes first which facts came out otherwise than the other memory has them."""
        standing: dict[str, list[Fact]] = {}
        for fact in self.memory.facts() if self._believed else ():
            for claim in fact.claims:
                standing.setdefault(claim, []).append(fact)
        for claim, invalid_at in self._believed.items():
            self._compare(claim, invalid_at, standing)
        lost = tuple(
            Lost(what=what, count=count, example=example)
            for what, (count, example) in sorted(self._lost.items())
        )
        return Imported(
            group=self.memory.group,
            read_episodes=self.read_episodes,
            read_facts=self.read_facts,
            episodes=self._episodes,
            claims=self._claims,
            failed=self._failed,
            lost=lost,
        )

    def _compare(
        self, claim: str, invalid_at: datetime | None, standing: Mapping[str, Sequence[Fact]]
    ) -> None:
        facts = standing.get(claim, ())
        if not facts:
            self.lose("fact not believed here: another takes its place all the time", claim)
            return
        last = facts[-1]
        if last.invalid_at is not None and (invalid_at is None or last.invalid_at < invalid_at):
            self.lose("fact that ends earlier here: another takes its place", last.text)
