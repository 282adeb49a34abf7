"""Whether a group has anything to say to a question: a context of what is merely least far misleads."""

from datetime import UTC, datetime

from kgmem.extraction.dates import find_dates
from kgmem.retrieval.scoring import Found, Sight
from kgmem.text import stem, terms

# Below this cosine of all-MiniLM-L6-v2 nothing speaks of what is asked. On LoCoMo and LongMemEval no
# more than 1 answerable question in 500 is as far from everything, and most questions about other
# things are; a model whose cosines are all greater makes a context abstain less, never more.
_FAR = 0.35
# The words of a question are met where one turn or fact holds so many of them.
_SHARE = 0.5
# Words of who asks for all that was at a time.
_ANYTHING = frozenset(map(stem, ("happen", "happened", "going", "new", "news", "events")))


def unrelated(sight: Sight, scored: Found) -> bool:
    """Whether nothing named is known, nothing is near in meaning, and no text has half the words."""
    if sight.asked.speakers or sight.asked.entities or _is_of_a_time(sight):
        return False
    facts = scored.facts.take(sight.seen.believed)
    nearest = max(facts.max(initial=0), scored.turns.max(initial=0) / 2)
    return bool(nearest < _FAR) and _met(sight) < _SHARE


def _is_of_a_time(sight: Sight) -> bool:
    """As in "What happened in May?", where something was said in May."""
    if sight.asked.span is None:
        return False
    text = sight.asked.text
    # Where dates stand does not depend on when it is asked.
    for date in reversed(find_dates(text, datetime(2000, 1, 1, tzinfo=UTC))):
        text = text[: date.start] + text[date.end :]
    first, after = sight.asked.span
    said = sight.snapshot.episodes.occurred.values[sight.seen.episodes]
    is_then = (said >= first) & (said < after)
    return bool(is_then.any()) and _ANYTHING.issuperset(map(stem, terms(text)))


def _met(sight: Sight) -> float:
    """The greatest share of the words of a question that one turn or fact holds."""
    words = terms(sight.asked.text)
    rows = (
        (sight.snapshot.episodes.words, sight.seen.episodes),
        (sight.snapshot.facts.words, sight.seen.facts),
    )
    most = max(int(texts.postings(words, seen).held.max(initial=0)) for texts, seen in rows)
    return most / max(len(set(map(stem, words))), 1)
