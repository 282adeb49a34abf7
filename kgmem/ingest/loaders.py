"""Files as batches of messages, one session a batch; the format is recognized by content.

- ``messages``: JSONL, a message a line, or a JSON list of them. A message has ``text`` and, where
  they are known, ``speaker``, ``occurred_at``, ``session``, ``group``, ``id``, ``source`` and
  ``source_kind``.
- ``locomo``: conversations of LoCoMo; ``sample_id`` is the group.
- ``longmemeval``: questions of LongMemEval with their haystacks; ``question_id`` is the group.
- ``chatgpt``: ``conversations.json`` of a ChatGPT export; the branch that was shown last.
- ``claude``: ``conversations.json`` of a Claude export.
- ``csv``: a message a row under named columns, with commas, semicolons, tabs or bars between.
- ``transcript``: ``Name: text``, or ``[2024-05-01 10:00] Name: text``.
- ``document``: Markdown or plain text, in passages of a section under its titles.

Lines, rows, turns and passages are read as a stream. One JSON document is read whole, and refused
above `kgmem.ingest._conversations.LARGEST_DOCUMENT` characters.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import chain, islice
from pathlib import Path
from typing import Literal, TextIO, get_args

from kgmem.errors import ConfigurationError, InvalidInputError
from kgmem.ingest import _texts
from kgmem.ingest._conversations import SHAPES, Item, items, messages
from kgmem.ingest._messages import REMEDY, Placed, Source
from kgmem.models import Message
from kgmem.when import TICK

LONGEST_BATCH = 1_000
"""A session of more messages comes as several batches, so that a file of any size streams."""

_Session = tuple[str | None, str]
# Its last instant, and how many messages before the last were said then.
_End = tuple[datetime | None, int]

Format = Literal[
    "messages", "locomo", "longmemeval", "chatgpt", "claude", "csv", "transcript", "document"
]
"""What a file may be."""

_READERS = {
    "csv": _texts.table,
    "transcript": _texts.transcript,
    "document": _texts.document,
}
# A bracket alone also begins the times of a transcript and the links of a document.
_JSON = re.compile(r'\{\s*(?:["}]|$)|\[\s*(?:[{"\]]|$)')
_JSON_NAMES = (".json", ".jsonl", ".ndjson")
_TABLE_NAMES = (".csv", ".tsv")


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one session, in their order.

    Attributes:
        group: The group that the file names for them, if it does.
        session: Their session; the name of the file where they name none.
        messages: The messages.
        format: What the file was read as.
    """

    group: str | None
    session: str
    messages: tuple[Message, ...]
    format: str = "messages"


@dataclass(frozen=True, slots=True)
class Files:
    """Several files, each read when it is its turn.

    Attributes:
        paths: Where they are.
        group: The group of what names none itself.
        format: What they are, as for `load`.
        timezone: What naive times in them are in.
    """

    paths: Sequence[Path]
    group: str | None = None
    format: str | None = None
    timezone: tzinfo | None = None

    def batches(self) -> Iterator[tuple[str, Batch]]:
        """The batches of all of them, each with its group.

        Raises:
            InvalidInputError: A file is malformed.
            ConfigurationError: A message has no group, and none is given.
        """
        return (found for path in self.paths for found in self.of(path))

    def of(self, path: Path) -> Iterator[tuple[str, Batch]]:
        """The batches of one of them, each with its group; raises as `batches` does."""
        for batch in load(path, format=self.format, timezone=self.timezone):
            name = batch.group or self.group
            if name is None:
                raise ConfigurationError(
                    f"{str(path)!r} does not say which group its messages are of: name one with "
                    "--group (group= in Python), or give each message a 'group'"
                )
            yield name, batch


