"""The questions of cypher/explore, asked of a small real group: each answers as it says it does."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from kgmem import Claim, ClaimDraft, InvalidInputError, Memory, Message, NotFoundError
from kgmem.exploring import explore, questions
from kgmem.models import Episode
from kgmem.stores.statements import cypher_folder
from kgmem.testing import HashEmbedder, ScriptedExtractor


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# What is said on each day, by whom, in which session, and what that claims.
SAID: list[tuple[str, str, str, str, list[ClaimDraft]]] = [
    ("2020-01-10", "s1", "Ada", "I live in Berlin, and Bob is my friend.", [
        Claim.asserts("Ada", "lives_in", "Berlin", subject_type="person", object_type="place"),
        Claim.asserts("Ada", "knows", "Bob", subject_type="person", object_type="person"),
    ]),
    ("2020-01-11", "s1", "Bob", "I work at Acme with Cy since 2015.", [
        Claim.asserts("Bob", "works_at", "Acme", valid_at="2015", object_type="organization"),
        Claim.asserts("Cy", "works_at", "Acme", valid_at="2015", subject_type="person"),
    ]),
    ("2021-06-01", "s2", "Ada", "I moved to Munich. Sorry, no: to Mainz.", [
        Claim.asserts("Ada", "lives_in", "Munich"),
    ]),
    ("2021-06-02", "s2", "Ada", "It was never Munich.", [
        Claim.retracts("Ada", "lives_in", "Munich"),
        Claim.asserts("Ada", "lives_in", "Mainz", valid_at="2021-06-01"),
    ]),
    ("2022-03-05", "s3", "Ada", "I am back in Berlin. Bob left Acme.", [
        Claim.asserts("Ada", "lives_in", "Berlin"),
        Claim.ends("Bob", "works_at", "Acme", text="Bob left Acme"),
    ]),
    ("2022-03-06", "s3", "Bob", "Ada lived in Paris in 2019 and 2020, and we are friends.", [
        Claim.asserts("Ada", "lives_in", "Paris", valid_at="2019", invalid_at="2020"),
        Claim.asserts("Ada", "knows", "Bob"),
    ]),
]  # fmt: skip


@pytest.fixture(scope="module")
def memory(neo4j_url: str) -> Iterator[Memory]:
    """A group whose clock stood at the time of each turn."""
    now = [day("2020-01-01")]
    drafts = {text: claims for _, _, _, text, claims in SAID}

    def script(episode: Episode) -> list[ClaimDraft]:
        return drafts[episode.text]

    with Memory.open(
        neo4j_url,
        group=f"explore-{uuid4()}",
        extractor=ScriptedExtractor(script),
        embedder="none",
        clock=lambda: now[0],
    ) as memory:
        for at, session, speaker, text, _ in SAID:
            now[0] = day(at)
            memory.add([Message(text=text, speaker=speaker, occurred_at=now[0])], session=session)
        yield memory
        memory.forget(everything=True)


def shown(value: object) -> Any:
    """Times at midnight as their day; nodes and relationships as their name."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return value.get("name") or value["predicate"]
    if isinstance(value, list):
        return [shown(item) for item in value]
    return value


