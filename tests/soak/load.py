"""What is disturbed: a file that a process takes in, noting each commit that it was told of."""

import json
import os
import random
import signal
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kgmem import ClaimDraft, Episode, Memory, Message
from kgmem.errors import ExtractionError
from kgmem.extraction.llm import LLMExtractor
from kgmem.ingest.job import Progress, ingest
from kgmem.testing import HashEmbedder, ScriptedExtractor, ScriptedModel, SteppingClock
from kgmem.windows import WINDOW

GROUP = "soak"
SESSIONS = 4
TURNS = 6
"""Turns of a session, which is a commit."""
NOW = datetime(2030, 1, 1, tzinfo=UTC)
_FIRST = datetime(2024, 1, 1, tzinfo=UTC)
_FAILING = "nobody can read this"


def messages(session: int, seed: int = 0) -> list[Message]:
    """Turns about a few people, so that facts begin, end, come again and are taken back."""
    chance = random.Random(f"{seed} {session}")
    return [
        Message(
            text=_said(chance, TURNS * session + turn),
            occurred_at=_FIRST + timedelta(hours=TURNS * session + turn),
            id=f"{session}.{turn}",
        )
        for turn in range(TURNS)
    ]


def _said(chance: random.Random, number: int) -> str:
    if number % 17 == 16:  # a window that fails now and then
        return _FAILING
    kind = chance.choice(("asserts", "asserts", "asserts", "asserts", "ends", "retracts"))
    predicate, things = chance.choice(
        (("lives_in", ("Rome", "Oslo", "Bonn")), ("likes", ("tea", "jazz", f"book {number}")))
    )
    draft = ClaimDraft(
        kind=kind,  # type: ignore[arg-type]
        subject=chance.choice(("Ada", "Bo", "Cleo", "Dan")),
        predicate=predicate,
        object=chance.choice(things),
        valid_at=_FIRST + timedelta(days=chance.randrange(60)),
    )
    return draft.model_dump_json(exclude_none=True)


def drafts(episode: Episode) -> Sequence[ClaimDraft]:
    """The draft that a turn spells out."""
    if episode.text == _FAILING:
        raise ExtractionError(_FAILING)
    return [ClaimDraft.model_validate_json(episode.text)]


def opened(url: str, group: str = GROUP, **options: object) -> Memory:
    """The memory that is disturbed; its clock stands still."""
    given = {
        "extractor": ScriptedExtractor(drafts),
        "embedder": HashEmbedder(),
        "clock": SteppingClock(NOW, timedelta(0)),
    }
    return Memory.open(url, group=group, **{**given, **options})  # type: ignore[arg-type]


def written(folder: Path) -> Path:
    """The file."""
    path = folder / "load.jsonl"
    rows = (
        {**message.model_dump(mode="json", exclude_none=True), "session": f"session {number}"}
        for number in range(SESSIONS)
        for message in messages(number)
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def take_in(path: Path, url: str, log: Path) -> None:
    """Takes the file in; the log gets the turns of the file that are in by now, after each commit."""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def acknowledged(progress: Progress) -> None:
        os.write(handle, f"{progress.turns}\n".encode())

    try:
        ingest(
            [path],
            url,
            group=GROUP,
            extractor=ScriptedExtractor(drafts),
            embedder=HashEmbedder(),
            clock=SteppingClock(NOW, timedelta(0)),
            turns_a_commit=TURNS,
            on_progress=acknowledged,
        )
    finally:
        os.close(handle)


WINDOWS = 100


class FatalModel(ScriptedModel):
    """A chat model that says nothing of note, and kills its process at one of its calls.

    Args:
        log: Gets a line for each call.
        last: The call that it does not survive.
    """

    def __init__(self, log: Path, last: int) -> None:
        super().__init__(self._answer)
        self._log = log
        self._left = last

    def _answer(self, reply: str, prompt: str) -> dict[str, Any]:
        del prompt
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{reply}\n")
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        return {"facts": []}


def ask(folder: Path, url: str, log: Path, last: int) -> None:
    """Takes in one session of so many windows with a language model."""
    path = folder / "session.txt"
    path.write_text("".join(f"Ada: Turn {n}.\n" for n in range(WINDOWS * WINDOW)), encoding="utf-8")
    ingest([path], url, group=GROUP, extractor=LLMExtractor(FatalModel(log, last)), embedder="none")
