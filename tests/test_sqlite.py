"""What is SQLite's own: files, processes, locks, disks."""

import gzip
import os
import re
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kgmem import (
    Claim,
    ConfigurationError,
    Memory,
    Message,
    NotFoundError,
    StoreError,
    StoreUnavailableError,
    Trust,
)
from kgmem.stores import sqlite
from kgmem.stores._sqlite_reads import composed
from kgmem.stores.base import FactQuery, RecordQuery, SearchQuery
from kgmem.testing import HashEmbedder, SteppingClock

WRITER = """
import sys
from datetime import UTC, datetime
from kgmem import Claim, Memory
from kgmem.testing import HashEmbedder

with Memory.open(sys.argv[1], group="ada", extractor="none", embedder=HashEmbedder()) as memory:
    for step in range(int(sys.argv[3])):
        memory.assert_claims([Claim.asserts(
            "Ada", "likes", f"{sys.argv[2]} {step}", said_at=datetime(2024, 1, 1, tzinfo=UTC))])
"""


def open_memory(url: str, trust: Trust | None = None) -> Memory:
    return Memory.open(url, group="ada", extractor="none", embedder=HashEmbedder(), trust=trust)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
def memory(file: Path) -> Iterator[Memory]:
    with open_memory(f"sqlite:///{file}") as memory:
        memory.assert_claims([Claim.asserts("Ada", "likes", "Tea")])
        yield memory


def test_processes_read_while_others_write(file: Path) -> None:
    url = f"sqlite:///{file}"
    open_memory(url).close()
    code = textwrap.dedent(WRITER)
    writers = [
        subprocess.Popen([sys.executable, "-c", code, url, f"writer {n}", "20"]) for n in range(4)
    ]
    seen = 0
    with open_memory(url) as reader:
        while any(writer.poll() is None for writer in writers):
            count = len(reader.facts())
            assert count >= seen
            seen = count
        assert [writer.wait() for writer in writers] == [0] * 4
        assert len(reader.facts()) == 80
        assert len({claim.recorded_at for claim in reader.claims()}) == 80
        assert len(reader.search("What does Ada like?", k=50)) == 50


def test_processes_may_make_the_same_store_at_once(file: Path) -> None:
    url = f"sqlite:///{file}"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, url, f"writer {n}", "2"]) for n in range(4)
    ]
    assert [writer.wait() for writer in writers] == [0] * 4
    with open_memory(url) as memory:
        assert len(memory.facts()) == 8


def test_a_kill_leaves_whole_writes_only(file: Path) -> None:
    url = f"sqlite:///{file}"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, url, "writer", "100000"])
    with open_memory(url) as memory:
        while len(memory.facts()) < 10:
            assert writer.poll() is None
        writer.kill()
        writer.wait()
        facts, claims = memory.facts(), memory.claims()
        assert [f.claims for f in facts] == [
            (c.id,) for c in sorted(claims, key=lambda c: by_fact(c, facts))
        ]
        memory.assert_claims([Claim.asserts("Ada", "likes", "Tea")])


