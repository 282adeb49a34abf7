"""Files as batches of messages, one session a batch; the format is recognized by content.

- *LoCoMo*: one conversation, or a list of them; ``sample_id`` is the group.
- *JSONL*: a message a line, or a conversation a line; read as a stream.
- *JSON*: a list of the same messages.

A message has ``text`` and, where they are known, ``speaker``, ``occurred_at``, ``session``, ``group``,
``id``, ``source`` and ``source_kind``.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import groupby, islice
from pathlib import Path
from typing import Any, NamedTuple

from kgmem.errors import InvalidInputError
from kgmem.intake import LONGEST_NAME
from kgmem.models import Message
from kgmem.text import checked
from kgmem.when import starts

LONGEST_BATCH = 1_000
"""A session of more messages comes as several batches, so that a file of any size streams."""

_FIELDS = ("text", "speaker", "occurred_at", "session", "group", "id", "source", "source_kind")
_REMEDY = (
    "kgmem reads LoCoMo JSON, and JSONL or a JSON list of messages such as "
    '{"text": "I moved to Berlin.", "speaker": "Ada", "occurred_at": "2024-05-01T10:00:00Z", '
    '"session": "monday"}'
)
_LOCOMO_SESSION = re.compile(r"session_(\d+)")
_LOCOMO_TIME = "%I:%M %p on %d %B, %Y"


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one session, in their order.

    Attributes:
        group: The group that the file names for them, if it does.
        session: Their session; the name of the file where they name none.
        messages: The messages.
    """

    group: str | None
    session: str
    messages: tuple[Message, ...]


class _Item(NamedTuple):
    """A JSON object and where it stands."""

    where: str
    value: dict[str, Any]


class _Placed(NamedTuple):
    """A message and where it belongs."""

    group: str | None
    session: str
    message: Message


def load(path: Path, *, timezone: tzinfo | None = None) -> Iterator[Batch]:
    """The batches of a file, in its order.

    Args:
        path: The file.
        timezone: What naive times in it are in; without it they are refused. LoCoMo's are UTC.

    Raises:
        InvalidInputError: It cannot be read, or something in it is malformed; the message names the
            file, the place and the remedy.
    """
    if not path.is_file():
        problem = (
            "is not a regular file: save it to one" if path.exists() else "is not there: check it"
        )
        raise InvalidInputError(f"{str(path)!r} {problem}")
    items = iter(_items(path))
    first = next(items, None)
    if first is None:
        return
    rest = _chained(first, items)
    if "conversation" in first.value:
        yield from (batch for item in rest for batch in _conversation(item, path))
    else:
        yield from _batches(_placed(item, path, timezone) for item in rest)


def _chained(first: _Item, rest: Iterator[_Item]) -> Iterator[_Item]:
    yield first
    yield from rest


# JSON


