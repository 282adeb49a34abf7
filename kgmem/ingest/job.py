"""The batch job: files into memories, some hundred turns a commit; again, it adds nothing."""

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import Literal, Self, TypedDict, Unpack

from pydantic import Field

from kgmem.embeddings import Embeddings
from kgmem.errors import ConfigurationError
from kgmem.extraction import ChatModel, extractor_of, judge_of
from kgmem.extraction.base import Extractor, ModelExtractor, NameJudge
from kgmem.ingest import ahead, on_ray
from kgmem.ingest.ahead import Models, Notes, Session, Workers
from kgmem.ingest.loaders import Batch, Files
from kgmem.intake import episodes
from kgmem.memory import Memory
from kgmem.models import Record
from kgmem.opening import check_options, system_clock
from kgmem.results import Proposal, Report
from kgmem.schema import Schema
from kgmem.stores.base import Clock
from kgmem.windows import WINDOW, windows_a_commit

_MOST_OPEN = 64
"""How many groups stay open at once: each may hold files or connections."""
_SESSIONS_PER_JOB = 2
"""How many sessions wait for each worker, or for the writer; more where a commit holds more."""
TURNS_A_COMMIT = 200
"""Short sessions share a transaction of so many turns: fewer cost round trips, more save nothing."""

Runner = Literal["local", "ray"]
_Working = Callable[[int, Models, Notes], AbstractContextManager[Workers]]
_Read = tuple[str, Batch, "Future[Notes] | None"]


