"""LongMemEval: recall of the turns that answer a question, all turns of all questions in one memory.

The evidence turns of all other questions are the haystack; each is asked at its own date. A turn that several questions share is
taken in once. ``recall@10`` counts hits of ``Memory.search``; a fact counts for the turns of its
episodes. ``by_category`` is by type of question.

Baselines rank "role: turn" lines by BM25, cosine, and plain reciprocal rank fusion.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from benchmarks import harness
from benchmarks.asking import Asking
from benchmarks.facts_given import extractor_of
from benchmarks.ranking import Item
from benchmarks.recall import Asked
from kgmem import Memory, Message

NAME = "longmemeval"


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of the pool.

    Attributes:
        name: Its id, from its place in the file.
        session: The date of its session, which is its name too.
        said_at: The same as an instant.
        role: Who speaks.
        text: The words.
    """

    name: str
    session: str
    said_at: datetime
    role: str
    text: str


def moment(date: str) -> datetime:
    """The instant that ``2023/04/10 (Mon) 14:47`` says."""
    day, _, time = date.partition(" (")
    return datetime.strptime(f"{day} {time.partition(') ')[2]} +0000", "%Y/%m/%d %H:%M %z")


def pooled(entries: Sequence[Mapping[str, Any]]) -> tuple[list[Turn], list[Asked]]:
    """The distinct turns in the order they were said, and the questions with theirs."""
    turns: dict[tuple[str, str], Turn] = {}
    questions = []
    for entry in entries:
        gold = set()
        for session in entry["sessions"]:
            said_at = moment(session["date"])
            for turn in session["turns"]:
                key = turn["role"], turn["content"]
                fresh = Turn(f"turn {len(turns)}", session["date"], said_at, *key)
                gold.add(turns.setdefault(key, fresh).name)
        asked_at = moment(entry["question_date"]) if "question_date" in entry else None
        kind = entry["question_type"]
        questions.append(Asked(entry["question"], frozenset(gold), kind, asked_at))
    return sorted(turns.values(), key=lambda t: (t.said_at, t.session)), questions


def ingest(memory: Memory, turns: Sequence[Turn]) -> None:
    """Takes in the turns, a session at a time."""
    for session, said in groupby(turns, key=lambda turn: turn.session):
        memory.add(
            [
                Message(
                    text=turn.text,
                    speaker=turn.role,
                    occurred_at=turn.said_at.astimezone(UTC),
                    id=turn.name,
                    source_kind="agent" if turn.role == "assistant" else "user",
                )
                for turn in said
            ],
            session=session,
        )


def measure(arguments: argparse.Namespace) -> harness.Result:
    """Takes in all turns and asks all questions."""
    turns, questions = pooled(harness.items(arguments))
    asking = Asking(arguments)
    extractor = extractor_of(arguments.facts, arguments.data)
    with harness.memory_of(
        arguments, f"benchmarks.{NAME}", extractor=extractor, clock=asking.clock
    ) as memory:
        ingest(memory, turns)
        names = {episode.id: str(episode.message_id) for episode in memory.episodes()}
        asking.ask(memory, questions, names)
        facts = len(memory.facts())
    asking.compare(questions, [_line(turn) for turn in turns])
    return asking.result({"turns": len(turns), "facts": facts, "questions": len(questions)})


def _line(turn: Turn) -> Item:
    text = f"{turn.role}: {turn.text}"
    return Item(text, frozenset([turn.name]), f"[{turn.said_at.date().isoformat()}] {text}")


def main(argv: Sequence[str] | None = None) -> harness.Result:
    """Runs the benchmark from the command line."""
    options = harness.data_parser(__doc__)
    harness.add_ablation(options)
    options.add_argument(
        "--facts", choices=("rules", "none"), default="rules", help="default: %(default)s"
    )
    return harness.run(NAME, options.parse_args(argv), measure)


if __name__ == "__main__":
    main()
