"""The batch job: files into memories, one session a write; running it again adds nothing."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path

from kgmem.embeddings import Embeddings
from kgmem.errors import ConfigurationError
from kgmem.extraction import extractor_of
from kgmem.extraction.base import Extractor
from kgmem.ingest.loaders import Batch, load
from kgmem.memory import Memory
from kgmem.models import Record
from kgmem.opening import system_clock
from kgmem.results import Proposal, Report
from kgmem.schema import Schema
from kgmem.stores.base import Clock

_MOST_OPEN = 64
"""How many groups stay open at once: each may hold files or connections."""


class GroupTotals(Record):
    """What a job did to one group.

    Attributes:
        group: The group.
        sessions: Sessions read from the files.
        turns: Turns read from the files.
        episodes: Turns that were new.
        entities: Entities added.
        claims: Claims added.
        added: Facts that came to be believed.
        ended: Facts that got an end in the world.
        revised: Facts that changed otherwise.
        retracted: Facts that came to be believed no longer.
        reinforced: Facts that gained support.
        unfit: Drafts that make no claim.
        failed: Turns whose extraction failed; they are kept.
        proposals: What a language model proposes for the schema.
        llm_calls: Calls to a language model.
        adjudication_calls: Those of them that asked what new claims have ended.
        tokens: Tokens those calls took.
        input_tokens: Those of them that were sent.
        output_tokens: Those of them that were answered.
        tokens_estimated: Those of them that the provider did not count.
        seconds: Time spent adding.
    """

    group: str
    sessions: int = 0
    turns: int = 0
    episodes: int = 0
    entities: int = 0
    claims: int = 0
    added: int = 0
    ended: int = 0
    revised: int = 0
    retracted: int = 0
    reinforced: int = 0
    unfit: int = 0
    failed: int = 0
    proposals: tuple[Proposal, ...] = ()
    llm_calls: int = 0
    adjudication_calls: int = 0
    tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    tokens_estimated: int = 0
    seconds: float = 0.0

    def plus(self, batch: Batch, report: Report) -> "GroupTotals":
        """These totals with one more session."""
        turns = len(batch.messages)
        known = turns - len(report.episodes)
        step = GroupTotals(
            group=self.group,
            sessions=1,
            turns=turns,
            episodes=len(report.episodes),
            entities=len(report.entities),
            claims=len(report.claims),
            added=len(report.added),
            ended=len(report.ended),
            revised=len(report.revised),
            retracted=len(report.retracted),
            reinforced=len(report.reinforced),
            unfit=len(report.skipped) - known,
            failed=len(report.failed),
            llm_calls=report.llm_calls,
            adjudication_calls=report.adjudication_calls,
            tokens=report.tokens,
            input_tokens=report.input_tokens,
            output_tokens=report.output_tokens,
            tokens_estimated=report.tokens_estimated,
            seconds=report.seconds,
        )
        numbers = {name: value for name, value in step if name not in ("group", "proposals")}
        totals = {name: getattr(self, name) + value for name, value in numbers.items()}
        proposals = tuple(dict.fromkeys((*self.proposals, *report.proposals)))
        return self.model_copy(update={**totals, "proposals": proposals})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Attributes:
        group: The group of the last session.
        sessions: Sessions done.
        turns: Turns done.
        all_sessions: Sessions to do in all.
        all_turns: Turns to do in all.
    """

    group: str
    sessions: int
    turns: int
    all_sessions: int
    all_turns: int


@dataclass(slots=True)
class _Memories:
    """The memories of a job: opened when first needed, the least recently used one closed."""

    store_url: str
    extractor: Extractor | str
    embedder: Embeddings | str | None
    schema: Schema | None
    clock: Clock
    timezone: tzinfo | None
    open: OrderedDict[str, Memory] = field(default_factory=OrderedDict)

    def of(self, group: str) -> Memory:
        if group not in self.open:
            if len(self.open) == _MOST_OPEN:
                self.open.popitem(last=False)[1].close()
            self.open[group] = Memory.open(
                self.store_url,
                group=group,
                extractor=self.extractor,
                embedder=self.embedder,
                schema=self.schema,
                clock=self.clock,
                timezone=self.timezone,
            )
        self.open.move_to_end(group)
        return self.open[group]

    def close(self) -> None:
        for memory in self.open.values():
            memory.close()


def ingest(  # noqa: PLR0913 - options, keyword-only
    paths: Sequence[Path],
    store_url: str,
    *,
    group: str | None = None,
    extractor: Extractor | str | None = None,
    embedder: Embeddings | str | None = None,
    schema: Schema | None = None,
    clock: Clock = system_clock,
    timezone: tzinfo | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> list[GroupTotals]:
    """Adds files to a store, each session in one transaction.

    The files are read through once before anything is written, so a malformed one changes nothing.
    A job that was interrupted goes on where it was when it is run again.

    Args:
        paths: The files; see `kgmem.ingest.loaders` for what they may hold.
        store_url: The store.
        group: The group of what names none itself.
        extractor: As for `Memory.open`; all groups share one.
        embedder: As for `Memory.open`; all groups share one.
        schema: As for `Memory.open`.
        clock: As for `Memory.open`.
        timezone: As for `Memory.open`; naive times in the files are in it too.
        on_progress: Called before the first session and after each.

    Returns:
        The totals of each group, in the order of the files.

    Raises:
        InvalidInputError: A file is malformed.
        ConfigurationError: A message has no group and ``group`` is not given.
    """
    all_sessions, all_turns = _measured(paths, group, timezone)
    shared = extractor_of(extractor, schema or Schema.default()) or "none"
    memories = _Memories(store_url, shared, embedder, schema, clock, timezone)
    totals: dict[str, GroupTotals] = {}
    sessions = turns = 0
    try:
        for name, batch in _batches(paths, group, timezone):
            if on_progress:
                on_progress(Progress(name, sessions, turns, all_sessions, all_turns))
            report = memories.of(name).add(batch.messages, session=batch.session)
            totals[name] = totals.get(name, GroupTotals(group=name)).plus(batch, report)
            sessions, turns = sessions + 1, turns + len(batch.messages)
            if on_progress:
                on_progress(Progress(name, sessions, turns, all_sessions, all_turns))
    finally:
        memories.close()
    return list(totals.values())


def _batches(
    paths: Sequence[Path], group: str | None, timezone: tzinfo | None
) -> Iterator[tuple[str, Batch]]:
    for path in paths:
        for batch in load(path, timezone=timezone):
            name = batch.group or group
            if name is None:
                raise ConfigurationError(
                    f"{str(path)!r} does not say which group its messages are of: name one with "
                    "--group (group= in Python), or give each message a 'group'"
                )
            yield name, batch


def _measured(paths: Sequence[Path], group: str | None, timezone: tzinfo | None) -> tuple[int, int]:
    sessions = turns = 0
    for _, batch in _batches(paths, group, timezone):
        sessions, turns = sessions + 1, turns + len(batch.messages)
    return sessions, turns
