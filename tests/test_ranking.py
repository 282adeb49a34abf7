"""What a question tells besides its words moves what is found: times, and that questions are no answers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import log1p
from typing import Any

import numpy as np
import pytest

from benchmarks.ablation import _sight
from kgmem import Claim, Memory, Message
from kgmem.retrieval.analysis import analyzed
from kgmem.retrieval.columns import Words
from kgmem.retrieval.scoring import found
from kgmem.retrieval.snapshot import Snapshot
from kgmem.retrieval.times import OPEN, span_asked
from kgmem.retrieval.vectors import Vectors
from kgmem.stores import open_store
from kgmem.testing import HashEmbedder, ScriptedExtractor

NOW = datetime(2024, 7, 1, tzinfo=UTC)
TURNS = [
    ("2024-02-03", "We painted the kitchen."),
    ("2024-03-02", "The wedding was on 1 March 2024."),
    ("2024-03-30", "We painted the garage."),
    ("2024-05-20", "We painted the fence."),
    ("2024-06-20", "The concert is on 3 June 2024, or was it the other one?"),
    ("2024-06-21", "No, the concert was on 5 June 2024."),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('ranking')}/painted.db"


@pytest.fixture(scope="module")
def memory(url: str) -> Iterator[Memory]:
    with Memory.open(
        url, group="painted", extractor="none", embedder=HashEmbedder(), clock=lambda: NOW
    ) as memory:
        for day, text in TURNS:
            at = datetime.fromisoformat(day).replace(tzinfo=UTC)
            memory.add([Message(text=text, speaker="Ada", occurred_at=at)], session=day)
        yield memory


@pytest.fixture(scope="module")
def snapshot(memory: Memory, url: str) -> Snapshot:
    snapshot = Snapshot()
    store = open_store(url, "painted", lambda: NOW)
    snapshot.extend(store.changes(None))
    store.close()
    return snapshot


@pytest.mark.parametrize(
    ("question", "first", "after"),
    [
        ("What did we paint in May?", "2024-05-01", "2024-06-01"),
        ("What did we paint since May?", "2024-05-01", None),
        ("What did we paint before May 2024?", None, "2024-05-01"),
        ("What did we paint two weeks before 1 June 2024?", "2024-05-18", "2024-06-01"),
        ("What did we paint the week after 19 May 2024?", "2024-05-20", "2024-05-27"),
        ("What did we paint between 1 March 2024 and 31 May 2024?", "2024-03-01", "2024-06-01"),
        ("What did we paint after the wedding?", "2024-03-02", None),
        ("What did we paint before the wedding?", None, "2024-03-01"),
        ("What did we paint the month before the wedding?", "2024-01-30", "2024-03-01"),
    ],
)
def test_a_question_names_a_time(
    snapshot: Snapshot, question: str, first: str | None, after: str | None
) -> None:
    def instant(day: str | None, otherwise: int) -> int:
        if day is None:
            return otherwise
        return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000

    found = span_asked(question, NOW, snapshot, snapshot.seen(None, None))
    assert found == (instant(first, -OPEN), instant(after, OPEN))


@pytest.mark.parametrize(
    "question",
    [
        "What did we paint?",
        "What did we paint after the funeral?",
        "What did we paint after the concert?",
        "What did we paint before?",
        "What did the two of them do before, if anything, to last?",
    ],
)
def test_a_time_that_is_not_known_is_none(snapshot: Snapshot, question: str) -> None:
    """No event, one that no turn dates, and one on whose date turns disagree."""
    assert span_asked(question, NOW, snapshot, snapshot.seen(None, None)) is None


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What did we paint before the wedding?", "We painted the kitchen."),
        ("What did we paint since May 2024?", "We painted the fence."),
        ("What did we paint the month after the wedding?", "We painted the garage."),
    ],
)
def test_the_time_of_a_question_moves_turns_up(memory: Memory, question: str, answer: str) -> None:
    found = [hit.text for hit in memory.search(question) if "painted" in hit.text]
    assert found[0] == answer
    assert len(found) == 3


@pytest.mark.parametrize("when", [{}, {"as_of": NOW}])
def test_a_question_that_was_taken_in_is_no_answer(when: dict[str, Any]) -> None:
    """An agent's memory holds what it was asked."""
    with Memory.open(
        "sqlite://", group="asked", extractor="none", embedder=HashEmbedder(), clock=lambda: NOW
    ) as memory:
        said = memory.add(
            [Message(text="I moved to Berlin.", speaker="Ada", occurred_at=NOW - timedelta(9))]
        )
        moved = Claim.asserts("Ada", "lives_in", "Berlin", episode=said.episodes[0])
        memory.assert_claims([moved])
        question = Message(text="Where do I live?", speaker="Ada", occurred_at=NOW - timedelta(1))
        memory.add([question])
        assert memory.search("Where do I live?", **when)[0].text == "Ada lives in Berlin"


