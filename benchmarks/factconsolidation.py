"""FactConsolidation (MemoryAgentBench): numbered facts in order, of which later ones win.

The facts go through the rules extractor, one message a fact, each said a minute after the one
before. Then questions are asked as of the end:

- ``single_hop``: share of questions where the object of the first hit contains the answer.
- ``multi_hop``: share where the object or the text of one of the first ten hits contains it.
- ``false_retirements``: facts that were ended by one with another subject or relation, or taken back
  although no later one has the same, as `benchmarks.factkeys` reads them from the wording. The goal
  is 0.

"Contains" is as in the published benchmark: whole words, whatever their case and punctuation.
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from benchmarks import harness
from benchmarks.factkeys import key
from benchmarks.ranking import Item, Ranker
from benchmarks.vectors import Remembering, remembering
from benchmarks.wording import contains_answer
from kgmem import Fact, Hit, Memory, Message

NAME = "factconsolidation"
_NUMBERED = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)
_FIRST = datetime(2024, 1, 1, tzinfo=UTC)
_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions of one item of the file.

    Attributes:
        is_multi_hop: Whether an answer takes several facts.
        asked: Each question with the answers that are right.
    """

    is_multi_hop: bool
    asked: tuple[tuple[str, tuple[str, ...]], ...]


def facts_of(context: str) -> dict[int, str]:
    """The numbered facts of a context."""
    return {int(number): text.strip() for number, text in _NUMBERED.findall(context)}


def said_at(number: int) -> datetime:
    """When a numbered fact is said."""
    return _FIRST + timedelta(minutes=number)


def ingest(memory: Memory, facts: Mapping[int, str]) -> None:
    """Tells a memory the facts in their order."""
    memory.add(
        [
            Message(text=text, occurred_at=said_at(number), id=str(number), source_kind="document")
            for number, text in sorted(facts.items())
        ],
        session="facts",
    )


def false_retirements(memory: Memory, facts: Mapping[int, str]) -> list[str]:
    """What was ended by a fact with another key, or taken back without a later one, in words."""
    final = facts.keys() - replaced(facts)
    keys = {number: key(text) or text for number, text in facts.items()}
    numbers = _numbers(memory)
    believed, claims = memory.facts(), memory.claims()
    said_in = {claim.id: numbers[claim.episode or ""] for claim in claims}
    supporting = {claim for fact in believed for claim in fact.claims}
    ended = [
        _retired(fact, facts[said_in[fact.claims[0]]])
        for fact in believed
        if fact.ended_by
        and keys[said_in[fact.ended_by]] not in {keys[said_in[c]] for c in fact.claims}
    ]
    return ended + [
        f"{facts[said_in[claim.id]]} [taken back: {claim.predicate} {claim.object}]"
        for claim in claims
        if claim.kind == "asserts" and claim.id not in supporting and said_in[claim.id] in final
    ]


def _numbers(memory: Memory) -> dict[str, int]:
    """The number of the fact that each episode is."""
    return {episode.id: int(episode.message_id or -1) for episode in memory.episodes()}


def _retired(fact: Fact, text: str) -> str:
    return f"{text} [{fact.subject.name} | {fact.predicate} | {fact.object.name}]"


def replaced(facts: Mapping[int, str]) -> set[int]:
    """The numbers of the facts that a later one with the same key replaces."""
    last = {key(text) or text: number for number, text in sorted(facts.items())}
    return {number for number, text in facts.items() if last[key(text) or text] != number}


def still_held(memory: Memory, facts: Mapping[int, str]) -> int:
    """How many replaced facts still hold at the end in some way of theirs."""
    old, numbers = replaced(facts), _numbers(memory)
    at_end = memory.facts(as_of=said_at(max(facts) + 1))
    held = [{numbers[episode] for episode in fact.episodes} for fact in at_end]
    return sum(bool(told) and told <= old for told in held)


def is_first(hits: Sequence[Hit], answers: Sequence[str]) -> bool:
    """Whether the object of the first hit contains an answer; a turn has no object."""
    fact = hits[0].fact if hits else None
    return fact is not None and any(contains_answer(fact.object.name, a) for a in answers)


