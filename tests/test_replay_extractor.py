"""Extraction played back from files: what belongs to which turn, and what is malformed in them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kgmem import ConfigurationError, Episode, Memory, Message
from kgmem.extraction._replay_phrases import noun_phrase
from kgmem.extraction.base import Context
from kgmem.extraction.replay import ObservationReplay, OpenIEReplay
from kgmem.ingest.loaders import load

DATA = Path(__file__).parents[2] / "shared" / "data"
SAID = datetime(2023, 5, 8, tzinfo=UTC)
needs_data = pytest.mark.skipif(not DATA.exists(), reason=f"the evaluation data is not at {DATA}")


def episode(text: str, message_id: str | None = None) -> Episode:
    return Episode(
        id=f"of {message_id or text}",
        group="g",
        session="s",
        text=text,
        occurred_at=SAID,
        message_id=message_id,
    )


PASSAGE = "Looms were invented by Ada."
ITEM = {
    "title": "Loom",
    "text": PASSAGE,
    "extracted_entities": ["Ada"],
    "extracted_triples": [["Looms", "invented by", "Ada"], [" Ada ", "is", "inventor"]],
}


@pytest.mark.parametrize("text", [PASSAGE, f"Loom\n{PASSAGE}", f"  {PASSAGE.upper()} "])
def test_triples_belong_to_the_episode_with_the_passage(text: str) -> None:
    replay = OpenIEReplay([ITEM])
    assert replay.unmatched == ("Loom",)
    drafts = replay.extract([episode(text), episode("Something else.")], Context())
    assert [(d.subject, d.predicate, d.object, d.kind, d.episode) for d in drafts] == [
        ("Looms", "invented by", "Ada", "asserts", f"of {text}"),
        ("Ada", "is", "inventor", "asserts", f"of {text}"),
    ]
    assert not replay.unmatched
    assert replay.unknown == {"of Something else."}


def test_the_form_with_docs_is_read_too(tmp_path: Path) -> None:
    """As the newer files have it: the passage is the title, a line break and the text."""
    file = tmp_path / "openie.json"
    item = {"passage": f"Loom\n{PASSAGE}", "extracted_triples": ITEM["extracted_triples"]}
    file.write_text(json.dumps({"docs": [item]}))
    assert len(OpenIEReplay(file).extract([episode(f"Loom\n{PASSAGE}")], Context())) == 2


@pytest.mark.parametrize(
    "triple",
    [
        ["Ada", "runs"],
        ["Ada", "is", ""],
        ["Ada", "is", None],
        ["Ada", "is", "\x00"],
        ["Ada", "is", "x" * 1001],
        ["Ada", "is", "old", "now"],
        {"subject": "Ada"},
        "Ada is",
        None,
    ],
    ids=lambda triple: repr(triple)[:40],
)
def test_a_malformed_triple_is_left_out_and_told(triple: Any) -> None:
    replay = OpenIEReplay([{"text": PASSAGE, "extracted_triples": [triple, ["Ada", "is", "old"]]}])
    (draft,) = replay.extract([episode(PASSAGE)], Context())
    assert draft.object == "old"
    assert [skipped.reason for skipped in replay.malformed] == ["it is no triple of three texts"]


@pytest.mark.parametrize("item", [{}, {"text": " "}, {"text": 7}, "text", None])
def test_an_item_without_a_passage_is_told(item: Any) -> None:
    assert OpenIEReplay([item]).malformed[0].reason == "it has no passage"


def test_a_passage_that_comes_twice_has_its_triples_once() -> None:
    replay = OpenIEReplay([ITEM, ITEM | {"extracted_triples": [["Ada", "is", "inventor"]]}])
    assert len(replay.extract([episode(PASSAGE)], Context())) == 2


@pytest.mark.parametrize("source", [{"docs": "none"}, {}, "no such file.json"])
def test_a_source_of_another_form_is_refused(source: Any) -> None:
    with pytest.raises(ConfigurationError, match="give"):
        OpenIEReplay(source)


@needs_data
def test_every_passage_of_a_corpus_is_found() -> None:
    replay = OpenIEReplay(DATA / "musique_dev_openie.json")
    corpus = json.loads((DATA / "musique_dev_openie.json").read_text())
    passages = [Message(text=item["text"], occurred_at=SAID) for item in corpus]
    with Memory.open("sqlite://", group="g", extractor=replay, embedder="none") as memory:
        report = memory.add(passages)
        stats = memory.stats()
    assert not report.failed
    assert not report.skipped
    assert not replay.unmatched
    assert not replay.unknown
    assert stats["claims"] > 8_000
    assert len(replay.malformed) < 100


OBSERVATION = {
    "session_1_observation": {
        "Ada": [["Ada has a dog named Rex.", "D1:3"], ["Ada met Bob in Rome.", ["D1:4", "D1:5"]]],
        "Bob": [["Bob's boss is kind.", "D:11:26"], ["Bob sings.", "D8:6; D9:17"]],
    },
}


def test_observations_belong_to_the_turns_they_name() -> None:
    replay = ObservationReplay(OBSERVATION)
    turns = ["D1:3", "D1:4", "D1:5", "D11:26", "D8:6", "D9:017", "D2:1"]
    drafts = replay.extract([*(episode("Hi", turn) for turn in turns), episode("Ho")], Context())
    assert [(d.subject, d.object, d.episode) for d in drafts] == [
        ("Ada", "dog named Rex", "of D1:3"),
        ("Ada", "Rome", "of D1:4"),
        ("Ada", "Rome", "of D1:5"),
        ("Bob", "boss", "of D11:26"),
        ("Bob", "sings", "of D8:6"),
        ("Bob", "sings", "of D9:017"),
    ]
    assert drafts[0].text == "Ada has a dog named Rex."
    assert {draft.predicate for draft in drafts} == {"has_observation"}
    assert not replay.unmatched
    assert not replay.malformed


@pytest.mark.parametrize(
    ("observation", "reason"),
    [
        ("Ada sings.", "no pair"),
        (["Ada sings."], "no pair"),
        (["", "D1:1"], "no pair"),
        ([7, "D1:1"], "no pair"),
        (["Ada sings.", "D1"], "names no turn"),
        (["Ada sings.", None], "names no turn"),
        (["Ada sings.", [[], {}]], "names no turn"),
    ],
)
def test_a_malformed_observation_is_told(observation: Any, reason: str) -> None:
    sessions = {"session_1_observation": {"Ada": [observation, ["Ada sings.", "D1:2"]]}}
    replay = ObservationReplay(sessions)
    assert [reason in skipped.reason for skipped in replay.malformed] == [True]
    assert replay.unmatched == ("D1:2",)


def test_sessions_without_speakers_are_told() -> None:
    replay = ObservationReplay({"session_1_observation": [], "session_2_observation": {"Ada": "?"}})
    assert [skipped.what for skipped in replay.malformed] == ["session_1_observation", "'?'"]


def test_one_of_several_conversations_is_named() -> None:
    both = [{"sample_id": name, "observation": OBSERVATION} for name in ("a", "b")]
    assert (
        ObservationReplay(both, conversation="b").unmatched == ObservationReplay(both[0]).unmatched
    )
    for conversation in (None, "c"):
        with pytest.raises(ConfigurationError, match="name one by its sample_id"):
            ObservationReplay(both, conversation=conversation)
    with pytest.raises(ConfigurationError, match="'observation' is no object"):
        ObservationReplay({"observation": []})


@needs_data
def test_every_observation_of_real_conversations_is_played_back() -> None:
    batches = list(load(DATA / "locomo_dev.json"))
    for group in dict.fromkeys(batch.group for batch in batches):
        replay = ObservationReplay(DATA / "locomo_dev.json", conversation=group)
        with Memory.open("sqlite://", group="g", extractor=replay, embedder="none") as memory:
            for batch in (batch for batch in batches if batch.group == group):
                assert not memory.add(batch.messages, session=batch.session).skipped
            assert memory.stats()["claims"] > 100
        assert not replay.unmatched
        assert not replay.malformed


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Ada attended an LGBTQ support group recently and liked it.", "LGBTQ support group"),
        ("Ada's favorite dance style is contemporary.", "favorite dance style"),
        ("Ada is starting her own dance studio due to her passion.", "own dance studio"),
        ("Ada went on a road trip with family last Saturday.", "road trip"),
        ("Ada sings.", "sings"),
        ("Ada", "Ada"),
        ("!", "!"),
    ],
)
def test_the_phrase_of_a_sentence(text: str, phrase: str) -> None:
    assert noun_phrase(text, "Ada") == phrase
