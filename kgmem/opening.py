"""What a memory can be opened with."""

from collections.abc import Set
from datetime import UTC, datetime, tzinfo
from typing import TypedDict

from kgmem.embeddings import Embeddings, embedder_of
from kgmem.errors import ConfigurationError
from kgmem.extraction import ChatModel, extractor_of, judge_of
from kgmem.extraction.base import Extractor, NameJudge
from kgmem.intake import checked_group
from kgmem.models import Trust
from kgmem.recording import Parts
from kgmem.retrieval.reranking import Compressor, CrossEncoder, Scoring, reranker_of
from kgmem.schema import Schema
from kgmem.stores import base, open_store

SNAPSHOT_ROWS = 1_000_000
"""What a search may hold in memory unless asked otherwise."""


def system_clock() -> datetime:
    """The current instant in UTC."""
    return datetime.now(UTC)


class Options(TypedDict, total=False):
    """The options of `kgmem.Memory.open`; each may be left out.

    Attributes:
        extractor: ``None`` or ``"rules"`` (grammar, no model), ``"none"``, a LangChain chat model,
            ``"provider:model"``, or an extractor.
        embedder: ``None`` (local MiniLM), ``"none"`` (text and graph only), or a LangChain
            ``Embeddings``.
        reranker: What orders the best hits of a search anew: a cross-encoder (``predict`` of pairs), a
            LangChain document compressor, or a function from pairs of question and text to scores.
            None by default.
        schema: The predicates. A group keeps the cardinality that it has given a predicate; one given
            here replaces it, and what follows from it is derived again. The shipped vocabulary where
            not given.
        trust: Whom to believe. A group keeps its policy, and has none to begin with; one given here
            replaces it, and what follows from it is derived again. ``Trust()`` turns it off.
        judge: A LangChain chat model, ``"provider:model"``, or a judge, asked at most once a write about
            names of which rules can't tell whether they are one; ``None`` asks nobody.
        clock: Gives transaction times.
        timezone: What naive datetimes and dates are in; without it naive ones are refused.
        create: Whether to make a SQLite file that is not there; it is made unless this is false.
        snapshot_rows: How many rows of the group (episodes, entities, claims and versions of facts) a
            search may hold in memory. A larger group is searched inside the store.
        gds: Whether Graph Data Science walks the whole graph of a larger group; otherwise only what is
            near to the question is walked. Neo4j only; a second or more a question.
    """

    extractor: Extractor | ChatModel | str | None
    embedder: Embeddings | str | None
    reranker: CrossEncoder | Compressor | Scoring | None
    schema: Schema | None
    trust: Trust | None
    judge: NameJudge | ChatModel | str | None
    clock: base.Clock
    timezone: tzinfo | None
    create: bool
    snapshot_rows: int
    gds: bool


def check_options(given: Set[str], known: Set[str]) -> None:
    """Refuses options that are not known.

    Raises:
        ConfigurationError: One is not; the message names those that are.
    """
    if unknown := sorted(given - known):
        raise ConfigurationError(f"{unknown[0]!r} is no option: use {', '.join(sorted(known))}")


def parts_of(url: str, group: str, options: Options) -> Parts:
    """Opens the store of a group, and makes the other parts of its memory.

    Raises:
        NotFoundError: The file is not there and ``create`` is false.
        ConfigurationError: An option is not known or does not fit, or an extra is missing.
        StoreError: The store cannot be opened.
    """
    check_options(options.keys(), Options.__annotations__.keys())
    clock = options.get("clock", system_clock)
    store = open_store(url, checked_group(group), clock, create=options.get("create", True))
    try:
        if options.get("gds") and not isinstance(store, base.PageRankStore):
            raise ConfigurationError(
                "gds=True needs a store that walks graphs itself: use neo4j://..."
            )
        known = options.get("schema") or Schema.default()
        return Parts(
            store=store,
            extractor=extractor_of(options.get("extractor"), known),
            embedder=embedder_of(options.get("embedder")),
            reranker=reranker_of(options.get("reranker")),
            schema=known,
            judge=judge_of(options.get("judge")),
            clock=clock,
            timezone=options.get("timezone"),
            snapshot_rows=options.get("snapshot_rows", SNAPSHOT_ROWS),
            gds=options.get("gds", False),
        )
    except BaseException:
        store.close()
        raise
