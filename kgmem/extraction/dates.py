"""Dates in running English, resolved against the moment when they were said.

A day, month, year, week, weekend, season or decade means all of it (see `kgmem.when`). The grammar
is closed and scanned by a handful of expressions, so a text without dates costs next to nothing and
nothing that merely looks like a number is taken for one. Vague words ("the other day", "recently")
give no date.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from kgmem.extraction._calendar import HINT, Frame, Point, clamped, points_in
from kgmem.extraction.lengths import NUMBER, UNIT, length_of, number_of, shift

Role = Literal["at", "since", "until", "range", "for"]


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date as said, with the words that give it its role.

    Attributes:
        start: First character, of the preposition where there is one.
        end: Last character plus one.
        role: ``at`` a time, ``since`` or ``until`` it, a ``range``, or ``for`` a length of time.
        first: The first instant; of ``for``, as long before it was said.
        after: The first instant after; of ``for``, the moment when it was said.
        length: Months and days of ``for``.
    """

    start: int
    end: int
    role: Role
    first: datetime | None
    after: datetime | None
    length: tuple[int, int] | None = None


def find_dates(text: str, said_at: datetime, *, future: bool = False) -> tuple[DateMention, ...]:
    """The dates a text states, in order.

    Args:
        text: A sentence or more.
        said_at: When it was said; days are those of its timezone.
        future: Whether a bare "Friday" or "in May" means the coming one rather than the past one.
    """
    return _found(text, said_at, said_at.tzinfo, future)


# A search of a large group meets the same turns again and again. Instants are equal across timezones,
# in which days are not: so the zone is part of the key.
@lru_cache(maxsize=4096)
def _found(
    text: str, said_at: datetime, zone: tzinfo | None, future: bool
) -> tuple[DateMention, ...]:
    if not HINT.search(text):
        return ()
    frame = Frame(said_at.date(), future)
    points = points_in(text, frame)
    if future and _SINCE.search(text):
        points = [_behind(text, point, said_at) for point in points]
    mentions = [*_ranges(text, points, zone), *_durations(text, said_at)]
    taken = [(mention.start, mention.end) for mention in mentions]
    mentions += [
        _with_role(text, point, zone)
        for point in points
        if not any(start <= point.start < end for start, end in taken)
    ]
    return tuple(sorted(mentions, key=lambda mention: mention.start))


def midnight(day: date, zone: tzinfo | None) -> datetime:
    """The first instant of a day where its clocks are; UTC without a zone."""
    return datetime(day.year, day.month, day.day, tzinfo=zone or UTC)


def _behind(text: str, point: Point, said_at: datetime) -> Point:
    """The point; where "since" stands before it, the last such one: what has begun lies behind."""
    if not _SINCE_HERE.search(text, 0, point.start):
        return point
    past = points_in(text, Frame(said_at.date(), future=False))
    return next((other for other in past if other.start == point.start), point)


# --- roles -------------------------------------------------------------------------------------

_BEFORE = re.compile(
    r"(?<!\w)(?:(?P<since>(?:ever\s+)?since|as\s+of|starting(?:\s+(?:in|on|from))?|beginning(?:\s+in)?|from)"
    r"|(?P<until>until|till|'til|up\s+to|up\s+until|through|to)"
    r"|(?P<after>after)|(?P<before>before|prior\s+to)"
    r"|(?P<at>on|in|at|during|by|around|over|of|throughout|back\s+in|way\s+back\s+in|earlier))\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_SINCE = re.compile(r"(?<!\w)since\b", re.IGNORECASE)
_SINCE_HERE = re.compile(r"(?<!\w)since\s+(?:the\s+|last\s+)?$", re.IGNORECASE)
_BETWEEN = re.compile(
    r"\s*(?:,\s*)?(?:-|\u2013|\u2014|to|until|till|through|and|up\s+to)\s*(?:the\s+)?",
    re.IGNORECASE,
)
_FROM = re.compile(r"(?<!\w)(?P<word>from|between|\(|in|since)\s*(?:the\s+)?$", re.IGNORECASE)
_DURATION = re.compile(
    rf"\b(?:(?:for|over|during|in)\s+(?:about\s+|around\s+|almost\s+|nearly\s+|over\s+|more\s+than\s+)?"
    rf"(?:(?:the\s+|these\s+)?(?P<past>last|past)\s+)?)(?P<number>{NUMBER})\s+(?P<unit>{UNIT})\b(?!\s+(?:ago|from\s+now|old))",
    re.IGNORECASE,
)


def _with_role(text: str, point: Point, zone: tzinfo | None) -> DateMention:
    first, after = midnight(point.span[0], zone), midnight(point.span[1], zone)
    match = _BEFORE.search(text, max(0, point.start - 24), point.start)
    if match is None:
        return DateMention(point.start, point.end, "at", first, after)
    role = match.lastgroup
    at = DateMention(match.start(), point.end, "at", first, after)
    if role == "since":
        return replace(at, role="since", after=None)
    if role == "until":
        return replace(at, role="until", first=None)
    if role == "after":
        return replace(at, role="since", first=after, after=None)
    if role == "before":
        return replace(at, role="until", first=None, after=first)
    return at


def _ranges(text: str, points: list[Point], zone: tzinfo | None) -> Iterator[DateMention]:
    """From A to B, between A and B, A-B: the end is part of it."""
    for left, right in pairwise(points):
        between = _BETWEEN.fullmatch(text, left.end, right.start)
        opening = _FROM.search(text, max(0, left.start - 12), left.start)
        if between is None or not (opening or between[0].strip() in "-\u2013\u2014"):
            continue
        word = opening["word"].lower() if opening else ""
        if between[0].strip().lower() == "and" and word != "between":
            continue
        start = opening.start() if opening else left.start
        end = right.end + (word == "(" and text[right.end : right.end + 1] == ")")
        first = _year_from(left, right, text)
        if first < right.span[1]:
            after = midnight(right.span[1], zone)
            yield DateMention(start, end, "range", midnight(first, zone), after)


def _year_from(left: Point, right: Point, text: str) -> date:
    """The first day of a range; "from March to May 2005" takes its year from the end."""
    first = left.span[0]
    says_year = re.search(r"\d{4}", text[left.start : left.end])
    if says_year or not re.search(r"\d{4}", text[right.start : right.end]):
        return first
    first = clamped(right.span[0].year, first.month, first.day)
    return first if first <= right.span[0] else shift(first, -12)


def _durations(text: str, said_at: datetime) -> Iterator[DateMention]:
    for match in _DURATION.finditer(text):
        number = number_of(match["number"])
        if number is None or (match[0].lower().startswith("in") and not match["past"]):
            continue
        length = length_of(number, match["unit"])
        first = midnight(shift(said_at.date(), -length[0], -length[1]), said_at.tzinfo)
        yield DateMention(match.start(), match.end(), "for", first, said_at, length)