def is_among(hits: Sequence[Hit], answers: Sequence[str]) -> bool:
    """Whether the object or the text of a hit contains an answer."""
    return _any_contains(
        [t for h in hits for t in (h.text, h.fact.object.name if h.fact else "")], answers
    )


def _any_contains(texts: Sequence[str], answers: Sequence[str]) -> bool:
    return any(contains_answer(text, answer) for text in texts for answer in answers)


def measure(arguments: argparse.Namespace) -> harness.Result:
    """Tells each distinct list of facts to a memory and asks its questions."""
    lists: dict[str, list[Questions]] = {}
    for item in harness.items(arguments):
        lists.setdefault(item["context"], []).append(_questions(item))
    tally = _Tally(remembering(arguments.embedder))
    rules = harness.shared_rules()
    for number, (context, asked) in enumerate(lists.items()):
        facts = facts_of(context)
        group = f"benchmarks.{NAME} {number}"
        with harness.memory_of(arguments, group, extractor=rules) as memory:
            ingest(memory, facts)
            tally.keys(memory, facts)
            for questions in asked:
                tally.ask(memory, facts, questions)
    return tally.result()


def _questions(item: Mapping[str, Any]) -> Questions:
    pairs = zip(item["questions"], map(tuple, item["answers"]), strict=True)
    return Questions("_mh_" in item["source"], tuple(pairs))


class _Tally:
    """Counts what the questions of all lists come to."""

    def __init__(self, vectors: Remembering | None) -> None:
        self._vectors = vectors
        self._watch, self._embedding = harness.Stopwatch(), harness.Stopwatch()
        self._right: dict[str, dict[str, list[float]]] = {"kgmem": {}, "bm25": {}}
        self._false: list[str] = []
        self._counts = {"facts": 0, "unread_wordings": 0, "replaced_but_held": 0}

    def keys(self, memory: Memory, facts: Mapping[int, str]) -> None:
        """Counts what was retired without cause, and what was not retired with cause."""
        self._false += false_retirements(memory, facts)
        self._counts["facts"] += len(facts)
        self._counts["unread_wordings"] += sum(key(text) is None for text in facts.values())
        self._counts["replaced_but_held"] += still_held(memory, facts)

    def ask(self, memory: Memory, facts: Mapping[int, str], questions: Questions) -> None:
        """Asks kgmem, as of the end, and BM25 over the facts as they were told."""
        if self._vectors:
            asked = [question for question, _ in questions.asked]
            self._embedding.taken += self._vectors.asked(asked)
        end = said_at(max(facts) + 1)
        bm25 = Ranker([Item(text, frozenset()) for _, text in sorted(facts.items())])
        for question, answers in questions.asked:
            search = partial(memory.search, question, k=_DEPTH, as_of=end)
            hits = self._watch.time(search)
            found = [bm25.lines[place].text for place in bm25.bm25(question)[:_DEPTH]]
            if questions.is_multi_hop:
                self._note("kgmem", "multi_hop", is_among(hits, answers))
                self._note("bm25", "multi_hop", _any_contains(found, answers))
            else:
                of_facts = [hit for hit in hits if hit.fact]
                self._note("kgmem", "single_hop", is_first(hits, answers))
                self._note("kgmem", "single_hop_first_fact", is_first(of_facts, answers))
                self._note("bm25", "single_hop", _any_contains(found[:1], answers))

    def _note(self, system: str, figure: str, is_right: bool) -> None:
        self._right[system].setdefault(figure, []).append(float(is_right))

    def result(self) -> harness.Result:
        """All figures."""
        shares = {
            system: {name: harness.mean(seen) for name, seen in figures.items()}
            for system, figures in self._right.items()
        }
        ours: harness.Figures = {**shares["kgmem"], "false_retirements": len(self._false)}
        return harness.Result(
            kgmem=ours,
            baselines={"bm25": shares["bm25"]},
            latency_ms=self._watch.percentiles(),
            embedding_ms=self._embedding.percentiles(),
            top=ours,
            details={**self._counts, "falsely_retired": self._false},
        )


def main(argv: Sequence[str] | None = None) -> harness.Result:
    """Runs the benchmark from the command line."""
    return harness.run(NAME, harness.data_parser(__doc__).parse_args(argv), measure)


if __name__ == "__main__":
    main()
