"""Search, and input of every kind."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from kgmem.errors import ConfigurationError, InvalidInputError, NotFoundError
from kgmem.ids import entity_id
from kgmem.memory import Memory
from kgmem.models import Claim, ClaimDraft, Message
from kgmem.schema import Schema
from kgmem.stores.base import FactQuery, RecordQuery
from kgmem.testing.conformance.base import (
    SAID,
    Conformance,
    Open,
    day,
    everything,
    lives,
    spans,
)
from kgmem.testing.fakes import HashEmbedder, ScriptedExtractor, SteppingClock

HOSTILE_QUERIES = (
    '"',
    '"unbalanced',
    "AND",
    "lives AND",
    "lives OR NOT (",
    "NEAR(lives Berlin, 2)",
    "text:lives",
    "scope:g1",
    "live*",
    "lives~2",
    "^lives",
    "[a TO b]",
    "((((",
    "lives -Berlin +Ada",
    "a/b\\c&&d||e!",
    "{lives}",
    "'; DROP TABLE facts; --",
    "🙂🙂",
    "ölüm 北京 жизнь",
    "the of and",
    "   ",
    "lives " * 10_000,
)
HOSTILE_NAMES = (
    "Robert'); DROP TABLE episodes;--",
    "x`}) DETACH DELETE n //",
    "$group_id",
    "a\"b'c\\d",
    "📚 Bücherei №5",
    "line\nbreak\ttab",
)


class AskingConformance(Conformance):
    """No question and no name is an instruction; what cannot be stored is refused whole."""

    # Search

    def test_search_finds_facts_and_turns_by_text_vector_and_graph(self, open_memory: Open) -> None:
        memory = open_memory(
            extractor=ScriptedExtractor(
                lambda e: (
                    [Claim.asserts("Ada", "owns", "Violin", text="Ada owns a violin")]
                    if "violin" in e.text
                    else []
                )
            )
        )
        texts = ["I bought a violin", "The weather is nice", "My cat sleeps all day"]
        memory.add(
            [Message(text=t, speaker="Ada", occurred_at=day(n)) for n, t in enumerate(texts)]
        )
        hit, other = memory.search("Who owns a violin?", k=2)
        assert hit.fact is not None
        assert hit.episode is not None
        assert (hit.fact.text, hit.episode.text) == ("Ada owns a violin", "I bought a violin")
        assert other.text in texts[1:]
        assert {"text", "vector", "graph"} <= set(hit.why.ranks)
        assert hit.episodes == tuple(e.id for e in memory.episodes() if e.text == texts[0])
        block = memory.context("Who owns a violin?", max_tokens=12)
        assert block.tokens <= 12
        assert "violin" in block.text

    def test_search_as_of_and_as_known(self, memory: Memory) -> None:
        early = memory.assert_claims([lives("Berlin", "2019")]).recorded_at
        memory.assert_claims([lives("Munich", "2022", 1)])

        def found(**when: Any) -> list[str]:
            hits = memory.search("Where does Ada live?", **when)
            return [hit.fact.object.name for hit in hits if hit.fact]

        assert found(as_of="2020") == ["Berlin"]
        assert found(as_of="2023") == ["Munich"]
        assert found(as_of="2000") == []
        assert found()[0] == "Munich"
        assert found(as_known=early) == ["Berlin"]
        assert found(as_known=early, as_of="2023") == ["Berlin"]
        assert found(as_known=early - timedelta(days=1)) == []

    def test_facts_of_sessions_and_of_several_entities(self, open_memory: Open) -> None:
        memory = open_memory(
            extractor=ScriptedExtractor(lambda e: [Claim.asserts(e.text, "likes", e.session)])
        )
        for number, session in enumerate(("a.b", "a.c", "a", "A.", "b")):
            texts = [f"{name} of {session}" for name in ("Ada", "Bob")]
            memory.add([Message(text=t, occurred_at=day(number)) for t in texts], session=session)
        facts = memory.parts.store.facts
        assert {f.object.name for f in facts(FactQuery(session_prefix="a."))} == {"a.b", "a.c"}
        assert len(facts(FactQuery(session_prefix="a"))) == 6
        assert facts(FactQuery(session_prefix="a.", as_of=day(-1))) == []
        ids = [entity_id(memory.group, f"{name} of a.b") for name in ("Ada", "Bob")]
        assert len(facts(FactQuery(subjects=ids))) == 2
        assert facts(FactQuery(subjects=ids, session_prefix="b")) == []
        assert facts(FactQuery(subjects=[])) == []
        assert len(facts(FactQuery(session_prefix="a.", every_version=True))) == 4

    def test_the_last_turns_of_a_session_before_an_instant(self, open_memory: Open) -> None:
        memory = open_memory(extractor="none")
        for session in ("a", "b"):
            texts = [Message(text=f"{session} {n}", occurred_at=day(n)) for n in range(6)]
            memory.add(texts, session=session)

        def texts_of(**asked: Any) -> list[str]:
            return [e.text for e in memory.parts.store.episodes(RecordQuery(**asked))]

        assert texts_of(session="a", before=day(4), last=2) == ["a 2", "a 3"]
        assert texts_of(session="a", before=day(1), last=2) == ["a 0"]
        assert texts_of(session="b", last=1) == ["b 5"]

    def test_the_vectors_of_episodes(self, open_memory: Open) -> None:
        memory, plain = open_memory(), open_memory("bob", embedder="none")
        for one in (memory, plain):
            one.add([Message(text="green tea", occurred_at=SAID)])
        ids = [e.id for one in (memory, plain) for e in one.episodes()]
        vectors = memory.parts.store.episode_vectors([*ids, "unknown"])
        assert list(vectors) == ids[:1]
        assert abs(float(vectors[ids[0]] @ vectors[ids[0]]) - 1) < 1e-5
        assert plain.parts.store.episode_vectors(ids) == {}

    @pytest.mark.parametrize("question", HOSTILE_QUERIES)
    def test_no_question_is_an_operator_or_an_error(self, memory: Memory, question: str) -> None:
        memory.assert_claims([lives("Berlin", "2019")])
        assert len(memory.search(question)) <= 10
        assert memory.context(question).tokens < 800

    @pytest.mark.parametrize("name", HOSTILE_NAMES)
    def test_no_name_is_an_instruction(self, memory: Memory, name: str) -> None:
        memory.assert_claims([Claim.asserts(name, "knows", f"{name} too", said_at=SAID)])
        memory.add([Message(text=name, speaker=name, id=name, occurred_at=SAID)], session=name)
        (fact,) = memory.facts(subject=name)
        assert fact.subject.name == name
        assert memory.timeline(name) == [fact]
        assert memory.episodes(session=name)[0].text == name
        memory.search(name)
        memory.forget(entity=name)
        assert memory.facts() == []

    def test_an_empty_group_answers(self, memory: Memory) -> None:
        assert memory.search("anything") == []
        assert memory.context("anything").text == ""
        assert memory.facts() == []
        assert memory.timeline("Ada") == []
        assert memory.history("Ada") == []
        assert memory.episodes() == []
        assert set(memory.stats().values()) == {0}
        assert memory.add([]).episodes == ()
        with pytest.raises(NotFoundError):
            memory.forget(everything=True)
        with pytest.raises(NotFoundError):
            memory.explain("no such id")

    # Bad input

    @pytest.mark.parametrize(
        "draft",
        [
            lives("Berlin", "2019").model_copy(update={"said_at": datetime(2023, 1, 1)}),  # noqa: DTZ001
            lives("Berlin", "2019").model_copy(update={"valid_at": datetime(2023, 1, 1)}),  # noqa: DTZ001
            lives("Berlin", "2019", invalid_at="2018"),
            Claim.asserts("Ada", "lives_in", "Rome", valid_at=day(1), invalid_at=day(1)),
            Claim.asserts("Ada", "lives_in", "Rome", valid_at="the other day"),
            Claim.asserts("", "lives_in", "Rome"),
            Claim.asserts("Ada", "  ", "Rome"),
            Claim.asserts("Ada", "lives_in", "Ro\x00me"),
            Claim.asserts("Ada", "lives_in", "Rome \ud800"),
            Claim.asserts("Ada", "lives_in", "x" * 1_000_000),
            Claim.asserts("Ada", "lives_in", "Rome", text="x" * 1_000_000),
            ClaimDraft(kind="asserts", subject="Ada", predicate="lives_in"),
            Claim.ends("Ada", "lives_in", invalid_at="2024"),
        ],
    )
    def test_a_bad_claim_is_refused_with_all_that_came_along(
        self, memory: Memory, draft: ClaimDraft
    ) -> None:
        memory.assert_claims([lives("Berlin", "2019")])
        before = everything(memory)
        with pytest.raises(InvalidInputError):
            memory.assert_claims([lives("Munich", "2022"), draft])
        assert everything(memory) == before

    @pytest.mark.parametrize(
        "message",
        [
            Message(text=""),
            Message(text=" \n"),
            Message(text="x" * 1_000_000),
            Message(text="a\x00b"),
            Message(text="a\udfffb"),
            Message(text="Hi", occurred_at=datetime(2023, 1, 1)),  # noqa: DTZ001
            Message(text="Hi", speaker=""),
        ],
    )
    def test_a_bad_turn_is_refused_with_all_that_came_along(
        self, memory: Memory, message: Message
    ) -> None:
        with pytest.raises(InvalidInputError):
            memory.add([Message(text="Good", occurred_at=SAID), message])
        assert memory.stats()["episodes"] == 0

    def test_bad_calls_are_refused(self, memory: Memory) -> None:
        calls: list[Callable[[], object]] = [
            lambda: memory.search("Ada", k=0),
            lambda: memory.search("Ada", as_of=datetime(2023, 1, 1)),  # noqa: DTZ001
            lambda: memory.facts(as_of=2023),  # type: ignore[arg-type]
            lambda: memory.search("a\x00b"),
            lambda: memory.facts(as_known="someday"),
            lambda: memory.diff("2024", "2023"),
            memory.forget,
            lambda: memory.forget(session="a", everything=True),
            lambda: ClaimDraft(kind="suggests", subject="a", predicate="b"),  # type: ignore[arg-type]
        ]
        for call in calls:
            with pytest.raises(InvalidInputError):
                call()
        with pytest.raises(NotFoundError):
            memory.assert_claims([Claim.asserts("Ada", "likes", "Tea", episode="no such id")])

    def test_a_timezone_makes_naive_times_welcome(self, open_memory: Open) -> None:
        memory = open_memory(timezone=timezone(timedelta(hours=2)))
        memory.add([Message(text="Hi", occurred_at=datetime(2023, 1, 1, 1))])  # noqa: DTZ001
        assert memory.episodes()[0].occurred_at == datetime(2022, 12, 31, 23, tzinfo=UTC)

    def test_vectors_of_two_models_are_never_mixed(self, open_memory: Open) -> None:
        memory = open_memory()
        memory.assert_claims([lives("Berlin", "2019")])
        other = open_memory(embedder=HashEmbedder(32))
        with pytest.raises(ConfigurationError, match="64 dimensions"):
            other.assert_claims([lives("Munich", "2022", 1)])
        assert spans(memory.facts()) == [("Berlin", 2019, None)]
        with pytest.raises(ConfigurationError):
            other.search("Where does Ada live?")

    def test_another_cardinality_derives_again_and_keeps_what_was_known(
        self, open_memory: Open
    ) -> None:
        memory = open_memory()
        memory.assert_claims([Claim.asserts("Ada", "badge", "Red", valid_at="2019")])
        report = memory.assert_claims([Claim.asserts("Ada", "badge", "Blue", valid_at="2022")])
        assert spans(memory.facts()) == [("Red", 2019, None), ("Blue", 2022, None)]
        schema = Schema.default().extended({"badge": {"cardinality": "single"}})
        again = open_memory(schema=schema, clock=SteppingClock(datetime(2031, 1, 1, tzinfo=UTC)))
        assert spans(again.facts()) == [("Red", 2019, 2022), ("Blue", 2022, None)]
        # Who opens the group without a schema takes it as it is.
        assert spans(open_memory().facts()) == spans(again.facts())
        known = again.facts(as_known=report.recorded_at)
        assert spans(known) == [("Red", 2019, None), ("Blue", 2022, None)]
