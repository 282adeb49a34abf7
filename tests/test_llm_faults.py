"""A language model that fails in every way: nothing is lost, all is told, `retry` mends it."""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kgmem import Claim, ClaimDraft, Episode, Memory, Message, Report
from kgmem.cli import app
from kgmem.extraction.base import Context
from kgmem.extraction.llm import FileCache, LLMExtractor
from kgmem.schema import Schema
from kgmem.testing import ScriptedExtractor, ScriptedModel

START = datetime(2024, 1, 1, 9, tzinfo=UTC)
INSTRUMENTS = ("piano", "cello", "drums", "flute", "harp")
SESSIONS = len(INSTRUMENTS)
Reply = dict[str, Any]
Script = Callable[[str, str], Mapping[str, Any]]


def turn(session: int, number: int) -> Message:
    texts = {3: f"I play the {INSTRUMENTS[session]} now instead.", 7: f"I like tea {session}."}
    return Message(
        text=texts.get(number, f"Well, number {number} of {session}."),
        speaker=("Ada", "Bob")[number % 2 == 0],
        occurred_at=START + timedelta(days=session, minutes=number),
        id=f"{session}.{number}",
    )


CONVERSATION = {f"s{s}": [turn(s, n) for n in range(1, 46)] for s in range(SESSIONS)}
TURNS = sum(map(len, CONVERSATION.values()))


def steady(kind: str, text: str) -> Reply:
    """What a good model says: who plays and likes what; and whatever is asked about has ended."""
    if kind == "EndedFacts":
        return {"ended": [{"fact": int(n)} for n in re.findall(r"^  \[(\d+)\]", text, re.M)]}
    found = re.findall(
        r"^\[(\d+)\] (\w+): I (play|like) (?:the )?([\w ]+?)(?: now.*)?\.$", text, re.M
    )
    return {
        "facts": [
            {
                "turn": int(number),
                "kind": "asserts",
                "subject": who,
                "predicate": f"{does}s",
                "object": what,
                "text": f"{who} {does}s {what}.",
            }
            for number, who, does, what in found
        ]
    }


def every_third(broken: Callable[[Reply], Any]) -> Script:
    """Every third call goes wrong."""
    calls, lock = 0, threading.Lock()

    def script(kind: str, text: str) -> Mapping[str, Any]:
        nonlocal calls
        with lock:
            calls += 1
            fails = calls % 3 == 0
        reply = steady(kind, text)
        return broken(reply) if fails else reply

    return script


def raising(error: Exception) -> Callable[[Reply], Reply]:
    def fail(_: Reply) -> Reply:
        raise error

    return fail


def late(reply: Reply) -> Reply:
    time.sleep(0.5)
    return reply


FAULTS: dict[str, Script] = {
    "fails": every_third(raising(ConnectionError("reset by peer"))),
    "late": every_third(late),
    "wrong types": every_third(lambda _: {"facts": 7, "ended": [3]}),
    "nothing": every_third(lambda _: {}),
    "words": every_third(lambda _: {"facts": "I can't help with that", "ended": "No."}),
}


def inventing(kind: str, text: str) -> Reply:
    """Says all that is so, and more: turns and entities that are not there, facts nobody asked about."""
    reply = steady(kind, text)
    if kind == "EndedFacts":
        return {"ended": [{"fact": 99}, *reply["ended"], {"fact": "all of them"}, {}]}
    made_up = {"kind": "asserts", "subject": "Ada", "predicate": "plays", "object": "piano"}
    more = [
        {**made_up, "turn": 99},
        {**made_up, "turn": 1, "subject": "Zorblax"},
        {**made_up, "turn": 1, "object": "Zorblax Corporation"},
        {**made_up, "turn": 1, "object": ["piano"]},
    ]
    return {"facts": [*more, *reply["facts"], {}]}


def extractor(script: Script, **options: Any) -> LLMExtractor:
    chosen = {"attempts": 1, "timeout": 0.2, "sleep": lambda _: None, **options}
    return LLMExtractor(ScriptedModel(script), **chosen)


def opened(url: str, chosen: Any, group: str = "g") -> Memory:
    return Memory.open(url, group=group, extractor=chosen, embedder="none")


def state(memory: Memory) -> dict[str, Any]:
    """All that a memory holds, transaction time apart."""
    times = {"recorded_at", "created_at", "expired_at"}
    return {
        "episodes": [e.model_dump(exclude={*times, "source"}) for e in memory.episodes()],
        "claims": [claim.model_dump(exclude=times) for claim in memory.claims()],
        "facts": [fact.model_dump(exclude=times) for fact in memory.facts()],
        "entities": memory.entities(),
    }


