"""The rows of a snapshot: episodes, entities, claims and versions of facts, in columns.

Rows are only ever added, in the order of transaction times and ids. Times are microseconds since 1970;
an open end is `FOREVER`.
"""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from kgmem.models import Episode
from kgmem.retrieval.columns import Column, Mask, Numbers, Words
from kgmem.retrieval.cues import Cues
from kgmem.retrieval.phrases import Speakers
from kgmem.retrieval.vectors import Vectors
from kgmem.stores.base import Changes, Stated
from kgmem.stores.entities import EntityRow
from kgmem.text import indexed
from kgmem.timeline import SAME_AS, Version
from kgmem.when import micros


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
        since: Since when each is known.
        names: The content words of each form of a name.
        named: The row of the entity that each form names.
        named_since: Since when each form is known.
    """

    rows: dict[str, int] = field(default_factory=dict)
    records: list[EntityRow] = field(default_factory=list)
    since: Column = field(default_factory=_numbers)
    names: Words = field(default_factory=Words)
    named: Column = field(default_factory=_numbers)
    named_since: Column = field(default_factory=_numbers)

    def extend(self, changes: Changes) -> None:
        """Adds what came, and the new forms of those that are there."""
        forms: list[tuple[datetime, str, str]] = []
        new: list[tuple[datetime, str, EntityRow]] = []
        for record in changes.entities:
            known: EntityRow | None = None
            if record.id in self.rows:
                row = self.rows[record.id]
                known = self.records[row]
                self.records[row] = record
            else:
                new.append((min(record.aliases.values()), record.id, record))
            forms += [
                (since, record.id, form)
                for form, since in record.aliases.items()
                if known is None or form not in known.aliases
            ]
        new.sort(key=lambda entry: entry[:2])
        for row, (_, name, record) in enumerate(new, len(self.records)):
            self.rows[name] = row
            self.records.append(record)
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
    """Versions of facts by row, believed or expired; links, which answer nothing, are kept apart.

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
        links: Versions of links, by id and time of creation.
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
    links: dict[tuple[str, datetime], Version] = field(default_factory=dict)

    def extend(self, changes: Changes, claims: Claims, entities: Entities) -> None:
        """Adds what came; notes what expired and what gained support."""
        new: list[tuple[Version, str]] = []
        support: list[tuple[int, int]] = []
        for version, words in changes.versions:
            key = (version.id, version.created_at)
            if version.predicate == SAME_AS:
                self.links[key] = version
                continue
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
