"""What other memories hold comes in with both clocks, and the report says what could not be kept."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kgmem import InvalidInputError, Memory, NotFoundError, Schema
from kgmem.cli import app
from kgmem.extraction.base import Context
from kgmem.extraction.llm import LLMExtractor, MemoryCache
from kgmem.ingest.graphiti import import_graphiti
from kgmem.ingest.importing import Imported
from kgmem.ingest.mem0 import import_mem0
from kgmem.models import ClaimDraft, Episode
from kgmem.stores.neo4j_driver import Address, Connection
from kgmem.testing import ScriptedModel

GROUP = "graphiti-of-tests"


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def fact(uuid: str, ends: str, name: str, episodes: list[str], **times: Any) -> dict[str, Any]:
    subject, target = ends.split(" > ")
    values = {
        "uuid": uuid,
        "name": name,
        "fact": f"{subject} {name} {target}",
        "episodes": episodes,
    }
    return {"subject": subject, "target": target, "values": {"group_id": GROUP, **values, **times}}


# As Graphiti writes them: see its EpisodicNode, EntityNode and EntityEdge.
EPISODES = [
    {
        "uuid": f"e{number}",
        "content": text,
        "source": "message",
        "source_description": "chat",
        "valid_at": said,
        "created_at": said.replace(second=5),
    }
    for number, (text, said) in enumerate(
        [
            ("Ada: I live in Berlin.", at(2022, 3, 1)),
            ("Ada: I moved to Munich.", at(2024, 6, 10)),
            ("Ada: Munich is fine. I know Bob.", at(2024, 7, 1)),
        ]
    )
]
FACTS = [
    fact(
        "f1", "Ada > Berlin", "LIVES_IN", ["e0"], created_at=at(2022, 3, 1, 0, 0, 6),
        valid_at=at(2022, 3, 1), invalid_at=at(2024, 6, 10), expired_at=at(2024, 6, 10, 0, 0, 6),
    ),
    fact("f2", "Ada > Munich", "LIVES_IN", ["e1", "e2"], created_at=at(2024, 6, 10, 0, 0, 6),
         valid_at=at(2024, 6, 10), mood="glad"),
    fact("f3", "Ada > Bob", "KNOWS", ["e2", "gone"], created_at=at(2024, 7, 1, 0, 0, 6)),
    fact("f4", "Ada > Bob", "MARRIED_TO", ["e2"], created_at=at(2024, 7, 1, 0, 0, 6),
         valid_at=at(2024, 7, 1), expired_at=at(2024, 8, 1)),
    fact("f5", "Ada > Acme", "VISITED", ["e2"], created_at=at(2024, 7, 1, 0, 0, 6),
         valid_at=at(2024, 7, 1), invalid_at=at(2023, 1, 1), expired_at=at(2024, 7, 1, 0, 0, 7)),
    fact("f6", "Ada > Bob", "SAME_AS", [], created_at=at(2024, 7, 1, 0, 0, 6), valid_at=at(2024, 1, 1)),
]  # fmt: skip

WRITE = """
    UNWIND $episodes AS row MERGE (e:Episodic {uuid: row.uuid}) SET e += row, e.group_id = $group
    WITH DISTINCT 1 AS done
    UNWIND $names AS name MERGE (n:Entity {uuid: $group + name})
    SET n.name = name, n.group_id = $group, n.summary = 'About ' + name
    WITH DISTINCT 1 AS done
    UNWIND $facts AS row
    MATCH (s:Entity {uuid: $group + row.subject}), (o:Entity {uuid: $group + row.target})
    MERGE (s)-[f:RELATES_TO {uuid: row.values.uuid}]->(o) SET f = row.values
"""
CLEAN = "MATCH (n) WHERE n.uuid IS NOT NULL AND n.group_id STARTS WITH $group DETACH DELETE n"


class Graph:
    """A graph as Graphiti keeps it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.server = Connection(Address.of(url))

    def write(self, facts: list[dict[str, Any]], group: str = GROUP) -> None:
        names = sorted({end for row in facts for end in (row["subject"], row["target"])})
        self.run(WRITE, episodes=EPISODES, names=[*names, "Lonely"], facts=facts, group=group)

    def run(self, statement: str, **parameters: object) -> None:
        self.server.write(lambda transaction: transaction.run(statement, parameters).consume())


