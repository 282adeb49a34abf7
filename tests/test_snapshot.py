"""The snapshot that searches run on: it follows every write, and shows no more than there was."""

import logging
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.stateful import initialize, invariant, rule

from kgmem import Claim, ConfigurationError, Episode, Fact, Memory, Message
from kgmem.opening import system_clock
from kgmem.retrieval.columns import Words, ascending, distinct
from kgmem.retrieval.cues import Cues
from kgmem.retrieval.ppr import Edges, ServerWalk, Walk
from kgmem.retrieval.snapshot import Snapshot
from kgmem.retrieval.vectors import Vectors
from kgmem.stores import open_store
from kgmem.stores.base import PageRankStore, SearchQuery, Store
from kgmem.testing import HashEmbedder, StoreMachine
from kgmem.testing.machine import DAYS, day
from kgmem.text import indexed


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
                found[f"{part}.{name}.bm25"] = value.bm25(
                    ["ada", "berlin", "likes"], np.ones(len(value), dtype=bool)
                ).tolist()
            elif isinstance(value, Vectors):
                shown = value.cosines([*np.eye(64, dtype=np.float32)]).tolist()
            elif isinstance(value, Cues):
                shown = {cue: column.values.tolist() for cue, column in vars(value).items()}
            elif hasattr(value, "values") and not isinstance(value, dict):
                shown = value.values.tolist()
            found[f"{part}.{name}"] = shown
    found["facts.support"].sort()
    return found


def answering(memory: Memory, **when: Any) -> list[Fact]:
    """The facts that are no links."""
    return [fact for fact in memory.facts(**when) if fact.predicate != "same_as"]


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

    for fact in answering(memory, **when):
        edge(fact.subject.id, fact.object.id, 1.0)
    mentions = {(c.episode, e) for c in claims for e in (c.subject_id, c.object_id) if e}
    for episode, entity in sorted((e, n) for e, n in mentions if e):
        edge(episode, entity, 1.0)
    turns = sorted(episodes, key=lambda e: (e.session, e.occurred_at, e.id))
    for earlier, later in pairwise(turns):
        if earlier.session == later.session:
            edge(earlier.id, later.id, 0.5)
    for one, other, weight in named(memory, claims, episodes):
        if not (weight == 0.3 and (one, other) in mentions):
            edge(one, other, weight)
    return dict(zip(names, pagerank(matrix), strict=True))


def named(
    memory: Memory, claims: list[Claim], episodes: list[Episode]
) -> set[tuple[str, str, float]]:
    """Which turn or entity holds the name of which entity as whole words, by definition."""
    forms = {
        (i, n) for c in claims for i, n in ((c.subject_id, c.subject), (c.object_id, c.object))
    }
    words = {(i, f" {indexed(n)} ") for i, n in forms if i and n}
    telling = {
        (i, w)
        for i, w in words
        if len(w.replace(" ", "")) >= 4 and not w.replace(" ", "").isdigit()
    }
    held = {
        (e.id, i, 0.3)
        for e in episodes
        for i, w in telling
        if w in f" {indexed(e.speaker or '', e.text)} "
    }
    return held | {(a, i, 0.5) for a, whole in words for i, w in telling if a != i and w in whole}


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
            expected = {fact.id: fact for fact in answering(memory, **when)}
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


def test_a_snapshot_follows_random_histories(tmp_path: Path) -> None:
    SnapshotMachine.run_histories(f"sqlite:///{tmp_path}/machine.db", examples=40, steps=25)


