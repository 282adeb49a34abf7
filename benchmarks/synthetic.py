"""A group of any size from a seed: turns with facts, and vectors that cost what a model's cost."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import count

import numpy as np

from kgmem import Claim, ClaimDraft, Episode, Message

DIMENSION = 384
_START = datetime(2020, 1, 1, tzinfo=UTC)
_WORDS = 5_000
_RELATIONS = ("likes", "visited", "owns", "lives_in", "works_at", "plays", "friend", "speaks")


class RandomVectors:
    """A random unit vector a text, the same whenever it is asked for: no meaning, but the same work."""

    model_name = "random vectors"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        seed = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
        vector: list[float] = np.random.default_rng(seed).standard_normal(DIMENSION).tolist()
        return vector


class World:
    """Turns and questions about people, from a seed.

    Names and words are drawn unevenly, so that some entities are hubs and some words are common. No
    fact is said twice.

    Args:
        facts: How many facts; half as many turns.
        seed: What all chance comes from.
    """

    def __init__(self, facts: int, seed: int = 0) -> None:
        self.turns = max(facts // 2, 1)
        self._chance = random.Random(seed)
        self._people = [f"Person{n}" for n in range(max(facts // 20, 2))]
        self._things = [f"thing{n}" for n in range(max(facts // 5, 5))]
        self._words = [f"word{n}" for n in range(_WORDS)]
        self._said: set[str] = set()

    def sessions(self, size: int = 500) -> Iterator[tuple[str, list[Message]]]:
        """The turns, some hundred a session."""
        for first in range(0, self.turns, size):
            turns = range(first, min(first + size, self.turns))
            yield f"session {first}", [self._message(number) for number in turns]

    def further(self) -> Iterator[Message]:
        """Turns after the last, without an end."""
        return map(self._message, count(self.turns))

    def questions(self, count: int) -> list[str]:
        """Questions about one person, one thing and some words."""
        return [
            f"What {self._drawn(self._words)} did {self._drawn(self._people)} "
            f"{self._drawn(self._words)} with {self._drawn(self._things)}?"
            for _ in range(count)
        ]

    def _message(self, number: int) -> Message:
        speaker = self._drawn(self._people)
        said = [self._new_fact(speaker) for _ in range(2)]
        chatter = " ".join(self._drawn(self._words) for _ in range(12))
        return Message(
            text=f"{'. '.join(said)}. {chatter}.",
            speaker=speaker,
            occurred_at=_START + timedelta(minutes=10 * number),
        )

    def _new_fact(self, speaker: str) -> str:
        while True:
            thing = self._drawn(self._things)
            fact = f"{speaker} {self._chance.choice(_RELATIONS)} {thing}"
            if fact not in self._said:
                self._said.add(fact)
                return fact
            speaker = self._drawn(self._people)

    def _drawn(self, names: Sequence[str]) -> str:
        return names[int(len(names) * self._chance.random() ** 2.5)]


def drafts(episode: Episode | Message) -> list[ClaimDraft]:
    """The facts that a turn of a `World` spells out."""
    sentences = episode.text.split(". ")[:2]
    return [Claim.asserts(*sentence.split(" "), text=sentence) for sentence in sentences]
