"""The MCP server, by its own client: in process, as a program over stdio, over HTTP."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.server import MCPServer

from kgmem import Claim, ConfigurationError, InvalidInputError, KgmemError, Memory, Message
from kgmem.integrations.mcp import PROFILES, build, http_app
from kgmem.stores.base import Limits
from kgmem.stores.neo4j_confinement import check_plan

LIMITS = Limits(seconds=10, rows=100)
TOKEN = "correct-horse-battery-staple"
Call = Callable[..., Awaitable[dict[str, Any]]]


class Refused(Exception):
    """What a tool says when it does not do what it was asked."""


@asynccontextmanager
async def connected(server: Any) -> AsyncIterator[Call]:
    """Calls tools by name and arguments; gives their structured result."""
    async with Client(server) as client:

        async def call(tool: str, /, **arguments: object) -> dict[str, Any]:
            result = await client.call_tool(tool, arguments)
            if result.is_error:
                raise Refused(getattr(result.content[0], "text", ""))
            return result.structured_content or {}

        yield call


@pytest.fixture
def memory() -> Iterator[Memory]:
    with Memory.open("sqlite://", group="ada", embedder="none") as memory:
        yield memory


def tools_of(server: MCPServer[Any]) -> dict[str, Any]:
    return {tool.name: tool for tool in asyncio.run(server.list_tools())}


async def test_a_turn_that_answers_is_shown_itself() -> None:
    with Memory.open("sqlite://", group="ada", embedder="none", extractor="rules") as memory:
        said = "I live in Berlin, and by the way water the orchids every second Sunday, please."
        memory.add([Message(text=said, speaker="Ada")])
        async with connected(build(memory)) as call:
            found = await call("search_memory", question="How often should the orchids be watered?")
    assert "orchids" in found["hits"][0]["text"]


# Which tools there are


@pytest.mark.parametrize("profile", PROFILES)
def test_every_tool_and_argument_is_described(memory: Memory, profile: str) -> None:
    tools = tools_of(build(memory, profile=profile))
    assert list(tools) == [name for name in PROFILES[profile] if name != "run_cypher"]
    for tool in tools.values():
        assert len(tool.description) > 30
        assert tool.output_schema is not None
        for name, argument in tool.input_schema["properties"].items():
            assert name not in ("group", "group_id"), "the model never chooses the group"
            assert profile == "reference" or argument.get("description"), (tool.name, name)


def test_every_read_has_both_clocks(memory: Memory) -> None:
    for name, tool in tools_of(build(memory, profile="read")).items():
        assert {"as_of", "as_known"} <= tool.input_schema["properties"].keys(), name


def test_hints_tell_what_reads_and_what_erases(memory: Memory) -> None:
    admin = tools_of(build(memory, profile="admin"))
    hints = {name: tool.annotations for name, tool in admin.items()}
    reading = {name for name, hint in hints.items() if hint.read_only_hint}
    assert reading == set(PROFILES["read"])
    assert [name for name, hint in hints.items() if hint.destructive_hint] == ["forget"]
    named = {
        name: t.annotations for name, t in tools_of(build(memory, profile="reference")).items()
    }
    assert {n for n, hint in named.items() if hint.read_only_hint} == {
        "read_graph", "search_nodes", "open_nodes",
    }  # fmt: skip
    assert {n for n, hint in named.items() if hint.destructive_hint} == {
        "delete_entities", "delete_observations", "delete_relations",
    }  # fmt: skip


def test_an_unknown_profile_names_those_there_are(memory: Memory) -> None:
    with pytest.raises(ConfigurationError, match="use one of read, write, admin, reference"):
        build(memory, profile="root")


# What they do


async def test_what_is_added_is_found_on_both_clocks(memory: Memory) -> None:
    async with connected(build(memory)) as call:
        told = await call(
            "add_memory", text="I live in Berlin.", speaker="Ada", occurred_at="2022-03"
        )
        (berlin,) = told["added"]
        moved = await call(
            "add_memory", text="I moved to Munich.", speaker="Ada", occurred_at="2024-05-01"
        )
        assert [fact["object"] for fact in moved["ended"]] == ["Berlin"]
        now = await call("get_entity", name="ada")
        assert [fact["object"] for fact in now["facts"]] == ["Munich"]
        then = await call("get_entity", name="Ada", as_of="2023")
        assert [fact["object"] for fact in then["facts"]] == ["Berlin"]
        known = {"as_known": memory.explain(berlin["id"]).versions[0].created_at.isoformat()}
        timeline = await call("get_timeline", name="Ada", predicate="lives_in")
        assert [(f["object"], f["status"]) for f in timeline["facts"]] == [
            ("Berlin", "past"), ("Munich", "holds"),
        ]  # fmt: skip
        assert [
            (f["object"], f["status"])
            for f in (await call("get_timeline", name="Ada", as_of="2024", **known))["facts"]
        ] == [("Berlin", "holds")]
        found = await call("search_memory", question="Where does Ada live?", limit=1, as_of="2023")
        assert found["hits"][0]["object"] == "Berlin"
        assert found["hits"][0]["status"] == "holds"
        before = await call("search_memory", question="Berlin or Munich?", **known)
        texts = [hit["text"] for hit in before["hits"]]
        assert texts
        assert not [text for text in texts if "Munich" in text]
        context = await call("get_context", question="Where does Ada live?", as_of="2023")
        assert "[2022-03-01 to 2024-05-01] Ada lives in Berlin" in context["text"].splitlines()
        why = await call("explain", fact_id=berlin["id"])
        assert why["ended_in"]["text"] == "I moved to Munich."
        assert (why["fact"]["status"], len(why["versions"])) == ("past", 2)
        why = await call("explain", fact_id=berlin["id"], as_of="2023", **known)
        assert (why["fact"]["status"], why["ended_in"], len(why["versions"])) == ("holds", None, 1)
        assert why["versions"][0]["expired_at"] is None
        assert why["rule"].startswith("holds")
        with pytest.raises(Refused, match="is not known in group 'ada'"):
            await call("explain", fact_id=moved["added"][0]["id"], **known)
        assert (await call("stats"))["episodes"] == 2
        assert await call("stats", as_of="2023") == {"facts": 1}


async def test_facts_are_corrected_and_taken_back(memory: Memory) -> None:
    async with connected(build(memory)) as call:
        told = await call("add_memory", text="I live in Berlin.", speaker="Ada", message_id="1")
        again = await call("add_memory", text="I live in Berlin.", speaker="Ada", message_id="1")
        assert again["left_out"] == ["1: known already"]
        fact_id = told["added"][0]["id"]
        corrected = await call(
            "correct_fact", fact_id=fact_id, object="Bern", valid_at="2020", invalid_at="still"
        )
        (bern,) = corrected["added"]
        assert (bern["object"], bern["valid_at"][:4], bern["invalid_at"]) == ("Bern", "2020", None)
        with pytest.raises(Refused, match="set never alone"):
            await call("correct_fact", fact_id=bern["id"], never=True, text="x")
        gone = await call("correct_fact", fact_id=bern["id"], never=True)
        assert [fact["object"] for fact in gone["retracted"]] == ["Bern"]


async def test_forgetting_erases_and_says_what(memory: Memory) -> None:
    async with connected(build(memory, profile="admin")) as call:
        await call("add_memory", text="I live in Berlin.", speaker="Ada", session="a")
        receipt = await call("forget", session="a")
        assert (receipt["episodes"], receipt["facts"], receipt["kept"]) == (1, 1, [])
        with pytest.raises(Refused, match="exactly one of"):
            await call("forget", entity="Ada", everything=True)


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("get_entity", {"name": "Bob"}, "find out with search_memory how it is called"),
        ("get_timeline", {"name": "Ada", "as_of": "soon"}, "write 2024, 2024-05"),
        ("search_memory", {"question": "x", "limit": 0}, "greater than or equal to 1"),
        ("add_memory", {"text": "x", "occurred_at": "2024-05-01T10:00"}, "has no timezone"),
        ("explain", {"fact_id": "none"}, "take an id from facts"),
    ],
)
async def test_errors_tell_the_remedy(
    memory: Memory, name: str, arguments: dict[str, object], said: str
) -> None:
    async with connected(build(memory)) as call:
        with pytest.raises(Refused, match=re.escape(said)):
            await call(name, **arguments)


# The names of the reference server

JOHN = {
    "name": "John_Smith",
    "entityType": "person",
    "observations": ["Speaks fluent Spanish", "Graduated in 2019"],
}
WORKS = {"from": "John_Smith", "to": "Acme", "relationType": "works_at"}
ACME = {"name": "Acme", "entityType": "company", "observations": []}


async def test_the_reference_tools_keep_a_graph(memory: Memory) -> None:
    async with connected(build(memory, profile="reference")) as call:
        assert await call("create_entities", entities=[JOHN, ACME]) == {"entities": [JOHN, ACME]}
        assert await call("create_entities", entities=[JOHN]) == {"entities": []}
        assert await call("create_relations", relations=[WORKS]) == {"relations": [WORKS]}
        assert await call("create_relations", relations=[WORKS]) == {"relations": []}
        observed = [{"entityName": "John_Smith", "contents": ["Graduated in 2019", "Left-handed"]}]
        assert await call("add_observations", observations=observed) == {
            "results": [{"entityName": "John_Smith", "addedObservations": ["Left-handed"]}]
        }
        john = {**JOHN, "observations": [*JOHN["observations"], "Left-handed"]}
        graph = {"entities": [john, ACME], "relations": [WORKS]}
        assert await call("read_graph") == graph
        for query in ("spanish", "john", "PERSON"):
            found = await call("search_nodes", query=query)
            assert [entity["name"] for entity in found["entities"]] == ["John_Smith"]
        opened = await call("open_nodes", names=["Acme", "Nobody"])
        assert opened == {"entities": [ACME], "relations": [WORKS]}
        with pytest.raises(Refused, match="create it with create_entities"):
            await call(
                "add_observations", observations=[{"entityName": "Bob", "contents": ["Tall"]}]
            )


async def test_what_the_reference_tools_delete_stays_known_as_past(memory: Memory) -> None:
    async with connected(build(memory, profile="reference")) as call:
        await call("create_entities", entities=[JOHN, ACME])
        await call("create_relations", relations=[WORKS])
        old = [{"entityName": "John_Smith", "observations": ["Graduated in 2019", "Tall"]}]
        done = await call("delete_observations", deletions=old)
        assert done == {"success": True, "message": "1 facts ended"}
        await call("delete_relations", relations=[WORKS])
        graph = await call("read_graph")
        assert graph["relations"] == []
        assert graph["entities"][0]["observations"] == ["Speaks fluent Spanish"]
        await call("delete_entities", entityNames=["john_smith", "Nobody"])
        assert await call("read_graph") == {"entities": [ACME], "relations": []}
        (past,) = memory.facts(predicate="works_at")
        assert past.invalid_at is not None
        assert (await call("create_relations", relations=[WORKS]))["relations"] == [WORKS]
        assert (await call("read_graph"))["relations"] == [WORKS]


async def test_deleting_an_entity_takes_nothing_from_those_that_name_it(memory: Memory) -> None:
    person = {"name": "person", "entityType": "concept", "observations": []}
    async with connected(build(memory, profile="reference")) as call:
        await call("create_entities", entities=[JOHN, person])
        observed = [{"entityName": "John_Smith", "contents": ["Tall"]}]
        await call("add_observations", observations=observed)
        await call("delete_entities", entityNames=["person", "Tall"])
        john = {**JOHN, "observations": [*JOHN["observations"], "Tall"]}
        assert (await call("read_graph"))["entities"] == [john]


async def test_what_a_relation_has_named_can_still_be_created(memory: Memory) -> None:
    async with connected(build(memory, profile="reference")) as call:
        await call("create_relations", relations=[WORKS])
        assert await call("create_entities", entities=[JOHN, ACME]) == {"entities": [JOHN, ACME]}
        assert await call("read_graph") == {"entities": [JOHN, ACME], "relations": [WORKS]}


async def test_an_observation_is_added_once(memory: Memory) -> None:
    async with connected(build(memory, profile="reference")) as call:
        await call("create_entities", entities=[JOHN])
        observed = {
            "entityName": "John_Smith",
            "contents": ["Tall", "tall", "speaks fluent Spanish"],
        }
        found = await call("add_observations", observations=[observed, observed])
        added = [item["addedObservations"] for item in found["results"]]
        assert added == [["Tall"], []]


# Cypher


@pytest.fixture(scope="module")
def in_neo4j(neo4j_url: str) -> Iterator[Memory]:
    group = f"mcp-{uuid4()}"
    with Memory.open(neo4j_url, group=group, extractor="none", embedder="none") as memory:
        memory.assert_claims(
            [Claim.asserts("Ada", "knows", f"P{n}", valid_at=f"{2000 + n}") for n in range(5)]
        )
        yield memory
        memory.forget(everything=True)


KNOWN = """
MATCH (:Entity {group_id: $group_id})-[r:FACT]->(e:Entity)
WHERE $as_of IS NULL OR r.valid_at <= $as_of
RETURN e.name AS name, r.valid_at AS since ORDER BY name
"""


async def test_cypher_reads_within_limits(in_neo4j: Memory) -> None:
    server = build(in_neo4j, profile="admin", all_groups=True)
    assert "run_cypher" in [tool.name for tool in await server.list_tools()]
    async with connected(server) as call:
        answer = await call("run_cypher", statement=KNOWN, limit=2)
        assert [row["name"] for row in answer["rows"]] == ["P0", "P1"]
        assert answer["rows"][0]["since"] == "2000-01-01T00:00:00Z"
        assert answer["truncated"]
        answer = await call("run_cypher", statement=KNOWN, as_of="2001", limit=2)
        assert (len(answer["rows"]), answer["truncated"]) == (2, False)
        answer = await call(
            "run_cypher",
            statement="RETURN $x AS x, $group_id AS g",
            parameters={"x": [1, {"a": "b"}], "group_id": "other"},
        )
        assert answer["rows"] == [{"x": [1, {"a": "b"}], "g": in_neo4j.group}]
        slow = "UNWIND range(1, 100000) AS x UNWIND range(1, 1000000) AS y RETURN count(x + y)"
        with pytest.raises(Refused, match="took too long: ask for less"):
            await call("run_cypher", statement=slow, seconds=0.5)
        with pytest.raises(Refused, match="longer than 100,000 characters"):
            await call("run_cypher", statement="RETURN range(1, 100000) AS x")
        with pytest.raises(Refused, match="refused: "):
            await call("run_cypher", statement="MATCH (n RETURN n")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE (n:Entity) RETURN n", "does not only read"),
        ("MATCH (n) WHERE n.group_id = $group_id DETACH DELETE n", "does not only read"),
        ("LOAD CSV FROM 'http://127.0.0.1:9/x' AS row RETURN row", "may not use LoadCSV"),
        ("L\\u004fAD CSV FROM 'file:///etc/passwd' AS row RETURN row", "may not use LoadCSV"),
        ("CALL { LOAD CSV FROM 'file:///x' AS row RETURN row } RETURN row", "LoadCSV"),
        ("SHOW SETTINGS", "may not use ShowSettings"),
        ("SHOW USERS", "does not only read"),
        ("TERMINATE TRANSACTIONS 'neo4j-transaction-1'", "may not use TerminateTransactions"),
        ("CALL dbms.killConnection('x')", "does not only read"),
        ("CALL db.info()", "may not use db.info"),
        ("UNWIND [1] AS x CALL (x) { CALL db.info() YIELD id RETURN id } RETURN id", "db.info"),
        ("CALL { CREATE (n:Entity) } IN TRANSACTIONS", "does not only read"),
        ("MATCH (n) SET n.name = 'x'", "does not only read"),
        ("MATCH (n) FOREACH (x IN [1] | REMOVE n.name)", "does not only read"),
        (
            "CALL db.create.setNodeVectorProperty(null, 'x', [1.0])",
            "does not only read|may not use",
        ),
        ("CREATE INDEX mine FOR (n:Entity) ON (n.name)", "does not only read"),
        ("DROP CONSTRAINT kgmem_entity_id", "does not only read"),
        ("ALTER USER neo4j SET PASSWORD 'x'", "does not only read|refused"),
        ("USE system SHOW USERS", "does not only read|refused"),
        ("CALL gds.graph.drop('x')", "does not only read|may not use|refused"),
        ("CALL apoc.cypher.runFirstColumnSingle('CREATE (n)', {})", "may not use|refused"),
        ("RETURN 1; CREATE (n)", "refused"),
        ("EXPLAIN CREATE (n) RETURN n", "refused|does not only read"),
        ("PROFILE CREATE (n) RETURN n", "refused"),
        ("/* */ PROFILE RETURN 1", "refused"),
    ],
)
def test_a_statement_of_a_model_reads_the_graph_and_nothing_else(
    in_neo4j: Memory, statement: str, said: str
) -> None:
    with pytest.raises(Exception, match=said):
        in_neo4j.cypher(statement, LIMITS)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE (n:Mine)",
        "MATCH (n {group_id: $group_id}) SET n.mine = 1",
        "CALL { CREATE (n:Mine) } IN TRANSACTIONS",
    ],
)
def test_a_statement_of_a_person_writes_nothing_either(in_neo4j: Memory, statement: str) -> None:
    before = in_neo4j.stats()
    with pytest.raises(KgmemError, match="refused"):
        in_neo4j.cypher(statement)
    assert in_neo4j.stats() == before
    assert in_neo4j.cypher("MATCH (n) WHERE n:Mine OR n.mine = 1 RETURN n") == []


def test_what_reads_the_graph_may_run(in_neo4j: Memory) -> None:
    assert in_neo4j.cypher("CALL db.labels() YIELD label RETURN label", LIMITS)
    found = in_neo4j.cypher(
        "CALL db.index.fulltext.queryNodes('kgmem_entity_text', 'p1') YIELD node RETURN node",
        LIMITS,
    )
    assert isinstance(found, list)


def test_a_foreign_function_is_refused() -> None:
    plan = {"operatorType": "Projection@neo4j", "args": {"Details": "apoc.load.json($url) AS x"}}
    with pytest.raises(InvalidInputError, match=r"may not call apoc\.load\.json"):
        check_plan("r", {"operatorType": "ProduceResults@neo4j", "children": [plan]})


async def test_cypher_is_refused_beside_other_groups(in_neo4j: Memory, neo4j_url: str) -> None:
    with Memory.open(neo4j_url, group=f"mcp-{uuid4()}", extractor="none", embedder="none") as other:
        other.assert_claims([Claim.asserts("Bob", "knows", "Secret")])
        async with connected(build(in_neo4j, profile="admin")) as call:
            with pytest.raises(Refused, match="holds other groups"):
                await call("run_cypher", statement="MATCH (e:Entity) RETURN e.name AS name")
        other.forget(everything=True)


def test_sqlite_has_no_cypher(memory: Memory) -> None:
    with pytest.raises(ConfigurationError, match="copy the group to Neo4j"):
        memory.cypher("RETURN 1")


# As a program


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    script = "import sys; sys.modules['mcp'] = None; from kgmem.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "mcp"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: the MCP server needs mcp: pip install 'kgmem[mcp]'\n"


def environment(tmp_path: Path) -> dict[str, str]:
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("KGMEM_")},
        "KGMEM_STORE": f"sqlite:///{tmp_path}/memory.db",
        "KGMEM_GROUP": "ada",
        "KGMEM_EXTRACTOR": "none",
        "KGMEM_EMBEDDER": "none",
    }


async def test_it_speaks_over_stdio(tmp_path: Path) -> None:
    program = StdioServerParameters(
        command=sys.executable, args=["-m", "kgmem.cli", "mcp"], env=environment(tmp_path)
    )
    async with connected(program) as call:
        await call("add_memory", text="I live in Berlin.", speaker="Ada")
        context = await call("get_context", question="Where in Berlin?")
        assert context["text"].endswith("Ada: I live in Berlin.")


async def test_the_configuration_in_the_documentation_works(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "mcp.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```json\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (server,) = json.loads(block)["mcpServers"].values()
    assert server["command"] == "kgmem"
    program = StdioServerParameters(
        command=sys.executable,
        args=["-m", "kgmem.cli", *server["args"]],
        env=environment(tmp_path),
        cwd=tmp_path,
    )
    async with connected(program) as call:
        assert (await call("stats"))["episodes"] == 0
    assert (tmp_path / "ada.db").exists()


def test_the_documentation_names_the_tools_of_each_profile() -> None:
    page = (Path(__file__).parents[1] / "docs" / "mcp.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)`[^|]*\| (.*) \|$", page, re.MULTILINE)
    told: list[str] = []
    for profile, tools in rows[:3]:
        told += re.findall(r"`(\w+)`", tools)
        assert tuple(told) == PROFILES[profile]
    assert [profile for profile, _ in rows] == list(PROFILES)


def test_a_read_profile_makes_no_store(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kgmem.cli", "mcp", "--profile", "read"]
    done = subprocess.run(
        command, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("token", "said"),
    [(b"\xff" * 20, "it is no UTF-8"), ("Schlüssel".encode() * 3, "no header carries")],
)
def test_a_token_file_that_no_client_could_use_is_said(
    tmp_path: Path, token: bytes, said: str
) -> None:
    file = tmp_path / "token"
    file.write_bytes(token)
    command = [sys.executable, "-m", "kgmem.cli", "mcp", "--http", "--token-file", str(file)]
    done = subprocess.run(
        command, env=environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A server over HTTP that wants a token from a file."""
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n", encoding="utf-8")
    command = [
        sys.executable, "-m", "kgmem.cli", "mcp", "--http", "--port", "0", "--token-file", str(token),
    ]  # fmt: skip
    with subprocess.Popen(
        command,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as server:
        assert server.stdout is not None
        shown = server.stdout.readline()
        assert shown.startswith("serving group 'ada' at http://127.0.0.1:")
        yield shown.split()[-1]
        server.terminate()
        shown += server.communicate(timeout=20)[0]
    assert TOKEN not in shown


async def test_it_serves_over_http_whoever_has_the_token(address: str) -> None:
    async with httpx2.AsyncClient() as anybody:
        refused = await anybody.post(address, json={})
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as somebody,
        connected(streamable_http_client(address, http_client=somebody)) as call,
    ):
        await call("add_memory", text="I live in Berlin.", speaker="Ada")
        assert (await call("stats"))["episodes"] == 1


HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
        ({"Authorization": f"Bearer {TOKEN}"}, 200),
        ({"Authorization": f"Bearer {TOKEN}", "Host": "evil.example"}, 421),
        ({"Authorization": f"Bearer {TOKEN}", "Origin": "http://evil.example"}, 403),
        ({"Authorization": f"Bearer {TOKEN}", "Host": "memory.example:8000"}, 200),
    ],
)
async def test_who_may_come_in_from_elsewhere(
    memory: Memory, headers: dict[str, str], status: int
) -> None:
    app = http_app(build(memory, token=TOKEN), host="0.0.0.0", names=["memory.example"])
    assert await posted(app, headers) == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "evil.example:8000"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost:3000"}, 200),
    ],
)
async def test_on_this_machine_a_web_page_cannot_come_in(
    memory: Memory, headers: dict[str, str], status: int
) -> None:
    assert await posted(http_app(build(memory)), headers) == status


async def posted(app: Any, headers: dict[str, str]) -> int:
    accept = {"Accept": "application/json, text/event-stream"}
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1:8000"
        ) as client,
    ):
        response = await client.post("/mcp", json=HELLO, headers={**accept, **headers})
    return response.status_code


@pytest.mark.parametrize(
    ("host", "token", "names", "said"),
    [
        ("0.0.0.0", None, (), "there is no token"),
        ("192.168.1.5", None, (), "there is no token"),
        ("memory.example", None, (), "there is no token"),
        ("127.0.0.1", None, ("memory.example",), "there is no token"),
        ("::", TOKEN, (), "say with --name"),
        ("192.168.1.5", "short", (), "fewer than 16 characters"),
        ("127.0.0.1", "short", (), "fewer than 16 characters"),
    ],
)
def test_it_does_not_start_where_anybody_could_come_in(
    memory: Memory, host: str, token: str | None, names: tuple[str, ...], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said) as raised:
        http_app(build(memory, token=token), host=host, names=names)
    assert token is None or token == "short" or token not in str(raised.value)
