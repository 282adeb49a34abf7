"""The demo: what the sample dialogue teaches, with the default extractor and embedder."""

import json

import pytest
from typer.testing import CliRunner

from kgmem import Memory
from kgmem.cli import app
from kgmem.demo import GROUP, Played, dialogue, play


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('demo') / 'demo.db'}"


@pytest.fixture(scope="module")
def played(store: str) -> Played:
    return play(store)


def test_the_dialogue_spans_years_and_ships_with_the_package() -> None:
    sessions = dialogue()
    times = [message.occurred_at for session in sessions for message in session.messages]
    years = [time.year for time in times if time is not None]
    assert (min(years), max(years)) == (2022, 2024)
    assert len(years) == len(times)
    assert {message.speaker for s in sessions for message in s.messages} == {"Nora", "Sam"}


def test_moves_and_jobs_are_learned_with_their_dates(played: Played) -> None:
    learned = [
        (f.object.name, f"{f.valid_at:%Y-%m}", f.invalid_at and f"{f.invalid_at:%Y-%m}")
        for f in played.learned
        if f.subject.name == "Nora" and f.predicate in ("lives_in", "works_at")
    ]
    assert learned == [
        ("Paris", "2020-01", "2022-01"),
        ("Berlin", "2022-01", "2023-08"),
        ("Siemens", "2022-01", "2023-03"),
        ("Zalando", "2023-04", None),
        ("Lübeck", "2023-08", "2024-09"),
        ("Berlin", "2024-09", None),
    ]


def test_what_is_invalidated_names_its_turn(played: Played) -> None:
    found = {
        (item.how, item.fact.predicate, item.fact.object.name): item.turn.text
        for item in played.invalidated
    }
    assert "broke up" in found["ended", "dating", "Felix"]
    assert "sold my Vespa" in found["ended", "owns", "Vespa"]
    assert "quit my job" in found["ended", "works_at", "Siemens"]
    assert "moved back to Berlin" in found["ended", "lives_in", "Lübeck"]
    assert "I meant Lübeck" in found["retracted", "lives_in", "Hamburg"]
    assert not any(name == "Paris" for _, _, name in found)


def test_a_plan_is_no_fact(played: Played) -> None:
    assert not any("Lisbon" in fact.object.name for fact in played.learned)


def test_answers_now_then_and_as_known_then(played: Played) -> None:
    answers = [(a.asked, [fact.object.name for fact in a.facts]) for a in played.answers]
    assert answers == [
        ("now", ["Berlin"]),
        ("now", ["Zalando"]),
        ("now", []),
        ("as of June 2022", ["Berlin"]),
        ("as of June 2022", ["Siemens"]),
        ("as of June 2022", ["Felix"]),
        ("as known then and today", ["Hamburg"]),
        ("as known then and today", ["Lübeck"]),
        ("as known then and today", []),
        ("as known then and today", ["Paris"]),
    ]


def test_the_search_finds_the_turn(played: Played) -> None:
    assert any("broke up" in hit.text for hit in played.hits)


def test_playing_it_again_adds_nothing(store: str, played: Played) -> None:
    def counts() -> dict[str, int]:
        with Memory.open(store, group=GROUP, extractor="none", embedder="none") as memory:
            return memory.stats()

    before = counts()
    assert play(store).learned == played.learned
    assert counts() == before


@pytest.mark.usefixtures("played")
def test_the_page_is_plain_in_a_pipe(store: str) -> None:
    shown = CliRunner().invoke(app, ["demo", "--store", store])
    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    assert lines == [line.rstrip() for line in lines]
    assert "\x1b" not in shown.stdout
    for expected in (
        "What was learned",
        "What was invalidated, and by which turn",
        "- Nora dating Felix  true from 2022-01-14 to 2022-10-01",
        "x Nora lives_in Hamburg  never true: taken back",
        "Where did Nora live in September 2023? (known on 2023-09-08 08:56Z)  Hamburg",
        "Next",
    ):
        assert expected in lines
    assert lines[-1].startswith("kgmem ingest")


@pytest.mark.usefixtures("played")
def test_the_page_as_json_is_one_document(store: str) -> None:
    shown = CliRunner().invoke(app, ["demo", "--store", store, "--json"])
    assert json.loads(shown.stdout)["turns"] == 29
