"""How well each turn answers a question: text, meaning, who, when and what, in one sum.

Every channel is standardized over the turns, so that weights compare and no channel needs a scale. Below
the mean it says nothing: that a turn lacks the words, or states no fact, does not take from its meaning.
A turn is read with its neighbors, because answers follow questions. Nothing is embedded for that: a
vector of MiniLM is a mean over a text's words, so that of three turns is near the mean of theirs by
length; its neighbors count by half. The best of the facts it states stands for its sentences. The
recipe is one for dialogues and documents; what a group does not have (speakers, sessions of several
turns, dates) adds nothing.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kgmem.retrieval.analysis import Analysis
from kgmem.retrieval.columns import Mask, Postings, Scores, among, within
from kgmem.retrieval.snapshot import NEIGHBOR, Held, Seen, Snapshot
from kgmem.retrieval.times import DAY
from kgmem.stores.base import Vector
from kgmem.text import stem, terms
from kgmem.when import FOREVER

WEIGHTS = {
    "text": 0.4,
    "session": 0.4,
    "vector": 0.4,
    "window": 0.7,
    "facts": 0.3,
    "speaker": 2.75,
    "date": 3.5,
    "wanted": 1.5,
    "asking": -3.0,
    "past": -1.0,
}
"""What each channel weighs: the first five are standard scores, the others lie between 0 and 1, or 2."""
_STANDARD = ("text", "session", "vector", "window", "facts")
# Several things were told one by one: no session has them all, and each is a fact of who is asked about.
_SEVERAL = {"session": 0.0, "facts": 2.0, "speaker": 2.0}
_ROUNDING = 1e-6
_AFTER = 14 * DAY
_LONGEST_SPAN = 366 * DAY


@dataclass(frozen=True)
class Sight:
    """What a question looks at.

    Attributes:
        snapshot: The group.
        seen: Which rows exist for who asks.
        asked: The question, taken apart.
        during: When facts hold or do not: first instant and first after, in microseconds.
        vectors: The unit vectors of the question and of its rest; ``None`` without an embedder.
        without: Parts of the recipe that are left out, for ablations.
    """

    snapshot: Snapshot
    seen: Seen
    asked: Analysis
    during: tuple[int, int]
    vectors: tuple[Vector, Vector] | None = None
    without: frozenset[str] = frozenset()

    @cached_property
    def weights(self) -> dict[str, float]:
        """What each channel weighs for this question."""
        times = _SEVERAL if self.asked.several else {}
        if self.asked.former:
            times = {**times, "past": -1.0}
        return {name: weight * times.get(name, 1.0) for name, weight in WEIGHTS.items()}

    @cached_property
    def held(self) -> Held:
        """What holds at some time of what is asked about."""
        return self.seen.held(*self.during)


@dataclass(frozen=True)
class Found:
    """What the channels say of the turns of a group.

    Attributes:
        facts: How near each fact, seen or not, is to the question or to its rest: a cosine.
        turns: How near each turn is to the question, and to its rest: the sum of two cosines.
        claims: How near each claim is, by its own words; ``None`` without an embedder.
        named: Which share of what the question says, in bits, lies in the names of entities.
        channels: The scores of turns by channel, unweighted.
        weights: What each channel weighs.
    """

    facts: Scores
    turns: Scores
    claims: Scores | None
    named: float
    channels: dict[str, Scores]
    weights: dict[str, float]

    @cached_property
    def total(self) -> Scores:
        """The weighted sum of the channels."""
        total = np.zeros(len(self.turns), dtype=np.float32)
        for name, score in self.channels.items():
            total += self.weights[name] * score
        return total


def found(sight: Sight) -> Found:
    """Scores all turns of a group by all channels but the graph."""
    episodes, seen = sight.snapshot.episodes, sight.seen
    mask, alone = seen.episodes, "neighbors" in sight.without
    words = terms(sight.asked.text)
    postings = episodes.words.postings(words, mask)
    turns, facts, claims = _nearness(sight, postings)
    beside = postings if alone else seen.postings_beside(postings)
    lengths = seen.lengths if alone else seen.lengths_beside
    window = turns if alone else _window(sight, turns)
    channels = {
        "text": standard(beside.bm25(lengths, seen.turns), mask),
        "session": standard(_by_session(sight, postings), mask),
        "vector": standard(turns, mask),
        "window": standard(window, mask),
        "facts": standard(_best_facts(sight, facts, turns / 2), mask),
        "past": sight.held.past,
        **_boosts(sight, postings),
    }
    channels = {
        name: floored(sight, score) if name in _STANDARD else score
        for name, score in channels.items()
        if name not in sight.without and sight.weights[name]
    }
    return Found(facts, turns, claims, _named(sight, postings, words), channels, sight.weights)


def _nearness(sight: Sight, postings: Postings) -> tuple[Scores, Scores, Scores | None]:
    """How near turns, facts and claims are: cosines, or, without an embedder, shares of the best BM25."""
    snapshot, seen = sight.snapshot, sight.seen
    if sight.vectors is None:
        turns = postings.bm25(seen.lengths, seen.turns)
        facts = snapshot.facts.words.bm25(terms(sight.asked.text), seen.facts)
        turns, facts = (scores / max(scores.max(initial=0), 1e-9) for scores in (turns, facts))
        return 2 * turns, facts, None
    whole, rest = sight.vectors
    turns = snapshot.episodes.vectors.cosine(whole + rest)
    vectors = (whole,) if rest is whole else (whole, rest)
    claims = snapshot.claims.vectors.cosines(vectors).max(axis=0)
    facts = claims.take(snapshot.facts.text_claims.values, mode="clip")
    return within(turns, seen.episodes), facts, claims


def _window(sight: Sight, turns: Scores) -> Scores:
    """The nearness of each turn read with its neighbors: a "yes" beside it adds little to a story."""
    seen = sight.seen
    if "lengths" in sight.without:
        return seen.with_neighbors(turns, NEIGHBOR)
    return seen.with_neighbors(turns * seen.sizes, NEIGHBOR) / seen.sizes_beside


def _by_session(sight: Sight, postings: Postings) -> Scores:
    """BM25 of the session of each turn; 0 where sessions are hardly more than a turn."""
    sessions, lengths = sight.snapshot.episodes.session.values, sight.seen.lengths_of_sessions
    known = int(np.count_nonzero(lengths))
    if 2 * known > sight.seen.turns:
        return np.zeros(len(sessions), dtype=np.float32)
    scores: Scores = postings.by(sessions, len(lengths)).bm25(lengths, known)
    return scores.take(sessions)


def standard(scores: Scores, mask: Mask) -> Scores:
    """Standard scores over the rows of a mask, in 32 bits; zeros where all are the same."""
    return scaled(scores, among(scores, mask))


def scaled(scores: Scores, pool: Scores) -> Scores:
    """Scores in standard deviations from the mean of a pool, in 32 bits; zeros where that is all the same."""
    mean = pool.mean() if len(pool) else 0.0
    off = pool - mean
    deviation = float(np.dot(off, off) / max(len(off), 1)) ** 0.5
    if deviation < _ROUNDING:
        return np.zeros(len(scores), dtype=np.float32)
    standards: Scores = off if pool is scores else scores - mean
    standards /= deviation
    return standards.astype(np.float32, copy=False)


def floored(sight: Sight, scores: Scores) -> Scores:
    """Standard scores, changed in place so that none is below the mean."""
    return scores if "floor" in sight.without else np.maximum(scores, 0, out=scores)


def _best_facts(sight: Sight, facts: Scores, turns: Scores) -> Scores:
    """The nearness of the nearest fact that each turn states; at most the least of those elsewhere."""
    of, stating = sight.seen.pairs
    if not len(of):
        return turns
    best = np.full(len(turns), -np.inf, dtype=np.float32)
    np.maximum.at(best, stating, facts.take(of, mode="clip"))
    least = best.take(stating).min()
    return np.asarray(np.maximum(best, np.minimum(turns, least)))


def _boosts(sight: Sight, postings: Postings) -> dict[str, Scores]:
    """Who speaks, when, and whether a turn has what is wanted or asks itself."""
    episodes, asked = sight.snapshot.episodes, sight.asked
    # An agent's memory holds what it was asked: the same question, in no more than twice its words.
    stems = postings.shape[0]
    same = (postings.held == stems) & (sight.seen.lengths <= 2 * stems)
    boosts: dict[str, Scores] = {"asking": episodes.cues.asking.values * (np.float32(1) + same)}
    if len(asked.speakers) == 1:
        boosts["speaker"] = (episodes.spoken.values == asked.speakers[0]).astype(np.float32)
    if asked.wanted:
        boosts["wanted"] = episodes.cues.dated.values
    if asked.span:
        boosts["date"] = _in_time(sight, asked.span)
    return boosts


def _in_time(sight: Sight, span: tuple[int, int]) -> Scores:
    """1 for turns said in a span, give or take a day, or that speak of it; 0.5 soon after it.

    1 too for turns of what held all that time and is over: where somebody lived then was said before.
    """
    first, after = span
    said = sight.snapshot.episodes.occurred.values
    score = np.where((said >= after) & (said < after + _AFTER), np.float32(0.5), np.float32(0))
    score[(said >= first - DAY) & (said < after + DAY)] = 1.0
    rows, starts, ends = sight.snapshot.episodes.cues.spans.values.T
    score[rows[(starts < after) & (ends > first) & (ends - starts <= _LONGEST_SPAN)]] = 1.0
    (of, turns), facts = sight.seen.pairs, sight.snapshot.facts
    until = facts.invalid.values[of]
    held = (facts.valid.values[of] <= first) & (until >= after) & (until < FOREVER)
    score[turns[held]] = 1.0
    return score


def _named(sight: Sight, postings: Postings, words: list[str]) -> float:
    """Which share of the information of a question its names are."""
    if not sight.asked.entities:
        return 0.0
    rest = set(map(stem, terms(sight.asked.rest)))
    cut = [term not in rest for term in sight.snapshot.episodes.words.known(words)]
    bits = postings.idf(sight.seen.turns) * (postings.often > 0)
    return float(bits[cut].sum() / max(float(bits.sum()), 1e-9))
