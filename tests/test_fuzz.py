"""Whatever comes in, an answer or an error of kgmem's that says the remedy: never another, never a hang.

Hypothesis looks for what breaks the loaders, the text of questions and dates, the explorer's API and
the tools of MCP. What it found is kept as an example.
"""

import json
import string
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from kgmem import Claim, KgmemError, Memory, Message
from kgmem.explorer import Binding, application
from kgmem.extraction import extractor_of
from kgmem.extraction.base import Context, Extractor
from kgmem.ingest.loaders import Format, load
from kgmem.models import Episode
from kgmem.schema import Schema

BOUNDED = settings(
    max_examples=150,
    deadline=60_000,  # a hang, and not what the machine does meanwhile
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

SAID = datetime(2024, 5, 1, tzinfo=UTC)

# Loaders

FORMATS = st.sampled_from([None, *get_args(Format)])
KEYS = [
    "text",
    "message",
    "content",
    "parts",
    "speaker",
    "occurred_at",
    "session",
    "group",
    "id",
    "source",
    "source_kind",
    "sample_id",
    "conversation",
    "session_1",
    "session_1_date_time",
    "session_99",
    "dia_id",
    "question_id",
    "haystack_sessions",
    "haystack_dates",
    "role",
    "haystack_session_ids",
    "mapping",
    "current_node",
    "create_time",
    "author",
    "metadata",
    "parent",
    "uuid",
    "chat_messages",
    "sender",
    "created_at",
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["2024-05-01", "1:56 pm on 8 May, 2023", "2023/05/20 (Sat) 02:21", "user", "a", *KEYS]
    )
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)
    ),
    max_leaves=20,
)
LINES = st.text(
    st.sampled_from(
        [*string.ascii_letters, *" ,;\t|\"'\n\r:[]{}#`-~0123456789\\\0\ufeff\u2028\ud7ffé😀"]
    )
)


def loaded(path: Path, format: str | None) -> int:
    """How many messages a file holds; an error of kgmem's names the file."""
    try:
        return sum(len(batch.messages) for batch in load(path, format=format, timezone=UTC))
    except KgmemError as error:
        refused = str(error)
    assert str(path) in refused
    return 0


@BOUNDED
@given(
    content=st.binary(max_size=200) | LINES.map(str.encode),
    format=FORMATS,
    suffix=st.sampled_from([".json", ".jsonl", ".csv", ".txt", ""]),
)
def test_any_bytes_are_read_or_refused(
    tmp_path: Path, content: bytes, format: str | None, suffix: str
) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(content)
    loaded(path, format)


@BOUNDED
@given(
    value=VALUES
    | st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1), min_size=1, max_size=3),
    format=FORMATS,
)
@example(value=[{"text": "x", "occurred_at": 10**400}], format=None)
@example(value={"mapping": {"a": {"parent": "a", "message": {"create_time": 1e308}}}}, format=None)
def test_any_json_is_read_or_refused(tmp_path: Path, value: Any, format: str | None) -> None:
    path = tmp_path / "file.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    loaded(path, format)


# Questions


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    with Memory.open("sqlite://", group="g", extractor="none", embedder="none") as memory:
        fill(memory)
        yield memory


def fill(memory: Memory) -> None:
    memory.add(
        [
            Message(
                text="I live in Rome.", speaker="Ada", occurred_at=datetime(2024, 5, 1, tzinfo=UTC)
            )
        ]
    )
    memory.assert_claims([Claim.asserts("Ada", "lives_in", "Rome", valid_at="2020")])


PIECES = [*'"*():^~-+!{}[]/&|\\\0\ud800 \n\u202e', "Ada", "rome", " AND ", " OR ", " NOT ", "NEAR("]
TEXT = st.text(max_size=40) | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def ask(memory: Memory, text: str, when: str | None) -> None:
    for call in (
        lambda: memory.search(text, k=3, as_of=when),
        lambda: memory.context(text, max_tokens=50, as_known=when),
        lambda: memory.timeline(text),
        lambda: memory.facts(subject=text, predicate=text, as_of=when),
        lambda: memory.explain(text),
        lambda: memory.similar_entities(text),
    ):
        with suppress(KgmemError):
            call()


