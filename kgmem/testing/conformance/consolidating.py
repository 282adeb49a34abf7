"""What is made of beliefs: the same on every store, no answer changes, nothing forgotten stays."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kgmem.errors import ConflictError, NotFoundError
from kgmem.memory import Memory
from kgmem.models import Claim, Message
from kgmem.testing.conformance.base import SECRET, Open, believed, day, everything
from kgmem.testing.conformance.keeping import KeepingConformance
from kgmem.testing.fakes import ScriptedExtractor, ScriptedModel, SteppingClock

_TEAMS = {"Ada": ("Berlin", "Chess", "Acme"), "Bob": (SECRET, "Judo", "Initech")}


def _told(memory: Memory) -> None:
    """Two circles of four that one fact joins."""
    for number, (name, things) in enumerate(_TEAMS.items()):
        facts = [Claim.asserts(name, "likes", thing, said_at=day(number)) for thing in things]
        ring = zip(things, (*things[1:], things[0]), strict=True)
        facts += [Claim.asserts(a, "near", b, said_at=day(number)) for a, b in ring]
        memory.assert_claims(facts)
    memory.assert_claims([Claim.asserts("Ada", "knows", "Bob", said_at=day(2))])


class ConsolidatingConformance(KeepingConformance):
    """What a store keeps of what is derived."""

    def test_communities_are_found_and_kept(self, open_memory: Open) -> None:
        memory = open_memory()
        _told(memory)
        done = memory.consolidate()
        assert [sorted(c.members) for c in done.communities] == sorted(
            [sorted((name, *things)) for name, things in _TEAMS.items()],
            key=lambda members: next(c.id for c in done.communities if c.members[0] in members),
        )
        for community in done.communities:
            assert community.members[0] in _TEAMS
            assert community.name == ", ".join(community.members[:3])
            texts = [fact.text for fact in memory.facts() if fact.id in community.facts]
            assert len(texts) == len(community.facts) == community.summary.count("\n") + 1
            assert all(text in community.summary for text in texts)
        assert memory.communities() == list(done.communities)
        assert memory.consolidate(["duplicates"]).communities == ()
        assert memory.communities() == list(done.communities)

    def test_consolidating_again_changes_nothing_but_the_clock(self, open_memory: Open) -> None:
        memory = open_memory()
        _told(memory)
        first, second = (memory.consolidate() for _ in range(2))
        assert first.communities
        assert [c.model_copy(update={"made_at": None}) for c in first.communities] == [
            c.model_copy(update={"made_at": None}) for c in second.communities
        ]
        assert (first.similar, first.summaries) == (second.similar, second.summaries)

    def test_no_answer_changes(self, open_memory: Open) -> None:
        memory = open_memory(clock=SteppingClock(step=timedelta(0)))
        _told(memory)
        memory.correct(memory.facts(subject="Ada")[0].id, object="Hamburg")
        instants = [c.recorded_at for c in memory.claims() if c.recorded_at]
        asked: list[dict[str, Any]] = [
            {},
            *({"as_known": known} for known in instants),
            *({"as_of": day(number)} for number in range(-1, 4)),
        ]

        def answers() -> list[Any]:
            found: list[Any] = [memory.facts(**query) for query in asked]
            found += [memory.timeline("Ada"), memory.history("Ada"), memory.claims()]
            return [*found, memory.search("What does Ada like?"), memory.stats()]

        before = answers()
        done = memory.consolidate()
        assert done.summaries == len(memory.entities())
        assert answers() == before

    def test_summaries_are_of_what_is_believed(self, open_memory: Open) -> None:
        memory = open_memory()
        _told(memory)
        memory.consolidate(["summaries"])
        texts = {entity.name: entity.summary for entity in memory.entities()}
        assert "Ada likes" in texts["Ada"]
        assert texts["Ada"].count("\n") == 2
        (fact,) = memory.facts(subject="Ada", object="Chess")
        memory.correct(fact.id)
        memory.consolidate(["summaries"])
        assert "Ada" not in {e.name: e.summary for e in memory.entities()}["Chess"]

    def test_similar_names_are_proposed_until_somebody_decides(self, open_memory: Open) -> None:
        memory = open_memory()
        memory.assert_claims(
            [
                Claim.asserts("Acme Steel Works", "makes", "Steel", said_at=day(0)),
                Claim.asserts("Acme Steel Works", "based_in", "Berlin", said_at=day(0)),
                Claim.asserts("the Acme Steel Works", "makes", "Rails", said_at=day(1)),
                Claim.asserts("Flight plan 12 B", "near", "Flight plan 13 B", said_at=day(1)),
            ]
        )
        (pair,) = memory.consolidate().similar
        assert (pair.name, pair.alias) == ("Acme Steel Works", "the Acme Steel Works")
        assert memory.parts.store.derived().similar == [pair]
        memory.split_entities(pair.name, pair.alias)
        assert memory.consolidate().similar == ()
        # What was split from an alias was split from the entity that it stands for.
        memory.merge_entities("Steel Works Acme", pair.name)
        assert memory.consolidate().similar == ()

    def test_a_judge_merges_and_it_can_be_undone(self, open_memory: Open) -> None:
        def script(reply: str, prompt: str) -> dict[str, Any]:
            assert reply == "SameNames"
            assert "the acme steel works" in prompt.lower()
            return {"same": [{"pair": 1, "reason": "an article"}]}

        memory = open_memory(judge=ScriptedModel(script))
        names = "Acme Steel Works", "the Acme Steel Works"
        drafts = [Claim.asserts(name, "makes", name[:5], said_at=day(0)) for name in names]
        open_memory().assert_claims(drafts)
        if not memory.stats()["claims"]:
            pytest.skip("two memories of a store in memory share nothing")
        before = believed(memory)
        done = memory.consolidate(merge=True)
        assert done.llm_calls == 1
        assert done.merged is not None
        assert all(len(memory.facts(subject=name, predicate="makes")) == 2 for name in names)
        memory.undo(done.merged)
        assert believed(memory) == before

    def test_forgetting_erases_what_was_derived(self, url: str, open_memory: Open) -> None:
        memory, other = open_memory(), open_memory("other")
        _told(memory)
        other.assert_claims([Claim.asserts("Ada", "likes", "Tea")])
        for one in (memory, other):
            one.consolidate()
        assert SECRET in str(memory.communities())
        memory.forget(entity=SECRET)
        assert memory.communities() == []
        assert not self.holds(url, memory, SECRET)
        assert not any(entity.summary for entity in memory.entities())
        assert any(entity.summary for entity in other.entities())
        memory.consolidate()
        assert memory.communities()
        assert SECRET not in str(everything(memory))

    def test_what_is_forgotten_meanwhile_is_not_quoted(self, open_memory: Open) -> None:
        """Erased between reading and writing: all is done again from what is left."""
        memory = open_memory(extractor=_Forgetful())
        _told(memory)
        extractor = memory.parts.extractor
        assert isinstance(extractor, _Forgetful)
        extractor.memory = memory
        done = memory.consolidate()
        assert extractor.asked > len(done.communities)
        assert SECRET not in str(done)
        assert SECRET not in str(everything(memory))
        extractor.always = True
        with pytest.raises(ConflictError):
            memory.consolidate()

    def test_faded_turns_are_listed_and_forgotten_by_their_ids(self, open_memory: Open) -> None:
        clock = datetime(2024, 5, 1, 12, tzinfo=UTC)
        memory = open_memory(
            clock=lambda: clock,
            extractor=ScriptedExtractor(
                lambda e: [Claim.asserts("Ada", "likes", w) for w in e.text.split() if w.istitle()]
            ),
        )
        texts = ["well then", "Chess Judo Opera", "hello again", "Chess"]
        ages = [400, 400, 10, 0]
        memory.add(
            [
                Message(text=text, occurred_at=clock - timedelta(days=age))
                for text, age in zip(texts, ages, strict=True)
            ]
        )
        before = everything(memory)
        found = memory.faded(half_life=timedelta(days=90), below=0.1)
        assert [one.episode.text for one in found] == ["well then"]
        assert found[0].importance == 0
        assert found[0].retention == pytest.approx(2 ** (-400 / 90))
        longer = memory.faded(half_life=timedelta(days=90), below=0.99)
        assert [one.episode.text for one in longer] == [*texts[:3]]
        assert everything(memory) == before
        memory.forget(episode=[one.episode.id for one in found])
        assert memory.faded(half_life=timedelta(days=90), below=0.1) == []
        with pytest.raises(NotFoundError):
            memory.forget(episode=[found[0].episode.id])


class _Forgetful:
    """An extractor that sums up, and while it does something is forgotten."""

    max_concurrency = 1

    def __init__(self) -> None:
        self.memory: Memory | None = None
        self.asked = 0
        self.always = False

    def extract(self, episodes: Any, context: Any) -> list[Any]:
        """Nothing."""
        del episodes, context
        return []

    def summarize(self, facts: Any, tally: Any) -> str:
        """All the facts."""
        del tally
        self.asked += 1
        assert self.memory is not None
        if self.always:
            self.memory.assert_claims([Claim.asserts("Ada", "likes", f"Thing {self.asked}")])
            self.memory.forget(entity=f"Thing {self.asked}")
        elif self.asked == 1:
            self.memory.forget(entity=SECRET)
        return " ".join(facts)
