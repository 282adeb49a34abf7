"""Conversations in JSON: messages one by one, LoCoMo, LongMemEval, exports of ChatGPT and Claude."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TextIO

from kgmem.errors import InvalidInputError
from kgmem.ingest._messages import (
    FIELDS,
    REMEDY,
    ROLES,
    Placed,
    Source,
    lines,
    listed,
    mapping,
    message,
    moment,
    name,
    seconds,
    shown,
)

LARGEST_DOCUMENT = 256_000_000
"""A JSON document of more characters is refused: unlike JSON lines it has to be read whole."""

_LOCOMO_SESSION = re.compile(r"session_(\d+)")
_LOCOMO_TIME = "%I:%M %p on %d %B, %Y"
_LONGMEMEVAL_TIME = "%Y/%m/%d %H:%M"
_WEEKDAY = re.compile(r"\s*\(\w+\)")


class Item(NamedTuple):
    """A JSON object and where it stands."""

    where: str
    value: dict[str, Any]


def items(file: TextIO, source: Source) -> Iterator[Item]:
    """The objects of a file: of its lines where the first one is a whole object, else of its list."""
    first = next((line for _, line in lines(file, source) if line.strip()), "")
    file.seek(0)
    if _is_object(first):
        for number, line in lines(file, source):
            if line.strip():
                where = source.place("line", number)
                yield Item(where, mapping(_parsed(line, where), where))
    elif first:
        yield from _document(_parsed(_whole(file, source), str(source.path)), source)


def _whole(file: TextIO, source: Source) -> str:
    text = file.read(LARGEST_DOCUMENT + 1).removeprefix("\ufeff")
    if len(text) > LARGEST_DOCUMENT:
        raise InvalidInputError(
            f"{str(source.path)!r} is one JSON document of more than {LARGEST_DOCUMENT:,} "
            "characters: write an object a line, as with jq -c '.[]', which is read as a stream"
        )
    return text


def _document(value: object, source: Source) -> Iterator[Item]:
    if not isinstance(value, list):
        yield Item(str(source.path), mapping(value, str(source.path)))
        return
    for number, element in enumerate(value, start=1):
        where = source.place("item", number)
        yield Item(where, mapping(element, where))


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _parsed(text: str, where: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{where}, line {error.lineno}" if "\n" in text.strip() else where
        raise InvalidInputError(
            f"{place}, column {error.colno}: not JSON ({error.msg}): mend it there; {REMEDY}"
        ) from error
    except ValueError as error:  # a number of thousands of digits
        raise InvalidInputError(f"{where}: not JSON ({error}): {REMEDY}") from error
    except RecursionError as error:
        raise InvalidInputError(f"{where}: nested too deeply: {REMEDY}") from error


def messages(item: Item, source: Source) -> Iterator[Placed]:
    """The message that an object is."""
    where, value = item
    if unknown := [field for field in value if field not in FIELDS]:
        raise InvalidInputError(
            f"{where}: {unknown[0]!r} is no field of a message: use {', '.join(FIELDS)}"
        )
    given = {field: content for field, content in value.items() if content is not None}
    group, session = (name(given.pop(key, None), key, where) for key in ("group", "session"))
    if "occurred_at" in given:
        given["occurred_at"] = moment(given["occurred_at"], where, source.timezone)
    yield Placed(group, session or source.path.stem, message(given, where, source))


# Data sets


def locomo(item: Item, source: Source) -> Iterator[Placed]:
    """The turns of a LoCoMo conversation, session by session; each has its session's time."""
    where, value = item
    group = name(value.get("sample_id"), "sample_id", where)
    sessions = mapping(value.get("conversation"), f"{where}, 'conversation'")
    numbers = (match[1] for key in sessions if (match := _LOCOMO_SESSION.fullmatch(key)))
    for number in sorted(numbers, key=lambda digits: (len(digits), digits)):
        session = f"session_{number}"
        place = f"{where}, {session}"
        said_at = _time(sessions.get(f"{session}_date_time"), _LOCOMO_TIME, f"{place}_date_time")
        for count, element in enumerate(listed(sessions[session], place), start=1):
            turn = mapping(element, f"{place}, turn {count}")
            caption = turn.get("blip_caption")
            shares = f" [shares {caption}]" if caption else ""
            values = {
                "text": f"{turn.get('text') or ''}{shares}".strip(),
                "speaker": turn.get("speaker"),
                "occurred_at": said_at,
                "id": turn.get("dia_id"),
            }
            if values["text"]:
                yield Placed(group, session, message(values, f"{place}, turn {count}", source))


