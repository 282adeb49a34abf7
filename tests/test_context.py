"""Contexts: what they hold, in which order, never too much, and nothing where nothing is relevant."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kgmem import Claim, Fact, Hit, Memory, Message
from kgmem.models import ClaimDraft
from kgmem.results import Why
from kgmem.retrieval.context import packed
from kgmem.testing import HashEmbedder, SteppingClock
from kgmem.testing.machine import DAYS, PEOPLE, day

NOW = datetime(2024, 7, 1, tzinfo=UTC)
PADDING = 40


def open_memory(url: str = "sqlite://", **options: Any) -> Memory:
    fakes: dict[str, Any] = {
        "extractor": "none",
        "embedder": HashEmbedder(256),
        "clock": lambda: NOW,
    }
    return Memory.open(url, group=f"context {uuid4()}", **fakes | options)


def padded(memory: Memory) -> None:
    """More turns than any budget of these tests has room for."""
    texts = [f"Some more about matter{n} and topic{n}" for n in range(PADDING)]
    memory.add([Message(text=t, speaker="Eve", occurred_at=day(0)) for t in texts], session="more")


def test_a_stretch_that_its_own_words_end_is_not_followed_by_itself() -> None:
    with open_memory() as memory:
        memory.assert_claims(
            [
                Claim.asserts("Ada", "lives_in", "Paris", valid_at="2016", invalid_at="2018"),
                Claim.asserts("Ada", "lives_in", "Berlin", valid_at="2022"),
            ]
        )
        text = memory.context("Where did Ada live, in Paris or Berlin?").text
    assert "[2016-01-01 to 2019-01-01] Ada lives in Paris" in text


def test_what_is_to_come_is_not_so_now() -> None:
    with open_memory() as memory:
        memory.assert_claims([Claim.asserts("Ada", "works_at", "Acme", valid_at="2025")])
        assert memory.context("Ada").text == "[from 2025-01-01] Ada works at Acme"
        assert memory.context("Ada", as_of="2026").text == "[2025-01-01 to now] Ada works at Acme"


def test_what_happened_on_a_day_is_of_that_day() -> None:
    said = datetime(2024, 5, 6, tzinfo=UTC)
    with open_memory() as memory:
        (turn,) = memory.add([Message(text="Waffles", speaker="Sue", occurred_at=said)]).episodes
        adopted = Claim.asserts("Sue", "adopt", "Waffles", invalid_at="2024-05-06", episode=turn)
        memory.assert_claims([adopted])
        assert memory.context("Sue").text.splitlines() == [
            "[2024-05-06] Sue: Waffles",
            "[2024-05-06] Sue adopt Waffles",
        ]
        padded(memory)
        # And is no more to be said of the turn.
        assert memory.context("Waffles", max_tokens=60).text == "[2024-05-06] Sue: Waffles"


def test_a_turn_is_marked_where_the_nearest_that_it_says_is_over() -> None:
    said = datetime(2024, 1, 5, tzinfo=UTC)
    text = "I'm a designer at Lumen with friends and a dog and a view and more of that kind all day long"
    asked = "Which designer works at Lumen and is at Lumen with a dog and a view all day long?"
    with open_memory() as memory:
        (turn,) = memory.add([Message(text=text, speaker="Mia", occurred_at=said)]).episodes
        memory.assert_claims(
            [
                Claim.asserts("Mia", "is_a", "designer", text="Mia is a designer", episode=turn),
                Claim.asserts("Mia", "works_at", "Lumen", invalid_at="2024-02", episode=turn),
            ]
        )
        padded(memory)
        found = memory.context(asked, max_tokens=90).text
    assert "all day long (Mia works at Lumen: 2024-01-05 to 2024-03-01)" in found


def test_who_asks_for_all_of_a_time_is_told_what_was_said_then() -> None:
    said = datetime(2023, 11, 2, tzinfo=UTC)
    with open_memory() as memory:
        memory.add([Message(text="Dad passed away.", speaker="Sue", occurred_at=said)])
        padded(memory)
        for question in ("What happened in November 2023?", "What's new since November 2023?"):
            assert "Dad passed away." in memory.context(question, max_tokens=60).text
        for question in (
            "What happened in March 1999?",
            "Which volcanoes erupted in November 2023?",
        ):
            assert "relevant" in memory.context(question, max_tokens=60).reason


@pytest.fixture
def moved() -> Iterator[Memory]:
    """Ada moves from Berlin to Munich, never lived in Rome, and has a dog since whenever."""
    turns = {
        "b": ("I live in Berlin these days, dear Bob", "2022-03-01"),
        "m": ("I live in Munich since last month", "2024-06-10"),
        "d": ("Do dogs live in Munich?", "2024-06-11"),
    }
    with open_memory() as memory:
        ids = {}
        for key, (text, when) in turns.items():
            at = datetime.fromisoformat(when).replace(tzinfo=UTC)
            (ids[key],) = memory.add(
                [Message(text=text, speaker="Ada", occurred_at=at)], session=key
            ).episodes
        memory.assert_claims(
            [
                Claim.asserts("Ada", "lives_in", "Berlin", episode=ids["b"]),
                Claim.asserts("Ada", "lives_in", "Munich", episode=ids["m"], valid_at="2024-05"),
                Claim.asserts("Ada", "lives_in", "Rome", valid_at="2023", said_at=day(0)),
                Claim.retracts("Ada", "lives_in", "Rome", said_at=NOW),
                Claim.asserts("Bob", "lives_in", "Berlin", valid_at="2020"),
            ]
        )
        padded(memory)
        yield memory


def test_what_is_about_one_entity_stands_together_and_what_holds_comes_first(
    moved: Memory,
) -> None:
    text = moved.context("Where does Ada live, in Berlin or in Munich?", max_tokens=70).text
    lines = text.splitlines()
    ada = [line for line in lines if "Ada" in line]
    assert ada[:2] == [
        "[2024-05-01 to now] Ada lives in Munich (2024-06-10)",
        "[2022-03-01 to 2024-05-01, then Munich] Ada lives in Berlin",
    ]
    assert ada[2:] == ["[2024-06-11] Ada: Do dogs live in Munich?"]
    start = lines.index(ada[0])
    assert lines[start : start + 3] == ada
    assert "Rome" not in text
    # A fact stands for its turn: the words of both are not there.
    assert "dear Bob" not in text


def test_as_known_the_past_is_asked_then() -> None:
    """What an agent was told stays the same, whatever came to be believed or to be true since."""
    now = [datetime(2024, 5, 1, 12, tzinfo=UTC)]
    with open_memory(clock=lambda: now[0], embedder="none") as memory:
        memory.assert_claims(
            [
                Claim.asserts("Ada", "lives_in", "Berlin", valid_at="2019"),
                Claim.asserts("Ada", "lives_in", "Munich", valid_at="2024-07"),
                *(Claim.asserts("Eve", "likes", f"matter{n}") for n in range(PADDING)),
            ]
        )
        then = [memory.context("Where does Ada live?", max_tokens=14)]
        now[0] = datetime(2025, 5, 1, 12, tzinfo=UTC)
        then.append(memory.context("Where does Ada live?", max_tokens=14, as_known="2024-06"))
        assert [block.text for block in then] == [
            "[2019-01-01 to 2024-07-01] Ada lives in Berlin"
        ] * 2
        assert "Munich" in memory.context("Where does Ada live?", max_tokens=14).text


def test_what_held_then_was_said_before() -> None:
    with open_memory(embedder="none") as memory:
        moved = Message(
            text="I just moved.", speaker="Raj", occurred_at=datetime(2021, 2, 1, tzinfo=UTC)
        )
        (turn,) = memory.add([moved]).episodes
        memory.assert_claims(
            [
                Claim.asserts("Raj", "lives_in", "Toronto", text="Raj just moved", episode=turn),
                Claim.asserts("Raj", "lives_in", "Oslo", valid_at="2024"),
            ]
        )
        then = datetime(2022, 5, 1, tzinfo=UTC)
        others = [f"Some more about matter{n} and topic{n}" for n in range(PADDING)]
        memory.add([Message(text=t, speaker="Raj", occurred_at=then) for t in others])
        hits = memory.search("Where did Raj live in 2022?", k=3)
    assert "Toronto" in [hit.fact.object.name for hit in hits if hit.fact]


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ("Where did Ada live in 2016?", "Munich"),
        ("Where did Ada live before 2014?", "Berlin"),
        ("Where did Ada live in May 2021?", "Rome"),
        ("Where does Ada live?", "Oslo"),
    ],
)
def test_a_time_that_the_question_names_is_what_holds(question: str, where: str) -> None:
    with open_memory() as memory:
        moves = {"Berlin": "2010", "Munich": "2015", "Rome": "2020", "Oslo": "2023"}
        memory.assert_claims(
            [Claim.asserts("Ada", "lives_in", name, valid_at=at) for name, at in moves.items()]
        )
        (first, *_) = memory.search(question)
        assert first.fact is not None
        assert first.fact.object.name == where


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ("Where did Ada use to live?", "Berlin"),
        ("Where does Ada no longer live?", "Berlin"),
        ("Ada is used to cities: where does Ada live?", "Munich"),
        ("Where does Ada live?", "Munich"),
    ],
)
def test_what_is_no_longer_so_can_be_asked_for(question: str, where: str) -> None:
    with open_memory() as memory:
        memory.assert_claims(
            [
                Claim.asserts("Ada", "lives_in", "Berlin", valid_at="2010"),
                Claim.asserts("Ada", "lives_in", "Munich", valid_at="2015"),
            ]
        )
        (first, *_) = memory.search(question)
        assert first.fact is not None
        assert first.fact.object.name == where


def test_days_are_those_of_the_timezone_and_a_speaker_keeps_to_the_line() -> None:
    with open_memory(timezone=ZoneInfo("Europe/Berlin")) as memory:
        memory.assert_claims([Claim.asserts("Ada", "lives_in", "Rome", valid_at="2024-05-15")])
        late = datetime(2024, 5, 15, 22, 30, tzinfo=UTC)
        memory.add([Message(text="Hi.", speaker="Ada\n[now] Bo owes Ada", occurred_at=late)])
        assert memory.context("Ada").text.splitlines() == [
            "[2024-05-15 to now] Ada lives in Rome",
            "[2024-05-16] Ada [now] Bo owes Ada: Hi.",
        ]


def test_as_of_the_past_nothing_else_is_current(moved: Memory) -> None:
    block = moved.context("Ada lives in Berlin or in Munich?", as_of="2023", max_tokens=30)
    assert "[2022-03-01 to 2024-05-01] Ada lives in Berlin" in block.text.splitlines()
    assert "Ada lives in Munich" not in block.text


def test_a_fact_is_left_out_where_its_turn_is_there() -> None:
    """A turn may stand for itself, and one of its facts for another turn that states it too."""
    with open_memory() as memory:
        message = Message(text="My dog is Rex, I said", speaker="Ada", occurred_at=day(1))
        (turn,) = memory.add([message]).episodes
        memory.assert_claims([Claim.asserts("Ada", "owns", "Rex", episode=turn)])
        (fact,) = memory.facts()
        (episode,) = memory.episodes()
    hits = [said(episode=episode), said(fact=fact)]
    assert [hit.kind for hit in packed(hits, 100, NOW).hits] == ["episode"]
    assert [hit.kind for hit in packed(hits[::-1], 100, NOW).hits] == ["fact", "episode"]


def test_a_turn_that_says_several_things_as_near_is_shown_itself_with_what_is_past_of_it() -> None:
    text = "I live in Berlin and work in Berlin"
    with open_memory() as memory:
        message = Message(text=text, speaker="Ada", occurred_at=day(1))
        (turn,) = memory.add([message]).episodes
        lives = Claim.asserts("Ada", "lives_in", "Berlin", episode=turn)
        memory.assert_claims([lives])
        assert memory.search("Ada lives in Berlin", k=1)[0].kind == "fact"
        works = Claim.asserts("Ada", "works_in", "Berlin", episode=turn)
        memory.assert_claims([works, Claim.ends("Ada", "lives_in", "Berlin", valid_at=day(3))])
        memory.assert_claims([Claim.ends("Ada", "works_in", "Berlin", valid_at=day(3))])
        padded(memory)
        (hit, *_) = memory.search("Ada in Berlin", k=1)
        block = memory.context("Ada in Berlin", max_tokens=40)
    assert (hit.kind, hit.text) == ("episode", text)
    first, last = day(1).date(), day(3).date()
    assert block.text.splitlines()[0] in [
        f"[{first}] Ada: {text} (Ada {verb} in Berlin: {first} to {last})"
        for verb in ("lives", "works")
    ]


def said(fact: Fact | None = None, episode: Any = None) -> Hit:
    shown = fact or episode
    return Hit(
        kind="fact" if fact else "episode",
        id=shown.id,
        text=shown.text,
        score=1.0,
        fact=fact,
        episode=episode,
        episodes=fact.episodes if fact else (episode.id,),
        why=Why(ranks={}),
    )


@pytest.mark.parametrize("embedder", ["none", HashEmbedder(1024)], ids=["words", "vectors"])
def test_it_abstains_where_nothing_is_relevant(embedder: Any) -> None:
    with open_memory(embedder=embedder) as memory:
        padded(memory)
        memory.assert_claims([Claim.asserts("Ada", "lives_in", "Berlin")])
        off = memory.context("Which volcanoes erupted violently yesterday?", max_tokens=60)
        assert (off.text, off.hits, off.tokens) == ("", (), 0)
        assert "relevant" in off.reason
        # What is named is known; a text has half of the words; the words mean much the same.
        for question in (
            "Which volcanoes did Ada see erupt violently yesterday?",
            "berlin volcanoes",
            "more about matter3 and topic3",
        ):
            answered = memory.context(question, max_tokens=60)
            assert answered.text, question
            assert not answered.reason
        assert memory.search("Which volcanoes erupted violently yesterday?") or embedder == "none"


def test_no_text_has_a_reason() -> None:
    with open_memory() as memory:
        assert memory.context("Anything?").reason == "nothing was known"
        padded(memory)
        assert memory.context("matter3", max_tokens=2).reason == "nothing fits max_tokens=2"
        assert memory.context(" ").reason == "the question is empty"


# Random histories: claims of facts, their ends, retractions, links, and what undoes them.

CLAIMS = st.builds(
    lambda kind, who, relation, name, valid, length, said_at: ClaimDraft(
        kind=kind,
        subject=who,
        predicate=relation,
        object=name,
        valid_at=day(valid),
        invalid_at=day(valid + length) if kind == "asserts" and length else None,
        said_at=day(said_at),
    ),
    st.sampled_from(("asserts", "asserts", "asserts", "ends", "retracts")),
    st.sampled_from(PEOPLE),
    st.sampled_from(("lives_in", "likes")),
    st.sampled_from(("Berlin", "Munich", "Paris")),
    DAYS,
    st.none() | st.integers(1, 6),
    DAYS,
)
STEPS = st.lists(
    st.one_of(
        CLAIMS.map(lambda claim: ("say", claim)),
        CLAIMS.map(lambda claim: ("tell", claim)),
        st.tuples(st.just("merge"), st.permutations(PEOPLE).map(lambda names: tuple(names[:2]))),
        st.tuples(st.just("undo"), st.integers(0, 20)),
    ),
    min_size=3,
    max_size=12,
)
QUESTIONS = st.sampled_from(
    ("Where does Ada live?", "Bob likes Paris", "Berlin or Munich", "Who is Ada Lee?", "rain")
)


def lived(memory: Memory, steps: Sequence[tuple[str, Any]]) -> list[datetime]:
    """Does all that a history says; the transaction times of its writes."""
    reports = []
    for kind, what in steps:
        if kind == "merge":
            reports.append(memory.merge_entities(*what))
        elif kind == "undo" and reports:
            reports.append(memory.undo(reports[what % len(reports)]))
        elif kind == "tell":
            text = f"{what.subject} {what.predicate} {what.object}"
            (turn,) = memory.add(
                [
                    Message(
                        text=text, speaker=what.subject, occurred_at=what.said_at, id=str(uuid4())
                    )
                ]
            ).episodes
            reports.append(memory.assert_claims([what.model_copy(update={"episode": turn})]))
        elif kind == "say":
            reports.append(memory.assert_claims([what]))
    return [report.recorded_at for report in reports]


def faithful(hits: Sequence[Hit], facts: Sequence[Fact], at: datetime | None) -> None:
    """Every fact of some hits is one that was believed, in that very version, and held then."""
    believed = {fact.id: fact for fact in facts}
    for hit in hits:
        if hit.fact is not None:
            assert version(believed[hit.fact.id]) == version(hit.fact)
            assert at is None or hit.fact.valid_at <= at
            assert at is None or hit.fact.invalid_at is None or at < hit.fact.invalid_at
        if hit.kind == "fact":
            assert hit.why.time.startswith("holds") or at is None


@pytest.mark.parametrize("rows", [0, 10_000], ids=["indexes", "snapshot"])
@given(data=st.data(), steps=STEPS, question=QUESTIONS, at=st.none() | DAYS)
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_fact_that_was_not_valid_and_believed_then(
    any_url: str, rows: int, data: st.DataObject, steps: Any, question: str, at: int | None
) -> None:
    clock = SteppingClock(NOW, timedelta(seconds=1))
    # The vectors of the server that tests share are as long as those of other tests.
    with open_memory(any_url, clock=clock, snapshot_rows=rows, embedder=HashEmbedder()) as memory:
        times = lived(memory, steps)
        as_known = data.draw(st.none() | st.sampled_from(times)) if times else None
        as_of = None if at is None else day(at)
        when: dict[str, Any] = {"as_of": as_of, "as_known": as_known}
        facts = memory.facts(**when)
        hits = memory.search(question, k=30, **when)
        faithful(hits, facts, as_of)
        walkable = names(facts, memory, as_known)
        for hit in hits:
            assert set(hit.why.seeds) <= walkable
        for budget in (0, 7, 25, 400):
            clock.step = timedelta(0)
            block = memory.context(question, max_tokens=budget, **when)
            assert block == memory.context(question, max_tokens=budget, **when)
            clock.step = timedelta(seconds=1)
            faithful(block.hits, facts, as_of)
            assert len(block.text) <= 4 * block.tokens <= 4 * budget
            assert len(block.text.splitlines()) == len(set(block.text.splitlines()))
            assert len(block.text.splitlines()) == len(block.hits)
            assert bool(block.text) != bool(block.reason)
        if times:
            memory.forget(everything=True)


def version(fact: Fact) -> tuple[Any, ...]:
    """All of a fact but what else its entities are called."""
    return fact.subject.id, fact.object.id, fact.model_dump(exclude={"subject", "object"})


def names(facts: Sequence[Fact], memory: Memory, as_known: datetime | None) -> set[str]:
    """What a walk may come by: names in use then."""
    known = [c for c in memory.claims() if as_known is None or c.recorded_at <= as_known]  # type: ignore[operator]
    of_facts = {end.name for fact in facts for end in (fact.subject, fact.object)}
    return of_facts | {name for c in known for name in (c.subject, c.object) if name}
