"""The snapshot that searches run on: it follows every write, and shows no more than there was."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from kgmem import Memory
from kgmem.memory import system_clock
from kgmem.retrieval.columns import Vectors, Words
from kgmem.retrieval.ppr import Edges, Walk
from kgmem.retrieval.snapshot import Snapshot
from kgmem.stores import open_store
from kgmem.stores.base import Store
from kgmem.testing import StoreMachine
from kgmem.testing.machine import DAYS, day


def grown(snapshot: Snapshot, store: Store) -> Snapshot:
    changes = store.changes(snapshot.mark)
    if changes.whole:
        snapshot = Snapshot()
    if changes.mark != snapshot.mark:
        snapshot.extend(changes)
    return snapshot


def content(snapshot: Snapshot) -> dict[str, Any]:
    """All of a snapshot that searches see, as plain values."""
    found: dict[str, Any] = {}
    for part in ("episodes", "entities", "claims", "facts"):
        for name, value in vars(getattr(snapshot, part)).items():
            shown: Any = value
            if isinstance(value, Words):
                shown = [value[row] for row in range(len(value))]
                found[f"{part}.{name}.bm25"] = value.bm25(["ada", "berlin", "likes"]).tolist()
            elif isinstance(value, Vectors):
                shown = value.matrix.tolist()
            elif hasattr(value, "values") and not isinstance(value, dict):
                shown = value.values.tolist()
            found[f"{part}.{name}"] = shown
    found["facts.support"].sort()
    return found


def exact_walk(memory: Memory, names: list[str], **when: Any) -> dict[str, float]:
    """PageRank by definition, over what the memory says holds at two instants; by id."""
    known = when["as_known"]
    episodes = [e for e in memory.episodes() if e.recorded_at and e.recorded_at <= known]
    claims = [c for c in memory.claims() if c.recorded_at and c.recorded_at <= known]
    place = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)))

    def edge(one: str, other: str, weight: float) -> None:
        matrix[place[one], place[other]] += weight
        matrix[place[other], place[one]] += weight

    for fact in memory.facts(**when):
        edge(fact.subject.id, fact.object.id, 1.0)
    mentions = {(c.episode, e) for c in claims for e in (c.subject_id, c.object_id) if e}
    for episode, entity in sorted((e, n) for e, n in mentions if e):
        edge(episode, entity, 1.0)
    turns = sorted(episodes, key=lambda e: (e.session, e.occurred_at, e.id))
    for earlier, later in pairwise(turns):
        if earlier.session == later.session:
            edge(earlier.id, later.id, 0.5)
    return dict(zip(names, pagerank(matrix), strict=True))


def pagerank(matrix: Any) -> Any:
    """Starting at the first node, which dangling ones return to."""
    size = len(matrix)
    restart = np.eye(size)[0]
    strength = matrix.sum(axis=0)
    follow = np.where(strength > 0, matrix / np.where(strength > 0, strength, 1), restart[:, None])
    return np.linalg.solve(np.eye(size) - 0.5 * follow, 0.5 * restart)


class SnapshotMachine(StoreMachine):
    """Random histories, looked at through other connections."""

    @initialize()
    def open_stores(self) -> None:
        for url in self.urls:
            self.memories.append(self._open(url))
        self.stores = [open_store(url, self.group, system_clock) for url in self.urls]
        self.snapshots = [Snapshot() for _ in self.urls]

    def teardown(self) -> None:
        super().teardown()
        for store in self.stores:
            store.close()

    @invariant()
    def growing_and_reading_at_once_are_the_same(self) -> None:
        for place, store in enumerate(self.stores):
            self.snapshots[place] = grown(self.snapshots[place], store)
            assert content(self.snapshots[place]) == content(grown(Snapshot(), store))

    @rule(at=DAYS, back=st.integers(0, 20))
    def what_is_seen_is_what_was(self, at: int, back: int) -> None:
        when: dict[str, Any] = {"as_of": day(at), "as_known": self.clock - timedelta(hours=back)}
        for memory, snapshot in zip(self.memories, self.snapshots, strict=True):
            expected = {fact.id: fact for fact in memory.facts(**when)}
            rows = np.flatnonzero(snapshot.seen(**when).facts).tolist()
            assert {v.id for v in map(snapshot.facts.records.__getitem__, rows)} == set(expected)
            for row in rows:
                fact = snapshot.fact(row, when["as_known"])
                assert fact == expected[fact.id]

    @rule(at=DAYS, back=st.integers(0, 20))
    def no_mass_flows_over_what_did_not_hold(self, at: int, back: int) -> None:
        when: dict[str, Any] = {"as_of": day(at), "as_known": self.clock - timedelta(hours=back)}
        for memory, snapshot in zip(self.memories, self.snapshots, strict=True):
            names = [record.id for record in snapshot.entities.records]
            names += [episode.id for episode in snapshot.episodes.records]
            if names:
                scores = snapshot.walk(**when).scores(np.eye(len(names))[0], tolerance=1e-9)
                expected = exact_walk(memory, names, **when)
                assert np.abs(scores - list(expected.values())).max() < 1e-6
                assert (scores[np.array(list(expected.values())) == 0] == 0).all()


def run_machine(*urls: str, examples: int, steps: int) -> None:
    class Machine(SnapshotMachine):
        pass

    Machine.urls = urls
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_snapshot_follows_random_histories(tmp_path: Path) -> None:
    run_machine(f"sqlite:///{tmp_path}/machine.db", examples=40, steps=25)


@pytest.mark.slow
def test_a_snapshot_of_neo4j_follows_random_histories(neo4j_url: str) -> None:
    run_machine(neo4j_url, examples=8, steps=15)


@given(
    arrays(float, (7, 7), elements=st.sampled_from([0.0, 0.0, 0.5, 1.0])),
    st.sampled_from([1e-2, 1e-3, 1e-9]),
)
def test_a_walk_is_pagerank_within_its_tolerance(half: Any, tolerance: float) -> None:
    one, other = (ends.astype(np.int64) for ends in np.nonzero(half))
    walk = Walk(Edges.of(7, one, other), half[one, other])
    scores = walk.scores(np.eye(7)[0], tolerance=tolerance)
    assert np.abs(scores - pagerank(half + half.T)).sum() < 4 * tolerance
    assert scores.sum() == pytest.approx(1)