def by_fact(claim: Claim, facts: list) -> int:  # type: ignore[type-arg]
    return next(place for place, fact in enumerate(facts) if claim.id in fact.claims)


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize(
    "blocks",
    [
        *(
            (f"rows_{kind}", f"rows_{kind}.{by}", f"rows_{kind}.order")
            for kind in ("episodes", "entities", "claims", "versions")
            for by in ("since", "ids")
        ),
        *((f"around_{kind}",) for kind in ("episodes", "claims", "facts")),
    ],
    ids=lambda blocks: blocks[len(blocks) // 2],
)
def test_a_snapshot_is_kept_up_without_reading_the_group(
    file: Path, blocks: tuple[str, ...]
) -> None:
    statement = "\n".join(sqlite._SQL[block] for block in blocks)
    with closing(sqlite3.connect(file)) as opened:
        given: dict[str, object] = {"group": 1, "since": 0, "most": 9}
        given |= dict.fromkeys(("ids", "entities", "episodes"), "[]")
        rows = opened.execute(f"EXPLAIN QUERY PLAN {statement}", given).fetchall()
    steps = [row[3] for row in rows if "INDEX" in row[3] or "PRIMARY KEY" in row[3]]
    assert steps
    assert not [step for step in steps if step.endswith("(group_num=?)")], steps


ONE = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize(
    "statement",
    [
        *(
            pytest.param(sqlite._SQL[block], id=block)
            for block in (
                *("slot_claims", "slot_versions", "long_slots", "tail_claims", "tail_versions"),
                *("add_support", "expire_version", "remove_version", "links", "namesakes"),
                *("known_claims", "known_entities", "known_episodes", "entity_numbers"),
                *("entities_of", "fact_near"),
                *("index_episodes", "index_entities", "index_facts", "entity_near"),
            )
        ),
        *(
            pytest.param(composed(block, query), id=f"{block} by {name}")
            for block, name, query in (
                ("claims", "ids", RecordQuery(ids=[])),
                ("claims", "session", RecordQuery(session="")),
                ("claims", "episodes", RecordQuery(episodes=[])),
                ("claims", "entities", RecordQuery(entities=[])),
                ("claims", "targets", RecordQuery(targets=[])),
                ("claims", "predicate", RecordQuery(predicate="same_as")),
                ("episodes", "session", RecordQuery(session="", before=ONE, last=40)),
                ("facts", "ids", FactQuery(ids=[])),
                ("facts", "subjects", FactQuery(subjects=[], predicates=[])),
                ("facts", "object", FactQuery(object_id="")),
                ("facts", "entity", FactQuery(entity_id="")),
                ("facts", "session", FactQuery(session_prefix="")),
            )
        ),
    ],
)
def test_a_write_reads_what_it_names_alone(file: Path, statement: str) -> None:
    """Nothing is scanned but what the statement was given, and no group is walked."""
    with closing(sqlite3.connect(file)) as opened:
        opened.create_function("contains_word", -1, lambda *_: 1)
        given: dict[str, object] = dict.fromkeys(re.findall(r":(\w+)", statement), "[]")
        rows = opened.execute(f"EXPLAIN QUERY PLAN {statement}", given).fetchall()
    steps = [str(row[3]) for row in rows]
    # What was given, or was made of it within the statement.
    own = {"slot", "found", "CONSTANT ROW"} | {s.split(" ")[-1] for s in steps if "ROUTINE" in s}
    scanned = [s for s in steps if s.startswith("SCAN") and "VIRTUAL TABLE" not in s]
    assert not [step for step in scanned if step.removeprefix("SCAN ") not in own], steps
    assert not [step for step in steps if step.endswith("(group_num=?)")], steps


def test_a_locked_store_says_so_and_writes_nothing(
    file: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    other = open_memory(f"sqlite:///{file}")
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError, match="locked"):
        other.assert_claims([Claim.asserts("Ada", "likes", "Coffee")])
    holder.close()
    other.close()
    assert len(memory.facts()) == 1


def test_readers_go_on_while_a_writer_waits_for_another_process(file: Path, memory: Memory) -> None:
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(memory.assert_claims, [Claim.asserts("Ada", "likes", "Coffee")])
        read = [pool.submit(memory.facts).result(timeout=5) for _ in range(20)]
        assert not waiting.done()
        holder.close()
        waiting.result(timeout=5)
    assert {len(facts) for facts in read} == {1}
    assert len(memory.facts()) == 2


def test_those_who_open_a_new_file_at_once_wait_for_each_other(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        for number in range(60):
            url = f"sqlite:///{tmp_path}/{number}.db"
            list(pool.map(lambda one: open_memory(one).close(), [url] * 6))


def test_a_reader_that_holds_on_to_what_is_forgotten_is_told_of(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    memory = open_memory(f"sqlite:///{file}")
    memory.assert_claims([Claim.asserts("Ada", "likes", "Zanzibar")])
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM claims").fetchone()
    with pytest.raises(StoreUnavailableError, match="close every connection"):
        memory.forget(entity="Zanzibar")
    assert memory.facts() == []
    reader.close()
    memory.close()
    raw = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
    assert b"Zanzibar" not in raw
    assert b"zanzibar" not in raw


def test_a_full_disk_says_so_and_writes_nothing(memory: Memory) -> None:
    database = memory._store._db  # type: ignore[attr-defined]
    pages = database.execute("PRAGMA page_count").fetchone()[0]
    database.execute(f"PRAGMA max_page_count = {pages}")
    many = [Claim.asserts("Ada", "likes", f"Thing {n} " + "x" * 500) for n in range(200)]
    with pytest.raises(StoreUnavailableError, match="disk is full"):
        memory.assert_claims(many)
    database.execute("PRAGMA max_page_count = 1000000")
    assert len(memory.facts()) == 1
    assert len(memory.assert_claims(many).added) == 200


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere: permissions do not bind it")
def test_a_read_only_file_is_refused_on_write(file: Path, memory: Memory) -> None:
    memory.close()
    file.chmod(stat.S_IREAD)
    with pytest.raises(StoreError, match="read-only"), open_memory(f"sqlite:///{file}") as again:
        again.assert_claims([Claim.asserts("Ada", "likes", "Coffee")])


def test_a_read_only_connection_is_refused_on_write(memory: Memory) -> None:
    memory._store._db.execute("PRAGMA query_only = ON")  # type: ignore[attr-defined]
    with pytest.raises(StoreError, match="read-only"):
        memory.assert_claims([Claim.asserts("Ada", "likes", "Coffee")])
    assert len(memory.facts()) == 1


def test_a_closed_memory_says_so(memory: Memory) -> None:
    memory.close()
    with pytest.raises(StoreError, match="Open the memory again if it was closed"):
        memory.facts()


def test_the_nearest_are_looked_up_beside_another_who_forgets(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = memory.add([Message(text=f"I like tea {n}.") for n in range(50)]).episodes
    vector = np.ones(64, dtype=np.float32)
    query = SearchQuery(terms=[], vector=vector, limit=50, channels=["episode_vector"])
    store, argsort = memory.parts.store, np.argsort

    def meanwhile(*args: Any, **options: Any) -> Any:
        monkeypatch.undo()
        order = argsort(*args, **options)
        memory.forget(episode=turns[:45])
        store.candidates(query)
        return order

    monkeypatch.setattr(np, "argsort", meanwhile)
    assert {name for name, _ in store.candidates(query)["episode_vector"]} == set(turns[45:])


def test_a_newer_schema_is_refused(file: Path, memory: Memory) -> None:
    memory.close()
    database = sqlite3.connect(file)
    database.execute(f"PRAGMA user_version = {sqlite.SCHEMA_VERSION + 1}")
    database.close()
    with pytest.raises(StoreError, match="upgrade kgmem"):
        open_memory(f"sqlite:///{file}")


def known(memory: Memory) -> None:
    """What `version-2.db.gz` holds: it was written by this, by the last kgmem of schema version 2."""
    homes = ("Berlin", "Munich", "Paris")
    said = [
        Message(
            text=f"I live in {c}", speaker="Ada", occurred_at=datetime(2019 + n, 1, 1, tzinfo=UTC)
        )
        for n, c in enumerate(homes)
    ]
    turns = memory.add(said, session="homes").episodes
    for turn, city in zip(turns, homes, strict=True):
        home = Claim.asserts("Ada", "lives_in", city, subject_type="person", episode=turn)
        memory.assert_claims([home])
    memory.assert_claims(
        [
            Claim.asserts("Ada Lind", "likes", "Tea", subject_type="person"),
            Claim.asserts("Ada", "works_at", "Acme", valid_at="2018", invalid_at="2020"),
            Claim.asserts("Bob", "likes", "Jazz"),
        ]
    )
    memory.assert_claims([Claim.retracts("Ada", "lives_in", "Munich")])
    memory.undo(memory.assert_claims([Claim.ends("Bob", "likes", "Jazz")]))
    memory.merge_entities("Bob", "Robert")
    memory.consolidate()


def open_known(path: Path) -> Memory:
    return Memory.open(
        f"sqlite:///{path}",
        group="ada",
        extractor="none",
        embedder=HashEmbedder(8),
        clock=SteppingClock(),
        trust=Trust(min_confidence=0.1),
    )


def kept(memory: Memory) -> dict[str, object]:
    """All that a memory answers with."""
    names = sorted(fact.subject.name for fact in memory.facts())
    return {
        "dump": [repr(item) for item in memory.parts.store.dump()],
        "facts": memory.facts(),
        "history": [memory.history(name) for name in names],
        "hits": [(hit.id, hit.score) for hit in memory.search("Where does Ada live?", k=9)],
        "derived": memory.parts.store.derived(),
        "stats": memory.stats(),
    }


def made(path: Path) -> list[tuple[str, str]]:
    """The tables, indexes, views and triggers of a file, by name, with the words that made them."""
    with closing(sqlite3.connect(path)) as opened:
        assert opened.execute("PRAGMA foreign_key_check").fetchall() == []
        assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return tables(path)


def tables(path: Path) -> list[tuple[str, str]]:
    statement = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
    with closing(sqlite3.connect(path)) as opened:
        return opened.execute(statement).fetchall()


@pytest.fixture
def older(tmp_path: Path) -> Path:
    path = tmp_path / "older.db"
    path.write_bytes(gzip.decompress((Path(__file__).parent / "version-2.db.gz").read_bytes()))
    return path


def test_a_file_of_version_2_is_brought_up_to_date_and_is_the_same(file: Path, older: Path) -> None:
    with open_known(file) as fresh:
        known(fresh)
    with open_known(file) as fresh:
        wanted = kept(fresh)
    with open_known(older) as upgraded:
        assert kept(upgraded) == wanted
        assert not upgraded.assert_claims([Claim.asserts("Bob", "likes", "Jam")]).ended
    assert made(older) == made(file)


def test_a_file_of_version_1_is_brought_up_to_date(older: Path) -> None:
    with closing(sqlite3.connect(older)) as database:
        database.executescript(
            "DROP INDEX entities_by_first_word; DROP INDEX episodes_by_record;"
            "ALTER TABLE entities DROP COLUMN first_word; PRAGMA user_version = 1;"
        )
    with open_known(older) as upgraded:
        upgraded.assert_claims([Claim.asserts("Ada Lind", "likes", "Jazz", subject_type="person")])
        assert {fact.object.name for fact in upgraded.timeline("Ada")} >= {"Tea", "Jazz", "Paris"}
    with closing(sqlite3.connect(older)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (sqlite.SCHEMA_VERSION,)


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(older: Path) -> None:
    with closing(sqlite3.connect(older)) as database:
        # A claim about an entity that is not there: the file has been tampered with.
        database.execute("DELETE FROM entities WHERE name = 'Acme'")
        database.commit()
    before = tables(older)
    with pytest.raises(StoreError, match="constraint failed"):
        open_known(older)
    assert tables(older) == before


def test_a_file_without_a_log_of_trust_gets_one(file: Path, memory: Memory) -> None:
    memory.close()
    database = sqlite3.connect(file)
    database.execute("DROP TABLE trust")
    database.close()
    with open_memory(f"sqlite:///{file}", trust=Trust(min_confidence=0.5)) as upgraded:
        upgraded.assert_claims([Claim.asserts("Ada", "likes", "Coffee", confidence=0.4)])
        assert "Coffee" not in {fact.object.name for fact in upgraded.facts()}


def test_a_file_without_what_is_derived_gets_tables_for_it(file: Path, memory: Memory) -> None:
    memory.close()
    database = sqlite3.connect(file)
    database.executescript("DROP TABLE communities; DROP TABLE similar;")
    database.close()
    with open_memory(f"sqlite:///{file}") as upgraded:
        assert upgraded.communities() == []
        upgraded.forget(everything=True)


def test_a_file_of_something_else_is_refused_and_kept(file: Path) -> None:
    database = sqlite3.connect(file)
    database.execute("CREATE TABLE accounts (id INTEGER)")
    database.close()
    with pytest.raises(StoreError, match="something else"):
        open_memory(f"sqlite:///{file}")
    file.write_bytes(b"This is no database." * 100)
    before = file.read_bytes()
    with pytest.raises(StoreError, match="not a database"):
        open_memory(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="make its folder"):
        open_memory(f"sqlite:///{tmp_path}/missing/memory.db")


def test_a_store_that_is_only_to_be_read_is_not_made(file: Path) -> None:
    with pytest.raises(NotFoundError, match="no store at"):
        Memory.open(
            f"sqlite:///{file}", group="ada", extractor="none", embedder="none", create=False
        )
    assert not file.exists()


@pytest.mark.parametrize("url", ["memory.db", "mysql://u:secret@host/db", "", "sqlite"])
def test_a_url_that_names_no_store_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_memory(url)
    assert "secret" not in str(caught.value)


def test_relative_and_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_memory("sqlite:///here.db").close()
    assert (tmp_path / "here.db").exists()
    open_memory(f"sqlite:////{tmp_path.relative_to('/')}/there.db").close()
    assert (tmp_path / "there.db").exists()


def test_what_forgetting_everything_costs_grows_with_the_group(tmp_path: Path) -> None:
    """Counted in steps of SQLite's machine; four times as much is gone for about four times as many."""

    def steps(size: int) -> int:
        with Memory.open(
            f"sqlite:///{tmp_path}/{size}.db", group="g", extractor="none", embedder="none"
        ) as memory:
            memory.assert_claims(
                [Claim.asserts(f"Person {n}", "likes", f"thing {n}") for n in range(size)]
            )
            taken = [0]

            def tick() -> None:
                taken[0] += 1

            store = memory._store
            assert isinstance(store, sqlite.SQLiteStore)
            store._db.set_progress_handler(tick, 100)
            memory.forget(everything=True)
            store._db.set_progress_handler(None, 0)
            return taken[0]

    assert steps(800) < 6 * steps(200)
