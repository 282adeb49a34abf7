"""TempReason: what held in a month, from sentences with the months of their beginning and end.

Each ``fact_context`` goes as one text through the rules extractor into a memory of its own. A question
such as "Which team did Ann Lee play for in Jun, 1970?" is answered by the facts that hold in the
middle of that month: the ends other than the one that the question names.

- ``exact``: share of questions whose set of answers is the right set, neither more nor less.
- ``exact_shuffled``: the same with the sentences of each context shuffled; order must not matter.
"""

import argparse
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from benchmarks import harness
from benchmarks.wording import answer_form, contains_answer
from kgmem import Fact, Memory, Message
from kgmem.extraction.base import Extractor

NAME = "tempreason"
_READ_AT = datetime(2025, 1, 1, tzinfo=UTC)
_MONTH = re.compile(r"\b(?P<month>[A-Z][a-z]{2})[a-z]*,? (?P<year>\d{4})\b")


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the file.

    Attributes:
        text: The question.
        context: The sentences it is asked about.
        answers: The normal forms of what held.
    """

    text: str
    context: str
    answers: frozenset[str]


def instant_of(question: str) -> datetime:
    """The middle of the last month that a question names."""
    found = list(_MONTH.finditer(question))[-1]
    return datetime.strptime(f"15 {found['month']} {found['year']} +0000", "%d %b %Y %z")


def shuffled(context: str, seed: str) -> str:
    """The sentences of a context, which stand a line each, in another order."""
    sentences = [line.strip() for line in context.splitlines() if line.strip()]
    random.Random(seed).shuffle(sentences)
    return " \n ".join(sentences)


def other_end(fact: Fact, question: str) -> str | None:
    """The end of a fact that the question does not name; ``None`` where it names neither."""
    named = [e.name for e in (fact.subject, fact.object) if contains_answer(question, e.name)]
    if not named:
        return None
    longest = max(named, key=len)
    return fact.object.name if longest == fact.subject.name else fact.subject.name


def answers(memory: Memory, question: str) -> frozenset[str]:
    """The normal forms of what holds in the month that a question names."""
    facts = memory.facts(as_of=instant_of(question))
    ends = (other_end(fact, question) for fact in facts)
    return frozenset(answer_form(end) for end in ends if end is not None)


def measure(arguments: argparse.Namespace) -> harness.Result:
    """Asks every question twice, of the context as it is and shuffled."""
    watch = harness.Stopwatch()
    rules = harness.shared_rules()
    found: dict[str, list[frozenset[str]]] = {"exact": [], "exact_shuffled": []}
    questions = [_question(item) for item in harness.items(arguments)]
    for question in questions:
        mixed = shuffled(question.context, question.text)
        for figure, text in (("exact", question.context), ("exact_shuffled", mixed)):
            found[figure].append(_answered(arguments, question.text, text, rules, watch))
    wrong = [
        {"question": q.text, "wanted": sorted(q.answers), "found": sorted(a)}
        for q, a in zip(questions, found["exact"], strict=True)
        if a != q.answers
    ]
    figures = {
        name: harness.mean([float(a == q.answers) for a, q in zip(seen, questions, strict=True)])
        for name, seen in found.items()
    }
    moved = sum(a != b for a, b in zip(*found.values(), strict=True))
    return harness.Result(
        kgmem=figures,
        latency_ms=watch.percentiles(),
        top=figures,
        details={"questions": len(questions), "other_when_shuffled": moved, "wrong": wrong[:50]},
    )


def _question(item: harness.Figures) -> Question:
    right = frozenset(answer_form(answer) for answer in item["answer"])
    return Question(item["question"], item["fact_context"], right)


def _answered(
    arguments: argparse.Namespace,
    question: str,
    context: str,
    rules: Extractor,
    watch: harness.Stopwatch,
) -> frozenset[str]:
    with harness.memory_of(arguments, f"benchmarks.{NAME}", extractor=rules) as memory:
        memory.add([Message(text=context, occurred_at=_READ_AT, source_kind="document")])
        return watch.time(partial(answers, memory, question))


def main(argv: Sequence[str] | None = None) -> harness.Result:
    """Runs the benchmark from the command line."""
    return harness.run(
        NAME, harness.data_parser(__doc__, embedder="none").parse_args(argv), measure
    )


if __name__ == "__main__":
    main()
