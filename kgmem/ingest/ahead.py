"""Extraction and embedding ahead of the writes, in worker processes; on Ray too (`on_ray`).

A worker takes a session into an empty memory of its own and notes what its extractor and embedder
answer. The writer takes the session into the store, where what it asks of them is answered by those
notes, and else by an extractor and embedder of its own: for turns that follow others of the store,
say. So what is written does not depend on how many workers there are.
"""

import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from multiprocessing import get_context, parent_process

import numpy as np
from numpy.typing import NDArray

from kgmem.embeddings import Embedder, Embeddings, embedder_of
from kgmem.errors import ConfigurationError
from kgmem.extraction import extractor_of
from kgmem.extraction.base import Context, Extractor, ModelExtractor, Tally
from kgmem.memory import Memory
from kgmem.models import ClaimDraft, Episode, Message
from kgmem.schema import Schema

_Key = tuple[object, ...]


@dataclass(slots=True)
class Notes:
    """What an extractor and an embedder answered.

    Attributes:
        drafts: The drafts of a window, and what was left out of it.
        vectors: The unit vector of a text.
    """

    drafts: dict[_Key, tuple[list[ClaimDraft], Tally]] = field(default_factory=dict)
    vectors: dict[str, NDArray[np.float32]] = field(default_factory=dict)


@dataclass(slots=True)
class NotedExtractor:
    """Answers from notes, and adds to them what they lack.

    Attributes:
        extractor: What finds the drafts; they are a function of the turns and their context.
        notes: What it answered so far.
    """

    extractor: Extractor
    notes: Notes = field(default_factory=Notes)

    def extract(self, episodes: Sequence[Episode], context: Context) -> list[ClaimDraft]:
        """The drafts of a window."""
        turns = ((e.id, e.occurred_at, e.speaker, e.text) for e in (*context.previous, *episodes))
        key = (len(episodes), *turns, *context.speakers)
        if key not in self.notes.drafts:
            found = self.extractor.extract(episodes, context)
            self.notes.drafts[key] = found, deepcopy(context.tally)
            return found
        drafts, tally = self.notes.drafts[key]
        context.tally.add(tally)
        return drafts


@dataclass(slots=True)
class NotedEmbeddings:
    """Embeddings from notes; what they lack is added to them.

    Attributes:
        embedder: What embeds.
        notes: What it answered so far.
    """

    embedder: Embedder
    notes: Notes = field(default_factory=Notes)

    @property
    def model(self) -> str:
        """The name that the vectors are kept under."""
        return self.embedder.name

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        known = self.notes.vectors
        if missing := [text for text in texts if text not in known]:
            known.update(zip(missing, self.embedder.texts(missing), strict=True))
        return [known[text] for text in texts]  # type: ignore[misc] # rows do as well as lists

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self.embed_documents([text])[0]


@dataclass(frozen=True, slots=True)
class Models:
    """What extracts and embeds, as it is asked for; a worker makes its own of it.

    Attributes:
        extractor: As for `Memory.open`.
        embedder: As for `Memory.open`.
        schema: As for `Memory.open`.
        timezone: As for `Memory.open`.
    """

    extractor: Extractor | str | None
    embedder: Embeddings | str | None
    schema: Schema | None
    timezone: tzinfo | None

    def noted(self, notes: Notes) -> tuple[Extractor | str, Embeddings | str]:
        """An extractor and an embedder that answer from notes.

        What a language model says depends on what is known already, so it is asked by the writer.
        """
        extractor = extractor_of(self.extractor, self.schema or Schema.default())
        embedder = embedder_of(self.embedder)
        if extractor is not None and not isinstance(extractor, ModelExtractor):
            extractor = NotedExtractor(extractor, notes)
        return extractor or "none", NotedEmbeddings(embedder, notes) if embedder else "none"


@dataclass(frozen=True, slots=True)
class Session:
    """What a worker takes in.

    Attributes:
        group: The group.
        session: The session.
        messages: Its messages, each with its time.
        now: The instant at which they are taken in.
    """

    group: str
    session: str
    messages: Sequence[Message]
    now: datetime


class Worker:
    """What a worker process keeps from one session to the next: its models.

    Args:
        models: What it extracts and embeds with.
    """

    def __init__(self, models: Models) -> None:
        self._models = models
        self._notes = Notes()
        extractor, self._embedder = models.noted(self._notes)
        self._extractor = "none" if isinstance(extractor, ModelExtractor) else extractor

    def rehearse(self, session: Session) -> Notes:
        """What the models answer where the session is taken in."""
        self._notes.drafts.clear()
        self._notes.vectors.clear()
        with Memory.open(
            "sqlite://",
            group=session.group,
            extractor=self._extractor,
            embedder=self._embedder,
            schema=self._models.schema,
            clock=lambda: session.now,
            timezone=self._models.timezone,
        ) as memory:
            memory.add(session.messages, session=session.session)
        return self._notes


_THREADS = "OMP_NUM_THREADS"
_worker: list[Worker] = []


def _start(models: bytes) -> None:
    # A terminal tells all of its processes to end: the parent decides when that is for a worker.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker.append(Worker(pickle.loads(models)))


def _end_with_parent() -> None:
    """A worker waits on a pipe that it holds both ends of: it would outlive a parent that was killed."""
    if parent := parent_process():
        parent.join()
        os._exit(1)


def _rehearsed(session: Session) -> Notes:
    return _worker[0].rehearse(session)


class Workers:
    """Worker processes that read sessions ahead.

    Args:
        begin: Has a session read by a worker that is free, or is next.
        died: What is raised where that worker has died.
        notes: What the writer's models answer from.
    """

    def __init__(
        self, begin: Callable[[Session], "Future[Notes]"], died: type[Exception], notes: Notes
    ) -> None:
        self.begin = begin
        self._died = died
        self._notes = notes

    def finish(self, begun: "Sequence[Future[Notes]]") -> None:
        """Waits for what was noted of sessions, and lets the writer answer from it, and no other.

        Raises:
            ConfigurationError: The worker died.
        """
        self._notes.drafts.clear()
        self._notes.vectors.clear()
        try:
            for notes in (session.result() for session in begun):
                self._notes.drafts |= notes.drafts
                self._notes.vectors |= notes.vectors
        except self._died as error:
            raise ConfigurationError(
                "a worker process died, most often for want of memory: run the same again with "
                f"fewer --jobs; what was written stays ({str(error).strip().splitlines()[-1]})"
            ) from error


@contextmanager
def working(jobs: int, models: Models, notes: Notes) -> Iterator[Workers]:
    """Worker processes, for as long as they are wanted.

    Raises:
        ConfigurationError: An extractor or embedder cannot go to another process.
    """
    try:
        sent = pickle.dumps(models)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"the extractor or embedder cannot go to another process ({error}): use jobs=1"
        ) from error
    # Forked processes would share the parent's connections and threads.
    spawn = get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=spawn, initializer=_start, initargs=(sent,))
    try:
        with _one_thread_each():
            yield Workers(lambda one: pool.submit(_rehearsed, one), BrokenProcessPool, notes)
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Workers share the cores: threads of each in their turn would only get into each other's way.

    How many there are, numpy reads when it is loaded, which is before a worker runs a line of ours.
    """
    given = os.environ.get(_THREADS)
    os.environ[_THREADS] = given or "1"
    try:
        yield
    finally:
        if given is None:
            del os.environ[_THREADS]
