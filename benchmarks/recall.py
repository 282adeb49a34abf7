"""Recall of the turns that answer a question: at k items, and within a budget of tokens.

``recall@k`` is the share of a question's gold turns among the first k items returned, ``recall@500t``
among those that fit 500 tokens of context; both are means over questions. An item is a turn, or a
fact, which counts for the turns it comes from. Tokens are a quarter of the characters of the line
that the item becomes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from benchmarks import harness
from benchmarks.ranking import Item
from kgmem import Hit


@dataclass(frozen=True, slots=True)
class Asked:
    """A question.

    Attributes:
        text: The question.
        gold: The turns that answer it.
        category: What kind of question it is.
        asked_at: When it is asked, where the data say so: what "last week" is relative to.
    """

    text: str
    gold: frozenset[str]
    category: str
    asked_at: datetime | None = None


@dataclass(slots=True)
class Recalls:
    """Recall of one way to search over many questions."""

    rows: list[tuple[str, str, dict[str, float]]] = field(default_factory=list)

    def note(
        self, asked: Asked, part: str, found: Sequence[frozenset[str]], cuts: Iterable[int]
    ) -> None:
        """Notes the items found for a question, best first."""
        recalls = {f"recall@{k}": recall(asked.gold, found[:k]) for k in cuts}
        self.rows.append((asked.category, part, recalls))

    def note_budgets(
        self, gold: frozenset[str], within: Mapping[int, Iterable[frozenset[str]]]
    ) -> None:
        """Notes the items that fit each budget, for the question noted last."""
        self.rows[-1][2].update({f"recall@{t}t": recall(gold, f) for t, f in within.items()})

    def figures(self, *, parts: str = "") -> harness.Figures:
        """The means over all questions and by category, and by part (a conversation) where named."""
        found: harness.Figures = dict(_means([row[2] for row in self.rows]))
        found["by_category"] = self._broken_down(0)
        if parts:
            found[f"by_{parts}"] = self._broken_down(1)
        return found

    def _broken_down(self, column: int) -> dict[str, dict[str, float]]:
        names = sorted({str(row[column]) for row in self.rows})
        return {
            name: {
                **_means([row[2] for row in self.rows if row[column] == name]),
                "questions": sum(row[column] == name for row in self.rows),
            }
            for name in names
        }


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = rows[0] if rows else ()
    return {name: harness.mean([row[name] for row in rows]) for name in names}


def recall(gold: frozenset[str], found: Iterable[frozenset[str]]) -> float:
    """The share of the gold turns among what was found."""
    return len(gold.intersection(frozenset().union(*found))) / len(gold)


def turns_of(hits: Iterable[Hit], turns: Mapping[str, str]) -> list[frozenset[str]]:
    """The turns that each hit counts for, under their ids in the data."""
    return [frozenset(turns[e] for e in hit.episodes if e in turns) for hit in hits]


def fitting(items: Iterable[Item], budget: int) -> list[frozenset[str]]:
    """The turns of the items whose lines fit a budget, as ``Memory.context`` fills its own."""
    used = 0
    fitted: list[frozenset[str]] = []
    for item in items:
        size = len(item.line or item.text) + bool(fitted)
        if -(-(used + size) // 4) <= budget:
            used += size
            fitted.append(item.turns)
    return fitted
