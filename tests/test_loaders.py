"""Files become batches; what is malformed is refused with its place and the remedy."""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kgmem import (
    Claim,
    ConfigurationError,
    Episode,
    ExtractionError,
    InvalidInputError,
    Memory,
    Message,
)
from kgmem.extraction.base import Context, NameDoubt, Tally
from kgmem.extraction.llm import LLMExtractor, MemoryCache
from kgmem.ingest import loaders
from kgmem.ingest.estimate import estimates
from kgmem.ingest.job import GroupTotals, Progress, Runner, ingest
from kgmem.ingest.loaders import Batch, Files, load
from kgmem.models import ClaimDraft
from kgmem.testing import HashEmbedder, ScriptedExtractor, ScriptedModel, SteppingClock

LOCOMO = Path(__file__).parents[2] / "shared" / "data" / "locomo_dev.json"

Write = Callable[..., Path]

CONVERSATION = {
    "sample_id": "conv-1",
    "conversation": {
        "speaker_a": "Ada",
        "session_10_date_time": "9:05 am on 1 June, 2023",
        "session_10": [{"speaker": "Ada", "dia_id": "D10:1", "text": "Last."}],
        "session_2_date_time": "1:56 pm on 8 May, 2023",
        "session_2": [
            {"speaker": "Ada", "dia_id": "D2:1", "text": "Hi!"},
            {"speaker": "Bo", "dia_id": "D2:2", "text": "Look.", "blip_caption": "a red kite"},
        ],
        "session_11_date_time": "9:05 am on 2 June, 2023",
    },
}


@pytest.fixture
def written(tmp_path: Path) -> Write:
    def write(content: object, name: str = "chat.jsonl") -> Path:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return path

    return write


def lines(*records: object) -> str:
    return "\n".join(json.dumps(record) for record in records)


def texts(batches: list[Batch]) -> list[tuple[str | None, str, list[str]]]:
    return [(b.group, b.session, [m.text for m in b.messages]) for b in batches]


@pytest.mark.parametrize(
    "content",
    [[CONVERSATION], CONVERSATION, json.dumps(CONVERSATION, indent=2)],
    ids=["list", "one", "indented"],
)
def test_a_locomo_conversation_is_its_sessions_in_order(written: Write, content: object) -> None:
    batches = list(load(written(content, "locomo.json")))
    assert texts(batches) == [
        ("conv-1", "session_2", ["Hi!", "Look. [shares a red kite]"]),
        ("conv-1", "session_10", ["Last."]),
    ]
    first, second = batches[0].messages
    assert (first.id, first.speaker, first.source) == ("D2:1", "Ada", "locomo.json")
    assert first.occurred_at == second.occurred_at == datetime(2023, 5, 8, 13, 56, tzinfo=UTC)


def test_lines_are_messages_grouped_by_group_and_session(written: Write) -> None:
    path = written(
        lines(
            {"text": "one", "session": "a", "group": "g", "occurred_at": "2024-05-01T10:00:00Z"},
            {"text": "two", "session": "a", "group": "g", "speaker": None, "id": "x"},
            {"text": "three", "session": "b", "group": "g", "id": "y"},
            {"text": "four", "id": "z"},
        )
        + "\n\n"
    )
    batches = list(load(path))
    assert texts(batches) == [
        ("g", "a", ["one", "two"]),
        ("g", "b", ["three"]),
        (None, "chat", ["four"]),
    ]
    assert batches[0].messages[0].occurred_at == datetime(2024, 5, 1, 10, tzinfo=UTC)


def test_a_list_of_messages_is_the_same_as_their_lines(written: Write) -> None:
    records = [{"text": "one", "id": "1"}, {"text": "two", "id": "2", "session": "s"}]
    listed = list(load(written(records, "a.json")))
    assert texts(listed) == [(None, "a", ["one"]), (None, "s", ["two"])]


def test_a_message_without_time_and_id_is_known_by_its_place(written: Write) -> None:
    (batch,) = load(written(lines({"text": "one"}, {"text": "one"})))
    assert [message.id for message in batch.messages] == [
        "chat.jsonl, line 1",
        "chat.jsonl, line 2",
    ]


def test_naive_times_need_a_timezone(written: Write) -> None:
    path = written(lines({"text": "one", "occurred_at": "2024-05-01T10:00"}))
    with pytest.raises(InvalidInputError, match=r"chat\.jsonl, line 1: 'occurred_at'.*no timezone"):
        list(load(path))
    (batch,) = load(path, timezone=ZoneInfo("Europe/Berlin"))
    assert batch.messages[0].occurred_at == datetime(2024, 5, 1, 8, tzinfo=UTC)


