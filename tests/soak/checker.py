"""What must hold whatever happens: nothing acknowledged is lost, nothing is half there."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from load import SESSIONS, TURNS, messages, opened

from kgmem import Memory
from kgmem.stores.base import Embedded, FactQuery, RecordQuery

_PAUSE = 0.1
_QUESTIONS = ("Where does Ada live?", "Who likes jazz?", "book 7")


def state(url: str) -> dict[str, Any]:
    """All that a store knows: records, versions on both clocks, vectors, failures, what search finds."""
    with opened(url) as memory:
        store = memory.parts.store
        items = sorted(store.dump(), key=lambda item: (type(item).__name__, str(item)))
        return {
            "items": [(i.id, i.vector.tolist()) if isinstance(i, Embedded) else i for i in items],
            "failures": store.state().failures,
            "recorded_at": store.state().recorded_at,
            "versions": memory.versions(),
            "entities": memory.entities(),
            "stats": memory.stats(),
            "found": [[hit.id for hit in memory.search(asked, k=5)] for asked in _QUESTIONS],
        }


def differences(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """The parts of a state that are not as in an undisturbed run."""
    return [name for name in expected if found[name] != expected[name]]


def lost(memory: Memory, log: Path) -> list[str]:
    """Turns that the log says are in, and that are not there with what they state."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    done = max(map(int, lines), default=0)
    given = [m for number in range(SESSIONS) for m in messages(number)][:done]
    there = {episode.message_id for episode in memory.episodes()}
    return [f"turn {m.id} was acknowledged and is lost" for m in given if m.id not in there]


def halves(memory: Memory) -> list[str]:
    """What a reader sees of a write that is not whole; facts are read first, what they stand on after."""
    store = memory.parts.store
    begun = commits(memory)
    facts = memory.facts()
    stated = {claim.id: claim for claim in memory.claims()}
    said = Counter(episode.session for episode in memory.episodes())
    ids = {claim.episode for claim in stated.values() if claim.episode}
    episodes = {episode.id for episode in store.episodes(RecordQuery(ids=sorted(ids)))}
    problems = [
        f"claim {c.id} without its turn"
        for c in stated.values()
        if c.episode and c.episode not in episodes
    ]
    problems += [
        f"fact {f.id} without its claims"
        for f in facts
        if not f.claims or set(f.claims) - stated.keys()
    ]
    problems += [f"{n} turns of {name}" for name, n in said.items() if n % TURNS]
    later = commits(memory)
    problems += [
        f"{n} of {later[what]} {what[0]} of {what[1]}"
        for what, n in begun.items()
        if n != later[what]
    ]
    homes = [f for f in facts if f.predicate == "lives_in"]
    homes.sort(key=lambda fact: (fact.subject.id, fact.valid_at))
    problems += [
        f"{one.subject.name} has two homes at {other.valid_at}"
        for one, other in pairwise(homes)
        if one.subject.id == other.subject.id
        and (one.invalid_at is None or one.invalid_at > other.valid_at)
    ]
    return problems


def commits(memory: Memory) -> Counter[tuple[str, datetime]]:
    """How much each commit has done that can be seen: if it was seen at all, that grows no more."""
    versions = memory.parts.store.facts(FactQuery(every_version=True))
    instants = [("turns", e.recorded_at) for e in memory.episodes()]
    instants += [("claims", c.recorded_at) for c in memory.claims()]
    instants += [("versions", v.created_at) for v in versions]
    instants += [("expired versions", v.expired_at) for v in versions]
    return Counter((what, at) for what, at in instants if at)


@contextmanager
def watched(url: str) -> Iterator[list[str]]:
    """Collects what a reader sees go wrong meanwhile; raises what it met."""
    problems: list[str] = []
    over = threading.Event()

    def watch() -> None:
        with opened(url) as memory:
            while not over.wait(_PAUSE):
                problems.extend(halves(memory))

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(watch)
        try:
            yield problems
        finally:
            over.set()
        reader.result()