@pytest.fixture
def graph(neo4j_url: str) -> Iterator[Graph]:
    graph = Graph(neo4j_url)
    graph.run(CLEAN, group=GROUP)
    yield graph
    graph.run(CLEAN, group=GROUP)
    graph.server.close()


@pytest.fixture
def memory() -> Iterator[Memory]:
    with Memory.open("sqlite://", group="ada", extractor="none", embedder="none") as opened:
        yield opened


def lost(report: Imported) -> dict[str, int]:
    return {one.what: one.count for one in report.lost}


def believed(memory: Memory, **query: Any) -> list[tuple[str, datetime, datetime | None]]:
    facts = memory.facts(**query)
    return sorted((fact.object.name, fact.valid_at, fact.invalid_at) for fact in facts)


@pytest.mark.parametrize("page", [1, 1000])
def test_graphiti_comes_with_both_clocks(graph: Graph, memory: Memory, page: int) -> None:
    graph.write(FACTS)
    report = import_graphiti(graph.url, memory, group_id=GROUP, page=page)
    assert (report.read_episodes, report.read_facts, report.episodes) == (3, len(FACTS), 3)
    moved = at(2024, 6, 10)
    assert believed(memory, predicate="lives_in") == [
        ("Berlin", at(2022, 3, 1), moved),
        ("Munich", moved, None),
    ]
    # Before Graphiti learned of Munich, it believed that Berlin goes on.
    assert believed(memory, as_known=at(2024, 6, 1)) == [("Berlin", at(2022, 3, 1), None)]
    # No date of its own: it holds since it was said.
    assert believed(memory, predicate="knows") == [("Bob", at(2024, 7, 1), None)]
    # Expired without an end in the world: believed until then, and no longer.
    assert believed(memory, predicate="married_to") == []
    assert believed(memory, predicate="married_to", as_known=at(2024, 7, 31)) != []
    assert believed(memory, predicate="visit") == []
    # What is a fact there does not decide who is who here.
    assert believed(memory, predicate="is_same_as") == [("Bob", at(2024, 1, 1), None)]


def test_graphiti_comes_with_provenance(graph: Graph, memory: Memory) -> None:
    graph.write(FACTS)
    import_graphiti(graph.url, memory, group_id=GROUP)
    (munich,) = [f for f in memory.facts(predicate="lives_in") if f.object.name == "Munich"]
    turns = memory.explain(munich.id).episodes
    assert [turn.message_id for turn in turns] == ["e1", "e2"]
    assert [turn.text for turn in turns] == [row["content"] for row in EPISODES[1:]]
    assert [turn.occurred_at for turn in turns] == [row["valid_at"] for row in EPISODES[1:]]
    assert [turn.recorded_at for turn in turns] == [row["created_at"] for row in EPISODES[1:]]


def test_the_report_says_what_could_not_be_kept(graph: Graph, memory: Memory) -> None:
    graph.write(FACTS)
    found = lost(import_graphiti(graph.url, memory, group_id=GROUP))
    taken_back = "taken back, and known as believed until then"
    assert found == {
        "entity without a fact": 1,
        "episode that a fact cites and that is not there": 1,
        f"fact that ends before it starts: {taken_back}": 1,
        f"fact that expired, with no end in the world: {taken_back}": 1,
        "fact with attributes": 1,
        "start of a fact: it holds since it was said": 1,
        "summary of an entity": 6,
    }


def test_importing_again_changes_nothing(graph: Graph, memory: Memory) -> None:
    graph.write(FACTS)
    import_graphiti(graph.url, memory, group_id=GROUP, page=2)
    before = (memory.stats(), memory.versions())
    again = import_graphiti(graph.url, memory, group_id=GROUP)
    assert (again.episodes, again.claims) == (0, 0)
    assert (memory.stats(), memory.versions()) == before


def test_what_has_come_since_is_added(graph: Graph, memory: Memory) -> None:
    """A fact that was invalidated meanwhile gets its end; the whole is as if it came at once."""
    still = {**FACTS[0], "values": {**FACTS[0]["values"], "invalid_at": None, "expired_at": None}}
    graph.write([still])
    import_graphiti(graph.url, memory, group_id=GROUP)
    graph.write(FACTS)
    import_graphiti(graph.url, memory, group_id=GROUP)
    with Memory.open("sqlite://", group="ada", extractor="none", embedder="none") as at_once:
        import_graphiti(graph.url, at_once, group_id=GROUP)
        assert memory.versions() == at_once.versions()


