"""The batch primitives of a write on SQLite; see `kgmem.stores.transaction.Transaction`."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kgmem.models import Claim, Episode
from kgmem.stores._sqlite_reads import asked, composed
from kgmem.stores._sqlite_rows import (
    claim,
    columns,
    entity_row,
    moment,
    parameter,
    trusted,
    version,
)
from kgmem.stores.base import (
    Failure,
    RecordQuery,
    Registered,
    Trusted,
    Vector,
)
from kgmem.stores.derived import Derived
from kgmem.stores.entities import EntityRow, similar_row
from kgmem.stores.statements import sql
from kgmem.stores.tails import Tail
from kgmem.stores.transaction import Known
from kgmem.text import indexed
from kgmem.timeline import SAME_AS, VERSION_FIELDS, Revision, Slot, Version

_SQL = sql("sqlite.sql")
LONG = 16
"""A slot of more claims than so many is not read as a whole where its end will do."""
BEFORE = 4
"""How many claims are read from before the end: the last two of them may be of one object."""


class SQLiteTransaction:
    """The primitives on a connection that has begun a transaction."""

    def __init__(self, db: sqlite3.Connection, group: str) -> None:
        self._db = db
        self._group = group
        self._num = 0
        self._rewrites = 0
        # Facts about an entity outlive it until what is left of them is derived.
        self._gone: dict[str, int] = {}

    def _run(self, block: str, /, **parameters: object) -> list[sqlite3.Row]:
        values = {key: parameter(value) for key, value in parameters.items()}
        return self._db.execute(_SQL[block], {**values, "group": self._num}).fetchall()

    def _many(self, block: str, rows: Iterable[Mapping[str, object]]) -> None:
        self._db.executemany(
            _SQL[block],
            ({k: parameter(v) for k, v in row.items()} | {"group": self._num} for row in rows),
        )

    def _indexed(self, table: str, block: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Writes rows of a table, and indexes the words of those that are new."""
        if rows:
            (last,) = self._run(f"last_{table}")
            self._many(block, rows)
            self._run(f"index_{table}", last=last["num"])

    def lock(self) -> datetime | None:
        rows = self._run("group", name=self._group)
        if not rows:
            self._num = self._run("create_group", name=self._group)[0]["num"]
            return None
        self._num, self._rewrites = rows[0]["num"], rows[0]["erasures"]
        return moment(rows[0]["recorded_at"])

    def predicates(self, names: Iterable[str]) -> list[Registered]:
        rows = self._run("predicates", names=list(names))
        return [Registered(**columns(row)) for row in rows]

    def register(self, predicates: Sequence[Registered]) -> None:
        self._many("register", (item._asdict() for item in predicates))

    def policies(self) -> list[Trusted]:
        return [trusted(row) for row in self._run("policies")]

    def follow(self, policies: Sequence[Trusted]) -> None:
        self._many("follow", ({**dict(p.trust), "recorded_at": p.recorded_at} for p in policies))

    def known(
        self,
        *,
        episodes: Sequence[str] = (),
        claims: Sequence[str] = (),
        entities: Sequence[str] = (),
    ) -> Known:
        there = self._run("known_entities", ids=entities)
        return Known(
            {row["id"]: row["text"] for row in self._run("known_episodes", ids=episodes)},
            {row["id"] for row in self._run("known_claims", ids=claims)},
            {row["id"]: entity_row(dict(row)) for row in there},
        )

    def namesakes(self, words: Sequence[str]) -> list[EntityRow]:
        return [entity_row(dict(row)) for row in self._run("namesakes", words=words)]

    def insert(
        self,
        episodes: Sequence[Episode],
        entities: Sequence[EntityRow],
        claims: Sequence[Claim],
        vectors: Mapping[str, Vector],
    ) -> None:
        self._indexed(
            "episodes",
            "insert_episode",
            [{**_row(record, vectors), "words": indexed(record.text)} for record in episodes],
        )
        self._indexed(
            "entities",
            "write_entity",
            [
                {
                    "id": row.id,
                    "name": row.name,
                    "words": indexed(row.name),
                    "type": row.type,
                    "aliases": row.aliases,
                    "types": row.types,
                    "first_word": row.first_word,
                    "embedding": vectors.get(row.id),
                }
                for row in entities
            ],
        )
        self._many("insert_claim", (_row(record, vectors) for record in claims))

    def fail(self, failures: Sequence[Failure]) -> None:
        self._many("fail", (item._asdict() for item in failures))

    def settle(self, episodes: Sequence[str]) -> None:
        self._run("settle", ids=list(episodes))

    def claims_with(self, query: RecordQuery) -> list[Claim]:
        values = {name: parameter(value) for name, value in asked(query).items()}
        rows = self._db.execute(composed("claims", query), {"group": self._num, **values})
        return [claim(row, self._group) for row in rows]

    def slots_of(self, predicates: Sequence[str] | None) -> list[tuple[str, str]]:
        return [tuple(row) for row in self._run("slots_of", predicates=predicates)]

    def links(self) -> list[tuple[str, str, str, str]]:
        return [tuple(row) for row in self._run("links", predicate=SAME_AS)]

    def _numbered(self, slots: Sequence[Slot]) -> list[tuple[int, str, int | None]]:
        """Slots as statements take them; 0 is no entity's number."""
        names = {end for slot in slots for end in (slot.subject_id, slot.object_id) if end}
        there = self._run("entity_numbers", ids=sorted(names))
        number = defaultdict(int, self._gone) | {row["id"]: row["num"] for row in there}
        return [(number[s], name, None if o is None else number[o]) for s, name, o, *_ in slots]

    def slot_claims(self, slots: Sequence[Slot]) -> list[list[Claim]]:
        found: list[list[Claim]] = [[] for _ in slots]
        for row in self._run("slot_claims", slots=self._numbered(slots)):
            found[row["slot"]].append(claim(row, self._group))
        return found

    def slot_versions(self, slots: Sequence[Slot], *, every: bool) -> list[list[Version]]:
        found: list[list[Version]] = [[] for _ in slots]
        for row in self._run("slot_versions", slots=self._numbered(slots), every=every):
            found[row["slot"]].append(version(row))
        return found

    def tails(self, changed: Mapping[Slot, datetime]) -> dict[Slot, Tail]:
        slots, found = list(changed), {}
        for row in self._run("long_slots", slots=self._numbered(slots), most=LONG):
            slot = slots[row["key"]]
            since = changed[slot]
            place = {"subject_num": row["subject_num"], "predicate": slot.predicate}
            versions = [version(v) for v in self._run("tail_versions", **place, since=since)]
            since = min([since, *(stored.valid_at for stored in versions)])
            told = self._run("tail_claims", **place, since=since, before=BEFORE)
            found[slot] = Tail([claim(c, self._group) for c in told], versions, since)
        return found

    def apply(self, revision: Revision, now: datetime) -> None:
        del now
        self._many("remove_version", (_version_row(v) for v in revision.remove))
        self._many("expire_version", (_version_row(v) for v in revision.expire))
        self._indexed("facts", "insert_version", [_version_row(v) for v in revision.insert])
        supported = (*revision.insert, *revision.reinforce)
        self._many("add_support", (_version_row(v) for v in supported))

    def erase(
        self, episodes: Sequence[str], claims: Sequence[str], entities: Sequence[str]
    ) -> None:
        self.derive(Derived(self._rewrites, communities=(), similar=(), summaries={}))
        self._run("erase_causes", ids=claims)
        self._run("erase_claims", ids=claims)
        self._run("erase_predicates")
        self._run("erase_episodes", ids=episodes)
        self._gone |= {row["id"]: row["num"] for row in self._run("erase_entities", ids=entities)}

    def rewrites(self) -> int:
        return self._rewrites

    def derive(self, derived: Derived) -> None:
        if derived.communities is not None:
            self._run("clear_communities")
            self._many("insert_community", map(dict, derived.communities))
        if derived.similar is not None:
            self._run("clear_similar")
            self._many("insert_similar", (similar_row(s, self._group) for s in derived.similar))
        if derived.summaries is not None:
            self._run("clear_summaries")
            told = sorted(derived.summaries.items())
            self._many("summarize", ({"id": name, "summary": text} for name, text in told))

    def finish(self, now: datetime, *, rewritten: bool) -> None:
        self._run("finish", recorded_at=now, rewritten=int(rewritten))


def _row(record: Episode | Claim, vectors: Mapping[str, Vector]) -> dict[str, object]:
    return {**dict(record), "embedding": vectors.get(record.id)}


def _version_row(version: Version) -> dict[str, object]:
    values = {name: getattr(version, name) for name in VERSION_FIELDS}
    return {**values, "words": indexed(version.text, version.predicate)}
