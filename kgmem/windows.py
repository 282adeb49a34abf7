"""Extraction in windows: which turns an extractor sees together, and what becomes of a failure."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import partial
from itertools import groupby
from typing import TypeVar

from kgmem.errors import ExtractionError, InvalidInputError
from kgmem.extraction.base import Context, Extractor, ModelExtractor, Tally
from kgmem.models import Claim, ClaimDraft, Episode
from kgmem.results import Skipped
from kgmem.stores.base import FactQuery, Failure, RecordQuery, SearchQuery, Store
from kgmem.telemetry import measured
from kgmem.text import terms

WINDOW = 20
"""How many turns an extractor sees at once."""
_LOOK_BACK = 4
# How many turns back somebody counts as one who speaks in the session: it may be of any length.
_SPEAKERS_BACK = 40
_MOST_ENTITIES = 20
_MOST_PREDICATES = 8
# How many words of a window are looked up, and how many facts and entities with them.
_MOST_TERMS = 256
_LOOKED_AT = 100

# How many windows without a model make a commit.
_MOST_WINDOWS = 50

_T = TypeVar("_T")

Bind = Callable[[ClaimDraft, Episode | None], Claim]


def windows_a_commit(extractor: Extractor | None) -> int:
    """How many windows a job writes at once: with a model those that it sees at once.

    After a crash a model is asked again about those few windows only.
    """
    return extractor.max_concurrency if isinstance(extractor, ModelExtractor) else _MOST_WINDOWS


@dataclass(slots=True)
class Extracted:
    """What came of some windows.

    Attributes:
        claims: The claims that their turns state.
        failures: Turns of windows that failed.
        settled: Ids of turns whose window had failed before and went well now.
        tally: What the windows cost, and what made no claim.
    """

    claims: list[Claim] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


Window = tuple[Sequence[Episode], Sequence[Episode]]
"""Turns to extract from, and the last of their session before them."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Runs an extractor over the windows of sessions; several at once where it asks a model.

    Attributes:
        store: Where turns said before are read.
        extractor: What finds the claims; ``None`` finds none.
        bind: Makes a claim of a draft.
        timezone: What naive dates are in.
    """

    store: Store
    extractor: Extractor | None
    bind: Bind
    timezone: tzinfo | None

    def new(self, episodes: Sequence[Episode]) -> Extracted:
        """Extracts from new turns of sessions, one after the other, in their order."""
        if self.extractor is None or not episodes:
            return Extracted()
        windows: list[Window] = []
        for _, session in groupby(episodes, key=lambda episode: episode.session):
            new = list(session)
            turns = [*self._before(new[0]), *new]
            windows += [
                (turns[n : n + WINDOW], turns[max(n - _SPEAKERS_BACK, 0) : n])
                for n in range(len(turns) - len(new), len(turns), WINDOW)
            ]
        return self._extract(windows, self.extractor)

    def again(self, failures: Iterable[Failure]) -> Extracted:
        """Extracts from the windows that failed, each as it was."""
        if self.extractor is None:
            return Extracted()
        windows: list[Window] = []
        ordered = sorted(failures, key=lambda failure: failure.window)
        for _, failed in groupby(ordered, key=lambda failure: failure.window):
            turns = self.store.episodes(RecordQuery(ids=[turn.episode for turn in failed]))
            # Another process may have forgotten them since the failures were read.
            if turns:
                windows.append((turns, self._before(turns[0])))
        return self._extract(windows, self.extractor)

    def _before(self, episode: Episode) -> list[Episode]:
        return self.store.episodes(
            RecordQuery(session=episode.session, before=episode.occurred_at, last=_SPEAKERS_BACK)
        )

    @measured("extract", llm_calls=lambda r: r.tally.calls, llm_tokens=lambda r: r.tally.tokens)
    def _extract(self, windows: Sequence[Window], extractor: Extractor) -> Extracted:
        contexts = [self._context(window) for window in windows]
        at_once = extractor.max_concurrency if isinstance(extractor, ModelExtractor) else 1

        def attempt(turns: Sequence[Episode], context: Context) -> list[ClaimDraft] | str:
            try:
                return extractor.extract(turns, context)
            except ExtractionError as error:
                return str(error)

        calls = [
            partial(attempt, turns, context)
            for (turns, _), context in zip(windows, contexts, strict=True)
        ]
        results = _results(calls, min(at_once, len(calls)))
        extracted = Extracted()
        for (turns, _), context, result in zip(windows, contexts, results, strict=True):
            if isinstance(result, str):
                extracted.failures += [Failure(e.id, turns[0].id, result) for e in turns]
            else:
                extracted.settled += [episode.id for episode in turns]
                self._bind(result, {episode.id: episode for episode in turns}, extracted)
            extracted.tally.add(context.tally)
        return extracted

    def _context(self, window: Window) -> Context:
        turns, previous = window
        speakers = dict.fromkeys(e.speaker for e in (*previous, *turns) if e.speaker)
        entities, predicates = self._known(turns)
        return Context(
            previous=previous[-_LOOK_BACK:],
            speakers=tuple(speakers),
            entities=entities,
            predicates=predicates,
            timezone=self.timezone,
        )

    def _known(self, turns: Sequence[Episode]) -> tuple[Sequence[str], Sequence[str]]:
        """The entities named in some turns, and the predicates of facts about them, for a model."""
        if not isinstance(self.extractor, ModelExtractor):
            return (), ()
        words = dict.fromkeys(word for e in turns for word in terms(f"{e.speaker} {e.text}"))
        query = SearchQuery(
            terms=list(words)[:_MOST_TERMS],
            vector=None,
            limit=_LOOKED_AT,
            channels=["entity_text", "fact_text"],
        )
        found = self.store.candidates(query)
        near = [name for name, _ in found["entity_text"]]
        names = {entity.id: entity.name for entity in self.store.entities(near)}
        parts = {entity: set(terms(name)) for entity, name in names.items()}
        named = [e for e in near if parts.get(e) and parts[e] <= words.keys()][:_MOST_ENTITIES]
        facts = self.store.facts(FactQuery(ids=[name for name, _ in found["fact_text"]]))
        used = Counter(f.predicate for f in facts if {f.subject.id, f.object.id} & set(named))
        common = sorted(used, key=lambda predicate: (-used[predicate], predicate))
        return [names[entity] for entity in named], common[:_MOST_PREDICATES]

    def _bind(
        self, drafts: Sequence[ClaimDraft], episodes: dict[str, Episode], extracted: Extracted
    ) -> None:
        for draft in drafts:
            try:
                extracted.claims.append(self.bind(draft, episodes.get(draft.episode or "")))
            except InvalidInputError as error:
                what = draft.text or draft.subject
                extracted.tally.skipped.append(Skipped(what=what, reason=str(error)))


def _results(calls: Sequence[Callable[[], _T]], at_once: int) -> list[_T]:
    """What calls return, in their order, however many run at once."""
    if at_once <= 1:
        return [call() for call in calls]
    with ThreadPoolExecutor(at_once, "kgmem window") as pool:
        # Each in a context of its own: what traces a model's calls goes by context variables.
        contexts = [copy_context() for _ in calls]
        # Where one raises, or Ctrl-C comes, `map` calls off those that wait.
        return list(pool.map(lambda context, call: context.run(call), contexts, calls))
