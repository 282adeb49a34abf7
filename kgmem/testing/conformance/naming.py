"""Who is who: links on both clocks."""

from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from kgmem.errors import InvalidInputError
from kgmem.memory import Memory
from kgmem.models import Claim, ClaimDraft, Episode, Message, Trust
from kgmem.results import Report
from kgmem.testing.conformance.base import Conformance, Open, believed, day, everything
from kgmem.testing.fakes import HashEmbedder, ScriptedExtractor, SteppingClock


def person(name: str, predicate: str, object: str, since: str, said: int = 0) -> ClaimDraft:
    """A claim about a person."""
    return Claim.asserts(
        name, predicate, object, valid_at=since, said_at=day(said), subject_type="person"
    )


ANN = person("Ann", "lives_in", "Berlin", "2019")
SMITH = person("Ann Smith", "lives_in", "Munich", "2022", 1)
JONES = person("Ann Jones", "lives_in", "Paris", "2020", 2)


def homes(memory: Memory, **query: Any) -> set[tuple[str, str]]:
    """Who lives or lived where."""
    facts = memory.facts(predicate="lives_in", **query)
    return {(fact.subject.name, fact.object.name) for fact in facts}


def plain(memory: Memory) -> dict[str, Any]:
    """All that a group believes of the world, and whom it takes for whom."""
    facts = [fact for fact in believed(memory) if fact["predicate"] != "same_as"]
    links = {(f.subject.name, f.object.name) for f in memory.facts(predicate="same_as")}
    return {"facts": facts, "entities": memory.entities(), "links": links}


