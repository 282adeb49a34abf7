"""What a snapshot is made of, read the same way from every store: what changed, or what is near."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from kgmem.stores.base import Changes, Channel, Mark, Ranking, Vector

TIMES = frozenset(
    (
        "valid_at",
        "invalid_at",
        "said_at",
        "recorded_at",
        "occurred_at",
        "created_at",
        "expired_at",
        "made_at",
    )
)
"""The fields of records that are instants."""

Kind = Literal["versions", "claims", "entities", "episodes"]

_BEGINNING = datetime.min.replace(tzinfo=UTC)
# What is referred to is read after what refers to it, so it is there even where others commit
# meanwhile; what came too early comes again with the next changes, which does no harm.
_KINDS: tuple[Kind, ...] = ("versions", "claims", "entities", "episodes")
# Facts around the entities found: each brings a vector, and more say little about where to walk.
_MOST_AROUND = 300


class Rows(Protocol):
    """What a store reads inside one transaction."""

    def read(
        self, kind: Kind, *, since: datetime | None = None, ids: Sequence[str] | None = None
    ) -> list[tuple[Any, Vector | None]]:
        """The entries of `Changes` of a kind, each with its vector; those since, or with these ids."""
        ...

    def around(
        self, entities: Sequence[str], episodes: Sequence[str], most: int
    ) -> tuple[list[str], list[str], list[str]]:
        """Ids of facts of the entities, of claims of the episodes, and of the turns beside these."""
        ...


def changed(found: Changes, since: Mark | None, rows: Rows) -> Changes:
    """What came and went since a mark."""
    whole = since is None or since.rewrites != found.mark.rewrites
    start = _BEGINNING if since is None or whole else since.recorded_at or _BEGINNING
    read = {kind: rows.read(kind, since=start) for kind in _KINDS}
    return _filled(replace(found, whole=whole), read)


def gathered(found: Changes, lists: Mapping[Channel, Ranking], rows: Rows) -> Changes:
    """The records of ranked lists, with those that tie them together."""
    ranked = {
        kind: {name for way in ("text", "vector") for name, _ in lists[f"{kind}_{way}"]}  # type: ignore[index]
        for kind in ("fact", "episode", "entity")
    }
    facts, claims, beside = rows.around(
        sorted(ranked["entity"]), sorted(ranked["episode"]), _MOST_AROUND
    )
    versions = rows.read("versions", ids=sorted({*ranked["fact"], *facts}))
    supporting = {name for (version, _), _ in versions for name in version.support}
    stated = rows.read("claims", ids=sorted({*claims, *supporting}))
    ends = {end for (version, _), _ in versions for end in (version.subject_id, version.object_id)}
    named = {e for claim, _ in stated for e in (claim.subject_id, claim.object_id) if e}
    stating = {claim.episode for claim, _ in stated if claim.episode}
    return _filled(
        replace(found, whole=True),
        {
            "versions": versions,
            "claims": stated,
            "entities": rows.read("entities", ids=sorted({*ranked["entity"], *ends, *named})),
            "episodes": rows.read("episodes", ids=sorted({*ranked["episode"], *beside, *stating})),
        },
    )


def _filled(found: Changes, read: Mapping[Kind, list[tuple[Any, Vector | None]]]) -> Changes:
    keyed = [(entry.id, vector) for entry, vector in (*read["claims"], *read["entities"])]
    keyed += [(episode.id, vector) for (episode, _), vector in read["episodes"]]
    vectors = {name: vector for name, vector in keyed if vector is not None}
    return replace(
        found,
        versions=[entry for entry, _ in read["versions"]],
        claims=[entry for entry, _ in read["claims"]],
        entities=[entry for entry, _ in read["entities"]],
        episodes=[entry for entry, _ in read["episodes"]],
        vectors=vectors,
    )
