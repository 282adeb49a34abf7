"""A group as the CSV files that ``neo4j-admin database import full`` makes a database of.

It is the graph as kgmem itself writes it, facts and entities included, without its indexes: those
come when kgmem first opens the database. ``import.args`` holds the arguments::

    cd FOLDER && neo4j-admin database import full @import.args --overwrite-destination neo4j

Unlike in the other formats the group is held in memory, and nobody may write to it meanwhile.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from kgmem.errors import InvalidInputError, StoreUnavailableError
from kgmem.exchange.records import Header, row_of
from kgmem.models import Claim, Episode
from kgmem.stores.base import Changes, Embedded, Failure, Item, Registered, Store, Trusted
from kgmem.stores.neo4j_rows import entity_columns, scope_of, session_id, version_row
from kgmem.text import indexed
from kgmem.timeline import Version

if TYPE_CHECKING:
    from kgmem.exchange import Writing

# No text of people holds it, hardly; the tool has no way to quote what is inside a list.
_BETWEEN = "\x1f"
_GROUP = "group_id"
_FACT = (
    ":START_ID(Entity)", ":END_ID(Entity)", "id", _GROUP, "scope", "words", "subject_id", "predicate",
    "object_id", "text", "text_claim", "valid_at:datetime", "invalid_at:datetime",
    "created_at:datetime", "ended_by", "claims:string[]", "episodes:string[]",
)  # fmt: skip
_NODES = {
    "KgmemSchema": ("id", "embedder", "dimension:long"),
    "Group": ("id", _GROUP, "recorded_at:datetime", "rewrites:long"),
    "Predicate": (_GROUP, "name", "cardinality", "recorded_at:datetime"),
    "Trust": (_GROUP, "min_confidence:double", "order:string[]", "recorded_at:datetime"),
    "Failure": ("episode", "window", "reason", _GROUP),
    "Session": ("id:ID(Session)", _GROUP, "name"),
    "Episode": (
        "id:ID(Episode)", _GROUP, "session", "text", "speaker", "occurred_at:datetime",
        "recorded_at:datetime", "message_id", "source", "source_kind", "scope", "words",
        "embedding:float[]",
    ),
    "Entity": (
        "id:ID(Entity)", _GROUP, "scope", "name", "words", "type", "first_word", "summary",
        "aliases:string[]", "aliases_at:datetime[]", "types:string[]", "types_at:datetime[]",
        "embedding:float[]",
    ),
    "Claim": (
        "id:ID(Claim)", _GROUP, "episode", "kind", "subject", "subject_id", "subject_type", "predicate",
        "object", "object_id", "object_type", "text", "valid_at:datetime", "invalid_at:datetime",
        "said_at:datetime", "recorded_at:datetime", "confidence:double", "source_kind", "span:long[]",
        "target", "caused_by", "embedding:float[]",
    ),
}  # fmt: skip
_RELATIONSHIPS = {
    "IN": (":START_ID(Episode)", ":END_ID(Session)"),
    "STATES": (":START_ID(Episode)", ":END_ID(Claim)"),
    "MENTIONS": (":START_ID(Episode)", ":END_ID(Entity)"),
    "FACT": (*_FACT, "supported_at:datetime", "embedding:float[]"),
    "EXPIRED_FACT": (*_FACT, "expired_at:datetime"),
}


class _Table:
    """A file of one kind of node or relationship."""

    def __init__(self, file: IO[str], columns: tuple[str, ...]) -> None:
        self._file = file
        # The ends of a relationship have a type and no name.
        self._names = [column.partition(":")[0] or column for column in columns]
        file.write(",".join(columns) + "\n")

    def add(self, **row: object) -> None:
        self._file.write(",".join(_field(row[name]) for name in self._names) + "\n")


def _field(value: object) -> str:
    """A quoted field; nothing at all for what is not there."""
    if value is None:
        return ""
    if isinstance(value, list | tuple | np.ndarray):
        parts = [str(part) for part in (value.tolist() if isinstance(value, np.ndarray) else value)]
        if any(_BETWEEN in part for part in parts):
            raise InvalidInputError(
                f"{parts!r} holds the control character U+001F, which this format needs: use jsonl"
            )
        value = _BETWEEN.join(parts)
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return '"' + text.replace('"', '""') + '"'


@contextmanager
def writing(path: Path, header: Header, store: Store) -> "Iterator[Writing]":
    """Writes a folder: records as they come, what is derived at the end."""
    path.mkdir()
    everything = store.changes(None)
    with ExitStack() as stack:
        tables = {
            name: _Table(
                stack.enter_context((path / f"{name}.csv").open("w", encoding="utf-8", newline="")),
                columns,
            )
            for name, columns in {**_NODES, **_RELATIONSHIPS}.items()
        }
        graph = _Graph(tables, header, everything)
        yield graph.add
        graph.finish()
    if store.changes(everything.mark).mark != everything.mark:
        raise StoreUnavailableError(
            f"somebody wrote to group {store.group!r} meanwhile: do the same again, while nobody does"
        )
    arguments = [f"--nodes={name}=./{name}.csv" for name in _NODES]
    arguments += [f"--relationships={name}=./{name}.csv" for name in _RELATIONSHIPS]
    arguments += ["--array-delimiter=U+001F", "--multiline-fields=true"]
    (path / "import.args").write_text("\n".join(arguments) + "\n", encoding="utf-8")


class _Graph:
    """Turns records into nodes and relationships."""

    def __init__(self, tables: Mapping[str, _Table], header: Header, known: Changes) -> None:
        self._tables = tables
        self._header = header
        self._known = known
        self._of_group = {_GROUP: header.group, "scope": scope_of(header.group)}
        self._sessions: set[str] = set()
        self._stated_in: dict[str, str | None] = {}

    def add(self, item: Item) -> None:
        """Takes in a record; vectors are known already."""
        row: dict[str, Any] = {**self._of_group, **row_of(item)}
        if isinstance(item, Episode):
            self._episode(item, row)
        elif isinstance(item, Claim):
            self._claim(item, row)
        elif isinstance(item, Registered):
            self._tables["Predicate"].add(name=item.predicate, **row)
        elif isinstance(item, Trusted):
            self._tables["Trust"].add(**row)
        elif isinstance(item, Failure):
            self._tables["Failure"].add(**row)
        else:
            assert isinstance(item, Embedded)

    def _vector(self, record: str) -> object:
        return self._known.vectors.get(record) if self._header.embedder else None

    def _edge(self, kind: str, start: str, end: str, **row: object) -> None:
        ends = dict(zip(_RELATIONSHIPS[kind], (start, end), strict=False))
        self._tables[kind].add(
            **{name.partition(":")[0] or name: v for name, v in ends.items()}, **row
        )

    def _episode(self, episode: Episode, row: dict[str, Any]) -> None:
        words, vector = indexed(episode.text), self._vector(episode.id)
        self._tables["Episode"].add(**row, words=words, embedding=vector)
        session = session_id(self._header.group, episode.session)
        if session not in self._sessions:
            self._sessions.add(session)
            self._tables["Session"].add(id=session, name=episode.session, **self._of_group)
        self._edge("IN", episode.id, session)

    def _claim(self, claim: Claim, row: dict[str, Any]) -> None:
        self._tables["Claim"].add(**row, embedding=self._vector(claim.id))
        self._stated_in[claim.id] = claim.episode
        if claim.episode is not None:
            self._edge("STATES", claim.episode, claim.id)

    def finish(self) -> None:
        """What is derived: entities, mentions, facts; and what is of the whole."""
        mark, model = self._known.mark, self._header.model
        self._tables["KgmemSchema"].add(
            id="kgmem", embedder=model.embedder, dimension=model.dimension
        )
        self._tables["Group"].add(
            id=self._header.group, recorded_at=mark.recorded_at, rewrites=0, **self._of_group
        )
        for row in self._known.entities:
            columns = {**entity_columns(row), **self._of_group, "summary": ""}
            self._tables["Entity"].add(**columns, embedding=self._vector(row.id))
        mentions = {
            (claim.episode, entity)
            for claim in self._known.claims
            for entity in (claim.subject_id, claim.object_id)
            if claim.episode is not None and entity is not None
        }
        for episode, entity in sorted(mentions):
            self._edge("MENTIONS", episode, entity)
        for version, _ in self._known.versions:
            self._fact(version)

    def _fact(self, version: Version) -> None:
        row = version_row(version, self._stated_in)
        properties = row.pop("properties")
        assert isinstance(properties, dict)
        kind = "FACT" if version.expired_at is None else "EXPIRED_FACT"
        row |= {**properties, **self._of_group, "supported_at": row["created_at"]}
        row["embedding"] = self._vector(version.text_claim)
        self._edge(kind, version.subject_id, version.object_id, **row)
