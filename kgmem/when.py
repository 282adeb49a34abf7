"""Instants and the spans that dates stand for.

A date said as a day, a month or a year means all of it: as a start its first instant, as an end
the first instant after it. "Until March 2005" ends on 1 April 2005.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal

from kgmem.errors import InvalidInputError

When = datetime | date | str
"""An instant (``datetime``), a day (``date``) or text: ISO 8601, ``2024``, ``2024-05``, ``May 2024``."""

Status = Literal["holds", "past", "to come"]
"""How what is so from one instant to another stands to an instant."""

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
"""The months as English names them, in lower case."""

_MONTH = rf"(?P<name>{'|'.join(f'{name[:3]}(?:{name[3:]})?' for name in MONTHS)}|sept)\.?"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?)?",
        rf"(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+)?{_MONTH},?\s+(?P<year>\d{{4}})",
        rf"{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})",
    )
)
# Seconds or milliseconds since 1970, which might be read as year, month, day and more.
_TICKS = re.compile(r"\d{9,}")
_REMEDY = (
    "write 2024, 2024-05, 2024-05-03, May 2024, 3 May 2024 or an ISO 8601 instant with its offset"
)


def number_of_month(name: str) -> int:
    """The number of a month by its name, of which three letters are enough."""
    return [known[:3] for known in MONTHS].index(name[:3].lower()) + 1


def aware(moment: datetime, timezone: tzinfo | None = None) -> datetime:
    """The same instant in UTC.

    Args:
        moment: An aware datetime, or a naive one where ``timezone`` is given.
        timezone: What naive datetimes are in.

    Raises:
        InvalidInputError: ``moment`` is naive and no timezone is configured.
    """
    if moment.tzinfo is None or moment.utcoffset() is None:
        if timezone is None:
            raise InvalidInputError(
                f"{moment!r} has no timezone: use an aware datetime such as "
                "datetime(2024, 5, 1, tzinfo=UTC), or open the memory with timezone="
            )
        moment = moment.replace(tzinfo=timezone)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise InvalidInputError(
            f"{moment!r} lies outside the years 1 to 9999 in UTC: use a later or earlier instant"
        ) from error


def span(when: When, timezone: tzinfo | None = None) -> tuple[datetime, datetime]:
    """The half-open span ``[first, after)`` in UTC that a date stands for; of an instant, the instant twice.

    Args:
        when: An instant, a day, or text.
        timezone: Where days begin, and what naive instants are in; days are UTC without it.

    Raises:
        InvalidInputError: It is none of them, the text is no date, or the instant is naive and no
            timezone is given.
    """
    if isinstance(when, datetime):
        moment = aware(when, timezone)
        return moment, moment
    if isinstance(when, date):
        return _calendar_span(when.year, when.month, when.day, timezone)
    if not isinstance(when, str):
        raise InvalidInputError(f"{when!r} is no time: give a datetime or a date, or {_REMEDY}")
    text = when.strip()
    if _TICKS.fullmatch(text):
        raise InvalidInputError(f"{when!r} is a number, not a date: {_REMEDY}")
    for pattern in _PATTERNS:
        if match := pattern.fullmatch(text):
            return _matched_span(match, text, timezone)
    try:
        return span(datetime.fromisoformat(text), timezone)
    except ValueError as error:
        raise InvalidInputError(f"{when!r} is not a date: {_REMEDY}") from error


def starts(when: When, timezone: tzinfo | None = None) -> datetime:
    """The first instant of what a date stands for (see `span`)."""
    return span(when, timezone)[0]


def ends(when: When, timezone: tzinfo | None = None) -> datetime:
    """The first instant after what a date stands for (see `span`)."""
    return span(when, timezone)[1]


def status(since: datetime, until: datetime | None, at: datetime) -> Status:
    """How a half-open interval stands to an instant."""
    if at < since:
        return "to come"
    return "holds" if until is None or at < until else "past"


def _matched_span(
    match: re.Match[str], text: str, timezone: tzinfo | None
) -> tuple[datetime, datetime]:
    parts = match.groupdict()
    name, month, day = parts.get("name"), parts.get("month"), parts.get("day")
    if name:
        number: int | None = number_of_month(name)
    else:
        number = int(month) if month else None
    try:
        return _calendar_span(int(parts["year"]), number, int(day) if day else None, timezone)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError(f"{text!r} is not in the calendar: {_REMEDY}") from error


def _calendar_span(
    year: int, month: int | None, day: int | None, timezone: tzinfo | None
) -> tuple[datetime, datetime]:
    # A month or day of 0 is in no calendar.
    first = date(year, 1 if month is None else month, 1 if day is None else day)
    if day is not None:
        after = first + timedelta(days=1)
    elif month is not None:
        after = date(year + month // 12, month % 12 + 1, 1)
    else:
        after = date(year + 1, 1, 1)
    return _midnight(first, timezone), _midnight(after, timezone)


def _midnight(day: date, timezone: tzinfo | None) -> datetime:
    return aware(datetime(day.year, day.month, day.day, tzinfo=timezone or UTC))


TICK = timedelta(microseconds=1)
"""The least step of time."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER = 2**63 - 1
"""An open end as a number."""


def micros(moment: datetime | None) -> int:
    """An instant as microseconds since 1970; an open end as `FOREVER`."""
    return FOREVER if moment is None else (moment - _EPOCH) // TICK


def of_micros(number: int) -> datetime:
    """The instant so many microseconds after 1970."""
    return _EPOCH + number * TICK
