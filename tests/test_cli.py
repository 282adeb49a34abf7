"""The command line: what it prints where, how it fails, what its help shows."""

import errno
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from typer.testing import CliRunner

from kgmem import Claim, ExtractionError, Memory, Message, __version__, devserver
from kgmem.cli import app, output
from kgmem.cli.application import _one_line
from kgmem.extraction.rules import RulesExtractor

COMMANDS = (
    "demo", "add", "ingest", "retry", "search", "context", "facts", "timeline", "history", "diff", "explain",
    "correct", "undo", "merge", "split", "trust", "consolidate", "fade", "forget", "stats", "explore", "copy", "export",
    "doctor", "cypher", "mcp", "import graphiti", "import mem0", "import jsonl", "import parquet",
    "neo4j start", "neo4j stop",
    "neo4j status",
)  # fmt: skip

GROUPS = ("import", "neo4j")


class Ran(NamedTuple):
    """What a command printed and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[list[str]]:
        return [line.split("\t") for line in self.out.splitlines()[1:]]


Run = Callable[..., Ran]


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'kgmem.db'}"


@pytest.fixture
def kgmem(store: str) -> Run:
    environment = {
        "KGMEM_STORE": store,
        "KGMEM_GROUP": "ada",
        "KGMEM_EXTRACTOR": "none",
        "KGMEM_EMBEDDER": "none",
    }

    def run(*args: str, stdin: str | None = None, **changed: str | None) -> Ran:
        done = CliRunner().invoke(app, args, input=stdin, env={**environment, **changed})
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ran(done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def facts(store: str) -> dict[str, str]:
    """Ada in Berlin from 2019, in Munich from 2022, as one turn and two claims say."""
    with Memory.open(store, group="ada", extractor="none", embedder="none") as memory:
        said = datetime(2022, 5, 3, 9, 30, tzinfo=UTC)
        turn = Message(text="I moved to Munich.", speaker="Ada", occurred_at=said, id="m1")
        (episode,) = memory.add([turn], session="chat").episodes
        memory.assert_claims(
            [
                Claim.asserts("Ada", "lives_in", "Berlin", valid_at="2019", text="Ada in Berlin"),
                Claim.asserts("Ada", "lives_in", "Munich", valid_at="2022", episode=episode),
            ]
        )
        return {fact.object.name: fact.id for fact in memory.facts()}


# Help


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(kgmem: Run, command: str) -> None:
    shown = kgmem(*command.split(), "--help")
    assert shown.status == 0
    assert re.search(rf"Example:\n.*kgmem {command}\b", shown.out, re.DOTALL)


FILES = {
    "chats.jsonl": '{"text": "I live in Rome.", "speaker": "Ada", "id": "1"}',
    "conversations.json": '[{"uuid": "1", "chat_messages": [{"sender": "human", "text": "Hello"}]}]',
    "locomo.json": '[{"sample_id": "1", "conversation": {"session_1_date_time": "1:56 pm on 8 May, 2023",'
    ' "session_1": [{"speaker": "Ada", "dia_id": "D1:1", "text": "Hello"}]}}]',
    "memories.json": '{"results": [{"id": "1", "memory": "Lives in Rome", "user_id": "ada",'
    ' "created_at": "2024-05-01T00:00:00Z"}]}',
}
RUN_ELSEWHERE = {"demo", "import graphiti"}
"""With the models, or on a server: tests/test_demo.py and tests/test_importing.py run these."""


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in RUN_ELSEWHERE])
def test_every_example_runs(
    kgmem: Run, command: str, facts: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("kgmem.explorer.serve", lambda *_, **__: None)
    monkeypatch.setattr("kgmem.integrations.mcp.serve", lambda *_, **__: None)
    monkeypatch.setattr("mcp.server.MCPServer.run", lambda *_: None)
    monkeypatch.setattr(Memory, "cypher", lambda *_, **__: [])
    kgmem("add", "Hello.", "--session", "2024-05-01")
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")
    if command.startswith("import"):
        assert kgmem("export", "ada.jsonl").status == 0
        assert kgmem("export", "ada-parquet", "--format", "parquet").status == 0
    shutil.copytree(tmp_path, kept := tmp_path.with_suffix(".kept"))
    example = kgmem(*command.split(), "--help").out.partition("Example:")[2]
    # The fact that stands in an example is one of here, and no model of a provider is called.
    example = example.replace("3f9a12c4", facts["Munich"]).replace("openai:gpt-4.1-mini", "rules")
    for line in example.strip().splitlines():
        first = re.sub(r".*\$\((.*)\)", r"\1", line).split(" |")[0]
        words, _, file = first.partition(" >")
        _, *args = shlex.split(words)
        ran = kgmem(*args, stdin="y\n", KGMEM_STORE="sqlite:///kgmem.db")
        assert ran.status == 0, (line, ran.err)
        if file:
            Path(file.strip("> ")).write_text(ran.out, encoding="utf-8")
        else:  # each line by itself, but for those that go on with what one has written
            shutil.copytree(kept, tmp_path, dirs_exist_ok=True)


def test_every_command_is_tested_for_its_example(kgmem: Run) -> None:
    listed = kgmem("--help").out.partition("Commands:")[2]
    assert re.findall(r"^  (\w+)", listed, re.MULTILINE) == [
        *(command for command in COMMANDS if " " not in command),
        *GROUPS,
    ]
    found = []
    for group in GROUPS:
        listed = kgmem(group, "--help").out.partition("Commands:")[2]
        found += [f"{group} {name}" for name in re.findall(r"^  (\w+)", listed, re.MULTILINE)]
    assert found == [command for command in COMMANDS if " " in command]


def test_version(kgmem: Run) -> None:
    assert kgmem("--version").out == f"kgmem {__version__}\n"


def test_help_loads_no_model_and_no_driver() -> None:
    script = """
