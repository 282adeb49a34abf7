"""What is Neo4j's own: connections, the database, and a crowd of processes."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest
from neo4j import Driver, GraphDatabase

from kgmem import Claim, ConfigurationError, KgmemError, Memory, StoreError, StoreUnavailableError
from kgmem.stores.base import Change
from kgmem.stores.health import examine
from kgmem.stores.neo4j_driver import Address, Connection, ManagedTransaction, run
from kgmem.stores.neo4j_schema import statements
from kgmem.stores.neo4j_seal import Seal, new_commit
from kgmem.stores.statements import cypher
from kgmem.testing import HashEmbedder
from kgmem.timeline import Revision

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


# One state


class Group:
    """A group with its seal, and a look at what a read costs."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.name = str(uuid4())
        self.seal = Seal(connection, self.name)
        self.done = 0

    def commit(self, tx: ManagedTransaction) -> None:
        run(tx, "write/seal", group=self.name, commit=new_commit(), recorded_at=None, rewritten=0)

    def read(self, *, changed: bool = False, meanwhile: Callable[[], object] | None = None) -> int:
        """How often a read is done; in the middle of the first time something happens."""
        before = self.done

        def work(tx: ManagedTransaction) -> int:
            self.done += 1
            if meanwhile and self.done == before + 1:
                meanwhile()
            return self.done - before

        return self.seal.read(work, changed=changed)

    def written(self) -> None:
        self.connection.write(self.commit)


@pytest.fixture
def connection(neo4j_url: str) -> Iterator[Connection]:
    with closing(Connection(Address.of(neo4j_url))) as connection:
        yield connection


@pytest.fixture
def sealed(connection: Connection) -> Group:
    group = Group(connection)
    group.seal.make()
    return group


def test_a_read_is_done_again_only_where_a_commit_has_come(sealed: Group) -> None:
    assert [sealed.read(), sealed.read()] == [1, 1]
    assert sealed.read(meanwhile=sealed.written) == 2
    assert sealed.read() == 1
    sealed.written()
    assert [sealed.read(changed=True), sealed.read()] == [1, 1]
    sealed.written()
    assert [sealed.read(), sealed.read()] == [2, 1]


def test_a_read_that_stumbles_over_half_of_a_commit_is_done_again(sealed: Group) -> None:
    def stumble() -> None:
        sealed.written()
        raise KeyError("a property of what is gone")

    assert sealed.read(meanwhile=stumble) == 2
    with pytest.raises(ZeroDivisionError):
        sealed.seal.read(lambda _: 1 / 0)


@pytest.mark.parametrize("changed", [False, True])
def test_the_first_commit_of_a_group_is_noticed(connection: Connection, changed: bool) -> None:
    """Also of one whose commits so far are of a kgmem that knew no seal."""
    old = Group(connection)
    assert old.read(changed=changed) == 1
    connection.update("write/lock_group", group=old.name)
    assert old.read(changed=changed) == 1

    def first() -> None:
        old.seal.make()
        old.written()

    assert old.read(changed=changed, meanwhile=first) == 2


def test_a_reader_waits_for_a_commit_and_a_commit_for_a_reader_that_has_to(sealed: Group) -> None:
    sealed.read()
    with (
        ThreadPoolExecutor(2) as pool,
        sealed.connection.driver.session() as session,
        session.begin_transaction() as writer,
    ):
        sealed.commit(writer)  # type: ignore[arg-type]
        waiting = pool.submit(sealed.read)
        time.sleep(0.3)
        assert not waiting.done()
        writer.commit()
        assert waiting.result(10) == 2
        commits: list[Future[None]] = []

        def commit() -> None:
            commits.append(pool.submit(sealed.written))
            time.sleep(0.3)
            assert not commits[0].done()

        assert sealed.read(changed=True, meanwhile=commit) == 1
        commits[0].result(10)


def test_a_writer_keeps_readers_away_only_while_it_commits(neo4j_url: str) -> None:
    with open_memory(neo4j_url) as memory, open_memory(neo4j_url, group=memory.group) as other:
        memory.assert_claims([Claim.asserts("Ada", "likes", "Tea")])
        store, facts = memory.parts.store, other.facts()

        def derive(*_: object) -> Revision:
            assert other.facts() == facts
            return Revision()

        claims = [claim.model_copy(update={"id": str(uuid4())}) for claim in memory.claims()]
        store.write(Change(claims=claims), derive)
        assert len(other.claims()) == 2


