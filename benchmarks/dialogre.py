"""DialogRE: relations of people in dialogues, from the rules extractor against what was annotated.

Each dialogue is a memory of its own. Scored are the relations that have an explicit counterpart in
the vocabulary (``dialogre.toml``), over all dialogues together: ``precision``, ``recall``, ``f1``. Names
are resolved as the annotation resolves them, so that these figures are about relations alone; a
name that stands for two is left as it is. Everything else that is found counts against precision,
also of pairs that nobody was asked to annotate; ``precision_annotated`` leaves those out.

``linking_f1`` is about who is who: pairs of names of one person ("Speaker 1" is "Joey").
"""

import argparse
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from benchmarks import harness
from benchmarks.triples import Gold, Triple, found_links, found_triples, relations_of_data
from kgmem import Message

NAME = "dialogre"
_SAID_AT = datetime(2000, 1, 1, tzinfo=UTC)
_TURN = re.compile(r"(?P<speaker>[^:]+?)\s*:\s*(?P<text>.*)", re.DOTALL)


def messages(lines: Sequence[str]) -> Iterator[Message]:
    """The turns of a dialogue, half a minute each; one without words is left out."""
    for number, line in enumerate(lines):
        found = _TURN.fullmatch(line)
        if found and found["text"].strip():
            moment = _SAID_AT + timedelta(seconds=30 * number)
            yield Message(text=found["text"], speaker=found["speaker"], occurred_at=moment)


class _Tally:
    """Counts over all dialogues, for all relations and for each."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        self.wanted: Counter[str] = Counter()
        self.right: Counter[str] = Counter()
        self.annotated = 0
        self.links = [0, 0, 0]

    def add(self, found: set[Triple], gold: Gold) -> None:
        """Counts the relations of a dialogue."""
        self.found.update(triple.relation for triple in found)
        self.wanted.update(triple.relation for triple in gold.triples)
        self.right.update(triple.relation for triple in found & gold.triples)
        self.annotated += sum({t.x, t.y} <= gold.arguments for t in found)

    def add_links(self, found: set[frozenset[str]], gold: Gold) -> None:
        """Counts the links of a dialogue."""
        for place, seen in enumerate((found, found & gold.links, gold.links)):
            self.links[place] += len(seen)

    def figures(self) -> harness.Figures:
        """All relations together, and each by itself."""
        counts = [counter.total() for counter in (self.found, self.right, self.wanted)]
        linking = harness.precision_recall(*self.links)
        return {
            **harness.precision_recall(*counts),
            "precision_annotated": harness.share(counts[1], self.annotated),
            **{f"linking_{name}": value for name, value in linking.items()},
            "by_category": {name: self._relation(name) for name, _ in self.wanted.most_common()},
        }

    def _relation(self, name: str) -> harness.Figures:
        counts = self.found[name], self.right[name], self.wanted[name]
        return {**harness.precision_recall(*counts), "found": counts[0], "wanted": counts[2]}


def measure(arguments: argparse.Namespace) -> harness.Result:
    """Takes in every dialogue and compares what is believed of it with what was annotated."""
    known, rules = relations_of_data(), harness.shared_rules()
    tally, watch = _Tally(), harness.Stopwatch()
    dialogues = harness.items(arguments)
    for lines, entries in dialogues:
        gold = Gold(entries, known)
        with harness.memory_of(arguments, f"benchmarks.{NAME}", extractor=rules) as memory:
            watch.time(partial(memory.add, list(messages(lines)), session="dialogue"))
            facts = memory.facts()
            tally.add(found_triples(facts, gold, known), gold)
            tally.add_links(found_links(facts, memory.entities(), known), gold)
    figures = tally.figures()
    top = ("precision", "recall", "f1", "linking_f1")
    return harness.Result(
        kgmem=figures,
        top={name: figures[name] for name in top},
        details={"dialogues": len(dialogues), "ingest_ms_per_dialogue": watch.percentiles()},
    )


def main(argv: Sequence[str] | None = None) -> harness.Result:
    """Runs the benchmark from the command line."""
    return harness.run(
        NAME, harness.data_parser(__doc__, embedder="none").parse_args(argv), measure
    )


if __name__ == "__main__":
    main()