def add_all(memory: Memory, sessions: int = SESSIONS) -> list[Report]:
    names = list(CONVERSATION)[:sessions]
    return [memory.add(CONVERSATION[name], session=name) for name in names]


@cache
def undisturbed(group: str = "g", sessions: int = SESSIONS) -> dict[str, Any]:
    with opened("sqlite://", extractor(steady), group) as memory:
        reports = add_all(memory, sessions)
        assert not any(report.failed or report.skipped for report in reports)
        return state(memory)


def played(memory: Memory) -> list[tuple[str, datetime | None]]:
    return [(f.object.name, f.invalid_at) for f in memory.facts(subject="Ada", predicate="plays")]


def started(session: int) -> datetime | None:
    return START + timedelta(days=session, minutes=3) if session < SESSIONS else None


def test_an_undisturbed_model_is_asked_once_a_window_and_its_decisions_end_facts() -> None:
    with opened("sqlite://", extractor(steady)) as memory:
        reports = add_all(memory)
        assert [report.llm_calls for report in reports] == [3, 4, 4, 4, 4]
        assert [report.adjudication_calls for report in reports] == [0, 1, 1, 1, 1]
        assert played(memory) == [(what, started(n + 1)) for n, what in enumerate(INSTRUMENTS)]
        (piano,) = memory.facts(object="piano")
        why = memory.explain(piano.id)
        assert why.rule == "ended: it was decided, not said, that a later claim took its place"
        assert why.ended_in is not None
        assert why.ended_in.text == "I play the cello now instead."
        assert why.ended_by is not None
        (cause,) = memory.claims([why.ended_by.caused_by or ""])
        assert (cause.kind, cause.object) == ("asserts", "cello")
        assert len(memory.facts(predicate="likes", as_of=START + timedelta(days=30))) == SESSIONS
        memory.undo(reports[1])
        assert played(memory)[0] == ("piano", started(2))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_loses_nothing_and_retry_completes_it(fault: str) -> None:
    with opened("sqlite://", extractor(FAULTS[fault], max_concurrency=2)) as memory:
        reports = add_all(memory)
        assert memory.stats()["episodes"] == TURNS
        failed = [skipped for report in reports for skipped in report.failed]
        assert failed
        assert {skipped.what for skipped in failed} <= {episode.id for episode in memory.episodes()}
        assert all("gave no usable reply" in skipped.reason for skipped in failed)
        assert state(memory) != undisturbed()
        for _ in range(12):
            report = memory.retry()
            if not report.failed:
                break
        assert not report.failed
        assert state(memory) == undisturbed()
        assert memory.retry().llm_calls == 0


def test_what_a_model_makes_up_is_told_and_left_out() -> None:
    with opened("sqlite://", extractor(inventing)) as memory:
        reports = add_all(memory)
        assert state(memory) == undisturbed()
    reasons = " ".join(skipped.reason for report in reports for skipped in report.skipped)
    for words in (
        "cites turn 99",
        "names 'Zorblax'",
        "names 'Zorblax Corp",
        "no text",
        "nobody asked",
    ):
        assert words in reasons
    assert not any(report.failed for report in reports)


def test_a_failed_adjudication_is_told_and_done_again_without_extracting_again(
    tmp_path: Path,
) -> None:
    works = False

    def script(kind: str, text: str) -> Reply:
        if kind == "EndedFacts" and not works:
            raise ConnectionError("reset by peer")
        return steady(kind, text)

    url = f"sqlite:///{tmp_path}/memory.db"
    with opened(url, extractor(script)) as memory:
        reports = add_all(memory)
        assert [f.what for r in reports for f in r.failed] == [
            e.id for e in memory.episodes() if "play" in e.text and "piano" not in e.text
        ]
        assert [until for _, until in played(memory)] == [None] * SESSIONS
        # Without a model nobody judges, and nothing is forgotten.
        with opened(url, ScriptedExtractor(lambda _: [])) as other:
            assert len(other.retry().failed) == SESSIONS - 1
        assert len(memory.retry().failed) == SESSIONS - 1
        works = True
        report = memory.retry()
        assert (report.llm_calls, report.adjudication_calls) == (1, 1)
        assert state(memory) == undisturbed()
        assert memory.retry().llm_calls == 0


def test_sessions_in_any_order_are_judged_alike() -> None:
    for order in (
        reversed(CONVERSATION),
        sorted(CONVERSATION, key=lambda name: name in ("s1", "s3")),
    ):
        with opened("sqlite://", extractor(steady)) as memory:
            for name in order:
                memory.add(CONVERSATION[name], session=name)
            assert state(memory) == undisturbed()


