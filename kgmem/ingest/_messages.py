"""From what a file holds to messages: what every format shares."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from kgmem.errors import InvalidInputError
from kgmem.intake import LONGEST_NAME
from kgmem.models import Message, SourceKind
from kgmem.text import checked
from kgmem.when import starts

LONGEST_LINE = 10_000_000
"""No line may have more characters: a file is read line by line, and one has to fit in memory."""

FIELDS = ("text", "speaker", "occurred_at", "session", "group", "id", "source", "source_kind")
"""What a message may say of itself."""

REMEDY = (
    "messages are JSON objects such as "
    '{"text": "I moved to Berlin.", "speaker": "Ada", "occurred_at": "2024-05-01T10:00:00Z", '
    '"session": "monday"}'
)
ROLES: Mapping[str, SourceKind] = {
    "user": "user",
    "human": "user",
    "assistant": "agent",
    "agent": "agent",
    "ai": "agent",
    "tool": "tool",
    "system": "tool",
    "function": "tool",
    "document": "document",
}
"""What kind of source a role of a chat is."""


class Source(NamedTuple):
    """A file to read.

    Attributes:
        path: Where it is.
        timezone: What naive times in it are in; without it they are refused.
    """

    path: Path
    timezone: tzinfo | None

    def place(self, kind: str, number: int) -> str:
        """Names a place in it, for people and as the id of a message that has no time."""
        return f"{self.path}, {kind} {number}"


class Placed(NamedTuple):
    """A message and where it belongs."""

    group: str | None
    session: str
    message: Message


def lines(file: TextIO, source: Source) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers.

    Raises:
        InvalidInputError: One is too long to be read.
    """
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise InvalidInputError(
                f"{source.place('line', number)}: has more than {LONGEST_LINE:,} characters: "
                "break the file into lines"
            )
        yield number, line.removeprefix("\ufeff") if number == 1 else line


def shown(value: object) -> str:
    """The beginning of a value, to be quoted in an error."""
    return repr(value)[:60]


def mapping(value: object, where: str) -> dict[str, Any]:
    """The value, where it is a JSON object.

    Raises:
        InvalidInputError: It is none.
    """
    if not isinstance(value, dict):
        raise InvalidInputError(f"{where}: {shown(value)} is no object: {REMEDY}")
    return value


def listed(value: object, where: str) -> list[Any]:
    """The value, where it is a JSON array.

    Raises:
        InvalidInputError: It is none.
    """
    if not isinstance(value, list):
        raise InvalidInputError(f"{where}: {shown(value)} is no list: write it as one")
    return value


def name(value: object, field: str, where: str) -> str | None:
    """The value, where it can be a name.

    Raises:
        InvalidInputError: It cannot.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidInputError(f"{where}: {field!r} is {shown(value)}: write it as text")
    return checked(value, f"{where}: {field!r}", longest=LONGEST_NAME)


def moment(
    value: object, where: str, timezone: tzinfo | None, field: str = "occurred_at"
) -> datetime:
    """The instant that a text says.

    Raises:
        InvalidInputError: It is no text, no date, or naive without a timezone.
    """
    if not isinstance(value, str):
        raise InvalidInputError(
            f'{where}: {field!r} is {shown(value)}: write it as text such as "2024-05-01T10:00:00Z"'
        )
    try:
        return starts(value, timezone)
    except InvalidInputError as error:
        raise InvalidInputError(f"{where}: {field!r}: {error} (or use --timezone)") from error


def seconds(value: object, where: str, field: str) -> datetime | None:
    """The instant so many seconds after 1970.

    Raises:
        InvalidInputError: It is no number, or too large.
    """
    if value is None:
        return None
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise InvalidInputError(f"{where}: {field!r} is {shown(value)}: write seconds since 1970")


def message(values: Mapping[str, object], where: str, source: Source) -> Message:
    """A message that can be stored; what it leaves open is told by its place.

    Raises:
        InvalidInputError: It cannot be stored.
    """
    path = source.path
    given = {"source": path.name, **{k: v for k, v in values.items() if v is not None}}
    if "occurred_at" not in given and "id" not in given:
        # Without a time of its own it would be a new message whenever the file is read again.
        given["id"] = path.name + where.removeprefix(str(path))
    try:
        made = Message.model_validate(given)
    except InvalidInputError as error:
        raise InvalidInputError(f"{where}: {error}. Mend it: {REMEDY}") from error
    checked(made.text, f"{where}: 'text'")
    for field in ("speaker", "id", "source"):
        name(getattr(made, field), field, where)
    return made