def test_lines_are_read_as_a_stream(written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "LONGEST_BATCH", 2)
    path = written(lines(*({"text": f"{n}"} for n in range(3))) + "\n{broken")
    batches = load(path)
    assert len(next(batches).messages) == 2
    with pytest.raises(InvalidInputError, match="line 4"):
        list(batches)


def test_sessions_that_alternate_come_whole(
    written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = "2024-05-01T10:00:00Z"
    said = [{"text": "ok", "session": "ab"[n % 2], "occurred_at": at} for n in range(8)]
    path = written(lines(*said))
    assert [(b.session, len(b.messages)) for b in load(path)] == [("a", 4), ("b", 4)]
    monkeypatch.setattr(loaders, "LONGEST_BATCH", 3)
    store: list[GroupTotals] = run([path], "sqlite://", group="g")
    assert [(total.turns, total.episodes) for total in store] == [(8, 8)]


def test_an_empty_file_holds_nothing(written: Write) -> None:
    assert list(load(written(""))) == list(load(written("\n \n"))) == []


def test_a_byte_order_mark_is_no_part_of_the_first_line(written: Write) -> None:
    assert texts(list(load(written("\ufeff" + lines({"text": "one"}))))) == [
        (None, "chat", ["one"])
    ]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('{"text": "a"}\n{"text": ', r"line 2, column \d+: not JSON"),
        ('{"text": "a"}\n[1]', r"line 2: \[1\] is no object"),
        ("hello", "column 1: not JSON"),
        ("[1, 2]", "item 1: 1 is no object"),
        ('"text"', "'text' is no object"),
        ("[\n{,}\n]", "line 2, column 2: not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"speaker": "Ada"}', "line 1: there is no 'text'"),
        ('{"text": "a", "ocurred_at": "2024"}', "'ocurred_at' is no field of a message: use text"),
        ('{"text": " "}', "line 1: 'text' is empty"),
        ('{"text": 7}', "line 1: .*text"),
        ('{"text": "a\\u0000"}', "line 1: 'text' holds a NUL"),
        ('{"text": "\\ud800"}', "line 1: .*surrogate"),
        ('{"text": "a", "speaker": ""}', "line 1: 'speaker' is empty"),
        ('{"text": "a", "group": 3}', "line 1: 'group' is 3: write it as text"),
        ('{"text": "a", "occurred_at": 1714557600}', "line 1: 'occurred_at' is 1714557600"),
        ('{"text": "a", "occurred_at": "soon"}', "line 1: 'occurred_at': 'soon' is not a date"),
        ('{"text": "a", "source_kind": "ghost"}', "line 1: .*source_kind"),
        ('[{"conversation": []}]', r"item 1, 'conversation': \[\] is no object"),
        ('[{"conversation": {"session_1": []}}]', "session_1_date_time: None is no time"),
    ],
)
def test_what_is_malformed_is_named_with_its_place(
    written: Write, content: object, complaint: str
) -> None:
    with pytest.raises(InvalidInputError, match=complaint) as caught:
        list(load(written(content)))
    assert "chat.jsonl" in str(caught.value)


def test_what_is_no_readable_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="is not there"):
        list(load(tmp_path / "missing.json"))
    with pytest.raises(InvalidInputError, match="is not a regular file"):
        list(load(tmp_path))
    (tmp_path / "latin.jsonl").write_bytes(b'{"text": "caf\xe9"}')
    with pytest.raises(InvalidInputError, match="save it as UTF-8"):
        list(load(tmp_path / "latin.jsonl"))


def run(paths: Sequence[Path], store: str, **options: Any) -> list[GroupTotals]:
    return ingest(paths, store, extractor="none", embedder="none", **options)


def test_a_job_adds_each_group_and_adds_nothing_the_second_time(
    written: Write, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path / 'memory.db'}"
    paths = [
        written([CONVERSATION], "locomo.json"),
        written(lines({"text": "one"}, {"text": "two", "group": "g"})),
    ]
    totals = run(paths, store, group="mine")
    assert [(t.group, t.sessions, t.turns, t.episodes) for t in totals] == [
        ("conv-1", 2, 3, 3),
        ("mine", 1, 1, 1),
        ("g", 1, 1, 1),
    ]
    again = run(paths, store, group="mine")
    assert [(t.turns, t.episodes, t.unfit, t.claims) for t in again] == [
        (3, 0, 0, 0),
        (1, 0, 0, 0),
        (1, 0, 0, 0),
    ]
    with Memory.open(store, group="conv-1", extractor="none", embedder="none") as memory:
        said = [(e.message_id, e.session) for e in memory.episodes()]
    assert said == [("D2:1", "session_2"), ("D2:2", "session_2"), ("D10:1", "session_10")]