def meeting(at_once: int) -> Script:
    """A model whose calls wait for each other, so many at once and no more."""
    together, running = threading.Barrier(at_once), []

    def script(kind: str, text: str) -> Reply:
        running.append(text)
        if kind == "StatedFacts":
            together.wait(timeout=30)
        assert len(running) <= at_once
        running.remove(text)
        return steady(kind, text)

    return script


@pytest.mark.parametrize(("limit", "at_once"), [(1, 1), (3, 3), (8, 3)])
def test_windows_run_at_once_and_change_nothing(limit: int, at_once: int) -> None:
    chosen = extractor(meeting(at_once), max_concurrency=limit, timeout=60)
    with opened("sqlite://", chosen) as memory:
        assert not any(report.failed for report in add_all(memory))
        assert state(memory) == undisturbed()


def test_a_second_ingest_costs_no_call_even_where_more_is_known(tmp_path: Path) -> None:
    """Known names are told to the model, and are no part of what a reply is kept by."""
    chosen = extractor(steady, cache=FileCache(tmp_path))
    with opened("sqlite://", chosen) as memory:
        add_all(memory)
        assert sum(report.llm_calls for report in add_all(memory)) == 0
    model = ScriptedModel(steady)
    again = LLMExtractor(model, cache=FileCache(tmp_path))
    with opened("sqlite://", again, "other") as memory:
        memory.assert_claims([Claim.asserts("Bob", "likes", "tea", said_at=START)])
        assert sum(report.llm_calls for report in add_all(memory)) == 0
    assert not model.prompts


def test_a_model_is_told_what_is_known_of_the_names_in_a_window() -> None:
    model = ScriptedModel(steady)
    with opened("sqlite://", LLMExtractor(model)) as memory:
        memory.assert_claims(
            [
                Claim.asserts("Ada", "collects", "Rare Stamps", said_at=START),
                Claim.asserts("Bob", "breeds", "newts", said_at=START),
                Claim.asserts("Ada", "fears", "Rare Snakes", said_at=START),
            ]
        )
        text = "My rare stamps are all that I want to look at for the rest of the day, from now on."
        memory.add([Message(text=text, speaker="Ada", occurred_at=START)])
    ((_, (_, told)),) = model.prompts
    names, predicates, *_ = told.splitlines()
    assert set(names.removeprefix("<entities>").removesuffix("</entities>").split(", ")) == {
        "Ada",
        "Rare Stamps",
    }
    assert predicates.startswith("<predicates>collect, fear")
    assert "breed" not in told


@pytest.mark.parametrize("reported", [True, False])
def test_a_report_counts_calls_and_tokens(reported: bool) -> None:
    model = ScriptedModel(steady, usage=(120, 7) if reported else None)
    with opened("sqlite://", LLMExtractor(model)) as memory:
        first, second, *_ = add_all(memory)
    assert (first.llm_calls, second.llm_calls, second.adjudication_calls) == (3, 4, 1)
    assert second.tokens == second.input_tokens + second.output_tokens
    if reported:
        assert (second.input_tokens, second.output_tokens) == (4 * 120, 4 * 7)
        assert second.tokens_estimated == 0
    else:
        assert second.tokens_estimated == second.tokens > 0


def proposing(kind: str, text: str) -> Reply:
    """Uses two predicates of its own, says what they are, and proposes what nobody used."""
    likes = steady(kind, text)["facts"][:1]
    facts = [{**fact, "predicate": name} for fact in likes for name in ("badge_of", "nests_in")]
    return {
        "facts": facts,
        "predicates": [
            {"name": "badge of", "cardinality": "single", "renames": None},
            {"name": "nests_in", "cardinality": "many", "renames": "lives in"},
            {"name": "unused", "cardinality": "single"},
            {"name": "likes", "cardinality": "single"},
            {"name": 7},
        ],
    }


def test_a_model_only_proposes_and_the_user_accepts() -> None:
    schema = Schema.default()
    turns = [
        Message(text="I like tea.", speaker="Ada", occurred_at=START, id=str(n)) for n in (1, 2)
    ]
    with opened("sqlite://", extractor(proposing)) as memory:
        report = memory.add(turns[:1])
        badge, dwells = report.proposals
        assert (badge.predicate, badge.cardinality) == ("badge_of", "single")
        assert (dwells.predicate, dwells.synonym_of) == ("nest_in", "lives_in")
        assert {fact.predicate for fact in report.added} == {"badge_of", "nest_in"}
        memory.assert_claims([Claim.asserts("Ada", "badge of", "milk", said_at=START)])
        assert len(memory.facts(predicate="badge_of", as_of="2025")) == 2
    for proposal in report.proposals:
        schema = schema.extended(proposal.entries)
    with Memory.open(
        "sqlite://", group="g", schema=schema, embedder="none",
        extractor=LLMExtractor(ScriptedModel(proposing), schema=schema),
    ) as memory:  # fmt: skip
        report = memory.add(turns)
        assert not report.proposals
        assert {fact.predicate for fact in report.added} == {"badge_of", "lives_in"}
        memory.assert_claims(
            [Claim.asserts("Ada", "badge of", "milk", said_at=START, valid_at="2024-03")]
        )
        assert len(memory.facts(predicate="badge_of", as_of="2025")) == 1


