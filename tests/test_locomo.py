"""Real conversations, end to end: any order, any store, several processes at once."""

import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from kgmem import Memory
from kgmem.ingest.loaders import Batch, load
from kgmem.minilm import MiniLM

DATA = Path(__file__).parents[2] / "shared" / "data" / "locomo_dev.json"
SESSIONS = 8

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"the evaluation data is not at {DATA}")


@cache
def sessions() -> tuple[Batch, ...]:
    """The first sessions of the first conversation."""
    found: list[Batch] = []
    for batch in load(DATA):
        if found and batch.group != found[0].group:
            break
        found.append(batch)
    return tuple(found)


@cache
def questions() -> tuple[str, ...]:
    conversation = json.loads(DATA.read_text(encoding="utf-8"))[0]
    return tuple(item["question"] for item in conversation["qa"] if item["category"] != 5)[:50]


class OneModel:
    """MiniLM that embeds each text once in a test run."""

    model_name = "all-MiniLM-L6-v2"

    def __init__(self) -> None:
        self.known: dict[str, list[float]] = {}
        self.minilm = MiniLM()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        if new:
            self.known |= dict(zip(new, self.minilm.embed_documents(new), strict=True))
        return [self.known[text] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


@pytest.fixture(scope="module")
def model() -> OneModel:
    return OneModel()


def ingest(url: str, group: str, batches: Sequence[Batch], embedder: Any = "none") -> None:
    with Memory.open(url, group=group, embedder=embedder) as memory:
        for batch in batches:
            memory.add(batch.messages, session=batch.session)


def held(url: str, group: str) -> dict[str, list[dict[str, Any]]]:
    """All that must not depend on the order: everything but the clock of the writes."""
    with Memory.open(url, group=group, extractor="none", embedder="none") as memory:
        return {
            name: [r.model_dump(exclude={"created_at", "recorded_at"}) for r in read()]
            for name, read in (
                ("facts", memory.facts),
                ("claims", memory.claims),
                ("episodes", memory.episodes),
                ("entities", memory.entities),
            )
        }


def comparable(found: dict[str, list[dict[str, Any]]]) -> Any:
    return {name: sorted(json.dumps(r, default=str) for r in rows) for name, rows in found.items()}


def ingest_backward(url: str, group: str, batches: Sequence[Batch]) -> None:
    ingest(url, group, batches[::-1])


def ingest_from_processes(url: str, group: str, batches: Sequence[Batch]) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        for done in [pool.submit(ingest, url, group, batches[n::4]) for n in range(4)]:
            done.result()


@pytest.mark.slow
def test_any_order_gives_the_same_memory(any_url: str) -> None:
    """Forward, again, backward, and from four processes at once: the same to the id."""
    batches, group = sessions()[:SESSIONS], uuid4().hex
    ingest(any_url, group, batches)
    expected = held(any_url, group)
    assert len(expected["facts"]) > len(expected["episodes"]) / 2
    ingest(any_url, group, batches)
    assert held(any_url, group) == expected
    for again in (ingest_backward, ingest_from_processes):
        with Memory.open(any_url, group=group, extractor="none", embedder="none") as memory:
            memory.forget(everything=True)
        again(any_url, group, batches)
        assert comparable(held(any_url, group)) == comparable(expected)


@pytest.mark.slow
def test_both_stores_find_the_same(own_neo4j_url: str, tmp_path: Path, model: OneModel) -> None:
    group = uuid4().hex
    urls = (f"sqlite:///{tmp_path}/search.db", own_neo4j_url)
    found = []
    for url in urls:
        ingest(url, group, sessions(), model)
        with Memory.open(url, group=group, extractor="none", embedder=model) as memory:
            found.append([{hit.id for hit in memory.search(q, k=10)} for q in questions()])
    first, second = (comparable(held(url, group)) for url in urls)
    assert first == second
    shared = [len(ours & theirs) for ours, theirs in zip(*found, strict=True)]
    assert sum(shared) / len(shared) >= 9.0
