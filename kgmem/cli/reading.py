"""The commands that read."""
# ruff: noqa: PLR0913 - each parameter is an option, given by name

import json
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from kgmem.cli.options import (
    DEFAULT_STORE,
    AsJson,
    AsKnown,
    AsOf,
    Embedder,
    Group,
    Predicate,
    Store,
    fact_id,
    opened,
)
from kgmem.cli.output import (
    exactly,
    moment,
    note,
    plain_time,
    print_counts,
    print_json,
    print_table,
    short,
    span,
)
from kgmem.cli.showing import print_explanation
from kgmem.errors import InvalidInputError

if TYPE_CHECKING:
    from kgmem.models import Fact
    from kgmem.results import Diff, Hit, Why

Question = Annotated[str, typer.Argument(metavar="QUESTION", help="In words.")]
Entity = Annotated[str, typer.Argument(metavar="NAME", help="A person, place or thing.")]
FactId = Annotated[str, typer.Argument(metavar="FACT", help="A fact's id, or how it begins.")]

_FACT = ("id", "subject", "predicate", "object", "from", "until", "turns")


def search(
    question: Question,
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    k: Annotated[int, typer.Option("--k", "-k", help="How many hits to show.")] = 10,
    as_of: AsOf = None,
    as_known: AsKnown = None,
    why: Annotated[
        bool, typer.Option("--why", help="Show how each hit came to its place.")
    ] = False,
    embedder: Embedder = "local",
    as_json: AsJson = False,
) -> None:
    """Find the facts and turns that answer a question.

    Example:
      kgmem search "Where does Ada live?" --group ada
      kgmem search "Where did Ada live?" --group ada --as-of 2021 --as-known 2023-06 --why
    """
    with opened(store, group, embedder=embedder) as memory:
        hits = memory.search(question, k=k, as_of=as_of, as_known=as_known)
    if as_json:
        print_json(hits)
        return
    below = ("when", "why") if why else ("when",)
    headers = ("id", "score", "kind", "text", *below)
    print_table(headers, [_hit(hit, why=why) for hit in hits], below=below)


def _hit(hit: "Hit", *, why: bool) -> tuple[str, ...]:
    cells = (short(hit.id), f"{hit.score:.4f}", hit.kind, *_said(hit))
    return (*cells, _why(hit.why)) if why else cells


def _said(hit: "Hit") -> tuple[str, str]:
    """The words of a hit, and its time: since when and until when, or when it was said."""
    if hit.kind == "fact" and hit.fact is not None:
        return hit.text, span(hit.fact.valid_at, hit.fact.invalid_at)
    if hit.episode is not None:
        speaker = f"{hit.episode.speaker}: " if hit.episode.speaker else ""
        return f"{speaker}{hit.text}", moment(hit.episode.occurred_at)
    return hit.text, ""


def _why(why: "Why") -> str:
    ranks = ", ".join(f"{channel} {rank}" for channel, rank in why.ranks.items())
    seeds = f"from {', '.join(why.seeds[:3])}" if why.seeds else ""
    path = f"by {' > '.join(why.path)}" if len(why.path) > 1 else ""
    return "; ".join(part for part in (ranks, seeds, path, why.time) if part)


def context(
    question: Question,
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    max_tokens: Annotated[int, typer.Option(help="The budget, in tokens.")] = 800,
    as_of: AsOf = None,
    as_known: AsKnown = None,
    embedder: Embedder = "local",
    as_json: AsJson = False,
) -> None:
    """Print what a prompt needs to answer a question.

    Example:
      kgmem context "Where does Ada live?" --group ada --max-tokens 500 >> prompt.txt
    """
    with opened(store, group, embedder=embedder) as memory:
        block = memory.context(question, max_tokens=max_tokens, as_of=as_of, as_known=as_known)
    if as_json:
        print_json(block)
    elif block.text:
        typer.echo(block.text)
    else:
        note(block.reason or "nothing found")


def facts(
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    subject: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only those about it.")
    ] = None,
    predicate: Predicate = None,
    object_: Annotated[
        str | None, typer.Option("--object", metavar="NAME", help="Only those that lead to it.")
    ] = None,
    as_of: AsOf = None,
    as_known: AsKnown = None,
    as_json: AsJson = False,
) -> None:
    """List the believed facts, past ones too, in order of valid time.

    Example:
      kgmem facts --group ada --subject Ada --predicate lives_in
      kgmem facts --group ada --as-of "May 2021" --json | jq '.[].text'
    """
    with opened(store, group) as memory:
        found = memory.facts(
            subject=subject, predicate=predicate, object=object_, as_of=as_of, as_known=as_known
        )
    _print_facts(found, as_json=as_json)


