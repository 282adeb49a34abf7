"""The time that a question names: "in May", "since June", "two weeks before 3 May", "after the wedding"."""

import re
from datetime import datetime

from kgmem.extraction.dates import find_dates
from kgmem.extraction.lengths import NUMBER, UNIT, length_of, number_of
from kgmem.retrieval.snapshot import Seen, Snapshot
from kgmem.text import stem, terms
from kgmem.when import micros

OPEN = 2**62
"""Further away than any instant, in microseconds; may be added to."""

Span = tuple[int, int]

_RELATION = re.compile(
    r"(?P<before>before|prior\s+to|until|till)\b|(?:since|after)\b", re.IGNORECASE
)
_LENGTH = re.compile(rf"(?:(?P<number>{NUMBER})|the|last)\s+(?P<unit>{UNIT})\s+$", re.IGNORECASE)
_EVENT = re.compile(
    r"\b(?P<word>before|after|since)\s+(?:the\s+|my\s+|his\s+|her\s+|their\s+|our\s+)?(?P<what>[^,.;:?!]+)",
    re.IGNORECASE,
)
_MOST_WORDS = 4
DAY = 86_400_000_000
_MONTH = 31 * DAY


def span_asked(text: str, now: datetime, snapshot: Snapshot, seen: Seen) -> Span | None:
    """First instant and first after of the time that a question names, in microseconds.

    Args:
        text: The question.
        now: What "last week" is relative to.
        snapshot: The group, for events: one is known where all turns that have its words and a date agree.
        seen: Which rows exist for who asks.

    Returns:
        `OPEN` stands for an end that is open; ``None`` where no time is named, or it is not known.
    """
    dates = find_dates(text, now)
    for date in dates:
        if relation := _RELATION.match(text, date.start):
            before = bool(relation["before"])
            near = micros(date.after if before else date.first)
            return _related(text, date.start, near, before=before)
    closed = [
        (micros(date.first), micros(date.after)) for date in dates if date.first and date.after
    ]
    return closed[0] if closed else _around_event(text, snapshot, seen)


def _related(text: str, start: int, near: int, *, before: bool) -> Span:
    """Before or after an instant; as long as the words say that stand before ``start``."""
    length = _LENGTH.search(text, 0, start)
    number = number_of(length["number"] or "one") if length else None
    if length and number:
        months, days = length_of(number, length["unit"])
        far = int(months * _MONTH + days * DAY)
        return (near - far, near) if before else (near, near + far)
    return (-OPEN, near) if before else (near, OPEN)


def _around_event(text: str, snapshot: Snapshot, seen: Seen) -> Span | None:
    """Before or after what turns date, where all that have its words agree."""
    match = _EVENT.search(text)
    words = terms(match["what"]) if match else []
    if match is None or not 0 < len(words) <= _MOST_WORDS:
        return None
    rows, starts, ends = snapshot.episodes.cues.spans.values.T
    held = snapshot.episodes.words.postings(words, seen.episodes).held
    dated = (held[rows] == len(set(map(stem, words)))) & (ends - starts <= _MONTH)
    # What all of them have in common.
    first = int(starts[dated].max(initial=-OPEN))
    after = int(ends[dated].min(initial=OPEN))
    if not dated.any() or first >= after:
        return None
    near = after if match["word"].lower() == "after" else first
    return _related(text, match.start(), near, before=match["word"].lower() == "before")
