"""The command that takes in files."""
# ruff: noqa: PLR0913 - each parameter is an option, given by name

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from kgmem.cli.options import (
    DEFAULT_STORE,
    AsJson,
    Cache,
    Embedder,
    Extractor,
    Group,
    Judge,
    SchemaFile,
    Store,
    Timezone,
    extractor_of,
    judge_of,
    zone,
)
from kgmem.cli.output import counted, note, print_json, print_table
from kgmem.cli.showing import PARTLY_FAILED, note_model
from kgmem.errors import InvalidInputError

if TYPE_CHECKING:
    from kgmem.ingest.job import GroupTotals
    from kgmem.ingest.loaders import Files


_Paths = Annotated[
    list[Path],
    typer.Argument(
        metavar="PATH...",
        help="Messages as JSONL, JSON or CSV; exports of ChatGPT and Claude; LoCoMo, LongMemEval; "
        "transcripts; Markdown or plain text.",
    ),
]
_Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help="What the files are, where it is not recognized: messages, csv, transcript, "
        "document, chatgpt, claude, locomo, longmemeval.",
    ),
]

_Jobs = Annotated[
    int, typer.Option(min=1, metavar="N", help="How many processes extract and embed.")
]
_DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only say what is there and what it would take.")
]

# What a shell reports of a process that a signal ended.
_SIGNALLED = 128

_Runner = Annotated[
    Literal["local", "ray"],
    typer.Option(help="Where they run: on this machine, or as actors on Ray."),
]
_RayAddress = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="The Ray cluster: auto, HOST:6379. By default one is started here."
    ),
]


def ingest(
    paths: _Paths,
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    format: _Format = None,
    extractor: Extractor = "rules",
    embedder: Embedder = "local",
    schema: SchemaFile = None,
    cache: Cache = None,
    judge: Judge = None,
    timezone: Timezone = None,
    jobs: _Jobs = 1,
    runner: _Runner = "local",
    ray_address: _RayAddress = None,
    dry_run: _DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Take in whole files; doing it again adds nothing.

    The group is the one that the file names for a message, else --group. Exit status: 0 where all
    went well, 1 where turns were kept but their extraction failed, 2 where nothing could be done,
    130 (Ctrl-C) and 143 (SIGTERM) where it ended after the write at hand: run it again to go on.

    Example:
      kgmem ingest chats.jsonl --group ada --store sqlite:///ada.db
      kgmem ingest conversations.json --dry-run --group ada
      kgmem ingest locomo.json --jobs 4 --json | jq '.[] | {group, added}'
    """
    from kgmem.cli.progress import shown_progress
    from kgmem.ingest import job
    from kgmem.ingest.loaders import Files

    if dry_run:
        _print_estimates(Files(paths, group, format, zone(timezone)), as_json=as_json)
        return
    chosen, known = extractor_of(extractor, schema, cache)
    with shown_progress() as progress, _asked_to_end() as signals:
        totals = job.ingest(
            paths,
            store,
            group=group,
            format=format,
            extractor=chosen,
            embedder=None if embedder == "local" else embedder,
            schema=known,
            judge=judge_of(judge, cache),
            timezone=zone(timezone),
            jobs=jobs,
            runner=runner,
            ray_address=ray_address,
            on_progress=progress,
            stop=lambda: bool(signals),
        )
    _print_totals(totals, as_json=as_json)
    if signals:
        note("ended before the files did: run the same again to go on")
        raise typer.Exit(_SIGNALLED + signals[0])
    if any(total.failed for total in totals):
        raise typer.Exit(PARTLY_FAILED)


@contextmanager
def _asked_to_end() -> Iterator[list[int]]:
    """Collects the signal that asks to end; the same again ends at once."""
    signals: list[int] = []

    def asked(number: int, _: object) -> None:
        signals.append(number)
        signal.signal(number, before[signal.Signals(number)])
        note("ending after the write at hand; the same signal again ends at once")

    before = {n: signal.signal(n, asked) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_estimates(files: "Files", *, as_json: bool) -> None:
    """Prints what an ingest would take.

    Raises:
        InvalidInputError: A file would be refused.
    """
    from kgmem.ingest.estimate import estimates
    from kgmem.opening import system_clock

    found = list(estimates(files, system_clock()))
    if as_json:
        print_json(found)
    else:
        counts = ("sessions", "turns", "windows", "calls", "tokens")
        rows = [
            (one.file, one.format or "", *(str(getattr(one, name)) for name in counts))
            for one in found
        ]
        print_table(("file", "format", *counts), rows)
        note("calls and tokens are those of a language model, sent; the rules need none")
    problems = [one.problem for one in found if one.problem]
    for problem in problems[:-1]:
        note(f"error: {problem}")
    if problems:
        raise InvalidInputError(problems[-1])


def _print_totals(totals: "list[GroupTotals]", *, as_json: bool) -> None:
    """Prints what was done, and on stderr what failed."""
    for total in totals:
        for reason, turns in total.reasons.items():
            note(f"extraction failed on {counted(turns, 'turn')} of {total.group}: {reason}")
    if any(total.failed for total in totals):
        note(
            "the turns themselves are kept; kgmem retry with the same --extractor extracts from them again"
        )
    if as_json:
        print_json(totals)
        return
    headers = ("group", "sessions", "turns", "new", "added", "ended", "retracted", "seconds")
    rows = [
        (
            total.group,
            *map(str, (total.sessions, total.turns, total.episodes)),
            *map(str, (total.added, total.ended, total.retracted)),
            f"{total.seconds:.1f}",
        )
        for total in totals
    ]
    print_table(headers, rows)
    note_model(totals)
