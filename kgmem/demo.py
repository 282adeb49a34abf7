"""The sample dialogue that ships with kgmem, played into a memory turn by turn.

Each turn is taken in at the time when it was said: the memory's clock is set to it. So transaction
times lie in the past, and one can ask what was known then, as after years of real use.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import NamedTuple

from kgmem.embeddings import Embeddings
from kgmem.ingest.loaders import Batch, load
from kgmem.memory import Memory
from kgmem.models import Episode, Fact, Record
from kgmem.opening import system_clock
from kgmem.results import Hit
from kgmem.when import TICK, starts

GROUP = "demo"
"""The group that the demo writes to."""


class Invalidated(Record):
    """A fact that is over, or was never so, and the turn that says it.

    Attributes:
        fact: The fact as it was last believed.
        how: ``ended`` where it was true once, ``retracted`` where it never was.
        turn: The turn.
    """

    fact: Fact
    how: str
    turn: Episode


class Answer(Record):
    """What the memory believes about a question.

    Attributes:
        asked: About which time: what holds now, what held then, what was known then.
        question: The question, in words.
        subject: Whom it is about.
        predicate: The relation that it asks for.
        as_of: The instant of the world that it is about.
        as_known: The instant whose knowledge answers it; ``None`` for now.
        facts: The facts that answer it; none where nothing was known.
        turns: The turns that say so.
    """

    asked: str
    question: str
    subject: str
    predicate: str
    as_of: datetime
    as_known: datetime | None
    facts: tuple[Fact, ...]
    turns: tuple[Episode, ...]


class Played(Record):
    """What came of the dialogue.

    Attributes:
        sessions: How many sessions it has.
        turns: How many turns.
        learned: The facts believed at its end.
        invalidated: The facts that are over or were never so.
        answers: The questions asked then, and their answers.
        question: A question for the search.
        hits: What the search finds for it.
    """

    sessions: int
    turns: int
    learned: tuple[Fact, ...]
    invalidated: tuple[Invalidated, ...]
    answers: tuple[Answer, ...]
    question: str
    hits: tuple[Hit, ...]


class _Question(NamedTuple):
    """A question and the facts that it asks for; ``as_of`` is now where it is not given."""

    text: str
    predicate: str
    as_of: str | None = None
    as_known: str | None = None
    subject: str = "Nora"


_CORRECTED = _Question("Where did Nora live in September 2023?", "lives_in", "2023-09")
_TOLD_LATE = _Question("Where did Nora live in June 2020?", "lives_in", "2020-06")
_QUESTIONS = {
    "now": (
        _Question("Where does Nora live?", "lives_in"),
        _Question("Whom does Nora work for?", "works_at"),
        _Question("Is Nora dating someone?", "dating"),
    ),
    "as of June 2022": (
        _Question("Where did Nora live?", "lives_in", "2022-06"),
        _Question("Whom did Nora work for?", "works_at", "2022-06"),
        _Question("Was Nora dating someone?", "dating", "2022-06"),
    ),
    "as known then and today": (
        _CORRECTED._replace(as_known="2023-09-08T08:56Z"),
        _CORRECTED,
        _TOLD_LATE._replace(as_known="2023-12-31"),
        _TOLD_LATE,
    ),
}
_SEARCH = "What happened with Felix?"


@dataclass(slots=True)
class _Clock:
    """The time of the turn being told; the real one when none is."""

    telling: datetime | None = None

    def __call__(self) -> datetime:
        return self.telling or system_clock()


def dialogue() -> list[Batch]:
    """The sessions of the sample dialogue."""
    with resources.as_file(resources.files("kgmem") / "sample" / "dialogue.jsonl") as path:
        return list(load(path))


def play(
    store_url: str,
    *,
    embedder: Embeddings | str | None = None,
    on_turn: Callable[[int, int], None] | None = None,
) -> Played:
    """Plays the dialogue into a store and asks about it; a store that holds it already stays as it is.

    Args:
        store_url: The store.
        embedder: As for `Memory.open`.
        on_turn: Called with the number of turns taken in and of all.
    """
    clock = _Clock()
    sessions = dialogue()
    total = sum(len(session.messages) for session in sessions)
    with Memory.open(store_url, group=GROUP, embedder=embedder, clock=clock) as memory:
        for told in _told(memory, clock, sessions):
            if on_turn:
                on_turn(told, total)
        return Played(
            sessions=len(sessions),
            turns=total,
            learned=tuple(memory.facts()),
            invalidated=tuple(_invalidated(memory)),
            answers=tuple(
                _answer(memory, asked, question, clock())
                for asked, questions in _QUESTIONS.items()
                for question in questions
            ),
            question=_SEARCH,
            hits=tuple(memory.search(_SEARCH, k=3)),
        )


def _told(memory: Memory, clock: _Clock, sessions: list[Batch]) -> Iterator[int]:
    """Tells the dialogue turn by turn; yields how many turns are told."""
    turns = [(session, message) for session in sessions for message in session.messages]
    for told, (session, message) in enumerate(turns, start=1):
        clock.telling = message.occurred_at
        memory.add([message], session=session.session)
        yield told
    clock.telling = None


def _invalidated(memory: Memory) -> Iterator[Invalidated]:
    for fact in memory.facts():
        turn = memory.explain(fact.id).ended_in
        # A fact told with its end ("from 2020 to 2021") was never taken for still true.
        if turn is not None and fact.ended_by not in fact.claims:
            yield Invalidated(fact=fact, how="ended", turn=turn)
    for claim in memory.claims():
        if claim.kind == "retracts" and claim.episode and claim.recorded_at:
            (turn,) = memory.episodes([claim.episode])
            for fact in memory.facts(
                subject=claim.subject,
                predicate=claim.predicate,
                object=claim.object,
                as_known=claim.recorded_at - TICK,
            ):
                yield Invalidated(fact=fact, how="retracted", turn=turn)


def _answer(memory: Memory, asked: str, question: _Question, now: datetime) -> Answer:
    as_of = starts(question.as_of) if question.as_of else now
    as_known = starts(question.as_known) if question.as_known else None
    found = memory.facts(
        subject=question.subject, predicate=question.predicate, as_of=as_of, as_known=as_known
    )
    return Answer(
        asked=asked,
        question=question.text,
        subject=question.subject,
        predicate=question.predicate,
        as_of=as_of,
        as_known=as_known,
        facts=tuple(found),
        turns=tuple(memory.episodes([name for fact in found for name in fact.episodes])),
    )
