"""A group as files: what goes out comes in the same, on every store, and damage is refused."""

import json
import os
import subprocess
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from kgmem import (
    Claim,
    ConfigurationError,
    ConflictError,
    ExtractionError,
    InvalidInputError,
    Memory,
    Message,
    Schema,
    StoreUnavailableError,
    Trust,
    copying,
    devserver,
    neo4j_release,
)
from kgmem.exchange import parquet
from kgmem.models import ClaimDraft, Episode
from kgmem.stores import dumping, sqlite
from kgmem.stores.health import examine
from kgmem.testing import HashEmbedder, ScriptedExtractor, SteppingClock, StoreMachine

RELEASE = os.environ.get("KGMEM_NEO4J_RELEASE", "5.26")
SAID = datetime(2023, 5, 1, tzinfo=UTC)
ODD = 'He said: "a, b";\nthen\r\n\ttab, \\back\\, \u2028 line, émigré, 東京, 🙂, \u202e and \x1f.'
FORMATS = ("jsonl", "parquet")


def open_memory(url: str, group: str = "ada", **options: Any) -> Memory:
    given: dict[str, Any] = {"extractor": "none", "embedder": HashEmbedder()}
    return Memory.open(url, group=group, **given | options)


def everything(memory: Memory) -> tuple[object, ...]:
    """All that a group is, with its state and its vectors."""
    store = memory.parts.store
    items = [str(item) for item in store.dump()]
    return memory.versions(), memory.claims(), memory.episodes(), memory.entities(), items


