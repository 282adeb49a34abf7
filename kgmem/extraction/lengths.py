"""Numbers in words, and lengths of time: "a couple of weeks"."""

from calendar import monthrange
from datetime import date, timedelta

_WORD_NUMBERS = {
    word: number
    for number, words in enumerate(
        [
            "zero",
            "one a an",
            "two couple",
            "three few several",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
    for word in words.split()
} | {
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
}

NUMBER = rf"(?:\d{{1,3}}|(?:a\s+)?(?:{'|'.join(sorted(_WORD_NUMBERS, key=len, reverse=True))})(?:\s+of)?)"
UNIT = r"(?:day|night|week|weekend|fortnight|month|year|decade)s?"


def number_of(text: str) -> int | None:
    """The number that digits or words name; "a couple of" is two."""
    text = text.lower().strip()
    if text.isdigit():
        return int(text)
    words = [word for word in text.split() if word != "of"]
    return _WORD_NUMBERS.get(words[-1])


def length_of(number: int, unit: str) -> tuple[int, int]:
    """Months and days in a number of units."""
    unit = unit.lower().rstrip("s")
    months = {"month": 1, "year": 12, "decade": 120}.get(unit, 0)
    days = {"day": 1, "night": 1, "week": 7, "weekend": 7, "fortnight": 14}.get(unit, 0)
    return min(number * months, 12000), min(number * days, 365000)


def shift(day: date, months: int, days: int = 0) -> date:
    """The day some months and days later, or earlier; the last of the month where it is too short."""
    count = day.year * 12 + day.month - 1 + months
    year, month = min(max(count // 12, 1), 9998), count % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1])) + timedelta(days=days)
