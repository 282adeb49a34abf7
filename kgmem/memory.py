"""The memory: the facade that strings the steps together."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from types import TracebackType
from typing import Self, TypedDict, Unpack

from kgmem import intake, timeline
from kgmem.embeddings import Embedder, Embeddings, embedder_of
from kgmem.errors import (
    ConfigurationError,
    ConflictError,
    ExtractionError,
    InvalidInputError,
    NotFoundError,
)
from kgmem.extraction import extractor_of
from kgmem.extraction.base import Context, Extractor
from kgmem.forgetting import Forgetting
from kgmem.ids import entity_id, normal_form
from kgmem.models import Claim, ClaimDraft, Entity, Episode, Fact, Message
from kgmem.reporting import changed_facts, changes_of, diff_of
from kgmem.results import (
    Change,
    ContextBlock,
    Diff,
    Explanation,
    Hit,
    Receipt,
    Report,
    Skipped,
)
from kgmem.retrieval.context import packed
from kgmem.retrieval.search import Question, Searcher
from kgmem.schema import Schema
from kgmem.stores import base, open_store
from kgmem.stores.writing import entity_rows
from kgmem.text import checked
from kgmem.when import When

WINDOW = 20
"""How many turns an extractor sees at once."""
_LOOK_BACK = 4
_CONTEXT_HITS = 50
_LONGEST_QUESTION = 100_000


class Correction(TypedDict, total=False):
    """What a correction may change; what is left out stays as it was."""

    object: str
    valid_at: When
    invalid_at: When | None
    text: str


class Scope(TypedDict, total=False):
    """What to forget: exactly one of these."""

    session: str
    episode: str
    entity: str
    before: When
    everything: bool


def system_clock() -> datetime:
    """The current instant in UTC."""
    return datetime.now(UTC)


class Memory:
    """The memory of one group. Open one with `Memory.open`; it can be used as a context manager.

    Methods may be called from several threads. Times that come in are aware datetimes, dates, or
    text such as ``2024-05`` or ``May 2024``; times that go out are aware datetimes in UTC.
    """

    def __init__(  # noqa: PLR0913 - the parts that a memory is made of, by name
        self,
        *,
        store: base.Store,
        extractor: Extractor | None,
        embedder: Embedder | None,
        schema: Schema,
        clock: base.Clock,
        timezone: tzinfo | None,
    ) -> None:
        self._store = store
        self._extractor = extractor
        self._embedder = embedder
        self._schema = schema
        self._clock = clock
        self._timezone = timezone
        self._searcher = Searcher(store, embedder)
        self._adopted = False
        self._sync_schema()

    @classmethod
    def open(  # noqa: PLR0913 - options, keyword-only
        cls,
        url: str,
        *,
        group: str,
        extractor: Extractor | str | None = None,
        embedder: Embeddings | str | None = None,
        schema: Schema | None = None,
        clock: base.Clock = system_clock,
        timezone: tzinfo | None = None,
    ) -> Self:
        """Opens a group's memory; makes it where it is not there.

        Args:
            url: ``sqlite:///memory.db``, ``sqlite://`` (in memory), ``neo4j://user:pw@host:7687/db``.
            group: The tenant. Every read and write happens inside it.
            extractor: ``None`` or ``"rules"`` (grammar, no model), ``"none"``, or an extractor.
            embedder: ``None`` (local MiniLM), ``"none"`` (text and graph only), or a LangChain
                ``Embeddings``.
            schema: The predicates; the shipped vocabulary where not given.
            clock: Gives transaction times.
            timezone: What naive datetimes and dates are in; without it naive ones are refused.

        Raises:
            ConfigurationError: An option or an extra is missing or does not fit the store.
            StoreError: The store cannot be opened.
        """
        intake.checked_group(group)
        schema = schema or Schema.default()
        store = open_store(url, group, clock)
        try:
            return cls(
                store=store,
                extractor=extractor_of(extractor, schema),
                embedder=embedder_of(embedder),
                schema=schema,
                clock=clock,
                timezone=timezone,
            )
        except BaseException:
            store.close()
            raise

    @property
    def group(self) -> str:
        """The group that this memory is bound to."""
        return self._store.group

    # What goes in

    def add(
        self,
        messages: Iterable[Message],
        *,
        session: str = "default",
        dry_run: bool = False,
    ) -> Report:
        """Takes in turns of a session, in their order, and what they say.

        All of it is written in one transaction, or none. A turn that is there already is skipped.

        Args:
            messages: The turns.
            session: The conversation or document they belong to.
            dry_run: Whether to write nothing and only report.

        Raises:
            InvalidInputError: A text or a time cannot be stored.
            ConflictError: A message's id is there already with another text.
        """
        started = time.perf_counter()
        episodes = intake.episodes(
            list(messages),
            group=self.group,
            session=session,
            now=self._clock(),
            timezone=self._timezone,
        )
        new, skipped = self._unknown(episodes)
        claims, unfit, failed = self._extracted(new, session)
        report = self._write(new, claims, dry_run=dry_run)
        return report.model_copy(
            update={
                "skipped": (*skipped, *unfit),
                "failed": failed,
                "seconds": time.perf_counter() - started,
            }
        )

    def assert_claims(self, claims: Iterable[ClaimDraft], *, dry_run: bool = False) -> Report:
        """Takes in claims as they are, without extraction.

        Args:
            claims: Made with `Claim.asserts`, `Claim.ends` and `Claim.retracts`.
            dry_run: Whether to write nothing and only report.

        Raises:
            InvalidInputError: A claim cannot be stored; none of them is.
            NotFoundError: A claim names an episode that is not there.
        """
        started = time.perf_counter()
        drafts = list(claims)
        episodes = self._episodes_of(drafts)
        now = self._clock()
        bound = [self._bound(draft, now, episodes.get(draft.episode or "")) for draft in drafts]
        report = self._write([], bound, dry_run=dry_run)
        return report.model_copy(update={"seconds": time.perf_counter() - started})

    def correct(self, fact_id: str, **correction: Unpack[Correction]) -> Report:
        """Takes back what supports a fact, and asserts it as corrected.

        Args:
            fact_id: The fact.
            **correction: What is otherwise: ``object``, ``valid_at``, ``invalid_at``, ``text``.
                Without any, the fact is taken back and nothing put in its place.

        Raises:
            NotFoundError: No such fact is believed.
        """
        fact = self._fact(fact_id, believed=True)
        known = {c.id: c for c in self._store.claims(base.RecordQuery(ids=fact.claims))}
        drafts = [_voiding(known[name], self._clock()) for name in fact.claims]
        if correction:
            values: dict[str, object] = {
                "object": fact.object.name,
                "valid_at": fact.valid_at,
                "invalid_at": fact.invalid_at,
                **correction,
            }
            if "text" not in values and values["object"] == fact.object.name:
                values["text"] = fact.text
            drafts.append(
                ClaimDraft.model_validate(
                    {
                        "kind": "asserts",
                        "subject": fact.subject.name,
                        "predicate": fact.predicate,
                        "caused_by": fact.claims[0],
                        **values,
                    }
                )
            )
        return self.assert_claims(drafts)

    def undo(self, report: Report) -> Report:
        """Takes back every claim that a report added; the report of an undo can be undone too.

        It appends and erases nothing: episodes stay, and what was believed then stays known.

        Raises:
            NotFoundError: The claims are not there (the report is of a dry run, or was forgotten).
        """
        known = {c.id: c for c in self._store.claims(base.RecordQuery(ids=report.claims))}
        missing = [name for name in report.claims if name not in known]
        if missing:
            raise NotFoundError(
                f"claim {missing[0]!r} is not there: undo takes the report of a write to this group "
                "that was neither a dry run nor forgotten since"
            )
        return self.assert_claims([_voiding(known[name], self._clock()) for name in report.claims])

    def forget(self, **scope: Unpack[Scope]) -> Receipt:
        """Erases for good: texts, facts, vectors, index entries and history that came from it alone.

        Args:
            **scope: One of ``session=`` (its name), ``episode=`` (an id, or a message's id),
                ``entity=`` (a name: everything that speaks of it), ``before=`` (what was said before
                an instant), ``everything=True``.

        Raises:
            InvalidInputError: Not exactly one of them is given.
            NotFoundError: Nothing is there to forget.
        """
        return Forgetting(self._store, self._timezone).forget(scope)

    # What comes out

    def search(
        self, question: str, *, k: int = 10, as_of: When | None = None, as_known: When | None = None
    ) -> list[Hit]:
        """The facts and turns that answer a question, best first.

        Args:
            question: The question, in words.
            k: How many hits to return.
            as_of: Only facts true in the world at this instant. Without it every believed fact
                counts, and those that hold now come first where scores are close.
            as_known: What the memory believed and had recorded at this instant.
        """
        if k < 1:
            raise InvalidInputError(f"k={k!r} asks for nothing: use 1 or more")
        if not question.strip():
            return []
        asked = Question(
            text=checked(question, "the question", longest=_LONGEST_QUESTION),
            k=k,
            as_of=intake.instant(as_of, self._timezone),
            as_known=intake.instant(as_known, self._timezone),
            now=self._clock(),
        )
        return self._searcher.search(asked)

    def context(
        self,
        question: str,
        *,
        max_tokens: int = 800,
        as_of: When | None = None,
        as_known: When | None = None,
    ) -> ContextBlock:
        """What a prompt needs to answer a question, as dated lines within a token budget."""
        hits = self.search(question, k=_CONTEXT_HITS, as_of=as_of, as_known=as_known)
        return packed(hits, max_tokens)

    def facts(
        self,
        *,
        subject: str | None = None,
        predicate: str | None = None,
        object: str | None = None,
        as_of: When | None = None,
        as_known: When | None = None,
    ) -> list[Fact]:
        """The believed facts, past ones too, in order of valid time.

        Args:
            subject: Only those about the entity of this name.
            predicate: Only those of this relation.
            object: Only those that lead to the entity of this name.
            as_of: Only those true in the world at this instant.
            as_known: What was believed at this instant.
        """
        return self._store.facts(
            base.FactQuery(
                subject_id=self._entity_id(subject),
                predicate=self._predicate(predicate),
                object_id=self._entity_id(object),
                as_of=intake.instant(as_of, self._timezone),
                as_known=intake.instant(as_known, self._timezone),
            )
        )

    def timeline(
        self, entity: str, *, predicate: str | None = None, as_known: When | None = None
    ) -> list[Fact]:
        """The facts with an entity at either end, in order of valid time."""
        return self._store.facts(
            base.FactQuery(
                entity_id=self._entity_id(entity),
                predicate=self._predicate(predicate),
                as_known=intake.instant(as_known, self._timezone),
            )
        )

    def history(self, entity: str, *, predicate: str | None = None) -> list[Change]:
        """Every change of belief about an entity, with the claims that caused it, in order."""
        entity_key = entity_id(self.group, entity)
        versions = self._store.facts(
            base.FactQuery(
                entity_id=entity_key, predicate=self._predicate(predicate), every_version=True
            )
        )
        subjects = sorted({fact.subject.id for fact in versions})
        claims = [c for s in subjects for c in self._store.claims(base.RecordQuery(entity_id=s))]
        return changes_of(versions, claims)

    def diff(self, since: When, until: When | None = None) -> Diff:
        """What changed in belief between two instants of transaction time; until now by default."""
        start = intake.instant(since, self._timezone) or self._clock()
        end = intake.instant(until, self._timezone) or self._clock()
        if end < start:
            raise InvalidInputError(
                f"until={end.isoformat()} is before since={start.isoformat()}: swap them"
            )
        old = self._store.facts(base.FactQuery(as_known=start))
        new = self._store.facts(base.FactQuery(as_known=end if until is not None else None))
        return diff_of(start, end, old, new)

    def explain(self, fact_id: str) -> Explanation:
        """Which claims and turns a fact stands on, what ended it, and all its versions.

        Raises:
            NotFoundError: No such fact was ever believed.
        """
        fact = self._fact(fact_id)
        versions = self._store.facts(base.FactQuery(ids=[fact_id], every_version=True))
        wanted = [*fact.claims, *([fact.ended_by] if fact.ended_by else [])]
        claims = {c.id: c for c in self._store.claims(base.RecordQuery(ids=wanted))}
        stated = [c.episode for c in claims.values() if c.episode is not None]
        episodes = {e.id: e for e in self._store.episodes(base.RecordQuery(ids=stated))}
        ended_by = claims.get(fact.ended_by or "")
        return Explanation(
            fact=fact,
            rule=_rule(fact, ended_by),
            claims=tuple(claims[name] for name in fact.claims if name in claims),
            episodes=tuple(episodes[name] for name in fact.episodes if name in episodes),
            ended_by=ended_by,
            ended_in=episodes.get(ended_by.episode or "") if ended_by else None,
            versions=tuple(versions),
        )

    def episodes(
        self, ids: Sequence[str] | None = None, *, session: str | None = None
    ) -> list[Episode]:
        """The episodes with these ids, of this session, or all, in the order they were said."""
        return self._store.episodes(base.RecordQuery(ids=ids, session=session))

    def claims(self, ids: Sequence[str] | None = None) -> list[Claim]:
        """The claims with these ids, or all, in the order they were said."""
        return self._store.claims(base.RecordQuery(ids=ids))

    def entities(self) -> list[Entity]:
        """All entities, by id."""
        return self._store.entities()

    def stats(self) -> dict[str, int]:
        """How many records of each kind the group holds."""
        return self._store.stats()

    def cypher(self, statement: str, /, **parameters: object) -> list[dict[str, object]]:
        """Runs a Cypher statement in a read-only transaction; ``$group_id`` is this group.

        Neo4j only, and for people: it sees the whole database, so name ``$group_id`` in it.

        Raises:
            ConfigurationError: The store does not speak Cypher.
        """
        if not isinstance(self._store, base.CypherStore):
            raise ConfigurationError(
                "this store does not speak Cypher: copy the group to Neo4j with copy_to('neo4j://...')"
            )
        return self._store.cypher(statement, {"group_id": self.group, **parameters})

    # The whole

    def copy_to(self, url: str) -> dict[str, int]:
        """Copies the whole group, both clocks and vectors included, to another store.

        Copying again adds what has come since. Returns the counts of the copy.

        Raises:
            ConflictError: The other store already holds a group of this name with other records.
        """
        with_group = open_store(url, self.group, self._clock)
        try:
            self._copy_into(with_group)
            return with_group.stats()
        finally:
            with_group.close()

    def _copy_into(self, target: base.Store) -> None:
        ours, theirs = self._store.state(), target.state()
        foreign = {c.id for c in target.claims(base.RecordQuery())}
        foreign -= {c.id for c in self._store.claims(base.RecordQuery())}
        if foreign:
            raise ConflictError(
                f"the group {self.group!r} of the other store holds {len(foreign)} claims of its own: "
                "copy into an empty group"
            )
        if ours.embedder is not None and ours.dimension is not None:
            theirs.check_model(ours.embedder, ours.dimension)
            if theirs.embedder is None:
                target.adopt(ours.embedder, ours.dimension)
        for change in self._store.dump():
            target.write(change, timeline.rebuild)

    def close(self) -> None:
        """Lets go of the store's connections."""
        self._store.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes it."""
        self.close()

    def __repr__(self) -> str:
        """Names the group, never the store's URL, which may hold a password."""
        return f"Memory(group={self.group!r})"

    # Steps

    def _sync_schema(self) -> None:
        """Derives again, versioned, what the group derived under another cardinality."""
        current = {item.predicate: item.cardinality for item in self._store.state().predicates}
        redefine = [
            base.Registered(name, self._schema.cardinality(name))
            for name, cardinality in current.items()
            if self._schema.cardinality(name) != cardinality
        ]
        if redefine:
            self._store.write(base.Change(redefine=redefine), timeline.revise)

    def _unknown(self, episodes: Sequence[Episode]) -> tuple[list[Episode], list[Skipped]]:
        """The episodes that are not there yet, and why the others are skipped."""
        ids = [episode.id for episode in episodes]
        known = {e.id: e for e in self._store.episodes(base.RecordQuery(ids=ids))}
        for episode in episodes:
            if episode.id in known and known[episode.id].text != episode.text:
                raise ConflictError(
                    f"message {episode.message_id!r} is there already with another text: "
                    "episodes are immutable, give what changed an id of its own"
                )
        skipped = [
            Skipped(what=e.message_id or e.id, reason="known already")
            for e in episodes
            if e.id in known
        ]
        return [episode for episode in episodes if episode.id not in known], skipped

    def _extracted(
        self, episodes: Sequence[Episode], session: str
    ) -> tuple[list[Claim], list[Skipped], tuple[Skipped, ...]]:
        """The claims that new episodes state; what made no claim, and windows that failed."""
        claims: list[Claim] = []
        unfit: list[Skipped] = []
        failed: list[Skipped] = []
        if self._extractor is None or not episodes:
            return claims, unfit, ()
        now = self._clock()
        known = {episode.id: episode for episode in episodes}
        for window, context in self._windows(episodes, session):
            try:
                drafts = self._extractor.extract(window, context)
            except ExtractionError as error:
                failed += [Skipped(what=episode.id, reason=str(error)) for episode in window]
                continue
            for draft in drafts:
                try:
                    claims.append(self._bound(draft, now, known.get(draft.episode or "")))
                except InvalidInputError as error:
                    unfit.append(Skipped(what=draft.text or draft.subject, reason=str(error)))
        return claims, unfit, tuple(failed)

    def _windows(
        self, episodes: Sequence[Episode], session: str
    ) -> Iterator[tuple[Sequence[Episode], Context]]:
        first = episodes[0].occurred_at
        earlier = [
            e
            for e in self._store.episodes(base.RecordQuery(session=session))
            if e.occurred_at < first
        ]
        speakers = dict.fromkeys(e.speaker for e in (*earlier, *episodes) if e.speaker)
        turns = [*earlier[-_LOOK_BACK:], *episodes]
        start = len(turns) - len(episodes)
        for place in range(start, len(turns), WINDOW):
            yield (
                turns[place : place + WINDOW],
                Context(
                    previous=turns[max(0, place - _LOOK_BACK) : place], speakers=tuple(speakers)
                ),
            )

    def _bound(self, draft: ClaimDraft, now: datetime, episode: Episode | None) -> Claim:
        return intake.claim(
            draft,
            group=self.group,
            schema=self._schema,
            now=now,
            timezone=self._timezone,
            episode=episode,
        )

    def _write(
        self, episodes: Sequence[Episode], claims: Sequence[Claim], *, dry_run: bool
    ) -> Report:
        predicates = {claim.predicate for claim in claims}
        change = base.Change(
            episodes=episodes,
            claims=claims,
            vectors={} if dry_run else self._vectors(episodes, claims),
            predicates=[
                base.Registered(name, self._schema.cardinality(name)) for name in sorted(predicates)
            ],
        )
        written = self._store.write(change, timeline.revise, dry_run=dry_run)
        return self._report(written, claims, dry_run=dry_run)

    def _vectors(
        self, episodes: Sequence[Episode], claims: Sequence[Claim]
    ) -> dict[str, base.Vector]:
        """The embeddings of turns, of the words of assertions, and of the names of new entities."""
        if self._embedder is None:
            return {}
        named = {entity: normal_form(row.name) for entity, row in entity_rows(claims).items()}
        for entity in self._store.entities(sorted(named)):
            del named[entity.id]
        texts = {episode.id: episode.text for episode in episodes}
        texts |= {claim.id: claim.text for claim in claims if claim.kind == "asserts"}
        texts |= named
        distinct = list(dict.fromkeys(texts.values()))
        if not distinct:
            return {}
        rows = dict(zip(distinct, self._embedder.texts(distinct), strict=True))
        self._adopt(self._embedder, len(rows[distinct[0]]))
        return {name: rows[text] for name, text in texts.items()}

    def _adopt(self, embedder: Embedder, dimension: int) -> None:
        """Makes sure, once, that the store's vectors are of this model."""
        if not self._adopted:
            state = self._store.state()
            state.check_model(embedder.name, dimension)
            if state.embedder is None:
                self._store.adopt(embedder.name, dimension)
            self._adopted = True

    def _report(self, written: base.Written, claims: Sequence[Claim], *, dry_run: bool) -> Report:
        entities = {
            row.id: Entity(id=row.id, name=row.name, type=row.type, aliases=row.forms)
            for row in entity_rows(claims).values()
        }
        versions = [
            version
            for revision in written.revisions
            for version in (*revision.expire, *revision.insert, *revision.reinforce)
        ]
        ends = {end for version in versions for end in (version.subject_id, version.object_id)}
        entities |= {entity.id: entity for entity in self._store.entities(sorted(ends))}
        supporting = {name for version in versions for name in version.support}
        known = {claim.id: claim for claim in claims}
        old = self._store.claims(base.RecordQuery(ids=sorted(supporting - known.keys())))
        known |= {claim.id: claim for claim in old}
        changed = changed_facts(written, entities, known)
        return Report(
            recorded_at=written.recorded_at,
            dry_run=dry_run,
            episodes=written.episodes,
            entities=tuple(entities[e].name for e in written.entities if e in entities),
            claims=tuple(claim.id for claim in written.claims),
            added=changed["added"],
            ended=changed["ended"],
            revised=changed["revised"],
            retracted=changed["retracted"],
            reinforced=changed["reinforced"],
        )

    def _episodes_of(self, drafts: Sequence[ClaimDraft]) -> dict[str, Episode]:
        wanted = sorted({draft.episode for draft in drafts if draft.episode is not None})
        found = {e.id: e for e in self._store.episodes(base.RecordQuery(ids=wanted))}
        missing = [name for name in wanted if name not in found]
        if missing:
            raise NotFoundError(
                f"episode {missing[0]!r} is not in group {self.group!r}: add it first, or leave "
                "episode= out"
            )
        return found

    def _fact(self, fact_id: str, *, believed: bool = False) -> Fact:
        query = base.FactQuery(ids=[fact_id])
        versions = self._store.facts(query)
        if not versions and not believed:
            versions = self._store.facts(replace(query, every_version=True))
        if not versions:
            raise NotFoundError(
                f"fact {fact_id!r} is not {'believed' if believed else 'known'} in group "
                f"{self.group!r}: take an id from facts(), search() or history()"
            )
        return versions[-1]

    def _entity_id(self, name: str | None) -> str | None:
        return None if name is None else entity_id(self.group, name)

    def _predicate(self, predicate: str | None) -> str | None:
        return None if predicate is None else self._schema.canonical(predicate)


def _voiding(claim: Claim, said_at: datetime) -> ClaimDraft:
    """The draft that voids a claim."""
    return ClaimDraft(
        kind="retracts",
        subject=claim.subject,
        predicate=claim.predicate,
        object=claim.object,
        said_at=said_at,
        target=claim.id,
        text=f"taken back: {claim.text}",
    )


def _rule(fact: Fact, ended_by: Claim | None) -> str:
    if fact.expired_at is not None:
        return "believed once, no longer: its claims were taken back, or other times were learned"
    if fact.invalid_at is None or ended_by is None:
        return "holds: of the claims that cover now, its own started last"
    if ended_by.kind == "ends":
        return "ended: a claim says that it is over"
    if ended_by.id in fact.claims:
        return "ended: the words that claim it give its end"
    return f"ended: {fact.predicate} holds one object at a time, and a later one took its place"