import sys
sys.argv = ["kgmem", "--help"]
from kgmem.cli import main
try:
    main()
except SystemExit:
    print(sorted({"spacy", "tokenizers", "neo4j"} & sys.modules.keys()))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("\n[]\n")


# Reading


def test_facts_are_tab_separated_lines_in_a_pipe(kgmem: Run, facts: dict[str, str]) -> None:
    shown = kgmem("facts", "--subject", "Ada")
    assert shown.out.splitlines()[0].split("\t") == [
        "id", "subject", "predicate", "object", "from", "until", "turns",
    ]  # fmt: skip
    assert shown.rows == [
        [facts["Berlin"], "Ada", "lives_in", "Berlin", "2019-01-01", "2022-01-01", "0"],
        [facts["Munich"], "Ada", "lives_in", "Munich", "2022-01-01", "", "1"],
    ]
    assert shown.err == ""


def test_facts_are_a_table_with_short_ids_for_people(
    kgmem: Run, facts: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    shown = kgmem("facts", COLUMNS="100").out
    assert "\t" not in shown
    assert facts["Berlin"] not in shown
    assert re.search(
        rf"{facts['Berlin'][:8]} +Ada +lives_in +Berlin +2019-01-01 +2022-01-01", shown
    )


def test_facts_as_json_are_one_document(kgmem: Run, facts: dict[str, str]) -> None:
    berlin, munich = kgmem("facts", "--json").json
    assert berlin["id"] == facts["Berlin"]
    assert berlin["invalid_at"] == "2022-01-01T00:00:00Z"
    assert munich["object"]["name"] == "Munich"


@pytest.mark.usefixtures("facts")
def test_facts_as_of_and_as_known(kgmem: Run) -> None:
    assert [row[3] for row in kgmem("facts", "--as-of", "May 2021").rows] == ["Berlin"]
    unknown = kgmem("facts", "--as-known", "2001")
    assert (unknown.status, unknown.out, unknown.err) == (0, "", "nothing found\n")
    assert kgmem("facts", "--as-known", "2001", "--json").json == []


@pytest.mark.usefixtures("facts")
def test_timeline_and_history(kgmem: Run) -> None:
    assert [row[3] for row in kgmem("timeline", "Munich").rows] == ["Munich"]
    assert [row[2] for row in kgmem("history", "Ada", "--predicate", "lives_in").rows] == [
        "added",
        "added",
    ]
    changes = kgmem("history", "Ada", "--json").json
    assert {change["fact"]["object"]["name"] for change in changes} == {"Berlin", "Munich"}
    assert all(change["causes"] for change in changes)


@pytest.mark.usefixtures("facts")
def test_diff_between_instants(kgmem: Run) -> None:
    assert [row[1] for row in kgmem("diff", "2001").rows] == ["added", "added"]
    assert kgmem("diff", "2001", "2002").out == ""
    assert len(kgmem("diff", "2001", "--json").json["added"]) == 2


@pytest.mark.usefixtures("facts")
def test_search_says_why_where_asked(kgmem: Run) -> None:
    plain, reasoned = kgmem("search", "Munich"), kgmem("search", "Munich", "--why")
    assert plain.out.splitlines()[0] == "id\tscore\tkind\ttext\twhen"
    assert reasoned.out.splitlines()[0].endswith("\twhy")
    assert any("text 1" in row[-1] for row in reasoned.rows)
    assert {hit["kind"] for hit in kgmem("search", "Munich", "--json").json} == {"fact"}
    assert len(kgmem("search", "Munich", "-k", "1").rows) == 1


def test_what_is_to_come_is_not_said_to_hold_now(kgmem: Run, store: str) -> None:
    with Memory.open(store, group="ada", extractor="none", embedder="none") as memory:
        memory.assert_claims([Claim.asserts("Ada", "lives_in", "Rome", valid_at="2999")])
    assert kgmem("search", "Rome").rows[0][-1] == "from 2999-01-01"


@pytest.mark.usefixtures("facts")
def test_context_is_text_alone(kgmem: Run) -> None:
    assert "[2022-05-03] Ada: I moved to Munich." in kgmem("context", "Munich").out.splitlines()
    assert kgmem("context", "Munich", "--json").json["tokens"] > 0
    assert kgmem("context", "Munich", "--max-tokens", "1").err == "nothing fits max_tokens=1\n"


def test_explain_names_the_turns_and_what_ended_it(kgmem: Run, facts: dict[str, str]) -> None:
    shown = kgmem("explain", facts["Berlin"][:8]).out
    assert "Ada -[lives_in]-> Berlin, 2019-01-01 to 2022-01-01" in shown
    assert "ended: lives_in holds one object at a time" in shown
    assert re.search(r"ended by\n  2022-05-03 09:30Z  Ada: I moved to Munich\.", shown)
    assert "believed until" in shown
    assert kgmem("explain", facts["Berlin"], "--json").json["ended_in"]["message_id"] == "m1"


@pytest.mark.usefixtures("facts")
def test_a_prefix_must_stand_for_one_fact(kgmem: Run) -> None:
    assert "begins the ids of 2 facts" in kgmem("explain", "").err
    assert "begins the id of no fact" in kgmem("explain", "zz").err


@pytest.mark.usefixtures("facts")
def test_stats(kgmem: Run) -> None:
    assert ["facts", "2"] in kgmem("stats").rows
    assert kgmem("stats", "--json").json["episodes"] == 1


@pytest.mark.usefixtures("facts")
def test_cypher_gives_parameters_and_prints_rows(
    kgmem: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cypher(_: Memory, statement: str, **parameters: object) -> list[dict[str, object]]:
        return [
            {"statement": statement, "given": parameters, "at": datetime(2024, 5, 1, tzinfo=UTC)}
        ]

    monkeypatch.setattr(Memory, "cypher", cypher)
    ran = kgmem("cypher", "RETURN 1", "-p", "n=3", "-p", "name=Ada", "--json")
    at = "2024-05-01T00:00:00+00:00"
    assert ran.json == [{"statement": "RETURN 1", "given": {"n": 3, "name": "Ada"}, "at": at}]
    assert kgmem("cypher", "RETURN 1").rows == [["RETURN 1", "{}", at]]
    assert "write --param NAME=VALUE" in kgmem("cypher", "RETURN 1", "-p", "n").err
    (row,) = kgmem("cypher", "facts_as_of", "-p", "as_of=2021", "--json").json
    assert row["given"] == {"as_of": "2021-01-01T00:00:00+00:00"}
    assert "coalesce($as_of, datetime())" in row["statement"]


def test_the_questions_of_cypher_are_listed(kgmem: Run) -> None:
    rows = kgmem("cypher", "--list").rows
    assert ["sessions", "Which sessions are there, and what came of them?", ""] in rows
    assert "--list" in kgmem("cypher").err
    assert "use one of belief_changes" in kgmem("cypher", "all", "--store", "sqlite://").err


# Writing


def test_add_takes_in_a_turn(kgmem: Run) -> None:
    at = ("--at", "2024-05-01T10:00", "--timezone", "Europe/Berlin")
    report = kgmem("add", "Hello.", "--speaker", "Ada", "--id", "1", *at, "--json").json
    assert len(report["episodes"]) == 1
    again = kgmem("add", "Hello.", "--speaker", "Ada", "--id", "1", *at)
    assert (again.status, again.out) == (0, "")
    assert again.err.splitlines()[0] == "left out: 1 (known already)"
    assert re.match(r"added 0 turns, 0 claims, 0 entities in [\d.]+ s", again.err.splitlines()[1])


def test_add_reads_standard_input(kgmem: Run) -> None:
    kgmem("add", "-", stdin="From a pipe.\n")
    assert "From a pipe." in kgmem("context", "pipe").out


def test_a_dry_run_writes_nothing(kgmem: Run) -> None:
    assert kgmem("add", "Hello.", "--dry-run").err.startswith("would add 1 turn")
    assert kgmem("stats", "--json").json["episodes"] == 0


def test_add_extracts_facts(kgmem: Run) -> None:
    turn = ("I moved to Berlin.", "--speaker", "Ada", "--at", "2024-05-01")
    shown = kgmem("add", *turn, KGMEM_EXTRACTOR="rules")
    assert [row[1:4] for row in shown.rows] == [["added", "Ada moved to Berlin", "2024-05-01"]]


def test_a_failed_extraction_is_status_1(kgmem: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ExtractionError("the model is away")

    monkeypatch.setattr(RulesExtractor, "extract", fail)
    failed = kgmem("add", "I moved.", KGMEM_EXTRACTOR="rules")
    assert failed.status == 1
    assert "(the model is away)" in failed.err


@pytest.mark.parametrize(
    "command", ["add Hello", "ingest CHAT", "retry", "import mem0 CHAT", "mcp"]
)
def test_a_judge_is_named_like_a_model(
    kgmem: Run, command: str, chat: str, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "langchain_openai", None)
    Memory.open(store, group="ada", extractor="none", embedder="none").close()
    failed = kgmem(*command.replace("CHAT", chat).split(), "--judge", "openai:gpt-4.1-mini")
    assert failed.status == 2
    assert "langchain-openai" in failed.err


@pytest.fixture
def chat(tmp_path: Path) -> str:
    path = tmp_path / "chat.jsonl"
    path.write_text(
        '{"text": "one", "id": "1"}\n{"text": "two", "id": "2", "group": "bo"}\n', encoding="utf-8"
    )
    return str(path)


def test_ingest_sums_up_each_group(kgmem: Run, chat: str) -> None:
    shown = kgmem("ingest", chat)
    assert [row[:4] for row in shown.rows] == [["ada", "1", "1", "1"], ["bo", "1", "1", "1"]]
    assert shown.err == ""
    assert [total["episodes"] for total in kgmem("ingest", chat, "--json").json] == [0, 0]


def test_ingest_without_a_group_names_the_remedy(kgmem: Run, chat: str) -> None:
    failed = kgmem("ingest", chat, KGMEM_GROUP=None)
    assert failed.status == 2
    assert "--group" in failed.err


def test_a_dry_run_of_ingest_makes_no_store(kgmem: Run, chat: str, tmp_path: Path) -> None:
    store = tmp_path / "never.db"
    shown = kgmem("ingest", chat, "--dry-run", "--store", f"sqlite:///{store}")
    assert [row[:5] for row in shown.rows] == [[chat, "messages", "2", "2", "2"]]
    assert not store.exists()
    refused = kgmem("ingest", chat, "missing.csv", "--dry-run")
    assert refused.status == 2
    assert len(refused.rows) == 2
    assert "missing.csv" in refused.err


def test_a_disk_that_fails_is_told_in_a_line(
    kgmem: Run, facts: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "out.jsonl")

    monkeypatch.setattr(Memory, "export_to", fail)
    failed = kgmem("export", "out.jsonl")
    assert (failed.status, failed.err) == (2, "error: out.jsonl: No space left on device\n")


def test_ingest_names_what_failed_and_why(
    kgmem: Run, chat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ExtractionError("the model is away")

    monkeypatch.setattr(RulesExtractor, "extract", fail)
    failed = kgmem("ingest", chat, KGMEM_EXTRACTOR="rules")
    assert failed.status == 1
    assert "extraction failed on 1 turn of bo: the model is away" in failed.err
    assert "kgmem retry" in failed.err
    refused = kgmem("retry", "--group", "bo")
    assert refused.status == 2
    assert "1 turns wait to be extracted from: name the extractor" in refused.err
    monkeypatch.undo()
    assert kgmem("retry", "--group", "bo", "--extractor", "rules").status == 0
    assert kgmem("retry", "--group", "bo").status == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ingest_ends_after_the_write_at_hand(
    kgmem: Run, chat: str, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    add = Memory.add_sessions

    def interrupted(*arguments: Any, **options: Any) -> Any:
        os.kill(os.getpid(), number)
        return add(*arguments, **options)

    monkeypatch.setattr(Memory, "add_sessions", interrupted)
    handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    ended = kgmem("ingest", chat)
    assert ended.status == 128 + number
    assert [row[:4] for row in ended.rows] == [["ada", "1", "1", "1"]]
    assert "run the same again" in ended.err
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == handlers
    monkeypatch.undo()
    assert [row[3] for row in kgmem("ingest", chat).rows] == ["0", "1"]


def test_correct_and_undo(kgmem: Run, facts: dict[str, str], tmp_path: Path) -> None:
    corrected = kgmem("correct", facts["Munich"][:8], "--object", "Hamburg", "--json")
    report = tmp_path / "report.json"
    report.write_text(corrected.out, encoding="utf-8")
    assert [row[3] for row in kgmem("facts").rows] == ["Berlin", "Hamburg"]
    assert kgmem("undo", str(report)).status == 0
    assert [row[3] for row in kgmem("facts").rows] == ["Berlin", "Munich"]
    kgmem("correct", facts["Munich"], "--never")
    assert [row[3] for row in kgmem("facts").rows] == ["Berlin"]


def test_correct_wants_to_know_what_is_right(kgmem: Run, facts: dict[str, str]) -> None:
    assert "--never" in kgmem("correct", facts["Munich"]).err
    assert "--never" in kgmem("correct", facts["Munich"], "--never", "--text", "x").err


@pytest.mark.usefixtures("facts")
def test_merge_and_split(kgmem: Run) -> None:
    assert kgmem("merge", "Ada Lovelace", "Ada").status == 0
    shown = kgmem("timeline", "Ada", "--json").json
    assert {fact["subject"]["name"] for fact in shown if fact["predicate"] == "lives_in"} == {
        "Ada Lovelace"
    }
    assert kgmem("split", "Ada Lovelace", "Ada").status == 0
    assert kgmem("timeline", "Ada Lovelace", "--json").json == []
    assert "one name" in kgmem("merge", "Ada", "ADA").err


def test_whom_a_group_believes_is_shown_and_changed(kgmem: Run, store: str) -> None:
    with Memory.open(store, group="ada", extractor="none", embedder="none") as memory:
        memory.assert_claims(
            [
                Claim.asserts("Ada", "lives_in", "Berlin", valid_at="2019"),
                Claim.asserts("Ada", "lives_in", "Rome", valid_at="2022", source_kind="tool"),
                Claim.asserts("Ada", "likes", "Tea", valid_at="2020", confidence=0.3),
            ]
        )
    assert kgmem("trust").rows == [["all alike", "0", "3"]]
    assert kgmem("trust", "user", "agent", "--min-confidence", "0.5").rows == [
        ["user > agent", "0.5", "1"]
    ]
    assert kgmem("trust", "--json").json == {"order": ["user", "agent"], "min_confidence": 0.5}
    assert [row[3] for row in kgmem("facts").rows] == ["Berlin"]
    assert "alone" in kgmem("trust", "user", "--alike").err
    for wrong in (("nobody",), ("user", "user"), ("--min-confidence", "2")):
        assert kgmem("trust", *wrong).status == 2
    assert kgmem("trust", "--alike").rows == [["all alike", "0", "3"]]


def test_undo_wants_a_report(kgmem: Run, tmp_path: Path) -> None:
    assert "kgmem add --json" in kgmem("undo", str(tmp_path / "none.json")).err
    assert kgmem("undo", "-", stdin="[]").status == 2


@pytest.mark.usefixtures("facts")
def test_forget_asks_before_it_erases(kgmem: Run) -> None:
    kept = kgmem("forget", "--session", "chat", stdin="n\n")
    assert (kept.status, kept.out) == (1, "")
    assert "Erase session 'chat' of group 'ada' in sqlite:///" in kept.err
    assert ["turns", "1"] in kgmem("forget", "--session", "chat", stdin="y\n").rows
    assert [row[3] for row in kgmem("facts").rows] == ["Berlin"]


@pytest.mark.usefixtures("facts")
def test_forget_can_say_what_would_go(kgmem: Run) -> None:
    told = kgmem("forget", "--session", "chat", "--dry-run")
    assert ["turns", "1"] in told.rows
    assert "would erase" in told.out
    assert "Ada: I moved to Munich." in told.out
    assert ["turns", "1"] in kgmem("forget", "--session", "chat", "--yes").rows


@pytest.mark.usefixtures("facts")
def test_forget_prints_a_receipt(kgmem: Run) -> None:
    receipt = kgmem("forget", "--everything", "--yes", "--json").json
    assert (len(receipt["episodes"]), len(receipt["facts"])) == (1, 2)
    nothing = kgmem("forget", "--everything", "--yes")
    assert (nothing.status, nothing.out) == (2, "")


def test_forget_wants_one_scope(kgmem: Run) -> None:
    assert "--everything" in kgmem("forget", "--yes").err
    assert kgmem("forget", "--before", "2024", "--everything", "--yes").status == 2


def test_consolidate_prints_what_it_found(kgmem: Run, store: str) -> None:
    with Memory.open(store, group="ada", extractor="none", embedder="none") as memory:
        ring = ("Ada", "Berlin"), ("Berlin", "Chess"), ("Chess", "Ada")
        memory.assert_claims([Claim.asserts(one, "near", other) for one, other in ring])
    (row,) = kgmem("consolidate").rows
    assert row[0] == "Ada, Berlin, Chess" or set(row[0].split(", ")) == {"Ada", "Berlin", "Chess"}
    assert row[1] == "3"
    only = kgmem("consolidate", "--only", "summaries", "--json").json
    assert (only["summaries"], only["communities"]) == (3, [])
    refused = kgmem("consolidate", "--only", "dreams")
    assert (refused.status, "no part" in refused.err) == (2, True)


@pytest.mark.usefixtures("facts")
def test_fade_lists_and_erases_only_where_asked_to(kgmem: Run) -> None:
    policy = ("fade", "--half-life", "1", "--below", "0.5")
    assert [row[3] for row in kgmem(*policy).rows] == ["I moved to Munich."]
    assert len(kgmem(*policy, "--json").json) == 1
    assert kgmem(*policy, "--forget", stdin="n\n").status == 1
    assert kgmem("stats").status == 0
    assert "1 turn of group 'ada'" in kgmem(*policy, "--forget", stdin="n\n").err
    assert ["turns", "1"] in kgmem(*policy, "--forget", "--yes").rows
    assert kgmem(*policy, "--forget", "--yes").rows == []
    assert [row[3] for row in kgmem("facts").rows] == ["Berlin"]
    assert kgmem("fade", "--half-life", "1").status == 2
    assert "half_life=" in kgmem("fade", "--half-life", "1", "--below", "3").err
    assert "no number of days" in kgmem("fade", "--half-life", "1e9", "--below", "0.5").err


@pytest.mark.usefixtures("facts")
def test_copy_takes_the_whole_group(kgmem: Run, tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path / 'copy.db'}"
    assert kgmem("copy", target, "--json").json["facts"] == 2
    assert kgmem("facts", "--store", target).out == kgmem("facts").out


@pytest.mark.usefixtures("facts")
def test_taking_along_a_group_that_holds_nothing_is_said(kgmem: Run, tmp_path: Path) -> None:
    for command in (["copy", f"sqlite:///{tmp_path}/copy.db"], ["export", f"{tmp_path}/out"]):
        assert "the group 'aad' holds nothing" in kgmem(*command, KGMEM_GROUP="aad").err


# Failing


@pytest.mark.usefixtures("facts")
def test_an_error_is_one_line_and_status_2(kgmem: Run) -> None:
    failed = kgmem("facts", KGMEM_GROUP=None)
    assert (failed.status, failed.out) == (2, "")
    assert failed.err == "error: no group is named: use --group NAME, or set KGMEM_GROUP\n"
    assert kgmem("facts", "--as-of", "soon").err.startswith("error: 'soon' is not a date")
    assert "is not in the calendar" in kgmem("facts", "--as-of", "2023-00").err
    assert "Europe/Berlin" in kgmem("add", "x", "--timezone", "Mars/North").err


def test_a_password_is_never_printed(kgmem: Run) -> None:
    url = "foo://ada:se:cr@et@host:7687/db"
    assert "cr@et" not in str(kgmem("facts", "--store", url))
    asked = kgmem("forget", "--everything", "--store", url, stdin="n\n")
    assert "foo://host:7687/db" in asked.err
    assert _one_line(f"no\n  answer from {url}") == "no answer from foo://ada@host:7687/db"
    assert "neo4j://user:password@host" in kgmem("facts", "--store", "foo").err


def test_a_reader_that_leaves_early_is_no_failure(kgmem: Run, store: str) -> None:
    with Memory.open(store, group="ada", extractor="none", embedder="none") as memory:
        memory.assert_claims([Claim.asserts("Ada", "knows", f"P{n}") for n in range(2000)])
    command = f"{sys.executable} -m kgmem.cli facts --store {store} --group ada | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("id\tsubject")
    assert done.stderr == ""


# The development server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> devserver.Server:
    server = devserver.Server("neo4j://neo4j:secret@127.0.0.1:7999", "5.26", 42, tmp_path)
    monkeypatch.setattr(devserver, "start", lambda *_, **__: server)
    monkeypatch.setattr(devserver, "stop", lambda *_, **__: True)
    monkeypatch.setattr(devserver, "status", lambda *_, **__: server)
    return server


def test_starting_a_server_prints_its_url(kgmem: Run, server: devserver.Server) -> None:
    started = kgmem("neo4j", "start", "--json").json
    assert (started["url"], started["port"]) == (server.url, 7999)
    assert kgmem("neo4j", "start", "--url").out == f"{server.url}\n"
    for command in ("start", "status"):
        shown = kgmem("neo4j", command)
        assert "neo4j://127.0.0.1:7999" in shown.out
        assert "secret" not in str(shown)
    assert kgmem("neo4j", "stop").out == "stopped\n"
    assert kgmem("neo4j", "stop", "--json").json == {"stopped": True}


def test_the_status_of_no_server_is_1(kgmem: Run, tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "none"))
    silent = kgmem("neo4j", "status", *home)
    assert (silent.status, silent.out) == (1, "not running\n")
    assert kgmem("neo4j", "status", "--json", *home).json["running"] is False


# What is printed


def test_urls_are_shown_without_credentials() -> None:
    assert output.without_password("neo4j://u:p@w@host:1/db") == "neo4j://host:1/db"
    assert output.without_password("sqlite:///a@b.db") == "sqlite:///a@b.db"
    assert output.without_password("sqlite:////data/a@b.db") == "sqlite:////data/a@b.db"


@pytest.mark.parametrize(
    ("number", "what", "said"),
    [(1, "turn", "1 turn"), (0, "turn", "0 turns"), (2, "entity", "2 entities")],
)
def test_counts_are_said_as_people_do(number: int, what: str, said: str) -> None:
    assert output.counted(number, what) == said


def test_durations_are_said_as_people_do() -> None:
    assert (output.took(0.5), output.took(75)) == ("0.50 s", "0:01:15")


# Files


@pytest.mark.usefixtures("facts")
@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_what_is_exported_is_imported_under_its_own_name(
    kgmem: Run, tmp_path: Path, form: str
) -> None:
    out, elsewhere = str(tmp_path / "out"), f"sqlite:///{tmp_path}/elsewhere.db"
    assert kgmem("export", out, "--format", form, "--json").json["claim"] == 2
    for _ in range(2):
        counts = kgmem("import", form, out, "--store", elsewhere, "--json", KGMEM_GROUP=None).json
        assert counts == kgmem("stats", "--json").json
    assert kgmem("facts", "--store", elsewhere).out == kgmem("facts").out
    again = kgmem("export", out)
    assert (again.status, "is there already" in again.err) == (2, True)
    other = kgmem("import", form, out, "--store", elsewhere, KGMEM_GROUP="bo")
    assert (other.status, "holds group 'ada'" in other.err) == (2, True)
