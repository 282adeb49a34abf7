"""Extraction in windows: which turns an extractor sees together, and what becomes of a failure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import groupby

from kgmem.errors import ExtractionError, InvalidInputError
from kgmem.extraction.base import Context, Extractor, Tally
from kgmem.models import Claim, ClaimDraft, Episode
from kgmem.results import Skipped
from kgmem.stores.base import Failure, RecordQuery, Store

WINDOW = 20
"""How many turns an extractor sees at once."""
_LOOK_BACK = 4

Bind = Callable[[ClaimDraft, Episode | None], Claim]


@dataclass(slots=True)
class Extracted:
    """What came of some windows.

    Attributes:
        claims: The claims that their turns state.
        skipped: What made no claim, and why.
        failures: Turns of windows that failed.
        settled: Ids of turns whose window had failed before and went well now.
        calls: Calls to a language model.
        tokens: Tokens those calls took.
    """

    claims: list[Claim] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    calls: int = 0
    tokens: int = 0

    def count(self, tally: Tally) -> None:
        """Adds what a window cost and left out."""
        self.calls += tally.calls
        self.tokens += tally.tokens
        self.skipped += tally.skipped


@dataclass(frozen=True, slots=True)
class Windows:
    """Runs an extractor over the windows of sessions.

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

    def new(self, episodes: Sequence[Episode], session: str) -> Extracted:
        """Extracts from new turns of a session, in their order."""
        extracted = Extracted()
        if self.extractor is not None and episodes:
            turns = [*self._before(episodes[0], session), *episodes]
            first = len(turns) - len(episodes)
            for place in range(first, len(turns), WINDOW):
                window = turns[place : place + WINDOW]
                self._extract(self.extractor, window, turns[:place], extracted)
        return extracted

    def again(self, failures: Iterable[Failure]) -> Extracted:
        """Extracts from the windows that failed, each as it was."""
        extracted = Extracted()
        if self.extractor is not None:
            for window in self._failed(failures):
                previous = self._before(window[0], window[0].session)
                self._extract(self.extractor, window, previous, extracted)
        return extracted

    def _failed(self, failures: Iterable[Failure]) -> Iterator[list[Episode]]:
        ordered = sorted(failures, key=lambda failure: failure.window)
        for _, turns in groupby(ordered, key=lambda failure: failure.window):
            yield self.store.episodes(RecordQuery(ids=[turn.episode for turn in turns]))

    def _before(self, episode: Episode, session: str) -> list[Episode]:
        said = self.store.episodes(RecordQuery(session=session))
        return [e for e in said if e.occurred_at < episode.occurred_at]

    def _extract(
        self,
        extractor: Extractor,
        window: Sequence[Episode],
        previous: Sequence[Episode],
        extracted: Extracted,
    ) -> None:
        speakers = dict.fromkeys(e.speaker for e in (*previous, *window) if e.speaker)
        context = Context(
            previous=previous[-_LOOK_BACK:], speakers=tuple(speakers), timezone=self.timezone
        )
        try:
            drafts = extractor.extract(window, context)
        except ExtractionError as error:
            reason = str(error)
            extracted.failures += [Failure(e.id, window[0].id, reason) for e in window]
        else:
            extracted.settled += [episode.id for episode in window]
            self._bind(drafts, {episode.id: episode for episode in window}, extracted)
        extracted.count(context.tally)

    def _bind(
        self, drafts: Sequence[ClaimDraft], episodes: dict[str, Episode], extracted: Extracted
    ) -> None:
        for draft in drafts:
            try:
                extracted.claims.append(self.bind(draft, episodes.get(draft.episode or "")))
            except InvalidInputError as error:
                what = draft.text or draft.subject
                extracted.skipped.append(Skipped(what=what, reason=str(error)))
