"""Dates in running English, each with the span it stands for."""

from datetime import UTC, datetime

import pytest

from kgmem.extraction.dates import find_dates

THURSDAY = datetime(2023, 5, 25, 13, 14, tzinfo=UTC)


def found(text: str, *, future: bool = False) -> list[tuple[str, str | None, str | None]]:
    """Role, first day and first day after of each date."""
    return [
        (
            mention.role,
            mention.first.date().isoformat() if mention.first else None,
            mention.after.date().isoformat() if mention.after else None,
        )
        for mention in find_dates(text, THURSDAY, future=future)
    ]


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("yesterday", "2023-05-24", "2023-05-25"),
        ("the day before yesterday", "2023-05-23", "2023-05-24"),
        ("last night", "2023-05-24", "2023-05-25"),
        ("today", "2023-05-25", "2023-05-26"),
        ("tomorrow", "2023-05-26", "2023-05-27"),
        ("last Saturday", "2023-05-20", "2023-05-21"),
        ("last Thursday", "2023-05-18", "2023-05-19"),
        ("this Friday", "2023-05-26", "2023-05-27"),
        ("next Friday", "2023-06-02", "2023-06-03"),
        ("on Friday", "2023-05-19", "2023-05-20"),
        ("last week", "2023-05-15", "2023-05-22"),
        ("the week before last", "2023-05-08", "2023-05-15"),
        ("last weekend", "2023-05-20", "2023-05-22"),
        ("two weekends ago", "2023-05-13", "2023-05-15"),
        ("last month", "2023-04-01", "2023-05-01"),
        ("next month", "2023-06-01", "2023-07-01"),
        ("last year", "2022-01-01", "2023-01-01"),
        ("in May", "2023-05-01", "2023-06-01"),
        ("in July", "2022-07-01", "2022-08-01"),
        ("in spring", "2023-03-01", "2023-06-01"),
        ("last May", "2022-05-01", "2022-06-01"),
        ("last summer", "2022-06-01", "2022-09-01"),
        ("in the summer of 2019", "2019-06-01", "2019-09-01"),
        ("last Christmas", "2022-12-25", "2022-12-26"),
        ("two weeks ago", "2023-05-11", "2023-05-12"),
        ("a couple of days ago", "2023-05-23", "2023-05-24"),
        ("a year ago", "2022-05-25", "2022-05-26"),
        ("in two weeks", "2023-06-08", "2023-06-09"),
        ("in 1984", "1984-01-01", "1985-01-01"),
        ("in the 1990s", "1990-01-01", "2000-01-01"),
        ("in late 2019", "2019-09-01", "2020-01-01"),
        ("3 May 1990", "1990-05-03", "1990-05-04"),
        ("on the 5th of July 2022", "2022-07-05", "2022-07-06"),
        ("May 5th", "2023-05-05", "2023-05-06"),
        ("Sept. 2021", "2021-09-01", "2021-10-01"),
        ("Jan, 2001", "2001-01-01", "2001-02-01"),
        ("2023-01-05", "2023-01-05", "2023-01-06"),
        ("1/13/2020", "2020-01-13", "2020-01-14"),
        ("in May last year", "2022-05-01", "2022-06-01"),
        ("in March of last year", "2022-03-01", "2022-04-01"),
        ("half a year ago", "2022-11-25", "2022-11-26"),
        ("a year and a half ago", "2021-11-25", "2021-11-26"),
        ("two and a half years ago", "2020-11-25", "2020-11-26"),
        ("half a month ago", "2023-05-10", "2023-05-11"),
        ("12.05.2023", "2023-05-12", "2023-05-13"),
        ("on Friday last week", "2023-05-19", "2023-05-20"),
        ("on Friday next week", "2023-06-02", "2023-06-03"),
        ("on Sunday the 23rd", "2023-04-23", "2023-04-24"),
        ("on Friday, 5 May", "2023-05-05", "2023-05-06"),
        ("in summer two years ago", "2021-06-01", "2021-09-01"),
        ("in May two years ago", "2021-05-01", "2021-06-01"),
    ],
)
def test_a_point_in_time_is_all_of_what_it_names(text: str, first: str, after: str) -> None:
    assert found(f"We met {text}.") == [("at", first, after)]


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("from Jan, 2001 to Jan, 2003", "2001-01-01", "2003-02-01"),
        ("from Jan 2003 to Mar 2005", "2003-01-01", "2005-04-01"),
        ("from 2013 until 2015", "2013-01-01", "2016-01-01"),
        ("between 2001 and March 2004", "2001-01-01", "2004-04-01"),
        ("from March to May 2005", "2005-03-01", "2005-06-01"),
        ("between March and May 2005", "2005-03-01", "2005-06-01"),
        ("from November to May 2005", "2004-11-01", "2005-06-01"),
        ("(2003\u20132005)", "2003-01-01", "2006-01-01"),
        ("2003-2005", "2003-01-01", "2006-01-01"),
        ("from Jan, 1999 to Jan, 1999", "1999-01-01", "1999-02-01"),
    ],
)
def test_the_stated_end_is_part_of_a_range(text: str, first: str, after: str) -> None:
    assert found(f"She worked there {text}.") == [("range", first, after)]


@pytest.mark.parametrize(
    ("text", "role", "first", "after"),
    [
        ("since 2019", "since", "2019-01-01", None),
        ("since last week", "since", "2023-05-15", None),
        ("until last month", "until", None, "2023-05-01"),
        ("until March 2005", "until", None, "2005-04-01"),
        ("before 2019", "until", None, "2019-01-01"),
        ("after 2019", "since", "2020-01-01", None),
        ("for two years", "for", "2021-05-25", "2023-05-25"),
        ("for the past three months", "for", "2023-02-25", "2023-05-25"),
    ],
)
def test_prepositions_give_a_date_its_role(
    text: str, role: str, first: str | None, after: str | None
) -> None:
    assert found(f"They lived here {text}.") == [(role, first, after)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("on Friday", "2023-05-26"),
        ("in July", "2023-07-01"),
        ("on Sunday the 23rd", "2023-07-23"),
    ],
)
def test_a_bare_name_looks_ahead_where_the_clause_does(text: str, first: str) -> None:
    assert found(f"We will meet {text}.", future=True)[0][1] == first


def test_last_friday_across_the_end_of_a_year() -> None:
    [mention] = find_dates("We met last Friday.", datetime(2024, 1, 2, tzinfo=UTC))
    assert mention.first == datetime(2023, 12, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "I may go. March on!",
        "I have 2 kids and 3 dogs in 1 house",
        "1984 is a book",
        "call 555-1234 or 555-0100-1234 or (030) 1234-5678",
        "the other day",
        "31 June 2020 was",
        "She ran back for in a while",
        "owned by Jan Pieter Six VI",
    ],
)
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert [role for role, first, _ in found(text) if first == "2020-06-31"] == []
    if "2020" not in text:
        assert found(text) == []


def test_the_span_holds_the_words_of_the_date() -> None:
    text = "I moved to Berlin last May and left on Friday."
    said = [text[mention.start : mention.end] for mention in find_dates(text, THURSDAY)]
    assert said == ["last May", "on Friday"]


def test_since_looks_back_where_all_else_looks_ahead() -> None:
    assert found("I work here since October.", future=True) == [("since", "2022-10-01", None)]
    assert found("I start in October.", future=True) == [("at", "2023-10-01", "2023-11-01")]
    assert found("We visit you in spring.", future=True) == [("at", "2024-03-01", "2024-06-01")]
