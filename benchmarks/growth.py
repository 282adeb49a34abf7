"""What a turn costs in groups of several sizes: `python -m benchmarks.ingest --facts`."""

import argparse
import gc
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path

from benchmarks import harness
from benchmarks.synthetic import RandomVectors, World, drafts
from kgmem import Memory, Message
from kgmem.testing import ScriptedExtractor


class _Vectors(RandomVectors):
    """Random vectors whose making is timed, so that it can be left out."""

    def __init__(self) -> None:
        self.watch = harness.Stopwatch()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self.watch.time(partial(super().embed_documents, texts))


class _Group:
    """A group of a size, and the turns that come next.

    Args:
        arguments: Where the store is; a file gets the size as its suffix, so that each has its own.
        facts: How many facts it holds.
        number: Which of its size it is.
        opened: Closes it.
    """

    def __init__(
        self, arguments: argparse.Namespace, facts: int, number: int, opened: ExitStack
    ) -> None:
        world = World(facts, arguments.seed)
        name = f"{facts}-{number}"
        place = argparse.Namespace(**vars(arguments))
        if place.store.startswith("sqlite:///"):
            # A file of its own is gone faster than it is emptied.
            place.store, place.keep = f"{place.store}.{name}", True
            _remove(place.store)
            opened.callback(_remove, place.store)
        self._vectors = _Vectors()
        self._memory: Memory = opened.enter_context(
            harness.memory_of(
                place,
                f"benchmarks.ingest {name}",
                extractor=ScriptedExtractor(drafts),
                embedder=self._vectors,
            )
        )
        for session, messages in world.sessions():
            self._memory.add(messages, session=session)
        self._coming: Iterator[Message] = world.further()

    def cost(self, turns: int, adds: int) -> tuple[float, float]:
        """Milliseconds a turn of CPU and of wall time, in so many adds of so many turns."""
        said = [list(islice(self._coming, turns)) for _ in range(adds)]
        gc.collect()
        watch, self._vectors.watch = harness.Stopwatch(), harness.Stopwatch()
        for messages in said:
            watch.time(partial(self._memory.add, messages, session="further"))
        apart, number = self._vectors.watch, turns * adds
        return (
            (sum(watch.cpu) - sum(apart.cpu)) / number,
            (sum(watch.taken) - sum(apart.taken)) / number,
        )


def _remove(store: str) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(store.removeprefix("sqlite:///") + suffix).unlink(missing_ok=True)


def measure(arguments: argparse.Namespace) -> harness.Result:
    """Turns into groups of each size, one size after the other, round by round."""
    found: dict[str, harness.Figures] = {}
    with ExitStack() as opened:
        # A small group would not stay small: each round has one of its own.
        groups = {
            facts: [
                _Group(arguments, facts, number, opened)
                for number in range(arguments.rounds if facts < 20 * arguments.each else 1)
            ]
            for facts in arguments.facts
        }
        for turns in arguments.turns:
            adds = max(arguments.each // turns, 1)
            costs = [
                [groups[facts][n % len(groups[facts])].cost(turns, adds) for facts in groups]
                for n in range(arguments.rounds)
            ]
            for facts, costly in zip(groups, zip(*costs, strict=True), strict=True):
                cpu, wall = (harness.mean(part) for part in zip(*costly, strict=True))
                found[f"{turns} turns an add, {facts} facts"] = {
                    "ms_per_turn": cpu,
                    "wall_ms_per_turn": wall,
                }
            first = found[f"{turns} turns an add, {arguments.facts[0]} facts"]
            for facts in groups:
                row = found[f"{turns} turns an add, {facts} facts"]
                row["times"] = harness.share(row["ms_per_turn"], first["ms_per_turn"])
    return harness.Result(kgmem={"by_size": found})
