"""What is believed, when, and since when."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from kgmem.errors import ConflictError, NotFoundError
from kgmem.memory import Memory
from kgmem.models import Claim, Message, Trust
from kgmem.testing.conformance.base import (
    SAID,
    Conformance,
    Open,
    believed,
    day,
    everything,
    lives,
    spans,
)
from kgmem.testing.fakes import ScriptedExtractor, SteppingClock


class BeliefConformance(Conformance):
    """Sections 2 and 4 of the design, through the public API."""

    # Belief

    def test_a_later_start_wins_in_any_order(self, open_memory: Open) -> None:
        told = (
            lives("Berlin", "2019"),
            lives("Munich", "2022", 1),
            lives("Paris", "2020", 2, invalid_at="2020"),
        )
        expected = [
            ("Berlin", 2019, 2020),
            ("Paris", 2020, 2021),
            ("Berlin", 2021, 2022),
            ("Munich", 2022, None),
        ]
        first: list[dict[str, Any]] | None = None
        for number, order in enumerate(permutations(told)):
            memory = open_memory(f"order {number}")
            for claim in order:
                memory.assert_claims([claim])
            assert spans(memory.facts()) == expected
            facts = [
                {**f, "id": "", "claims": (), "subject": "", "object": ""} for f in believed(memory)
            ]
            ended = [{**f, "ended_by": bool(f["ended_by"])} for f in facts]
            first = first or ended
            assert ended == first

    def test_order_and_batching_give_the_same_ids(self, open_memory: Open) -> None:
        claims = [
            lives("Berlin", "2019"),
            lives("Munich", "2022", 1),
            Claim.ends("Ada", "lives_in", valid_at="2023", said_at=day(2)),
            Claim.asserts("Ada", "likes", "Tea", said_at=day(3)),
            Claim.retracts("ada", "likes", said_at=day(4)),
            Claim.asserts("ADA", "likes", "tea", said_at=day(5)),
        ]
        memory = open_memory()
        memory.assert_claims(claims)
        expected = believed(memory)
        memory.forget(everything=True)
        assert memory.facts() == []
        for claim in reversed(claims):
            memory.assert_claims([claim])
        assert believed(memory) == expected

    def test_saying_it_again_changes_nothing_but_support(self, memory: Memory) -> None:
        memory.assert_claims([lives("Berlin", "2019")])
        (before,) = memory.facts()
        again = memory.assert_claims([lives("Berlin", "2019")])
        assert again.claims == ()
        assert memory.facts() == [before]
        report = memory.assert_claims([lives("Berlin", "2019", 1)])
        (after,) = memory.facts()
        assert [f.id for f in report.reinforced] == [before.id]
        assert after.claims == (*before.claims, *report.claims)
        assert after.model_copy(update={"claims": before.claims}) == before

    def test_a_fact_that_ends_and_starts_again_is_two_facts(self, memory: Memory) -> None:
        memory.assert_claims(
            [lives("Berlin", "2019"), lives("Munich", "2022", 1), lives("Berlin", "2024", 2)]
        )
        assert spans(memory.facts()) == [
            ("Berlin", 2019, 2022),
            ("Munich", 2022, 2024),
            ("Berlin", 2024, None),
        ]

    def test_unrelated_facts_never_retire_each_other(self, memory: Memory) -> None:
        memory.assert_claims([lives("Berlin", "2019"), Claim.asserts("Ada", "likes", "Tea")])
        report = memory.assert_claims(
            [
                Claim.asserts("Bob", "lives_in", "Munich", valid_at="2022"),
                Claim.asserts("Ada", "likes", "Coffee", valid_at="2023"),
                Claim.asserts("Ada", "works_for", "Acme", valid_at="2023"),
            ]
        )
        assert len(report.added) == 3
        assert (report.ended, report.revised, report.retracted) == ((), (), ())

    def test_retraction_makes_it_never_true(self, memory: Memory) -> None:
        memory.assert_claims([lives("Berlin", "2019"), lives("Munich", "2022", 1)])
        report = memory.assert_claims([Claim.retracts("Ada", "lives_in", "Munich", said_at=day(2))])
        assert spans(memory.facts()) == [("Berlin", 2019, None)]
        assert [f.object.name for f in report.retracted] == ["Munich"]

    # The two clocks

    def test_as_of_is_half_open(self, memory: Memory) -> None:
        memory.assert_claims([lives("Berlin", "2019", invalid_at="May 2024")])
        at = datetime(2024, 6, 1, tzinfo=UTC)
        assert memory.facts(as_of=at) == []
        assert len(memory.facts(as_of=at - timedelta(microseconds=1))) == 1
        assert len(memory.facts(as_of="2019")) == 1
        assert memory.facts(as_of="2018") == []

    def test_as_known_answers_what_was_answered_then(self, memory: Memory) -> None:
        steps: list[Callable[[], Any]] = [
            lambda: memory.assert_claims([lives("Berlin", "2019")]),
            lambda: memory.assert_claims([lives("Berlin", "2019", 1)]),
            lambda: memory.assert_claims([lives("Munich", "2022", 2)]),
            lambda: memory.assert_claims([lives("Berlin", "2018", 3)]),
            lambda: memory.undo(memory.assert_claims([lives("Rome", "2023", 4)])),
            lambda: memory.assert_claims([Claim.retracts("Ada", "lives_in", "Berlin")]),
        ]
        answers = []
        for step in steps:
            report = step()
            # The versions that end later show no end yet in what was answered then.
            answers.append((report.recorded_at, believed(memory), memory.timeline("Ada")))
        for known, facts, timeline in answers:
            assert believed(memory, as_known=known) == facts
            assert [f.id for f in memory.timeline("Ada", as_known=known)] == [
                f.id for f in timeline
            ]
        assert memory.facts(as_known=answers[0][0] - timedelta(microseconds=1)) == []

    def test_transaction_times_only_go_forward(self, open_memory: Open) -> None:
        clock = SteppingClock(step=timedelta(0))
        memory = open_memory(clock=clock)
        first = memory.assert_claims([lives("Berlin", "2019")]).recorded_at
        clock.now -= timedelta(days=1)
        second = memory.assert_claims([lives("Munich", "2022", 1)]).recorded_at
        assert second > first
        assert spans(memory.facts(as_known=first)) == [("Berlin", 2019, None)]

    def test_history_and_explain_name_claim_turn_and_rule(self, open_memory: Open) -> None:
        script = {
            "I live in Berlin": lives("Berlin", "2019"),
            "I moved": lives("Munich", "2022", 1),
        }
        memory = open_memory(extractor=ScriptedExtractor(lambda e: [script[e.text]]))
        for number, text in enumerate(script):
            memory.add([Message(text=text, speaker="Ada", occurred_at=day(number))])
        changes = memory.history("Ada")
        assert [(c.change, c.fact.object.name) for c in changes] == [
            ("added", "Berlin"),
            ("ended", "Berlin"),
            ("added", "Munich"),
        ] or [(c.change, c.fact.object.name) for c in changes] == [
            ("added", "Berlin"),
            ("added", "Munich"),
            ("ended", "Berlin"),
        ]
        assert all(change.causes for change in changes)
        berlin = memory.facts()[0]
        explanation = memory.explain(berlin.id)
        assert [e.text for e in explanation.episodes] == ["I live in Berlin"]
        assert explanation.ended_in is not None
        assert explanation.ended_in.text == "I moved"
        assert "one object at a time" in explanation.rule
        assert len(explanation.versions) == 2

    def test_diff_between_two_instants(self, memory: Memory) -> None:
        first = memory.assert_claims([lives("Berlin", "2019")]).recorded_at
        second = memory.assert_claims([lives("Munich", "2022", 1)]).recorded_at
        diff = memory.diff(first, second)
        assert [f.object.name for f in diff.added] == ["Munich"]
        assert [f.object.name for f in diff.ended] == ["Berlin"]
        assert memory.diff(second).added == ()
        assert len(memory.diff(first - timedelta(days=1)).added) == 2

    # Changing one's mind

    def test_undo_appends_and_can_be_undone(self, memory: Memory) -> None:
        memory.assert_claims([lives("Berlin", "2019")])
        before = believed(memory)
        moved = memory.assert_claims([lives("Munich", "2022", 1)])
        after = believed(memory)
        undone = memory.undo(moved)
        assert believed(memory) == before
        memory.undo(undone)
        assert believed(memory) == after
        assert memory.stats()["claims"] == 4
        assert believed(memory, as_known=moved.recorded_at) == after

    def test_correct_replaces_a_fact_and_its_past_stays_known(self, memory: Memory) -> None:
        report = memory.assert_claims([lives("Berlin", "2019")])
        (fact,) = memory.facts()
        memory.correct(fact.id, object="Bern")
        assert spans(memory.facts()) == [("Bern", 2019, None)]
        assert spans(memory.facts(as_known=report.recorded_at)) == [("Berlin", 2019, None)]
        with pytest.raises(NotFoundError):
            memory.correct(fact.id)
        (bern,) = memory.facts()
        memory.correct(bern.id)
        assert memory.facts() == []

    def test_correct_leaves_the_other_times_of_a_claim(self, memory: Memory) -> None:
        memory.assert_claims(
            [
                lives("Berlin", "2019"),
                lives("Paris", "2021", invalid_at="2022"),
                lives("Berlin", "2024"),
            ]
        )
        times = [("Berlin", 2019, 2021), ("Paris", 2021, 2023)]
        assert spans(memory.facts()) == [*times, ("Berlin", 2023, None)]
        memory.correct(memory.facts()[2].id, object="Munich")
        assert spans(memory.facts()) == [*times, ("Munich", 2023, None)]
        memory.correct(memory.facts()[0].id, object="Bern")
        assert spans(memory.facts()) == [("Bern", 2019, 2021), *times[1:], ("Munich", 2023, None)]

    def test_a_corrected_fact_ends_as_what_follows_it_does(self, memory: Memory) -> None:
        memory.assert_claims([lives("Berlin", "2019"), lives("Munich", "2022")])
        memory.correct(memory.facts()[0].id, text="Ada is at home in Berlin")
        memory.correct(memory.facts()[1].id, valid_at="2023")
        assert spans(memory.facts()) == [("Berlin", 2019, 2023), ("Munich", 2023, None)]
        memory.assert_claims([Claim.ends("Ada", "lives_in", "Munich", valid_at="2025")])
        memory.correct(memory.facts()[1].id, object="Ulm")
        assert spans(memory.facts())[1] == ("Ulm", 2023, 2025)
        memory.assert_claims([Claim.ends("Ada", "lives_in", "Ulm", valid_at="2024")])
        memory.correct(memory.facts()[1].id, invalid_at=None)
        assert spans(memory.facts())[1:] == [("Ulm", 2023, None)]

    def test_correct_takes_an_end_back_however_it_was_said(self, memory: Memory) -> None:
        jobs = [Claim.asserts("Ada", "plays", name, valid_at="2019") for name in ("cello", "drums")]
        ends = [Claim.ends("Ada", "plays", valid_at=year) for year in ("2022", "2024")]
        memory.assert_claims([*jobs, *ends, Claim.ends("Ada", "plays", "cello", valid_at="2023")])
        (cello,) = memory.facts(object="cello")
        memory.correct(cello.id, invalid_at=None)
        assert spans(memory.facts(object="cello")) == [("cello", 2019, None)]
        assert spans(memory.facts(object="drums")) == [("drums", 2019, 2022)]

    def test_correct_speaks_of_whom_the_claim_spoke(self, memory: Memory) -> None:
        memory.assert_claims([lives("Berlin", "2019"), Claim.asserts("Ada Lee", "likes", "tea")])
        merged = memory.merge_entities("Ada Lee", "Ada")
        memory.correct(memory.facts(predicate="lives_in")[0].id, object="Bonn")
        memory.undo(merged)
        assert spans(memory.facts(subject="Ada")) == [("Bonn", 2019, None)]

    def test_a_correction_is_as_trusted_as_what_it_corrects(self, open_memory: Open) -> None:
        memory = open_memory(trust=Trust(order=("document",)))
        memory.assert_claims(
            [
                lives(city, year, source_kind="document")
                for city, year in (("Berlin", "2019"), ("Rome", "2021"))
            ]
        )
        memory.correct(memory.facts()[1].id, object="Bonn")
        assert spans(memory.facts()) == [("Berlin", 2019, 2021), ("Bonn", 2021, None)]

    def test_a_dry_run_tells_and_writes_nothing(self, memory: Memory) -> None:
        memory.assert_claims([lives("Berlin", "2019")])
        before = everything(memory)
        report = memory.assert_claims([lives("Munich", "2022", 1)], dry_run=True)
        assert [f.object.name for f in report.added] == ["Munich"]
        assert [f.object.name for f in report.ended] == ["Berlin"]
        assert everything(memory) == before
        with pytest.raises(NotFoundError):
            memory.undo(report)

    # Episodes

    def test_adding_a_turn_again_changes_nothing_at_all(self, open_memory: Open) -> None:
        memory = open_memory(extractor=ScriptedExtractor(lambda _: [lives("Berlin", "2019")]))
        turns = [
            Message(text="Hi", speaker="Ada", occurred_at=day(0)),
            Message(text="Hi", speaker="Ada", occurred_at=day(0)),
            Message(text="Bye", id="m3", occurred_at=day(0)),
        ]
        first = memory.add(turns, session="s")
        assert len(first.episodes) == 3
        before = everything(memory)
        again = memory.add(turns, session="s")
        assert (again.episodes, again.claims, len(again.skipped)) == ((), (), 3)
        assert everything(memory) == before
        with pytest.raises(ConflictError):
            memory.add([Message(text="Other", id="m3", occurred_at=day(0))], session="s")
        assert everything(memory) == before

    def test_turns_of_one_instant_keep_their_order(self, open_memory: Open) -> None:
        memory = open_memory(
            extractor=ScriptedExtractor(lambda e: [Claim.asserts("Ada", "lives_in", e.text)])
        )
        memory.add([Message(text=f"City {n}", occurred_at=SAID) for n in range(9)])
        assert [f.object.name for f in memory.facts()] == [f"City {n}" for n in range(9)]
        assert [e.text for e in memory.episodes()] == [f"City {n}" for n in range(9)]

    # Trust

    def test_trust_is_a_policy_of_the_group_and_is_versioned(
        self, open_memory: Open, tmp_path: Path
    ) -> None:
        memory = open_memory()
        told = memory.assert_claims(
            [
                lives("Berlin", "2019"),
                lives("Munich", "2022", 1, source_kind="document"),
                Claim.ends("Ada", "lives_in", valid_at="2024", source_kind="tool"),
                Claim.asserts("Ada", "likes", "Tea", valid_at="2020", confidence=0.3),
            ]
        )
        clock = SteppingClock(datetime(2031, 1, 1, tzinfo=UTC))
        trusting = open_memory(clock=clock, trust=Trust(min_confidence=0.5, order=("user",)))
        assert spans(trusting.facts()) == [("Berlin", 2019, None)]
        # Who opens the group without a policy takes it as it is; what was known stays known.
        again = open_memory(clock=clock)
        assert spans(again.facts()) == [("Berlin", 2019, None)]
        then = [("Berlin", 2019, 2022), ("Tea", 2020, None), ("Munich", 2022, 2024)]
        assert spans(again.facts(as_known=told.recorded_at)) == then
        report = again.assert_claims([lives("Paris", "2025", 2, source_kind="agent")])
        assert spans(again.facts()) == [("Berlin", 2019, None)]
        elsewhere = f"sqlite:///{tmp_path}/copy.db"
        again.copy_to(elsewhere)
        with Memory.open(elsewhere, group=again.group, extractor="none", embedder="none") as copy:
            assert everything(copy) == everything(again)
            assert spans(copy.facts(as_known=told.recorded_at)) == then
        off = open_memory(clock=clock, trust=Trust())
        assert spans(off.facts())[-1] == ("Paris", 2025, None)
        assert spans(off.facts(as_known=report.recorded_at)) == [("Berlin", 2019, None)]
        off.forget(entity="Paris")
        assert spans(off.facts()) == then
        assert spans(off.facts(as_known=report.recorded_at)) == [("Berlin", 2019, None)]

    def test_explain_says_what_trust_sets_aside(self, open_memory: Open) -> None:
        memory = open_memory(trust=Trust(order=("user",)))
        memory.assert_claims([lives("Berlin", "2019")])
        heard = memory.assert_claims([lives("Munich", "2022", 1, source_kind="document")])
        (fact,) = memory.facts()
        why = memory.explain(fact.id)
        assert [claim.id for claim in why.outranked] == list(heard.claims)
        assert "trusted most" in why.rule
        assert memory.explain(fact.id, as_known=fact.created_at).outranked == ()
        off = open_memory(clock=SteppingClock(datetime(2031, 1, 1, tzinfo=UTC)), trust=Trust())
        assert off.explain(fact.id).outranked == ()
        ended, _ = off.facts()
        assert ended.ended_by == heard.claims[0]

    def test_trust_knows_no_links_and_no_undo(self, open_memory: Open) -> None:
        memory = open_memory(trust=Trust(min_confidence=0.5, order=("tool",)))
        report = memory.assert_claims([lives("Berlin", "2019", source_kind="tool")])
        memory.assert_claims([Claim.asserts("Dr Lee", "same_as", "Ada", confidence=0.1)])
        assert spans(memory.facts(subject="Dr Lee", predicate="lives_in")) == [
            ("Berlin", 2019, None)
        ]
        memory.undo(report)
        assert memory.facts(predicate="lives_in") == []

    def test_what_rules_link_stays_linked_whoever_is_trusted(self, open_memory: Open) -> None:
        memory = open_memory()
        memory.assert_claims([Claim.asserts("Ada Lee", "likes", "Tea", subject_type="person")])
        memory.assert_claims([Claim.asserts("Ada", "likes", "Jazz", subject_type="person")])
        before = believed(memory)
        memory._recorder.sync(None, Trust(min_confidence=0.5))
        assert believed(memory) == before
        memory._recorder.sync(None, Trust())
        assert believed(memory) == before
