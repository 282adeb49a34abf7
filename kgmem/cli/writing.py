"""The commands that write."""
# ruff: noqa: PLR0913 - each parameter is an option, given by name

import sys
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
    fact_id,
    named,
    opened,
    zone,
)
from kgmem.cli.output import confirm, note, print_counts, print_json, print_table, without_password
from kgmem.cli.showing import print_receipt, print_report
from kgmem.errors import InvalidInputError
from kgmem.forgetting import Scope, parts_given

if TYPE_CHECKING:
    from kgmem.memory import Memory

_STDIN = "-"


def add(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="What was said; - reads standard input.")
    ],
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    speaker: Annotated[str | None, typer.Option(metavar="NAME", help="Who said it.")] = None,
    at: Annotated[str | None, typer.Option(metavar="DATE", help="When; now by default.")] = None,
    session: Annotated[str, typer.Option(metavar="NAME", help="Its conversation.")] = "default",
    message_id: Annotated[
        str | None, typer.Option("--id", help="Your id for it: the same id is added once.")
    ] = None,
    extractor: Extractor = "rules",
    embedder: Embedder = "local",
    schema: SchemaFile = None,
    cache: Cache = None,
    judge: Judge = None,
    timezone: Timezone = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take in one turn; print what changed in belief.

    Example:
      kgmem add "I moved to Berlin last week." --speaker Ada --at 2024-05-01 --group ada
    """
    from kgmem.models import Message
    from kgmem.when import starts

    message = Message(
        text=sys.stdin.read() if text == _STDIN else text,
        speaker=speaker,
        occurred_at=None if at is None else starts(at, zone(timezone)),
        id=message_id,
    )
    with opened(
        store,
        group,
        extractor=extractor,
        embedder=embedder,
        schema=schema,
        cache=cache,
        judge=judge,
        timezone=timezone,
        create=True,
    ) as memory:
        report = memory.add([message], session=session, dry_run=dry_run)
    print_report(report, as_json=as_json)


def correct(
    fact: Annotated[str, typer.Argument(metavar="FACT", help="A fact's id, or how it begins.")],
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    object_: Annotated[
        str | None, typer.Option("--object", metavar="NAME", help="What it really leads to.")
    ] = None,
    valid_at: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Since when it really holds.")
    ] = None,
    invalid_at: Annotated[
        str | None,
        typer.Option("--until", metavar="DATE", help="Until when; 'still' where it goes on."),
    ] = None,
    text: Annotated[str | None, typer.Option(help="The words for it.")] = None,
    never: Annotated[
        bool, typer.Option("--never", help="Take it back and put nothing in its place.")
    ] = False,
    embedder: Embedder = "local",
    as_json: AsJson = False,
) -> None:
    """Correct a fact, or take it back.

    What was wrong stays known as what was believed once.

    Example:
      kgmem correct 3f9a12c4 --object Hamburg --from 2023-05 --group ada
      kgmem correct 3f9a12c4 --never --group ada
    """
    from kgmem.correcting import correction

    given = correction(object_, valid_at, invalid_at, text)
    if bool(given) == never:
        raise InvalidInputError(
            "say what is right with --object, --from, --until or --text, or take the fact back "
            "with --never alone"
        )
    with opened(store, group, embedder=embedder) as memory:
        report = memory.correct(fact_id(memory, fact), **given)
    print_report(report, as_json=as_json)


def retry(
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    extractor: Extractor = "none",
    embedder: Embedder = "local",
    schema: SchemaFile = None,
    cache: Cache = None,
    judge: Judge = None,
    timezone: Timezone = None,
    as_json: AsJson = False,
) -> None:
    """Extract again from turns whose extraction failed, with the extractor that you name.

    Example:
      kgmem retry --group ada --extractor openai:gpt-4.1-mini
    """
    with opened(
        store,
        group,
        extractor=extractor,
        embedder=embedder,
        schema=schema,
        cache=cache,
        judge=judge,
        timezone=timezone,
    ) as memory:
        failed = len(memory.parts.store.state().failures)
        if failed and memory.parts.extractor is None:
            # Another one would find other facts, and nothing would be asked again.
            raise InvalidInputError(
                f"{failed} turns wait to be extracted from: name the extractor that failed, as in "
                "--extractor openai:gpt-4.1-mini"
            )
        report = memory.retry()
    print_report(report, as_json=as_json)


def undo(
    report: Annotated[
        str,
        typer.Argument(metavar="REPORT", help="What a write printed with --json; - reads stdin."),
    ],
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    as_json: AsJson = False,
) -> None:
    """Take back what a write added; nothing is erased.

    Example:
      kgmem add "I live in Rome." --speaker Ada --group ada --json > report.json
      kgmem undo report.json --group ada
    """
    from kgmem.results import Report

    try:
        words = sys.stdin.read() if report == _STDIN else Path(report).read_text(encoding="utf-8")
        given = Report.model_validate_json(words)
    except (OSError, ValueError) as error:
        raise InvalidInputError(
            f"{report!r} cannot be read ({getattr(error, 'strerror', None) or 'it is no report'}): "
            "give a file that 'kgmem add --json' or 'kgmem correct --json' wrote"
        ) from error
    with opened(store, group) as memory:
        undone = memory.undo(given)
    print_report(undone, as_json=as_json)


_Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of an entity.")]
_Other = Annotated[str, typer.Argument(metavar="OTHER", help="The other name.")]


def merge(
    name: _Name,
    other: _Other,
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    as_json: AsJson = False,
) -> None:
    """Decide that two names stand for one entity; the first stays its name.

    Example:
      kgmem merge "Ann Smith" Annie --group ada
    """
    with opened(store, group) as memory:
        print_report(memory.merge_entities(name, other), as_json=as_json)


def split(
    name: _Name,
    other: _Other,
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    as_json: AsJson = False,
) -> None:
    """Decide that two names stand for two entities.

    Example:
      kgmem split Ann "Ann Jones" --group ada
    """
    with opened(store, group) as memory:
        print_report(memory.split_entities(name, other), as_json=as_json)


def trust(
    order: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE]...",
            help="Kinds of sources, the most trusted first: user, agent, tool, document.",
        ),
    ] = None,
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    min_confidence: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Claims less sure than this, 0 to 1, do not count."),
    ] = None,
    alike: Annotated[
        bool, typer.Option("--alike", help="Believe every source and every claim again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show whom the group believes, or give it another policy; what follows is derived again.

    Example:
      kgmem trust --group ada
      kgmem trust user agent --min-confidence 0.5 --group ada
      kgmem trust --alike --group ada
    """
    from kgmem.models import Trust

    changes = bool(order) or min_confidence is not None
    if changes and alike:
        raise InvalidInputError("--alike turns the policy off: give it alone")
    values = {"order": order or (), "min_confidence": min_confidence or 0.0}
    policy = Trust.model_validate(values) if changes or alike else None
    with opened(store, group, trust=policy) as memory:
        now, facts = memory.trust(), memory.stats()["facts"]
    if as_json:
        print_json(now)
        return
    row = (" > ".join(now.order) or "all alike", f"{now.min_confidence:g}", str(facts))
    print_table(("sources", "least confidence", "facts"), [row])