def test_an_add_that_is_broken_off_asks_nothing_more() -> None:
    class Broken(LLMExtractor):
        def extract(self, episodes: Sequence[Episode], context: Context) -> list[ClaimDraft]:
            drafts = super().extract(episodes, context)
            if "number 1 of" in episodes[0].text:
                raise KeyboardInterrupt
            return drafts

    def slow(kind: str, text: str) -> Reply:
        time.sleep(0.05)
        return {"facts": []}

    model = ScriptedModel(slow)
    extractor = Broken(model, max_concurrency=2)
    with Memory.open("sqlite://", group="g", extractor=extractor, embedder="none") as memory:
        with pytest.raises(KeyboardInterrupt):
            memory.add([turn(0, number) for number in range(1, 401)])
        # Of 20 windows, those that were being asked about.
        assert len(model.prompts) < 10


@pytest.fixture
def kgmem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command, with a model that fails on every third call."""
    models = pytest.importorskip("langchain.chat_models")
    from langchain_core.exceptions import ModelAuthenticationError

    monkeypatch.chdir(tmp_path)
    refused = ModelAuthenticationError("no")
    model = ScriptedModel(every_third(raising(refused)))
    monkeypatch.setattr(models, "init_chat_model", lambda _: model)
    environment = {
        "KGMEM_STORE": "sqlite:///memory.db",
        "KGMEM_GROUP": "g",
        "KGMEM_EMBEDDER": "none",
        "KGMEM_EXTRACTOR": "scripted:model",
    }

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, arguments, env=environment)

    return run


def test_the_command_tells_what_failed_and_retries_it(
    kgmem: Callable[..., Any], tmp_path: Path
) -> None:
    lines = [
        {**message.model_dump(mode="json", exclude_none=True), "session": name}
        for name, turns in CONVERSATION.items()
        for message in turns
    ]
    (tmp_path / "chat.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    ingested = kgmem("ingest", "chat.jsonl", "--json")
    assert ingested.exit_code == 1
    (totals,) = json.loads(ingested.stdout)
    assert totals["failed"] > 0
    assert totals["tokens_estimated"] == totals["tokens"] > 0
    assert "extraction failed on" in ingested.stderr
    for _ in range(9):
        retried = kgmem("retry")
        assert "model call" in retried.stderr
        if retried.exit_code == 0:
            break
        assert "'kgmem retry' asks again" in retried.stderr
    with opened(f"sqlite:///{tmp_path}/memory.db", "none") as memory:
        assert state(memory) == undisturbed()
    repeated = kgmem("ingest", "chat.jsonl", "--json")
    assert [total["llm_calls"] for total in json.loads(repeated.stdout)] == [0]


def test_the_command_keeps_replies_and_takes_a_schema(
    kgmem: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "own.yaml").write_text("likes: {cardinality: single}", encoding="utf-8")
    calls, ended = [], []
    for store, options in (("one", []), ("two", ["--schema", "own.yaml"])):
        for day, what in enumerate(("tea", "milk"), start=1):
            turn = [f"I like {what}.", "--speaker", "Ada", "--at", f"2024-01-0{day}", "--json"]
            place = ["--store", f"sqlite:///{store}.db", "--cache", "replies"]
            report = json.loads(kgmem("add", *turn, *place, *options).stdout)
            calls.append(report["llm_calls"])
            ended.append(len(report["ended"]))
    assert calls == [1, 1, 0, 0]
    assert ended == [0, 0, 0, 1]


def test_a_server_holds_the_same_after_faults(neo4j_url: str) -> None:
    group, unsteady, refused = "faults", FAULTS["fails"], 0

    def script(kind: str, text: str) -> Mapping[str, Any]:
        nonlocal refused
        refused += kind == "EndedFacts"
        return {} if kind == "EndedFacts" and refused == 1 else unsteady(kind, text)

    with opened(neo4j_url, extractor(script), group) as memory:
        assert any(report.failed for report in add_all(memory, sessions=2))
        for _ in range(12):
            if not memory.retry().failed:
                break
        assert refused > 1
        assert state(memory) == undisturbed(group, sessions=2)
        memory.forget(everything=True)
