"""What tools answer with: the records of a memory, cut down to what a model needs."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel

from kgmem.models import Entity, Episode, Fact
from kgmem.results import Explanation, Hit, Receipt, Report
from kgmem.when import Status, status


class FactView(BaseModel):
    """A fact. ``status`` says whether it holds at the instant asked about; by default now."""

    kind: Literal["fact"] = "fact"
    id: str
    subject: str
    predicate: str
    object: str
    text: str
    status: Status
    valid_at: datetime
    invalid_at: datetime | None
    episodes: tuple[str, ...]

    @classmethod
    def of(cls, fact: Fact, at: datetime) -> Self:
        """The view of a fact from an instant of the world."""
        return cls(
            id=fact.id,
            subject=fact.subject.name,
            predicate=fact.predicate,
            object=fact.object.name,
            text=fact.text,
            status=status(fact.valid_at, fact.invalid_at, at),
            valid_at=fact.valid_at,
            invalid_at=fact.invalid_at,
            episodes=fact.episodes,
        )


class TurnView(BaseModel):
    """A turn of a conversation, as it was said."""

    kind: Literal["turn"] = "turn"
    id: str
    session: str
    speaker: str | None
    text: str
    occurred_at: datetime

    @classmethod
    def of(cls, episode: Episode) -> Self:
        """The view of an episode."""
        return cls(
            id=episode.id,
            session=episode.session,
            speaker=episode.speaker,
            text=episode.text,
            occurred_at=episode.occurred_at,
        )


class Found(BaseModel):
    """What a search found, best first."""

    hits: list[FactView | TurnView]

    @classmethod
    def of(cls, hits: Iterable[Hit], at: datetime) -> Self:
        """The view of hits."""
        views: list[FactView | TurnView] = []
        for hit in hits:
            if hit.kind == "fact" and hit.fact is not None:
                views.append(FactView.of(hit.fact, at))
            elif hit.episode is not None:
                views.append(TurnView.of(hit.episode))
        return cls(hits=views)


class ContextView(BaseModel):
    """Dated lines for a prompt; empty where nothing was found."""

    text: str
    tokens: int


class EntityView(BaseModel):
    """An entity, and the facts with it at either end that hold at the instant asked about."""

    name: str
    type: str | None
    aliases: tuple[str, ...]
    summary: str
    facts: list[FactView]

    @classmethod
    def of(cls, entity: Entity, facts: Iterable[Fact], at: datetime) -> Self:
        """The view of an entity."""
        return cls(
            name=entity.name,
            type=entity.type,
            aliases=entity.aliases,
            summary=entity.summary,
            facts=[v for v in (FactView.of(fact, at) for fact in facts) if v.status == "holds"],
        )


class TimelineView(BaseModel):
    """Facts in order of valid time."""

    facts: list[FactView]


class VersionView(BaseModel):
    """One version of a fact: what was believed of it from ``created_at`` until ``expired_at``."""

    valid_at: datetime
    invalid_at: datetime | None
    created_at: datetime
    expired_at: datetime | None


class ExplanationView(BaseModel):
    """Why a fact is believed: the rule, the turns that say so, what ended it, its versions."""

    fact: FactView
    rule: str
    turns: list[TurnView]
    ended_in: TurnView | None
    versions: list[VersionView]

    @classmethod
    def of(cls, found: Explanation, at: datetime) -> Self:
        """The view of an explanation."""
        return cls(
            fact=FactView.of(found.fact, at),
            rule=found.rule,
            turns=[TurnView.of(episode) for episode in found.episodes],
            ended_in=TurnView.of(found.ended_in) if found.ended_in else None,
            versions=[
                VersionView(
                    valid_at=version.valid_at,
                    invalid_at=version.invalid_at,
                    created_at=version.created_at,
                    expired_at=version.expired_at,
                )
                for version in found.versions
            ],
        )


class WriteView(BaseModel):
    """What a write changed in belief. ``left_out`` says what was not taken in, and why."""

    turns: tuple[str, ...]
    added: list[FactView]
    ended: list[FactView]
    revised: list[FactView]
    retracted: list[FactView]
    reinforced: list[FactView]
    left_out: list[str]

    @classmethod
    def of(cls, report: Report, at: datetime) -> Self:
        """The view of a report."""

        def seen(facts: Iterable[Fact]) -> list[FactView]:
            return [FactView.of(fact, at) for fact in facts]

        return cls(
            turns=report.episodes,
            added=seen(report.added),
            ended=seen(report.ended),
            revised=seen(report.revised),
            retracted=seen(report.retracted),
            reinforced=seen(report.reinforced),
            left_out=[f"{x.what}: {x.reason}" for x in (*report.skipped, *report.failed)],
        )


class ReceiptView(BaseModel):
    """How much was erased for good, and what stayed and why."""

    episodes: int
    claims: int
    entities: int
    facts: int
    kept: list[str]

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """The view of a receipt."""
        return cls(
            episodes=len(receipt.episodes),
            claims=len(receipt.claims),
            entities=receipt.entities,
            facts=len(receipt.facts),
            kept=[kept.reason for kept in receipt.kept],
        )


class Rows(BaseModel):
    """Rows of a Cypher statement; ``truncated`` where there were more."""

    rows: list[dict[str, object]]
    truncated: bool
