"""What takes more than one table: reports of writes and explanations of facts."""

from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from kgmem.cli.output import (
    counted,
    exactly,
    moment,
    note,
    print_json,
    print_table,
    short,
    span,
    took,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kgmem.ingest.job import GroupTotals
    from kgmem.models import Claim, Episode
    from kgmem.results import Explanation, Receipt, Report

PARTLY_FAILED = 1
"""Exit status where turns were kept, but their extraction failed."""

_CHANGES = ("added", "ended", "revised", "retracted", "reinforced")


def print_report(report: "Report", *, as_json: bool) -> None:
    """Prints what a write changed; what it left out, and why, goes to stderr.

    Raises:
        typer.Exit: Extraction failed on some turns.
    """
    if as_json:
        print_json(report)
    else:
        _print_changes(report)
    if report.failed:
        raise typer.Exit(PARTLY_FAILED)


def _print_changes(report: "Report") -> None:
    rows = [
        (short(fact.id), kind, fact.text, moment(fact.valid_at), moment(fact.invalid_at))
        for kind in _CHANGES
        for fact in getattr(report, kind)
    ]
    if rows:
        print_table(("id", "change", "fact", "from", "until"), rows)
    for left_out in (*report.skipped, *report.failed):
        note(f"left out: {left_out.what} ({left_out.reason})")
    counts = (
        counted(len(report.episodes), "turn"),
        counted(len(report.claims), "claim"),
        counted(len(report.entities), "entity"),
    )
    verb = "would add" if report.dry_run else "added"
    note(f"{verb} {', '.join(counts)} in {took(report.seconds)}")
    note_model([report])


def note_model(totals: "Sequence[Report | GroupTotals]") -> None:
    """Says on stderr what a language model cost and what it proposes, where one was asked."""

    def all_in_all(name: str) -> int:
        return sum(getattr(one, name) for one in totals)

    if calls := all_in_all("llm_calls"):
        estimated = all_in_all("tokens_estimated")
        note(
            f"{counted(calls, 'model call')}, {all_in_all('adjudication_calls'):,} of them to judge "
            f"what ended; {all_in_all('input_tokens'):,} tokens in, "
            f"{all_in_all('output_tokens'):,} out"
            + (f", {estimated:,} estimated" if estimated else "")
        )
    for proposal in dict.fromkeys(p for one in totals for p in one.proposals):
        means = f"only renames {proposal.synonym_of}" if proposal.synonym_of else "is single"
        note(f"the model proposes: {proposal.predicate} {means}")


def print_explanation(found: "Explanation") -> None:
    """Prints a fact, its turns, what ended it and its versions."""
    fact = found.fact
    _print_line(fact.text, style="bold")
    _print_line(
        f"  {fact.subject.name} -[{fact.predicate}]-> {fact.object.name}, "
        f"{span(fact.valid_at, fact.invalid_at)}"
    )
    _print_line(f"  {found.rule}")
    _print_line(f"  {fact.id}", style="dim")
    _print_turns("said in", found.episodes, found.claims)
    if found.ended_by is not None and found.ended_by.id not in fact.claims:
        _print_turns("ended by", [found.ended_in] if found.ended_in else [], [found.ended_by])
    if found.outranked:
        typer.echo()
        _print_line("set aside by trust", style="bold")
        for claim in found.outranked:
            sure = f"{claim.source_kind}, confidence {claim.confidence:g}"
            _print_line(f"  {moment(claim.said_at)}  {claim.text} ({sure})")
    typer.echo()
    print_table(
        ("from", "until", "believed from", "believed until"),
        [
            (
                moment(version.valid_at),
                moment(version.invalid_at, "now"),
                exactly(version.created_at),
                exactly(version.expired_at) or "now",
            )
            for version in found.versions
        ],
    )


def _print_turns(title: str, episodes: "Iterable[Episode]", claims: "Iterable[Claim]") -> None:
    """The turns behind claims; of a claim without a turn its own words."""
    lines = [
        f"  {moment(turn.occurred_at)}  {turn.speaker + ': ' if turn.speaker else ''}{turn.text}"
        for turn in episodes
    ]
    lines += [f"  {moment(c.said_at)}  {c.text} (as data)" for c in claims if c.episode is None]
    typer.echo()
    _print_line(title, style="bold")
    for line in lines:
        _print_line(line)


def _print_line(text: str, *, style: str = "") -> None:
    Console(highlight=False, soft_wrap=True).print(Text(text, style=style))


def print_receipt(
    receipt: "Receipt",
    words: "Mapping[str, str]",
    turns: "Sequence[Episode]" = (),
    *,
    as_json: bool,
) -> None:
    """Prints what was erased, and what stayed and why.

    Args:
        receipt: The receipt.
        words: The texts of the facts that stayed, by id.
        turns: The turns that would be erased.
        as_json: Whether to print the receipt itself.
    """
    if as_json:
        print_json(receipt)
        return
    print_table(
        ("would erase" if receipt.dry_run else "erased", "count"),
        [
            ("turns", str(len(receipt.episodes))),
            ("claims", str(len(receipt.claims))),
            ("facts", str(len(receipt.facts))),
            ("entities", str(receipt.entities)),
        ],
    )
    if turns:
        _print_turns("turns", turns, [])
    if receipt.kept:
        typer.echo()
        rows = [(words.get(kept.what, kept.what), kept.reason) for kept in receipt.kept]
        print_table(("kept", "because"), rows)
