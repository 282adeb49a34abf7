"""What a model is asked about names: only what rules can't tell, once a write."""

from collections.abc import Mapping
from typing import Any

import pytest

from kgmem import Claim, Memory
from kgmem.models import ClaimDraft
from kgmem.testing import HashEmbedder, ScriptedModel


class Judged:
    """A memory whose judge answers what a test wants."""

    def __init__(self, reply: Mapping[str, Any], embedder: HashEmbedder | str = "none") -> None:
        self.asked: list[str] = []
        self.reply = reply
        self.memory = Memory.open(
            "sqlite://",
            group="g",
            extractor="none",
            embedder=embedder,
            judge=ScriptedModel(self.answer),
        )

    def answer(self, kind: str, text: str) -> Mapping[str, Any]:
        assert kind == "SameNames"
        self.asked.append(text)
        return self.reply


def likes(name: str, what: str) -> ClaimDraft:
    return Claim.asserts(name, "likes", what, subject_type="person")


ANNS = [likes("Ann Smith", "Tea"), likes("Ann Jones", "Jazz <b>")]


def test_a_first_name_of_two_is_judged_and_the_link_can_be_undone() -> None:
    judged = Judged({"same": [{"pair": 1, "reason": "both like jazz"}]})
    judged.memory.assert_claims(ANNS)
    assert judged.asked == []
    report = judged.memory.assert_claims([likes("Ann", "Bebop")])
    assert judged.asked == [
        "<names>\n[1] ann = ann jones?\n  ann: Ann likes Bebop\n"
        "  ann jones: Ann Jones likes Jazz &lt;b>\n[2] ann = ann smith?\n  ann: Ann likes Bebop\n"
        "  ann smith: Ann Smith likes Tea\n</names>"
    ]
    assert report.llm_calls == 1
    assert {f.object.name for f in judged.memory.timeline("Ann Jones", predicate="likes")} == {
        "Jazz <b>",
        "Bebop",
    }
    (link,) = [c for c in judged.memory.claims(report.claims) if c.predicate == "same_as"]
    assert (link.source_kind, link.text) == ("agent", "ann is ann jones: both like jazz")
    judged.memory.undo(report)
    assert len(judged.asked) == 1
    assert [f.object.name for f in judged.memory.timeline("Ann Jones", predicate="likes")] == [
        "Jazz <b>"
    ]


def test_people_overrule_the_judge() -> None:
    judged = Judged({"same": [{"pair": 1}]})
    judged.memory.assert_claims([*ANNS, likes("Ann", "Bebop")])
    assert len(judged.asked) == 1
    judged.memory.merge_entities("Ann Smith", "Ann")
    assert {f.object.name for f in judged.memory.timeline("Ann Smith", predicate="likes")} == {
        "Tea",
        "Bebop",
    }


def test_names_of_nearly_one_meaning_are_judged() -> None:
    judged = Judged({"same": [{"pair": 1}]}, HashEmbedder())
    judged.memory.assert_claims([likes("Jones Quartet", "Jazz")])
    judged.memory.assert_claims([likes("Quartet Jones", "Tea")])
    assert len(judged.asked) == 1
    assert len(judged.memory.timeline("Jones Quartet", predicate="likes")) == 2
    judged.memory.assert_claims([likes("Quartet Jones", "Milk"), likes("Berlin", "Rain")])
    assert len(judged.asked) == 1


@pytest.mark.parametrize("pair", [0, 3, "first", None])
def test_a_pair_that_nobody_asked_about_is_reported(pair: object) -> None:
    judged = Judged({"same": [{"pair": pair, "reason": "so"}]})
    report = judged.memory.assert_claims([*ANNS, likes("Ann", "Bebop")])
    (skipped,) = report.skipped
    assert "nobody asked" in skipped.reason
    assert [f.object.name for f in judged.memory.timeline("Ann", predicate="likes")] == ["Bebop"]


def test_a_malformed_reply_is_reported_and_never_applied() -> None:
    judged = Judged({"same": "no list"})
    report = judged.memory.assert_claims([*ANNS, likes("Ann", "Bebop")])
    (skipped,) = report.skipped
    assert skipped.what == "ann = ann jones; ann = ann smith"
    assert "not judged: the reply does not fit" in skipped.reason
    assert report.llm_calls == 2
    assert [f.object.name for f in judged.memory.timeline("Ann", predicate="likes")] == ["Bebop"]
