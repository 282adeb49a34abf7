"""``kgmem doctor``: what is wrong with a store, or will be."""

from typing import Annotated

import typer

from kgmem.cli.options import DEFAULT_STORE, AsJson, Store
from kgmem.cli.output import print_json, print_table


def doctor(
    *,
    store: Store = DEFAULT_STORE,
    snapshot_rows: Annotated[
        int | None,
        typer.Option(metavar="N", help="What a search may hold in memory; a million by default."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look a store over: server, schema, indexes, orphans, sizes, disk. It only reads.

    Exit status 0 where all is well, 1 where a warning and 2 where an error is among the findings.

    Example:
      kgmem doctor --store sqlite:///kgmem.db
      kgmem doctor --json || mail -s "kgmem needs a look" admin
    """
    from kgmem.opening import SNAPSHOT_ROWS
    from kgmem.stores.health import LEVELS, examine

    findings = examine(store, snapshot_rows=snapshot_rows or SNAPSHOT_ROWS)
    if as_json:
        print_json(findings)
    else:
        rows = [(found.level, found.check, found.text, found.remedy) for found in findings]
        print_table(("level", "check", "found", "remedy"), rows, below=("remedy",))
    worst = max(LEVELS.index(found.level) for found in findings)
    if worst:
        raise typer.Exit(worst)
