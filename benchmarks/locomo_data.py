"""LoCoMo conversations: turns, the facts noted of them, and questions with the turns that answer them."""

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import harness
from benchmarks.recall import Asked
from kgmem.ingest.loaders import Batch, load

CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop"}
"""Category 5 has no answer in the conversation and is left out."""

_EVIDENCE = re.compile(r"D:?0*(\d+):0*(\d+)")


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn that can be found.

    Attributes:
        turn: Its id in the data.
        text: "Speaker: words".
        line: The same with its date, as a context shows it.
    """

    turn: str
    text: str
    line: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation of the file.

    Attributes:
        name: Its name.
        batches: Its sessions.
        turns: Its turns.
        observations: The facts noted of it, each with the turn it comes from.
        questions: Its questions with evidence.
        left_out: How many questions have none.
    """

    name: str
    batches: tuple[Batch, ...]
    turns: tuple[Turn, ...]
    observations: tuple[tuple[str, str], ...]
    questions: tuple[Asked, ...]
    left_out: int


def evidence(given: Sequence[str]) -> frozenset[str]:
    """The turns that answer, ids mended: ``D:11:26``, ``D30:05``, two in one as ``D8:6; D9:17``."""
    return frozenset(
        f"D{session}:{turn}" for text in given for session, turn in _EVIDENCE.findall(text)
    )


def conversations(arguments: argparse.Namespace) -> list[Conversation]:
    """The conversations of the file that ``--data`` names, or the first ``--limit`` of them."""
    batches: dict[str, list[Batch]] = {}
    for batch in load(arguments.data):
        batches.setdefault(batch.group or "", []).append(batch)
    return [_conversation(item, batches[item["sample_id"]]) for item in harness.items(arguments)]


def _conversation(item: Mapping[str, Any], batches: Sequence[Batch]) -> Conversation:
    name = item["sample_id"]
    turns = tuple(_turns(batches))
    known = {turn.turn for turn in turns}
    asked = [
        Asked(entry["question"], evidence(entry["evidence"]) & known, CATEGORIES[entry["category"]])
        for entry in item["qa"]
        if entry["category"] in CATEGORIES
    ]
    questions = tuple(one for one in asked if one.gold)
    return Conversation(
        name=name,
        batches=tuple(batches),
        turns=turns,
        observations=tuple(_observations(item.get("observation", {}), known)),
        questions=questions,
        left_out=len(asked) - len(questions),
    )


def _turns(batches: Sequence[Batch]) -> Iterator[Turn]:
    for batch in batches:
        for message in batch.messages:
            text = f"{message.speaker}: {message.text}"
            day = message.occurred_at.date().isoformat() if message.occurred_at else ""
            yield Turn(str(message.id), text, f"[{day}] {text}")


def _observations(sessions: Mapping[str, Any], known: set[str]) -> Iterator[tuple[str, str]]:
    """A fact may come from several turns: it counts for each."""
    for speakers in sessions.values():
        for noted in speakers.values():
            for fact, given in noted:
                sources = [given] if isinstance(given, str) else given
                yield from ((fact, turn) for turn in sorted(evidence(sources) & known))