NOW = datetime(2024, 7, 1, tzinfo=UTC)
BERLIN, BERLIN_AGAIN = ("2020-01-10", "2021-06-01"), ("2022-03-05", None)
ASKED: list[tuple[str, dict[str, object], list[tuple[object, ...]]]] = [
    ("facts_as_of", {"as_of": "2021-07"}, [
        ("Ada", "knows", "Bob", "2020-01-10", None),
        ("Ada", "lives_in", "Mainz", "2021-06-01", "2022-03-05"),
        ("Bob", "works_at", "Acme", "2015-01-01", "2022-03-05"),
        ("Cy", "works_at", "Acme", "2015-01-01", None),
    ]),
    ("who_knows_whom", {}, [("Ada", "knows", "Bob", "2020-01-10")]),
    ("who_knows_whom", {"as_of": "2019"}, []),
    ("who_knows_whom", {"as_of": "2021", "predicate": "works_at"}, [
        ("Bob", "works_at", "Acme", "2015-01-01"),
        ("Cy", "works_at", "Acme", "2015-01-01"),
    ]),
    ("timeline", {"name": "Ada"}, [
        ("2019-01-01", "2020-01-10", "lives_in", "Paris", "->", "Ada lives in Paris"),
        ("2020-01-10", None, "knows", "Bob", "->", "Ada knows Bob"),
        ("2020-01-10", "2021-06-01", "lives_in", "Berlin", "->", "Ada lives in Berlin"),
        ("2021-06-01", "2022-03-05", "lives_in", "Mainz", "->", "Ada lives in Mainz"),
        ("2022-03-05", None, "lives_in", "Berlin", "->", "Ada lives in Berlin"),
    ]),
    ("timeline", {"name": "Acme"}, [
        ("2015-01-01", "2022-03-05", "works_at", "Bob", "<-", "Bob works at Acme"),
        ("2015-01-01", None, "works_at", "Cy", "<-", "Cy works at Acme"),
    ]),
    ("neighborhood", {"name": "Bob", "as_of": "2021"}, [
        (["Bob", "works_at", "Acme"],),
        (["Bob", "knows", "Ada"],),
        (["Bob", "works_at", "Acme", "works_at", "Cy"],),
        (["Bob", "knows", "Ada", "lives_in", "Berlin"],),
    ]),
    ("neighborhood", {"name": "Cy"}, [(["Cy", "works_at", "Acme"],)]),
    ("path_between", {"one": "Ada", "other": "Cy", "as_of": "2021"}, [
        (
            ["Ada", "Bob", "Acme", "Cy"],
            ["Ada knows Bob", "Bob works at Acme", "Cy works at Acme"],
        ),
    ]),
    ("path_between", {"one": "Ada", "other": "Cy"}, []),
    ("changed_between", {"since": "2021-06-01T12:00Z", "until": "2022-03-05"}, [
        ("2021-06-02", "changed", "Ada lives in Berlin", "2020-01-10", "2021-06-01"),
        ("2021-06-02", "added", "Ada lives in Mainz", "2021-06-01", None),
        ("2021-06-02", "dropped", "Ada lives in Munich", "2021-06-01", None),
        ("2022-03-05", "added", "Ada lives in Berlin", "2022-03-05", None),
        ("2022-03-05", "changed", "Ada lives in Mainz", "2021-06-01", "2022-03-05"),
        ("2022-03-05", "changed", "Bob works at Acme", "2015-01-01", "2022-03-05"),
    ]),
    ("changed_between", {"since": "2022-03-05"}, [
        ("2022-03-06", "added", "Ada lives in Paris", "2019-01-01", "2020-01-10"),
    ]),
    ("corrected", {}, [
        ("Ada lives in Munich", "2021-06-01", "2021-06-02", "It was never Munich."),
    ]),
    ("believed_then", {"as_known": "2021-06-01T12:00Z"}, [
        ("Bob works at Acme", "2015-01-01", None, True, "2022-03-05"),
        ("Ada lives in Munich", "2021-06-01", None, False, None),
    ]),
    ("believed_then", {"as_known": "2020-06"}, [
        ("Bob works at Acme", "2015-01-01", None, True, "2022-03-05"),
        ("Ada lives in Berlin", "2020-01-10", None, True, "2021-06-01"),
    ]),
    ("versions", {"name": "Ada", "predicate": "lives_in"}, [
        ("Ada lives in Berlin", "Berlin", "2020-01-10", None, "2020-01-10", "2021-06-01"),
        ("Ada lives in Berlin", "Berlin", "2020-01-10", "2021-06-01", "2021-06-01", "2021-06-02"),
        ("Ada lives in Munich", "Munich", "2021-06-01", None, "2021-06-01", "2021-06-02"),
        ("Ada lives in Berlin", "Berlin", "2020-01-10", "2021-06-01", "2021-06-02", None),
        ("Ada lives in Mainz", "Mainz", "2021-06-01", None, "2021-06-02", "2022-03-05"),
        ("Ada lives in Mainz", "Mainz", "2021-06-01", "2022-03-05", "2022-03-05", None),
        ("Ada lives in Berlin", "Berlin", "2022-03-05", None, "2022-03-05", None),
        ("Ada lives in Paris", "Paris", "2019-01-01", "2020-01-10", "2022-03-06", None),
    ]),
    ("belief_changes", {}, [
        ("2020-01-10", 2, 0),
        ("2020-01-11", 2, 0),
        ("2021-06-01", 2, 1),
        ("2021-06-02", 2, 2),
        ("2022-03-05", 3, 2),
        ("2022-03-06", 1, 0),
    ]),
    ("contradictions", {}, [
        ("Ada", "lives_in", "Ada lives in Munich", "2021-06-01", "Ada lives in Mainz", "2021-06-02"),
        ("Ada", "lives_in", "Ada lives in Paris", "2022-03-06", "Ada lives in Berlin", "2020-01-10"),
    ]),
    ("ended", {}, [
        ("Ada lives in Paris", "2019-01-01", "2020-01-10", "asserts", "Ada lives in Berlin", SAID[0][3]),
        ("Ada lives in Berlin", "2020-01-10", "2021-06-01", "asserts", "Ada lives in Mainz", SAID[3][3]),
        ("Ada lives in Mainz", "2021-06-01", "2022-03-05", "asserts", "Ada lives in Berlin", SAID[4][3]),
        ("Bob works at Acme", "2015-01-01", "2022-03-05", "ends", "Bob left Acme", SAID[4][3]),
    ]),
    ("ended_and_restarted", {}, [("Ada", "lives_in", "Berlin", ["2020-01-10", "2022-03-05"])]),
    ("single_source", {}, [
        ("Ada lives in Berlin", "Ada", "2020-01-10", SAID[0][3]),
        ("Bob works at Acme", "Bob", "2020-01-11", SAID[1][3]),
        ("Cy works at Acme", "Bob", "2020-01-11", SAID[1][3]),
        ("Ada lives in Mainz", "Ada", "2021-06-02", SAID[3][3]),
        ("Ada lives in Berlin", "Ada", "2022-03-05", SAID[4][3]),
        ("Ada lives in Paris", "Bob", "2022-03-06", SAID[5][3]),
    ]),
    ("who_said_what", {"name": "Acme"}, [
        ("Bob", "2020-01-11", "asserts", "Bob works at Acme"),
        ("Bob", "2020-01-11", "asserts", "Cy works at Acme"),
        ("Ada", "2022-03-05", "ends", "Bob left Acme"),
    ]),
    ("most_mentioned", {"limit": 2}, [
        ("Ada", "person", 5, "2020-01-10", "2022-03-06"),
        ("Bob", "person", 4, "2020-01-10", "2022-03-06"),
    ]),
    ("sessions", {}, [
        ("s1", "2020-01-10", "2020-01-11", 2, 4, 4),
        ("s2", "2021-06-01", "2021-06-02", 2, 3, 1),
        ("s3", "2022-03-05", "2022-03-06", 2, 4, 3),
    ]),
    ("stale", {"before": "2022-01"}, [("Cy works at Acme", "2015-01-01", "2020-01-11")]),
    ("open_and_ended", {}, [
        ("knows", 1, 0, None),
        ("lives_in", 1, 3, 386.0),
        ("works_at", 1, 1, 2620.0),
    ]),
    ("late_news", {"days": 365}, [
        ("Bob works at Acme", "2015-01-01", "2020-01-11", 1836),
        ("Cy works at Acme", "2015-01-01", "2020-01-11", 1836),
        ("Ada lives in Paris", "2019-01-01", "2022-03-06", 1160),
    ]),
]  # fmt: skip


