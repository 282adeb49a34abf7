"""Exports, tables, transcripts and documents become messages, told by what is in them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgmem import ConfigurationError, InvalidInputError
from kgmem.ingest import _messages, _texts
from kgmem.ingest.loaders import Batch, Files, load

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def read(folder: Path, content: object, name: str = "file", **options: Any) -> list[Batch]:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return list(load(path, **options))


def said(batches: list[Batch]) -> list[tuple[str | None, str]]:
    return [(message.speaker, message.text) for batch in batches for message in batch.messages]


def node(name: str, parent: str | None, text: str, role: str, **more: object) -> dict[str, Any]:
    message = {
        "id": f"m{name}",
        "author": {"role": role},
        "create_time": NOON.timestamp(),
        "content": {"content_type": "text", "parts": [text]},
        **more,
    }
    return {"id": name, "parent": parent, "message": message}


CHATGPT = {
    "conversation_id": "c1",
    "title": "Moving",
    "create_time": NOON.timestamp(),
    "current_node": "d",
    "mapping": {
        "root": {"id": "root", "parent": None, "message": None},
        "a": node("a", "root", "", "system"),
        "b": node("b", "a", "I moved.", "user"),
        "other": node("other", "b", "Never shown.", "assistant"),
        "c": node("c", "b", "Where to?", "assistant", create_time=None),
        "d": node("d", "c", "Found 3.", "tool"),
        "aside": node("aside", "d", "Hidden.", "user"),
    },
}
CLAUDE = {
    "uuid": "u1",
    "created_at": "2024-05-01T11:00:00Z",
    "chat_messages": [
        {"uuid": "1", "sender": "human", "text": "I moved.", "created_at": "2024-05-01T12:00:00Z"},
        {
            "uuid": "2",
            "sender": "assistant",
            "content": [{"type": "thinking", "text": "hm"}, {"type": "text", "text": "Where to?"}],
        },
        {"uuid": "3", "sender": "human", "text": " "},
        {
            "uuid": "4",
            "sender": "assistant",
            "text": "Unsupported.",
            "content": [{"type": "tool_use"}],
        },
    ],
}
LONGMEMEVAL = {
    "question_id": "q1",
    "haystack_session_ids": ["s1", "s2"],
    "haystack_dates": ["2023/05/20 (Sat) 02:21", "2023/05/21 (Sun) 03:00"],
    "haystack_sessions": [[{"role": "user", "content": "Hi."}], []],
}


def test_chatgpt_gives_the_branch_that_was_shown(tmp_path: Path) -> None:
    (batch,) = read(tmp_path, [CHATGPT])
    assert (batch.session, batch.format) == ("c1", "chatgpt")
    kept = [(m.id, m.text, m.source_kind, m.occurred_at) for m in batch.messages]
    assert kept == [
        ("mb", "I moved.", "user", NOON),
        ("mc", "Where to?", "agent", NOON),
        ("md", "Found 3.", "tool", NOON),
    ]


def test_chatgpt_without_a_current_node_ends_at_the_last_leaf(tmp_path: Path) -> None:
    batches = read(tmp_path, [{**CHATGPT, "current_node": None}])
    assert said(batches)[-1] == ("user", "Hidden.")


def test_chatgpt_branches_that_lead_back_to_themselves_end(tmp_path: Path) -> None:
    looped = {"a": node("a", "b", "one", "user"), "b": node("b", "a", "two", "user")}
    batches = read(tmp_path, [{**CHATGPT, "mapping": looped, "current_node": "a"}])
    assert [text for _, text in said(batches)] == ["two", "one"]


def test_claude_gives_what_was_said(tmp_path: Path) -> None:
    (batch,) = read(tmp_path, [CLAUDE])
    kept = [(m.id, m.speaker, m.text, m.source_kind) for m in batch.messages]
    assert kept == [("1", "human", "I moved.", "user"), ("2", "assistant", "Where to?", "agent")]
    assert [m.occurred_at for m in batch.messages] == [NOON, NOON.replace(hour=11)]


def test_longmemeval_gives_each_question_its_haystack(tmp_path: Path) -> None:
    (batch,) = read(tmp_path, [LONGMEMEVAL])
    assert (batch.group, batch.session, batch.format) == ("q1", "s1", "longmemeval")
    (message,) = batch.messages
    assert message.occurred_at == datetime(2023, 5, 20, 2, 21, tzinfo=UTC)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_a_message_a_row(tmp_path: Path, delimiter: str) -> None:
    rows = [
        ["Date", "Sender", "Message", "thread", "role", "mood"],
        ["2024-05-01T12:00Z", "Ada", '"a, ""b""\nc"', "t", "assistant", "fine"],
        ["", "", "", "", "", ""],
        ["2024-05-02", "Bo", "", "", "", ""],
        ["2024-05-02", "", "d", "", "User", ""],
    ]
    batches = read(tmp_path, "\n".join(map(delimiter.join, rows)))
    assert [(b.session, b.format) for b in batches] == [("t", "csv"), ("file", "csv")]
    assert said(batches) == [("Ada", 'a, "b"\nc'), ("User", "d")]
    assert batches[0].messages[0].source_kind == "agent"
    assert batches[0].messages[0].occurred_at == NOON


def test_a_transcript_is_a_turn_a_name(tmp_path: Path) -> None:
    text = "Ada: I moved.\n\nBo Li: Where to?\nFar?\nAda: Note: to Rome.\n"
    (batch,) = read(tmp_path, text)
    assert batch.format == "transcript"
    assert said([batch]) == [
        ("Ada", "I moved."),
        ("Bo Li", "Where to?\nFar?"),
        ("Ada", "Note: to Rome."),
    ]
    assert [message.id for message in batch.messages] == [f"file, line {n}" for n in (1, 3, 5)]


@pytest.mark.parametrize(
    "stamp", ["[2024-05-01 12:00]", "2024-05-01 12:00 -", "[2024-05-01T12:00Z]"]
)
def test_where_turns_have_times_only_a_time_begins_one(tmp_path: Path, stamp: str) -> None:
    (batch,) = read(tmp_path, f"{stamp} Ada: Buy\nmilk: two\n{stamp} Bo: Yes", timezone=UTC)
    assert said([batch]) == [("Ada", "Buy\nmilk: two"), ("Bo", "Yes")]
    assert {message.occurred_at for message in batch.messages} == {NOON}


@pytest.mark.parametrize("above", ["Meeting: weekly sync\n", "Sync\n\nPeople: Ada, Bo\n"])
def test_what_stands_above_timed_turns_is_as_old(tmp_path: Path, above: str) -> None:
    turns = "[2024-05-01 12:00Z] Ada: I moved.\n[2024-05-01 12:01Z] Bo: Where to?\n"
    (batch,) = read(tmp_path, above + turns)
    assert batch.format == "transcript"
    assert said([batch]) == [(None, above.strip()), ("Ada", "I moved."), ("Bo", "Where to?")]
    assert [m.occurred_at for m in batch.messages[:2]] == [NOON, NOON]


def test_naive_times_of_a_transcript_are_in_the_timezone(tmp_path: Path) -> None:
    text = "[2024-05-01 14:00] Ada: hi"
    (batch,) = read(tmp_path, text, timezone=ZoneInfo("Europe/Berlin"))
    assert batch.messages[0].occurred_at == NOON
    with pytest.raises(InvalidInputError, match=r"file, line 1: .*--timezone"):
        read(tmp_path, text)


DOCUMENT = """---
An opening line.