def test_a_walk_starts_at_what_is_named_however_common_it_is() -> None:
    """A fact that no other turn shares has ends that are rarer than a name of every turn."""
    with Memory.open(
        "sqlite://",
        group="common",
        extractor=ScriptedExtractor(
            lambda episode: [Claim.asserts("Marlene", "likes", episode.text.split(" likes ")[1])]
        ),
        embedder=HashEmbedder(),
        clock=lambda: NOW,
    ) as memory:
        memory.add([Message(text=f"Marlene likes song {n}", occurred_at=NOW) for n in range(40)])
        seeds = memory.search("Which song does Marlene like?")[0].why.seeds
        assert seeds[0] == "Marlene"
        assert len(seeds) > 1


def test_cosines_do_not_depend_on_when_vectors_came() -> None:
    chance = np.random.default_rng(0)
    rows = chance.standard_normal((9000, 48)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    given = [None if place % 7 == 0 else row for place, row in enumerate(rows)]
    whole, grown = Vectors(), Vectors()
    whole.extend(given)
    for start in range(0, len(given), 97):
        grown.extend(given[start : start + 97])
        grown.cosine(rows[0])
    asked = [*rows[:2], rows[1] + rows[3]]
    expected = (rows @ np.stack(asked).T).T * (np.arange(len(rows)) % 7 > 0)
    off = np.abs(whole.cosines(asked) - expected)
    # Whatever stands out is exact; the rest is near enough to see that it does not.
    assert off.max() < 0.01
    near = expected > 2.5 * expected.std(axis=1, keepdims=True)
    assert off[near].max() < 3e-5
    assert np.count_nonzero(near) > 50
    assert (whole.cosines(asked) == grown.cosines(asked)).all()


def test_bm25_is_that_of_each_text_by_itself() -> None:
    texts = ["ada likes berlin", "berlin berlin", "cy", "likes cy cy berlin"]
    mask = np.array([True, True, True, False])
    words = Words()
    words.extend(texts)
    kept = [text.split() for text in texts[:3]]
    mean = sum(map(len, kept)) / len(kept)

    def score(text: list[str], term: str) -> float:
        often, count = sum(term in other for other in kept), text.count(term)
        weight = log1p((len(kept) - often + 0.5) / (often + 0.5))
        return weight * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * len(text) / mean))

    expected = [score(text, "berlin") + score(text, "cy") for text in kept]
    found = words.bm25(["berlin", "cy", "unheard"], mask)
    assert found.tolist() == pytest.approx([*expected, 0.0])
    assert words.postings(["berlin", "cy"], mask).held.tolist() == [1, 1, 1, 0]


def test_the_cosines_of_a_small_group_are_exact() -> None:
    rows = np.random.default_rng(0).standard_normal((900, 384)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    vectors = Vectors()
    vectors.extend(rows)
    assert np.abs(vectors.cosine(rows[0]) - rows @ rows[0]).max() < 2e-5


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Which books did Ada read?", True),
        ("What kinds of music does Ada like?", True),
        ("What are the names of Ada's dogs?", True),
        ("How many children does Ada have?", True),
        ("Where has Ada camped?", True),
        ("How much have I spent on the garden?", True),
        ("What do Ada and Bob both like?", True),
        ("What kind of music does Ada like?", False),
        ("What is Ada's address?", False),
        ("What does this mean?", False),
        ("Where does Ada have her shop?", False),
        ("How long has Ada lived here?", False),
        ("When did Ada read the books?", False),
    ],
)
def test_a_question_asks_for_one_thing_or_for_several(
    snapshot: Snapshot, question: str, several: bool
) -> None:
    seen = snapshot.seen(None, None)
    assert analyzed(question, snapshot, seen, NOW).several is several
    assert not analyzed(question, snapshot, seen, NOW, frozenset(["several"])).several


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What does John Smith like?", ["John Smith"]),
        ("What does John Doe's dog like?", ["John Doe"]),
        ("What do John Smith and Will like?", ["John Smith", "Will"]),
        ("what does john smith like", ["John Smith"]),
        ("Will Ada like it?", ["Ada"]),
        ("what will ada like", ["Ada"]),
        ("Is it Will's?", ["Will"]),
    ],
)
def test_a_question_names_speakers(question: str, named: list[str]) -> None:
    with Memory.open("sqlite://", group="g", extractor="none", embedder="none") as memory:
        memory.add(
            [
                Message(text="I like tea.", speaker=name)
                for name in ("John Smith", "Ada", "Will", "John Doe")
            ]
        )
        sight = _sight(memory, memory._question(question, 1, None, None), frozenset())
        names = list(sight.snapshot.episodes.speakers.numbers)
        assert sorted(names[number] for number in sight.asked.speakers) == named


