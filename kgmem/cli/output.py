"""What commands print: tables for people, tab-separated lines for pipes, JSON for programs.

Standard output carries the answer; what is said about it goes to standard error.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table
from rich.text import Text

_SHORT_ID = 8
_NUMBERS = {"score", "turns", "sessions", "new", "added", "ended", "retracted", "seconds", "count"}
_NUMBERS |= {"windows", "calls", "tokens", "left", "importance"}
_UNBROKEN = {"id", "level", "check", "from", "until", "change", "at", "score", "predicate"}
_STYLES = {
    "added": "green",
    "ended": "yellow",
    "revised": "cyan",
    "retracted": "red",
    "reinforced": "dim",
    "ok": "green",
    "warning": "yellow",
    "error": "red",
}


def is_terminal() -> bool:
    """Whether a person reads along."""
    return sys.stdout.isatty()


def print_json(value: object) -> None:
    """Prints one JSON document."""
    typer.echo(json.dumps(_plain(value), indent=2, ensure_ascii=False, default=plain_time))


def plain_time(value: object) -> str:
    """What JSON has no word for, as text: times in ISO 8601."""
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(value: object) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def print_table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, below: Sequence[str] = ()
) -> None:
    """Prints rows under headers; says so on stderr where there are none.

    Args:
        headers: The names of the columns.
        rows: Their cells.
        below: Columns that people see as a second line under the last of the others.
    """
    cells = [[_one_line(cell) for cell in row] for row in rows]
    if not cells:
        note("nothing found")
    elif is_terminal():
        _print_for_people(headers, cells, below)
    else:
        for row in (headers, *cells):
            typer.echo("\t".join(row))


def print_counts(counts: Mapping[str, int], *, as_json: bool) -> None:
    """Prints how many records of each kind there are."""
    if as_json:
        print_json(counts)
    else:
        print_table(("record", "count"), [(name, str(count)) for name, count in counts.items()])


def _print_for_people(
    headers: Sequence[str], rows: Sequence[Sequence[str]], below: Sequence[str]
) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for header in headers:
        if header not in below:
            table.add_column(
                header,
                style="dim" if header == "id" else None,
                justify="right" if header in _NUMBERS else "left",
                no_wrap=header in _UNBROKEN,
            )
    for row in rows:
        cells = [
            Text(cell, style=_STYLES.get(cell, ""))
            for header, cell in zip(headers, row, strict=True)
            if header not in below
        ]
        for header, cell in zip(headers, row, strict=True):
            if header in below and cell:
                cells[-1].append(f"\n{header} {cell}", style="dim")
        table.add_row(*cells)
    Console(highlight=False).print(table)


def note(text: str) -> None:
    """Says something about the answer, on stderr."""
    typer.echo(text, err=True)


def confirm(question: str) -> None:
    """Asks on stderr; `typer.confirm` would put a space into the answer on stdout.

    Raises:
        typer.Abort: The answer is not yes.
    """
    typer.echo(f"{question} [y/N] ", nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise typer.Abort


def moment(at: datetime | None, missing: str = "") -> str:
    """An instant of the world: its day; in pipes with the time where it is not midnight."""
    if at is None:
        return missing
    if is_terminal() or at.time() == datetime.min.time():
        return f"{at:%Y-%m-%d}"
    return f"{at:%Y-%m-%d %H:%M}Z"


def span(since: datetime, until: datetime | None) -> str:
    """A stretch of the world's time, in words."""
    if until is None and since > datetime.now(UTC):
        return f"from {moment(since)}"
    return f"{moment(since)} to {moment(until, 'now')}"


def exactly(at: datetime | None) -> str:
    """An instant of transaction time, exact, so that it can be given back to ``--as-known``."""
    return "" if at is None else at.isoformat().replace("+00:00", "Z")


def short(name: str) -> str:
    """An id: its beginning for people, who may give that back; all of it for pipes."""
    return name[:_SHORT_ID] if is_terminal() else name


def counted(number: int, what: str) -> str:
    """``1 turn``, ``2 turns``, ``2 entities``."""
    if number == 1:
        return f"1 {what}"
    return f"{number:,} {what[:-1]}ies" if what.endswith("y") else f"{number:,} {what}s"


def took(seconds: float) -> str:
    """A duration as people say it."""
    return f"{seconds:.2f} s" if seconds < 60 else str(timedelta(seconds=round(seconds)))  # noqa: PLR2004


def without_password(url: str) -> str:
    """A store's URL as it may be shown."""
    scheme, separator, rest = url.partition("://")
    if rest.startswith("/"):
        return url
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