def test_what_the_schema_decides_otherwise_is_reported(graph: Graph, memory: Memory) -> None:
    """Graphiti has her live in two places; the shipped schema lets a person live in one."""
    twice = [
        fact("f1", "Ada > Berlin", "LIVES_IN", [], created_at=at(2022, 3, 1), valid_at=at(2022, 3, 1)),
        fact("f2", "Ada > Rome", "LIVES_IN", [], created_at=at(2023, 3, 1), valid_at=at(2023, 3, 1)),
    ]  # fmt: skip
    graph.write(twice)
    found = lost(import_graphiti(graph.url, memory, group_id=GROUP))
    assert found["fact that ends earlier here: another takes its place"] == 1
    many = Schema.default().extended({"lives_in": {"cardinality": "many"}})
    with Memory.open(
        "sqlite://", group="ada", extractor="none", embedder="none", schema=many
    ) as other:
        kept = lost(import_graphiti(graph.url, other, group_id=GROUP))
        assert not [what for what in kept if "here" in what]
        assert len(believed(other, as_of="2024")) == 2


def test_a_group_is_named_where_there_are_several(graph: Graph, memory: Memory) -> None:
    graph.write(FACTS[:1])
    with pytest.raises(NotFoundError, match="group_id="):
        import_graphiti(graph.url, memory, group_id="nobody")
    graph.write([fact("g1", "Bo > Rome", "LIVES_IN", [])], group=f"{GROUP}-2")
    with pytest.raises(InvalidInputError, match="name one with group_id="):
        import_graphiti(graph.url, memory)


def test_graphiti_by_command(graph: Graph, tmp_path: Path) -> None:
    graph.write(FACTS)
    options = ["--group", "ada", "--store", f"sqlite:///{tmp_path}/m.db", "--embedder", "none"]
    command = ["import", "graphiti", graph.url, "--group-id", GROUP, *options]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "fact with attributes\t1" in done.stdout
    assert "new here: 3 episodes" in done.stderr
    again = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert again["claims"] == 0


MEM0: dict[str, list[dict[str, Any]]] = {
    "results": [
        {
            "id": "m1",
            "memory": "Ada lives in Berlin.",
            "user_id": "ada",
            "created_at": "2023-05-01T10:00:00-07:00",
            "updated_at": None,
            "metadata": {"mood": "glad"},
        },
        {
            "id": "m2",
            "memory": "Ada works at Acme.",
            "user_id": "ada",
            "run_id": "monday",
            "created_at": "2023-05-02T10:00:00Z",
            "updated_at": "2024-01-01T10:00:00Z",
        },
    ],
    "relations": [{"source": "ada", "relationship": "knows", "target": "bob"}],
}