def test_every_question_is_asked() -> None:
    asked = {name for name, _, _ in ASKED} | {"provenance", "communities", "similar"}
    assert asked == {question.name for question in questions()}
    assert len(asked) >= 15


@pytest.mark.parametrize(("name", "given", "expected"), ASKED)
def test_a_question_has_its_answer(
    memory: Memory, name: str, given: dict[str, object], expected: list[tuple[object, ...]]
) -> None:
    rows = explore(memory, name, **given)
    assert [tuple(shown(value) for value in row.values()) for row in rows] == expected


def test_provenance_goes_down_to_the_turn(memory: Memory) -> None:
    (known,) = memory.facts(subject="Ada", predicate="knows")
    rows = explore(memory, "provenance", fact_id=known.id)
    assert [tuple(shown(value) for value in row.values()) for row in rows] == [
        ("Ada knows Bob", "2020-01-10", "Ada", "s1", SAID[0][3], 1.0),
        ("Ada knows Bob", "2022-03-06", "Bob", "s3", SAID[5][3], 1.0),
    ]


def test_what_consolidation_made_is_asked_for(neo4j_url: str) -> None:
    group = f"explore-{uuid4()}"
    with Memory.open(
        neo4j_url, group=group, extractor="none", embedder=HashEmbedder(), clock=lambda: NOW
    ) as memory:
        memory.assert_claims(
            [
                Claim.asserts("Ada Lee", "knows", "Bob", said_at=NOW),
                Claim.asserts("Bob", "knows", "Ada Lee Lee", said_at=NOW),
                Claim.asserts("Ada Lee Lee", "knows", "Ada Lee", said_at=NOW),
            ]
        )
        assert explore(memory, "communities") == explore(memory, "similar") == []
        memory.consolidate()
        (found,) = explore(memory, "communities")
        assert len(found["members"]) == 3
        assert "Ada Lee knows Bob" in found["summary"]
        assert shown(found["made_at"]) == "2024-07-01"
        (pair,) = explore(memory, "similar")
        assert {pair["name"], pair["alias"]} == {"Ada Lee", "Ada Lee Lee"}
        assert 0.8 <= pair["score"] < 1


