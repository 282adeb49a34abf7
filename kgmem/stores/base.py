"""What a store is: the protocol, and the values that go in and come out.

A store is bound to one group when it is opened. It has one write verb, `Store.write`, which takes a
change set and a pure function that derives versions from claims; everything else reads.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol, get_args, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from kgmem.errors import ConfigurationError
from kgmem.models import Cardinality, Claim, Entity, Episode, Fact, Trust
from kgmem.stores.derived import Derived
from kgmem.stores.entities import EntityRow
from kgmem.timeline import Names, Revision, Slot, Version

Vector = NDArray[np.float32]
Clock = Callable[[], datetime]
Derive = Callable[[Slot, Sequence[Claim], Sequence[Version], datetime, Names], Revision]
"""`timeline.revise` for what comes in, `timeline.rebuild` where history itself is rewritten."""


class Registered(NamedTuple):
    """Since when a group counts a predicate as single or many."""

    predicate: str
    cardinality: Cardinality
    recorded_at: datetime | None = None


class Trusted(NamedTuple):
    """Since when a group follows a policy of trust."""

    trust: Trust
    recorded_at: datetime | None = None


class Failure(NamedTuple):
    """A turn that is kept and whose extraction failed, until it is done again.

    Attributes:
        episode: The id of the turn.
        window: The id of the first turn of the window that failed; empty where its claims are there,
            and it is only to be judged again what they end.
        reason: Why.
    """

    episode: str
    window: str
    reason: str


class Embedded(NamedTuple):
    """A vector of an episode, a claim or an entity, which comes right after its record if that is one."""

    id: str
    vector: Vector


Item = Registered | Trusted | Episode | Claim | Embedded | Failure
"""A record of a group that is not derived from others, or a vector."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one write takes in or erases; all of it or none.

    Attributes:
        episodes: To add; those that are there already are skipped.
        claims: To add; those that are there already are skipped. Their slots are derived again.
        vectors: Embeddings by the id of an episode, of an asserting claim (its text) or an entity
            (its name).
        predicates: The cardinality of predicates that the group does not know yet.
        redefine: Cardinalities that replace what the group has; their slots are derived again.
        trust: Policies of trust to follow; one that is new derives every slot again.
        failures: Turns whose extraction failed.
        settled: Ids of turns whose extraction had failed and is done now.
        erase_episodes: Ids of episodes to erase, with all their claims.
        erase_claims: Ids of claims to erase.
        rewrite: Whether history is rewritten: ``recorded_at`` is kept, versions are rebuilt.
        restored: Whether this is part of a whole group, and what rules have found is part of it: then
            nothing is found anew, and ``vectors`` go to entities that are there already, too.
        derived: To put in the place of what was derived before.
    """

    episodes: Sequence[Episode] = ()
    claims: Sequence[Claim] = ()
    vectors: Mapping[str, Vector] = field(default_factory=dict)
    predicates: Sequence[Registered] = ()
    redefine: Sequence[Registered] = ()
    trust: Sequence[Trusted] = ()
    failures: Sequence[Failure] = ()
    settled: Sequence[str] = ()
    erase_episodes: Sequence[str] = ()
    erase_claims: Sequence[str] = ()
    rewrite: bool = False
    restored: bool = False
    derived: Derived | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did.

    Attributes:
        recorded_at: Its transaction time.
        episodes: Ids of the episodes added.
        claims: The claims added.
        entities: Ids of the entities added.
        revisions: How each slot changed.
        erased: How many records of each kind were erased.
        named: What is known now of the entities that its claims name, by id.
    """

    recorded_at: datetime
    episodes: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    entities: tuple[str, ...] = ()
    revisions: tuple[Revision, ...] = ()
    erased: Mapping[str, int] = field(default_factory=dict)
    named: Mapping[str, EntityRow] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FactQuery:
    """Which versions of facts to read; every condition given must hold.

    Attributes:
        ids: Facts with these ids.
        subjects: Facts about one of these entities.
        predicates: Facts of one of these relations.
        object_id: Facts that lead to this entity.
        entity_id: Facts with this entity at either end.
        session_prefix: Facts that turns of a session state whose name starts like this.
        as_of: Only what is true in the world at this instant.
        as_known: The versions believed at this instant; ``None`` for those believed now.
        every_version: All versions, believed or not; ``as_known`` is then not used.
    """

    ids: Sequence[str] | None = None
    subjects: Sequence[str] | None = None
    predicates: Sequence[str] | None = None
    object_id: str | None = None
    entity_id: str | None = None
    session_prefix: str | None = None
    as_of: datetime | None = None
    as_known: datetime | None = None
    every_version: bool = False


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """Which episodes or claims to read; every condition given must hold.

    Attributes:
        ids: Records with these ids.
        session: Those of this session.
        before: Those said before this instant.
        episodes: Claims stated by these episodes.
        entities: Claims about one of these entities, at either end.
        predicate: Claims of this relation.
        targets: Claims that void one of these claims.
        containing: Those whose text or names hold one of these words, whatever their case.
        as_known: What was recorded until this instant.
        last: Of episodes only so many, the last said.
    """

    ids: Sequence[str] | None = None
    session: str | None = None
    before: datetime | None = None
    episodes: Sequence[str] | None = None
    entities: Sequence[str] | None = None
    predicate: str | None = None
    targets: Sequence[str] | None = None
    containing: Sequence[str] | None = None
    as_known: datetime | None = None
    last: int | None = None


