"""The memory: the facade that strings the steps together."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC
from pathlib import Path
from types import TracebackType
from typing import Self, Unpack

from kgmem import exchange, intake
from kgmem.consolidation.consolidator import Consolidating, Consolidator
from kgmem.copying import copy
from kgmem.correcting import Correction, correcting, undoing
from kgmem.errors import ConfigurationError, InvalidInputError
from kgmem.explaining import explained
from kgmem.forgetting import Forgetting, Scope
from kgmem.identities import Acquaintance, history_of, merging, splitting, versions_of
from kgmem.models import Claim, ClaimDraft, Entity, Episode, Fact, Message, Trust
from kgmem.opening import Options, parts_of
from kgmem.recording import Parts, Recorder
from kgmem.reporting import diff_of
from kgmem.results import Change, ContextBlock, Diff, Explanation, Hit, Receipt, Report
from kgmem.retrieval.search import Question, Searcher
from kgmem.stores import base, open_store
from kgmem.text import checked
from kgmem.timeline import SAME_AS
from kgmem.when import When

_LONGEST_QUESTION = 100_000


class Memory(Consolidating):
    """The memory of one group. Open one with `Memory.open`; it can be used as a context manager.

    Methods may be called from several threads. Times that come in are aware datetimes, dates, or
    text such as ``2024-05`` or ``May 2024``; times that go out are aware datetimes in UTC.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._store = parts.store
        self._schema = parts.schema
        self._clock = parts.clock
        self._timezone = parts.timezone
        self._searcher = Searcher(
            parts.store,
            parts.embedder,
            parts.reranker,
            most=parts.snapshot_rows,
            on_server=parts.gds,
        )
        self._recorder = Recorder(parts)
        self._names = Acquaintance(parts.store, parts.embedder)
        self._consolidator = Consolidator(parts, self._recorder)

    @classmethod
    def open(cls, url: str, *, group: str, **options: Unpack[Options]) -> Self:
        """Opens a group's memory; makes it where it is not there.

        Args:
            url: ``sqlite:///memory.db``, ``sqlite://`` (in memory), ``neo4j://user:pw@host:7687/db``.
            group: The tenant. Every read and write happens inside it.
            **options: See `kgmem.opening.Options`: ``extractor``, ``embedder``, ``reranker``,
                ``schema``, ``trust``, ``judge``, ``clock``, ``timezone``, ``create``,
                ``snapshot_rows``, ``gds``.

        Raises:
            NotFoundError: The file is not there and ``create`` is false.
            ConfigurationError: An option or an extra is missing or does not fit the store.
            StoreError: The store cannot be opened.
        """
        parts = parts_of(url, group, options)
        try:
            memory = cls(parts)
            memory._recorder.sync(options.get("schema"), options.get("trust"))
        except BaseException:
            parts.store.close()
            raise
        return memory

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
        return self.add_sessions({session: messages}, dry_run=dry_run)

    def add_sessions(
        self, sessions: Mapping[str, Iterable[Message]], *, dry_run: bool = False
    ) -> Report:
        """Takes in turns of several sessions, by their names, as `add` does those of one.

        All of it is written in one transaction, which costs less than one a session where they are short.
        """
        said = {session: list(messages) for session, messages in sessions.items()}
        return self._recorder.messages(said, dry_run=dry_run)

    def assert_claims(self, claims: Iterable[ClaimDraft], *, dry_run: bool = False) -> Report:
        """Takes in claims as they are, without extraction.

        Args:
            claims: Made with `Claim.asserts`, `Claim.ends` and `Claim.retracts`.
            dry_run: Whether to write nothing and only report.

        Raises:
            InvalidInputError: A claim cannot be stored; none of them is.
            NotFoundError: A claim names an episode that is not there.
        """
        return self._recorder.drafts(list(claims), dry_run=dry_run)

    def retry(self) -> Report:
        """Extracts again from the windows whose extraction failed; ``failed`` says which still do.

        It commits a few windows at a time, as a batch job does: what is not yet committed where it is
        killed can be retried.
        """
        return self._recorder.retry()

    def correct(self, fact_id: str, **correction: Unpack[Correction]) -> Report:
        """Takes back what supports a fact, and asserts it as corrected.

        Args:
            fact_id: The fact.
            **correction: What is otherwise: ``object``, ``valid_at``, ``invalid_at``, ``text``.
                Without any, the fact is taken back and nothing put in its place.

        Raises:
            NotFoundError: No such fact is believed.
        """
        drafts = correcting(self._store, fact_id, correction, self._clock())
        return self._recorder.drafts(drafts, dry_run=False, as_stored=True)

    def undo(self, report: Report) -> Report:
        """Takes back every claim that a report added; the report of an undo can be undone too.

        It appends and erases nothing: episodes stay, and what was believed then stays known.

        Raises:
            NotFoundError: The claims are not there (the report is of a dry run, or was forgotten).
        """
        drafts = undoing(self._store, report.claims, self._clock())
        return self._recorder.drafts(drafts, dry_run=False, as_stored=True)

    def merge_entities(self, name: str, alias: str, *, dry_run: bool = False) -> Report:
        """Decides that two names stand for one entity, and that the first is its name.

        The facts of both become facts of the one. `undo` of the report takes it back.

        Raises:
            InvalidInputError: They are one name.
        """
        return self.assert_claims(merging(self._store, name, alias, self._clock()), dry_run=dry_run)

    def split_entities(self, one: str, other: str, *, dry_run: bool = False) -> Report:
        """Decides that two names stand for two entities, whatever links were or will be derived.

        What people decided to the contrary is taken back. `undo` of the report takes it back.

        Raises:
            InvalidInputError: They are one name.
        """
        drafts = splitting(self._store, one, other, self._clock())
        return self.assert_claims(drafts, dry_run=dry_run)

    def forget(self, *, dry_run: bool = False, **scope: Unpack[Scope]) -> Receipt:
        """Erases for good: texts, facts, vectors, index entries and history that came from it alone.

        On Neo4j, more than two thousand turns and claims go in several transactions, what was said first
        first; where that is broken off, the same call forgets the rest.

        Args:
            dry_run: Whether to erase nothing and only say what would go.
            **scope: One of ``session=`` (its name), ``episode=`` (an id, a message's id, or several ids),
                ``entity=`` (a name: everything that speaks of it), ``before=`` (what was said before
                an instant), ``everything=True``.

        Raises:
            InvalidInputError: Not exactly one of them is given.
            NotFoundError: Nothing is there to forget.
        """
        return Forgetting(self._store, self._timezone).forget(scope, dry_run=dry_run)

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
        return self._searcher.search(self._question(question, k, as_of, as_known))

    def context(
        self,
        question: str,
        *,
        max_tokens: int = 800,
        as_of: When | None = None,
        as_known: When | None = None,
    ) -> ContextBlock:
        """What a prompt needs to answer a question, as dated lines within a token budget.

        Lines are grouped by entity, what holds before what does not. A group that fits as a whole is
        given as a whole, in the order of its time, and nothing is ranked. Otherwise the text is empty
        where nothing is relevant enough, and ``reason`` says so.
        """
        if not question.strip():
            return ContextBlock(reason="the question is empty")
        return self._searcher.context(self._question(question, 1, as_of, as_known), max_tokens)

    def _question(self, text: str, k: int, as_of: When | None, as_known: When | None) -> Question:
        known = intake.instant(as_known, self._timezone)
        return Question(
            text=checked(text, "the question", longest=_LONGEST_QUESTION),
            k=k,
            as_of=intake.instant(as_of, self._timezone),
            as_known=known,
            now=intake.asked_at(self._clock(), known).astimezone(self._timezone or UTC),
        )

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
        known = intake.instant(as_known, self._timezone)
        relation = self._predicate(predicate)
        names = self._names.read(known)
        written = relation == SAME_AS
        query = base.FactQuery(
            subjects=None if subject is None else [names.of(subject, as_written=written)],
            predicates=relation and [relation],
            object_id=object and names.of(object, as_written=written),
            as_of=intake.instant(as_of, self._timezone),
            as_known=known,
        )
        return names.facts(self._store.facts(query))

    def timeline(
        self, entity: str, *, predicate: str | None = None, as_known: When | None = None
    ) -> list[Fact]:
        """The facts with an entity at either end, in order of valid time."""
        known = intake.instant(as_known, self._timezone)
        names = self._names.read(known)
        relation = self._predicate(predicate)
        query = base.FactQuery(
            entity_id=names.of(entity), predicates=relation and [relation], as_known=known
        )
        return names.facts(self._store.facts(query))

    def versions(self, entity: str | None = None, *, predicate: str | None = None) -> list[Fact]:
        """Every version of every fact, or of an entity's, on both clocks: believed now or once."""
        return versions_of(self._store, self._names.read(), entity, self._predicate(predicate))

    def history(self, entity: str, *, predicate: str | None = None) -> list[Change]:
        """Every change of belief about an entity, with the claims that caused it, in order."""
        return history_of(self._store, self._names.read(), entity, self._predicate(predicate))

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

    def explain(self, fact_id: str, *, as_known: When | None = None) -> Explanation:
        """Which claims and turns a fact stands on, what ended it, all its versions; as known then.

        Raises:
            NotFoundError: No such fact was ever believed, or not yet then.
        """
        return explained(self._store, fact_id, intake.instant(as_known, self._timezone))

    def episodes(
        self, ids: Sequence[str] | None = None, *, session: str | None = None
    ) -> list[Episode]:
        """The episodes with these ids, of this session, or all, in the order they were said."""
        return self._store.episodes(base.RecordQuery(ids=ids, session=session))

    def claims(self, ids: Sequence[str] | None = None) -> list[Claim]:
        """The claims with these ids, or all, in the order they were said."""
        return self._store.claims(base.RecordQuery(ids=ids))

    def entities(self) -> list[Entity]:
        """All entities that stand for themselves, with the forms of those that stand for them, by id."""
        return self._names.read().entities(self._store.entities())

    def similar_entities(self, name: str, *, k: int = 10) -> list[Entity]:
        """Candidates for `merge_entities`: entities with names like this one, the likest first."""
        return self._names.similar(checked(name, "a name", longest=intake.LONGEST_NAME), k)

    def trust(self) -> Trust:
        """Whom the group believes now; another policy is given to `open`."""
        return self._store.state().trust_at()

    def stats(self) -> dict[str, int]:
        """How many records of each kind the group holds."""
        return self._store.stats()

    @property
    def speaks_cypher(self) -> bool:
        """Whether the store understands `cypher`."""
        return isinstance(self._store, base.CypherStore)

    def cypher(
        self, statement: str, limits: base.Limits | None = None, /, **parameters: object
    ) -> list[dict[str, object]]:
        """Runs a Cypher statement in a read-only transaction; ``$group_id`` is this group.

        Neo4j only. It sees the whole database, so name ``$group_id`` in it. Give ``limits`` where
        somebody else wrote it, such as a model: it may then read the graph and nothing else.

        Raises:
            ConfigurationError: The store does not speak Cypher.
            InvalidInputError: The statement does what its limits forbid.
        """
        if not isinstance(self._store, base.CypherStore):
            raise ConfigurationError(
                "this store does not speak Cypher: copy the group to Neo4j with copy_to('neo4j://...')"
            )
        return self._store.cypher(statement, {**parameters, "group_id": self.group}, limits)

    # The whole

    def copy_to(self, url: str) -> dict[str, int]:
        """Copies the whole group, both clocks and vectors included, to another store.

        Copying again adds what has come since. Returns the counts of the copy.

        Raises:
            ConflictError: The other store already holds a group of this name with other records.
        """
        with closing(open_store(url, self.group, self._clock)) as target:
            copy(self._store, target)
            return target.stats()

    def export_to(
        self, path: Path | str, *, format: exchange.Format = "jsonl", vectors: bool = True
    ) -> dict[str, int]:
        """Writes the whole group, as of one instant, to files that `import_from` reads into any store.

        Args:
            path: What to make; nothing may be there yet.
            format: ``"jsonl"``: one file, a record a line. ``"parquet"``: a folder, with a table of all
                versions of facts besides. ``"neo4j-admin"``: CSV for that tool, not for `import_from`.
            vectors: Whether to write the embeddings, which are most of it.

        Returns:
            The number of records of each kind.

        Raises:
            ConflictError: Something is there already.
            StoreUnavailableError: Something was forgotten meanwhile: do it again.
        """
        return exchange.export(self._store, Path(path), format, vectors=vectors)

    def import_from(self, path: Path | str) -> dict[str, int]:
        """Takes in a group that `export_to` wrote, both clocks included, and returns its counts.

        Doing it again changes nothing, or completes an import that was broken off. Damage is found
        before anything is written.

        Raises:
            InvalidInputError: It is of another group, damaged, newer, or of something else.
            ConflictError: The group holds other records.
            ConfigurationError: The store holds vectors of another model.
        """
        return exchange.restore(Path(path), self._store)

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

    def _predicate(self, predicate: str | None) -> str | None:
        if predicate is None:
            return None
        return self._schema.canonical(
            checked(predicate, "a predicate", longest=intake.LONGEST_NAME)
        )