def test_a_lock_that_is_looked_at_leaves_no_transaction_behind(sealed: Group) -> None:
    sealed.written()
    with sealed.connection.driver.session() as session:
        session.run("CREATE (n:Passing) DELETE n").consume()
        before = session.last_bookmarks().raw_values
        session.execute_write(sealed.seal._lock)
        assert session.last_bookmarks().raw_values == before


def test_a_rehearsal_makes_no_group(neo4j_url: str) -> None:
    with open_memory(neo4j_url) as memory:
        memory.assert_claims([Claim.asserts("Ada", "likes", "Tea")], dry_run=True)
        assert not memory.cypher("MATCH (n) WHERE n.group_id = $group_id RETURN n")


def test_who_may_not_write_reads_without_a_lock(
    sealed: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed.connection, "write", sealed.connection.read)
    assert [sealed.read(), sealed.read(changed=True)] == [1, 1]
    with pytest.raises(StoreUnavailableError, match="right to write"):
        sealed.seal.read(lambda _: 1 / 0)


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


def test_a_database_of_version_1_is_brought_up_to_date_by_several_at_once(
    neo4j_url: str, driver: Driver
) -> None:
    """Version 1 had no first words, no time of support, no log of trust, and fewer indexes."""
    group = str(uuid4())
    names = ("Zoë Lind", "ΑΝΔΡΈΑΣ Groß", "Groß\u00a0Ann")
    with open_memory(neo4j_url, group=group) as memory:
        memory.assert_claims(
            Claim.asserts(name, "lives_in", city, subject_type="person", valid_at="2019")
            for name in names
            for city in ("Berlin", "Munich")
        )
        before, hits = memory.versions(), memory.search("Where does Zoe live?")
        words = memory.cypher(
            first_words := "MATCH (e:Entity) WHERE e.group_id = $group_id"
            " RETURN e.name AS name, e.first_word AS word ORDER BY name"
        )
    for file in statements("2"):
        for what, name in re.findall(r"CREATE (INDEX|CONSTRAINT) (\w+)", cypher(file)):
            driver.execute_query(f"DROP {what} {name}")
    driver.execute_query("MATCH (e:Entity) REMOVE e.first_word")
    driver.execute_query("MATCH ()-[r:FACT]->() REMOVE r.supported_at")
    driver.execute_query("MATCH (g:Group) REMOVE g.rewrites")
    driver.execute_query("MATCH (s:KgmemSchema) SET s.version = 1")

    def searched(_: int) -> list[str]:
        with open_memory(neo4j_url, group=group) as memory:
            return [hit.text for hit in memory.search("Where does Zoe live?")]

    with ThreadPoolExecutor(3) as openers:
        assert list(openers.map(searched, range(3))) == [[hit.text for hit in hits]] * 3
    found = examine(neo4j_url, snapshot_rows=10**9)
    assert {f.level for f in found if f.check in ("schema", "indexes", "orphans")} == {"ok"}
    with open_memory(neo4j_url, group=group) as memory:
        assert memory.versions() == before
        assert memory.cypher(first_words) == words
        memory.forget(everything=True)


