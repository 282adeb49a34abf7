"""The command for work that waits until nobody asks."""
# ruff: noqa: PLR0913 - each parameter is an option, given by name

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, cast

import typer

from kgmem.cli.options import (
    DEFAULT_STORE,
    AsJson,
    Cache,
    Extractor,
    Group,
    Judge,
    Store,
    named,
    opened,
)
from kgmem.cli.output import (
    confirm,
    counted,
    note,
    print_json,
    print_table,
    short,
    without_password,
)
from kgmem.cli.showing import print_receipt
from kgmem.errors import InvalidInputError

if TYPE_CHECKING:
    from kgmem.results import Consolidation, Faded

_Parts = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        metavar="duplicates|communities|summaries",
        help="This part alone; give it again for several.",
    ),
]
_Merge = Annotated[
    bool,
    typer.Option("--merge", help="First merge the similar entities that --judge says are one."),
]


def consolidate(
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    only: _Parts = None,
    judge: Judge = None,
    merge: _Merge = False,
    extractor: Extractor = "none",
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Find similar entities and communities, and sum up; to be run when nobody asks.

    What was found before is replaced. No fact changes but by --merge. With a chat model as
    --extractor, communities are summed up in its words.

    Example:
      kgmem consolidate --group ada
      kgmem consolidate --only communities --extractor openai:gpt-4.1-mini --cache replies --group ada
    """
    from kgmem.consolidation.consolidator import PARTS, Part

    parts = cast("list[Part]", only) or PARTS
    with opened(store, group, extractor=extractor, cache=cache, judge=judge) as memory:
        done = memory.consolidate(parts, merge=merge)
    for skipped in done.skipped:
        note(f"in plain words: {skipped.what}: {skipped.reason}")
    if as_json:
        print_json(done)
    else:
        _print(done)


def fade(
    *,
    half_life: Annotated[
        float,
        typer.Option(metavar="DAYS", help="When a turn that supports no fact is half faded."),
    ],
    below: Annotated[
        float, typer.Option(metavar="SHARE", help="What is left, 0 to 1, of a turn that has faded.")
    ],
    store: Store = DEFAULT_STORE,
    group: Group = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Erase them, not only list them.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the turns that have faded, the old ones that matter least; erase them only if asked to.

    What is left of a turn halves with every half-life, more slowly the more the facts that it
    supports matter. Without --forget this is a preview.

    Example:
      kgmem fade --half-life 90 --below 0.1 --group ada
      kgmem fade --half-life 90 --below 0.1 --forget --yes --group ada --json > receipt.json
    """
    with opened(store, group) as memory:
        try:
            life = timedelta(days=half_life)
        except (OverflowError, ValueError) as error:
            raise InvalidInputError(f"--half-life {half_life} is no number of days") from error
        found = memory.faded(half_life=life, below=below)
        if not forget or not found:
            _print_faded(found, as_json=as_json)
            return
        if not yes:
            turns = f"{counted(len(found), 'turn')} of group {named(group)!r}"
            confirm(f"Erase {turns} in {without_password(store)}, for good?")
        receipt = memory.forget(episode=[one.episode.id for one in found])
        words = {fact.id: fact.text for fact in memory.facts()} if receipt.kept else {}
    print_receipt(receipt, words, as_json=as_json)


def _print_faded(found: "list[Faded]", *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    rows = [
        (short(e.episode.id), f"{e.retention:.3f}", f"{e.importance:.2f}", e.episode.text)
        for e in found
    ]
    print_table(("id", "left", "importance", "turn"), rows)
    note(f"{counted(len(found), 'turn')} faded; nothing was erased")


def _print(done: "Consolidation") -> None:
    print_table(
        ("community", "count", "summary"),
        [(one.name, str(len(one.members)), one.summary) for one in done.communities],
    )
    if done.similar:
        typer.echo()
        rows = [(one.name, one.alias, f"{one.score:.2f}") for one in done.similar]
        print_table(("name", "may also be", "score"), rows)
    merged = len(done.merged.claims) if done.merged else 0
    note(
        f"{counted(len(done.communities), 'community')}, {counted(len(done.similar), 'similar pair')}, "
        f"{counted(done.summaries, 'summary')}, {counted(merged, 'merge')}"
    )
