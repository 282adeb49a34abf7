"""The records of a memory, frozen: what is put in, what is believed, what comes back.

The words are those of the glossary (docs/concepts.md). Times are aware UTC datetimes, intervals
half-open, and ``None`` as an end means "still".
"""

from datetime import datetime
from typing import Any, Literal, Self, TypedDict, Unpack

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from kgmem.errors import InvalidInputError
from kgmem.when import When

Kind = Literal["asserts", "ends", "retracts"]
SourceKind = Literal["user", "agent", "tool", "document"]
Cardinality = Literal["single", "many"]


def _reason(error: ErrorDetails) -> str:
    where = ".".join(str(part) for part in error["loc"])
    return f"{where or 'value'}: {error['msg'].lower()} (got {str(error['input'])[:80]!r})"


class Record(BaseModel):
    """A frozen value; what does not fit raises `InvalidInputError` that names field and reason."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    @model_validator(mode="wrap")
    @classmethod
    def _typed_errors(cls, values: Any, handler: Any) -> Self:
        try:
            return handler(values)  # type: ignore[no-any-return]
        except ValidationError as error:
            reasons = "; ".join(_reason(detail) for detail in error.errors())
            raise InvalidInputError(f"this is no {cls.__name__}: {reasons}") from error


class Message(Record):
    """One turn or passage as the caller has it.

    Attributes:
        text: What was said or written.
        speaker: Who said it; ``None`` for documents.
        occurred_at: When it was said. Naive only where the memory has a timezone; ``None`` means now.
        id: The caller's own id. Adding the same id again changes nothing.
        source: Where it comes from: a file, a URL, a channel.
        source_kind: What kind of source speaks.
    """

    text: str
    speaker: str | None = None
    occurred_at: datetime | None = None
    id: str | None = None
    source: str | None = None
    source_kind: SourceKind = "user"


class Episode(Record):
    """One immutable piece of input: a turn, a message, a passage, a JSON record.

    Attributes:
        id: Deterministic id.
        group: The tenant it belongs to.
        session: The conversation or document it is part of.
        text: What was said or written.
        speaker: Who said it.
        occurred_at: When it was said.
        recorded_at: When the memory took it in (transaction time); ``None`` until then.
        message_id: The caller's id for it.
        source: Where it comes from.
        source_kind: What kind of source speaks.
    """

    id: str
    group: str
    session: str
    text: str
    speaker: str | None = None
    occurred_at: datetime
    recorded_at: datetime | None = None
    message_id: str | None = None
    source: str | None = None
    source_kind: SourceKind = "user"


class Entity(Record):
    """A person, place, thing, event or value that facts are about.

    Attributes:
        id: Deterministic id of its normal form in its group.
        name: The best of the forms in which it was written.
        type: What it is, where that is known: ``person``, ``place``, ``organization``, ...
        aliases: Every form in which it was written, sorted.
        summary: The facts that say most about it, as `kgmem.Memory.consolidate` last found them; empty
            before, and of the entities of facts and hits, which are what they were at an instant.
    """

    id: str
    name: str
    type: str | None = None
    aliases: tuple[str, ...] = ()
    summary: str = ""


class ClaimDetails(TypedDict, total=False):
    """The optional parts of a claim, as keywords of `Claim.asserts`, `Claim.ends`, `Claim.retracts`."""

    valid_at: When | None
    invalid_at: When | None
    said_at: datetime | None
    text: str
    confidence: float
    source_kind: SourceKind
    episode: str | None
    span: tuple[int, int] | None
    subject_type: str | None
    object_type: str | None
    caused_by: str | None


class ClaimDraft(Record):
    """A claim as somebody says it, before a memory has recorded it.

    Attributes:
        kind: ``asserts``, ``ends`` or ``retracts``.
        subject: What it is about, as named there.
        predicate: The relation in snake_case.
        object: The other end; ``None`` where an ``ends`` or ``retracts`` means any.
        text: The words for it, readable alone; made of the other parts where empty.
        valid_at: Since when it holds in the world; ``said_at`` where the words give no date.
        invalid_at: Until when. A day, month or year counts to its last instant.
        said_at: When it was said: its episode's ``occurred_at``, else now.
        confidence: How sure the source or the extractor is, 0 to 1.
        source_kind: What kind of source speaks.
        episode: The id of the episode that says it.
        span: First and last-plus-one character of the words in the episode's text.
        subject_type: What the subject is, where the words tell.
        object_type: What the object is, where the words tell.
        target: The one claim that a ``retracts`` voids, whatever its kind: how undo works.
        caused_by: The claim because of which a resolver or a person made this one.
    """

    kind: Kind
    subject: str
    predicate: str
    object: str | None = None
    text: str = ""
    valid_at: When | None = None
    invalid_at: When | None = None
    said_at: datetime | None = None
    confidence: float = Field(default=1.0, ge=0.0, le=1.0)
    source_kind: SourceKind = "user"
    episode: str | None = None
    span: tuple[int, int] | None = None
    subject_type: str | None = None
    object_type: str | None = None
    target: str | None = None
    caused_by: str | None = None


class Claim(ClaimDraft):
    """What one episode says, recorded: append-only, and all that facts derive from.

    Attributes:
        id: Deterministic id of its content.
        group: The tenant it belongs to.
        subject_id: The entity that the subject stands for.
        object_id: The entity that the object stands for.
        recorded_at: When the memory took it in (transaction time); ``None`` until it has.
    """

    id: str
    group: str
    subject_id: str
    object_id: str | None = None
    valid_at: datetime
    invalid_at: datetime | None = None
    said_at: datetime
    recorded_at: datetime | None = None

    @staticmethod
    def asserts(
        subject: str,
        predicate: str,
        object: str,
        **details: Unpack[ClaimDetails],
    ) -> ClaimDraft:
        """It is so, from ``valid_at`` until ``invalid_at``."""
        return ClaimDraft(
            kind="asserts", subject=subject, predicate=predicate, object=object, **details
        )

    @staticmethod
    def ends(
        subject: str,
        predicate: str,
        object: str | None = None,
        **details: Unpack[ClaimDetails],
    ) -> ClaimDraft:
        """It is no longer so from ``valid_at`` on; without an object, whatever it was."""
        return ClaimDraft(
            kind="ends", subject=subject, predicate=predicate, object=object, **details
        )

    @staticmethod
    def retracts(
        subject: str,
        predicate: str,
        object: str | None = None,
        **details: Unpack[ClaimDetails],
    ) -> ClaimDraft:
        """It was never so: takes back what was claimed until ``said_at``; without an object, any of it."""
        return ClaimDraft(
            kind="retracts", subject=subject, predicate=predicate, object=object, **details
        )


class Trust(Record):
    """Whom a group believes; as it is by default, everybody alike.

    Links of who is who are not subject to it, nor is what takes back one claim by its id (`undo`).

    Attributes:
        min_confidence: Claims of any kind that are less sure than this count for nothing.
        order: Kinds of sources, the most trusted first; those left out are trusted least, and alike.
            On a single predicate what a more trusted kind asserts wins over what a less trusted one
            does, whichever started last. No ``ends`` or ``retracts`` touches what a more trusted
            kind asserts.
    """

    min_confidence: float = Field(default=0.0, ge=0.0, le=1.0)
    order: tuple[SourceKind, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.order)) < len(self.order):
            raise InvalidInputError(
                f"this is no Trust: order: {self.order!r}: name each kind of source once"
            )
        return self

    @property
    def is_on(self) -> bool:
        """Whether it tells sources or claims apart at all."""
        return self != Trust()

    def level(self, kind: SourceKind) -> int:
        """How far a kind of source is trusted; the more, the greater."""
        return len(self.order) - self.order.index(kind) if kind in self.order else 0

    def prefers(self, one: Claim, other: Claim) -> bool:
        """Whether it trusts the source of one claim more than that of another."""
        return self.level(one.source_kind) > self.level(other.source_kind)


class Fact(Record):
    """What the memory believes, derived from claims: one version of it.

    Attributes:
        id: Deterministic id of subject, predicate, object and ``valid_at``: versions of a fact share it.
        subject: The entity it is about.
        predicate: The relation.
        object: The entity at its other end.
        text: The words of the claim that first said so.
        valid_at: Since when it is true in the world.
        invalid_at: Until when, exclusive; ``None`` while it holds.
        created_at: Since when the memory believes this version.
        expired_at: Until when it did; ``None`` while it does.
        claims: The ids of the claims that support it, in the order they were said.
        episodes: The ids of the episodes that state those claims.
        ended_by: The id of the claim that ends it in the world.
    """

    id: str
    subject: Entity
    predicate: str
    object: Entity
    text: str
    valid_at: datetime
    invalid_at: datetime | None = None
    created_at: datetime
    expired_at: datetime | None = None
    claims: tuple[str, ...] = ()
    episodes: tuple[str, ...] = ()
    ended_by: str | None = None


class Community(Record):
    """Entities that facts tie more closely to each other than to others; derived, and never a source.

    Attributes:
        id: Deterministic id of its members.
        name: The names of its most important members.
        summary: What its facts say: in the words of a language model where one is configured, else
            its most central facts.
        members: The names of its entities, the most important first.
        facts: The ids of the facts that the summary stands on, the most central first.
        made_at: When it was found.
    """

    id: str
    name: str
    summary: str
    members: tuple[str, ...]
    facts: tuple[str, ...]
    made_at: datetime


class Similarity(Record):
    """Two entities whose names mean nearly the same and which may be one.

    Attributes:
        name: The name of the more important of the two.
        alias: The name of the other.
        score: The cosine of their names' vectors.
    """

    name: str
    alias: str
    score: float