class NamingConformance(Conformance):
    """Links are recorded, versioned like facts, and can be taken back."""

    def test_a_merge_joins_facts_and_undo_parts_them(self, memory: Memory) -> None:
        memory.assert_claims([person("Mum", "lives_in", "Berlin", "2019")])
        memory.assert_claims([person("Clara", "lives_in", "Munich", "2022")])
        before, known = plain(memory), memory.facts()
        merged = memory.merge_entities("Clara", "Mum")
        berlin, munich = memory.facts(subject="mum", predicate="lives_in")
        assert berlin.subject.name == munich.subject.name == "Clara"
        assert berlin.subject.aliases == ("Clara", "Mum")
        assert berlin.invalid_at == munich.valid_at
        assert memory.timeline("Mum") == memory.timeline("Clara")
        assert [e.name for e in memory.entities() if e.type == "person"] == ["Clara"]
        moved = [c for c in memory.history("Clara") if c.at == merged.recorded_at]
        assert all([claim.text for claim in c.causes] == ["Mum is Clara"] for c in moved)
        undone = memory.undo(merged)
        assert plain(memory) == before
        assert [f.id for f in memory.facts()] == [f.id for f in known]
        assert homes(memory, as_known=merged.recorded_at) == {
            ("Clara", "Berlin"),
            ("Clara", "Munich"),
        }
        memory.undo(undone)
        assert memory.facts(subject="mum", predicate="lives_in")[0].id == berlin.id

    def test_the_first_name_of_the_last_merge_stays(self, memory: Memory) -> None:
        memory.assert_claims([person("Mum", "lives_in", "Berlin", "2019")])
        memory.merge_entities("Mum", "Clara")
        assert homes(memory) == {("Mum", "Berlin")}
        memory.merge_entities("Clara", "Mum")
        assert homes(memory) == {("Clara", "Berlin")}
        with pytest.raises(InvalidInputError):
            memory.merge_entities("mum", "MUM")
        with pytest.raises(InvalidInputError):
            memory.assert_claims([Claim.ends("Mum", "same_as", "Clara")])

    def test_a_first_name_is_short_for_the_one_person_who_has_it(self, open_memory: Open) -> None:
        expected: dict[int, dict[str, Any]] = {}
        for number, order in enumerate(permutations((ANN, SMITH, JONES))):
            memory = open_memory(f"order {number}")
            answers = []
            for claim in order:
                report = memory.assert_claims([claim])
                answers.append((report.recorded_at, plain(memory)))
            # Two people with one first name stay two, and "Ann" is neither.
            assert homes(memory) == {
                ("Ann", "Berlin"),
                ("Ann Smith", "Munich"),
                ("Ann Jones", "Paris"),
            }
            links = {c.text for c in memory.claims() if c.predicate == "same_as"}
            assert links == {
                "Ann is the first name of Ann Smith",
                "Ann is the first name of Ann Jones",
            }
            final = plain(memory)
            expected.setdefault(0, {"homes": homes(memory), "links": final["links"]})
            for known, answer in answers:
                then = {(f["subject"]["name"], f["object"]["name"]) for f in answer["facts"]}
                assert homes(memory, as_known=known) == then

    def test_one_namesake_is_enough_and_a_second_parts_them_again(self, memory: Memory) -> None:
        memory.assert_claims([ANN])
        report = memory.assert_claims([SMITH])
        assert homes(memory) == {("Ann Smith", "Berlin"), ("Ann Smith", "Munich")}
        assert len(report.claims) == 1
        later = memory.assert_claims([JONES])
        assert ("Ann", "Berlin") in homes(memory)
        assert ("Ann Smith", "Berlin") in homes(memory, as_known=report.recorded_at)
        memory.split_entities("Ann", "Ann Jones")
        assert ("Ann Smith", "Berlin") in homes(memory)
        assert ("Ann", "Berlin") in homes(memory, as_known=later.recorded_at)

    def test_who_has_to_do_with_a_namesake_is_another(self, open_memory: Open) -> None:
        met = person("Ann", "knows", "Ann Smith", "2020", 3)
        for number, order in enumerate(permutations((ANN, SMITH, met))):
            memory = open_memory(f"met {number}")
            for claim in order:
                memory.assert_claims([claim])
            assert homes(memory) == {("Ann", "Berlin"), ("Ann Smith", "Munich")}
            assert memory.facts(predicate="same_as") == []

    def test_a_split_stays_whatever_is_found_later(self, open_memory: Open) -> None:
        link = Claim.asserts("Ann", "same_as", "Ann Smith")
        memory = open_memory(extractor=ScriptedExtractor(lambda _: [link]))
        memory.assert_claims([ANN, SMITH])
        split = memory.split_entities("Ann", "Ann Smith")
        memory.add([Message(text="Ann is Ann Smith", occurred_at=day(40))])
        assert homes(memory) == {("Ann", "Berlin"), ("Ann Smith", "Munich")}
        memory.undo(split)
        assert homes(memory) == {("Ann Smith", "Berlin"), ("Ann Smith", "Munich")}
        memory.merge_entities("Ann Smith", "Annie")
        memory.split_entities("Ann Smith", "Annie")
        assert memory.facts(subject="Annie") == []

    def test_any_order_and_batching_of_links_and_claims(self, open_memory: Open) -> None:
        told = [
            ANN,
            SMITH,
            person("my sister", "likes", "Tea", "2020", 3),
            Claim.asserts("my sister", "same_as", "Ann", said_at=day(4), source_kind="tool"),
            Claim.asserts("Nan", "same_as", "my sister", said_at=day(5)),
            Claim.ends("Nan", "lives_in", valid_at="2023", said_at=day(6)),
        ]
        memory = open_memory("at once")
        memory.assert_claims(told)
        whole = plain(memory)
        assert {f["subject"]["name"] for f in whole["facts"]} == {"Ann Smith"}
        memory.forget(everything=True)
        for claim in reversed(told):
            memory.assert_claims([claim])
        assert plain(memory) == whole

    def test_forgetting_reaches_all_names_and_what_rules_found_of_them(
        self, open_memory: Open
    ) -> None:
        def script(episode: Episode) -> list[ClaimDraft]:
            name, city = episode.text.split(" in ")
            return [person(name, "visited", city, "2020")]

        def visits(memory: Memory, known: Report) -> set[tuple[str, str]]:
            facts = memory.facts(predicate="visited", as_known=known.recorded_at)
            return {(fact.subject.name, fact.object.name) for fact in facts}

        memory = open_memory(extractor=ScriptedExtractor(script))
        texts = "Ann in Rome", "Ann Smith in Bern", "Ann Smith in Oslo", "Bob in Rome"
        turns = [Message(text=text, occurred_at=day(n)) for n, text in enumerate(texts)]
        reports = [memory.add([turn]) for turn in turns]
        assert visits(memory, reports[1]) == {("Ann Smith", "Rome"), ("Ann Smith", "Bern")}
        # The past is as if the first that was said of Ann Smith had not been.
        memory.forget(episode=reports[1].episodes[0])
        assert visits(memory, reports[1]) == {("Ann", "Rome")}
        assert visits(memory, reports[2]) == {("Ann Smith", "Rome"), ("Ann Smith", "Oslo")}
        memory.forget(episode=reports[2].episodes[0])
        assert visits(memory, reports[3]) == {("Ann", "Rome"), ("Bob", "Rome")}
        assert not [c for c in memory.claims() if c.predicate == "same_as"]
        memory.merge_entities("Ann", "Nan")
        memory.assert_claims([person("Nan", "likes", "Tea", "2020")])
        memory.forget(entity="Nan")
        assert {(f.subject.name, f.object.name) for f in memory.facts()} == {("Bob", "Rome")}
        assert "Nan" not in str(everything(memory))
        memory.forget(before="2100")
        assert memory.claims() == []

    def test_a_copy_knows_who_is_who_and_who_was(self, open_memory: Open, tmp_path: Path) -> None:
        memory = open_memory()
        for claim in (ANN, SMITH, JONES):
            memory.assert_claims([claim])
        memory.undo(memory.merge_entities("Ann Smith", "Ann"))
        memory.split_entities("Ann", "Ann Jones")
        elsewhere = f"sqlite:///{tmp_path}/copy.db"
        memory.copy_to(elsewhere)
        with Memory.open(
            elsewhere, group=memory.group, extractor="none", embedder=HashEmbedder()
        ) as copy:
            assert everything(copy) == everything(memory)

    def test_links_outlive_a_change_of_trust(self, open_memory: Open) -> None:
        memory = open_memory()
        memory.assert_claims([person("Mum", "lives_in", "Berlin", "2019")])
        memory.merge_entities("Clara", "Mum")
        links = memory.facts(predicate="same_as")
        trusting = open_memory(
            trust=Trust(min_confidence=0.5), clock=SteppingClock(datetime(2031, 1, 1, tzinfo=UTC))
        )
        assert trusting.facts(predicate="same_as") == links
        trusting.assert_claims([person("Mum", "likes", "Tea", "2020")])
        assert [fact.subject.name for fact in trusting.facts(predicate="likes")] == ["Clara"]

    def test_search_finds_what_was_said_of_an_alias(self, memory: Memory) -> None:
        memory.assert_claims([person("Mum", "lives_in", "Berlin", "2019")])
        memory.merge_entities("Clara", "Mum")
        hits = memory.search("Where does Clara live?", as_of="2020")
        assert [hit.fact.subject.name for hit in hits if hit.fact][:1] == ["Clara"]

    def test_similar_names_are_candidates(self, memory: Memory) -> None:
        for name in ("Clara Bell", "Clara Weiss", "Rex", "Mum"):
            memory.assert_claims([person(name, "likes", "Tea", "2019")])
        memory.merge_entities("Clara Bell", "Mum")
        found = [entity.name for entity in memory.similar_entities("clara", k=2)]
        assert sorted(found) == ["Clara Bell", "Clara Weiss"]
        assert "Clara Bell" not in {e.name for e in memory.similar_entities("Mum")}
