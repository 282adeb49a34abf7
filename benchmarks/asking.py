"""Asking the questions of a retrieval benchmark: of a memory, and of the baselines."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from benchmarks import harness
from benchmarks.ablation import brought, searches_without
from benchmarks.ranking import Item, Ranker
from benchmarks.recall import Asked, Recalls, fitting, turns_of
from benchmarks.vectors import remembering
from kgmem import Memory
from kgmem.opening import system_clock

_DEEPEST = 400

Found = list[frozenset[str]]


def _as_found(found: Found) -> Found:
    return found


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where recall is measured.

    Attributes:
        items: After so many items.
        tokens: Within so many tokens of context.
        depth: How many hits a search is asked for.
        merged: What the items of the hits are counted as.
    """

    items: Sequence[int] = (5, 10, 20)
    tokens: Sequence[int] = (500, 1000, 2000)
    depth: int = 20
    merged: Callable[[Found], Found] = _as_found


class Asking:
    """Collects recall and latency over one memory or several.

    Args:
        arguments: What embeds.
        cuts: Where recall is measured.
    """

    def __init__(self, arguments: argparse.Namespace, cuts: Cuts | None = None) -> None:
        self._cuts = cuts or Cuts()
        self._vectors = remembering(arguments.embedder)
        self._ours = Recalls()
        self._ablates: bool = arguments.ablate
        self._without: dict[str, Recalls] = {}
        self._now: datetime | None = None
        self._baselines: dict[str, Recalls] = {}
        self._watch, self._embedding = harness.Stopwatch(), harness.Stopwatch()

    def ask(
        self, memory: Memory, questions: Sequence[Asked], turns: Mapping[str, str], part: str = ""
    ) -> None:
        """Asks a memory; the questions are embedded before, and timed apart.

        Args:
            memory: The memory.
            questions: The questions.
            turns: What an episode, by id, is called in the data.
            part: What the memory is called in a breakdown.
        """
        if self._vectors:
            self._embedding.taken += self._vectors.asked([asked.text for asked in questions])
        for asked in questions:
            self._now = asked.asked_at
            search = partial(memory.search, asked.text, k=self._cuts.depth)
            search()  # the vectors that it asks for are made, and noted, before it is timed
            found = self._cuts.merged(turns_of(self._watch.time(search), turns))
            self._ours.note(asked, part, found, self._cuts.items)
            left = searches_without(memory, asked.text, self._cuts.depth) if self._ablates else ()
            for name, hits in left:
                turned = self._cuts.merged(turns_of(hits, turns))
                recalls = self._without.setdefault(name, Recalls())
                recalls.note(asked, part, turned, self._cuts.items)
            packed = {t: memory.context(asked.text, max_tokens=t).hits for t in self._cuts.tokens}
            within = {t: turns_of(hits, turns) for t, hits in packed.items()}
            self._ours.note_budgets(asked.gold, within)

    def clock(self) -> datetime:
        """When the present question is asked; else the instant it is."""
        return self._now or system_clock()

    def compare(self, questions: Sequence[Asked], lines: Sequence[Item], suffix: str = "") -> None:
        """Ranks lines by BM25, cosine and their plain fusion, under these names and a suffix."""
        ranker = Ranker(lines, self._vectors)
        ways = {"bm25": ranker.bm25}
        if self._vectors:
            ways |= {"dense": ranker.dense, "rrf": ranker.rrf}
        for name, way in ways.items():
            recalls = self._baselines.setdefault(f"{name}{suffix}", Recalls())
            for asked in questions:
                ranked = [lines[place] for place in way(asked.text)[:_DEEPEST]]
                recalls.note(asked, "", [item.turns for item in ranked], self._cuts.items)
                within = {t: fitting(ranked, t) for t in self._cuts.tokens}
                recalls.note_budgets(asked.gold, within)

    def result(self, details: harness.Figures, parts: str = "") -> harness.Result:
        """All figures; broken down by part too where the parts have a name."""
        return harness.Result(
            kgmem=self._ours.figures(parts=parts),
            baselines={name: recalls.figures() for name, recalls in self._baselines.items()},
            latency_ms=self._watch.percentiles(50, 95, 99),
            embedding_ms=self._embedding.percentiles(),
            details={**details, **self._ablation()},
        )

    def _ablation(self) -> harness.Figures:
        """What each part brings at the middle cut, where that was asked for."""
        if not self._without:
            return {}
        cut = f"recall@{self._cuts.items[1]}"
        whole = [row[2][cut] for row in self._ours.rows]
        return {
            f"ablation of {cut}": {
                name: brought(whole, [row[2][cut] for row in recalls.rows])
                for name, recalls in self._without.items()
            }
        }
