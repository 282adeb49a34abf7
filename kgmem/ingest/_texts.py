"""Text that is no JSON: tables, transcripts, documents."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from typing import TextIO

from kgmem.errors import InvalidInputError
from kgmem.ingest._messages import (
    FIELDS,
    ROLES,
    Placed,
    Source,
    lines,
    message,
    moment,
    name,
)
from kgmem.text import MAX_TEXT

LONGEST_PASSAGE = 1_200
"""A passage of a document has at most so many characters, its title aside."""

_COLUMNS: Mapping[str, Sequence[str]] = {
    "text": ("text", "message", "content", "body"),
    "speaker": ("speaker", "name", "author", "sender", "from", "user"),
    "occurred_at": (
        "occurred_at",
        "time",
        "timestamp",
        "date",
        "datetime",
        "created_at",
        "sent_at",
    ),
    "session": ("session", "conversation", "conversation_id", "thread", "channel"),
    "group": ("group",),
    "id": ("id", "message_id"),
    "source": ("source",),
    "source_kind": ("source_kind", "role"),
}
_DELIMITERS = ",;\t|"
_HEAD = 20

_STAMP = r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:?\d\d)?"
_TIMED = re.compile(
    rf"(?:\[(?P<in>{_STAMP})\]|(?P<out>{_STAMP}))[,\s]*-?\s*(?P<name>[^:]{{1,80}}):(?:\s+|$)"
)
_NAMED = re.compile(r"(?P<name>[^\W\d_][\w.'\u2019-]*(?: [\w.'\u2019()-]+){0,3}):(?:\s+|$)")
_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


# Tables


def table(file: TextIO, source: Source) -> Iterator[Placed]:
    """A message a row; columns are known by their names, and what has no known name is left out."""
    header = next((line for _, line in lines(file, source) if line.strip()), "")
    delimiter = _delimiter(header)
    file.seek(0)
    rows = csv.reader((line for _, line in lines(file, source)), delimiter=delimiter, strict=True)
    columns: dict[str, int] = {}
    # The csv module's own limit is below the longest text, and it is one for the whole process.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_TEXT + 1))
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            where = source.place("line", rows.line_num)
            raise InvalidInputError(
                f"{where}: no CSV ({error}): quote what holds quotes or line breaks"
            ) from error
        if row is None:
            return
        if not any(cell.strip() for cell in row):
            continue
        if not columns:
            columns, width = _columns(row, source), len(row)
            continue
        where = source.place("line", rows.line_num)
        if len(row) > width:
            raise InvalidInputError(
                f"{where}: {len(row)} cells under {width} columns: quote what holds {delimiter!r}"
            )
        cells = {field: row[n].strip() or None for field, n in columns.items() if n < len(row)}
        if cells.get("text"):
            yield _row(cells, where, source)


def _row(cells: dict[str, str | None], where: str, source: Source) -> Placed:
    values: dict[str, object] = dict(cells)
    group, session = (name(values.pop(key, None), key, where) for key in ("group", "session"))
    if values.get("occurred_at"):
        values["occurred_at"] = moment(values["occurred_at"], where, source.timezone)
    if kind := cells.get("source_kind"):
        values["source_kind"] = ROLES.get(kind.lower(), kind)
        values["speaker"] = cells.get("speaker") or kind
    return Placed(group, session or source.path.stem, message(values, where, source))


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _fields(header: Sequence[str]) -> list[tuple[str, int]]:
    """The fields that the names of columns stand for."""
    names = ["_".join(cell.lower().split()) for cell in header]
    return [(f, n) for n, c in enumerate(names) for f, known in _COLUMNS.items() if c in known]


def _columns(header: Sequence[str], source: Source) -> dict[str, int]:
    found = _fields(header)
    columns = dict(found)
    if "text" not in columns or len(columns) < len(found):
        raise InvalidInputError(
            f"{source.place('line', 1)}: the columns {', '.join(header)!r} do not say, each once, "
            f"what a message holds: name one 'text' and others of {', '.join(FIELDS[1:])}"
        )
    return columns


def is_table(head: Sequence[str]) -> bool:
    """Whether lines begin with the names of a text's column and of another one."""
    first = head[0] if head else ""
    found = dict(_fields([cell.strip('" \n') for cell in first.split(_delimiter(first))]))
    return "text" in found and len(found) > 1


# Transcripts


