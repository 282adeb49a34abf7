"""MuSiQue: are the passages that a question takes two to four of among the first?

The corpus is every passage of the OpenIE file, each an episode ("title", then the text), and the facts
are the triples given there. ``recall@2`` and ``recall@5`` are shares of a question's supporting
passages among the first distinct passages that the hits of ``Memory.search`` come from; a fact comes
from its episodes. ``by_category`` is by number of hops.

Baselines rank the passages by BM25, cosine, and plain reciprocal rank fusion.
"""

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import harness
from benchmarks.asking import Asking, Cuts
from benchmarks.ranking import Item
from benchmarks.recall import Asked
from kgmem import Memory, Message
from kgmem.extraction.base import Extractor

NAME = "musique"
_DEPTH = 20
_READ_AT = datetime(2025, 1, 1, tzinfo=UTC)


def passage(title: str, text: str) -> str:
    """A passage as it is indexed."""
    return f"{title}\n{text}"


def question(entry: Mapping[str, Any]) -> Asked:
    """A question with its supporting passages."""
    gold = frozenset(
        passage(part["title"], part["paragraph_text"])
        for part in entry["paragraphs"]
        if part["is_supporting"]
    )
    return Asked(entry["question"], gold, f"{len(gold)} hops")


def replay(openie: Path) -> Extractor:
    """The extractor that gives the triples of the file."""
    from kgmem.extraction.replay import OpenIEReplay

    return OpenIEReplay(openie)


def ingest(memory: Memory, passages: Sequence[str]) -> None:
    """Takes in the passages, each a document of its own."""
    for number, text in enumerate(passages):
        said_at = _READ_AT + timedelta(minutes=number)
        message = Message(text=text, occurred_at=said_at, id="text", source_kind="document")
        memory.add([message], session=f"passage {number}")


def distinct(found: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """The passages of the hits, each where it comes first."""
    return [frozenset([text]) for text in dict.fromkeys(t for hit in found for t in sorted(hit))]


def passages_of(openie: Path) -> list[str]:
    """The distinct passages of the OpenIE file."""
    corpus = json.loads(openie.read_text(encoding="utf-8"))
    docs = corpus["docs"] if isinstance(corpus, dict) else corpus
    return list(dict.fromkeys(passage(doc["title"], doc["text"]) for doc in docs))


def measure(arguments: argparse.Namespace) -> harness.Result:
    """Takes in the corpus and asks all questions."""
    passages = passages_of(arguments.openie)
    questions = [question(entry) for entry in harness.items(arguments)]
    asking = Asking(arguments, Cuts(items=(2, 5), tokens=(), depth=_DEPTH, merged=distinct))
    extractor = replay(arguments.openie)
    with harness.memory_of(arguments, f"benchmarks.{NAME}", extractor=extractor) as memory:
        ingest(memory, passages)
        asking.ask(memory, questions, {e.id: e.text for e in memory.episodes()})
        facts = len(memory.facts())
    asking.compare(questions, [Item(text, frozenset([text])) for text in passages])
    counts = {
        "passages": len(passages),
        "facts": facts,
        "questions": len(questions),
        "gold_not_in_corpus": sum(len(asked.gold - set(passages)) for asked in questions),
    }
    return asking.result(counts)


def main(argv: Sequence[str] | None = None) -> harness.Result:
    """Runs the benchmark from the command line."""
    options = harness.data_parser(__doc__)
    harness.add_ablation(options)
    options.add_argument("--openie", type=Path, required=True, metavar="FILE")
    return harness.run(NAME, options.parse_args(argv), measure)


if __name__ == "__main__":
    main()
