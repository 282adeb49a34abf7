"""What an ingest would take, file by file; no store is opened or made."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from kgmem.errors import ConfigurationError, InvalidInputError
from kgmem.extraction.base import Context
from kgmem.extraction.llm import foreseen
from kgmem.ingest.loaders import Batch, Files
from kgmem.intake import episodes
from kgmem.models import Episode, Record
from kgmem.windows import WINDOW


class Estimate(Record):
    """What is in a file, and what it would take if nothing of it is known yet.

    Attributes:
        file: The file.
        format: What it is read as.
        sessions: Its sessions.
        turns: Its turns, messages or passages.
        windows: How many windows of turns an extractor would see.
        calls: Calls to a language model where one extracts; one more a window may ask what ended.
        tokens: Tokens to send in those calls, at a quarter of the characters; replies are not
            foreseen.
        problem: Why it would be refused; what is counted then stands before that place.
    """

    file: str
    format: str | None = None
    sessions: int = 0
    turns: int = 0
    windows: int = 0
    calls: int = 0
    tokens: int = 0
    problem: str | None = None


def estimates(files: Files, now: datetime) -> Iterator[Estimate]:
    """An estimate for each file.

    Args:
        files: The files.
        now: The time of messages that have none.
    """
    for path in files.paths:
        yield _estimate(files, path, now)


def _estimate(files: Files, path: Path, now: datetime) -> Estimate:
    found: dict[str, str | int] = {"file": str(path)}
    totals = dict.fromkeys(("sessions", "turns", "windows", "calls", "tokens"), 0)
    last: tuple[str, str] | None = None
    problem = None
    try:
        for group, batch in files.of(path):
            found["format"] = batch.format
            totals["sessions"] += (group, batch.session) != last
            last = group, batch.session
            for name, number in _costs(group, batch, files, now).items():
                totals[name] += number
    except (InvalidInputError, ConfigurationError) as error:
        problem = str(error)
    return Estimate.model_validate({**found, **totals, "problem": problem})


def _costs(group: str, batch: Batch, files: Files, now: datetime) -> dict[str, int]:
    turns: list[Episode] = episodes(
        batch.messages, group=group, session=batch.session, now=now, timezone=files.timezone
    )
    costs = {"turns": len(turns), "windows": 0, "calls": 0, "tokens": 0}
    for start in range(0, len(turns), WINDOW):
        context = Context(previous=turns[:start], timezone=files.timezone)
        tally = foreseen(turns[start : start + WINDOW], context)
        costs["windows"] += 1
        costs["calls"] += tally.calls
        costs["tokens"] += tally.input_tokens
    return costs