def transcript(file: TextIO, source: Source) -> Iterator[Placed]:
    """The turns of ``[2024-05-01 10:00] Name: text``; a line that begins none goes on with the last.

    Where turns have times, what has none begins no turn, and what stands above the first is as old.
    """
    turn: dict[str, object] = {}
    said: list[str] = []
    where, size = "", 0
    pattern = _TIMED if any(map(_TIMED.match, head_of(file, source))) else _NAMED
    file.seek(0)
    for number, line in lines(file, source):
        if match := pattern.match(line):
            stamp = match.groupdict().get("in") or match.groupdict().get("out")
            at = stamp and moment(stamp, source.place("line", number), source.timezone)
            yield from _turn(turn or {"occurred_at": at}, said, where, source)
            where, size = source.place("line", number), 0
            turn, said = {"speaker": match["name"].strip(), "occurred_at": at}, []
        where = where or source.place("line", number)
        if (size := size + len(line)) > MAX_TEXT:
            raise InvalidInputError(
                f"{where}: the turn has more than {MAX_TEXT:,} characters: begin turns with "
                "'Name: ', or read it with --format document"
            )
        said.append(line[match.end() :] if match else line)
    yield from _turn(turn, said, where, source)


def _turn(
    turn: Mapping[str, object], said: Sequence[str], where: str, source: Source
) -> Iterator[Placed]:
    if text := "".join(said).strip():
        yield Placed(None, source.path.stem, message({**turn, "text": text}, where, source))


def is_transcript(head: Sequence[str]) -> bool:
    """Whether the first lines are turns: timed, all of them named, or most with a name coming again."""
    if not head:
        return False
    timed = [number for number, line in enumerate(head) if _TIMED.match(line)]
    if len(timed) > 1 or timed[:1] in ([0], [1]):
        return True
    named = [match["name"] for line in head if (match := _NAMED.match(line))]
    if len(named) < 2 or not _NAMED.match(head[0]):  # noqa: PLR2004 - one alone is a remark
        return False
    return len(named) == len(head) or (2 * len(named) >= len(head) and len({*named}) < len(named))


# Documents


def document(file: TextIO, source: Source) -> Iterator[Placed]:
    """The passages of a document: paragraphs of one section, under the titles it stands in."""
    for titles, passage, number in _passages(file, source):
        text = "\n\n".join(part for part in (" > ".join(titles), passage) if part)
        # By content: an edited document brings its new passages alone.
        key = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
        values = {"text": text, "source_kind": "document", "id": f"{source.path.name}, {key}"}
        where = source.place("line", number)
        yield Placed(None, source.path.stem, message(values, where, source))


def _passages(file: TextIO, source: Source) -> Iterator[tuple[Sequence[str], str, int]]:
    titles: list[str] = []
    held, started = "", 1
    for heading, paragraph, number in _paragraphs(file, source):
        if held and (heading or len(held) + len(paragraph) > LONGEST_PASSAGE):
            yield titles, held, started
            held = ""
        if heading:
            titles = [*titles[: len(heading[1]) - 1], heading[2][:LONGEST_PASSAGE]]
            continue
        *full, last = _pieces(paragraph)
        for piece in full:
            yield titles, piece, number
        started = started if held else number
        held = f"{held}\n\n{last}" if held else last
    if held:
        yield titles, held, started


def _paragraphs(file: TextIO, source: Source) -> Iterator[tuple[re.Match[str] | None, str, int]]:
    """Headings and paragraphs; a fenced block is no heading, and a paragraph ends where it is long."""
    held: list[str] = []
    size, started, fenced = 0, 1, False
    for number, line in lines(file, source):
        fence = bool(_FENCE.match(line))
        fenced ^= fence
        heading = (
            None if fenced or fence else _HEADING.fullmatch(line.rstrip().rstrip("#").rstrip())
        )
        if held and (heading or (not line.strip() and not fenced) or size > LONGEST_PASSAGE):
            yield None, "".join(held).rstrip(), started
            held, size = [], 0
        if heading:
            yield heading, "", number
        elif line.strip():
            started = started if held else number
            held.append(line)
            size += len(line)
    if held:
        yield None, "".join(held).rstrip(), started


def _pieces(paragraph: str) -> Iterator[str]:
    """A paragraph in pieces that are no longer than a passage, cut between sentences where it can be."""
    while len(paragraph) > LONGEST_PASSAGE:
        ends = [match.end() for match in _SENTENCE_END.finditer(paragraph, 0, LONGEST_PASSAGE)]
        end = ends[-1] if ends else paragraph.rfind(" ", 1, LONGEST_PASSAGE) + 1
        end = end or LONGEST_PASSAGE
        if paragraph[:end].strip():
            yield paragraph[:end].strip()
        paragraph = paragraph[end:]
    yield paragraph


def head_of(file: TextIO, source: Source) -> list[str]:
    """The first lines of a file that hold something."""
    return list(islice((line for _, line in lines(file, source) if line.strip()), _HEAD))
