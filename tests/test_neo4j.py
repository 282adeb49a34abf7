"""What is Neo4j's own: connections, the database, and a crowd of processes."""

import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import pytest
from neo4j import Driver, GraphDatabase

from kgmem import Claim, ConfigurationError, KgmemError, Memory, StoreError, StoreUnavailableError
from kgmem.stores.base import FactQuery
from kgmem.stores.neo4j_rows import TornError, fact_parameters, facts_of, version_of
from kgmem.testing import HashEmbedder

WRITER = """
import sys
from datetime import UTC, datetime
from kgmem import Claim, Memory
from kgmem.testing import HashEmbedder

with Memory.open(sys.argv[1], group=sys.argv[2], extractor="none", embedder=HashEmbedder()) as memory:
    for step in range(5):
        memory.assert_claims([
            Claim.asserts("Ada", "lives_in", f"City {step}", valid_at=str(2000 + step)),
            Claim.asserts("Ada", "likes", f"{sys.argv[3]} {step}", said_at=datetime(2024, 1, 1, tzinfo=UTC)),
        ])
"""


def open_memory(url: str, **options: object) -> Memory:
    return Memory.open(
        url, group=str(options.get("group", uuid4())), extractor="none", embedder=HashEmbedder()
    )


def parts(url: str) -> tuple[str, str, str]:
    scheme, rest = url.split("://")
    login, address = rest.rsplit("@", 1)
    user, password = login.split(":", 1)
    return f"{scheme}://{address}", user, password


@pytest.fixture
def driver(neo4j_url: str) -> Iterator[Driver]:
    address, user, password = parts(neo4j_url)
    with GraphDatabase.driver(address, auth=(user, password)) as driver:
        yield driver


def test_a_version_that_goes_while_it_is_read_is_read_again(neo4j_url: str) -> None:
    """Of a relationship that another transaction deletes a reader may see the id and no property."""
    with open_memory(neo4j_url) as memory:
        memory.assert_claims([Claim.asserts("Ada", "likes", "Tea")])
        connection = memory.parts.store._connection  # type: ignore[attr-defined]
        parameters = fact_parameters(memory.group, FactQuery())
        (row,) = connection.rows(
            "read/facts", **{k: v for k, v in parameters.items() if k != "as_known"}
        )
        gone = {
            name: value if name in ("id", "subject", "object") else None
            for name, value in row.items()
        }
        seen = [[gone], [gone, row], [row]]
        (fact,) = connection.read(lambda _: facts_of(seen.pop(0)))
        assert fact == memory.facts()[0]
        with pytest.raises(StoreUnavailableError, match="over and over"):
            connection.read(lambda _: facts_of([gone]))
        with pytest.raises(TornError):
            version_of(gone)


def test_a_server_that_is_down_is_named_with_the_remedy() -> None:
    with pytest.raises(StoreUnavailableError, match="kgmem neo4j start") as caught:
        open_memory("neo4j://neo4j:hunter2@127.0.0.1:1")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("@", "-wrong@"),
        lambda url: f"{url}/missing",
        lambda url: url.replace("neo4j://", "neo4j+s://"),
        lambda url: url.replace("neo4j://neo4j:", "neo4j://neo4j:%00"),
    ],
    ids=["password", "database", "encryption", "odd"],
)
def test_what_does_not_fit_is_a_typed_error_without_the_password(
    neo4j_url: str, change: object
) -> None:
    url = change(neo4j_url)  # type: ignore[operator]
    with pytest.raises((ConfigurationError, StoreUnavailableError)) as caught:
        open_memory(url)
    assert parts(neo4j_url)[2] not in str(caught.value)


def test_a_newer_schema_is_refused(neo4j_url: str, driver: Driver) -> None:
    open_memory(neo4j_url).close()
    (row,) = driver.execute_query("MATCH (s:KgmemSchema) RETURN s.version AS version").records
    try:
        driver.execute_query("MATCH (s:KgmemSchema) SET s.version = 99")
        with pytest.raises(StoreError, match="upgrade kgmem"):
            open_in_a_process(neo4j_url)
    finally:
        driver.execute_query("MATCH (s:KgmemSchema) SET s.version = $v", v=row["version"])


def open_in_a_process(url: str) -> None:
    """Opens the store in a process of its own: a process looks at a schema once."""
    code = (
        "import sys; from kgmem import Memory, StoreError\n"
        "try: Memory.open(sys.argv[1], group='g', extractor='none', embedder='none')\n"
        "except StoreError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, url], capture_output=True, text=True, check=True
    )
    raise StoreError(done.stdout)


def test_cypher_only_reads(neo4j_url: str) -> None:
    with open_memory(neo4j_url) as memory:
        memory.assert_claims([Claim.asserts("Ada", "likes", "Tea")])
        for statement in ("MATCH (n) DETACH DELETE n", "CREATE (:Entity {id: 'x'})", "no cypher"):
            with pytest.raises(KgmemError):
                memory.cypher(statement)
        name = "'}) DETACH DELETE n //"
        assert memory.cypher("MATCH (n:Entity {name: $name}) RETURN n", name=name) == []
        assert len(memory.facts()) == 1


def test_times_are_real_datetimes_to_the_microsecond(neo4j_url: str) -> None:
    with open_memory(neo4j_url) as memory:
        report = memory.assert_claims([Claim.asserts("Ada", "likes", "Tea", valid_at="2024")])
        (row,) = memory.cypher(
            "MATCH ()-[r:FACT {group_id: $group_id}]->() RETURN r.created_at AS at,"
            " valueType(r.valid_at) AS type, r.valid_at.year AS year"
        )
        assert row["at"] == report.recorded_at == memory.facts()[0].created_at
        assert (str(row["type"]).split()[0], row["year"]) == ("ZONED", 2024)


def test_processes_write_one_group_without_loss(neo4j_url: str) -> None:
    group = str(uuid4())
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, neo4j_url, group, f"writer {n}"])
        for n in range(4)
    ]
    assert [writer.wait() for writer in writers] == [0] * 4
    with open_memory(neo4j_url, group=group) as memory:
        assert len(memory.facts(predicate="likes")) == 20
        assert len(memory.facts(predicate="lives_in")) == 5
        assert len({claim.recorded_at for claim in memory.claims()}) == 20
        rows = memory.cypher(
            "MATCH (e:Entity {group_id: $group_id}) RETURN e.name AS name, count(*) AS n"
        )
        assert all(row["n"] == 1 for row in rows)