def load(
    path: Path, *, format: str | None = None, timezone: tzinfo | None = None
) -> Iterator[Batch]:
    """The batches of a file, in its order.

    Args:
        path: The file.
        format: What it is, one of `Format`; by default its content tells.
        timezone: What naive times in it are in; without it they are refused. Those of LoCoMo and
            LongMemEval are UTC.

    Raises:
        InvalidInputError: It cannot be read, or something in it is malformed; the message names the
            file, the place and the remedy.
        ConfigurationError: There is no such format.
    """
    if format is not None and format not in get_args(Format):
        raise ConfigurationError(
            f"{format!r} is no format: use one of {', '.join(get_args(Format))}"
        )
    if not path.is_file():
        problem = (
            "is not a regular file: save it to one" if path.exists() else "is not there: check it"
        )
        raise InvalidInputError(f"{str(path)!r} {problem}")
    try:
        with path.open(encoding="utf-8-sig") as file:
            recognized, placed = _recognized(file, Source(path, timezone), format)
            yield from _batches(placed, recognized)
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{str(path)!r} is not UTF-8 ({error}): save it as UTF-8"
        ) from error
    except OSError as error:
        raise InvalidInputError(f"{str(path)!r} cannot be read: {error.strerror}") from error


def _recognized(file: TextIO, source: Source, format: str | None) -> tuple[str, Iterator[Placed]]:
    if format is None:
        format = _text_format(_texts.head_of(file, source), source.path)
        file.seek(0)
    if reader := _READERS.get(format or ""):
        return str(format), reader(file, source)
    found = items(file, source)
    first = list(islice(found, 1))
    if format is None:
        keys = first[0].value if first else {}
        format = next((f for f, (key, _) in SHAPES.items() if key in keys), "messages")
    return format, _read(chain(first, found), source, format)


def _read(found: Iterable[Item], source: Source, format: str) -> Iterator[Placed]:
    key, read = SHAPES.get(format, ("text", messages))
    for item in found:
        if key not in item.value:
            raise InvalidInputError(
                f"{item.where}: there is no {key!r}, as the format {format!r} has it: mend it, or "
                f"name another with --format; {REMEDY}"
            )
        yield from read(item, source)


def _text_format(head: list[str], path: Path) -> str | None:
    """The format that the first lines show; ``None`` for JSON, whose objects tell more."""
    suffix = path.suffix.lower()
    if not head or _JSON.match(head[0].strip()):
        return None
    if _texts.is_transcript(head):
        return "transcript"
    if _texts.is_table(head) or suffix in _TABLE_NAMES:
        return "csv"
    # Taken for a document, a file that only means to be JSON would be remembered as it is broken.
    return None if suffix in _JSON_NAMES else "document"


def _batches(placed: Iterable[Placed], format: str) -> Iterator[Batch]:
    """The sessions, also where their messages alternate.

    `LONGEST_BATCH` messages are held at most; then the session in which nothing was said for longest
    comes, as far as it goes.
    """
    held: OrderedDict[_Session, list[Message]] = OrderedDict()
    ends: OrderedDict[_Session, _End] = OrderedDict()
    size = 0

    def given() -> Batch:
        session, messages = held.popitem(last=False)
        said, ends[session] = _following(messages, ends.pop(session, (None, 0)))
        if len(ends) > LONGEST_BATCH:
            ends.popitem(last=False)
        return Batch(*session, said, format)

    for group, session, message in placed:
        held.setdefault((group, session), []).append(message)
        held.move_to_end((group, session))
        size += 1
        if size == LONGEST_BATCH:
            batch = given()
            size -= len(batch.messages)
            yield batch
    while held:
        yield given()


def _following(messages: Sequence[Message], end: _End) -> tuple[tuple[Message, ...], _End]:
    """A part of a session after one that ended so: what goes on at its last instant follows it.

    Within a part `kgmem.intake.episodes` keeps the order of what was said at one instant.
    """
    said: list[Message] = []
    before, count = end
    goes_on = True
    for message in messages:
        at = message.occurred_at
        count = count + 1 if at is not None and at == before else 0
        goes_on = goes_on and count > 0
        before = at
        later = {"occurred_at": at + count * TICK} if at and goes_on else {}
        said.append(message.model_copy(update=later) if later else message)
    return tuple(said), (before, count)
