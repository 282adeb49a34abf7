"""The facade: options, reports, failures on the way in, and the async twin."""

import asyncio
import inspect
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from kgmem import (
    AsyncMemory,
    Claim,
    ClaimDraft,
    ConfigurationError,
    ConflictError,
    Episode,
    ExtractionError,
    InvalidInputError,
    Memory,
    Message,
)
from kgmem.extraction.base import Context
from kgmem.testing import HashEmbedder, ScriptedExtractor

SAID = datetime(2023, 5, 1, tzinfo=UTC)


def open_memory(**options: Any) -> Memory:
    fakes: dict[str, Any] = {"extractor": "none", "embedder": HashEmbedder()}
    return Memory.open("sqlite://", group="ada", **fakes | options)


def test_every_public_method_has_a_twin() -> None:
    methods = {n for n, m in inspect.getmembers(Memory, inspect.isfunction) if n[0] != "_"}
    twins = {n for n in vars(AsyncMemory) if n[0] != "_"}
    assert twins == {f"a{name}" for name in {*methods, "open"}}


def test_the_async_twin_answers_alike() -> None:
    async def run() -> None:
        opened = await AsyncMemory.aopen(
            "sqlite://", group="ada", extractor="none", embedder=HashEmbedder()
        )
        async with opened as memory:
            claims = [Claim.asserts("Ada", "likes", f"Thing {n}", said_at=SAID) for n in range(8)]
            await asyncio.gather(*(memory.aassert_claims([claim]) for claim in claims))
            assert len(await memory.afacts()) == 8
            found = await asyncio.gather(*(memory.asearch(f"Thing {n}", k=1) for n in range(8)))
            assert [hits[0].text for hits in found] == [f"Ada likes Thing {n}" for n in range(8)]
            assert (await memory.acontext("Thing 3", max_tokens=20)).tokens <= 20

    asyncio.run(run())


class Failing:
    """Fails on every other window."""

    def __init__(self) -> None:
        self.windows: list[tuple[int, int]] = []

    def extract(self, episodes: Sequence[Episode], context: Context) -> list[ClaimDraft]:
        self.windows.append((len(episodes), len(context.previous)))
        if len(self.windows) % 2:
            raise ExtractionError("the model said nothing: try again")
        return [Claim.asserts("Ada", "says", e.text, episode=e.id) for e in episodes]


def test_a_failed_window_keeps_its_turns_and_is_reported() -> None:
    extractor = Failing()
    with open_memory(extractor=extractor) as memory:
        turns = [Message(text=f"Turn {n}", occurred_at=SAID) for n in range(45)]
        report = memory.add(turns)
        assert extractor.windows == [(20, 0), (20, 4), (5, 4)]
        assert len(report.episodes) == len(memory.episodes()) == 45
        assert len(report.failed) == 25
        assert report.failed[0].reason.startswith("the model said nothing")
        assert len(report.added) == 20

        again = memory.retry()
        assert extractor.windows[3:] == [(20, 0), (5, 4)]
        assert (len(again.added), len(again.failed)) == (20, 5)
        assert len(memory.retry().added) == 5
        assert memory.retry().added == ()
        assert len(extractor.windows) == 6
        assert {fact.object.name for fact in memory.facts()} == {t.text for t in turns}


def test_a_later_call_lets_the_extractor_look_back() -> None:
    seen: list[list[str]] = []

    class Looking:
        def extract(self, episodes: Sequence[Episode], context: Context) -> list[ClaimDraft]:
            del episodes
            seen.append([e.text for e in context.previous])
            assert context.speakers == ("Ada", "Bob")[: len(seen)]
            return []

    with open_memory(extractor=Looking()) as memory:
        memory.add([Message(text="One", speaker="Ada", occurred_at=SAID)], session="s")
        later = SAID.replace(hour=1)
        memory.add([Message(text="Two", speaker="Bob", occurred_at=later)], session="s")
    assert seen == [[], ["One"]]


def test_a_draft_that_makes_no_claim_is_skipped_with_its_reason() -> None:
    bad = Claim.asserts("Ada", "lives_in", "Rome", valid_at="2024", invalid_at="2023", text="odd")
    with open_memory(extractor=ScriptedExtractor(lambda _: [bad])) as memory:
        report = memory.add([Message(text="Hm", occurred_at=SAID)])
        assert [(s.what, "not after it starts" in s.reason) for s in report.skipped] == [
            ("odd", True)
        ]
        assert len(memory.episodes()) == 1


class Fixed:
    def __init__(self, rows: Any) -> None:
        self.rows = rows

    def embed_documents(self, texts: list[str]) -> Any:
        del texts
        return self.rows

    def embed_query(self, text: str) -> Any:
        del text
        return self.rows


@pytest.mark.parametrize(
    "rows",
    [[[0.0, 0.0]], [[float("nan"), 1.0]], [[1.0], [1.0]], [], [[[1.0]]], [[1.0, 0.0], [1.0]]],
)
def test_an_embedder_that_returns_no_vectors_stops_the_write(rows: Any) -> None:
    with open_memory(embedder=Fixed(rows)) as memory:
        with pytest.raises(ConfigurationError):
            memory.add([Message(text="Hi", occurred_at=SAID)])
        assert memory.stats()["episodes"] == 0


@pytest.mark.parametrize(
    "options",
    [
        {"extractor": "magic"},
        {"extractor": 7},
        {"embedder": "openai:unknown"},
        {"embedder": object()},
        {"embeder": "none"},
    ],
)
def test_options_that_are_not_known_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        open_memory(**options)


@pytest.mark.parametrize("group", ["", "  ", "a\x00b", "x" * 2_000, 7])
def test_a_group_has_a_name(group: Any) -> None:
    with pytest.raises(InvalidInputError):
        Memory.open("sqlite://", group=group, extractor="none", embedder="none")


def test_an_id_that_comes_twice_at_once_is_that_of_the_first() -> None:
    twice = [
        Message(text="I live in Rome.", speaker="Ada", id="1", occurred_at=SAID.replace(year=year))
        for year in (2020, 2024)
    ]
    with open_memory() as memory:
        report = memory.add(twice)
        assert [turn.occurred_at.year for turn in memory.episodes()] == [2020]
        assert [(skip.what, skip.reason) for skip in report.skipped] == [("1", "known already")]
        other = [message.model_copy(update={"text": "I live in Bern."}) for message in twice[1:]]
        with pytest.raises(ConflictError, match="'2' is there already"):
            memory.add([m.model_copy(update={"id": "2"}) for m in (*twice[:1], *other)])


def test_an_empty_predicate_is_refused() -> None:
    with open_memory() as memory, pytest.raises(InvalidInputError, match="a predicate is empty"):
        memory.facts(predicate="")


def test_cypher_is_for_neo4j() -> None:
    with open_memory() as memory, pytest.raises(ConfigurationError, match="copy_to"):
        memory.cypher("RETURN 1")


def test_reprs_hold_no_secrets() -> None:
    with open_memory() as memory:
        assert repr(memory) == "Memory(group='ada')"
