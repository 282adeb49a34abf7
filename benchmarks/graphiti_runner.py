"""Runs Graphiti over a job: executed by a Python that has graphiti-core, which kgmem's has not.

The job is a folder with ``job.json``, and ``vectors.npy`` with the embedding of every text that it
names. What was measured is printed as the last line, in JSON. Nothing here imports kgmem.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ["GRAPHITI_TELEMETRY_ENABLED"] = "false"

import neo4j
import numpy as np
from graphiti_core import Graphiti
from graphiti_core.cross_encoder.client import CrossEncoderClient
from graphiti_core.driver.neo4j_driver import Neo4jDriver
from graphiti_core.edges import EntityEdge, EpisodicEdge
from graphiti_core.embedder.client import EmbedderClient
from graphiti_core.llm_client import LLMClient
from graphiti_core.nodes import EntityNode, EpisodeType, EpisodicNode
from graphiti_core.utils.bulk_utils import add_nodes_and_edges_bulk
from graphiti_core.utils.maintenance.graph_data_operations import clear_data

_SAVED_TOGETHER = 500
_UNCOUNTED = 5
_SERVER = "CALL dbms.queryJmx('java.lang:type=OperatingSystem') YIELD attributes"
Job = dict[str, Any]


class Table(EmbedderClient):  # type: ignore[misc]
    """The embeddings that came with the job."""

    def __init__(self, texts: list[str], vectors: Any) -> None:
        self._rows = {text: row for row, text in enumerate(texts)}
        self._vectors = vectors

    async def create(self, input_data: Any) -> list[float]:
        """One vector, of a text or of the first of several."""
        text = input_data if isinstance(input_data, str) else input_data[0]
        return self.vector(text)

    async def create_batch(self, input_data_list: list[str]) -> list[list[float]]:
        """One vector a text."""
        return [self.vector(text) for text in input_data_list]

    def vector(self, text: str) -> list[float]:
        """The vector of a text."""
        found: list[float] = self._vectors[self._rows[text]].tolist()
        return found


class Scripted(LLMClient):  # type: ignore[misc]
    """A model that answers at once, with the facts of the turn that is being added."""

    def __init__(self) -> None:
        super().__init__(None)
        self.facts: list[dict[str, str]] = []
        self.calls = 0

    async def _generate_response(
        self, messages: Any, response_model: Any = None, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        del messages, args, kwargs
        self.calls += 1
        names = names_of(self.facts)
        replies: dict[str, dict[str, Any]] = {
            "ExtractedEntities": {
                "extracted_entities": [{"name": name, "entity_type_id": 0} for name in names]
            },
            "NodeResolutions": {
                "entity_resolutions": [
                    {"id": number, "name": name, "duplicate_candidate_id": -1}
                    for number, name in enumerate(names)
                ]
            },
            "ExtractedEdges": {
                "edges": [
                    {
                        "source_entity_name": fact["subject"],
                        "target_entity_name": fact["object"],
                        "relation_type": fact["predicate"].upper(),
                        "fact": fact["text"],
                    }
                    for fact in self.facts
                ]
            },
            "EdgeDuplicate": {"duplicate_facts": [], "contradicted_facts": []},
            "EdgeTimestamps": {"valid_at": None, "invalid_at": None},
            "SummarizedEntities": {"summaries": []},
        }
        return replies[response_model.__name__]


class Unused(CrossEncoderClient):  # type: ignore[misc]
    """The search that is measured has no reranker."""

    async def rank(self, query: str, passages: list[str]) -> list[tuple[str, float]]:
        """Never asked."""
        raise NotImplementedError


def names_of(facts: Iterable[dict[str, str]]) -> list[str]:
    """The entities that facts name, each once."""
    return list(dict.fromkeys(fact[end] for fact in facts for end in ("subject", "object")))


class Meter:
    """Wall and CPU time of calls, and the statements that the driver sent meanwhile."""

    def __init__(self, driver: Any, model: Scripted) -> None:
        self.driver, self.model = driver, model
        self.statements = 0
        self.taken: list[float] = []
        base = neo4j._async.work.transaction.AsyncTransactionBase
        for kind in (base, neo4j.AsyncSession):
            self._count(kind)

    def _count(self, kind: Any) -> None:
        original = kind.run

        async def run(*args: Any, **kwargs: Any) -> Any:
            self.statements += 1
            return await original(*args, **kwargs)

        kind.run = run

    async def server(self) -> float:
        """The CPU time of the server, in milliseconds."""
        ((row,), _, _) = await self.driver.client.execute_query(_SERVER)
        used: int = row["attributes"]["ProcessCpuTime"]["value"]
        return used / 1e6

    async def start(self) -> None:
        """Starts to measure anew."""
        self._server = await self.server()
        self.taken, self.statements, self.model.calls = [], 0, 0
        self._cpu = time.process_time()

    async def time(self, call: Any) -> Any:
        """Awaits a call."""
        started = time.perf_counter()
        result = await call
        self.taken.append((time.perf_counter() - started) * 1000)
        return result

    async def figures(self) -> dict[str, Any]:
        """What was measured since the start."""
        cpu, statements = (time.process_time() - self._cpu) * 1000, self.statements
        return {
            "wall": self.taken,
            "client_cpu": cpu,
            "server_cpu": await self.server() - self._server,
            "statements": statements,
            "calls": self.model.calls,
        }


async def add(graphiti: Any, meter: Meter, group: Job) -> dict[str, Any]:
    """Adds turns one after another; the first few are not counted."""
    for number, turn in enumerate(group["turns"]):
        if number == group["warm"]:
            await meter.start()
        meter.model.facts = turn["facts"]
        await meter.time(
            graphiti.add_episode(
                name=turn["name"],
                episode_body=turn["text"],
                source_description="dialogue",
                reference_time=datetime.fromisoformat(turn["at"]),
                source=EpisodeType.message,
                group_id=group["name"],
            )
        )
    return await meter.figures()


async def save(driver: Any, table: Table, group: Job) -> dict[str, str]:
    """Saves turns and their facts as they are; the name of each episode by its uuid."""
    entities: dict[str, Any] = {}
    turns: dict[str, str] = {}
    for first in range(0, len(group["turns"]), _SAVED_TOGETHER):
        some = group["turns"][first : first + _SAVED_TOGETHER]
        new = {
            name: EntityNode(name=name, group_id=group["name"], name_embedding=table.vector(name))
            for name in names_of(fact for turn in some for fact in turn["facts"])
            if name not in entities
        }
        entities |= new
        episodes, mentions, edges = [], [], []
        for turn in some:
            episode, found = _saved(turn, group["name"], entities, table)
            turns[episode.uuid] = turn["name"]
            episodes.append(episode)
            edges += found
            mentions += [
                EpisodicEdge(
                    source_node_uuid=episode.uuid,
                    target_node_uuid=entities[name].uuid,
                    group_id=group["name"],
                    created_at=episode.created_at,
                )
                for name in names_of(turn["facts"])
            ]
        await add_nodes_and_edges_bulk(driver, episodes, mentions, list(new.values()), edges, table)
    return turns


def _saved(turn: Job, group: str, entities: dict[str, Any], table: Table) -> tuple[Any, list[Any]]:
    """The episode of a turn, and its facts."""
    now, at = datetime.now(UTC), datetime.fromisoformat(turn["at"])
    episode = EpisodicNode(
        name=turn["name"],
        group_id=group,
        source=EpisodeType.message,
        source_description="dialogue",
        content=turn["text"],
        created_at=now,
        valid_at=at,
    )
    edges = [
        EntityEdge(
            group_id=group,
            source_node_uuid=entities[fact["subject"]].uuid,
            target_node_uuid=entities[fact["object"]].uuid,
            name=fact["predicate"].upper(),
            fact=fact["text"],
            fact_embedding=table.vector(fact["text"]),
            episodes=[episode.uuid],
            created_at=now,
            valid_at=at,
        )
        for fact in turn["facts"]
    ]
    episode.entity_edges = [edge.uuid for edge in edges]
    return episode, edges


async def ask(graphiti: Any, meter: Meter, group: Job, turns: dict[str, str]) -> dict[str, Any]:
    """Searches; the turns of each fact found. The first questions are asked once before."""
    asked = group["questions"]
    for question in asked[:_UNCOUNTED]:
        await graphiti.search(question, group_ids=[group["name"]], num_results=10)
    await meter.start()
    found = [
        await meter.time(graphiti.search(question, group_ids=[group["name"]], num_results=10))
        for question in asked
    ]
    named = [[[turns[episode] for episode in edge.episodes] for edge in edges] for edges in found]
    return {**await meter.figures(), "found": named}


async def run(folder: Path) -> list[dict[str, Any]]:
    """Does the job on every group, and leaves the database as it was."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    table = Table(job["texts"], np.load(folder / "vectors.npy", mmap_mode="r"))
    driver = Neo4jDriver(job["uri"], job["user"], job["password"], job["database"])
    model = Scripted()
    graphiti = Graphiti(
        graph_driver=driver, llm_client=model, embedder=table, cross_encoder=Unused()
    )
    client = driver.client
    kept = {row["name"] for row in (await client.execute_query("SHOW INDEXES YIELD name"))[0]}
    names = [group["name"] for group in job["groups"]]
    meter = Meter(driver, model)
    try:
        await graphiti.build_indices_and_constraints()
        await client.execute_query("CALL db.awaitIndexes(300)")
        await clear_data(driver, names)
        measured = []
        for group in job["groups"]:
            if group["questions"]:
                turns = await save(driver, table, group)
                measured.append(await ask(graphiti, meter, group, turns))
            else:
                measured.append(await add(graphiti, meter, group))
            await clear_data(driver, [group["name"]])
    finally:
        await clear_data(driver, names)
        for row in (await client.execute_query("SHOW INDEXES YIELD name"))[0]:
            if row["name"] not in kept:
                await client.execute_query(f"DROP INDEX `{row['name']}` IF EXISTS")
        await graphiti.close()
    return measured


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(Path(sys.argv[1])))))