def forget(
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    session: Annotated[str | None, typer.Option(metavar="NAME", help="A conversation.")] = None,
    episode: Annotated[
        str | None, typer.Option(metavar="ID", help="A turn, by its id or yours.")
    ] = None,
    entity: Annotated[
        str | None, typer.Option(metavar="NAME", help="All that speaks of it.")
    ] = None,
    before: Annotated[
        str | None, typer.Option(metavar="DATE", help="All that was said before.")
    ] = None,
    everything: Annotated[bool, typer.Option("--everything", help="The whole group.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase for good; print the receipt.

    Example:
      kgmem forget --entity Ada --dry-run --group ada
      kgmem forget --session 2024-05-01 --group ada
      kgmem forget --everything --yes --group ada --json > receipt.json
    """
    scope = Scope(
        session=session, episode=episode, entity=entity, before=before, everything=everything
    )
    asked = parts_given(scope)
    if len(asked) != 1:
        raise InvalidInputError(
            "say what to forget with one of --session, --episode, --entity, --before, --everything"
        )
    what = " ".join(
        "everything" if value is True else f"{name} {value!r}" for name, value in asked.items()
    )
    if not (yes or dry_run):
        question = f"Erase {what} of group {named(group)!r} in {without_password(store)}, for good?"
        confirm(question)
    with opened(store, group) as memory:
        receipt = memory.forget(dry_run=dry_run, **scope)
        words = {fact.id: fact.text for fact in memory.facts()} if receipt.kept else {}
        turns = memory.episodes(receipt.episodes) if dry_run else []
    print_receipt(receipt, words, turns, as_json=as_json)


def copy(
    target: Annotated[
        str, typer.Argument(envvar="KGMEM_TARGET", metavar="URL", help="The store to copy to.")
    ],
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    as_json: AsJson = False,
) -> None:
    """Copy a group, both clocks included, to another store.

    Doing it again adds what has come since.

    Example:
      kgmem copy sqlite:///backup.db --group ada --store sqlite:///kgmem.db
    """
    with opened(store, group) as memory:
        counts = memory.copy_to(target)
        _note_if_empty(memory)
    print_counts(counts, as_json=as_json)


def export(
    path: Annotated[Path, typer.Argument(help="The file or folder to make.")],
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    form: Annotated[
        Literal["jsonl", "parquet", "neo4j-admin"],
        typer.Option(
            "--format", help="JSON lines, a folder of Parquet, or CSV for neo4j-admin's import."
        ),
    ] = "jsonl",
    vectors: Annotated[
        bool, typer.Option(help="Write the embeddings too, which are most of it.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Write a group, both clocks included, to files for a backup, another store, or analysis.

    Example:
      kgmem export ada.jsonl --group ada
      kgmem export ada-parquet --format parquet --group ada
    """
    with opened(store, group) as memory:
        counts = memory.export_to(path, format=form, vectors=vectors)
        _note_if_empty(memory)
    print_counts(counts, as_json=as_json)


def _note_if_empty(memory: "Memory") -> None:
    """Says that a group holds nothing: its name may be mistyped, and this may be the backup."""
    if not any(memory.stats().values()):
        note(f"the group {memory.group!r} holds nothing: check --group")