def test_every_question_names_its_parameters_and_their_types() -> None:
    for question in questions():
        text = cypher_folder().joinpath("explore", f"{question.name}.cypher").read_text("utf-8")
        used = set(re.findall(r"\$(\w+)", text))
        assert {parameter.name for parameter in question.parameters} | {"group_id"} == used
        assert question.text.endswith("?")
        assert {p.type for p in question.parameters} <= {"STRING", "INTEGER", "DATETIME"}


def test_no_question_leaves_its_group(memory: Memory, neo4j_url: str) -> None:
    with Memory.open(neo4j_url, group="nobody", extractor="none", embedder="none") as nobody:
        fact = memory.facts()[0].id
        for question in questions():
            given = {
                p.name: {
                    "fact_id": fact,
                    "since": "2000",
                    "as_known": "2021-06",
                    "before": "2030",
                }.get(p.name, "Ada")
                for p in question.parameters
                if not p.optional
            }
            given |= {"other": "Bob"} if "other" in given else {}
            assert explore(nobody, question.name, **given) == [], question.name


def test_what_does_not_fit_is_named(memory: Memory) -> None:
    with pytest.raises(NotFoundError, match="use one of belief_changes, believed_then"):
        explore(memory, "all")
    with pytest.raises(InvalidInputError, match="'timeline' wants 'name': the entity"):
        explore(memory, "timeline")
    with pytest.raises(InvalidInputError, match="takes no 'nam': it takes name"):
        explore(memory, "timeline", nam="Ada")
