"""The batch primitives of `kgmem.stores.writing.commit` on an open Neo4j transaction.

Each is one statement, or few, over rows in the order of their keys.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from kgmem.errors import ConfigurationError, StoreError
from kgmem.ids import entity_id
from kgmem.models import Claim, Episode
from kgmem.stores.base import Failure, RecordQuery, Registered, Trusted, Vector
from kgmem.stores.derived import Derived
from kgmem.stores.entities import EntityRow, similar_row
from kgmem.stores.neo4j_driver import ManagedTransaction, run
from kgmem.stores.neo4j_rows import (
    claim_of,
    claim_parameters,
    entity_columns,
    entity_row,
    moment,
    record_row,
    registered,
    scope_of,
    session_id,
    text,
    trusted,
    version_key,
    version_of,
    version_row,
)
from kgmem.stores.transaction import Known
from kgmem.text import indexed
from kgmem.timeline import SAME_AS, Revision, Slot, Version

_R = TypeVar("_R", Episode, Claim)

# Fewer rows a statement cost round trips, more cost memory.
_BATCH = 1000


class UnsealedError(Exception):
    """The group has no seal yet; it must be there before a commit."""


class Neo4jTransaction:
    """A `kgmem.stores.transaction.Transaction`; a retry takes a new one.

    Args:
        transaction: The driver's transaction.
        group: The group to write to.
        dry_run: Whether it will be rolled back.
    """

    def __init__(self, transaction: ManagedTransaction, group: str, *, dry_run: bool) -> None:
        self._transaction = transaction
        self._group = group
        self._dry_run = dry_run
        self._finished: tuple[datetime | None, int] = (None, 0)
        self._dimension: int | None = None
        self._policies: list[Trusted] = []
        self._rewrites = 0
        self._failed = False
        # The episode of every claim that bears on what is derived: facts list them.
        self._stated_in: dict[str, str | None] = {}
        self._deserted: Sequence[str] = ()

    def _run(self, name: str, /, **parameters: object) -> list[dict[str, Any]]:
        return run(self._transaction, f"write/{name}", **parameters)

    def _many(
        self, name: str, rows: Iterable[Mapping[str, object]], /, **parameters: object
    ) -> list[dict[str, Any]]:
        """Runs a statement over rows, so many at a time; not at all without any."""
        every = list(rows)
        batches = [every[start : start + _BATCH] for start in range(0, len(every), _BATCH)]
        return [row for batch in batches for row in self._run(name, rows=batch, **parameters)]

    def lock(self) -> datetime | None:
        """Locks the group node; what it says is read once the lock is held.

        Raises:
            UnsealedError: A reader could not tell that this is being committed.
        """
        (group,) = self._run("lock_group", group=self._group)
        if not group["sealed"] and not self._dry_run:
            raise UnsealedError
        self._dimension, self._rewrites = group["dimension"], group["rewrites"]
        self._failed = group["failed"]
        self._policies = [trusted(entry) for entry in group["trust"]]
        return moment(group["recorded_at"])

    def predicates(self, names: Iterable[str]) -> list[Registered]:
        """The log of these predicates."""
        wanted = list(names)
        rows = self._run("predicates", group=self._group, names=wanted) if wanted else []
        return [registered(row) for row in rows]

    def register(self, predicates: Sequence[Registered]) -> None:
        """Adds to the log."""
        self._many(
            "register",
            (
                {
                    "predicate": item.predicate,
                    "cardinality": item.cardinality,
                    "recorded_at": text(item.recorded_at),
                }
                for item in predicates
            ),
            group=self._group,
        )

    def policies(self) -> list[Trusted]:
        """The log of trust, which came with the lock."""
        return self._policies

    def follow(self, policies: Sequence[Trusted]) -> None:
        """Adds to the log."""
        rows = ({**dict(p.trust), "recorded_at": text(p.recorded_at)} for p in policies)
        self._many("follow", rows, group=self._group)

    def known(
        self,
        *,
        episodes: Sequence[str] = (),
        claims: Sequence[str] = (),
        entities: Sequence[str] = (),
    ) -> Known:
        """All three kinds in one statement."""
        ids = {"episodes": episodes, "claims": claims, "entities": entities}
        if not any(ids.values()):
            return Known({}, set(), {})
        (row,) = self._run(
            "known", group=self._group, **{k: sorted(set(v)) for k, v in ids.items()}
        )
        return Known(
            {one["id"]: one["text"] for one in row["episodes"]},
            set(row["claims"]),
            {one["id"]: entity_row(one) for one in row["entities"]},
        )

    def _found(self, name: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        return self._run(name, group=self._group, ids=sorted(set(ids))) if ids else []

    def namesakes(self, words: Sequence[str]) -> list[EntityRow]:
        """Persons by the first words of their names; none that is about to be deleted."""
        rows = self._run("namesakes", group=self._group, words=list(words))
        return [entity_row(row) for row in rows if row["id"] not in self._deserted]

    def insert(
        self,
        episodes: Sequence[Episode],
        entities: Sequence[EntityRow],
        claims: Sequence[Claim],
        vectors: Mapping[str, Vector],
    ) -> None:
        """Entities first, in the order of their ids: no two writers lock them in another order."""
        self._check(vectors)
        self._many(
            "entities",
            (
                {**entity_columns(row), "embedding": _floats(vectors.get(row.id))}
                for row in sorted(entities, key=lambda row: row.id)
            ),
            group=self._group,
            scope=scope_of(self._group),
        )
        self._many(
            "episodes",
            (self._episode_row(episode, vectors) for episode in _by_id(episodes)),
            scope=scope_of(self._group),
        )
        rows = (record_row(c, embedding=_floats(vectors.get(c.id))) for c in _by_id(claims))
        for row in self._many("claims", rows, group=self._group):
            if row["episode"] is not None and not row["linked"]:
                raise StoreError(
                    f"episode {row['episode']!r} is not in group {self._group!r}, or no longer: "
                    "add it first (nothing was written)"
                )

    def _check(self, vectors: Mapping[str, Vector]) -> None:
        """Neo4j takes a vector of any length, and leaves those of a wrong one out of its index."""
        lengths = {len(vector) for vector in vectors.values()}
        if self._dimension is not None and lengths - {self._dimension}:
            raise ConfigurationError(
                f"the database holds vectors of {self._dimension} dimensions, not of "
                f"{max(lengths - {self._dimension})}: write with the embedder it was made with"
            )

    def _episode_row(self, episode: Episode, vectors: Mapping[str, Vector]) -> dict[str, object]:
        return record_row(
            episode,
            words=indexed(episode.text),
            session_id=session_id(self._group, episode.session),
            embedding=_floats(vectors.get(episode.id)),
        )

    def fail(self, failures: Sequence[Failure]) -> None:
        """Notes failures, in the order of their turns."""
        self._many("fail", [item._asdict() for item in sorted(failures)], group=self._group)

    def settle(self, episodes: Sequence[str]) -> None:
        """Deletes failures, where there are any."""
        if self._failed:
            self._found("settle", episodes)

    def claims_with(self, query: RecordQuery) -> list[Claim]:
        """The claims asked for."""
        parameters = claim_parameters(self._group, query)
        rows = run(self._transaction, "read/claims", **parameters)
        return [claim_of(row, self._group) for row in rows]

    def slots_of(self, predicates: Sequence[str] | None) -> list[tuple[str, str]]:
        """The slots of these predicates, or of all."""
        rows = self._run("slots_of", group=self._group, predicates=predicates)
        return [(row["subject_id"], row["predicate"]) for row in rows]

    def links(self) -> list[tuple[str, str, str, str]]:
        """The links believed now."""
        rows = self._run("links", group=self._group, predicate=SAME_AS)
        return [(row["alias"], row["alias_name"], row["entity"], row["name"]) for row in rows]

    def slot_claims(self, slots: Sequence[Slot]) -> list[list[Claim]]:
        """The claims on each slot."""
        found: list[list[Claim]] = [[] for _ in slots]
        for row in self._of_slots("slot_claims", slots):
            self._stated_in[row["id"]] = row["episode"]
            found[row["slot"]].append(claim_of(row, self._group))
        return found

    def slot_versions(self, slots: Sequence[Slot], *, every: bool) -> list[list[Version]]:
        """The versions of each slot."""
        found: list[list[Version]] = [[] for _ in slots]
        for row in self._of_slots("slot_versions" if every else "slot_facts", slots):
            found[row["slot"]].append(version_of(row))
        return found

    def _of_slots(self, name: str, slots: Sequence[Slot]) -> list[dict[str, Any]]:
        return self._many(
            name,
            (
                {
                    "number": number,
                    "subject_id": slot.subject_id,
                    "predicate": slot.predicate,
                    "object_id": slot.object_id,
                }
                for number, slot in enumerate(slots)
            ),
        )

    def apply(self, revision: Revision, now: datetime) -> None:
        """What goes makes room before what comes: a fact has one believed version."""
        of_group = {"group": self._group, "scope": scope_of(self._group)}
        believed, expired = _parted(revision.remove)
        self._many("remove_facts", map(version_key, believed))
        self._many("remove_expired_facts", map(version_key, expired))
        self._many("expire_facts", map(version_key, _ordered(revision.expire)))
        believed, expired = _parted(revision.insert)
        self._many("insert_facts", map(self._version_row, believed), **of_group)
        self._many("insert_expired_facts", map(self._version_row, expired), **of_group)
        reinforced = map(self._version_row, _ordered(revision.reinforce))
        self._many("reinforce_facts", reinforced, now=now)

    def _version_row(self, version: Version) -> dict[str, object]:
        return version_row(version, self._stated_in)

    def erase(
        self, episodes: Sequence[str], claims: Sequence[str], entities: Sequence[str]
    ) -> None:
        """Deletes claims and episodes now; entities once nothing is said of them any more."""
        self.derive(Derived(self._rewrites, communities=(), similar=(), summaries={}))
        self.settle(episodes)
        self._found("erase_causes", claims)
        self._found("erase_claims", claims)
        self._run("erase_predicates", group=self._group)
        self._found("erase_episodes", episodes)
        self._deserted = entities

    def rewrites(self) -> int:
        """What the group node said once it was locked."""
        return self._rewrites

    def derive(self, derived: Derived) -> None:
        """Clears each kind, then writes it anew."""
        if derived.communities is not None:
            self._run("clear_communities", group=self._group)
            rows = (
                {**dict(one), "ids": [entity_id(self._group, name) for name in one.members]}
                for one in derived.communities
            )
            self._many("communities", rows, group=self._group)
        if derived.similar is not None:
            self._run("clear_similar", group=self._group)
            rows = (similar_row(one, self._group) for one in derived.similar)
            self._many("similar", rows, group=self._group)
        if derived.summaries is not None:
            self._run("clear_summaries", group=self._group)
            told = sorted(derived.summaries.items())
            self._many("summaries", ({"id": name, "summary": text} for name, text in told))

    def finish(self, now: datetime, *, rewritten: bool) -> None:
        """The last of the erasure; the group's clock is set with the seal."""
        self._found("erase_entities", self._deserted)
        # In UTC as such: the zone named "UTC", in which Parquet has it, would be kept with its name.
        self._finished = (now.astimezone(UTC), int(rewritten))

    def seal(self, commit: str) -> None:
        """Keeps readers away until the commit, which comes next, is there as a whole."""
        now, rewritten = self._finished
        self._run("seal", group=self._group, commit=commit, recorded_at=now, rewritten=rewritten)


def _by_id(records: Sequence[_R]) -> list[_R]:
    return sorted(records, key=lambda record: record.id)


def _ordered(versions: Sequence[Version]) -> list[Version]:
    return sorted(versions, key=lambda version: (version.id, version.created_at))


def _parted(versions: Sequence[Version]) -> tuple[list[Version], list[Version]]:
    """The versions believed now, and those believed once."""
    ordered = _ordered(versions)
    return (
        [version for version in ordered if version.expired_at is None],
        [version for version in ordered if version.expired_at is not None],
    )


def _floats(vector: Vector | None) -> list[float] | None:
    return None if vector is None else vector.tolist()