@pytest.mark.slow
def test_a_snapshot_of_neo4j_follows_random_histories(
    neo4j_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kgmem.stores.neo4j_changes._ROWS_AT_ONCE", 3)
    SnapshotMachine.run_histories(neo4j_url, examples=8, steps=15)


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


def filled(url: str, **options: Any) -> Memory:
    memory = Memory.open(
        url, group=f"snapshot {uuid4()}", extractor="none", embedder=HashEmbedder(), **options
    )
    memory.add(
        [Message(text=f"Turn {n} of Ada about Berlin", occurred_at=day(n)) for n in range(9)]
    )
    memory.assert_claims(
        [
            Claim.asserts(who, "lives_in", city, valid_at=day(since), said_at=day(since))
            for who, city, since in (
                ("Ada", "Berlin", 0),
                ("Ada", "Munich", 5),
                ("Bob", "Berlin", 2),
                ("Cleo", "Paris", 3),
            )
        ]
    )
    return memory


@given(arrays(np.int64, st.integers(0, 60), elements=st.integers(0, 2**32 - 1) | st.integers(0, 9)))
def test_numbers_are_ordered_by_their_halves(numbers: Any) -> None:
    assert (ascending(numbers) == np.argsort(numbers, kind="stable")).all()
    assert (distinct(numbers) == np.unique(numbers)).all()


def test_a_store_ranks_only_what_is_wanted(any_url: str) -> None:
    with filled(any_url) as memory:
        vector = np.array(HashEmbedder().embed_query("Berlin"), dtype=np.float32)
        query = SearchQuery(["ada", "berlin"], vector, limit=5)
        every = memory._store.candidates(query)
        assert all(every.values())
        for channel, ranking in every.items():
            found = memory._store.candidates(replace(query, channels=[channel]))
            assert [name for name, places in found.items() if places] == [channel]
            # Scores of Lucene move a little when it clears away what other groups have deleted.
            assert [name for name, _ in found[channel]] == [name for name, _ in ranking]
            assert dict(found[channel]) == pytest.approx(dict(ranking), rel=0.01)


def test_a_group_too_large_for_memory_is_searched_in_the_store(any_url: str) -> None:
    with filled(any_url, snapshot_rows=10) as small:
        when: dict[str, Any] = {"as_of": day(3)}
        ranked = small.search("Where does Ada live?", k=3, **when)
        assert len(small._searcher._snapshot) == 0
        assert ranked[0].fact
        assert ranked[0].fact.object.name == "Berlin"
        holding = {fact.id: fact for fact in small.facts(**when)}
        for hit in small.search("Berlin Munich Ada", k=20, **when):
            assert hit.fact is None or hit.fact == holding[hit.fact.id]
        known = small.episodes()[0].recorded_at
        assert all(h.fact is None for h in small.search("Ada Berlin", as_known=known))
        # Once enough of it is forgotten it is read into memory, by the search after the next.
        small.forget(before=day(9))
        assert small.search("Ada") == []
        assert small.search("Ada") == []
        assert small._searcher._too_large is False


def test_a_group_that_grows_too_large_leaves_memory(tmp_path: Path) -> None:
    with filled(f"sqlite:///{tmp_path}/m.db", snapshot_rows=30) as memory:
        assert memory.search("Ada")
        assert 0 < len(memory._searcher._snapshot) <= 30
        memory.assert_claims([Claim.asserts("Ada", "likes", f"thing {n}") for n in range(10)])
        assert memory.search("Ada likes")[0].fact
        assert len(memory._searcher._snapshot) == 0


@pytest.mark.parametrize("rows", [0, 1000])
def test_a_link_is_no_answer(any_url: str, rows: int) -> None:
    group = f"links {uuid4().hex}"
    with Memory.open(
        any_url, group=group, extractor="none", embedder=HashEmbedder(), snapshot_rows=rows
    ) as memory:
        memory.assert_claims(
            [Claim.asserts("Mum", "same_as", "Clara"), Claim.asserts("Clara", "lives in", "Rome")]
        )
        assert memory.facts(predicate="same_as")
        assert [hit.text for hit in memory.search("Is Mum the same as Clara?")] == [
            fact.text for fact in memory.facts(predicate="lives_in")
        ]


def test_both_ways_find_the_same(any_url: str) -> None:
    """Where all of a group is near, what the store brings makes the same snapshot."""
    with filled(any_url) as memory:
        group, question = memory.group, "Where in Berlin does Ada live?"
        known = memory.episodes()[0].recorded_at
        asked: list[dict[str, Any]] = [{}, {"as_of": day(3)}, {"as_known": known}]
        for when in asked:
            hits = memory.search(question, k=20, **when)
            with Memory.open(
                any_url, group=group, extractor="none", embedder=HashEmbedder(), snapshot_rows=0
            ) as inside:
                again = inside.search(question, k=20, **when)
            assert {hit.id for hit in again} == {hit.id for hit in hits}


@pytest.mark.parametrize("question", ["the of and", "🙂🙂", "?!", "Ada " * 10_000, "\t\n"])
@pytest.mark.parametrize("rows", [0, 1000])
def test_odd_questions_have_answers(any_url: str, question: str, rows: int) -> None:
    with filled(any_url, snapshot_rows=rows) as memory:
        assert len(memory.search(question)) <= 10
        assert memory.context(question, max_tokens=50).tokens <= 50
    with Memory.open(
        any_url, group=str(uuid4()), extractor="none", embedder="none", snapshot_rows=rows
    ) as empty:
        assert empty.search(question) == []
        assert empty.context(question).text == ""


def test_a_group_below_the_budget_is_given_whole_and_unranked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with filled(f"sqlite:///{tmp_path}/m.db") as memory:
        assert len(memory.context("Paris", max_tokens=60).hits) < 13
        monkeypatch.setattr("kgmem.memory.Searcher.search", None)
        block = memory.context("Nothing of this sort", max_tokens=2000)
        assert len(block.hits) == 13
        times = [
            (h.fact and h.fact.valid_at) or (h.episode and h.episode.occurred_at)
            for h in block.hits
        ]
        assert times == sorted(times, key=str)


@pytest.mark.slow
def test_a_small_group_is_not_starved_by_large_ones(neo4j_url: str) -> None:
    """Asked for its nearest facts by vector, through the indexes that all groups share."""
    words = [f"word{n}" for n in range(40)]
    chance = np.random.default_rng(0)
    embedder, groups = HashEmbedder(), [f"starved {uuid4()}" for _ in range(6)]
    for group in groups:
        drafts = [
            Claim.asserts(f"{group[-4:]} {n}", "likes", " ".join(chance.choice(words, 3)))
            for n in range(300)
        ]
        with Memory.open(neo4j_url, group=group, extractor="none", embedder=embedder) as memory:
            memory.assert_claims(drafts)
    found = wanted = 0
    with Memory.open(neo4j_url, group=groups[0], extractor="none", embedder=embedder) as memory:
        store = memory._store
        whole = grown(Snapshot(), store)
        for _ in range(20):
            question = " ".join(chance.choice(words, 3))
            vector = np.array(embedder.embed_query(question), dtype=np.float32)
            vector /= np.linalg.norm(vector)
            near = Snapshot()
            near.extend(store.near(SearchQuery(terms=[], vector=vector, limit=10)))
            best = [cosines(snapshot, vector)[:10] for snapshot in (whole, near)]
            found += sum(a == pytest.approx(b, abs=1e-4) for a, b in zip(*best, strict=True))
            wanted += 10
    assert found / wanted >= 0.98


def cosines(snapshot: Snapshot, vector: Any) -> list[float]:
    found = snapshot.claims.vectors.cosine(vector)[snapshot.facts.text_claims.values]
    return sorted(found.tolist(), reverse=True)


def test_a_search_is_one_statement(neo4j_url: str, caplog: pytest.LogCaptureFixture) -> None:
    with filled(neo4j_url) as memory:
        memory.search("Where does Ada live?")
        with caplog.at_level(logging.DEBUG, logger="neo4j.io"):
            assert memory.search("Who lives in Berlin?")
    assert sum(" C: RUN " in message for message in caplog.messages) == 1


@pytest.mark.slow
def test_the_server_walks_as_we_do(neo4j_url: str) -> None:
    """Graph Data Science against the walk in memory, with weighted seeds, at any two instants."""
    pytest.importorskip("graphdatascience")
    with filled(neo4j_url) as memory:
        turn = Message(text="Ada has a cat", occurred_at=day(3))
        (episode,) = memory.add([turn]).episodes
        said = memory.assert_claims([Claim.asserts("Ada", "owns", "Cat", episode=episode)])
        memory.assert_claims([Claim.retracts("Bob", "lives_in", "Berlin", said_at=day(4))])
        store = memory._store
        assert isinstance(store, PageRankStore)
        snapshot = Snapshot()
        # What is walked is then what the server knows: not which names are held in texts and names.
        snapshot.server = store
        snapshot.extend(store.changes(None))
        for as_of, as_known in ((None, None), (day(3), None), (day(3), said.recorded_at)):
            walk = snapshot.walk(as_of, as_known)
            assert isinstance(walk, ServerWalk)
            chance, size = (
                np.random.default_rng(3),
                len(snapshot.entities.rows) + len(snapshot.episodes.rows),
            )
            seeds = chance.random(size) * (chance.random(size) < 0.4)
            ours = walk.near.scores(seeds, tolerance=1e-9)
            assert np.abs(ours - walk.scores(seeds)).max() < 1e-6
    with filled(neo4j_url, snapshot_rows=0, gds=True) as large:
        assert large.search("Where does Ada live?")


def test_only_a_graph_database_walks_itself() -> None:
    with pytest.raises(ConfigurationError, match="neo4j://"):
        Memory.open("sqlite://", group="g", extractor="none", embedder="none", gds=True)