def longmemeval(item: Item, source: Source) -> Iterator[Placed]:
    """The haystack of a LongMemEval question, which is a group of its own."""
    where, value = item
    group = name(value.get("question_id"), "question_id", where)
    sessions = listed(value.get("haystack_sessions"), f"{where}, 'haystack_sessions'")
    names, dates = (
        listed(value.get(key), f"{where}, {key!r}")
        for key in ("haystack_session_ids", "haystack_dates")
    )
    if not len(sessions) == len(names) == len(dates):
        raise InvalidInputError(
            f"{where}: {len(sessions)} sessions, {len(names)} ids and {len(dates)} dates: give "
            "each session an id and a date"
        )
    for number, (turns, given, date) in enumerate(zip(sessions, names, dates, strict=True), 1):
        place = f"{where}, session {number}"
        session = name(given, "haystack_session_ids", place) or str(number)
        said_at = _time(_WEEKDAY.sub("", str(date)), _LONGMEMEVAL_TIME, place)
        for count, element in enumerate(listed(turns, place), start=1):
            turn = mapping(element, f"{place}, turn {count}")
            values = {
                "text": turn.get("content"),
                **_spoken(turn.get("role")),
                "occurred_at": said_at,
                # One session may stand in several haystacks, and twice in one.
                "id": f"{session}, turn {count}",
            }
            if str(values["text"] or "").strip():
                yield Placed(group, session, message(values, f"{place}, turn {count}", source))


def _time(value: object, form: str, where: str) -> datetime:
    try:
        return datetime.strptime(str(value), form).replace(tzinfo=UTC)
    except ValueError as error:
        example = datetime(2023, 5, 8, 13, 56, tzinfo=UTC).strftime(form)
        raise InvalidInputError(
            f"{where}: {shown(value)} is no time: write it as {example!r}"
        ) from error


# Exports


def chatgpt(item: Item, source: Source) -> Iterator[Placed]:
    """What stands in the branch of a ChatGPT conversation that was shown last."""
    where, value = item
    nodes = mapping(value.get("mapping"), f"{where}, 'mapping'")
    given = value.get("conversation_id") or value.get("id")
    session = name(given, "conversation_id", where) or where.removeprefix(str(source.path.parent))
    started_at = seconds(value.get("create_time"), where, "create_time")
    for node in _branch(nodes, value.get("current_node"), where):
        place = f"{where}, message {node!r}"
        said = nodes[node].get("message")
        if not isinstance(said, dict):
            continue
        hidden = _optional(said, "metadata", place).get("is_visually_hidden_from_conversation")
        text = _parts(_optional(said, "content", place), place)
        if hidden or not text.strip():
            continue
        at = seconds(said.get("create_time"), place, "create_time") or started_at
        author = _optional(said, "author", place)
        values = {"text": text, **_spoken(author.get("role")), "occurred_at": at}
        values["id"] = said.get("id") or node
        yield Placed(None, session, message(values, place, source))


def _branch(nodes: Mapping[str, Any], current: object, where: str) -> Sequence[str]:
    """From the root to the current node, else to the last one that has no child."""
    parents = {
        key: mapping(node, f"{where}, node {key!r}").get("parent") for key, node in nodes.items()
    }
    if not isinstance(current, str) or current not in nodes:
        inner = {parent for parent in parents.values() if isinstance(parent, str)}
        current = next((key for key in reversed(list(nodes)) if key not in inner), None)
    path: dict[str, None] = {}
    while isinstance(current, str) and current in nodes and current not in path:
        path[current] = None
        current = parents[current]
    return list(reversed(path))


def _parts(content: Mapping[str, Any], where: str) -> str:
    """The words of a message; pictures and files have none."""
    parts = [*listed(content.get("parts") or [], f"{where}, 'parts'"), content.get("text")]
    words = [part.get("text") if isinstance(part, dict) else part for part in parts]
    return "\n".join(word for word in words if isinstance(word, str) and word.strip())


def claude(item: Item, source: Source) -> Iterator[Placed]:
    """The messages of a conversation exported from Claude, in their order."""
    where, value = item
    given = name(value.get("uuid"), "uuid", where)
    session = given or where.removeprefix(str(source.path.parent))
    started_at = value.get("created_at")
    said = listed(value.get("chat_messages"), f"{where}, 'chat_messages'")
    for count, element in enumerate(said, start=1):
        place = f"{where}, message {count}"
        turn = mapping(element, place)
        parts = listed(turn.get("content") or [], f"{place}, 'content'")
        text = _parts({"parts": list(filter(_is_text, parts))}, place)
        # Beside parts it may say no more than that they cannot be shown.
        text = text or ("" if parts else str(turn.get("text") or ""))
        if not text.strip():
            continue
        at = turn.get("created_at") or started_at
        values = {
            "text": text,
            **_spoken(turn.get("sender")),
            "occurred_at": at and moment(at, place, source.timezone, "created_at"),
            "id": turn.get("uuid"),
        }
        yield Placed(None, session, message(values, place, source))


def _is_text(part: object) -> bool:
    """Whether it is what somebody said: not the use of a tool, nor its result, nor thoughts."""
    return isinstance(part, dict) and part.get("type", "text") == "text"


def _spoken(role: object) -> dict[str, object]:
    """Who speaks, and what kind of source that is."""
    return {"speaker": role, "source_kind": ROLES.get(str(role), "user")}


def _optional(value: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    return mapping(value.get(key) or {}, f"{where}, {key!r}")


Reader = Callable[[Item, Source], Iterator[Placed]]

SHAPES: Mapping[str, tuple[str, Reader]] = {
    "locomo": ("conversation", locomo),
    "longmemeval": ("haystack_sessions", longmemeval),
    "chatgpt": ("mapping", chatgpt),
    "claude": ("chat_messages", claude),
}
"""How the objects of a format are told by a key, and read; others are messages."""
