"""The promises about time, at scale and on a real store, against brute force.

Random claims (assertions with and without an end, endings, retractions) go in in random batches, each
at its own transaction time. Every figure but ``claims``, ``instants`` and ``found`` counts violations; the goal is 0.

- ``instants`` and ``claims``: how many pairs of instants (in the world, and of knowledge) were asked,
  and how many claims there are.
- ``model``: pairs where what holds is not what `kgmem.testing.model` finds by looking at that instant.
- ``past_answers``: earlier answers that are not given again, to the letter, as of then known.
- ``order``: facts that differ, in any field but transaction time, after the same claims in another
  order and other batches.
- ``twice``: facts that differ, in any field, after a part of the claims was said again.
- ``single``: pairs of facts of a single predicate that hold two objects at one instant.
- ``unrelated_endings``: facts ended by a claim about something else.
- ``search``: facts found as of an instant at which they do not hold; ``found`` is how many were looked at.

The command fails with status 1 where something is violated.
"""

import argparse
import random
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from benchmarks import harness
from benchmarks.claims import DAYS, SINGLE, batches, by_subject, day, random_claims
from kgmem import Claim, ClaimDraft, Fact, Memory
from kgmem.testing.model import believed

NAME = "bitemporal"
_EPOCH = datetime(2030, 1, 1, tzinfo=UTC)
_CHECKPOINTS = 5
_NOT_VIOLATIONS = ("claims", "instants", "found")


class _Clock:
    """An hour more with every batch; still while one is written."""

    def __init__(self) -> None:
        self.now = _EPOCH

    def __call__(self) -> datetime:
        return self.now

    def step(self) -> None:
        self.now += timedelta(hours=1)


def told(memory: Memory, clock: _Clock, parts: Sequence[Sequence[ClaimDraft]]) -> None:
    """Tells a memory the claims, a batch an hour."""
    for part in parts:
        clock.step()
        memory.assert_claims(part)


def content(facts: Sequence[Fact]) -> list[tuple[Any, ...]]:
    """All of some facts but their transaction time, in an order of its own."""
    hidden = {"created_at", "expired_at"}
    return sorted((f.id, f.model_dump_json(exclude=hidden)) for f in facts)


def differing(one: Sequence[Any], other: Sequence[Any]) -> int:
    """How many elements are in one of two lists alone."""
    return len(set(one) ^ set(other))


def two_at_once(facts: Sequence[Fact]) -> int:
    """Pairs of neighboring facts in a single slot that overlap."""
    slots: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.predicate == SINGLE:
            slots.setdefault(fact.subject.id, []).append(fact)
    return sum(
        earlier.invalid_at is None or earlier.invalid_at > later.valid_at
        for slot in slots.values()
        for earlier, later in pairwise(sorted(slot, key=lambda fact: fact.valid_at))
    )


def unrelated_endings(facts: Sequence[Fact], claims: Mapping[str, Claim]) -> int:
    """Facts ended by a claim about another subject or predicate, or of a many predicate's other object."""
    return sum(
        not _may_end(claims[fact.ended_by], fact) for fact in facts if fact.ended_by is not None
    )


def _may_end(claim: Claim, fact: Fact) -> bool:
    same = (claim.subject_id, claim.predicate) == (fact.subject.id, fact.predicate)
    return same and (fact.predicate == SINGLE or claim.object_id in (None, fact.object.id))


