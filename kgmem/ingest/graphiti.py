"""The graph that Graphiti keeps in Neo4j, as claims: both of its clocks, and its episodes.

An edge ``RELATES_TO`` becomes an asserting claim for every episode that it cites, recorded at its
``created_at``. One that was invalidated (``expired_at``) becomes, besides, what took it away,
recorded at ``expired_at``:

- with an ``invalid_at`` after its start, a claim that it ends then;
- otherwise nothing says that it was ever true, or until when: it is taken back, and stays known as
  what was believed until ``expired_at``.

An edge without ``valid_at`` holds since it was said.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import NamedTuple

from kgmem.errors import InvalidInputError, NotFoundError
from kgmem.ingest.importing import PAGE, Imported, Importer
from kgmem.memory import Memory
from kgmem.models import Claim, ClaimDraft, Message, SourceKind
from kgmem.stores.neo4j_driver import Address, Connection, Row
from kgmem.when import aware

SESSION = "graphiti"
"""The session of episodes that are part of no saga."""


class _Cited(NamedTuple):
    """An episode, as far as a claim needs it."""

    id: str | None
    said_at: datetime
    recorded_at: datetime
    source_kind: SourceKind


def import_graphiti(
    url: str, memory: Memory, *, group_id: str | None = None, page: int = PAGE
) -> Imported:
    """Takes a group of a Graphiti graph into a memory; doing it again adds what has come since.

    The graph is only read, in pages; what is kept of an episode between pages is its ids and times.

    Args:
        url: The server that Graphiti writes to: ``neo4j://user:pw@host:7687/db``.
        memory: Where it goes. Its schema decides what replaces what; best a group of its own.
        group_id: Graphiti's name of the group; needed where the graph holds several.
        page: How many records are read and written at once.

    Returns:
        What was read and written, and what could not be kept.

    Raises:
        NotFoundError: The graph holds no such group.
        InvalidInputError: It holds several groups, and none is named.
        StoreError: The server cannot be read.
    """
    importer = Importer(memory)
    with closing(Connection(Address.of(url))) as graph:
        chosen = _group(graph, group_id)
        cited: dict[str, _Cited] = {}
        for rows in _pages(graph, "import/graphiti_episodes", chosen, page):
            _episodes(rows, importer, cited)
        for rows in _pages(graph, "import/graphiti_facts", chosen, page):
            claims = [claim for row in rows for claim in _claims(row, importer, cited)]
            importer.read_facts += len(rows)
            importer.write([], claims)
        for row in graph.rows("import/graphiti_rest", group_id=chosen):
            if row["count"]:
                importer.lose(row["what"], count=row["count"])
    return importer.done()


def _group(graph: Connection, name: str | None) -> str:
    groups = [row["group_id"] for row in graph.rows("import/graphiti_groups")]
    if name is None and len(groups) > 1:
        raise InvalidInputError(
            f"the graph holds {len(groups)} groups: name one with group_id= (--group-id), such as "
            f"{groups[0]!r} or {groups[1]!r}"
        )
    if not groups or name not in (None, *groups):
        raise NotFoundError(
            f"Graphiti has written no group {name or ''!r} to {graph.address.shown}: it holds "
            f"{groups[:5]!r}. Check the database in the URL, and group_id= (--group-id)"
        )
    return groups[0] if name is None else name


def _pages(graph: Connection, statement: str, group_id: str, page: int) -> Iterator[list[Row]]:
    after = ""
    while rows := graph.rows(statement, group_id=group_id, after=after, limit=page):
        yield rows
        after = rows[-1]["uuid"]


def _episodes(rows: Sequence[Row], importer: Importer, cited: dict[str, _Cited]) -> None:
    episodes = []
    for row in rows:
        importer.read_episodes += 1
        created_at = _moment(row["created_at"])
        kind: SourceKind = "user" if row["source"] == "message" else "document"
        message = Message(
            text=row["content"] or "",
            occurred_at=_moment(row["valid_at"]) or created_at,
            id=row["uuid"],
            source=row["description"] or None,
            source_kind=kind,
        )
        episode = importer.episode(message, row["saga"] or SESSION, created_at)
        if episode is not None and episode.recorded_at is not None:
            episodes.append(episode)
            said_at = episode.occurred_at
            cited[row["uuid"]] = _Cited(episode.id, said_at, episode.recorded_at, kind)
    importer.write(episodes, [])


def _claims(row: Row, importer: Importer, cited: dict[str, _Cited]) -> Iterator[Claim]:
    """The claims of one edge: what its episodes say, and what became of it."""
    valid_at, invalid_at = _moment(row["valid_at"]), _moment(row["invalid_at"])
    expired_at = _moment(row["expired_at"])
    said_at = _moment(row["said_at"]) or _moment(row["created_at"]) or valid_at
    known_at = _moment(row["created_at"]) or said_at
    if said_at is None or known_at is None:
        importer.lose("fact without any date", row["text"] or row["uuid"])
        return
    if valid_at is None:
        importer.lose("start of a fact: it holds since it was said", row["text"] or row["uuid"])
    sources = _sources(row, importer, cited) or [_Cited(None, said_at, known_at, "document")]
    asserted = []
    for source in sources:
        draft = ClaimDraft(
            kind="asserts",
            subject=row["subject"] or "",
            predicate=row["predicate"] or "",
            object=row["object"] or "",
            text=row["text"] or "",
            valid_at=valid_at or sources[0].said_at,
            said_at=source.said_at,
            episode=source.id,
            source_kind=source.source_kind,
            subject_type=_type(row["subject_labels"]),
            object_type=_type(row["object_labels"]),
        )
        # What cites a later episode too has been confirmed by it.
        first = known_at if source is sources[0] else max(known_at, source.recorded_at)
        claim = importer.claim(draft, first)
        if claim is None:
            return
        asserted.append(claim)
    yield from asserted
    gone_at = expired_at or (known_at if invalid_at is not None else None)
    if gone_at is None:
        importer.expect(asserted[0], None)
    else:
        yield from _gone(asserted, invalid_at, gone_at, importer)


def _gone(
    asserted: Sequence[Claim], invalid_at: datetime | None, gone_at: datetime, importer: Importer
) -> Iterator[Claim]:
    """What took an invalidated edge away."""
    first = asserted[0]
    gone_at = max(gone_at, *(c.recorded_at for c in asserted if c.recorded_at))
    if invalid_at is not None and invalid_at > first.valid_at:
        draft = ClaimDraft(
            kind="ends",
            subject=first.subject,
            predicate=first.predicate,
            object=first.object,
            valid_at=invalid_at,
            said_at=gone_at,
            source_kind="agent",
        )
        if (ending := importer.claim(draft, gone_at)) is not None:
            importer.expect(first, invalid_at)
            yield ending
        return
    why = "expired, with no end in the world" if invalid_at is None else "ends before it starts"
    importer.lose(f"fact that {why}: taken back, and known as believed until then", first.text)
    for claim in asserted:
        draft = ClaimDraft(
            kind="retracts",
            subject=claim.subject,
            predicate=claim.predicate,
            object=claim.object,
            said_at=gone_at,
            target=claim.id,
            source_kind="agent",
        )
        if (voiding := importer.claim(draft, gone_at)) is not None:
            yield voiding


def _sources(row: Row, importer: Importer, cited: dict[str, _Cited]) -> list[_Cited]:
    """The episodes of an edge, the earliest first."""
    found = {uuid: cited[uuid] for uuid in row["episodes"] if uuid in cited}
    if lost := [uuid for uuid in row["episodes"] if uuid not in cited]:
        importer.lose("episode that a fact cites and that is not there", lost[0], len(lost))
    return sorted(found.values(), key=lambda source: (source.recorded_at, source.id))


def _type(labels: Sequence[str]) -> str | None:
    return min(labels).lower() if labels else None


def _moment(text: str | None) -> datetime | None:
    """A time of the graph; those without an offset are UTC, as Graphiti has them."""
    return aware(datetime.fromisoformat(text.partition("[")[0]), UTC) if text else None
