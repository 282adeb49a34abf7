"""The options that commands share, and the memory that they open."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from kgmem.errors import ConfigurationError, InvalidInputError

if TYPE_CHECKING:
    import kgmem.extraction.base
    from kgmem.memory import Memory
    from kgmem.models import Fact, Trust
    from kgmem.schema import Schema

DEFAULT_STORE = "sqlite:///kgmem.db"
_ID_LENGTH = 36

Store = Annotated[
    str,
    typer.Option(
        envvar="KGMEM_STORE",
        metavar="URL",
        help="sqlite:///FILE or neo4j://USER:PASSWORD@HOST:PORT.",
    ),
]
Group = Annotated[
    str | None,
    typer.Option(envvar="KGMEM_GROUP", metavar="NAME", help="The tenant whose memory this is."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
AsOf = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="Only what is true in the world then: 2024-05, 3 May 2024."),
]
AsKnown = Annotated[
    str | None, typer.Option(metavar="DATE", help="Only what the memory believed then.")
]
Predicate = Annotated[
    str | None, typer.Option(metavar="NAME", help="Only this relation, such as lives_in.")
]
Extractor = Annotated[
    str,
    typer.Option(
        envvar="KGMEM_EXTRACTOR",
        metavar="rules|none|PROVIDER:MODEL",
        help="How turns become facts: by grammar, not at all, or with a chat model.",
    ),
]
Judge = Annotated[
    str | None,
    typer.Option(
        envvar="KGMEM_JUDGE",
        metavar="PROVIDER:MODEL",
        help="A chat model, asked at most once a write about names that may be one.",
    ),
]
SchemaFile = Annotated[
    Path | None,
    typer.Option(
        "--schema",
        envvar="KGMEM_SCHEMA",
        metavar="FILE",
        help="Predicates beside the shipped ones, as TOML or YAML.",
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        envvar="KGMEM_REPLIES",
        metavar="FOLDER",
        help="Where a chat model's replies are kept: the same turns are asked about once.",
    ),
]
Embedder = Annotated[
    Literal["local", "none"],
    typer.Option(
        envvar="KGMEM_EMBEDDER", help="Vectors from the local MiniLM, or text and graph only."
    ),
]
Timezone = Annotated[
    str | None,
    typer.Option(
        envvar="KGMEM_TIMEZONE", metavar="ZONE", help="What times without an offset are in."
    ),
]


def named(group: str | None) -> str:
    """The group's name.

    Raises:
        ConfigurationError: There is none.
    """
    if not group:
        raise ConfigurationError("no group is named: use --group NAME, or set KGMEM_GROUP")
    return group


def zone(name: str | None) -> ZoneInfo | None:
    """The timezone of a name.

    Raises:
        ConfigurationError: It is not known here.
    """
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(
            f"{name!r} is no timezone known here: use a name such as Europe/Berlin or UTC"
        ) from error


def extractor_of(
    name: str, schema: Path | None, cache: Path | None
) -> "tuple[str | kgmem.extraction.base.Extractor, Schema | None]":
    """The extractor and the schema that options name."""
    from kgmem.schema import Schema

    known = None if schema is None else Schema.from_file(schema)
    if cache is None or ":" not in name:
        return name, known
    from kgmem.extraction.llm import FileCache, LLMExtractor

    return LLMExtractor(name, schema=known, cache=FileCache(cache)), known


def judge_of(
    name: str | None, cache: Path | None
) -> "str | kgmem.extraction.base.NameJudge | None":
    """The judge of names that options name; its replies are kept as an extractor's are."""
    if name is None or cache is None or ":" not in name:
        return name
    from kgmem.extraction.llm import FileCache, LLMExtractor

    return LLMExtractor(name, cache=FileCache(cache))


def opened(  # noqa: PLR0913 - options, by name
    store: str,
    group: str | None,
    *,
    extractor: str = "none",
    embedder: str = "none",
    schema: Path | None = None,
    cache: Path | None = None,
    judge: str | None = None,
    trust: "Trust | None" = None,
    timezone: str | None = None,
    create: bool = False,
) -> "Memory":
    """The memory of a group; without the models, or a store that is not there, unless asked for."""
    name = named(group)
    from kgmem.memory import Memory

    chosen, known = extractor_of(extractor, schema, cache)
    return Memory.open(
        store,
        group=name,
        extractor=chosen,
        embedder=None if embedder == "local" else embedder,
        schema=known,
        judge=judge_of(judge, cache),
        trust=trust,
        timezone=zone(timezone),
        create=create,
    )


def fact_id(memory: "Memory", prefix: str) -> str:
    """The id that a prefix stands for, among the facts believed now; a whole id is itself.

    Raises:
        InvalidInputError: It stands for several facts, or for none.
    """
    if len(prefix) >= _ID_LENGTH:
        return prefix
    found: list[Fact] = [fact for fact in memory.facts() if fact.id.startswith(prefix)]
    if len(found) == 1:
        return found[0].id
    if found:
        raise InvalidInputError(
            f"{prefix!r} begins the ids of {len(found)} facts: give more of it, as in {found[0].id!r}"
        )
    raise InvalidInputError(
        f"{prefix!r} begins the id of no fact believed now: take one from 'kgmem facts', or give the "
        "whole id of a fact that was believed once"
    )
