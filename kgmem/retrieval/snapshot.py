"""A group in memory, in columns: all that a question at any two instants asks for.

It is built from a store's `Changes` and then kept up with further ones. Rows are only ever added, in
the order of transaction times and ids, so that a snapshot that grew and one that was read at once
are the same. Times are microseconds since 1970; an open end is `FOREVER`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np

from kgmem.identities import Identities
from kgmem.models import Entity, Fact
from kgmem.retrieval.columns import Mask, Numbers, Postings, Scores, ascending, distinct, within
from kgmem.retrieval.phrases import Holding, Names
from kgmem.retrieval.ppr import Edges, ServerWalk, Walk
from kgmem.retrieval.ppr import Floats as Weights
from kgmem.retrieval.rows import Claims, Entities, Episodes, Facts
from kgmem.stores.base import Changes, Mark, Model, PageRankStore
from kgmem.when import FOREVER, micros

# What flows over an edge: a fact, a mention, the next turn, a name that a text holds though no claim says
# so, and a name that another name holds.
_FACT, _MENTION, _NEXT, _HELD, _PART = 1.0, 1.0, 0.5, 0.3, 0.5
NEIGHBOR = 0.5
"""What a turn counts for in the meaning of those beside it."""


@dataclass(frozen=True, eq=False)
class Seen:
    """Which rows exist for who looks at two instants, as boolean masks; and what follows from that alone."""

    episodes: Mask
    facts: Mask
    entities: Mask
    names: Mask
    claims: Mask
    _episodes: Episodes
    _facts: Facts
    _mentions: Numbers
    _stated: tuple[Numbers, Numbers, Numbers]
    _held: "list[Held]" = field(default_factory=list)

    def held(self, first: int, after: int) -> "Held":
        """What holds at some time of a span, in microseconds; that of an instant is kept until it changes."""
        for held in self._held:
            if held.since <= first and after <= held.until:
                return held
        held = Held.of(self, self._facts, first, after)
        if after - first == 1:
            self._held[:] = [held]
        return held

    @cached_property
    def pairs(self) -> tuple[Numbers, Numbers]:
        """Rows of facts and of the turns that state them, by turn."""
        facts, _, turns = self.stated
        return facts, turns

    @cached_property
    def stated(self) -> tuple[Numbers, Numbers, Numbers]:
        """Rows of facts, of claims under them and of the turns that state these, by turn."""
        kept = self.facts[self._stated[0]] & self.claims[self._stated[1]]
        facts, claims, turns = (rows[kept] for rows in self._stated)
        return facts, claims, turns

    @cached_property
    def believed(self) -> Numbers:
        """Rows of facts."""
        return np.flatnonzero(self.facts)

    @cached_property
    def alone(self) -> Numbers:
        """Rows of facts that no turn states."""
        alone = self.facts.copy()
        alone[self.stated[0]] = False
        return np.flatnonzero(alone)

    @cached_property
    def stating(self) -> Mask:
        """Turns that state anything, whether or not it is seen."""
        _, claims, turns = self._stated
        states = np.zeros(len(self.episodes), dtype=bool)
        states[turns[self.claims[claims]]] = True
        return states

    @cached_property
    def neighbors(self) -> tuple[Numbers, Numbers]:
        """Rows of turns that follow each other."""
        return self._episodes.neighbors(self.episodes)

    @cached_property
    def beside(self) -> tuple[Numbers, Numbers]:
        """The row before each turn, and the one after it; one more than the last where there is none."""
        size = len(self.episodes)
        before, after = np.full(size, size), np.full(size, size)
        earlier, later = self.neighbors
        before[later], after[earlier] = earlier, later
        return before, after

    def with_neighbors(self, scores: Scores, share: float) -> Scores:
        """Scores of turns with that share of those of the turns beside them added."""
        padded = np.append(scores, np.float32(0))
        summed = scores.copy()
        for beside in self.beside:
            summed += share * padded.take(beside, mode="clip")
        return summed

    def postings_beside(self, postings: Postings) -> Postings:
        """The same of turns with those beside them."""
        stems, size = postings.shape
        counts = np.zeros((stems, size + 1), dtype=np.float32)
        counts[postings.stems, postings.rows] = postings.counts
        for beside in self.beside:
            # No two turns have the same one before or after them, but those that have none.
            counts[postings.stems, beside.take(postings.rows)] += postings.counts
        return Postings.of(counts[:, :size])

    @cached_property
    def lengths(self) -> Scores:
        """How many words each turn has."""
        return within(self._episodes.words.lengths, self.episodes)

    @cached_property
    def lengths_beside(self) -> Scores:
        """How many words each turn has with its neighbors."""
        return self.with_neighbors(self.lengths, 1)

    @cached_property
    def sizes(self) -> Scores:
        """How many words each turn has, and at least one: what it weighs in the meaning of several."""
        return np.maximum(self.lengths, 1)

    @cached_property
    def sizes_beside(self) -> Scores:
        """What each turn weighs with its neighbors."""
        return self.with_neighbors(self.sizes, NEIGHBOR)

    @cached_property
    def places(self) -> Numbers:
        """Where each turn stands among them."""
        return np.cumsum(self.episodes) - 1

    @cached_property
    def turns(self) -> int:
        """How many turns there are."""
        return int(np.count_nonzero(self.episodes))

    @cached_property
    def lengths_of_sessions(self) -> Scores:
        """How many words each session has, by its number."""
        sums = np.bincount(self._episodes.session.values, self.lengths)
        return sums.astype(np.float64)

    @cached_property
    def speaking(self) -> Mask:
        """By number, who speaks; the last is of turns without a speaker."""
        spoken = np.zeros(len(self._episodes.speakers.numbers) + 1, dtype=bool)
        spoken[self._episodes.spoken.values[self.episodes]] = True
        return spoken

    @cached_property
    def specificity(self) -> Weights:
        """One over the number of turns that mention each entity: hubs say little about where to look."""
        turns, mentioned, _ = self._mentions.T
        seen = self.episodes.take(turns)
        often = np.bincount(mentioned[seen], minlength=len(self.entities))
        return np.asarray(1.0 / np.maximum(often, 1))


@dataclass(frozen=True, slots=True)
class Held:
    """What holds at some time of a span, and of an instant from when to when that is the same.

    Attributes:
        since: The last change before it or as it begins, in microseconds.
        until: The first change as it is over or after it.
        facts: Which facts hold.
        past: 1 for turns all of whose facts hold no longer, or not yet.
    """

    since: int
    until: int
    facts: Mask
    past: Scores

    @classmethod
    def of(cls, seen: Seen, facts: Facts, first: int, after: int) -> "Held":
        """What holds then of what is seen."""
        changes = np.concatenate([facts.valid.values, facts.invalid.values])
        holding = (facts.valid.values < after) & (first < facts.invalid.values)
        past = seen.stating.astype(np.float32)
        of, turns = seen.pairs
        past[turns[holding[of]]] = 0.0
        return cls(
            since=int(np.where(changes <= first, changes, -FOREVER).max(initial=-FOREVER)),
            until=int(np.where(changes < after, FOREVER, changes).min(initial=FOREVER)),
            facts=holding,
            past=past,
        )


class Snapshot:
    """A group as read from its store; starts empty."""

    def __init__(self) -> None:
        self.mark: Mark | None = None
        self.model = Model()
        # Where it is only a part of the group: what walks the whole.
        self.server: PageRankStore | None = None
        self.episodes = Episodes()
        self.entities = Entities()
        self.claims = Claims()
        self.facts = Facts()
        self.names = Names(self.entities.names)
        self._held = Holding(self.episodes.words, self.names)
        self._parts = Holding(self.entities.names, self.names)
        self._stated = (np.zeros(0, dtype=np.int64),) * 3
        self._graph: tuple[int, Weights, Edges, Numbers] | None = None
        self._walk: tuple[tuple[int, int | None], Walk] | None = None
        self._seen: tuple[tuple[int, int | None], Seen] | None = None
        self._identities: tuple[datetime | None, Identities] | None = None

    def extend(self, changes: Changes) -> None:
        """Takes in what became of the group since `mark`."""
        self.episodes.extend(changes)
        self.entities.extend(changes)
        self.claims.extend(changes, self.episodes, self.entities)
        self.facts.extend(changes, self.claims, self.entities)
        names = self.names.extend()
        self._held.extend(names)
        self._parts.extend(names)
        self._stated = self._by_turn()
        self.mark, self.model = changes.mark, changes.model
        self._graph = self._walk = self._seen = self._identities = None

    def _by_turn(self) -> tuple[Numbers, Numbers, Numbers]:
        """Rows of facts, of claims under them and of the turns that state these, by turn."""
        facts, claims = self.facts.support.values.T
        turns = self.claims.episodes.values[claims]
        stated = np.flatnonzero(turns >= 0)
        order = stated[ascending(turns[stated])]
        return facts[order], claims[order], turns[order]

    def __len__(self) -> int:
        """How many rows of episodes, entities, claims and versions there are."""
        parts = (self.episodes, self.entities, self.claims, self.facts)
        return sum(len(part.records) for part in parts)

    def seen(self, as_of: datetime | None, as_known: datetime | None) -> Seen:
        """What exists at an instant of valid time, as known at one of transaction time; the last is kept.

        Args:
            as_of: Only facts true in the world then; ``None`` for whatever is believed.
            as_known: Only what was believed and recorded then; ``None`` for now.
        """
        facts, known = self.facts, micros(as_known)
        key = (known, None if as_of is None else micros(as_of))
        if self._seen is not None and self._seen[0] == key:
            return self._seen[1]
        believed = facts.expired.values > known if as_known else facts.expired.values == FOREVER
        believed &= facts.created.values <= known
        if as_of is not None:
            at = micros(as_of)
            believed &= (facts.valid.values <= at) & (at < facts.invalid.values)
        seen = Seen(
            episodes=self.episodes.recorded.values <= known,
            facts=believed,
            entities=self.entities.since.values <= known,
            names=self.entities.named_since.values <= known,
            claims=self.claims.recorded.values <= known,
            _episodes=self.episodes,
            _facts=facts,
            _mentions=self.claims.mentions.values,
            _stated=self._stated,
        )
        self._seen = key, seen
        return seen

    def walk(self, as_of: datetime | None, as_known: datetime | None) -> Walk | ServerWalk:
        """The graph as it is seen at two instants, ready to walk; the last one is kept until a write.

        Nodes are the rows of entities, then those of episodes.
        """
        known = micros(as_known)
        key = (known, None if as_of is None else micros(as_of))
        if self._walk is None or self._walk[0] != key:
            seen = self.seen(as_of, as_known)
            if self._graph is None or self._graph[0] != known:
                self._graph = (known, *self._edges(known, self.seen(None, as_known)))
            _, kinds, edges, rows = self._graph
            weights = kinds.copy()
            weights[: len(rows)] *= seen.facts[rows]
            self._walk = (key, Walk(edges, weights))
        if self.server is None:
            return self._walk[1]
        names = [*self.entities.rows, *self.episodes.rows]
        return ServerWalk(self.server, names, self._walk[1], as_of, as_known)

    def _edges(self, known: int, seen: Seen) -> tuple[Weights, Edges, Numbers]:
        """The weights of all edges, the edges, and the rows of facts that the first are of."""
        first = len(self.entities.records)
        facts = np.flatnonzero(seen.facts)
        mentions = self.claims.mentions.values
        mentions = mentions[mentions[:, 2] <= known]
        earlier, later = seen.neighbors
        # The server knows nothing of names that texts hold.
        unnamed = facts[:0], facts[:0]
        holding, held = unnamed if self.server else self._names_held(seen, mentions)
        whole, part = unnamed if self.server else self._names_in_names(seen)
        subjects, objects = self.facts.subjects.values, self.facts.objects.values
        one = [subjects[facts], mentions[:, 0] + first, earlier + first, holding + first, whole]
        other = [objects[facts], mentions[:, 1], later + first, held, part]
        lengths = [len(ends) for ends in one]
        weights = np.repeat([_FACT, _MENTION, _NEXT, _HELD, _PART], lengths)
        size = first + len(self.episodes.records)
        return weights, Edges.of(size, np.concatenate(one), np.concatenate(other)), facts

    def _names_held(self, seen: Seen, mentions: Numbers) -> tuple[Numbers, Numbers]:
        """Rows of episodes and of entities whose names they hold though no claim of theirs does."""
        episodes, names = self._held.pairs(seen.episodes, seen.names)
        size = max(len(self.entities.records), 1)
        pairs = distinct(episodes * size + self.entities.named.values[names])
        pairs = np.setdiff1d(pairs, mentions[:, 0] * size + mentions[:, 1], assume_unique=True)
        return pairs // size, pairs % size

    def _names_in_names(self, seen: Seen) -> tuple[Numbers, Numbers]:
        """Rows of entities, and of others whose names theirs hold."""
        wholes, parts = self._parts.pairs(seen.names, seen.names)
        named, size = self.entities.named.values, max(len(self.entities.records), 1)
        pairs = distinct(named[wholes] * size + named[parts])
        whole, part = pairs // size, pairs % size
        return whole[whole != part], part[whole != part]

    def fact(self, row: int, as_known: datetime | None) -> Fact:
        """A version as people see it, or saw it then."""
        version = self.facts.records[row]
        known = micros(as_known)
        rows = [self.claims.rows[name] for name in version.support]
        rows = [r for r in rows if self.claims.recorded.values[r] <= known]
        records = [self.claims.records[r] for r in rows]
        names = self._names_known(as_known)
        subject, object_ = (
            names.shown(self._entity(end.values[row], as_known))
            for end in (self.facts.subjects, self.facts.objects)
        )
        return Fact(
            id=version.id,
            subject=subject,
            predicate=version.predicate,
            object=object_,
            text=version.text,
            valid_at=version.valid_at,
            invalid_at=version.invalid_at,
            created_at=version.created_at,
            expired_at=version.expired_at,
            claims=tuple(record.id for record in records),
            episodes=tuple(dict.fromkeys(r.episode for r in records if r.episode is not None)),
            ended_by=version.ended_by,
        )

    def _entity(self, row: int, as_known: datetime | None) -> Entity:
        return self.entities.records[row].shown(as_known=as_known)

    def _names_known(self, as_known: datetime | None) -> Identities:
        """Who was who then; the last answer is kept."""
        if self._identities is None or self._identities[0] != as_known:
            known, rows = micros(as_known), self.entities.rows
            links = [
                (rows[v.subject_id], rows[v.object_id])
                for v in self.facts.links.values()
                if micros(v.created_at) <= known
                and (v.expired_at is None or micros(v.expired_at) > known)
            ]
            ends = [(self._entity(a, as_known), self._entity(b, as_known)) for a, b in links]
            self._identities = as_known, Identities(ends)
        return self._identities[1]
