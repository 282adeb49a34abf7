"""How long a search takes as a group grows, and what it finds among other groups.

``--facts`` takes several sizes. A group of N facts has N/2 turns; vectors are random, of MiniLM's
length, so that nothing waits for a model (``--embedder none`` leaves them out). Per size: ``p50``,
``p95`` and ``p99`` of ``Memory.search`` in milliseconds, the question's embedding excluded, and ``cpu``,
the median CPU time of this process, which other work on the machine moves less; the same
``as_of`` a past instant (``as_of_p50`` ...) where each question asks of another one; the first
search, which reads the whole group (``first``), and the one after a write (``after_write``); the
median of each stage alone: ``refresh`` (asking the store what changed), ``text``, ``vector``, ``walk``,
and ``rest`` (fusion and hits); and what taking in cost.

``--groups G`` fills G groups of the first size instead, by ``--jobs`` processes at once (``facts_per_s``,
of all), and asks the first one by its vectors alone:
``recall@10`` of its true nearest facts, and the latency of a search, from the snapshot in memory
(``kgmem``) and from the store's own indexes, as for a group that is too large for one (``indexes``).
"""

import argparse
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from statistics import median

import numpy as np

from benchmarks import harness
from benchmarks.synthetic import RandomVectors, World, drafts
from kgmem import Claim, Hit, Memory
from kgmem.embeddings import embedder_of
from kgmem.opening import system_clock
from kgmem.retrieval.snapshot import Snapshot
from kgmem.stores import open_store
from kgmem.stores.base import SearchQuery, Vector
from kgmem.testing import ScriptedExtractor
from kgmem.text import terms

NAME = "search"
_PERCENTILES = (50, 95, 99)
_MOST_ROWS = 1_000_000
Questions = Sequence[tuple[str, Vector]]
_FIRST_DAY = datetime(2020, 1, 2, tzinfo=UTC)


class QuestionVectors(RandomVectors):
    """Random vectors that make each question's before it is asked.

    Args:
        questions: The questions.
    """

    def __init__(self, questions: Sequence[str]) -> None:
        self._known: dict[str, list[float]] = {}
        self._known = {question: self.embed_query(question) for question in questions}

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self._known.get(text) or super().embed_query(text)


def ingest(memory: Memory, world: World) -> harness.Stopwatch:
    """Takes in a world; how long each write took."""
    watch = harness.Stopwatch()
    for session, messages in world.sessions():
        watch.time(partial(memory.add, messages, session=session))
    return watch


def asked(
    questions: Sequence[str], search: Callable[[int, str], list[Hit]], prefix: str = ""
) -> harness.Figures:
    """The percentiles of searching."""
    watch = harness.Stopwatch()
    for number, question in enumerate(questions):
        watch.time(partial(search, number, question))
    figures = {**watch.percentiles(*_PERCENTILES), "cpu": round(median(watch.cpu), 3)}
    return {f"{prefix}{name}": value for name, value in figures.items()}


def stages(arguments: argparse.Namespace, group: str, asked: Questions) -> harness.Figures:
    """The median of each stage, on a snapshot of its own; a store in memory has no second reader."""
    if arguments.store == "sqlite://":
        return {}
    store = open_store(arguments.store, group, system_clock)
    snapshot = Snapshot()
    snapshot.extend(store.changes(None))
    seen, walk = snapshot.seen(None, None), snapshot.walk(None, None)
    chance = np.random.default_rng(0)
    watches = {name: harness.Stopwatch() for name in ("refresh", "text", "vector", "walk")}
    for question, vector in asked:
        words = terms(question)
        seeds = np.zeros(len(snapshot.entities.rows) + len(snapshot.episodes.rows))
        seeds[chance.integers(0, len(seeds), 40)] = 1.0
        watches["refresh"].time(partial(store.changes, snapshot.mark))
        for rows, mask in (
            (snapshot.facts.words, seen.facts),
            (snapshot.episodes.words, seen.episodes),
            (snapshot.entities.names, seen.names),
        ):
            watches["text"].time(partial(rows.bm25, words, mask))
        for part in (snapshot.claims, snapshot.episodes):
            watches["vector"].time(partial(part.vectors.cosine, vector))
        watches["walk"].time(partial(walk.scores, seeds))
    store.close()
    return {
        name: round(median(np.reshape(watch.taken, (len(asked), -1)).sum(axis=1).tolist()), 3)
        for name, watch in watches.items()
    }


def size(arguments: argparse.Namespace, facts: int) -> harness.Figures:
    """The figures of one size."""
    world, group = World(facts, arguments.seed), f"benchmarks.{NAME} {facts}"
    questions = world.questions(arguments.questions)
    vectors = QuestionVectors(questions)
    with harness.memory_of(
        arguments,
        group,
        extractor=ScriptedExtractor(drafts),
        embedder="none" if arguments.embedder == "none" else vectors,
    ) as memory:
        writing = ingest(memory, world)
        single = harness.Stopwatch()
        single.time(partial(memory.search, questions[0]))
        days = [
            _FIRST_DAY + timedelta(minutes=n * 5 * facts / len(questions))
            for n in range(len(questions))
        ]
        figures = asked(questions, lambda _, q: memory.search(q, k=10))
        past = asked(questions[:50], lambda n, q: memory.search(q, k=10, as_of=days[n]), "as_of_")
        believed = len(memory.facts())
        memory.assert_claims([Claim.asserts("Person0", "likes", "afterthought")])
        single.time(partial(memory.search, questions[0]))
        parts = stages(arguments, group, _embedded(questions, vectors))
        return {
            **figures,
            **parts,
            **({"rest": round(figures["p50"] - sum(parts.values()), 3)} if parts else {}),
            **dict(zip(("first", "after_write"), np.round(single.taken, 3).tolist(), strict=True)),
            **past,
            "ingest_s": round(sum(writing.taken) / 1000, 2),
            "turns": world.turns,
            "believed": believed,
        }


