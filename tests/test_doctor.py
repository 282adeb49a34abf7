"""``kgmem doctor`` finds faults made on purpose, says what to do, and changes nothing."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
from neo4j import Driver, GraphDatabase
from typer.testing import CliRunner

from kgmem import Claim, ConfigurationError, Memory, Message
from kgmem.cli import app
from kgmem.stores import neo4j_health, sqlite_health
from kgmem.stores.health import Finding, examine
from kgmem.stores.neo4j_driver import Address
from kgmem.stores.statements import cypher
from kgmem.testing import HashEmbedder

MANY = 1_000_000


def fill(url: str, group: str) -> None:
    with Memory.open(url, group=group, extractor="none", embedder=HashEmbedder()) as memory:
        (episode,) = memory.add([Message(text="I live in Berlin.", speaker="Ada")]).episodes
        memory.assert_claims([Claim.asserts("Ada", "lives_in", "Berlin", episode=episode)])


def bad(url: str, snapshot_rows: int = MANY) -> list[Finding]:
    found = examine(url, snapshot_rows=snapshot_rows)
    assert all((finding.level == "ok") == (finding.remedy == "") for finding in found)
    return [finding for finding in found if finding.level != "ok"]


def one(url: str, snapshot_rows: int = MANY) -> tuple[str, str, str]:
    (finding,) = bad(url, snapshot_rows)
    return finding.level, finding.check, finding.text


# SQLite


@pytest.fixture
def file(tmp_path: Path) -> Path:
    fill(f"sqlite:///{tmp_path}/memory.db", "ada")
    return tmp_path / "memory.db"


def broken(file: Path, *statements: str) -> str:
    """The URL of a file after statements that kgmem would not make."""
    with closing(sqlite3.connect(file)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return f"sqlite:///{file}"


def test_a_sound_file_is_all_right_and_stays_as_it_is(file: Path) -> None:
    before = file.read_bytes()
    found = examine(f"sqlite:///{file}", snapshot_rows=MANY)
    assert [f.check for f in found] == [
        "file", "schema", "indexes", "integrity", "vectors", "orphans", "groups", "log", "disk",
    ]  # fmt: skip
    assert {f.level for f in found} == {"ok"}
    assert "'ada': 1 episodes, 2 entities, 1 claims, 1 facts" in str(found)
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("DELETE FROM episodes", "1 claims without their episode"),
        ("DELETE FROM support", "1 facts without claims"),
        ("INSERT INTO failures VALUES ('x', 1, '', '')", "1 failures of no episode, such as x"),
        (
            "INSERT INTO entities (id, group_num, name, words, aliases, types)"
            " VALUES ('y', 1, 'Y', '', '{}', '{}')",
            "1 entities that nobody mentions, such as y",
        ),
    ],
)
def test_orphans_in_a_file_are_found(file: Path, statement: str, what: str) -> None:
    level, check, text = one(broken(file, statement))
    assert (level, check) == ("error", "orphans")
    assert what in text


def test_entities_that_are_gone_leave_claims_and_facts_behind(file: Path) -> None:
    texts = [f.text for f in bad(broken(file, "DELETE FROM entities WHERE name = 'Berlin'"))]
    assert ["claims about no entity" in texts[0], "facts between" in texts[1]] == [True, True]


def test_parts_of_the_schema_that_are_missing_are_named(file: Path) -> None:
    url = broken(file, "DROP INDEX claims_by_target", "DROP TRIGGER facts_deleted")
    assert one(url) == ("error", "indexes", "missing: claims_by_target, facts_deleted")


@pytest.mark.parametrize(("version", "level"), [(1, "warning"), (99, "error")])
def test_another_version_is_named_and_kept(file: Path, version: int, level: str) -> None:
    url = broken(file, f"PRAGMA user_version = {version}")
    assert one(url)[:2] == (level, "schema")
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (version,)


def test_vectors_of_another_length_are_found(file: Path) -> None:
    assert one(broken(file, "UPDATE claims SET embedding = x'00'"))[1] == "vectors"


def test_damaged_pages_and_other_files_are_errors(file: Path) -> None:
    url = broken(file)
    whole = bytearray(file.read_bytes())
    for page in range(4096 * 4, len(whole), 4096):
        whole[page : page + 64] = b"\xff" * 64
    file.write_bytes(whole)
    assert {finding.level for finding in bad(url)} == {"error"}
    file.write_bytes(b"This is no database." * 100)
    assert one(url)[:2] == ("error", "file")
    file.unlink()
    assert one(url)[:2] == ("error", "file")
    assert not file.exists()
    assert one(broken(file, "CREATE TABLE accounts (id INTEGER)"))[:2] == ("error", "schema")


def test_what_grows_too_large_is_a_warning(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{file}"
    assert one(url, snapshot_rows=2)[:2] == ("warning", "groups")
    full = SimpleNamespace(free=1000)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: full)
        assert one(url)[:2] == ("warning", "disk")
    monkeypatch.setattr(sqlite_health, "_LARGE_LOG", 1)
    with Memory.open(url, group="ada", extractor="none", embedder="none") as memory:
        memory.assert_claims([Claim.asserts("Ada", "likes", "Tea")])
        assert one(url)[:2] == ("warning", "log")


# Neo4j


@pytest.fixture
def driver(neo4j_url: str) -> Iterator[Driver]:
    address = Address.of(neo4j_url)
    login = (address.user or "", address.password)
    with GraphDatabase.driver(address.uri, auth=login) as driver:
        yield driver


def test_faults_of_a_database_are_found(
    neo4j_url: str, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = f"doctor {uuid4()}"
    fill(neo4j_url, group)

    @contextmanager
    def fault(made: str, undone: str) -> Iterator[None]:
        driver.execute_query(made, group=group)
        try:
            yield
        finally:
            driver.execute_query(undone, group=group)

    def only(check: str) -> list[tuple[str, str]]:
        return [(f.level, f.text) for f in bad(neo4j_url) if f.check == check]

    assert [finding for finding in bad(neo4j_url) if finding.check != "transactions"] == []
    with fault("DROP INDEX kgmem_claim_cause", cypher("schema/1/claim_cause")):
        assert only("indexes") == [("error", "missing: kgmem_claim_cause")]
        assert "cypher/schema/1/claim_cause.cypher" in str(bad(neo4j_url))
    schema = "MATCH (s:KgmemSchema) SET s.version = "
    with fault(f"{schema}1", f"{schema}2"):
        assert only("schema")[0][0] == "warning"
    with fault(f"{schema}99", f"{schema}2"):
        assert only("schema")[0][0] == "error"
    stray = "MATCH (n {id: 'stray', group_id: $group}) DETACH DELETE n"
    with fault("CREATE (:Entity {id: 'stray', group_id: $group})", stray):
        assert only("orphans") == [("error", "1 entities that nobody mentions, such as stray")]
    with fault("CREATE (:Failure {id: 'stray', episode: 'e', group_id: $group})", stray):
        assert only("orphans") == [("error", "1 failures of no episode, such as e")]
    edge = "MATCH (:Entity)-[r:FACT {group_id: $group}]->(:Entity) SET r.claims = "
    with fault(f"{edge}r.claims + ['x']", f"{edge}[r.text_claim]"):
        assert only("orphans")[0][1].startswith("1 facts without claims")
    end = "MATCH (:Entity)-[r:FACT {group_id: $group}]->(o:Entity) SET r.object_id = "
    with fault(f"{end}'x'", f"{end}o.id"):
        assert only("orphans")[0][1].startswith("1 facts between other entities")
    states = "MATCH (e:Episode {group_id: $group}) MATCH (c:Claim {group_id: $group}) "
    with fault(
        "MATCH (:Episode {group_id: $group})-[s:STATES]->() DELETE s",
        f"{states} CREATE (e)-[:STATES]->(c)",
    ):
        assert only("orphans")[0][1].startswith("1 claims without their episode")
    assert only("orphans") == []
    monkeypatch.setattr(neo4j_health, "SLOW_SECONDS", 0.0)
    assert only("transactions")[0][0] == "warning"
    with Memory.open(neo4j_url, group=group, extractor="none", embedder="none") as memory:
        memory.forget(everything=True)


@pytest.mark.parametrize(
    "change",
    [lambda _: "neo4j://neo4j:hunter2@127.0.0.1:1", lambda url: url.replace("@", "-hunter2@")],
    ids=["down", "password"],
)
def test_a_server_that_cannot_be_asked_is_an_error(
    neo4j_url: str, change: Callable[[str], str]
) -> None:
    url = change(neo4j_url)
    (finding,) = bad(url)
    assert finding.level == "error"
    assert "hunter2" not in str(finding)
    assert "Start the server" in finding.remedy or "Check user" in finding.remedy


@pytest.mark.parametrize(
    ("setting", "size"),
    [("512.00MiB", 512 * 2**20), ("2g", 2**31), ("chosen at the start", None), ("80%", None)],
)
def test_sizes_of_memory_are_read(setting: str, size: float | None) -> None:
    assert neo4j_health._bytes(setting) == size


# The command


def test_the_command_ends_as_badly_as_its_worst_finding(file: Path) -> None:
    def run(url: str, *more: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["doctor", "--store", url, *more])
        return done.exit_code, done.stdout

    assert run(f"sqlite:///{file}")[0] == 0
    assert run(f"sqlite:///{file}", "--snapshot-rows", "1")[0] == 1
    status, out = run(broken(file, "DELETE FROM support"), "--json")
    assert status == 2
    assert '"level": "error"' in out
    status, out = run("neo4j://neo4j:hunter2@127.0.0.1:1", "--json")
    assert status == 2
    assert "hunter2" not in out


def test_a_url_that_names_no_store_is_refused() -> None:
    with pytest.raises(ConfigurationError) as caught:
        examine("mysql://u:hunter2@host/db", snapshot_rows=MANY)
    assert "hunter2" not in str(caught.value)
