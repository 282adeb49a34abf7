"""Ranked lists from Neo4j: by words through Lucene, by vectors exactly or through an index."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, get_args

from kgmem.stores.base import Channel, Ranking, SearchQuery
from kgmem.stores.neo4j_driver import ManagedTransaction, run
from kgmem.stores.neo4j_rows import scope_of

_Rows = list[dict[str, Any]]

# Of a kind with so few records in the group every vector is looked at: no index is quicker, and
# nothing is missed.
_FEW = 2000
# How many of a group's an index is asked for: at least so many, and so many times what is wanted.
# It is not exact, and not all that is near is valid then.
_LEAST = 500
_TIMES = 4
# An index that holds all groups is asked for more, by the group's share of it; but never for more
# than this, where looking at every vector of a group as large is as quick.
_MOST = 20_000
_COUNTED = 50_000
_BY_WORDS: Mapping[str, Channel] = {
    "facts": "fact_text",
    "episodes": "episode_text",
    "entities": "entity_text",
}
_BY_VECTOR: Mapping[str, Channel] = {
    "facts": "fact_vector",
    "episodes": "episode_vector",
    "entities": "entity_vector",
}


class Search:
    """One search in an open transaction.

    Args:
        transaction: The transaction.
        group: The group to search.
        vectors: Which vector indexes there are: a folder below ``cypher/schema``.
        query: What to rank.
    """

    def __init__(
        self, transaction: ManagedTransaction, group: str, vectors: str, query: SearchQuery
    ) -> None:
        self._transaction = transaction
        self._group = group
        self._vectors = vectors
        self._query = query

    def rankings(self) -> dict[Channel, Ranking]:
        """Every channel's ids and scores, best first."""
        found: dict[Channel, Ranking] = {channel: [] for channel in get_args(Channel)}
        by_words, by_vector = (
            [kind for kind, channel in channels.items() if channel in self._query.channels]
            for channels in (_BY_WORDS, _BY_VECTOR)
        )
        rows = self._by_words(by_words) if by_words and self._query.terms else []
        if by_vector and self._query.vector is not None:
            past = self._query.as_known is not None
            rows += self._exactly(by_vector) if past else self._nearest(by_vector)
        for row in rows:
            found[row["channel"]].append((row["id"], row["score"]))
        return found

    def _by_words(self, kinds: Sequence[str]) -> _Rows:
        # Terms are letters and digits in lower case: nothing in them is an operator of Lucene.
        words = " ".join(self._query.terms)
        return run(
            self._transaction,
            "read/search_text",
            query={
                kind: f"+scope:{scope_of(group)}^0 +words:({words})"
                for kind, group in self._groups(kinds).items()
            },
            group=self._group,
            limit=self._query.limit,
            as_of=self._query.as_of,
            as_known=self._query.as_known,
        )

    def _nearest(self, kinds: Sequence[str]) -> _Rows:
        """Each kind by its index where that is quicker than looking at every vector."""
        sizes = {
            row["kind"]: row
            for row in run(self._transaction, "read/sizes", group=self._group, most=_COUNTED)
        }
        depth = {kind: self._depth(row["in_group"], row["in_all"]) for kind, row in sizes.items()}
        many = [kind for kind in kinds if sizes[kind]["in_group"] > max(_FEW, depth[kind])]
        near = self._by_index(many, depth) if many else []
        found = Counter(row["channel"] for row in near)
        # Where the filters left too little of what is near, it is worth looking at everything.
        rest = [k for k in kinds if k not in many or found[_BY_VECTOR[k]] < self._query.limit]
        exact = self._exactly(rest) if rest else []
        replaced = {_BY_VECTOR[kind] for kind in rest}
        return exact + [row for row in near if row["channel"] not in replaced]

    def _depth(self, in_group: int, in_all: int) -> int:
        """How many to fetch from an index, which may hold all groups."""
        wanted = max(_LEAST, _TIMES * self._query.limit)
        if self._vectors == "vectors_by_group" or not in_group:
            return wanted
        return min(ceil(wanted * in_all / in_group), _MOST)

    def _by_index(self, kinds: Sequence[str], depth: Mapping[str, int]) -> _Rows:
        return run(
            self._transaction,
            f"read/search_{self._vectors}",
            depth={kind: depth[kind] if kind in kinds else 1 for kind in _BY_VECTOR},
            **self._near(kinds),
        )

    def _exactly(self, kinds: Sequence[str]) -> _Rows:
        known = self._query.as_known
        if known is None:
            return run(self._transaction, "read/search_exact", **self._near(kinds))
        return run(
            self._transaction, "read/search_exact_known", as_known=known, **self._near(kinds)
        )

    def _near(self, kinds: Sequence[str]) -> dict[str, object]:
        """What every vector search is asked for."""
        assert self._query.vector is not None
        return {
            "group": self._groups(kinds),
            "vector": self._query.vector.tolist(),
            "limit": self._query.limit,
            "as_of": self._query.as_of,
        }

    def _groups(self, kinds: Sequence[str]) -> dict[str, str]:
        """The group by kind; of kinds that are not wanted, one that does not exist."""
        return {kind: self._group if kind in kinds else "" for kind in _BY_VECTOR}