def _embedded(questions: Sequence[str], vectors: QuestionVectors) -> Questions:
    embedder = embedder_of(vectors)
    assert embedder is not None
    return [(question, embedder.question(question)) for question in questions]


def among(arguments: argparse.Namespace, facts: int) -> harness.Result:
    """The figures of one group among others."""
    questions = World(facts, arguments.seed).questions(arguments.questions)
    vectors = QuestionVectors(questions)
    groups = [f"benchmarks.{NAME} {number} of {facts}" for number in range(arguments.groups)]
    with ExitStack() as memories:
        opened = [
            memories.enter_context(harness.memory_of(arguments, group, embedder=vectors))
            for group in groups
        ]
        kept, started = _turns(opened), time.perf_counter()
        with ProcessPoolExecutor(arguments.jobs, get_context("spawn")) as pool:
            seeds = range(arguments.seed, arguments.seed + arguments.groups)
            list(pool.map(partial(_fill, arguments.store, facts), groups, seeds))
        seconds = time.perf_counter() - started
        rate = round(2 * (_turns(opened) - kept) / seconds, 1)
        found = {
            name: _starved(arguments, groups[0], rows, vectors, questions)
            for name, rows in (("kgmem", _MOST_ROWS), ("indexes", 0))
        }
    ours = found.pop("kgmem")
    return harness.Result(
        kgmem=ours, baselines=found, latency_ms=ours, details={"facts_per_s": rate}
    )


def _turns(memories: Sequence[Memory]) -> int:
    """How many turns, of two facts each, there are."""
    return sum(memory.stats()["episodes"] for memory in memories)


def _fill(store: str, facts: int, group: str, seed: int) -> None:
    """Fills a group, in a process of its own."""
    with Memory.open(
        store, group=group, extractor=ScriptedExtractor(drafts), embedder=RandomVectors()
    ) as memory:
        ingest(memory, World(facts, seed))


def _starved(
    arguments: argparse.Namespace,
    group: str,
    rows: int,
    vectors: QuestionVectors,
    questions: Sequence[str],
) -> harness.Figures:
    """Recall of the group's nearest facts, from a snapshot or from indexes; latency of a search."""
    store = open_store(arguments.store, group, system_clock)
    snapshot, right, wanted = Snapshot(), 0, 0
    snapshot.extend(store.changes(None))
    for _, vector in _embedded(questions, vectors):
        found = snapshot
        if not rows:
            found = Snapshot()
            found.extend(store.near(SearchQuery(terms=[], vector=vector, limit=50)))
        nearest = _nearest(snapshot, vector)
        right += len(set(nearest) & set(_nearest(found, vector)))
        wanted += len(nearest)
    store.close()
    with Memory.open(
        arguments.store, group=group, extractor="none", embedder=vectors, snapshot_rows=rows
    ) as memory:
        memory.search(questions[0])
        return {
            "recall@10": harness.share(right, wanted),
            **asked(questions, lambda _, q: memory.search(q, k=10)),
        }


def _nearest(snapshot: Snapshot, vector: Vector) -> list[str]:
    facts = snapshot.facts
    cosines = snapshot.claims.vectors.cosine(vector)[facts.text_claims.values]
    names = [version.id for version in facts.records]
    rows = np.flatnonzero(snapshot.seen(None, None).facts)
    return [names[row] for row in rows[np.argsort(-cosines[rows], kind="stable")][:10].tolist()]


def measure(arguments: argparse.Namespace) -> harness.Result:
    """Measures each size, or one group among others."""
    if arguments.groups:
        return among(arguments, arguments.facts[0])
    sizes = {str(facts): size(arguments, facts) for facts in arguments.facts}
    last = sizes[str(arguments.facts[-1])]
    latency = {name: last[name] for name in ("p50", "p95", "p99")}
    return harness.Result(kgmem={**latency, "by_facts": sizes}, latency_ms=latency)


def main(argv: Sequence[str] | None = None) -> harness.Result:
    """Runs the benchmark from the command line."""
    options = harness.parser(__doc__)
    options.add_argument("--facts", type=int, nargs="+", default=[1_000, 10_000], metavar="N")
    options.add_argument("--groups", type=int, metavar="G", help="so many groups of the first size")
    options.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes that fill them"
    )
    options.add_argument("--keep", action="store_true", help="leave the groups where they are")
    options.add_argument("--questions", type=int, default=200, metavar="N")
    options.add_argument("--seed", type=int, default=0)
    return harness.run(NAME, options.parse_args(argv), measure)


if __name__ == "__main__":
    main()
