"""``kgmem demo``: the sample dialogue, told."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kgmem.cli.options import AsJson
from kgmem.cli.output import moment, print_json, without_password

if TYPE_CHECKING:
    from kgmem.demo import Answer, Invalidated, Played
    from kgmem.models import Episode, Fact
    from kgmem.results import Hit

_WIDTH = 100


def demo(
    *,
    store: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Keep the memory; a temporary file by default."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show on a sample dialogue what is learned, ended and known when.

    Example:
      kgmem demo
      kgmem demo --store sqlite:///demo.db
    """
    from kgmem.demo import play

    with _store_or_temporary(store) as url, Console(stderr=True).status("loading") as status:
        played = play(url, on_turn=lambda told, of: status.update(f"turn {told} of {of}"))
    if as_json:
        print_json(played)
    else:
        _Page().show(played, store)


@contextmanager
def _store_or_temporary(store: str | None) -> Iterator[str]:
    if store is not None:
        yield store
        return
    with tempfile.TemporaryDirectory(prefix="kgmem-demo-") as folder:
        yield f"sqlite:///{Path(folder, 'demo.db')}"


class _Page:
    """The demo on a page: colors in a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        console = Console(highlight=False)
        width = min(console.width, _WIDTH) if console.is_terminal else _WIDTH
        self._console = Console(highlight=False, width=width)

    def show(self, played: "Played", store: str | None) -> None:
        """Shows all of it."""
        with self._console.capture() as page:
            self._introduction(played)
            self._learned(played.learned)
            self._invalidated(played.invalidated)
            self._answers(played.answers)
            self._found(played.question, played.hits)
            self._next_steps(store)
        for line in page.get().splitlines():
            typer.echo(line.rstrip())

    def _introduction(self, played: "Played") -> None:
        self._line(
            f"{played.turns} turns of {played.sessions} conversations between Nora and Sam, from 2022 "
            "to 2024. Each was taken in at the time when it was said: the memory's clock was set to "
            "it, so that what was known when can be asked, as after years of use."
        )

    def _learned(self, facts: "Iterable[Fact]") -> None:
        self._title("What was learned")
        rows = [
            (
                moment(fact.valid_at)[:10],
                moment(fact.invalid_at, "now")[:10],
                _triple(fact),
                fact.text,
            )
            for fact in facts
        ]
        self._table(("from", "until", "fact", "in words"), rows, ("cyan", "cyan", "bold", "dim"))

    def _invalidated(self, items: "Iterable[Invalidated]") -> None:
        self._title("What was invalidated, and by which turn")
        for item in items:
            fact = item.fact
            if item.how == "ended":
                what = f"true from {moment(fact.valid_at)[:10]} to {moment(fact.invalid_at)[:10]}"
                mark = Text("- ", style="yellow")
            else:
                what = "never true: taken back"
                mark = Text("x ", style="red")
            self._console.print(mark, Text(_triple(fact), style="bold"), Text(f"  {what}"), sep="")
            self._quote(item.turn)

    def _answers(self, answers: "Iterable[Answer]") -> None:
        for asked, group in groupby(answers, key=lambda answer: answer.asked):
            self._title(f"Answers, {asked}")
            for answer in group:
                self._answer(answer)

    def _answer(self, answer: "Answer") -> None:
        known = f" (known on {moment(answer.as_known)})" if answer.as_known else ""
        said = ", ".join(fact.object.name for fact in answer.facts)
        self._console.print(
            Text(f"{answer.question}{known}  "),
            Text(said or "no fact says so", style="bold green" if said else "yellow"),
            sep="",
        )
        for turn in answer.turns[-1:]:
            self._quote(turn)

    def _found(self, question: str, hits: "Iterable[Hit]") -> None:
        self._title(f"Searching: {question}")
        for hit in hits:
            if hit.episode is not None:
                self._quote(hit.episode)
            elif hit.fact is not None:
                self._line(f"    {moment(hit.fact.valid_at)[:10]}  {hit.text}", style="dim")

    def _next_steps(self, store: str | None) -> None:
        self._title("Next")
        if store is None:
            self._line(
                "kgmem demo --store sqlite:///demo.db    (keeps this memory, to ask it more:)"
            )
        shown = "sqlite:///demo.db" if store is None else without_password(store)
        options = f"--group demo --store {shown}"
        self._line(f'kgmem search "Where did Nora live in 2022?" --why {options}')
        self._line(f"kgmem history Nora --predicate lives_in {options}")
        self._line("kgmem ingest --help    (takes in conversations of your own)")

    def _title(self, text: str) -> None:
        self._console.print()
        self._line(text, style="bold magenta")

    def _quote(self, turn: "Episode") -> None:
        self._line(f"    {moment(turn.occurred_at)[:10]}  {turn.speaker}: {turn.text}", style="dim")

    def _line(self, text: str, *, style: str = "") -> None:
        self._console.print(Text(text, style=style))

    def _table(
        self, headers: tuple[str, ...], rows: Sequence[tuple[str, ...]], styles: tuple[str, ...]
    ) -> None:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for header, style in zip(headers, styles, strict=True):
            table.add_column(header, style=style, no_wrap=header in ("from", "until"))
        for row in rows:
            table.add_row(*map(Text, row))
        self._console.print(table)


def _triple(fact: "Fact") -> str:
    return f"{fact.subject.name} {fact.predicate} {fact.object.name}"
