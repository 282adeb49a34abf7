"""What taking in files costs: turns and facts a second, milliseconds, queries, calls and tokens a turn.

The file may be anything that ``kgmem ingest`` reads; all of it goes into one group.

- ``turns_per_s`` and ``facts_per_s``: turns taken in and facts added, by wall time of the writes with
  extraction and embedding; ``turns_per_cpu_s`` by CPU time of this process.
- ``ms_per_turn``: the same the other way round; ``latency_ms`` is that of whole sessions.
- ``queries_per_turn``: statements that the store ran (SQLite), or that were sent to it (Neo4j).
- ``llm_calls_per_turn``, ``tokens_per_turn``: as the reports count them.

``--limit`` takes so many sessions.

``--facts N N`` measures groups of several sizes instead of a file: `benchmarks.synthetic` worlds that so
many facts are in already, and then ``--each`` turns of two facts in each of ``--rounds`` rounds, ``--turns`` an
``add``, one size after the other. ``ms_per_turn`` is then CPU time of this process and ``wall_ms_per_turn``
wall time, embedding left out; ``times`` is the former over that of the first size. Give a
file as ``--store``: in memory a commit costs nothing. Each group gets a file of its own beside it.
"""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import growth, harness
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
    options = harness.parser(__doc__)
    asked = options.add_mutually_exclusive_group(required=True)
    asked.add_argument("--data", type=Path, metavar="FILE")
    asked.add_argument("--facts", type=int, nargs="+", metavar="N", help="groups of such sizes")
    options.add_argument("--limit", type=int, metavar="N", help="only the first N sessions")
    options.add_argument("--extractor", default="rules", help="as for kgmem ingest")
    options.add_argument("--turns", type=int, nargs="+", default=[20, 200], metavar="N")
    options.add_argument("--each", type=int, default=400, metavar="N", help="turns a round")
    options.add_argument("--rounds", type=int, default=4, metavar="N")
    options.add_argument("--seed", type=int, default=0)
    arguments = options.parse_args(argv)
    return harness.run(NAME, arguments, growth.measure if arguments.facts else measure)


if __name__ == "__main__":
    main()