class _Check:
    """One run over one memory."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.chance = random.Random(arguments.seed)
        self.claims = random_claims(arguments.claims, self.chance)
        self.clock = _Clock()
        self.watch = harness.Stopwatch()
        self.found = 0

    def figures(self) -> harness.Figures:
        """All figures, from one memory and then from one that heard the same in another order."""
        with self._memory() as memory:
            found = self._first(memory)
            expected = content(memory.facts())
        self.clock = _Clock()
        with self._memory() as memory:
            told(memory, self.clock, self._batches())
            return {
                **found,
                "found": self.found,
                "order": differing(expected, content(memory.facts())),
            }

    def _memory(self) -> AbstractContextManager[Memory]:
        return harness.memory_of(self.arguments, f"benchmarks.{NAME}", clock=self.clock)

    def _batches(self) -> list[list[ClaimDraft]]:
        return batches(self.claims, self.chance, self.arguments.batch)

    def _first(self, memory: Memory) -> harness.Figures:
        answers = self._told_with_checkpoints(memory)
        claims, facts = memory.claims(), memory.facts()
        return {
            "claims": len(claims),
            "instants": self.arguments.instants,
            "model": self._model(memory, claims),
            "past_answers": sum(
                differing(answer, _exact(memory, known)) for known, answer in answers
            ),
            "single": two_at_once(facts),
            "unrelated_endings": unrelated_endings(facts, {c.id: c for c in claims}),
            "search": self._search(memory),
            "twice": self._twice(memory),
        }

    def _told_with_checkpoints(self, memory: Memory) -> list[tuple[datetime, list[Any]]]:
        parts, answers = self._batches(), []
        step = max(len(parts) // _CHECKPOINTS, 1)
        for start in range(0, len(parts), step):
            told(memory, self.clock, parts[start : start + step])
            answers.append((self.clock.now, _exact(memory, None)))
        return answers

    def _model(self, memory: Memory, claims: Sequence[Claim]) -> int:
        """How many pairs of instants are answered otherwise than by brute force."""
        wrong = 0
        people = list(by_subject(claims).values())
        for _ in range(self.arguments.instants):
            at, known = self._instant(), self._known()
            ask = partial(memory.facts, as_of=at, as_known=known)
            ours = {(f.subject.id, f.predicate, f.object.id) for f in self.watch.time(ask)}
            theirs = [believed(said, at, known=known, single=[SINGLE]) for said in people]
            wrong += ours != set().union(*theirs)
        return wrong

    def _search(self, memory: Memory) -> int:
        """How many facts are found that do not hold."""
        wrong = 0
        for _ in range(self.arguments.instants):
            at = self._instant()
            hits = memory.search("Where does Person1 live? Berlin, Paris?", k=20, as_of=at)
            facts = [hit.fact for hit in hits if hit.fact]
            wrong += sum(not _holds(fact, at) for fact in facts)
            self.found += len(facts)
        return wrong

    def _twice(self, memory: Memory) -> int:
        before = _exact(memory, None)
        told(memory, self.clock, [self.claims[: self.arguments.batch]])
        return differing(before, _exact(memory, None))

    def _instant(self) -> datetime:
        return day(self.chance.randrange(DAYS)) + timedelta(hours=self.chance.choice((0, 0, 7)))

    def _known(self) -> datetime:
        return _EPOCH + (self.clock.now - _EPOCH) * self.chance.random()


def _exact(memory: Memory, known: datetime | None) -> list[str]:
    """What is, or was, believed: all fields but the end of believing it, which comes later."""
    return sorted(f.model_dump_json(exclude={"expired_at"}) for f in memory.facts(as_known=known))


def _holds(fact: Fact, at: datetime) -> bool:
    return fact.valid_at <= at and (fact.invalid_at is None or at < fact.invalid_at)


def measure(arguments: argparse.Namespace) -> harness.Result:
    """Checks every promise."""
    check = _Check(arguments)
    figures = check.figures()
    violations = sum(count for name, count in figures.items() if name not in _NOT_VIOLATIONS)
    return harness.Result(
        kgmem={**figures, "violations": violations},
        latency_ms=check.watch.percentiles(),
        top={"violations": violations},
    )


def main(argv: Sequence[str] | None = None) -> harness.Result:
    """Runs the benchmark from the command line."""
    options = harness.parser(__doc__, embedder="none")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--claims", type=int, default=2_000, metavar="N")
    options.add_argument("--batch", type=int, default=100, metavar="N", help="the largest batch")
    options.add_argument("--instants", type=int, default=50, metavar="N", help="how many to ask of")
    return harness.run(NAME, options.parse_args(argv), measure)


if __name__ == "__main__":
    sys.exit(bool(main().top["violations"]))
