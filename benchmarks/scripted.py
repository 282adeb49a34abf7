"""A chat model without a network: it finds in a transcript the facts that the data note of it."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.locomo_data import Conversation
from kgmem.testing import ScriptedModel

_TURN = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)
_CANDIDATE = re.compile(r"^  \[(\d+)\]", re.MULTILINE)
_FACT = re.compile(r"(\S+) (\S+) (.+?)\W*$", re.DOTALL)


def scripted(talk: Conversation) -> ScriptedModel:
    """A model that knows the observations of a conversation.

    Each is a fact: its first word the subject, its second the predicate, the rest the object. Asked
    what ended, the model answers with every second fact.
    """
    lines = {turn.turn: turn.text for turn in talk.turns}
    noted: dict[str, list[str]] = defaultdict(list)
    for fact, turn in talk.observations:
        noted[" / ".join(lines[turn].splitlines())].append(fact)

    def reply(kind: str, text: str) -> Mapping[str, Any]:
        if kind == "EndedFacts":
            return {"ended": [{"fact": number} for number in _CANDIDATE.findall(text)[::2]]}
        return {
            "facts": [f for turn, line in _TURN.findall(text) for f in facts(turn, noted[line])]
        }

    return ScriptedModel(reply)


def facts(turn: str, sentences: Sequence[str]) -> list[dict[str, Any]]:
    """What a model says of sentences that it saw in a turn."""
    parts = [(_FACT.match(sentence), sentence) for sentence in sentences]
    return [
        {
            "turn": int(turn),
            "kind": "asserts",
            "subject": found[1],
            "predicate": found[2],
            "object": found[3][:1].lower() + found[3][1:][:100],
            "text": sentence,
        }
        for found, sentence in parts
        if found
    ]