# Guide

First
paragraph.

Second.

## Setup
```
# no heading
```

# Next
Last.
"""


def test_a_document_is_passages_under_their_titles(tmp_path: Path) -> None:
    (batch,) = read(tmp_path, DOCUMENT)
    assert [message.text for message in batch.messages] == [
        "---\nAn opening line.",
        "Guide\n\nFirst\nparagraph.\n\nSecond.",
        "Guide > Setup\n\n```\n# no heading\n```",
        "Next\n\nLast.",
    ]
    assert {(m.speaker, m.source_kind) for m in batch.messages} == {(None, "document")}


def test_a_heading_of_spaces_is_read_at_once(tmp_path: Path) -> None:
    (batch,) = read(tmp_path, f"# a{' ' * 100_000}b\n\n## C# ##\n\nOne.")
    assert batch.messages[0].text.endswith("> C#\n\nOne.")


def test_an_edited_document_keeps_the_ids_of_its_other_passages(tmp_path: Path) -> None:
    (before,) = read(tmp_path, DOCUMENT)
    (after,) = read(tmp_path, DOCUMENT.replace("An opening line.", "One\n\nline more."))
    assert [m.id for m in before.messages][1:] == [m.id for m in after.messages][1:]
    assert before.messages[0].id != after.messages[0].id


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=400))
@settings(deadline=None)
def test_passages_fit_and_lose_no_word(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("document")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_texts, "LONGEST_PASSAGE", 30)
        batches = read(folder, text, format="document")
    passages = [m.text for batch in batches for m in batch.messages]
    assert all(len(p.rpartition("\n\n")[2]) <= 30 for p in passages)
    if "#" not in text and "`" not in text and "~" not in text:
        assert "".join("".join(passages).split()) == "".join(text.replace("\ufeff", "").split())


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        ("Ada: one remark", "a.txt", "document"),
        ("Ada: a\nand more\nand more\nAda: b", "a.txt", "transcript"),
        ("text,speaker\nhi,Ada", "a.txt", "csv"),
        ("text\nhi", "a.csv", "csv"),
        ("A text, and more.", "a.txt", "document"),
        ("[a link](b)", "a.md", "document"),
        ('{"text": "hi"}', "a.txt", "messages"),
        ('[\n{"text": "hi"}]', "a.md", "messages"),
        ([CLAUDE], "a.csv", "claude"),
    ],
)
def test_the_content_tells_the_format(
    tmp_path: Path, content: object, name: str, expected: str
) -> None:
    assert {batch.format for batch in read(tmp_path, content, name)} == {expected}


def test_a_format_can_be_forced(tmp_path: Path) -> None:
    assert said(read(tmp_path, "Ada: hi", format="transcript")) == [("Ada", "hi")]
    assert said(read(tmp_path, "Ada: a\nBo: b", format="document")) == [(None, "Ada: a\nBo: b")]
    with pytest.raises(InvalidInputError, match=r"no 'mapping'.*--format"):
        read(tmp_path, [CLAUDE], format="chatgpt")
    with pytest.raises(ConfigurationError, match="'xml' is no format: use one of messages"):
        read(tmp_path, "", format="xml")


@pytest.mark.parametrize(
    ("content", "name", "complaint"),
    [
        ("a,b\n1,2", "x.csv", "x.csv, line 1: the columns 'a, b' do not say"),
        ("text,message\n1,2", "x.csv", "line 1: the columns"),
        ("text,speaker\n1,2,3", "x.csv", "line 2: 3 cells under 2 columns"),
        ('text,speaker\n"a"b,c', "x.csv", "line 2: no CSV"),
        ("text,date\na,soon", "x.csv", "line 2: 'occurred_at': 'soon' is not a date"),
        ("text,date\na,1701010800000", "x.csv", "'1701010800000' is a number, not a date"),
        ("text,role\na,ghost", "x.csv", "line 2: .*source_kind"),
        ([{**CHATGPT, "mapping": []}], "x", r"item 1, 'mapping': \[\] is no object"),
        ([{**CHATGPT, "create_time": 1e300}], "x", "item 1: 'create_time' is 1e"),
        ([{**CLAUDE, "chat_messages": [1]}], "x", "item 1, message 1: 1 is no object"),
        ([{**LONGMEMEVAL, "haystack_dates": []}], "x", "item 1: 2 sessions, 2 ids and 0 dates"),
        ('{"text": "a", "occurred_at": ' + "9" * 5000 + "}", "x.jsonl", "not JSON"),
        ("a\x00b", "x.txt", "line 1: 'text' holds a NUL"),
    ],
)
def test_what_is_malformed_is_named_with_its_place(
    tmp_path: Path, content: object, name: str, complaint: str
) -> None:
    with pytest.raises(InvalidInputError, match=complaint):
        read(tmp_path, content, name)


def test_a_line_without_end_is_refused_and_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_messages, "LONGEST_LINE", 10)
    with pytest.raises(InvalidInputError, match="line 2: has more than 10 characters"):
        read(tmp_path, "short\n" + "long" * 5)


def values(keys: list[str]) -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(keys), inner, max_size=4)
        ),
        max_leaves=12,
    )


KEYS = [
    *("text", "speaker", "occurred_at", "session", "group", "id", "source", "source_kind"),
    *("conversation", "session_1", "session_1_date_time", "sample_id", "dia_id"),
    *("haystack_sessions", "haystack_session_ids", "haystack_dates", "role", "content"),
    *("mapping", "current_node", "parent", "message", "author", "parts", "metadata"),
    *("chat_messages", "sender", "created_at", "create_time", "uuid"),
]
SHAPES: list[dict[str, Any]] = [CHATGPT, CLAUDE, LONGMEMEVAL, {"text": "a"}]


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """Something like a file: random JSON under the keys of a format, or pieces of text."""
    if draw(st.booleans()):
        start = draw(st.sampled_from(SHAPES))
        some = draw(st.dictionaries(st.sampled_from(KEYS), values(KEYS), max_size=3))
        return json.dumps([{**start, **some}]).encode()
    pieces = ["Ada: ", "[2024-05-01 10:00] ", "text,speaker\n", '"', ",", "\n", "# ", "{", "[", "é"]
    return "".join(draw(st.lists(st.sampled_from(pieces) | st.text(max_size=3)))).encode(
        "utf-8", "surrogatepass"
    )


@given(
    st.binary(max_size=200) | mangled(),
    st.sampled_from(["x", "x.json", "x.csv", "x.md"]),
    st.sampled_from([None, "messages", "csv", "transcript", "document", "claude", "chatgpt"]),
)
@settings(deadline=None, max_examples=300)
def test_any_bytes_give_messages_or_an_error_that_says_what_to_do(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str, forced: str | None
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    try:
        batches = list(load(path, format=forced, timezone=UTC))
    except InvalidInputError as error:
        complaint = str(error)
    else:
        complaint = name
        assert batches == list(load(path, format=forced, timezone=UTC))
        assert all(m.text.strip() for batch in batches for m in batch.messages)
    assert name in complaint


def test_several_files_are_read_one_after_the_other(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(f"Text of {name}.", "utf-8")
    files = Files([tmp_path / "a", tmp_path / "b"], group="g")
    assert [(group, batch.session) for group, batch in files.batches()] == [("g", "a"), ("g", "b")]
