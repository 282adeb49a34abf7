"""One list of turns and facts, in which a turn and a fact that it states take one place."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import groupby

import numpy as np

from kgmem.retrieval.columns import Mask, Numbers, Scores, among, descending
from kgmem.retrieval.scoring import Found, Sight, floored, scaled
from kgmem.retrieval.spreading import Walked, ends_of_facts
from kgmem.text import indexed, terms

# A fact stands for its turn unless the turn, or what it says of the fact, is nearer to the question by more
# than this cosine.
_CLOSE = 0.1
# Or the turn is short beside all of its facts that are as near but for this: then it says more in as few words.
_AS_CLOSE = 0.05
_SHORT = 1.5
# So much nearer must a fact be that does not hold than one of the same turn that does; the other way round where
# it is asked for what is no longer so.
_PAST = 0.1


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the list.

    Attributes:
        score: How good it is.
        fact: The row of a fact, where there is one.
        turn: The row of the turn that states it, where there is one.
        is_fact: Which of the two represents both.
    """

    score: float
    fact: int | None
    turn: int | None
    is_fact: bool


def folded(sight: Sight, scored: Found, walked: Walked) -> Iterator[Place]:
    """The places of the list, best first; equals are in the order of their ids."""
    versions, episodes = sight.snapshot.facts.records, sight.snapshot.episodes.records
    reached = np.flatnonzero(walked.reached)
    turns = _ordered(scored.total + walked.turns, reached, lambda row: episodes[row].id)
    facts = _ordered(*_alone(sight, scored, walked), lambda row: versions[row].id)
    stating = _Stating(sight, scored)
    covered: set[int] = set()
    listed = merge(((*e, True) for e in turns), ((*e, False) for e in facts), key=lambda e: -e[0])
    for score, row, is_turn in listed:
        if not is_turn:
            yield Place(score, row, None, is_fact=True)
        elif row not in covered:
            fact, said = stating.best(row)
            nearest = max(said, scored.turns[row] / 2)
            stands = fact is not None and scored.facts[fact] + _CLOSE >= nearest
            if stands and fact is not None:
                stands = not stating.is_short(row, fact)
            if stands and fact is not None:
                covered.update(stating.turns(fact))
            else:
                # Where the turn is shown, its nearest fact says whether what it tells of that is over.
                fact, _ = stating.best(row, past=0)
            yield Place(score, fact, row, is_fact=stands)


def _ordered(
    scores: Scores, rows: Numbers, key: Callable[[int], str]
) -> Iterator[tuple[float, int]]:
    for block in descending(scores, rows):
        for score, equals in groupby(block, key=lambda row: float(scores[row])):
            yield from ((score, row) for row in sorted(equals, key=key))


def _alone(sight: Sight, scored: Found, walked: Walked) -> tuple[Scores, Numbers]:
    """Scores of facts that no seen turn states, on the scale of those of turns; and which these are."""
    seen, weights = sight.seen, sight.weights
    rows, scores = seen.alone, np.zeros(len(seen.facts), dtype=np.float32)
    if not len(rows):
        return scores, rows
    near, words = scored.facts, sight.snapshot.facts.words.bm25(terms(sight.asked.text), seen.facts)
    # On one scale with the turns: among few facts none could stand out.
    pool = np.concatenate([near.take(seen.believed), among(scored.turns, seen.episodes) / 2])
    ends, added = ends_of_facts(sight, scored, walked, rows)
    vectors = sum(weights[name] for name in ("vector", "window", "facts"))
    found = added + vectors * floored(sight, scaled(near[rows], pool))
    found += weights["text"] * floored(sight, scaled(words[rows], words.take(seen.believed)))
    found += weights["past"] * ~sight.held.facts[rows]
    if "speaker" in scored.channels:
        found += weights["speaker"] * _about_speaker(sight, rows)
    scores[rows] = found
    return scores, rows[(near[rows] > 0) | (words[rows] > 0) | (ends > 0)]


def _about_speaker(sight: Sight, rows: Numbers) -> Mask:
    """Which facts are about the one speaker whom the question names: a record counts as if she said it."""
    snapshot = sight.snapshot
    (number,) = sight.asked.speakers
    words = indexed(list(snapshot.episodes.speakers.numbers)[number]).split()
    about = np.zeros(len(snapshot.entities.records), dtype=bool)
    for start, stop, names in snapshot.names.within(words):
        if (start, stop) == (0, len(words)):
            named = np.array(names)
            about[snapshot.entities.named.values[named[sight.seen.names[named]]]] = True
    return np.asarray(about[snapshot.facts.subjects.values[rows]])


class _Stating:
    """Which turns state which facts."""

    def __init__(self, sight: Sight, scored: Found) -> None:
        self._sight = sight
        self._ids = sight.snapshot.facts.records
        self._scored = scored
        self._facts, self._claims, self._turns = sight.seen.stated

    def best(self, turn: int, *, past: float = _PAST) -> tuple[int | None, float]:
        """The fact of which a turn says what is nearest to the question, and how near that is.

        A fact shows the words of its first claim, and the turn may have said it in others. Facts that
        hold come first, where others are not nearer by ``past``.
        """
        best = min(
            self._places(turn),
            key=lambda p: (-self._rank(p, past), self._ids[self._facts[p]].id),
            default=None,
        )
        return (None, 0.0) if best is None else (int(self._facts[best]), self._nearness(best))

    def is_short(self, turn: int, fact: int) -> bool:
        """Whether a turn states other facts about as near as one, and is hardly longer than all of them."""
        near = self._scored.facts
        facts = {int(self._facts[place]) for place in self._places(turn)}
        close = [one for one in facts if near[one] >= near[fact] - _AS_CLOSE]
        length = len(self._sight.snapshot.episodes.records[turn].text)
        return len(close) > 1 and length <= _SHORT * sum(len(self._ids[f].text) for f in close)

    def _places(self, turn: int) -> range:
        return range(*np.searchsorted(self._turns, [turn, turn + 1]).tolist())

    def _rank(self, place: int, past: float) -> float:
        wanted = self._sight.held.facts[self._facts[place]] != self._sight.asked.former
        return self._nearness(place) + past * bool(wanted)

    def _nearness(self, place: int) -> float:
        if self._scored.claims is None:
            return float(self._scored.facts[self._facts[place]])
        return float(self._scored.claims[self._claims[place]])

    def turns(self, fact: int) -> set[int]:
        """The turns that state a fact."""
        claims = self._sight.snapshot.claims
        rows = np.array([claims.rows[name] for name in self._ids[fact].support])
        return set(claims.episodes.values[rows[self._sight.seen.claims[rows]]].tolist())
