"""How long a search takes as a group grows, on synthetic facts.

``--facts`` takes several sizes. A group of N facts has N/2 turns; vectors are random, of MiniLM's
length, so that nothing waits for a model (``--embedder none`` leaves them out). Per size: ``p50``,
``p95`` and ``p99`` of ``Memory.search`` in milliseconds, the question's embedding excluded, and ``cpu``,
the median CPU time of this process, which other work on the machine moves less; the same
``as_of`` a past instant (``as_of_p50`` ...) where each question asks of another one; the first
search after a write (``first``), which reads the graph anew; and what taking in cost.
"""

import argparse
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median

from benchmarks import harness
from benchmarks.synthetic import RandomVectors, World, drafts
from kgmem import Hit, Memory
from kgmem.testing import ScriptedExtractor

NAME = "search"
_PERCENTILES = (50, 95, 99)
_FIRST_DAY = datetime(2020, 1, 2, tzinfo=UTC)


class _Asked(RandomVectors):
    """Random vectors that make each question's once."""

    def __init__(self) -> None:
        self.known: dict[str, list[float]] = {}

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self.known.get(text) or super().embed_query(text)


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


def size(arguments: argparse.Namespace, facts: int) -> harness.Figures:
    """The figures of one size."""
    world, vectors = World(facts, arguments.seed), _Asked()
    questions = world.questions(arguments.questions)
    vectors.known = {question: vectors.embed_query(question) for question in questions}
    with harness.memory_of(
        arguments,
        f"benchmarks.{NAME} {facts}",
        extractor=ScriptedExtractor(drafts),
        embedder="none" if arguments.embedder == "none" else vectors,
    ) as memory:
        writing = ingest(memory, world)
        first = harness.Stopwatch()
        first.time(partial(memory.search, questions[0]))
        days = [
            _FIRST_DAY + timedelta(minutes=n * 5 * facts / len(questions))
            for n in range(len(questions))
        ]
        return {
            **asked(questions, lambda _, q: memory.search(q, k=10)),
            "first": round(first.taken[0], 3),
            **asked(questions[:50], lambda n, q: memory.search(q, k=10, as_of=days[n]), "as_of_"),
            "ingest_s": round(sum(writing.taken) / 1000, 2),
            "turns": world.turns,
            "believed": len(memory.facts()),
        }


def measure(arguments: argparse.Namespace) -> harness.Result:
    """Measures each size."""
    sizes = {str(facts): size(arguments, facts) for facts in arguments.facts}
    last = sizes[str(arguments.facts[-1])]
    latency = {name: last[name] for name in ("p50", "p95", "p99")}
    return harness.Result(kgmem={**latency, "by_facts": sizes}, latency_ms=latency)


def main(argv: Sequence[str] | None = None) -> harness.Result:
    """Runs the benchmark from the command line."""
    options = harness.parser(__doc__)
    options.add_argument("--facts", type=int, nargs="+", default=[1_000, 10_000], metavar="N")
    options.add_argument("--questions", type=int, default=200, metavar="N")
    options.add_argument("--seed", type=int, default=0)
    return harness.run(NAME, options.parse_args(argv), measure)


if __name__ == "__main__":
    main()