Channel = Literal[
    "fact_text", "fact_vector", "episode_text", "episode_vector", "entity_text", "entity_vector"
]


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What to rank.

    Attributes:
        terms: Words to look for, lower case and without operators; none skips the text channels.
        vector: The question's unit embedding; ``None`` skips the vector channels.
        limit: The length of each list.
        as_of: Only facts true in the world at this instant.
        as_known: Only what was believed and recorded at this instant.
        channels: The lists that are wanted; the others stay empty, and cost nothing.
    """

    terms: Sequence[str]
    vector: Vector | None
    limit: int
    as_of: datetime | None = None
    as_known: datetime | None = None
    channels: Collection[Channel] = get_args(Channel)


Ranking = list[tuple[str, float]]
"""Ids with their scores, best first."""


class Mark(NamedTuple):
    """How far somebody has read a group.

    Attributes:
        recorded_at: The last transaction time; ``None`` for a group without records.
        rewrites: How often history itself was rewritten: by erasing, or by a copy that came in.
    """

    recorded_at: datetime | None = None
    rewrites: int = 0


class Stated(NamedTuple):
    """A claim, as far as it ties an episode to entities and to facts.

    Attributes:
        id: Its id.
        episode: The episode that states it, if one does.
        subject_id: The entity it is about.
        object_id: The entity at its other end.
        said_at: When it was said.
        recorded_at: When the memory took it in.
    """

    id: str
    episode: str | None
    subject_id: str
    object_id: str | None
    said_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Model:
    """The model behind a store's vectors.

    Attributes:
        embedder: Its name; ``None`` before the first vector.
        dimension: The length of the vectors.
    """

    embedder: str | None = None
    dimension: int | None = None

    def check(self, name: str, dimension: int) -> None:
        """Makes sure that vectors of a model fit those that are there.

        Raises:
            ConfigurationError: They are of another model.
        """
        if self.embedder is not None and (self.embedder, self.dimension) != (name, dimension):
            raise ConfigurationError(
                f"the store holds vectors of {self.embedder} ({self.dimension} dimensions), not of "
                f"{name} ({dimension}): open it with that embedder, or use another store"
            )


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of a group since a mark. Each list is in the order of transaction times and ids.

    Attributes:
        mark: The new mark.
        model: The model behind the store's vectors.
        whole: Whether this is the whole group, and what was read before is void.
        episodes: Episodes recorded since, each with its content words.
        claims: Claims recorded since.
        versions: Versions of facts created, expired or reinforced since, with their content words.
        entities: Entities first named, or named otherwise, since.
        vectors: Embeddings by the id of an episode, a claim or an entity among these.
    """

    mark: Mark
    model: Model
    whole: bool = False
    episodes: Sequence[tuple[Episode, str]] = ()
    claims: Sequence[Stated] = ()
    versions: Sequence[tuple[Version, str]] = ()
    entities: Sequence[EntityRow] = ()
    vectors: Mapping[str, Vector] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupState:
    """What a store knows about its group before any record is read.

    Attributes:
        recorded_at: The last transaction time; ``None`` for a group without records.
        predicates: Every cardinality that a predicate has had, oldest first.
        model: The model behind the store's vectors.
        failures: Turns whose extraction failed, by window and id.
        trust: Every policy of trust that the group has followed, oldest first.
    """

    recorded_at: datetime | None
    predicates: tuple[Registered, ...]
    model: Model
    failures: tuple[Failure, ...] = ()
    trust: tuple[Trusted, ...] = ()

    def trust_at(self, known: datetime | None = None) -> Trust:
        """The policy in force: now, or as of a transaction time."""
        since = [t for t, at in self.trust if known is None or at is None or at <= known]
        return since[-1] if since else Trust()


