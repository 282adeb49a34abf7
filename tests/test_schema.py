"""What the schema knows of predicates."""

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgmem import Claim, Memory
from kgmem.errors import ConfigurationError
from kgmem.schema import Schema

SCHEMA = Schema.default()


@pytest.mark.parametrize(
    ("said", "canonical"),
    [
        ("lives_in", "lives_in"),
        ("resides in", "lives_in"),
        ("reside_in", "lives_in"),
        ("moved_to", "lives_in"),
        ("Moving To", "lives_in"),
        ("is a member of", "member_of"),
        ("was founded by", "founded_by"),
        ("is married to", "married_to"),
        ("wife", "married_to"),
        ("the director", "director"),
        ("chief executive officer", "ceo"),
        ("works for", "works_at"),
        ("died in the city", "died_in"),
        # Unknown ones stay as said, their verb in the base form.
        ("painted", "paint"),
        ("planned", "plan"),
        ("runs", "run"),
        ("celebrated", "celebrate"),
        ("explored", "explore"),
        ("painted by", "painted_by"),
        ("has_badge", "has_badge"),
        ("the mascot", "the_mascot"),
    ],
)
def test_every_way_to_say_a_predicate_has_one_name(said: str, canonical: str) -> None:
    assert SCHEMA.canonical(said) == canonical


@pytest.mark.parametrize(
    ("predicate", "cardinality"),
    [
        ("lives_in", "single"),
        ("moved to", "single"),
        ("born_in", "single"),
        ("died_in", "single"),
        ("founded_by", "single"),
        ("headquartered_in", "single"),
        ("capital", "single"),
        ("married_to", "single"),
        ("director", "single"),
        ("works_at", "single"),
        ("friend", "many"),
        ("plays_for", "many"),
        ("attended", "many"),
        ("likes", "many"),
        ("paint", "many"),
        # A definite description in the singular, whatever its noun.
        ("the_mascot", "single"),
        ("the mascot", "single"),
    ],
)
def test_cardinality(predicate: str, cardinality: str) -> None:
    assert SCHEMA.cardinality(predicate) == cardinality


def test_the_vocabulary_is_of_useful_size_and_sound() -> None:
    assert len(SCHEMA.predicates) >= 60
    for name, known in SCHEMA.predicates.items():
        assert SCHEMA.canonical(name) == name
        assert known.cardinality in ("single", "many")


@given(st.text(alphabet="abcdefghinorstuvy_ ", min_size=1, max_size=24))
def test_a_canonical_name_is_its_own(said: str) -> None:
    once = SCHEMA.canonical(said)
    assert SCHEMA.canonical(once) == once


def test_endings_name_what_they_end() -> None:
    assert SCHEMA.ended_by("moved from") == ("lives_in",)
    assert "works_at" in SCHEMA.ended_by("quit")
    assert SCHEMA.ended_by("paint") == ()


def test_inverse_is_known_from_both_sides() -> None:
    assert SCHEMA.inverse_of("author") == "wrote"
    assert SCHEMA.inverse_of("wrote") == "author"


def test_extending_gives_a_new_schema() -> None:
    extended = SCHEMA.extended(
        {"reports_to": {"cardinality": "single", "synonyms": ["answers to"], "inverse": "leads"}}
    )
    assert extended.canonical("answered to") == "reports_to"
    assert extended.cardinality("reports_to") == "single"
    assert SCHEMA.cardinality("reports_to") == "single"  # a synonym of boss in the vocabulary
    assert SCHEMA.canonical("answers to") == "answer_to"


def test_the_last_to_claim_a_synonym_has_it() -> None:
    extended = SCHEMA.extended({"based_at": {"synonyms": ["resides in"]}})
    assert extended.canonical("resides in") == "based_at"
    assert SCHEMA.canonical("resides in") == "lives_in"


def test_known_predicates_can_be_changed_in_part() -> None:
    extended = SCHEMA.extended({"lives_in": {"cardinality": "many"}})
    assert extended.cardinality("lives_in") == "many"
    assert extended.canonical("moved to") == "lives_in"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cardinality": "several"}, "use 'single' or 'many'"),
        ({"cardinalty": "single"}, "use cardinality, synonyms"),
        ({"synonyms": "resides in"}, "give a list of strings"),
        ({"synonyms": 5}, "give a list of strings"),
        ({"inverse": ["a"]}, "give text"),
        ({"state": "false"}, "give true or false"),
        ({"synonyms": ["same as"]}, "says who is who"),
    ],
)
def test_bad_entries_name_the_remedy(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        SCHEMA.extended({"lives_in": options})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("vocabulary.toml", '[badge]\ncardinality = "single"\nsynonyms = ["has badge"]\n'),
        ("vocabulary.yaml", "badge:\n  cardinality: single\n  synonyms: [has badge]\n"),
        ("vocabulary.YML", "badge: {cardinality: single, synonyms: [has badge]}"),
    ],
)
def test_a_vocabulary_file_extends_the_shipped_one(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    schema = Schema.from_file(file)
    assert schema.cardinality("badge") == "single"
    assert schema.canonical("has badge") == "badge"
    assert schema.canonical("moved to") == "lives_in"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", "badge"),
        ("a.toml", "badge = 1"),
        ("a.toml", "\udcff"),
        ("a.yaml", "badge: ["),
        ("a.yaml", "- badge"),
        ("a.yaml", "badge: single"),
        ("a.yaml", "on: {cardinality: single}"),
        ("a.yaml", "2024: {cardinality: single}"),
        ("a.yaml", ""),
        ("a.yaml", "!!python/object/apply:os.getcwd []"),
    ],
)
def test_a_file_that_is_no_vocabulary_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigurationError, match="give a TOML or YAML file"):
        Schema.from_file(tmp_path / name)
    with pytest.raises(ConfigurationError, match="give a TOML or YAML file"):
        Schema.from_file(tmp_path / "missing.yaml")


def test_yaml_names_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    (tmp_path / "a.yaml").write_text("badge: {}", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="pip install pyyaml"):
        Schema.from_file(tmp_path / "a.yaml")


def test_events_and_habits_are_part_of_the_vocabulary() -> None:
    assert SCHEMA.predicates["visited"].event
    assert not SCHEMA.predicates["lives_in"].event
    assert SCHEMA.extended({"ran": {"event": True}}).predicates["ran"].event
    assert SCHEMA.cardinality("habit") == "many"


def test_what_was_written_with_another_schema_can_be_corrected_and_undone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/club.db"
    options: dict[str, Any] = {"group": "club", "extractor": "none", "embedder": "none"}
    leads = Schema.default().extended({"leads": {"cardinality": "single"}})
    with Memory.open(url, schema=leads, **options) as memory:
        report = memory.assert_claims([Claim.asserts("Ada", "leads", "Finance")])
    with Memory.open(url, **options) as memory:
        (fact,) = memory.facts()
        corrected = memory.correct(fact.id, object="Research")
        assert [(f.predicate, f.object.name) for f in memory.facts()] == [("leads", "Research")]
        memory.undo(corrected)
        assert [(f.predicate, f.object.name) for f in memory.facts()] == [("leads", "Finance")]
        memory.undo(report)
        assert memory.facts() == []
