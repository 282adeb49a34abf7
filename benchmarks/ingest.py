"""What taking in files costs: turns and facts a second, milliseconds, queries, calls and tokens a turn.

The file may be anything that ``kgmem ingest`` reads; all of it goes into one group.

- ``turns_per_s`` and ``facts_per_s``: turns taken in and facts added, by wall time of the writes with
  extraction and embedding; ``turns_per_cpu_s`` by CPU time of this process.
- ``ms_per_turn``: the same the other way round; ``latency_ms`` is that of whole sessions.
- ``queries_per_turn``: statements that the store ran (SQLite), or that were sent to it (Neo4j).
- ``llm_calls_per_turn``, ``tokens_per_turn``: as the reports count them.

``--limit`` takes so many sessions.
"""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from benchmarks import harness
from kgmem import Memory
from kgmem.ingest.loaders import load
from kgmem.stores.sqlite import SQLiteStore

NAME = "ingest"


@contextmanager
def counted(memory: Memory) -> Iterator[list[str]]:
    """Collects the beginning of each statement that a memory's store runs."""
    seen: list[str] = []
    if isinstance(memory.parts.store, SQLiteStore):
        database = memory.parts.store._db
        database.set_trace_callback(lambda statement: seen.append(statement[:20]))
        yield seen
        return
    from neo4j import ManagedTransaction

    original = ManagedTransaction.run

    def run(self: ManagedTransaction, query: str, *args: Any, **kwargs: Any) -> Any:
        seen.append(query[:20])
        return original(self, query, *args, **kwargs)

    ManagedTransaction.run = run  # type: ignore[method-assign, assignment]
    try:
        yield seen
    finally:
        ManagedTransaction.run = original  # type: ignore[method-assign]


def measure(arguments: argparse.Namespace) -> harness.Result:
    """Takes the file in."""
    watch = harness.Stopwatch()
    extractor = harness.shared_rules() if arguments.extractor == "rules" else arguments.extractor
    with (
        harness.memory_of(arguments, f"benchmarks.{NAME}", extractor=extractor) as memory,
        counted(memory) as queries,
    ):
        reports = [
            watch.time(lambda batch=batch: memory.add(batch.messages, session=batch.session))  # type: ignore[misc]
            for batch in islice(load(arguments.data), arguments.limit)
        ]
        asked = len(queries)
    turns = sum(len(report.episodes) for report in reports)
    facts = sum(len(report.added) for report in reports)
    wall, cpu = sum(watch.taken) / 1000, sum(watch.cpu) / 1000
    return harness.Result(
        kgmem={
            "turns_per_s": harness.share(turns, wall),
            "turns_per_cpu_s": harness.share(turns, cpu),
            "facts_per_s": harness.share(facts, wall),
            "ms_per_turn": harness.share(wall * 1000, turns),
            "queries_per_turn": harness.share(asked, turns),
            "llm_calls_per_turn": harness.share(sum(r.llm_calls for r in reports), turns),
            "tokens_per_turn": harness.share(sum(r.tokens for r in reports), turns),
        },
        latency_ms=watch.percentiles(),
        details={"sessions": len(reports), "turns": turns, "facts": facts},
    )


def main(argv: Sequence[str] | None = None) -> harness.Result:
    """Runs the benchmark from the command line."""
    options = harness.data_parser(__doc__)
    options.add_argument("--extractor", default="rules", help="as for kgmem ingest")
    return harness.run(NAME, options.parse_args(argv), measure)


if __name__ == "__main__":
    main()
