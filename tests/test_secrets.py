"""No password, key or token shows up where people look: errors, logs, reprs, reports, spans."""

import asyncio
import logging
import sys
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from kgmem import (
    AsyncMemory,
    Claim,
    ConfigurationError,
    KgmemError,
    Memory,
    Message,
    devserver,
)
from kgmem.cli import app
from kgmem.demo import play
from kgmem.explorer import Binding
from kgmem.extraction import extractor_of
from kgmem.ingest import job
from kgmem.ingest.graphiti import import_graphiti
from kgmem.integrations.langchain import KGMemStore, Memories
from kgmem.schema import Schema
from kgmem.stores import open_store
from kgmem.testing import SteppingClock

SECRET = "hunter2secret"
URLS = (
    f"neo4j://neo4j:{SECRET}@127.0.0.1:1/db",
    f"bolt://:{SECRET}@127.0.0.1:1",
    f"neo4j://u:{SECRET}@h:port",
    f"neo4j://u:{SECRET}@[::1",
    f"neo4j://u:pre/{SECRET}@h:7687",
    f"neo4j://u:pre#{SECRET}@h:7687",
    f"neo4j://127.0.0.1:1/db?password={SECRET}",
    f"bolt://127.0.0.1:1/db?Token={SECRET}",
    f"neo4j://127.0.0.1:1/db?region={SECRET}",
    f"foo://u:{SECRET}@h",
    f"foo://u:pre/{SECRET}@h",
    f"neo4j:/u:{SECRET}@h",
    f"u:{SECRET}@h",
)
PLAIN: dict[str, Any] = {"extractor": "none", "embedder": "none"}


def in_process(url: str, folder: Path) -> dict[str, Callable[[], object]]:
    """Every way for a program to give a URL."""
    chat = folder / "chat.jsonl"
    chat.write_text('{"text": "Hello", "group": "g"}', encoding="utf-8")
    memory = Memory.open("sqlite://", group="g", **PLAIN)
    memory.assert_claims([Claim.asserts("Ada", "likes", "tea")])

    def store() -> None:
        with KGMemStore.from_conn_string(url, group="g"):
            pass

    def memories() -> None:
        with Memories(url, **PLAIN) as many, many.of("g"):
            pass

    return {
        "Memory.open": lambda: Memory.open(url, group="g", **PLAIN),
        "AsyncMemory.aopen": lambda: asyncio.run(AsyncMemory.aopen(url, group="g", **PLAIN)),
        "Memory.copy_to": lambda: memory.copy_to(url),
        "open_store": lambda: open_store(url, "g", SteppingClock()),
        "Memories": memories,
        "KGMemStore": store,
        "job.ingest": lambda: job.ingest([chat], url, **PLAIN),
        "demo.play": lambda: play(url, embedder="none"),
        "import_graphiti": lambda: import_graphiti(url, memory),
    }


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("url", URLS)
def test_no_error_and_no_log_holds_a_password(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name, call in in_process(url, tmp_path).items():
        with pytest.raises(KgmemError) as raised:
            call()
        told = "".join(traceback.format_exception(raised.value)).replace(url, "") + caplog.text
        source = Path(__file__).read_text(encoding="utf-8")
        shown = [
            line for line in told.splitlines() if SECRET in line and line.strip() not in source
        ]
        assert shown == [], name


COMMANDS = (
    "add Hello", "ingest CHAT", "retry", "search x", "context x", "facts", "timeline Ada", "history Ada", "diff 2024",
    "explain 3f9a12c4", "correct 3f9a12c4 --never", "merge a b", "split a b", "trust", "forget --everything --yes", "stats",
    "explore", "doctor", "copy sqlite:///copy.db", "cypher timeline -p name=Ada", "mcp", "import mem0 CHAT",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_prints_a_password(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("CHAT").write_text('{"text": "Hello"}', encoding="utf-8")
    for url in (
        URLS[4],
        URLS[9],
        URLS[11],
    ):  # the first one would be waited for, command by command
        environment = {"KGMEM_STORE": url, "KGMEM_GROUP": "g", "KGMEM_EMBEDDER": "none"}
        done = CliRunner().invoke(app, command.split(), env=environment)
        assert done.exit_code == 2, done.output
        assert SECRET not in done.output


def test_nothing_of_an_open_memory_shows_its_password(
    neo4j_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Reprs, reports and logs of a memory that is used, and what it says to a wrong password."""
    password = neo4j_url.partition("@")[0].rpartition(":")[2]
    caplog.set_level(logging.DEBUG)
    with closing(Memory.open(neo4j_url, group=uuid4().hex, **PLAIN)) as memory:
        report = memory.add([Message(text="Hello", speaker="Ada")])
        told = [
            memory,
            memory.parts,
            memory.parts.store,
            report,
            memory.search("Hello"),
            memory.stats(),
        ]
        memory.forget(everything=True)
    wrong = neo4j_url.replace(password, SECRET)
    with pytest.raises(ConfigurationError) as raised:
        Memory.open(wrong, group="g", **PLAIN)
    told += [caplog.text, str(raised.value)]
    assert password not in repr(told)
    assert SECRET not in repr(told)


def test_no_repr_holds_a_token_or_a_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server = devserver.Server(f"neo4j://neo4j:{SECRET}@127.0.0.1:7687", "5.26", 1, tmp_path)
    shown = [Binding(token=SECRET * 2), server]
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setitem(sys.modules, "langchain_openai", None)
    with pytest.raises(ConfigurationError) as raised:
        extractor_of("openai:gpt-5", Schema.default())
    assert SECRET not in repr(shown) + "".join(traceback.format_exception(raised.value))
