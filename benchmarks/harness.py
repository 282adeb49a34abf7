"""What every benchmark shares: arguments, a memory to fill, timing, shares and means."""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmarks.reports import Figures, Result, run
from benchmarks.vectors import Choice, embedder_of
from kgmem import Memory
from kgmem.embeddings import Embeddings
from kgmem.extraction.base import Extractor
from kgmem.opening import system_clock

T = TypeVar("T")

__all__ = [
    "Figures",
    "Result",
    "Stopwatch",
    "data_parser",
    "items",
    "mean",
    "memory_of",
    "parser",
    "precision_recall",
    "run",
    "share",
    "shared_rules",
]


class Stopwatch:
    """Collects the wall time of calls, and their CPU time in this process, in milliseconds."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self.cpu: list[float] = []

    def time(self, call: Callable[[], T]) -> T:
        """What the call returns; how long it took is noted."""
        started, cpu = time.perf_counter(), time.process_time()
        result = call()
        self.taken.append((time.perf_counter() - started) * 1000)
        self.cpu.append((time.process_time() - cpu) * 1000)
        return result

    def percentiles(self, *wanted: int) -> Figures:
        """The percentiles of what was noted, 50 and 95 by default; empty where nothing was."""
        if not self.taken:
            return {}
        found = np.percentile(self.taken, wanted or (50, 95))
        return {
            f"p{name}": round(float(v), 3)
            for name, v in zip(wanted or (50, 95), found, strict=True)
        }


def parser(description: str | None, *, embedder: Choice = "local") -> argparse.ArgumentParser:
    """The options of every benchmark: ``--store``, ``--out`` and ``--embedder``.

    Args:
        description: The docstring of the command; its first line is shown.
        embedder: What embeds where nothing is asked for.
    """
    made = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    made.add_argument("--store", default="sqlite://", metavar="URL", help="default: %(default)s")
    made.add_argument("--out", type=Path, metavar="FILE", help="also write the figures as JSON")
    made.add_argument(
        "--embedder",
        choices=("local", "hash", "none"),
        default=embedder,
        help="MiniLM, hashed words (for trials), or text and graph alone; default: %(default)s",
    )
    return made


def data_parser(description: str | None, *, embedder: Choice = "local") -> argparse.ArgumentParser:
    """The options of a benchmark that reads a file: those of `parser`, ``--data`` and ``--limit``."""
    made = parser(description, embedder=embedder)
    made.add_argument("--data", type=Path, required=True, metavar="FILE")
    made.add_argument("--limit", type=int, metavar="N", help="only the first N items of the file")
    return made


def add_ablation(options: argparse.ArgumentParser) -> None:
    """Adds ``--ablate``."""
    options.add_argument(
        "--ablate", action="store_true", help="also search without each part of the recipe"
    )


def items(arguments: argparse.Namespace) -> list[Any]:
    """The items of the file that ``--data`` names, or the first ``--limit`` of them."""
    found = json.loads(arguments.data.read_text(encoding="utf-8"))
    return list(found)[: arguments.limit]


@contextmanager
def memory_of(
    arguments: argparse.Namespace,
    name: str,
    *,
    extractor: Extractor | str | None = "none",
    embedder: Embeddings | str | None = None,
    clock: Callable[[], datetime] = system_clock,
) -> Iterator[Memory]:
    """A memory that starts empty and leaves nothing behind; ``--keep`` leaves it as it is.

    Its group has a fixed name, so that ids, and with them the order of ties, are the same in every
    run. Runs of one benchmark on one server therefore follow each other.

    Args:
        arguments: Where the store is, and what embeds.
        name: The group.
        extractor: As for `Memory.open`.
        embedder: Embeds in place of what ``--embedder`` asks for.
        clock: Gives transaction times.
    """
    with Memory.open(
        arguments.store,
        group=name,
        extractor=extractor,
        embedder=embedder or embedder_of(arguments.embedder),
        clock=clock,
    ) as memory:
        keep = getattr(arguments, "keep", False)
        _empty(memory, keep=keep)
        try:
            yield memory
        finally:
            _empty(memory, keep=keep)


def _empty(memory: Memory, *, keep: bool) -> None:
    if not keep and any(memory.stats().values()):
        memory.forget(everything=True)


@cache
def shared_rules() -> Extractor:
    """One rules extractor for many groups: its parser is loaded once."""
    from kgmem import Schema
    from kgmem.extraction.rules import RulesExtractor

    return RulesExtractor(Schema.default())


def share(part: float, whole: float) -> float:
    """A share from 0 to 1; 0 of nothing."""
    return round(part / whole, 4) if whole else 0.0


def precision_recall(found: int, right: int, wanted: int) -> Figures:
    """Precision, recall and F1 of ``right`` among ``found`` and ``wanted``."""
    return {
        "precision": share(right, found),
        "recall": share(right, wanted),
        "f1": share(2 * right, found + wanted),
    }


def mean(values: Sequence[float]) -> float:
    """The mean; 0 of nothing."""
    return round(sum(values) / len(values), 4) if values else 0.0