@dataclass(frozen=True, slots=True)
class Commit:
    """One write of a job.

    Attributes:
        group: The group.
        sessions: How many sessions it begins.
        turns: How many turns of the file it goes through.
        given: How many turns were given; those of commits before it are known.
        report: What came of them.
    """

    group: str
    sessions: int
    turns: int
    given: int
    report: Report


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
        reasons: Why, with how many turns failed for each reason.
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
    reasons: dict[str, int] = Field(default_factory=dict)
    proposals: tuple[Proposal, ...] = ()
    llm_calls: int = 0
    adjudication_calls: int = 0
    tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    tokens_estimated: int = 0
    seconds: float = 0.0

    def plus(self, commit: "Commit") -> "GroupTotals":
        """These totals with one more commit."""
        report = commit.report
        known = commit.given - len(report.episodes)
        step = GroupTotals(
            group=self.group,
            sessions=commit.sessions,
            turns=commit.turns,
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
            reasons=Counter(failure.reason for failure in report.failed),
            llm_calls=report.llm_calls,
            adjudication_calls=report.adjudication_calls,
            tokens=report.tokens,
            input_tokens=report.input_tokens,
            output_tokens=report.output_tokens,
            tokens_estimated=report.tokens_estimated,
            seconds=report.seconds,
        )
        numbers = {name: value for name, value in step if isinstance(value, int | float)}
        totals = {name: getattr(self, name) + value for name, value in numbers.items()}
        proposals = tuple(dict.fromkeys((*self.proposals, *report.proposals)))
        reasons = dict(Counter(self.reasons) + Counter(step.reasons))
        return self.model_copy(update={**totals, "proposals": proposals, "reasons": reasons})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Attributes:
        group: The group of the last commit; empty before the first.
        sessions: Sessions done, the one at hand among them.
        turns: Turns done.
        all_sessions: Sessions to do in all.
        all_turns: Turns to do in all.
    """

    group: str
    sessions: int
    turns: int
    all_sessions: int
    all_turns: int

    def after(self, commit: Commit) -> "Progress":
        """How far it is after one more commit."""
        sessions, turns = self.sessions + commit.sessions, self.turns + commit.turns
        return replace(self, group=commit.group, sessions=sessions, turns=turns)


class Options(TypedDict, total=False):
    """How a job is done; what is left out is as said here.

    Attributes:
        extractor: As for `Memory.open`; all groups share one.
        embedder: As for `Memory.open`; all groups share one.
        schema: As for `Memory.open`.
        judge: As for `Memory.open`; all groups share one.
        clock: As for `Memory.open`.
        timezone: As for `Memory.open`; naive times in the files are in it too.
        jobs: How many processes extract and embed, 1 by default; the facts are the same however many.
        runner: Where they run: ``"local"``, on this machine (one job: in this process), or ``"ray"``, as actors.
        ray_address: The cluster, as for ``ray.init``; without one Ray is started here.
        turns_a_commit: Sessions of a group that follow each other share a transaction until it holds so
            many turns, 200 by default, unless a language model is asked; 1 for a transaction a session.
    """

    extractor: Extractor | str | None
    embedder: Embeddings | str | None
    schema: Schema | None
    judge: NameJudge | ChatModel | str | None
    clock: Clock
    timezone: tzinfo | None
    jobs: int
    runner: Runner
    ray_address: str | None
    turns_a_commit: int


class _Writer:
    """The one that writes, with a memory for each group and the processes that read ahead for it.

    Memories are opened when first needed; the least recently used one is closed.
    """

    def __init__(self, store_url: str, options: Options) -> None:
        jobs = options.get("jobs", 1)
        working = _working(jobs, options.get("runner", "local"), options.get("ray_address"))
        self._store_url = store_url
        self._clock = options.get("clock", system_clock)
        self._judge = judge_of(options.get("judge"))
        self._timezone = options.get("timezone")
        self._schema = options.get("schema")
        self._ahead = jobs * _SESSIONS_PER_JOB
        self._open: OrderedDict[str, Memory] = OrderedDict()
        self._until_closed = ExitStack()
        self._workers: Workers | None = None
        self._last: tuple[str, str] | None = None
        self._extractor: Extractor | str = (
            extractor_of(options.get("extractor"), self._schema or Schema.default()) or "none"
        )
        self._embedder = options.get("embedder")
        together = options.get("turns_a_commit", TURNS_A_COMMIT)
        # A model is asked about a few turns at a time, and a judge about so many names a write.
        asks = self._judge is not None or isinstance(self._extractor, ModelExtractor)
        self._together = 0 if asks else together
        if working:
            notes = Notes()
            models = Models(options.get("extractor"), self._embedder, self._schema, self._timezone)
            self._extractor, self._embedder = models.noted(notes)
            self._workers = self._until_closed.enter_context(working(jobs, models, notes))

    def commits(self, batches: Iterable[tuple[str, Batch]]) -> Iterator[Commit]:
        """Takes in batches, a commit at a time; what has not been asked for is not written."""
        together: list[_Read] = []
        for read in self._read(batches):
            if together and not self._fits(together, read):
                yield from self._write(together)
                together = []
            together.append(read)
        if together:
            yield from self._write(together)

    def _fits(self, together: Sequence[_Read], read: _Read) -> bool:
        """Whether a batch belongs into the transaction of others."""
        name, batch, _ = read
        turns = sum(len(other.messages) for _, other, _ in together)
        sessions = [other.session for _, other, _ in together]
        return turns < self._together and together[0][0] == name and batch.session not in sessions

    def _read(self, batches: Iterable[tuple[str, Batch]]) -> Iterator[_Read]:
        """The batches, as many of them begun ahead as keep the workers busy."""
        if self._workers is None:
            yield from ((name, batch, None) for name, batch in batches)
            return
        begun: deque[_Read] = deque()
        turns = 0
        for name, batch in batches:
            begun.append(self._begun(name, batch, self._workers))
            turns += len(batch.messages)
            while len(begun) > self._ahead and turns > self._ahead * self._together:
                turns -= len(begun[0][1].messages)
                yield begun.popleft()
        yield from begun

    def _begun(self, name: str, batch: Batch, workers: Workers) -> _Read:
        """The batch, each message with its time, given to a worker unless all of it is known."""
        now = self._clock()
        messages = tuple(
            m if m.occurred_at else m.model_copy(update={"occurred_at": now})
            for m in batch.messages
        )
        batch = replace(batch, messages=messages)
        ids = {
            episode.id
            for episode in episodes(
                messages, group=name, session=batch.session, now=now, timezone=self._timezone
            )
        }
        if len(self._of(name).episodes(sorted(ids))) == len(ids):
            return name, batch, None
        return name, batch, workers.begin(Session(name, batch.session, messages, now))

    def _write(self, together: Sequence[_Read]) -> Iterator[Commit]:
        """Takes in batches of one group in one transaction; a single one that is long in several."""
        if self._workers:
            self._workers.finish([begun for *_, begun in together if begun])
        memory = self._of(together[0][0])
        sessions = {batch.session: batch.messages for _, batch, _ in together}
        turns, done = sum(map(len, sessions.values())), 0
        step = WINDOW * windows_a_commit(memory.parts.extractor) if len(together) == 1 else turns
        while done < turns:
            # From the first turn on: which one is which depends on those before.
            given = min(done + step, turns)
            report = memory.add_sessions({name: said[:given] for name, said in sessions.items()})
            new = len(sessions) - (self._last == (memory.group, together[0][1].session))
            self._last = memory.group, together[-1][1].session
            yield Commit(memory.group, new, given - done, given, report)
            done = given

    def _of(self, group: str) -> Memory:
        if group not in self._open:
            if len(self._open) == _MOST_OPEN:
                self._open.popitem(last=False)[1].close()
            self._open[group] = Memory.open(
                self._store_url,
                group=group,
                extractor=self._extractor,
                embedder=self._embedder,
                schema=self._schema,
                judge=self._judge,
                clock=self._clock,
                timezone=self._timezone,
            )
        self._open.move_to_end(group)
        return self._open[group]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for memory in self._open.values():
            self._until_closed.callback(memory.close)
        self._until_closed.close()


def ingest(  # noqa: PLR0913 - options, keyword-only
    paths: Sequence[Path],
    store_url: str,
    *,
    group: str | None = None,
    format: str | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    stop: Callable[[], bool] = lambda: False,
    **options: Unpack[Options],
) -> list[GroupTotals]:
    """Adds files to a store, some hundred turns in one transaction.

    A session of more than 1,000 turns takes several; with a language model there is one for the windows
    that it sees at once, so that a crash costs no more calls than those. The files are read through
    once before anything is written, so a malformed one changes nothing. A job that was interrupted
    goes on where it was when it is run again.

    Args:
        paths: The files; see `kgmem.ingest.loaders` for what they may hold.
        store_url: The store.
        group: The group of what names none itself.
        format: What the files are, as for `kgmem.ingest.loaders.load`.
        on_progress: Called before the first commit and after each.
        stop: Asked after each commit whether to end there.
        **options: See `Options`.

    Returns:
        The totals of each group, in the order of the files.

    Raises:
        InvalidInputError: A file is malformed.
        ConfigurationError: A message has no group and ``group`` is not given, an option is not known
            or does not fit, or an extra is missing.
    """
    check_options(options.keys(), Options.__annotations__.keys())
    files = Files(paths, group, format, options.get("timezone"))
    progress = _to_do(files)
    on_progress(progress)
    totals: dict[str, GroupTotals] = {}
    with _Writer(store_url, options) as writer:
        for commit in writer.commits(files.batches()):
            known = totals.get(commit.group, GroupTotals(group=commit.group))
            totals[commit.group] = known.plus(commit)
            progress = progress.after(commit)
            on_progress(progress)
            if stop():
                break
    return list(totals.values())


def _to_do(files: Files) -> Progress:
    """What there is to do; reads the files through.

    Raises:
        InvalidInputError: One is malformed.
    """
    sessions = turns = 0
    last: tuple[str, str] | None = None
    for name, batch in files.batches():
        sessions, turns = sessions + ((name, batch.session) != last), turns + len(batch.messages)
        last = name, batch.session
    return Progress("", 0, 0, sessions, turns)


def _working(jobs: int, runner: Runner, ray_address: str | None) -> _Working | None:
    if jobs < 1:
        raise ConfigurationError(f"jobs={jobs!r}: use 1 or more")
    if runner == "ray":
        return partial(on_ray.working, address=ray_address)
    return ahead.working if jobs > 1 else None
