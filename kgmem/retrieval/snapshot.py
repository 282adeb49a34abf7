"""A group in memory, in columns: all that a question at any two instants asks for.

It is built from a store's `Changes` and then kept up with further ones. Rows are only ever added, in
the order of transaction times and ids, so that a snapshot that grew and one that was read at once
are the same. Times are microseconds since 1970; an open end is `FOREVER`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np

from kgmem.models import Episode, Fact
from kgmem.retrieval.columns import Column, Mask, Numbers, Vectors, Words
from kgmem.retrieval.cues import Cues
from kgmem.retrieval.phrases import Holding, Names, Speakers
from kgmem.retrieval.ppr import Edges, ServerWalk, Walk
from kgmem.retrieval.ppr import Floats as Weights
from kgmem.stores.base import Changes, Mark, Model, PageRankStore, Stated
from kgmem.stores.entities import EntityRow
from kgmem.text import indexed
from kgmem.timeline import SAME_AS, Version
from kgmem.when import FOREVER, micros

# What flows over an edge: a fact, a mention, the next turn, a name that a text holds though no claim says
# so, and a name that another name holds.
_FACT, _MENTION, _NEXT, _HELD, _PART = 1.0, 1.0, 0.5, 0.3, 0.5


def _numbers() -> Column:
    return Column(np.int64)


@dataclass
class Episodes:
    """Episodes by row.

    Attributes:
        rows: The row of each id.
        records: The episodes themselves.
        words: The content words of speaker and text.
        vectors: Their embeddings.
        occurred: When each was said.
        recorded: When the memory took it in.
        sessions: For each session the ``(occurred, id, row)`` of its episodes, in order.
        previous: The row of the turn before in its session, or -1.
        next: The row of the turn after, or -1.
        numbers: The number of each session.
        session: The number of the session of each.
        speakers: Who speaks, by number and by name.
        spoken: The number of the speaker of each, or -1.
        cues: What their words tell besides their meaning.
    """

    rows: dict[str, int] = field(default_factory=dict)
    records: list[Episode] = field(default_factory=list)
    words: Words = field(default_factory=Words)
    vectors: Vectors = field(default_factory=Vectors)
    occurred: Column = field(default_factory=_numbers)
    recorded: Column = field(default_factory=_numbers)
    sessions: dict[str, list[tuple[int, str, int]]] = field(default_factory=dict)
    previous: Column = field(default_factory=_numbers)
    next: Column = field(default_factory=_numbers)
    numbers: dict[str, int] = field(default_factory=dict)
    session: Column = field(default_factory=_numbers)
    speakers: Speakers = field(default_factory=Speakers)
    spoken: Column = field(default_factory=_numbers)
    cues: Cues = field(default_factory=Cues)

    def extend(self, changes: Changes) -> None:
        """Adds what came."""
        touched = set()
        start = len(self.records)
        new = [(e, words) for e, words in changes.episodes if e.id not in self.rows]
        for row, (episode, _) in enumerate(new, start):
            self.rows[episode.id] = row
            self.records.append(episode)
            place = (micros(episode.occurred_at), episode.id, row)
            self.sessions.setdefault(episode.session, []).append(place)
            touched.add(episode.session)
        came = self.records[start:]
        self.words.extend(f"{indexed(e.speaker or '')} {words}" for e, words in new)
        self.vectors.extend(changes.vectors.get(e.id) for e in came)
        self.occurred.extend([micros(e.occurred_at) for e in came])
        self.recorded.extend([micros(e.recorded_at) for e in came])
        self.session.extend([self.numbers.setdefault(e.session, len(self.numbers)) for e in came])
        self.spoken.extend([self.speakers.number(e.speaker) if e.speaker else -1 for e in came])
        self.cues.extend(came)
        self.previous.extend([-1] * len(came))
        self.next.extend([-1] * len(came))
        for session in touched:
            self.sessions[session].sort()
            order = np.array([row for _, _, row in self.sessions[session]])
            self.next.values[order[:-1]] = order[1:]
            self.previous.values[order[1:]] = order[:-1]

    def neighbors(self, mask: Mask) -> tuple[Numbers, Numbers]:
        """Rows of turns that follow each other in a session, where only those of the mask exist."""
        if mask.all():
            earlier = np.flatnonzero(self.next.values >= 0)
            return earlier, self.next.values[earlier]
        pairs = [
            (rows[:-1], rows[1:])
            for places in self.sessions.values()
            for rows in [[row for _, _, row in places if mask[row]]]
        ]
        one, other = (
            np.array([r for p in pairs for r in p[end]], dtype=np.int64) for end in (0, 1)
        )
        return one, other


@dataclass
class Entities:
    """Entities by row; and each form of a name by a row of its own.

    Attributes:
        rows: The row of each id.
        records: Forms and types of each, and since when they are known.
        summaries: A few words about each.
        since: Since when each is known.
        names: The content words of each form of a name.
        named: The row of the entity that each form names.
        named_since: Since when each form is known.
    """

    rows: dict[str, int] = field(default_factory=dict)
    records: list[EntityRow] = field(default_factory=list)
    summaries: list[str] = field(default_factory=list)
    since: Column = field(default_factory=_numbers)
    names: Words = field(default_factory=Words)
    named: Column = field(default_factory=_numbers)
    named_since: Column = field(default_factory=_numbers)

    def extend(self, changes: Changes) -> None:
        """Adds what came, and the new forms of those that are there."""
        forms: list[tuple[datetime, str, str]] = []
        new: list[tuple[datetime, str, EntityRow, str]] = []
        for record, summary in changes.entities:
            known: EntityRow | None = None
            if record.id in self.rows:
                row = self.rows[record.id]
                known = self.records[row]
                self.records[row], self.summaries[row] = record, summary
            else:
                new.append((min(record.aliases.values()), record.id, record, summary))
            forms += [
                (since, record.id, form)
                for form, since in record.aliases.items()
                if known is None or form not in known.aliases
            ]
        new.sort(key=lambda entry: entry[:2])
        for row, (_, name, record, summary) in enumerate(new, len(self.records)):
            self.rows[name] = row
            self.records.append(record)
            self.summaries.append(summary)
        self.since.extend([micros(since) for since, *_ in new])
        forms.sort()
        self.names.extend(indexed(form) for *_, form in forms)
        self.named.extend([self.rows[name] for _, name, _ in forms])
        self.named_since.extend([micros(since) for since, *_ in forms])


@dataclass
class Claims:
    """Claims by row: what ties episodes to entities and to facts.

    Attributes:
        rows: The row of each id.
        records: The claims.
        episodes: The row of the episode that states each, or -1.
        vectors: The embeddings of what they say.
        said: When each was said.
        recorded: When the memory took it in.
        mentions: For each mention the rows of episode and entity, and since when it is known.
    """

    rows: dict[str, int] = field(default_factory=dict)
    records: list[Stated] = field(default_factory=list)
    vectors: Vectors = field(default_factory=Vectors)
    episodes: Column = field(default_factory=_numbers)
    recorded: Column = field(default_factory=_numbers)
    mentions: Column = field(default_factory=lambda: Column(np.int64, 3))
    _mentioned: set[tuple[int, int]] = field(default_factory=set)

    def extend(self, changes: Changes, episodes: Episodes, entities: Entities) -> None:
        """Adds what came."""
        mentions = []
        stating = []
        new = [claim for claim in changes.claims if claim.id not in self.rows]
        for row, claim in enumerate(new, len(self.records)):
            self.rows[claim.id] = row
            episode = -1 if claim.episode is None else episodes.rows[claim.episode]
            stating.append(episode)
            for name in (claim.subject_id, claim.object_id):
                pair = (episode, entities.rows[name] if name is not None else -1)
                if min(pair) >= 0 and pair not in self._mentioned:
                    self._mentioned.add(pair)
                    mentions.append((*pair, micros(claim.recorded_at)))
        self.records += new
        self.vectors.extend(changes.vectors.get(claim.id) for claim in new)
        self.episodes.extend(stating)
        self.recorded.extend([micros(claim.recorded_at) for claim in new])
        self.mentions.extend(mentions)


@dataclass
class Facts:
    """Versions of facts by row, believed or expired; without links, which answer nothing.

    Attributes:
        rows: The row of each id and time of creation.
        records: The versions.
        words: The content words of text and predicate.
        subjects: The row of the entity each is about.
        objects: The row of the entity at its other end.
        text_claims: The row of the claim that gives each its text, and its vector.
        valid: Since when it is true in the world.
        invalid: Until when.
        created: Since when it is believed.
        expired: Until when.
        support: For each supporting claim the rows of fact and claim.
    """

    rows: dict[tuple[str, datetime], int] = field(default_factory=dict)
    records: list[Version] = field(default_factory=list)
    words: Words = field(default_factory=Words)
    subjects: Column = field(default_factory=_numbers)
    objects: Column = field(default_factory=_numbers)
    text_claims: Column = field(default_factory=_numbers)
    valid: Column = field(default_factory=_numbers)
    invalid: Column = field(default_factory=_numbers)
    created: Column = field(default_factory=_numbers)
    expired: Column = field(default_factory=_numbers)
    support: Column = field(default_factory=lambda: Column(np.int64, 2))

    def extend(self, changes: Changes, claims: Claims, entities: Entities) -> None:
        """Adds what came; notes what expired and what gained support."""
        new: list[tuple[Version, str]] = []
        support: list[tuple[int, int]] = []
        for version, words in changes.versions:
            if version.predicate == SAME_AS:
                continue
            key = (version.id, version.created_at)
            supporting = version.support
            if key in self.rows:
                row = self.rows[key]
                known = set(self.records[row].support)
                supporting = tuple(name for name in supporting if name not in known)
                self.records[row] = version
                self.expired.values[row] = micros(version.expired_at)
            else:
                row = self.rows[key] = len(self.rows)
                new.append((version, words))
            support += [(row, claims.rows[name]) for name in supporting]
        came = [version for version, _ in new]
        self.records += came
        self.words.extend(words for _, words in new)
        self.subjects.extend([entities.rows[v.subject_id] for v in came])
        self.objects.extend([entities.rows[v.object_id] for v in came])
        self.text_claims.extend([claims.rows[v.text_claim] for v in came])
        self.valid.extend([micros(v.valid_at) for v in came])
        self.invalid.extend([micros(v.invalid_at) for v in came])
        self.created.extend([micros(v.created_at) for v in came])
        self.expired.extend([micros(v.expired_at) for v in came])
        self.support.extend(support)


class Seen(NamedTuple):
    """Which rows exist for who looks at two instants: boolean masks."""

    episodes: Mask
    facts: Mask
    entities: Mask
    names: Mask
    claims: Mask


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
        self.stated = (np.zeros(0, dtype=np.int64),) * 3
        self._graph: tuple[int, Weights, Edges, Numbers] | None = None
        self._walk: tuple[tuple[int, int | None], Walk] | None = None

    def extend(self, changes: Changes) -> None:
        """Takes in what became of the group since `mark`."""
        self.episodes.extend(changes)
        self.entities.extend(changes)
        self.claims.extend(changes, self.episodes, self.entities)
        self.facts.extend(changes, self.claims, self.entities)
        names = self.names.extend()
        self._held.extend(names)
        self._parts.extend(names)
        self.stated = self._stated()
        self.mark, self.model = changes.mark, changes.model
        self._graph = self._walk = None

    def _stated(self) -> tuple[Numbers, Numbers, Numbers]:
        """Rows of facts, of claims under them and of the turns that state these, by turn."""
        facts, claims = self.facts.support.values.T
        turns = self.claims.episodes.values[claims]
        order = np.argsort(turns, kind="stable")
        order = order[turns[order] >= 0]
        return facts[order], claims[order], turns[order]

    def __len__(self) -> int:
        """How many rows of episodes, entities, claims and versions there are."""
        parts = (self.episodes, self.entities, self.claims, self.facts)
        return sum(len(part.records) for part in parts)

    def seen(self, as_of: datetime | None, as_known: datetime | None) -> Seen:
        """What exists at an instant of valid time, as known at one of transaction time.

        Args:
            as_of: Only facts true in the world then; ``None`` for whatever is believed.
            as_known: Only what was believed and recorded then; ``None`` for now.
        """
        facts, known = self.facts, micros(as_known)
        believed = facts.expired.values > known if as_known else facts.expired.values == FOREVER
        believed &= facts.created.values <= known
        if as_of is not None:
            at = micros(as_of)
            believed &= (facts.valid.values <= at) & (at < facts.invalid.values)
        return Seen(
            episodes=self.episodes.recorded.values <= known,
            facts=believed,
            entities=self.entities.since.values <= known,
            names=self.entities.named_since.values <= known,
            claims=self.claims.recorded.values <= known,
        )

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
        earlier, later = self.episodes.neighbors(seen.episodes)
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
        pairs = np.unique(episodes * size + self.entities.named.values[names])
        pairs = np.setdiff1d(pairs, mentions[:, 0] * size + mentions[:, 1], assume_unique=True)
        return pairs // size, pairs % size

    def _names_in_names(self, seen: Seen) -> tuple[Numbers, Numbers]:
        """Rows of entities, and of others whose names theirs hold."""
        wholes, parts = self._parts.pairs(seen.names, seen.names)
        named, size = self.entities.named.values, max(len(self.entities.records), 1)
        pairs = np.unique(named[wholes] * size + named[parts])
        whole, part = pairs // size, pairs % size
        return whole[whole != part], part[whole != part]

    def fact(self, row: int, as_known: datetime | None) -> Fact:
        """A version as people see it, or saw it then."""
        version = self.facts.records[row]
        known = micros(as_known)
        rows = [self.claims.rows[name] for name in version.support]
        rows = [r for r in rows if self.claims.recorded.values[r] <= known]
        records = [self.claims.records[r] for r in rows]
        subject, object_ = (
            self.entities.records[place].shown(self.entities.summaries[place], as_known)
            for place in (self.facts.subjects.values[row], self.facts.objects.values[row])
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
