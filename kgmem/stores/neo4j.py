"""The store in Neo4j: the graph that people explore, with text and vector search inside it.

Statements are the files in ``cypher/``. Every record carries ``group_id``, and fulltext indexes a
word that stands for the group, so no search leaves it. The node of a group is the lock that its
writers queue for. Works with Community 5.26 and newer.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from kgmem.models import Claim, Community, Entity, Episode, Fact, Similarity
from kgmem.stores.base import (
    Change,
    Changes,
    Channel,
    Clock,
    Derive,
    FactQuery,
    Failure,
    GroupState,
    Item,
    Limits,
    Mark,
    Model,
    Ranking,
    RecordQuery,
    SearchQuery,
    Vector,
    Written,
)
from kgmem.stores.derived import Derived
from kgmem.stores.dumping import dumped
from kgmem.stores.neo4j_changes import Neo4jPages, Neo4jRows, mark_row
from kgmem.stores.neo4j_driver import Address, Connection, ManagedTransaction, run
from kgmem.stores.neo4j_gds import page_rank
from kgmem.stores.neo4j_rows import (
    claim_of,
    claim_parameters,
    entity_row,
    episode_of,
    episode_parameters,
    fact_parameters,
    facts_of,
    holds,
    moment,
    registered,
    timed,
    trusted,
    vectors_of,
)
from kgmem.stores.neo4j_schema import adopt, prepare
from kgmem.stores.neo4j_seal import Seal, new_commit
from kgmem.stores.neo4j_search import Search
from kgmem.stores.neo4j_writing import Neo4jTransaction, UnsealedError
from kgmem.stores.reading import changed, gathered
from kgmem.stores.writing import commit


class _Rehearsed(Exception):
    """Leaves a transaction that must not be committed, with what it would have done."""

    def __init__(self, written: Written) -> None:
        super().__init__("dry run")
        self.written = written


class Neo4jStore:
    """A `kgmem.stores.base.Store` and `kgmem.stores.base.CypherStore` in a Neo4j database.

    Args:
        url: ``neo4j://user:password@host:7687/database``, or another scheme of the driver. Without
            a database it is the user's home database.
        group: The group it is bound to.
        clock: Gives transaction times.

    Raises:
        ConfigurationError: The URL does not fit, the server refuses the user, or has no such
            database.
        StoreError: The database is of a newer schema version.
        StoreUnavailableError: Nothing answers there.
    """

    # A seek looks through all that its transaction has deleted so far.
    erased_at_once: int | None = 2000

    def __init__(self, url: str, group: str, clock: Clock) -> None:
        self.group = group
        self._clock = clock
        self._connection = Connection(Address.of(url))
        try:
            self._database = prepare(self._connection)
        except BaseException:
            self._connection.close()
            raise
        # Sparing every session the question which database is the user's home.
        self._connection.database = self._database.name
        self._seal = Seal(self._connection, group)

    def __repr__(self) -> str:
        """Names server and group, never the password."""
        return f"Neo4jStore({self._connection.address.shown!r}, group={self.group!r})"

    # Reading

    def _rows(self, name: str, /, **parameters: object) -> list[dict[str, Any]]:
        """The rows of one state."""
        return self._seal.read(lambda tx: run(tx, f"read/{name}", **parameters))

    def _named(self, name: str, /, **parameters: object) -> list[dict[str, Any]]:
        """The rows of records by their ids: whoever has an id has seen its commit, so no proof is needed."""
        return self._connection.rows(f"read/{name}", **parameters)

    def _row(self, name: str, /, **parameters: object) -> dict[str, Any]:
        (row,) = self._rows(name, group=self.group, **parameters)
        return row

    def facts(self, query: FactQuery) -> list[Fact]:
        """See `kgmem.stores.base.Store.facts`."""
        parameters = fact_parameters(self.group, query)
        if query.every_version:
            return self._facts("versions", **{**parameters, "as_known": None})
        if query.as_known is None:
            del parameters["as_known"]
            return self._facts("facts", **parameters)
        return self._seal.read(lambda tx: facts_of(_known_versions(tx, parameters), query.as_known))

    def _facts(self, name: str, **parameters: object) -> list[Fact]:
        return self._seal.read(lambda tx: facts_of(run(tx, f"read/{name}", **parameters)))

    def claims(self, query: RecordQuery) -> list[Claim]:
        """See `kgmem.stores.base.Store.claims`."""
        rows = self._records("claims", query, claim_parameters(self.group, query))
        claims = [claim_of(row, self.group) for row in rows]
        return [c for c in claims if holds(query, c.text, c.subject, c.object)]

    def episodes(self, query: RecordQuery) -> list[Episode]:
        """See `kgmem.stores.base.Store.episodes`."""
        rows = self._records("episodes", query, episode_parameters(self.group, query))
        episodes = [episode_of(row, self.group) for row in reversed(rows)]
        return [e for e in episodes if holds(query, e.text, e.speaker, e.session)]

    def _records(
        self, name: str, query: RecordQuery, parameters: dict[str, Any]
    ) -> list[dict[str, Any]]:
        if [] in parameters["by"].values():
            return []  # nowhere to look: not worth a transaction
        read = self._rows if query.ids is None else self._named
        return read(name, **parameters)

    def entities(self, ids: Sequence[str] | None = None) -> list[Entity]:
        """See `kgmem.stores.base.Store.entities`."""
        if ids is None:
            rows = self._rows("entities", group=self.group, by={"group": self.group})
        elif ids:
            rows = self._named("entities", group=self.group, by={"ids": sorted(set(ids))})
        else:
            return []
        return [entity_row(row).shown(row["summary"]) for row in rows]

    def derived(self) -> Derived:
        """See `kgmem.stores.base.Store.derived`."""
        row = self._row("derived")
        return Derived(
            row["rewrites"],
            communities=[Community(**timed(one)) for one in row["communities"]],
            similar=[Similarity(**one) for one in row["similar"]],
        )

    def candidates(self, query: SearchQuery) -> dict[Channel, Ranking]:
        """See `kgmem.stores.base.Store.candidates`."""
        vectors = self._database.vectors
        return self._seal.read(lambda tx: Search(tx, self.group, vectors, query).rankings())

    def episode_vectors(self, ids: Sequence[str]) -> dict[str, Vector]:
        """See `kgmem.stores.base.Store.episode_vectors`."""
        rows = self._named("episode_vectors", group=self.group, ids=list(ids))
        return vectors_of(rows)

    def near(self, query: SearchQuery) -> Changes:
        """See `kgmem.stores.base.Store.near`."""
        vectors = self._database.vectors

        def work(tx: ManagedTransaction) -> Changes:
            lists = Search(tx, self.group, vectors, query).rankings()
            return gathered(self._mark(tx), lists, Neo4jRows(tx, self.group))

        return self._seal.read(work)

    def changes(self, since: Mark | None) -> Changes:
        """See `kgmem.stores.base.Store.changes`."""
        # Where a commit is under way that cannot be seen here yet, this is the state before it.
        found = mark_row(self._connection.rows("read/mark", group=self.group))
        if found.mark == since:
            return found
        return self._seal.read(
            lambda tx: changed(self._mark(tx), since, Neo4jRows(tx, self.group)),
            changed=since is not None,
        )

    def _mark(self, tx: ManagedTransaction) -> Changes:
        return mark_row(run(tx, "read/mark", group=self.group))

    def state(self) -> GroupState:
        """See `kgmem.stores.base.Store.state`."""
        row = self._row("state")
        return GroupState(
            recorded_at=moment(row["recorded_at"]),
            predicates=tuple(registered(entry) for entry in row["predicates"]),
            model=Model(row["embedder"], row["dimension"]),
            failures=tuple(Failure(**failure) for failure in row["failures"]),
            trust=tuple(trusted(entry) for entry in row["trust"]),
        )

    def stats(self) -> dict[str, int]:
        """See `kgmem.stores.base.Store.stats`."""
        return self._row("stats")

    def dump(self) -> Iterator[Item]:
        """See `kgmem.stores.base.Store.dump`."""

        def mark() -> Mark:
            return self._seal.read(self._mark).mark

        return dumped(Neo4jPages(self.group, self._connection, state=self.state, mark=mark))

    def page_rank(
        self,
        seeds: Mapping[str, float],
        as_of: datetime | None,
        as_known: datetime | None,
        damping: float,
        tolerance: float,
    ) -> Mapping[str, float]:
        """See `kgmem.stores.base.PageRankStore.page_rank`."""
        return page_rank(self._connection, self.group, seeds, as_of, as_known, damping, tolerance)

    def cypher(
        self, statement: str, parameters: Mapping[str, object], limits: Limits | None = None
    ) -> list[dict[str, object]]:
        """See `kgmem.stores.base.CypherStore.cypher`."""
        return self._connection.ask(statement, parameters, limits)

    # Writing

    def adopt(self, embedder: str, dimension: int) -> None:
        """See `kgmem.stores.base.Store.adopt`."""
        adopt(self._connection, self._database, embedder, dimension)

    def write(self, change: Change, derive: Derive, *, dry_run: bool = False) -> Written:
        """See `kgmem.stores.base.Store.write`."""
        name = new_commit()

        def work(tx: ManagedTransaction) -> Written:
            transaction = Neo4jTransaction(tx, self.group, dry_run=dry_run)
            written = commit(transaction, change, derive, self._clock)
            if dry_run:
                raise _Rehearsed(written)
            transaction.seal(name)
            return written

        try:
            written = self._connection.write(work)
        except _Rehearsed as rehearsed:
            return rehearsed.written
        except UnsealedError:
            self._seal.make()
            return self.write(change, derive)
        self._seal.written(name)
        return written

    def close(self) -> None:
        """See `kgmem.stores.base.Store.close`."""
        self._connection.close()


def _known_versions(
    tx: ManagedTransaction, parameters: Mapping[str, object]
) -> list[dict[str, Any]]:
    """Versions, supported by what was recorded then: support grows in place."""
    rows: list[dict[str, Any]] = run(tx, "read/versions", **parameters)
    known = {
        row["id"]: row["episode"]
        for row in run(
            tx,
            "read/support_known",
            ids=sorted({claim for row in rows for claim in row["claims"]}),
            group=parameters["group"],
            as_known=parameters["as_known"],
        )
    }
    for row in rows:
        row["claims"] = [claim for claim in row["claims"] if claim in known]
        row["episodes"] = [e for e in dict.fromkeys(map(known.get, row["claims"])) if e]
    return rows