def test_a_job_says_how_far_it_is(written: Write) -> None:
    seen: list[Progress] = []
    run([written([CONVERSATION])], "sqlite://", turns_a_commit=1, on_progress=seen.append)
    assert [(p.group, p.sessions, p.turns) for p in seen] == [
        ("", 0, 0),
        ("conv-1", 1, 2),
        ("conv-1", 2, 3),
    ]
    assert {(p.all_sessions, p.all_turns) for p in seen} == {(2, 3)}


def three_words(episode: Episode) -> list[ClaimDraft]:
    subject, predicate, *rest = episode.text.rstrip(".").split()
    return [Claim.asserts(subject, predicate, " ".join(rest))]


def beliefs(store: str, group: str) -> object:
    with Memory.open(store, group=group, extractor="none", embedder="none") as memory:
        return memory.episodes(), memory.claims(), memory.facts(), memory.entities()


@pytest.mark.parametrize("runner", ["local", "ray"])
def test_however_many_processes_write_the_same(
    written: Write, tmp_path: Path, runner: Runner
) -> None:
    moves = [
        {
            "text": f"Ada lives_in Town{n}." if runner == "local" else f"I live in Town{n}.",
            "speaker": "Ada",
            "session": f"s{n // 25}",
            "occurred_at": f"2024-05-{n // 3 + 1:02}T10:00:00Z",
        }
        for n in range(60)
    ]
    undated = [{"text": "Bo likes Tea.", "group": "g"}]
    path = written(lines(*moves, *undated))
    found = []
    # Workers on Ray import nothing of this module.
    extractor = ScriptedExtractor(three_words) if runner == "local" else "rules"
    for jobs in (1, 2):
        store = f"sqlite:///{tmp_path / f'{jobs}.db'}"
        options: dict[str, Any] = {
            "extractor": extractor,
            "embedder": HashEmbedder(),
            "jobs": jobs,
            "runner": runner if jobs > 1 else "local",
        }
        first = ingest(
            [path], store, group="ada", clock=SteppingClock(step=timedelta(0)), **options
        )
        assert [total.turns for total in first] == [60, 1]
        again = ingest([path], store, group="ada", **options)
        assert [total.episodes for total in again] == [0, 0]
        found.append([beliefs(store, group) for group in ("ada", "g")])
    assert found[0] == found[1]
    assert len(found[0][0][2]) > 1  # type: ignore[index]


@pytest.mark.parametrize("stop", [0, 1, 2, 3])
def test_a_job_that_was_stopped_ends_as_one_that_was_not(
    written: Write, tmp_path: Path, stop: int
) -> None:
    moves = (
        {"text": f"Ada lives_in Town{n}.", "session": f"s{n // 2}", "occurred_at": f"2024-05-0{n}"}
        for n in range(1, 8)
    )
    path = written(lines(*moves))
    options: dict[str, Any] = {
        "group": "ada",
        "extractor": ScriptedExtractor(three_words),
        "embedder": "none",
        "turns_a_commit": 1,
        "clock": SteppingClock(step=timedelta(0)),
    }

    def stopping(progress: Progress) -> None:
        if progress.sessions == stop:
            raise KeyboardInterrupt

    whole, stopped = (f"sqlite:///{tmp_path / name}.db" for name in ("whole", "stopped"))
    ingest([path], whole, **options)
    with pytest.raises(KeyboardInterrupt):
        ingest([path], stopped, **options, on_progress=stopping)
    ingest([path], stopped, **options)
    assert beliefs(stopped, "ada") == beliefs(whole, "ada")


@pytest.mark.parametrize("jobs", [1, 2])
def test_short_sessions_share_a_transaction(written: Write, tmp_path: Path, jobs: int) -> None:
    turns = [
        {
            "text": f"Ada lives_in Town{n}.",
            "session": f"s{n // 3}",
            "group": "g" if n < 18 else "h",
            "occurred_at": f"2024-05-{n + 1:02}T10:00:00Z",
        }
        for n in range(24)
    ]
    path, store = written(lines(*turns)), f"sqlite:///{tmp_path / 'memory.db'}"
    seen: list[Progress] = []
    ingest(
        [path],
        store,
        extractor=ScriptedExtractor(three_words),
        embedder="none",
        jobs=jobs,
        turns_a_commit=7,
        on_progress=seen.append,
    )
    assert [(p.group, p.sessions, p.turns) for p in seen] == [
        ("", 0, 0), ("g", 3, 9), ("g", 6, 18), ("h", 8, 24)
    ]  # fmt: skip
    with Memory.open(store, group="g", extractor="none", embedder="none") as memory:
        assert len({episode.recorded_at for episode in memory.episodes()}) == 2
        assert len(memory.facts()) == 18


