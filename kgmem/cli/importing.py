"""``kgmem import``: what other memories hold, and what ``kgmem export`` wrote."""
# ruff: noqa: PLR0913 - each parameter is an option, given by name

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kgmem.cli.options import (
    DEFAULT_STORE,
    AsJson,
    Embedder,
    Extractor,
    Group,
    Judge,
    SchemaFile,
    Store,
    opened,
)
from kgmem.cli.output import counted, note, print_counts, print_json, print_table
from kgmem.cli.showing import PARTLY_FAILED

if TYPE_CHECKING:
    from kgmem.ingest.importing import Imported


def graphiti(
    graph: Annotated[
        str,
        typer.Argument(envvar="KGMEM_GRAPHITI", metavar="URL", help="Its Neo4j: neo4j://..."),
    ],
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    group_id: Annotated[
        str | None, typer.Option(metavar="NAME", help="Graphiti's group, where it has several.")
    ] = None,
    embedder: Embedder = "local",
    schema: SchemaFile = None,
    as_json: AsJson = False,
) -> None:
    """Take in the graph that Graphiti keeps in Neo4j, both clocks and episodes.

    The graph is only read. Doing it again adds what has come since. The report says what could not
    be kept.

    Example:
      kgmem import graphiti neo4j://neo4j:password@localhost:7687 --group-id ada --group ada
    """
    from kgmem.ingest.graphiti import import_graphiti

    with opened(store, group, embedder=embedder, schema=schema, create=True) as memory:
        _print_imported(import_graphiti(graph, memory, group_id=group_id), as_json=as_json)


def mem0(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="What get_all gave, as JSON.")],
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    user_id: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose memories, where it has several.")
    ] = None,
    extractor: Extractor = "rules",
    embedder: Embedder = "local",
    schema: SchemaFile = None,
    judge: Judge = None,
    as_json: AsJson = False,
) -> None:
    """Take in memories that Mem0 has exported; facts are extracted from them.

    Exit status 1 where texts were kept but their extraction failed: `kgmem retry` does it again.

    Example:
      kgmem import mem0 memories.json --group ada
    """
    from kgmem.ingest.mem0 import import_mem0

    with opened(
        store,
        group,
        extractor=extractor,
        embedder=embedder,
        schema=schema,
        judge=judge,
        create=True,
    ) as memory:
        report = import_mem0(path, memory, user_id=user_id)
    _print_imported(report, as_json=as_json)
    if report.failed:
        raise typer.Exit(PARTLY_FAILED)


def jsonl(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="What 'kgmem export' wrote.")],
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    as_json: AsJson = False,
) -> None:
    """Take in an exported group, with both of its clocks, under its own name.

    A damaged file is refused before anything is written. Doing it again changes nothing, or ends what
    was broken off.

    Example:
      kgmem import jsonl ada.jsonl --store sqlite:///restored.db
    """
    _restore(path, store, group, as_json=as_json)


def parquet(
    path: Annotated[Path, typer.Argument(metavar="FOLDER", help="What 'kgmem export' wrote.")],
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    as_json: AsJson = False,
) -> None:
    """Take in a group that was exported as Parquet files; see `kgmem import jsonl`.

    Example:
      kgmem import parquet ada-parquet --store sqlite:///restored.db
    """
    _restore(path, store, group, as_json=as_json)


def _restore(path: Path, store: str, group: str | None, *, as_json: bool) -> None:
    from kgmem.exchange import read

    with opened(store, group or read(path).header.group, create=True) as memory:
        counts = memory.import_from(path)
    print_counts(counts, as_json=as_json)


def _print_imported(report: "Imported", *, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    if report.lost:
        rows = [(lost.what, str(lost.count), lost.example) for lost in report.lost]
        print_table(("not kept as it was", "count", "such as"), rows)
    read = f"{counted(report.read_episodes, 'episode')} and {counted(report.read_facts, 'fact')}"
    note(
        f"read {read}; new here: {counted(report.episodes, 'episode')}, "
        f"{counted(report.claims, 'claim')}"
    )