def test_an_index_that_waits_gives_way_to_the_plans_of_others(
    neo4j_url: str, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has written holds the label, the index waits for that, and plans for the index: a circle for who writes
    and waits for a plan, which the server does not see."""
    monkeypatch.setattr("kgmem.stores.neo4j_schema._PATIENCE_SECONDS", 0.1)
    open_memory(neo4j_url).close()
    driver.execute_query("DROP INDEX kgmem_claim_record")
    driver.execute_query("MATCH (s:KgmemSchema) SET s.version = 1")
    planned = f"MATCH (c:Claim) WHERE c.group_id = '{uuid4()}' AND c.predicate > '' RETURN c"
    with ThreadPoolExecutor(1) as opener, driver.session() as session:
        with session.begin_transaction() as writing:
            writing.run("CREATE (:Claim {id: 'held'})").consume()
            opened = opener.submit(open_memory, neo4j_url)
            time.sleep(0.5)
            driver.execute_query(planned)
            assert not opened.done()
            writing.rollback()
        opened.result().close()
    found = examine(neo4j_url, snapshot_rows=10**9)
    assert {f.level for f in found if f.check == "schema"} == {"ok"}


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
        (row,) = memory.cypher("RETURN $group_id AS group", group_id="another")
        assert row["group"] == memory.group
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


# What a URL says


def test_a_url_gives_database_options_and_routing() -> None:
    address = Address.of(
        "neo4j+s://u:p%2F@h.databases.neo4j.io/ada?policy=eu&max_connection_pool_size=7"
        "&connection_timeout=2.5"
    )
    assert address.uri == "neo4j+s://h.databases.neo4j.io:7687?policy=eu"
    assert (address.user, address.password, address.database) == ("u", "p/", "ada")
    assert address.options == {
        "connection_timeout": 2.5,
        "max_transaction_retry_time": 30.0,
        "max_connection_pool_size": 7,
    }
    assert Address.of("neo4j://h?database=ada").database == "ada"
    assert Address.of("neo4j://h?database=ada").uri == "neo4j://h:7687"


@pytest.mark.parametrize("value", ["", "many", "-1", "0", "nan"])
def test_an_option_that_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError, match="no number above 0") as caught:
        Address.of(f"neo4j://u:hunter2@h?connection_timeout={value}")
    assert "hunter2" not in str(caught.value)


def test_routing_without_routing_is_a_typed_error(neo4j_url: str) -> None:
    with pytest.raises(ConfigurationError, match="Check the URL"):
        open_memory(f"{neo4j_url.replace('neo4j://', 'bolt://')}?policy=eu")


def test_a_pool_that_is_empty_is_named_with_the_remedy(neo4j_url: str) -> None:
    url = f"{neo4j_url}?database=neo4j&max_connection_pool_size=1&connection_acquisition_timeout=3"
    with closing(Connection(Address.of(url))) as connection:

        def twice(_: object) -> None:
            connection.rows("schema/state")

        with pytest.raises(StoreUnavailableError, match="max_connection_pool_size=200"):
            connection.read(twice)
        assert connection.rows("schema/state")[0]["database"] == "neo4j"


def test_reads_go_to_readers_and_wait_for_what_was_written(neo4j_url: str) -> None:
    """On one server: the mode of access is enforced, and a read is sent after the last write."""
    with closing(Connection(Address.of(neo4j_url))) as connection:
        with pytest.raises(StoreError, match=r"[Ww]rit"):
            connection.read(lambda tx: run(tx, "schema/set_vectors", vectors="x"))
        assert set(connection._bookmarks.get_bookmarks()) == set()
        connection.update("write/lock_group", group=(group := str(uuid4())))
        written = set(connection._bookmarks.get_bookmarks())
        assert written
        assert connection.rows("read/mark", group=group)
        assert len(set(connection._bookmarks.get_bookmarks())) == len(written)
        connection.update("write/lock_group", group=str(uuid4()))
        assert set(connection._bookmarks.get_bookmarks()) != written


@pytest.mark.parametrize("name", ["read/facts", "read/versions", "write/slot_facts"])
def test_a_statement_that_is_told_where_to_look_looks_nowhere_else(
    neo4j_url: str, driver: Driver, name: str
) -> None:
    """A null in the place of the group must not cost a scan of every group."""
    with Memory.open(neo4j_url, group="looked at", extractor="none", embedder="none") as memory:
        memory.assert_claims([Claim.asserts("Ada", "likes", f"tea {n}") for n in range(300)])
        (one,) = memory.facts(object="tea 7")
        slot = {"number": 0, "subject_id": one.subject.id, "predicate": "likes"}
        given = {
            "group": memory.group,
            "by": {"ids": [one.id]},
            "rows": [{**slot, "object_id": one.object.id}],
        }
        nulls = dict.fromkeys(("predicates", "object_id", "entity_id", "session_prefix"))
        nulls |= dict.fromkeys(("ids", "subjects", "as_of", "as_known"))
        with driver.session() as session:
            plan = session.run(f"PROFILE {cypher(name)}", {**nulls, **given}).consume().profile
        memory.forget(everything=True)
    assert plan is not None
    assert _hits(plan) < 100


def _hits(plan: dict[str, Any]) -> int:
    return int(plan["args"].get("DbHits", 0)) + sum(map(_hits, plan.get("children", [])))