class Store(Protocol):
    """Where one group's memory lives.

    Every method acts inside the group and raises `kgmem.StoreError` or
    `kgmem.StoreUnavailableError` where the engine fails. Calls from several threads and processes
    are safe; writers of one group queue.

    Attributes:
        group: The group it is bound to.
        erased_at_once: How many episodes and claims a write should erase at most; ``None`` for all.
    """

    group: str
    erased_at_once: int | None

    def write(self, change: Change, derive: Derive, *, dry_run: bool = False) -> Written:
        """Takes in or erases a change set in one transaction; with ``dry_run`` rolls it back."""
        ...

    def facts(self, query: FactQuery) -> list[Fact]:
        """The versions asked for, by ``(valid_at, id, created_at)``."""
        ...

    def claims(self, query: RecordQuery) -> list[Claim]:
        """The claims asked for, by ``(said_at, id)``."""
        ...

    def episodes(self, query: RecordQuery) -> list[Episode]:
        """The episodes asked for, by ``(occurred_at, id)``."""
        ...

    def entities(self, ids: Sequence[str] | None = None) -> list[Entity]:
        """The entities with these ids, or all, by id."""
        ...

    def derived(self) -> Derived:
        """What was last derived: communities by id, similar entities by theirs; no summaries."""
        ...

    def candidates(self, query: SearchQuery) -> dict[Channel, Ranking]:
        """Ranked ids per channel, filtered by time inside the store."""
        ...

    def episode_vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        """The embeddings of these episodes, by id; those without one are left out."""
        ...

    def near(self, query: SearchQuery) -> Changes:
        """The records that rank high for a question, with the records they are tied to."""
        ...

    def changes(self, since: Mark | None) -> Changes:
        """What came and went since a mark, or the whole group; cheap where nothing did."""
        ...

    def state(self) -> GroupState:
        """The group's clock, predicates and embedder."""
        ...

    def adopt(self, embedder: str, dimension: int) -> None:
        """Prepares the store for vectors of a model; once, before the first vector."""
        ...

    def stats(self) -> dict[str, int]:
        """How many records of each kind the group holds."""
        ...

    def dump(self) -> Iterator[Item]:
        """The whole group, record by record, in an order in which `kgmem.copying.take` writes it."""
        ...

    def close(self) -> None:
        """Lets go of connections; further calls raise."""
        ...


class Limits(NamedTuple):
    """How far a statement may go that somebody else wrote.

    It then reads the graph and nothing else: no files or URLs (``LOAD CSV``), no procedures but
    searches in indexes, no administration. It still sees every group of the database.

    Attributes:
        seconds: How long it may take.
        rows: How many rows are fetched.
    """

    seconds: float
    rows: int


@runtime_checkable
class CypherStore(Protocol):
    """A store that people can ask in Cypher."""

    def cypher(
        self, statement: str, parameters: Mapping[str, object], limits: Limits | None = None
    ) -> list[dict[str, object]]:
        """Runs a statement in a read-only transaction; with limits, one that only reads the graph."""
        ...


@runtime_checkable
class PageRankStore(Protocol):
    """A store that walks its graph itself."""

    def page_rank(
        self,
        seeds: Mapping[str, float],
        as_of: datetime | None,
        as_known: datetime | None,
        damping: float,
        tolerance: float,
    ) -> Mapping[str, float]:
        """Personalized PageRank over the group's whole graph, as `kgmem.retrieval.ppr.Walk` has it.

        Args:
            seeds: The weight of starting at each entity or episode, by id.
            as_of: Over facts true in the world then; ``None`` for whatever is believed.
            as_known: Over what was believed and recorded then; ``None`` for now.
            damping: The chance of following an edge rather than starting again at a seed.
            tolerance: How much scores may still change from step to step.

        Returns:
            Scores above 0 by id, which sum to 1.
        """
        ...
