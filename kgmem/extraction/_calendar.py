"""Points in time that English names, as spans of the calendar: "last May", "3 May 1990", "two weeks ago"."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from kgmem.extraction.lengths import NUMBER, UNIT, length_of, number_of, shift
from kgmem.when import MONTHS, number_of_month

Span = tuple[date, date]

_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_SEASONS = {"spring": 3, "summer": 6, "fall": 9, "autumn": 9, "winter": 12}
_HOLIDAYS = {
    "christmas eve": (12, 24),
    "christmas": (12, 25),
    "halloween": (10, 31),
    "valentine's day": (2, 14),
    "new year's eve": (12, 31),
    "new year's day": (1, 1),
    "new year's": (1, 1),
    "independence day": (7, 4),
}
_SEASON = "|".join(_SEASONS)
_MONTH = rf"(?:{'|'.join(f'{name[:3]}(?:{name[3:]})?' if name != 'may' else 'may' for name in MONTHS)}|sept)\.?"
_FULL_MONTH = "|".join(MONTHS)
_DAY = rf"(?:{'|'.join(_DAYS)})"
_ORDINAL = r"(?:3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:1\d{3}|20\d{2})"
_NEAR = r"(?P<near>last|this\s+past|past|this|next|this\s+coming|coming|previous)"
_STEPS = {"last": -1, "this": 0, "next": 1}
_OF_YEAR = rf"(?:(?:of\s+)?(?P<which>{'|'.join(_STEPS)})\s+year|(?P<ago>{NUMBER})\s+years?\s+ago)"
_PART = (
    r"(?:(?P<part>early|mid|late|(?:the\s+)?(?:beginning|start|middle|end)\s+of)[\s-]+(?:in\s+)?)?"
)

HINT = re.compile(
    rf"(?P<digits>\b\d{{4}}|\d/\d|\d0s\b)|\b(?:(?P<month>{_MONTH})|(?P<weekday>{_DAY})s?"
    r"|(?P<word>last\s+night|yesterday|today|tonight|tomorrow|morning|afternoon|evening)"
    rf"|(?P<unit>{UNIT}|ago)|(?P<season>{_SEASON})"
    r"|(?P<holiday>christmas|halloween|valentine's|new\s+year's|independence))\b",
    re.IGNORECASE,
)
"""Where a date can be, and of which kind."""

# More characters than lie between a hint and the ends of its date.
_AROUND = 32


@dataclass(frozen=True, slots=True)
class Point:
    """A point in a text and the days it spans."""

    start: int
    end: int
    span: Span


@dataclass(frozen=True, slots=True)
class Frame:
    """Where "now" is, and which way a bare "Friday" or "May" looks."""

    today: date
    future: bool


# --- spans of the calendar ---------------------------------------------------------------------


def _day(day: date) -> Span:
    return day, day + timedelta(days=1)


def _month(year: int, month: int) -> Span:
    first = date(year, month, 1)
    return first, shift(first, 1)


def _year(year: int) -> Span:
    return date(year, 1, 1), date(year + 1, 1, 1)


def _week(day: date) -> Span:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)


def _season(year: int, name: str) -> Span:
    first = date(year, _SEASONS[name], 1)
    return first, shift(first, 3)


def _part(span: Span, part: str | None) -> Span:
    """Early, mid or late in a span: a third of it."""
    if not part:
        return span
    words = part.lower().split()
    third = (span[1] - span[0]) / 3
    index = (
        0
        if {"early", "beginning", "start"} & set(words)
        else 2
        if {"late", "end"} & set(words)
        else 1
    )
    first = span[0] + third * index
    return first, span[1] if index > 1 else first + third


def _nearest(
    frame: Frame, near: str | None, candidates: Callable[[int], Span], step_now: int
) -> Span:
    """The last, this or next of a row of spans, numbered so that ``step_now`` is around today."""
    word = " ".join((near or "").lower().split())
    row = [candidates(step) for step in range(step_now - 3, step_now + 4)]
    past = [span for span in row if span[1] <= frame.today]
    coming = [span for span in row if span[0] > frame.today]
    if word in ("last", "this past", "past", "previous"):
        return past[-1]
    if word in ("next", "this coming", "coming"):
        return coming[0]
    current = [span for span in row if span[0] <= frame.today < span[1]]
    if current and word != "":
        return current[0]
    if frame.future or word == "this":
        return coming[0]
    return (past + current)[-1]


# --- points in time ----------------------------------------------------------------------------

_Resolver = Callable[[re.Match[str], Frame], Span | None]


def _iso(match: re.Match[str], frame: Frame) -> Span | None:
    return _day(date(int(match["y"]), int(match["m"]), int(match["d"])))


def _slashes(match: re.Match[str], frame: Frame) -> Span | None:
    first, second = int(match["a"]), int(match["b"])
    # 12.05.2023 is written day first, 5/12/2023 month first where it can be.
    day_first = match["sep"] == "." or first > len(MONTHS)
    return _day(date(int(match["y"]), *((second, first) if day_first else (first, second))))


def _named_day(match: re.Match[str], frame: Frame) -> Span | None:
    month, day = number_of_month(match["month"]), int(re.sub(r"\D", "", match["day"]))
    if match["y"]:
        return _day(date(int(match["y"]), month, day))
    return _nearest(frame, "", lambda year: _day(clamped(year, month, day)), frame.today.year)


def clamped(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def _named_month(match: re.Match[str], frame: Frame) -> Span | None:
    month = number_of_month(match["month"])
    groups = match.groupdict()
    if groups.get("y"):
        return _part(_month(int(match["y"]), month), groups.get("part"))
    span = _nearest(frame, groups.get("near"), lambda year: _month(year, month), frame.today.year)
    return _part(span, groups.get("part"))


def _month_of_year(match: re.Match[str], frame: Frame) -> Span | None:
    year = _year_meant(match, frame)
    return _part(_month(year, number_of_month(match["month"])), match["part"])


def _season_of_year(match: re.Match[str], frame: Frame) -> Span | None:
    return _part(_season(_year_meant(match, frame), match["season"].lower()), match["part"])


def _year_meant(match: re.Match[str], frame: Frame) -> int:
    """The year of "last year" and of "two years ago"."""
    if which := match["which"]:
        return frame.today.year + _STEPS[which.lower()]
    return frame.today.year - (number_of(match["ago"]) or 0)


def _bare_year(match: re.Match[str], frame: Frame) -> Span | None:
    groups = match.groupdict()
    return _part(_year(int(groups["y"] or groups.get("y2", ""))), groups.get("part"))


def _decade(match: re.Match[str], frame: Frame) -> Span | None:
    digits = match["decade"]
    # "The 90s" are those of the last century, "the 20s" those of this one.
    century = "" if digits[2:] else "19" if digits >= "30" else "20"
    first = int(century + digits)
    return _part((date(first, 1, 1), date(first + 10, 1, 1)), match["part"])


def _word_day(match: re.Match[str], frame: Frame) -> Span | None:
    word = " ".join(match[0].lower().split())
    offset = {"yesterday": -1, "last night": -1, "tomorrow": 1}.get(word, 0)
    if "before yesterday" in word:
        offset = -2
    elif "after tomorrow" in word:
        offset = 2
    return _day(frame.today + timedelta(days=offset))


def _day_of_week(match: re.Match[str], frame: Frame) -> Span | None:
    """As in "Friday next week"."""
    monday = _week(frame.today)[0] + timedelta(days=7 * _STEPS[match["which"].lower()])
    return _day(monday + timedelta(days=_DAYS.index(match["weekday"].lower())))


def _dated_weekday(match: re.Match[str], frame: Frame) -> Span | None:
    """As in "Sunday the 23rd": in the nearest month on that side in which it is so."""
    number, name = int(match["day"]), match["weekday"].lower()
    for step in range(14):  # so many months hold every number on every weekday
        month = shift(frame.today.replace(day=1), step if frame.future else -step)
        day = clamped(month.year, month.month, number)
        is_behind = day < frame.today if frame.future else day > frame.today
        if day.day == number and day.weekday() == _DAYS.index(name) and not is_behind:
            return _day(day)
    return None


def _weekday(match: re.Match[str], frame: Frame) -> Span | None:
    index = _DAYS.index(match["weekday"].lower())
    today = frame.today
    near = " ".join((match["near"] or "").lower().split())
    this_week = today + timedelta(days=index - today.weekday())
    if near == "this":
        return _day(this_week)
    ahead = (index - today.weekday() - 1) % 7 + 1
    if near == "next":
        return _day(this_week + timedelta(days=7))
    if near in ("coming", "this coming") or (not near and frame.future):
        return _day(today + timedelta(days=ahead))
    back = (today.weekday() - index - 1) % 7 + 1
    return _day(today - timedelta(days=back))


def _unit_near(match: re.Match[str], frame: Frame) -> Span | None:
    return _part(_unit_span(match, frame), match.groupdict().get("part"))


def _unit_span(match: re.Match[str], frame: Frame) -> Span:
    near, unit = " ".join(match["near"].lower().split()), match["unit"].lower()
    step = {"last": -1, "past": -1, "this past": -1, "previous": -1, "this": 0}.get(near, 1)
    if match["beyond"]:
        step *= 2
    if unit == "weekend":
        return _weekend(frame, near, step)
    if unit == "week":
        return _week(frame.today + timedelta(days=7 * step))
    if unit == "month":
        return _month_of(shift(frame.today.replace(day=1), step))
    if unit == "year":
        return _year(frame.today.year + step)
    first = (frame.today.year // 10 + step) * 10
    return date(first, 1, 1), date(first + 10, 1, 1)


def _month_of(day: date) -> Span:
    return _month(day.year, day.month)


def _weekend(frame: Frame, near: str, step: int) -> Span:
    saturday = _week(frame.today)[0] + timedelta(days=5)
    if near == "this" and not frame.future and frame.today < saturday:
        step = 0
    elif step < 0 and frame.today.weekday() == len(_DAYS) - 1 and near == "this past":
        step += 1
    saturday += timedelta(days=7 * step)
    return saturday, saturday + timedelta(days=2)


def _named_season(match: re.Match[str], frame: Frame) -> Span | None:
    name = match["season"].lower()
    if match["y"]:
        return _part(_season(int(match["y"]), name), match["part"])
    span = _nearest(frame, match["near"], lambda year: _season(year, name), frame.today.year)
    return _part(span, match["part"])


def _holiday(match: re.Match[str], frame: Frame) -> Span | None:
    month, day = _HOLIDAYS[" ".join(match["holiday"].lower().split())]
    if match["y"]:
        return _day(date(int(match["y"]), month, day))
    return _nearest(
        frame, match["near"], lambda year: _day(date(year, month, day)), frame.today.year
    )


def _distance(match: re.Match[str], frame: Frame) -> Span | None:
    groups = match.groupdict()
    number = 0 if groups.get("half") else number_of(match["number"])
    if number is None:
        return None
    sign = -1 if groups.get("ago") else 1
    if match["unit"].lower().startswith("weekend"):
        return _weekend(frame, "", sign * number)
    halves = 2 * number + any(groups.get(name) for name in ("half", "more", "and_more"))
    months, days = length_of(halves, match["unit"])
    # Half a month is 15 days.
    days = (days + 30 * (months % 2)) // 2
    return _day(shift(frame.today, sign * (months // 2), sign * days))


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)


_AFTER_PREPOSITION = (
    r"(?<=\bin )|(?<=\bof )|(?<=\bby )|(?<=\bsince )|(?<=\bfrom )|(?<=\buntil )|(?<=\btill )|(?<=\bduring )"
    r"|(?<=\bto )|(?<=\bafter )|(?<=\bbefore )|(?<=\bbetween )|(?<=\band )|(?<=\baround )|(?<=\byear )|(?<=\bthrough )"
    rf"|(?<=\bthroughout )|(?<!\d[-\u2013 ])(?={_YEAR}[-\u2013]{_YEAR})|(?<=, )|(?<=\()|(?<=\b(?:1\d|20)\d\d[-\u2013])"
)
_GRAMMAR: tuple[tuple[re.Pattern[str], _Resolver], ...] = tuple(
    (_compiled(pattern), resolver)
    for pattern, resolver in (
        (r"(?P<y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})(?:[T ]\d{2}:\d{2}\S*)?", _iso),
        (r"(?P<a>\d{1,2})(?P<sep>[/.])(?P<b>\d{1,2})(?P=sep)(?P<y>\d{4})", _slashes),
        (
            rf"(?:{_DAY},?\s+)?(?:the\s+)?(?P<day>{_ORDINAL})\s+(?:of\s+)?(?P<month>{_MONTH})(?:,?\s+(?P<y>{_YEAR}))?",
            _named_day,
        ),
        (
            rf"(?:{_DAY},?\s+)?(?P<month>{_MONTH})\s+(?:the\s+)?(?P<day>{_ORDINAL})(?:,?\s+(?P<y>{_YEAR}))?",
            _named_day,
        ),
        (rf"{_PART}(?P<month>{_MONTH})(?:,|\s+of)?\s+(?P<y>{_YEAR})", _named_month),
        (rf"{_PART}(?P<month>{_MONTH})\s+{_OF_YEAR}", _month_of_year),
        (rf"{_PART}(?:the\s+)?(?P<season>{_SEASON})\s+{_OF_YEAR}", _season_of_year),
        (rf"{_NEAR}\s+(?P<month>{_MONTH})", _named_month),
        (
            rf"(?:(?<=\bin )|(?<=\bsince )|(?<=\buntil )|(?<=\btill )|(?<=\bfrom )|(?<=\bby )|(?<=\bto )|(?<=\bof )|(?<=\bduring )"
            rf"|(?<=\bbetween )){_PART}(?P<month>{_MONTH})(?!\s+(?-i:(?!I\b)[A-Z]))",
            _named_month,
        ),
        (rf"(?:the\s+)?(?P<part>early|mid|late)[\s-]+(?P<month>{_FULL_MONTH})", _named_month),
        (rf"{_PART}(?:the\s+)?'?(?P<decade>1\d\d0|20\d0|[2-9]0)s", _decade),
        (rf"{_PART[:-1]}(?P<y>{_YEAR})", _bare_year),
        (
            # A year that begins a name ("of 1982 Toronto Festival") or a gloss ("(1995 film)") dates nothing.
            rf"(?:{_AFTER_PREPOSITION})(?<!\bof )(?<!\()(?P<y>{_YEAR})(?!\s*(?:people|dollars|euros|miles|km|%))"
            rf"|(?:(?<=\bof )|(?<=\())(?P<y2>{_YEAR})(?!\s+(?-i:[A-Z])|\s+(?!onwards|present|to\b)[a-z]+\))",
            _bare_year,
        ),
        (
            r"(?:the\s+)?day\s+(?:before\s+yesterday|after\s+tomorrow)|yesterday|last\s+night|today|tonight|tomorrow"
            r"|this\s+(?:morning|afternoon|evening)",
            _word_day,
        ),
        (rf"(?P<weekday>{_DAY})\s+(?:of\s+)?(?P<which>last|this|next)\s+week", _day_of_week),
        (rf"(?P<weekday>{_DAY}),?\s+the\s+(?P<day>\d\d?)(?:st|nd|rd|th)", _dated_weekday),
        (rf"(?<!\bevery )(?<!\beach )(?:{_NEAR}\s+)?(?P<weekday>{_DAY})", _weekday),
        (
            rf"{_PART}(?:the\s+)?(?P<beyond>)?{_NEAR}\s+(?P<unit>week|weekend|month|year|decade)",
            _unit_near,
        ),
        (
            r"the\s+(?P<unit>week|weekend|month|year)\s+(?P<beyond>before|after)\s+(?P<near>last|next)",
            _unit_near,
        ),
        (
            rf"{_PART}(?:the\s+)?(?:{_NEAR}\s+)?(?P<season>{_SEASON})(?:\s+of)?\s+(?P<y>{_YEAR})",
            _named_season,
        ),
        (rf"(?P<part>)?{_NEAR}\s+(?P<season>{_SEASON})(?P<y>)?", _named_season),
        (
            r"(?P<part>)?(?P<near>)?(?P<y>)?(?:(?<=\bin )|(?<=\bsince )|(?<=\buntil )|(?<=\bduring ))"
            rf"(?:the\s+)?(?P<season>{_SEASON})(?!\s+(?:time|of\s+(?!\d)))",
            _named_season,
        ),
        (
            rf"(?:{_NEAR}\s+|(?<=\bon )|(?<=\bfor )|(?<=\bat )|(?<=\bsince ))(?P<holiday>{'|'.join(_HOLIDAYS)})(?:,?\s+(?P<y>{_YEAR}))?",
            _holiday,
        ),
        (
            rf"(?:about\s+|around\s+)?(?:(?P<half>half\s+an?)|(?P<number>{NUMBER})(?P<more>\s+and\s+a\s+half)?)"
            rf"\s+(?P<unit>{UNIT})(?P<and_more>\s+and\s+a\s+half)?\s+(?P<ago>ago|back|earlier)",
            _distance,
        ),
        (rf"(?:about\s+)?(?P<number>{NUMBER})\s+(?P<unit>{UNIT})\s+from\s+now", _distance),
        (
            rf"(?<=\bin )(?P<number>{NUMBER})\s+(?P<unit>{UNIT})(?!['\u2019]|\s+time\s+to)",
            _distance,
        ),
    )
)


# The kind of hint without which a rule finds nothing.
_KINDS: dict[_Resolver, str] = {
    _iso: "digits",
    _slashes: "digits",
    _decade: "digits",
    _bare_year: "digits",
    _named_day: "month",
    _named_month: "month",
    _month_of_year: "month",
    _season_of_year: "season",
    _day_of_week: "weekday",
    _dated_weekday: "weekday",
    _word_day: "word",
    _weekday: "weekday",
    _unit_near: "unit",
    _distance: "unit",
    _named_season: "season",
    _holiday: "holiday",
}


def points_in(text: str, frame: Frame) -> list[Point]:
    """The points in time a text names, leftmost and longest first, none overlapping."""
    found: list[Point] = []
    for first, after, kinds in _regions(text):
        for pattern, resolver in _GRAMMAR:
            if _KINDS[resolver] not in kinds:
                continue
            for match in pattern.finditer(text, first, after):
                if span := _resolved(match, resolver, frame):
                    found.append(Point(match.start(), match.end(), span))
    points: list[Point] = []
    for point in sorted(found, key=lambda p: (p.start, -p.end)):
        if not points or point.start >= points[-1].end:
            points.append(point)
    return points


def _regions(text: str) -> list[tuple[int, int, set[str | None]]]:
    """Where dates can be, and of which kinds: the words around each hint, as a long text has few."""
    regions: list[tuple[int, int, set[str | None]]] = []
    for hint in HINT.finditer(text):
        first = text.rfind(" ", 0, max(hint.start() - _AROUND, 0)) + 1
        after = text.find(" ", hint.end() + _AROUND)
        after = len(text) if after < 0 else after
        kinds = {hint.lastgroup}
        if regions and first <= regions[-1][1]:
            first, _, before = regions.pop()
            kinds |= before
        regions.append((first, after, kinds))
    return regions


def _resolved(match: re.Match[str], resolver: _Resolver, frame: Frame) -> Span | None:
    try:
        return resolver(match, frame)
    except (ValueError, OverflowError, IndexError):
        # 31 June, or a year beyond the calendar: no date.
        return None