def test_a_judge_gets_a_transaction_a_session(written: Write) -> None:
    """It is asked about so many names a write."""

    class Judge:
        def identify(self, doubts: Sequence[NameDoubt], tally: Tally) -> list[ClaimDraft]:
            return []

    path = written(lines(*({"text": f"turn {n}", "session": f"s{n}"} for n in range(2))))
    seen: list[Progress] = []
    run([path], "sqlite://", group="g", judge=Judge(), on_progress=seen.append)
    assert [(p.sessions, p.turns) for p in seen] == [(0, 0), (1, 1), (2, 2)]


def test_a_long_session_keeps_the_order_of_one_instant_across_batches(
    written: Write, tmp_path: Path
) -> None:
    turns = [
        {"text": f"turn {n % 7}", "session": "s", "occurred_at": "2024-05-01T10:00:00Z"}
        for n in range(loaders.LONGEST_BATCH + 50)
    ]
    path, store = written(lines(*turns)), f"sqlite:///{tmp_path / 'memory.db'}"
    for episodes in (len(turns), 0):
        (total,) = run([path], store, group="g")
        assert (total.sessions, total.turns, total.episodes) == (1, len(turns), episodes)
    with Memory.open(store, group="g", extractor="none", embedder="none") as memory:
        assert [e.text for e in memory.episodes()] == [turn["text"] for turn in turns]


def test_a_model_gets_a_commit_for_the_windows_it_sees_at_once(
    written: Write, tmp_path: Path
) -> None:
    """Stopped after one, the job says how far it is, and goes on there."""
    path, store = written(lines(*({"text": f"turn {n}"} for n in range(100)))), f"{tmp_path}/m.db"
    model = ScriptedModel(lambda *_: {"facts": []})
    seen: list[Progress] = []
    options: dict[str, Any] = {"group": "g", "embedder": "none"}
    for stopped, turns, calls in ((True, 40, 2), (False, 100, 5)):
        (total,) = ingest(
            [path],
            f"sqlite:///{store}",
            extractor=LLMExtractor(model, max_concurrency=2, cache=MemoryCache(0)),
            on_progress=seen.append,
            stop=lambda stopped=stopped: stopped,  # type: ignore[misc]
            **options,
        )
        assert (total.sessions, total.turns, len(model.prompts)) == (1, turns, calls)
    assert [(p.sessions, p.turns) for p in seen] == [
        (0, 0), (1, 40), (0, 0), (1, 40), (1, 80), (1, 100)
    ]  # fmt: skip


def test_an_extractor_looks_back_a_bounded_way(tmp_path: Path) -> None:
    seen: list[Context] = []

    class Looking(ScriptedExtractor):
        def extract(self, episodes: Sequence[Episode], context: Context) -> list[ClaimDraft]:
            seen.append(context)
            return super().extract(episodes, context)

    said_at = datetime(2024, 5, 1, tzinfo=UTC)
    turns = [
        Message(text=f"turn {n}", speaker=f"speaker {n}", occurred_at=said_at + timedelta(hours=n))
        for n in range(300)
    ]
    with Memory.open(
        f"sqlite:///{tmp_path}/m.db",
        group="g",
        extractor=Looking(lambda _: []),
        embedder="none",
    ) as memory:
        for part in (turns[:280], turns[280:]):
            memory.add(part, session="s")
    assert [e.text for e in seen[-1].previous] == [f"turn {n}" for n in range(276, 280)]
    assert list(seen[-1].speakers) == [f"speaker {n}" for n in range(240, 300)]
    assert len(seen[-2].speakers) == 60