def test_several_things_may_have_been_told_in_several_sessions() -> None:
    """A session that speaks of nothing else does not take the places of what was told in others."""
    with Memory.open(
        "sqlite://", group="told", extractor="none", embedder="none", clock=lambda: NOW
    ) as memory:
        talk = ["Cities?", "Yes, cities.", "Visited cities?", "No.", "Cities, cities.", "Good."]
        trips = [["Hello.", f"I visited {name}.", *"abcd"] for name in ("Rome", "Oslo", "Bonn")]
        for day, words in enumerate([talk, *trips]):
            messages = [
                Message(
                    text=text,
                    speaker="Ada" if place % 2 else "Bob",
                    occurred_at=NOW - timedelta(9 - day, minutes=-place),
                )
                for place, text in enumerate(words)
            ]
            memory.add(messages, session=f"session {day}")
        hits = [hit.text for hit in memory.search("Which cities has Ada visited?", k=5)]
        assert {"I visited Rome.", "I visited Oslo.", "I visited Bonn."} < set(hits)


def test_what_is_said_little_of_speaks_against_no_turn(memory: Memory) -> None:
    sight = _sight(memory, memory._question("What of the garage?", 9, None, None), frozenset())
    channels = found(sight).channels
    assert min(channels[name].min() for name in ("text", "vector", "window")) == 0
    plain = found(replace(sight, without=frozenset(["floor"]))).channels
    assert max(plain[name].min() for name in ("text", "vector", "window")) < 0


def test_a_short_turn_adds_little_to_the_meaning_of_a_long_one_beside_it() -> None:
    said = ["Harbor!", "Along its wall we walked until dusk came.", "Nothing there is left."]
    with Memory.open(
        "sqlite://", group="window", extractor="none", embedder=HashEmbedder(), clock=lambda: NOW
    ) as memory:
        memory.add(
            [
                Message(text=text, speaker="AB"[n % 2], occurred_at=NOW - timedelta(minutes=9 - n))
                for n, text in enumerate(said)
            ]
        )
        sight = _sight(memory, memory._question("harbor", 9, None, None), frozenset(["floor"]))
        records = sight.snapshot.episodes.records
        order = np.argsort([said.index(episode.text) for episode in records])
        (near, *others), sizes = found(sight).turns[order], sight.seen.sizes[order]
        assert others == [0, 0]
        assert sizes[0] == 1
        window = np.array([near / (1 + sizes[1] / 2), near / 2, 0])
        window[1] /= 1 / 2 + sizes[1] + sizes[2] / 2
        scores = found(sight).channels["window"][order]
        assert scores == pytest.approx((window - window.mean()) / window.std(), abs=1e-4)


def test_a_record_counts_as_if_who_it_is_about_had_said_it() -> None:
    with Memory.open(
        "sqlite://", group="record", extractor="none", embedder=HashEmbedder(), clock=lambda: NOW
    ) as memory:
        fruits = ("figs", "plums", "dates", "pears", "limes")
        memory.add(
            [
                Message(
                    text=f"The {fruit} grow in the {place}. garden.",
                    speaker="Ada",
                    occurred_at=NOW - timedelta(place),
                )
                for place, fruit in enumerate(fruits, 1)
            ]
        )
        memory.assert_claims([Claim.asserts("Ada", "likes", fruit) for fruit in fruits])
        hits = memory.search("Which fruits, figs or others, has Ada liked?")
        assert hits[0].text == "Ada likes figs"


def test_a_fact_stands_for_no_turn_that_said_it_in_other_words() -> None:
    """A hit shows what was asked about, not what was said first of the same two."""
    said = {
        "Ada": ("They swim there.", "The family swims with the kids on Mondays"),
        "Bob": ("They liked it.", "The family saw a museum of ships with the kids"),
    }
    with Memory.open(
        "sqlite://",
        group="words",
        extractor=ScriptedExtractor(
            lambda turn: [
                Claim.asserts("family", "is_with", "kids", text=said[str(turn.speaker)][1])
            ]
        ),
        embedder=HashEmbedder(),
        clock=lambda: NOW,
    ) as memory:
        for day, (speaker, (text, _)) in enumerate(said.items()):
            message = Message(text=text, speaker=speaker, occurred_at=NOW - timedelta(9 - day))
            memory.add([message], session=f"session {day}")
        assert len(memory.facts()) == 1
        assert memory.search("Which museum of ships did Bob mean?")[0].text == "They liked it."
        assert memory.search("Which Mondays did Ada mean?")[0].text == said["Ada"][1]