def exported(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "mem0.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_mem0_comes_with_its_dates(tmp_path: Path) -> None:
    with Memory.open("sqlite://", group="ada", embedder="none") as memory:
        report = import_mem0(exported(tmp_path, MEM0), memory)
        assert lost(report) == {
            "date of a relation: it holds since the first memory": 1,
            "earlier text of a memory that was changed": 1,
            "metadata of a memory": 1,
        }
        first, second = memory.episodes()
        assert first.recorded_at == first.occurred_at == at(2023, 5, 1, 17)
        assert (second.session, second.occurred_at) == ("monday", at(2024, 1, 1, 10))
        known = [f.object.name for f in memory.facts(as_known="2023-06")]
        assert sorted(known) == ["Berlin", "bob"]
        assert [f.object.name for f in memory.facts(predicate="works_at")] == ["Acme"]
        before = (memory.stats(), memory.versions())
        again = import_mem0(exported(tmp_path, MEM0), memory)
        assert (again.episodes, again.claims) == (0, 0)
        assert (memory.stats(), memory.versions()) == before


def test_mem0_as_a_bare_list_and_of_several_users(tmp_path: Path, memory: Memory) -> None:
    items = MEM0["results"]
    assert import_mem0(exported(tmp_path, items), memory).episodes == 2
    others = [{**item, "user_id": f"u{n}"} for n, item in enumerate(items)]
    with pytest.raises(InvalidInputError, match="user_id="):
        import_mem0(exported(tmp_path, others), memory)
    assert import_mem0(exported(tmp_path, others), memory, user_id="u1").read_episodes == 1
    both = {"results": others, "relations": MEM0["relations"]}
    report = import_mem0(exported(tmp_path, both), memory, user_id="u1")
    assert (
        report.claims,
        lost(report)["relation in a file of several users: nothing says whose"],
    ) == (0, 1)
    numbered = [{**item, "user_id": n, "id": f"of {n}"} for n, item in enumerate(items, 7)]
    path = exported(tmp_path, numbered)
    assert import_mem0(path, memory, user_id="7").read_episodes == 1
    with pytest.raises(NotFoundError, match="use one of 7"):
        import_mem0(path, memory, user_id="nobody")


def test_a_memory_whose_extraction_fails_is_told_of_and_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = pytest.importorskip("langchain.chat_models")
    refused = pytest.importorskip("langchain_core.exceptions").ModelAuthenticationError("no")

    def fail(kind: str, text: str) -> dict[str, Any]:
        raise refused

    monkeypatch.setattr(models, "init_chat_model", lambda _: ScriptedModel(fail))
    path, store = exported(tmp_path, MEM0["results"]), f"sqlite:///{tmp_path / 'a.db'}"
    command = ["import", "mem0", str(path), "--group", "ada", "--store", store]
    done = CliRunner().invoke(app, [*command, "--embedder", "none", "--extractor", "scripted:m"])
    assert done.exit_code == 1
    assert "their extraction failed" in done.stdout
    with Memory.open(store, group="ada", embedder="none") as memory:
        assert len(memory.episodes()) == 2
        memory.retry()
        assert {f.object.name for f in memory.facts()} == {"Berlin", "Acme"}


def test_a_killed_import_from_mem0_keeps_what_a_model_was_asked(tmp_path: Path) -> None:
    class Killed(LLMExtractor):
        def extract(self, episodes: Sequence[Episode], context: Context) -> list[ClaimDraft]:
            if "tea 1119" in episodes[-1].text:
                raise RuntimeError("killed")
            return super().extract(episodes, context)

    items = [
        {"id": f"{n}", "memory": f"Likes tea {n}", "created_at": f"{n}-05-01T10:00:00Z"}
        for n in range(1000, 1120)
    ]
    model = ScriptedModel(lambda kind, text: {"facts": []})
    path, store = exported(tmp_path, items), f"sqlite:///{tmp_path / 'a.db'}"

    def run(kind: type[LLMExtractor]) -> None:
        extractor = kind(model, max_concurrency=2, cache=MemoryCache(0))
        with Memory.open(store, group="ada", embedder="none", extractor=extractor) as memory:
            import_mem0(path, memory)

    with pytest.raises(RuntimeError, match="killed"):
        run(Killed)
    run(LLMExtractor)
    # Six windows, and the one beside the killed one again.
    assert len(model.prompts) == 7


def test_a_judge_is_asked_about_names_that_mem0_tells_of(tmp_path: Path) -> None:
    told = ["Ann Smith lives in Berlin.", "Ann Jones lives in Rome.", "Ann works at Acme."]
    items = [
        {"id": f"m{n}", "memory": text, "created_at": f"202{n}-05-01T10:00:00Z"}
        for n, text in enumerate(told)
    ]
    judge = ScriptedModel(lambda kind, text: {"same": [{"pair": 1}]})
    with Memory.open("sqlite://", group="ada", embedder="none", judge=judge) as memory:
        import_mem0(exported(tmp_path, items), memory)
        assert len(judge.prompts) == 1
        assert [f.object.name for f in memory.timeline("Ann Jones", predicate="works_at")] == [
            "Acme"
        ]


@pytest.mark.parametrize("content", [3, {"results": "x"}, [1], {"other": []}])
def test_what_is_no_export_is_refused(tmp_path: Path, memory: Memory, content: object) -> None:
    with pytest.raises(InvalidInputError, match="holds no list of memories"):
        import_mem0(exported(tmp_path, content), memory)