def timeline(
    entity: Entity,
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    predicate: Predicate = None,
    as_known: AsKnown = None,
    as_json: AsJson = False,
) -> None:
    """List the facts of an entity in order of valid time.

    Example:
      kgmem timeline Ada --group ada --predicate lives_in
    """
    with opened(store, group) as memory:
        found = memory.timeline(entity, predicate=predicate, as_known=as_known)
    _print_facts(found, as_json=as_json)


def _print_facts(found: "Sequence[Fact]", *, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        print_table(_FACT, [_fact(fact) for fact in found])


def _fact(fact: "Fact") -> tuple[str, ...]:
    return (
        short(fact.id),
        fact.subject.name,
        fact.predicate,
        fact.object.name,
        moment(fact.valid_at),
        moment(fact.invalid_at),
        str(len(fact.episodes)),
    )


def history(
    entity: Entity,
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    predicate: Predicate = None,
    as_json: AsJson = False,
) -> None:
    """List every change of belief about an entity, and why.

    Example:
      kgmem history Ada --group ada --predicate lives_in
    """
    with opened(store, group) as memory:
        changes = memory.history(entity, predicate=predicate)
    if as_json:
        print_json(changes)
        return
    rows = [
        (
            short(change.fact.id),
            exactly(change.at),
            change.change,
            change.fact.text,
            span(change.fact.valid_at, change.fact.invalid_at),
            "; ".join(claim.text for claim in change.causes),
        )
        for change in changes
    ]
    headers = ("id", "at", "change", "fact", "when", "because")
    print_table(headers, rows, below=("when", "because"))


def diff(
    since: Annotated[str, typer.Argument(metavar="SINCE", help="The earlier instant.")],
    until: Annotated[str | None, typer.Argument(metavar="UNTIL", help="The later; now.")] = None,
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    as_json: AsJson = False,
) -> None:
    """Show what changed in belief between two instants.

    Example:
      kgmem diff 2024-05-01 2024-06-01 --group ada
    """
    with opened(store, group) as memory:
        found = memory.diff(since, until)
    if as_json:
        print_json(found)
    else:
        print_table(("id", "change", "fact", "from", "until"), _changed(found))


def _changed(found: "Diff") -> list[tuple[str, ...]]:
    return [
        (short(fact.id), kind, fact.text, moment(fact.valid_at), moment(fact.invalid_at))
        for kind in ("added", "ended", "revised", "retracted")
        for fact in getattr(found, kind)
    ]


def explain(
    fact: FactId,
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    as_json: AsJson = False,
) -> None:
    """Say why a fact is believed, what ended it, and its versions.

    Example:
      kgmem explain 3f9a12c4 --group ada
    """
    with opened(store, group) as memory:
        found = memory.explain(fact_id(memory, fact))
    if as_json:
        print_json(found)
    else:
        print_explanation(found)


def stats(*, store: Store = DEFAULT_STORE, group: Group = None, as_json: AsJson = False) -> None:
    """Count the records of a group.

    Example:
      kgmem stats --group ada --json
    """
    with opened(store, group) as memory:
        counts = memory.stats()
    print_counts(counts, as_json=as_json)


def cypher(
    statement: Annotated[
        str | None,
        typer.Argument(
            metavar="STATEMENT",
            help="$group_id in it is the group; or the name of a question of --list.",
        ),
    ] = None,
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter; JSON, else text."),
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="List the questions that have a name.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run a Cypher statement, or a question that ships with kgmem; read-only, Neo4j only.

    Example:
      kgmem cypher 'MATCH (e:Entity {group_id: $group_id}) RETURN e.name LIMIT 5' --group ada
      kgmem cypher --list
      kgmem cypher timeline -p name=Ada --group ada
    """
    from kgmem.exploring import explore, questions

    rows: list[dict[str, object]]
    if list_:
        rows = [
            {
                "name": q.name,
                "question": q.text,
                "parameters": " ".join(p.name for p in q.parameters),
            }
            for q in questions()
        ]
    elif statement is None:
        raise InvalidInputError("give a statement, or the name of a question of --list")
    else:
        parameters = dict(_parameter(text) for text in param or ())
        with opened(store, group) as memory:
            if statement.isidentifier():
                rows = explore(memory, statement, **parameters)
            else:
                rows = memory.cypher(statement, **parameters)
    if as_json:
        print_json(rows)
    else:
        headers = list(rows[0]) if rows else []
        print_table(headers, [[_cell(value) for value in row.values()] for row in rows])


def _parameter(text: str) -> tuple[str, object]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise InvalidInputError(f"{text!r} is no parameter: write --param NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return plain_time(value)
    return json.dumps(value, ensure_ascii=False, default=plain_time)