@BOUNDED
@given(text=TEXT, when=st.none() | TEXT | st.text("0123456789-T:Z+.", max_size=20))
def test_any_text_can_be_asked(memory: Memory, text: str, when: str | None) -> None:
    ask(memory, text, when)


@settings(BOUNDED, max_examples=25)
@given(text=TEXT)
@example(text="NEAR(Ada")
@example(text='"Ada AND')
@example(text="/[/ Ada~9 ^")
def test_any_text_can_be_asked_in_neo4j(in_neo4j: Memory, text: str) -> None:
    ask(in_neo4j, text, None)


@pytest.fixture(scope="module")
def in_neo4j(neo4j_url: str) -> Iterator[Memory]:
    with Memory.open(neo4j_url, group=uuid4().hex, extractor="none", embedder="none") as memory:
        fill(memory)
        yield memory
        memory.forget(everything=True)


# What is taken in


@settings(BOUNDED, max_examples=50)
@given(texts=st.lists(st.text(min_size=1, max_size=40) | TEXT, min_size=1, max_size=4))
def test_what_is_taken_in_comes_back_as_it_was(tmp_path: Path, texts: list[str]) -> None:
    """By way of a file and of a store, or it is refused with the reason: nothing is lost on the way."""
    path = tmp_path / "chat.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    with Memory.open("sqlite://", group="g", extractor="none", embedder="none") as memory:
        try:
            said = [message for batch in load(path) for message in batch.messages]
            memory.add([m.model_copy(update={"occurred_at": SAID}) for m in said])
        except KgmemError:
            assert memory.episodes() == []
        else:
            assert [message.text for message in said] == texts
            assert sorted(episode.text for episode in memory.episodes()) == sorted(texts)


@settings(BOUNDED, max_examples=40)
@given(text=TEXT)
def test_any_text_is_read_by_the_grammar(rules: Extractor, text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()  # what is none is refused before
    turn = Episode(id="1", group="g", session="s", text=text, speaker="Ada", occurred_at=SAID)
    assert isinstance(rules.extract([turn], Context()), list)


@pytest.fixture(scope="module")
def rules() -> Extractor | None:
    return extractor_of("rules", Schema.default())


# The explorer


@pytest.fixture(scope="module")
def api(memory: Memory) -> TestClient:
    binding = Binding(token="a token for the tests")
    return TestClient(
        application(memory, binding, write=True),
        base_url="http://127.0.0.1:8700",
        headers={"Authorization": f"Bearer {binding.token}"},
    )


STATUSES = {200, 400, 404, 405, 409}


@BOUNDED
@given(
    parameters=st.dictionaries(
        st.sampled_from(["q", "k", "as_of", "as_known", "around"]), TEXT | st.integers().map(str)
    ),
    call=st.sampled_from(["search", "versions", "group", "facts/x"]),
)
@example(parameters={"q": "Ada", "k": "9" * 5000}, call="search")
def test_any_parameters_get_an_answer(
    api: TestClient, parameters: dict[str, str], call: str
) -> None:
    parameters = {
        name: value.encode("utf-8", "replace").decode() for name, value in parameters.items()
    }
    assert api.get(f"/api/{call}", params=parameters).status_code in STATUSES


BODIES = st.binary(max_size=50) | VALUES.map(lambda value: json.dumps(value).encode())


@BOUNDED
@given(body=BODIES, undo=st.booleans())
@example(body=b"[" * 100_000, undo=False)
@example(body=b"9" * 5000, undo=True)
@example(body=b'"\\ud800"', undo=True)
@example(body=b'{"object": "\\ud800"}', undo=False)
def test_any_body_gets_an_answer(api: TestClient, memory: Memory, body: bytes, undo: bool) -> None:
    (fact,) = memory.assert_claims([Claim.asserts("Ada", "likes", uuid4().hex)]).added
    path = "undo" if undo else f"facts/{fact.id}/correct"
    answer = api.post(f"/api/{path}", content=body)
    assert answer.status_code in STATUSES