def test_what_workers_noted_is_not_asked_again(
    written: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer's extractor fails where it is asked: what it writes comes from the workers."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    path = written(lines({"text": "Ada likes Tea.", "speaker": "Ada", "id": "1"}))
    store = f"sqlite:///{tmp_path / 'memory.db'}"
    (total,) = ingest(
        [path], store, group="g", extractor=_Apart(os.getpid()), embedder="none", jobs=2
    )
    assert (total.claims, total.failed) == (1, 0)
    assert "OMP_NUM_THREADS" not in os.environ
    (alone,) = ingest(
        [path], "sqlite://", group="g", extractor=_Apart(os.getpid()), embedder="none"
    )
    assert (alone.claims, alone.reasons) == (0, {"asked in the writer": 1})


class _Apart(ScriptedExtractor):
    """Works in any process but one."""

    def __init__(self, here: int) -> None:
        super().__init__(three_words)
        self.here = here

    def extract(self, episodes: Sequence[Episode], context: Context) -> list[ClaimDraft]:
        if os.getpid() == self.here:
            raise ExtractionError("asked in the writer")
        if os.environ["OMP_NUM_THREADS"] != "1":
            raise ExtractionError("workers get into each other's way")
        return super().extract(episodes, context)


def test_what_cannot_go_to_another_process_is_refused(written: Write) -> None:
    extractor = ScriptedExtractor(lambda episode: [])
    with pytest.raises(ConfigurationError, match="use jobs=1"):
        ingest([written(lines({"text": "a"}))], "sqlite://", group="g", extractor=extractor, jobs=2)
    with pytest.raises(ConfigurationError, match="jobs=0"):
        run([], "sqlite://", jobs=0)


@pytest.mark.parametrize("address", ["localhost:1", "ray://127.0.0.1:1", "[::1]:1", "host:99999"])
def test_a_cluster_that_does_not_answer_is_named_at_once(written: Write, address: str) -> None:
    pytest.importorskip("ray")
    before = time.monotonic()
    with pytest.raises(ConfigurationError, match=r"cannot be reached at .*--runner local"):
        run(
            [written(lines({"text": "a"}))],
            "sqlite://",
            group="g",
            runner="ray",
            ray_address=address,
        )
    assert time.monotonic() - before < 30


def test_ray_that_is_missing_names_the_remedy(
    written: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigurationError, match=r"kgmem\[ray\].*--runner local"):
        run([written(lines({"text": "a"}))], "sqlite://", group="g", runner="ray")


def test_an_estimate_counts_what_the_files_hold(written: Write, tmp_path: Path) -> None:
    talk = written([CONVERSATION], "locomo.json")
    chat = written(lines(*({"text": f"turn {n}", "id": str(n)} for n in range(41))))
    bad = written('{"text": "a", "group": "g"}\n{"text": ""}', "bad.jsonl")
    files = Files([talk, chat, bad, tmp_path / "none"], group="g")
    first, second, third, fourth = estimates(files, datetime(2024, 5, 1, tzinfo=UTC))
    assert (first.format, first.sessions, first.turns, first.windows) == ("locomo", 2, 3, 2)
    assert (second.format, second.windows, second.calls) == ("messages", 3, 3)
    assert second.tokens > first.tokens > 0
    assert "line 2: 'text' is empty" in (third.problem or "")
    assert "is not there" in (fourth.problem or "")
    assert first.problem is None


def test_a_malformed_file_changes_nothing(written: Write, tmp_path: Path) -> None:
    file = tmp_path / "memory.db"
    good, bad = written([CONVERSATION], "good.json"), written('{"text": ""}', "bad.jsonl")
    with pytest.raises(InvalidInputError):
        run([good, bad], f"sqlite:///{file}", group="g")
    assert not file.exists()


def test_messages_of_no_group_are_refused(written: Write) -> None:
    with pytest.raises(ConfigurationError, match="--group"):
        run([written(lines({"text": "one"}))], "sqlite://")


def test_more_groups_than_may_stay_open_are_all_added(
    written: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kgmem.ingest.job._MOST_OPEN", 2)
    path = written(lines(*({"text": "hi", "group": f"g{n % 3}", "id": f"{n}"} for n in range(9))))
    totals = run([path], f"sqlite:///{tmp_path / 'memory.db'}")
    assert [(t.group, t.episodes) for t in totals] == [("g0", 3), ("g1", 3), ("g2", 3)]


@pytest.mark.skipif(not LOCOMO.exists(), reason="needs ../shared/data/locomo_dev.json")
def test_locomo_is_read_whole() -> None:
    batches = list(load(LOCOMO))
    turns: dict[str | None, int] = {}
    for batch in batches:
        turns[batch.group] = turns.get(batch.group, 0) + len(batch.messages)
    assert turns == {"conv-26": 419, "conv-30": 369, "conv-41": 663}
    assert all(message.id and message.occurred_at for b in batches for message in b.messages)