def _items(path: Path) -> Iterator[_Item]:
    """The objects of a file: of its lines where the first one is a whole object, else of its list."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            first = next((line for line in file if line.strip()), "")
            if _is_object(first):
                file.seek(0)
                yield from _lines(file, path)
            elif first:
                file.seek(0)
                yield from _document(_parsed(file.read(), str(path)), path)
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{str(path)!r} is not UTF-8 ({error}): save it as UTF-8"
        ) from error
    except OSError as error:
        raise InvalidInputError(f"{str(path)!r} cannot be read: {error.strerror}") from error


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _lines(file: Iterable[str], path: Path) -> Iterator[_Item]:
    for number, line in enumerate(file, start=1):
        if text := line.strip().removeprefix("\ufeff"):
            where = f"{path}, line {number}"
            yield _Item(where, _object(_parsed(text, where), where))


def _document(value: object, path: Path) -> Iterator[_Item]:
    if not isinstance(value, list):
        yield _Item(str(path), _object(value, str(path)))
        return
    for number, element in enumerate(value, start=1):
        where = f"{path}, item {number}"
        yield _Item(where, _object(element, where))


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInputError(f"{where}: {_shown(value)} is no object: {_REMEDY}")
    return value


def _parsed(text: str, where: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{where}, line {error.lineno}" if "\n" in text.strip() else where
        raise InvalidInputError(
            f"{place}, column {error.colno}: not JSON ({error.msg}): {_REMEDY}"
        ) from error
    except RecursionError as error:
        raise InvalidInputError(f"{where}: nested too deeply: {_REMEDY}") from error


def _shown(value: object) -> str:
    return repr(value)[:60]


# Messages


def _placed(item: _Item, path: Path, timezone: tzinfo | None) -> _Placed:
    where, value = item
    if "text" not in value:
        raise InvalidInputError(f"{where}: there is no 'text': {_REMEDY}")
    if unknown := [name for name in value if name not in _FIELDS]:
        raise InvalidInputError(
            f"{where}: {unknown[0]!r} is no field of a message: use {', '.join(_FIELDS)}"
        )
    given = {name: content for name, content in value.items() if content is not None}
    group, session = (_name(given.pop(key, None), key, where) for key in ("group", "session"))
    if "occurred_at" in given:
        given["occurred_at"] = _moment(given["occurred_at"], where, timezone)
    elif "id" not in given:
        # Without a time of its own it would be a new message whenever the file is read again.
        given["id"] = path.name + where.removeprefix(str(path))
    message = _message({"source": path.name, **given}, where)
    return _Placed(group, session or path.stem, message)


def _name(value: object, field: str, where: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidInputError(f"{where}: {field!r} is {_shown(value)}: write it as text")
    return checked(value, f"{where}: {field!r}", longest=LONGEST_NAME)


def _moment(value: object, where: str, timezone: tzinfo | None) -> datetime:
    if not isinstance(value, str):
        raise InvalidInputError(
            f"{where}: 'occurred_at' is {_shown(value)}: write it as text such as "
            '"2024-05-01T10:00:00Z"'
        )
    try:
        return starts(value, timezone)
    except InvalidInputError as error:
        raise InvalidInputError(f"{where}: 'occurred_at': {error}") from error


def _message(values: Mapping[str, object], where: str) -> Message:
    try:
        message = Message.model_validate(values)
    except InvalidInputError as error:
        raise InvalidInputError(f"{where}: {error}. Mend it: {_REMEDY}") from error
    checked(message.text, f"{where}: 'text'")
    for field in ("speaker", "id", "source"):
        _name(getattr(message, field), field, where)
    return message


def _batches(placed: Iterable[_Placed]) -> Iterator[Batch]:
    for (group, session), run in groupby(placed, key=lambda item: item[:2]):
        while messages := tuple(item.message for item in islice(run, LONGEST_BATCH)):
            yield Batch(group, session, messages)


# LoCoMo


def _conversation(item: _Item, path: Path) -> Iterator[Batch]:
    """The sessions of a conversation in order; each turn has its session's time."""
    where, value = item
    group = _name(value.get("sample_id"), "sample_id", where)
    sessions = _object(value.get("conversation"), f"{where}, 'conversation'")
    numbers = (match[1] for name in sessions if (match := _LOCOMO_SESSION.fullmatch(name)))
    for number in sorted(numbers, key=int):
        name = f"session_{number}"
        place = f"{where}, {name}"
        said_at = _locomo_time(sessions.get(f"{name}_date_time"), place)
        turns = sessions[name]
        if not isinstance(turns, list):
            raise InvalidInputError(f"{place}: {_shown(turns)} is no list of turns: {_REMEDY}")
        messages = tuple(
            _turn(turn, said_at, path, f"{place}, turn {place_in_session}")
            for place_in_session, turn in enumerate(turns, start=1)
        )
        if messages:
            yield Batch(group, name, messages)


def _locomo_time(value: object, where: str) -> datetime:
    try:
        return datetime.strptime(str(value), _LOCOMO_TIME).replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidInputError(
            f"{where}_date_time: {_shown(value)} is no time: write it as '1:56 pm on 8 May, 2023'"
        ) from error


def _turn(value: object, said_at: datetime, path: Path, where: str) -> Message:
    turn = _object(value, where)
    caption = turn.get("blip_caption")
    shared = f" [shares {caption}]" if caption else ""
    return _message(
        {
            "text": f"{turn.get('text') or ''}{shared}".strip(),
            "speaker": turn.get("speaker"),
            "occurred_at": said_at,
            "id": turn.get("dia_id"),
            "source": path.name,
        },
        where,
    )