def said(episode: Episode) -> list[ClaimDraft]:
    if "fails" in episode.text:
        raise ExtractionError("the model is away")
    return [Claim.asserts("Ada Lee", "says", episode.text, subject_type="person")]


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Memory]:
    """A group with all that there is: links of rules and people, undone claims, failures, trust."""
    url = f"sqlite:///{tmp_path}/filled.db"
    schema = Schema.default().extended({"badge": {"cardinality": "single"}})
    options: dict[str, Any] = {
        "clock": SteppingClock(),
        "extractor": ScriptedExtractor(said),
        "schema": schema,
    }
    with open_memory(url, trust=Trust(min_confidence=0.5), **options) as memory:
        texts = [ODD, "Berlin", "this fails", "Munich"]
        for text in texts:
            memory.add([Message(text=text, speaker="Ada", occurred_at=SAID, id=text[:3])])
        memory.assert_claims([Claim.asserts("Ada", "badge", "Red", subject_type="person")])
        memory.assert_claims([Claim.asserts("Ada", "badge", "Blue", confidence=0.9)])
        memory.assert_claims([Claim.asserts("Bob", "hates", "Tea")])
        memory.undo(memory.assert_claims([Claim.asserts("Ada", "likes", ODD, confidence=0.1)]))
        memory.merge_entities("Adele", "Ada")
        memory.forget(entity="Bob")
        yield memory


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("records", [3, copying.BATCH])
def test_what_goes_out_comes_in_the_same(
    filled: Memory, tmp_path: Path, form: Any, records: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", records)
    monkeypatch.setattr(dumping, "PAGE", records)
    path = tmp_path / "out"
    counts = filled.export_to(path, format=form)
    assert counts["failure"] == 1
    assert list(tmp_path.glob(".*")) == []
    with open_memory(f"sqlite:///{tmp_path}/in.db") as copy:
        for _ in range(2):
            assert copy.import_from(path) == filled.stats()
            assert everything(copy) == everything(filled)
        instants = {f.created_at for f in filled.versions()}
        for known in sorted(instants):
            assert copy.facts(as_known=known) == filled.facts(as_known=known)
    retrying = ScriptedExtractor(lambda e: [Claim.asserts("Ada", "says", e.text)])
    with open_memory(f"sqlite:///{tmp_path}/in.db", extractor=retrying) as copy:
        assert [fact.object.name for fact in copy.retry().added] == ["this fails"]


class ExchangeMachine(StoreMachine):
    """Random histories whose groups go through files, and through another kind of store."""

    elsewhere: ClassVar[str]

    @precondition(lambda self: self.claims)
    @rule(form=st.sampled_from(FORMATS), records=st.sampled_from((2, 1_000)))
    def exchange(self, form: Any, records: int) -> None:
        """What arrives answers as what left, at every instant, and leaves again the same."""
        (memory,) = self.memories
        with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            patch.setattr(copying, "BATCH", records)
            patch.setattr(dumping, "PAGE", records)
            first, second = Path(folder, "first"), Path(folder, "second.jsonl")
            memory.export_to(first, format=form)
            with self._open(self.elsewhere) as copy:
                assert copy.import_from(first) == memory.stats()
                assert copy.versions() == memory.versions()
                for known, answer in self.answers:
                    assert self._answer(copy, known) == answer
                copy.export_to(second)
                copy.forget(everything=True)
            memory.export_to(Path(folder, "first.jsonl"))
            assert second.read_bytes() == Path(folder, "first.jsonl").read_bytes()


def test_random_histories_go_through_files(tmp_path: Path) -> None:
    ExchangeMachine.elsewhere = f"sqlite:///{tmp_path}/elsewhere.db"
    ExchangeMachine.run_histories("sqlite://", examples=8, steps=15)


@pytest.mark.slow
def test_random_histories_go_through_files_and_neo4j(neo4j_url: str) -> None:
    ExchangeMachine.elsewhere = neo4j_url
    ExchangeMachine.run_histories("sqlite://", examples=3, steps=10)


def test_a_parquet_export_arrives_in_neo4j_in_several_writes(
    filled: Memory, neo4j_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 2)
    filled.export_to(tmp_path / "parquet", format="parquet")
    with open_memory(neo4j_url) as there:
        there.import_from(tmp_path / "parquet")
        assert everything(there)[:4] == everything(filled)[:4]
        (row,) = there.cypher(
            "MATCH (g:Group {id: $group_id}) RETURN toString(g.recorded_at) AS at"
        )
        assert str(row["at"]).endswith("Z")
        left = "MATCH (g:Group {id: $group}) SET g.recorded_at = datetime($at)"
        at = f"{row['at']}[UTC]"
        store = there.parts.store
        store._connection.driver.execute_query(left, group=there.group, at=at)  # type: ignore[attr-defined]
        assert there.search("Ada")
        there.forget(everything=True)


def test_a_group_in_neo4j_leaves_and_returns(
    filled: Memory, neo4j_url: str, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    filled.export_to(first)
    with open_memory(neo4j_url) as there:
        there.import_from(first)
        try:
            assert everything(there)[:4] == everything(filled)[:4]
            there.export_to(second)
            assert second.read_bytes() == first.read_bytes()
            there.export_to(tmp_path / "facts", format="parquet")
            facts = pq.read_table(tmp_path / "facts" / "facts.parquet").to_pylist()
            assert sorted(row["id"] for row in facts) == sorted(
                fact.id for fact in filled.versions()
            )
        finally:
            there.forget(everything=True)


def test_the_facts_of_a_parquet_export_are_of_the_instant_of_its_claims(
    filled: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts, before = parquet._facts, filled.versions()

    def late(*arguments: Any) -> Any:
        filled.assert_claims([Claim.asserts("Ada", "lives_in", "Ulm", valid_at="2025")])
        yield from facts(*arguments)

    monkeypatch.setattr(parquet, "_facts", late)
    filled.export_to(tmp_path / "facts", format="parquet")
    rows = pq.read_table(tmp_path / "facts" / "facts.parquet").to_pylist()
    found = {(row["id"], row["created_at"], row["expired_at"]) for row in rows}
    assert found == {(fact.id, fact.created_at, fact.expired_at) for fact in before}
    assert len(filled.versions()) > len(before)


@contextmanager
def imported(folder: Path) -> Iterator[str]:
    """The URL of a server of its own whose database neo4j-admin has made of a folder of CSV files."""
    with devserver._temporary_home() as home:
        plan = devserver._Plan(RELEASE, home, None, False, 512, 300.0, ("-XX:TieredStopAtLevel=1",))
        try:
            java = neo4j_release.java_for(RELEASE)
            jars = neo4j_release.assembled(RELEASE, java)
            devserver._archive(plan)
        except (ConfigurationError, StoreUnavailableError) as error:
            if os.environ.get("KGMEM_REQUIRE_NEO4J") == "1":
                raise
            pytest.skip(f"no Neo4j: {error}")
        home.mkdir()
        password = devserver._claim_home(plan)
        devserver._configure(plan, 7687, jars)
        devserver._set_password(home, java, jars, password)
        where = {"NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")}
        opens = neo4j_release.release_named(RELEASE).opens
        tool = [str(java), *(f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in opens)]
        tool += ["-XX:TieredStopAtLevel=1", "-cp", f"{jars}/lib/*", "org.neo4j.cli.AdminTool"]
        tool += ["database", "import", "full"]
        subprocess.run(
            [*tool, "@import.args", "--overwrite-destination", "neo4j"],
            cwd=folder,
            env={**os.environ, **where},
            check=True,
        )
        yield devserver._start(plan).url


def graph(memory: Memory) -> list[str]:
    """Every node and relationship with its properties, vectors included."""
    statements = (
        "MATCH (n) WHERE NOT n:KgmemSchema RETURN labels(n) AS kind, properties(n) AS of",
        "MATCH (a)-[r]->(b) RETURN type(r) AS kind, properties(r) AS of, a.id AS start, b.id AS end",
    )
    return sorted(
        str({**row, "of": sorted(row["of"].items())})  # type: ignore[attr-defined]
        for statement in statements
        for row in memory.cypher(statement)
    )


def clock(row: str) -> bool:
    """Whether it is of the last write; the seal, which readers check, is made before the first one."""
    return any(word in row for word in ("'Group'", "'Seal'", "'SEALED_BY'"))


@pytest.mark.slow
def test_neo4j_admin_makes_the_graph_that_kgmem_would_have_written(
    filled: Memory, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match=r"U\+001F"):
        filled.export_to(tmp_path / "csv", format="neo4j-admin")
    assert not (tmp_path / "csv").exists()
    filled.forget(episode=ODD[:3])
    filled.forget(entity=ODD)
    odd = ODD.replace("\x1f", "\x1e")
    filled.add([Message(text=odd, speaker="Ada", occurred_at=SAID, id="odd")])
    filled.export_to(tmp_path / "csv", format="neo4j-admin")
    filled.export_to(tmp_path / "first.jsonl")
    with imported(tmp_path / "csv") as url, open_memory(url) as there:
        there.export_to(tmp_path / "second.jsonl")
        first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
        assert second.read_bytes() == first.read_bytes()
        assert everything(there)[:4] == everything(filled)[:4]
        assert there.stats() == filled.stats()
        wrong = [f.text for f in examine(url, snapshot_rows=10**6) if f.level != "ok"]
        assert [text.endswith("turns whose extraction failed") for text in wrong] == [True]
        made = graph(there)
        there.forget(everything=True)
        there.import_from(first)
        assert [row for row in made if not clock(row)] == [
            row for row in graph(there) if not clock(row)
        ]


# Files that are no such files


@pytest.fixture
def exported(filled: Memory, tmp_path: Path) -> Path:
    path = tmp_path / "ada.jsonl"
    filled.export_to(path)
    return path


def refused(path: Path, *reasons: str, group: str = "ada") -> None:
    with open_memory("sqlite://", group) as memory:
        with pytest.raises(InvalidInputError) as caught:
            memory.import_from(path)
        assert memory.stats() == dict.fromkeys(memory.stats(), 0)
    for reason in (str(path), *reasons):
        assert reason in str(caught.value)


def test_any_damage_to_a_file_is_refused_before_anything_is_written(exported: Path) -> None:
    whole = exported.read_bytes()
    damaged = exported.with_name("damaged.jsonl")

    @settings(max_examples=80, deadline=None)
    @given(place=st.integers(0, len(whole) - 2), byte=st.integers(33, 255), cut=st.booleans())
    def check(place: int, byte: int, cut: bool) -> None:
        if byte != whole[place]:
            after = b"" if cut else bytes([byte]) + whole[place + 1 :]
            damaged.write_bytes(whole[:place] + after)
            refused(damaged)

    check()


def test_damage_is_named_with_its_line(exported: Path) -> None:
    lines = [f"{line}\n" for line in exported.read_text(encoding="utf-8").split("\n")[:-1]]

    def changed(*new: str) -> Path:
        exported.write_text("".join(new), encoding="utf-8")
        return exported

    refused(
        changed(*lines[:-1]), f"line {len(lines)}: the end is missing", "export the group again"
    )
    refused(changed(*lines[:4], lines[4][:20]), "line 5: this is no JSON")
    refused(changed(*lines[:4], *lines[5:]), f"line {len(lines) - 1}: what comes before")
    refused(changed(*lines, lines[3]), f"line {len(lines) + 1}: something follows")
    refused(changed(lines[0], '{"record": "person"}\n', *lines[1:]), "line 2: this is no record")
    refused(changed(lines[0].replace('"version": 1', '"version": 2')), "line 1", "upgrade kgmem")
    for foreign in ("a,b\n1,2\n", "[" * 100_000, ""):
        refused(changed(foreign), "line 1: this is no export of kgmem")
    refused(changed(*lines), "holds group 'ada', not 'bob'", group="bob")
    refused(exported.with_name("nowhere"), "is not there")


def test_damage_to_a_folder_is_named_with_its_file(filled: Memory, tmp_path: Path) -> None:
    folder = tmp_path / "ada"
    filled.export_to(folder, format="parquet")
    claims = folder / "claims.parquet"
    whole = claims.read_bytes()
    claims.write_bytes(whole[:-9] + b"x" + whole[-8:])
    refused(folder, "claims.parquet", "it is not what was written")
    claims.unlink()
    refused(folder, "claims.parquet", "it is missing")
    (folder / "kgmem.json").unlink()
    refused(folder, "this is no export of kgmem")


def test_other_histories_and_other_models_are_not_mixed(exported: Path, tmp_path: Path) -> None:
    with open_memory(f"sqlite:///{tmp_path}/other.db") as memory:
        memory.assert_claims([Claim.asserts("Ada", "likes", "Coffee")])
        before = everything(memory)
        with pytest.raises(ConflictError, match="of its own"):
            memory.import_from(exported)
        assert everything(memory) == before
    with open_memory(f"sqlite:///{tmp_path}/model.db", "bo", embedder=HashEmbedder(8)) as memory:
        memory.assert_claims([Claim.asserts("Bo", "likes", "Coffee")])
    with (
        open_memory(f"sqlite:///{tmp_path}/model.db", embedder="none") as memory,
        pytest.raises(ConfigurationError, match="use another store"),
    ):
        memory.import_from(exported)


def test_what_is_there_is_not_overwritten(filled: Memory, exported: Path, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="name another path"):
        filled.export_to(exported)
    with pytest.raises(InvalidInputError, match="make it first"):
        filled.export_to(tmp_path / "missing" / "ada.jsonl")


def test_an_import_that_was_broken_off_is_ended_by_another(
    filled: Memory, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 4)
    write, calls = sqlite.SQLiteStore.write, 0

    def failing(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise StoreUnavailableError("the disk is full")
        return write(*args, **kwargs)

    monkeypatch.setattr(sqlite.SQLiteStore, "write", failing)
    with open_memory(f"sqlite:///{tmp_path}/in.db") as copy:
        with pytest.raises(StoreUnavailableError):
            copy.import_from(exported)
        assert 0 < copy.stats()["episodes"] <= filled.stats()["episodes"]
        copy.import_from(exported)
        assert everything(copy) == everything(filled)


# An export beside writers


def test_an_export_is_of_one_instant(
    any_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dumping, "PAGE", 2)
    with open_memory(any_url, group := f"instant {tmp_path}") as memory:
        memory.assert_claims([Claim.asserts("Ada", "likes", f"Thing {n}") for n in range(9)])
        before = memory.claims()
        items = memory.parts.store.dump()
        read = [next(items) for _ in range(4)]
        memory.assert_claims([Claim.asserts("Bob", "likes", "Tea")])
        read += items
        claims = {item.id for item in read if isinstance(item, Claim)}
        assert claims == {claim.id for claim in before}
        items = memory.parts.store.dump()
        next(items)
        memory.forget(entity="Bob")
        with pytest.raises(StoreUnavailableError, match=f"{group!r}.*do the same again"):
            list(items)
        memory.forget(everything=True)


def test_memory_does_not_grow_with_the_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dumping, "PAGE", 20)
    monkeypatch.setattr(copying, "BATCH", 40)
    with open_memory(f"sqlite:///{tmp_path}/long.db", embedder="none") as memory:
        for start in range(0, 300, 100):
            turns = [Message(text=f"{n} " + "x" * 20_000, id=str(n)) for n in range(100)]
            memory.add(turns, session=str(start))

        def peak(work: Callable[[], object]) -> int:
            tracemalloc.start()
            work()
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return most

        file = tmp_path / "long.jsonl"
        assert peak(lambda: memory.export_to(file)) < file.stat().st_size / 4
        with open_memory(f"sqlite:///{tmp_path}/copy.db", embedder="none") as copy:
            assert peak(lambda: copy.import_from(file)) < file.stat().st_size / 2


# Parts of it


@pytest.mark.parametrize("form", FORMATS)
def test_vectors_may_be_left_out(filled: Memory, tmp_path: Path, form: Any) -> None:
    counts = filled.export_to(tmp_path / "slim", format=form, vectors=False)
    assert "vector" not in counts
    with open_memory("sqlite://", embedder="none") as copy:
        copy.import_from(tmp_path / "slim")
        assert copy.versions() == filled.versions()
        assert copy.parts.store.state().model.embedder is None


def test_the_table_of_facts_has_both_clocks(filled: Memory, tmp_path: Path) -> None:
    filled.export_to(tmp_path / "ada", format="parquet")
    table = pq.read_table(tmp_path / "ada" / "facts.parquet")
    for column in ("valid_at", "invalid_at", "created_at", "expired_at"):
        assert str(table.schema.field(column).type) == "timestamp[us, tz=UTC]"
    rows = table.to_pylist()
    assert {(row["id"], row["created_at"], row["expired_at"]) for row in rows} == {
        (fact.id, fact.created_at, fact.expired_at) for fact in filled.versions()
    }
    assert ODD in {row["object"] for row in rows}


def test_lines_are_readable(exported: Path) -> None:
    records = [json.loads(line) for line in exported.read_text(encoding="utf-8").split("\n")[:-1]]
    assert records[0]["group"] == "ada"
    assert ODD in {record.get("text") for record in records}
    assert records[-1]["counts"]["episode"] == 4
