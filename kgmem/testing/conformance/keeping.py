"""Erasure, isolation, copies and crowds."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kgmem.errors import (
    ConflictError,
    ExtractionError,
    InvalidInputError,
    KgmemError,
    NotFoundError,
    StoreUnavailableError,
)
from kgmem.memory import Memory
from kgmem.models import Claim, ClaimDraft, Episode, Message
from kgmem.schema import Schema
from kgmem.stores.base import Change, Derive, FactQuery, SearchQuery, Written
from kgmem.testing.conformance.base import (
    SAID,
    SECRET,
    Conformance,
    Open,
    day,
    everything,
    lives,
    spans,
)
from kgmem.testing.fakes import HashEmbedder, ScriptedExtractor, SteppingClock


class KeepingConformance(Conformance):
    """What is forgotten is gone, and what is not is kept: apart, whole, and under load."""

    # Forgetting

    def told(self, memory: Memory) -> None:
        """Two sessions; the second says again what the first says, and a secret."""
        memory.add(
            [Message(text="I live in Berlin", speaker="Ada", occurred_at=day(0))], session="1"
        )
        memory.add(
            [
                Message(text="I live in Berlin", speaker="Ada", id="again", occurred_at=day(1)),
                Message(text=f"I live in {SECRET}", speaker="Ada", id="secret", occurred_at=day(2)),
            ],
            session="2",
        )

    @pytest.fixture
    def teller(self, open_memory: Open) -> Memory:
        """A memory that has been told both sessions."""
        memory = open_memory(
            extractor=ScriptedExtractor(
                lambda e: [
                    Claim.asserts("Ada", "lives_in", e.text.split()[-1], text=f"Ada: {e.text}")
                ]
            )
        )
        self.told(memory)
        return memory

    def holds(self, url: str, memory: Memory, text: str) -> bool:
        """Whether the text is anywhere in the raw store; override where bytes can be looked at."""
        del url
        return text in str(everything(memory))

    @pytest.mark.parametrize(
        "scope",
        [
            {"episode": "secret"},
            {"session": "2"},
            {"entity": SECRET},
            {"entity": "ada"},
            {"before": datetime(2024, 1, 1, tzinfo=UTC)},
            {"everything": True},
        ],
    )
    def test_forgotten_text_is_nowhere(self, url: str, teller: Memory, scope: Any) -> None:
        assert self.holds(url, teller, SECRET)
        if "entity" in scope or "everything" in scope:
            teller.undo(teller.assert_claims([Claim.asserts("Ada", "likes", SECRET)]))
        teller.consolidate()
        teller.forget(**scope)
        assert not self.holds(url, teller, SECRET)
        assert not self.holds(url, teller, SECRET.lower())
        assert all(SECRET not in hit.text for hit in teller.search(f"Ada {SECRET}"))

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("Ann Smith", "I met Ann\nSmith at the fair."),
            ("Ann Smith", "ANN  SMITH was there."),
            ("Ann", "我和Ann去北京。"),
            ("田中", "田中さんは東京にいる"),
            ("สมชาย", "คุณสมชายพูด"),
            ("민수", "민수는 온다"),
        ],
    )
    def test_a_name_is_found_however_it_is_written(
        self, memory: Memory, name: str, text: str
    ) -> None:
        memory.add([Message(text=text), Message(text="Annika Smithers came.")])
        receipt = memory.forget(entity=name)
        assert len(receipt.episodes) == 1
        assert [turn.text for turn in memory.episodes()] == ["Annika Smithers came."]

    def test_a_predicate_that_only_the_forgotten_had_is_nowhere(
        self, url: str, memory: Memory
    ) -> None:
        memory.assert_claims(
            [
                Claim.asserts("Ada", "was treated for gout at", "Clinic"),
                Claim.asserts("Ada", "likes", "tea"),
            ]
        )
        assert self.holds(url, memory, "gout")
        memory.forget(entity="Clinic")
        assert not self.holds(url, memory, "gout")
        assert [item.predicate for item in memory.parts.store.state().predicates] == ["likes"]

    def test_a_name_without_a_word_erases_nothing(self, teller: Memory) -> None:
        before = everything(teller)
        with pytest.raises(InvalidInputError, match="is empty"):
            teller.forget(entity=" ")
        assert everything(teller) == before

    def test_what_others_support_stays_with_less_support(self, teller: Memory) -> None:
        receipt = teller.forget(session="2")
        assert len(receipt.episodes) == 2
        assert [f.object.name for f in teller.facts()] == ["Berlin"]
        (berlin,) = teller.facts()
        assert (len(berlin.claims), len(berlin.episodes), berlin.invalid_at) == (1, 1, None)
        assert [kept.what for kept in receipt.kept] == [berlin.id]
        assert len(receipt.facts) == 1
        assert receipt.entities == 1
        with pytest.raises(NotFoundError):
            teller.forget(session="2")

    def test_what_would_be_forgotten_is_said_and_stays(self, teller: Memory) -> None:
        teller.undo(teller.assert_claims([Claim.asserts("Ada", "likes", SECRET)]))
        for scope in ({"session": "2"}, {"entity": SECRET}, {"everything": True}):
            before = everything(teller)
            receipt = teller.forget(dry_run=True, **scope)
            assert everything(teller) == before
            done = teller.forget(**scope)
            told = {"dry_run": True, "recorded_at": receipt.recorded_at}
            assert receipt == done.model_copy(update=told)
            assert receipt.recorded_at < done.recorded_at
        with pytest.raises(NotFoundError):
            teller.forget(dry_run=True, everything=True)

    def test_after_forgetting_history_is_as_if_it_had_never_been(self, teller: Memory) -> None:
        teller.forget(episode="secret")
        assert all(c.change == "added" for c in teller.history("Ada"))
        assert len(teller.history("Ada")) == 1

    def test_a_forgetting_that_is_broken_off_goes_on(
        self, teller: Memory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store, write = teller._store, teller._store.write
        written: list[Written] = []
        monkeypatch.setattr(store, "erased_at_once", 1)

        def once(change: Change, derive: Derive) -> Written:
            if written:
                raise StoreUnavailableError("the server is gone")
            written.append(write(change, derive))
            return written[0]

        with monkeypatch.context() as cut:
            cut.setattr(store, "write", once)
            with pytest.raises(StoreUnavailableError):
                teller.forget(session="2")
        assert {e.message_id for e in teller.episodes()} == {None, "secret"}
        assert len(teller.forget(session="2").episodes) == 1
        assert [fact.object.name for fact in teller.facts()] == ["Berlin"]

    # Isolation

    def test_groups_never_see_each_other(self, open_memory: Open) -> None:
        script = ScriptedExtractor(
            lambda e: [Claim.asserts("Ada", "lives_in", e.text.split()[-1], valid_at="2020")]
        )
        mine, yours = (open_memory(name, extractor=script) for name in ("acme", "acme-1"))
        reports = {}
        for memory, city in ((mine, "Berlin"), (yours, SECRET)):
            message = Message(text=f"Ada lives in {city}", speaker="Ada", id="m1", occurred_at=SAID)
            reports[city] = memory.add([message], session="s")
        (fact,) = mine.facts()
        (foreign,) = yours.facts()
        reads: list[Callable[[], object]] = [
            mine.facts,
            lambda: mine.facts(subject="Ada", as_of="2021"),
            lambda: mine.facts(as_known="2031"),
            lambda: mine.search(f"Where does Ada live? {SECRET}", k=50),
            lambda: mine.search(SECRET, as_of="2021"),
            lambda: mine.search(SECRET, as_known="2031"),
            lambda: mine.context(SECRET),
            lambda: mine.timeline("Ada"),
            lambda: mine.history("Ada"),
            lambda: mine.diff("2000"),
            lambda: mine.explain(fact.id),
            mine.episodes,
            lambda: mine.episodes(reports[SECRET].episodes),
            lambda: mine.episodes(session="s"),
            mine.claims,
            lambda: mine.claims(reports[SECRET].claims),
            mine.entities,
            mine.stats,
        ]
        for read in reads:
            assert SECRET not in str(read())
        refused: list[Callable[[], object]] = [
            lambda: mine.explain(foreign.id),
            lambda: mine.correct(foreign.id, object="Rome"),
            lambda: mine.undo(reports[SECRET]),
            lambda: mine.forget(episode=reports[SECRET].episodes[0]),
            lambda: mine.forget(entity=SECRET),
            lambda: mine.assert_claims(
                [Claim.asserts("Ada", "likes", "Tea", episode=reports[SECRET].episodes[0])]
            ),
        ]
        for call in refused:
            with pytest.raises(KgmemError):
                call()
        mine.forget(everything=True)
        assert yours.facts() == [foreign]
        (hit,) = yours.search("Where does Ada live?")
        assert hit.fact == foreign

    # Copies and crowds

    def test_copy_round_trips_everything(self, url: str, teller: Memory, tmp_path: Path) -> None:
        if url == "sqlite://":
            pytest.skip("a store in memory is gone when it is closed")
        teller.undo(teller.assert_claims([lives("Rome", "2023")]))
        teller.correct(teller.facts()[0].id, valid_at="2020")
        elsewhere = f"sqlite:///{tmp_path}/copy.db"
        counts = teller.copy_to(elsewhere)
        assert counts == teller.stats()
        before = everything(teller)
        answer = [(hit.id, hit.text) for hit in teller.search("Where does Ada live?")]
        with Memory.open(
            elsewhere, group=teller.group, extractor="none", embedder=HashEmbedder()
        ) as copy:
            assert everything(copy) == before
            teller.forget(everything=True)
            copy.copy_to(url)
        assert everything(teller) == before
        assert [(h.id, h.text) for h in teller.search("Where does Ada live?")] == answer

    def test_copying_again_takes_what_has_come_since(
        self, url: str, open_memory: Open, tmp_path: Path
    ) -> None:
        if url == "sqlite://":
            pytest.skip("two memories of a store in memory share nothing")
        memory = open_memory()
        memory.assert_claims([Claim.asserts("Ada", "badge", "Red", valid_at="2019", said_at=SAID)])
        elsewhere = f"sqlite:///{tmp_path}/again.db"
        memory.copy_to(elsewhere)
        schema = Schema.default().extended({"badge": {"cardinality": "single"}})
        later = open_memory(schema=schema, clock=SteppingClock(datetime(2031, 1, 1, tzinfo=UTC)))
        later.assert_claims([Claim.asserts("Ada", "badge", "Blue", valid_at="2022", said_at=SAID)])
        later.copy_to(elsewhere)
        with Memory.open(
            elsewhere, group=memory.group, extractor="none", embedder="none", schema=schema
        ) as copy:
            assert everything(copy) == everything(later)

    def test_a_failure_is_kept_until_it_is_done_again(
        self, url: str, open_memory: Open, tmp_path: Path
    ) -> None:
        failing = True

        def script(episode: Episode) -> list[ClaimDraft]:
            if failing:
                raise ExtractionError("the model said nothing")
            return [Claim.asserts("Ada", "says", episode.text)]

        memory = open_memory(extractor=ScriptedExtractor(script))
        turns = [Message(text=f"Turn {n}", occurred_at=day(n)) for n in range(3)]
        report = memory.add(turns)
        assert len(report.failed) == len(memory.retry().failed) == 3
        memory.forget(episode=report.episodes[0])
        assert len(memory.retry().failed) == 2
        if url != "sqlite://":
            memory.copy_to(f"sqlite:///{tmp_path}/failed.db")
        failing = False
        assert sorted(f.object.name for f in memory.retry().added) == ["Turn 1", "Turn 2"]
        assert memory.retry().added == ()
        if url != "sqlite://":
            with open_memory(
                url=f"sqlite:///{tmp_path}/failed.db", extractor=ScriptedExtractor(script)
            ) as copy:
                assert len(copy.retry().added) == 2

    def test_copy_into_another_history_is_refused(self, memory: Memory, tmp_path: Path) -> None:
        memory.assert_claims([lives("Berlin", "2019")])
        elsewhere = f"sqlite:///{tmp_path}/other.db"
        with Memory.open(
            elsewhere, group=memory.group, extractor="none", embedder=HashEmbedder()
        ) as other:
            other.assert_claims([lives("Munich", "2022")])
            with pytest.raises(ConflictError):
                memory.copy_to(elsewhere)
            assert spans(other.facts()) == [("Munich", 2022, None)]
            other.forget(everything=True)
            other.add([Message(text="A turn that states nothing.")])
            with pytest.raises(ConflictError, match="1 episodes"):
                memory.copy_to(elsewhere)

    def test_two_messages_of_one_id_are_refused(self, memory: Memory) -> None:
        said = [Message(text="I live in Rome.", id="7"), Message(text="I like tea.", id="7")]
        for dry_run in (True, False):
            with pytest.raises(ConflictError, match="'7' is there already"):
                memory.add(said, dry_run=dry_run)
        assert memory.stats()["episodes"] == 0
        assert len(memory.add([said[0], said[0]]).episodes) == 1

    def test_a_message_of_several_sessions_is_to_be_named(self, memory: Memory) -> None:
        (one,), (two,) = (
            memory.add([Message(text="Hello", id="1")], session=session).episodes
            for session in ("a", "b")
        )
        with pytest.raises(InvalidInputError, match=f"{one} .of 'a'. or {two} .of 'b'."):
            memory.forget(episode="1")
        memory.forget(episode=one)
        assert [turn.id for turn in memory.episodes()] == [two]

    def test_writers_queue_and_lose_nothing(self, url: str, open_memory: Open) -> None:
        if url == "sqlite://":
            pytest.skip("a store in memory has one connection")
        memories = [open_memory() for _ in range(4)]
        start = threading.Barrier(len(memories))

        def write(number: int) -> None:
            start.wait()
            for step in range(8):
                memories[number].assert_claims(
                    [
                        lives(f"City {(number + step) % 5}", str(2000 + step), number),
                        Claim.asserts("Ada", "likes", f"Thing {step}", said_at=day(number)),
                    ]
                )

        with ThreadPoolExecutor(len(memories)) as pool:
            list(pool.map(write, range(len(memories))))
        crowd = memories[0]
        assert crowd.stats()["claims"] == 4 * 8 * 2
        instants = [claim.recorded_at for claim in crowd.claims()]
        assert len(set(instants)) == 4 * 8
        alone = open_memory("alone")
        alone.assert_claims([c.model_copy(update={"group": None}) for c in crowd.claims()])
        assert sorted(spans(crowd.facts())) == sorted(spans(alone.facts()))

    def test_a_reader_sees_what_is_between_two_commits(self, url: str, open_memory: Open) -> None:
        """Each commit moves everybody at once; no read is answered from half of one."""
        if url == "sqlite://":
            pytest.skip("a store in memory has one connection")
        people, rounds = 60, 8
        texts = [[f"P{n} lives in City{move}" for n in range(people)] for move in range(rounds)]
        script = ScriptedExtractor(
            lambda e: [
                Claim.asserts(e.text.split()[0], "lives_in", e.text.split()[-1], valid_at="2020")
            ]
        )
        writer, reader = (open_memory(extractor=script) for _ in range(2))

        def move(number: int) -> None:
            turns = [Message(text=text, occurred_at=day(number)) for text in texts[number]]
            writer.add(turns, session=f"{number}")

        def many(names: Iterable[str]) -> bool:
            return set(Counter(names).values()) == {people}

        def whole() -> dict[str, bool]:
            store = reader.parts.store
            facts, then = reader.facts(), store.facts(FactQuery(as_known=day(10**5)))
            versions, changes = store.facts(FactQuery(every_version=True)), store.changes(None)
            found = store.near(SearchQuery(["lives"], None, 10**4))
            counts, items = reader.stats(), list(store.dump())
            return {
                "facts": many(f.object.name for f in facts),
                "as known": many(f.object.name for f in then),
                "versions": many(f.object.name for f in versions)
                and many(f.object.name for f in versions if f.expired_at is None),
                "claims": many(c.object or "" for c in reader.claims()),
                "episodes": many(e.session for e in reader.episodes()),
                "stats": counts["episodes"] == counts["claims"]
                and counts["facts"] == people
                and counts["facts"] + counts["expired_facts"] == counts["claims"],
                "changes": many(v.object_id for v, _ in changes.versions)
                and len(changes.versions) == len(changes.claims) == len(changes.episodes),
                "near": many(e.session for e, _ in found.episodes)
                and many(v.object_id for v, _ in found.versions if v.expired_at is None),
                "dump": many(e.session for e in items if isinstance(e, Episode)),
            }

        move(0)
        with ThreadPoolExecutor(1) as pool:
            moving = [pool.submit(move, number) for number in range(1, rounds)]
            while not all(moved.done() for moved in moving):
                seen = whole()
                assert all(seen.values()), seen
            for moved in moving:
                moved.result()
        assert all(whole().values())
