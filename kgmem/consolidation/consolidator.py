"""Consolidation: reads a group once, makes what can be made of its beliefs, writes that at once.

Others may write meanwhile. Claims are only ever added, and only where a judge of names is asked to;
what is derived takes the place of what was derived before, in one transaction. Where something was
erased since the group was read, nothing is written and all is done again, so that no summary quotes
what was forgotten. A run that was broken off has written whole parts or nothing: run it again.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Literal, get_args

from kgmem import timeline
from kgmem.consolidation import summaries
from kgmem.consolidation.beliefs import Beliefs
from kgmem.consolidation.communities import communities
from kgmem.consolidation.duplicates import doubts, similar
from kgmem.consolidation.fading import faded
from kgmem.errors import ConfigurationError, ConflictError, ExtractionError, InvalidInputError
from kgmem.extraction.base import Summarizer, Tally
from kgmem.identities import Identities
from kgmem.ids import record_id
from kgmem.models import ClaimDraft, Community, Similarity
from kgmem.recording import Parts, Recorder
from kgmem.resolution.namesakes import MOST_PAIRS
from kgmem.results import Consolidation, Faded, Skipped
from kgmem.stores.base import Change, RecordQuery
from kgmem.stores.derived import Derived
from kgmem.timeline import SAME_AS

Part = Literal["duplicates", "communities", "summaries"]
PARTS: tuple[Part, ...] = get_args(Part)

_TRIES = 5
_NAMED = 3
# As much as a call takes easily; facts come in the order of how much they say.
_MOST_FACTS = 60


class Consolidator:
    """Consolidates the group of a memory.

    Args:
        parts: What the memory is made of.
        recorder: Takes in what a judge decides.
    """

    def __init__(self, parts: Parts, recorder: Recorder) -> None:
        self._recorder = recorder
        self._store = parts.store
        self._judge = parts.judge
        self._clock = parts.clock
        self._summarizer = parts.extractor if isinstance(parts.extractor, Summarizer) else None

    def consolidate(self, parts: Sequence[Part], *, merge: bool) -> Consolidation:
        """See `kgmem.Memory.consolidate`."""
        if unknown := sorted(set(parts) - set(PARTS)):
            raise InvalidInputError(f"{unknown[0]!r} is no part: use {', '.join(PARTS)}")
        tally = Tally()
        merged = self._recorder.drafts(self._judged(tally), dry_run=False) if merge else None
        derived, skipped = self._written(parts, tally)
        return Consolidation(
            similar=tuple(derived.similar or ()),
            communities=tuple(_by_size(derived.communities or ())),
            summaries=len(derived.summaries or ()),
            merged=merged,
            skipped=tuple(skipped),
            llm_calls=tally.calls,
            tokens=tally.tokens,
        )

    def communities(self) -> list[Community]:
        """See `kgmem.Memory.communities`."""
        return _by_size(self._store.derived().communities or ())

    def faded(self, half_life: timedelta, below: float) -> list[Faded]:
        """See `kgmem.Memory.faded`."""
        return faded(self._beliefs(), half_life, below, self._clock())

    def _beliefs(self) -> Beliefs:
        return Beliefs.of(self._store.changes(None))

    def _judged(self, tally: Tally) -> list[ClaimDraft]:
        """A link for each pair of similar entities that the judge says is one."""
        if self._judge is None:
            raise ConfigurationError(
                "there is nobody to judge which names are one: open the memory with judge=, or merge "
                "those you know with merge_entities"
            )
        beliefs = self._beliefs()
        asked = doubts(beliefs, self._similar(beliefs))
        calls = (asked[start : start + MOST_PAIRS] for start in range(0, len(asked), MOST_PAIRS))
        return [draft for call in calls for draft in self._judge.identify(call, tally)]

    def _written(self, parts: Sequence[Part], tally: Tally) -> tuple[Derived, list[Skipped]]:
        """Makes and writes the parts; again where something was erased meanwhile."""
        for tries_left in reversed(range(_TRIES)):
            derived, skipped = self._derived(self._beliefs(), parts, tally)
            try:
                self._store.write(Change(derived=derived), timeline.revise)
            except ConflictError:
                if not tries_left:
                    raise
            else:
                break
        return derived, skipped

    def _derived(
        self, beliefs: Beliefs, parts: Sequence[Part], tally: Tally
    ) -> tuple[Derived, list[Skipped]]:
        now, skipped = self._clock(), list[Skipped]()
        found = Derived(
            beliefs.rewrites,
            similar=self._similar(beliefs) if "duplicates" in parts else None,
            communities=self._communities(beliefs, now, tally, skipped)
            if "communities" in parts
            else None,
            summaries=summaries.of_entities(beliefs, now) if "summaries" in parts else None,
        )
        return found, skipped

    def _similar(self, beliefs: Beliefs) -> list[Similarity]:
        links = self._store.claims(RecordQuery(predicate=SAME_AS))
        pairs = {(c.subject_id, c.object_id or "") for c in links}
        # What was said of a name holds of the entity that it stands for.
        chiefs = Identities.read(self._store).chiefs
        pairs |= {(chiefs.get(one, one), chiefs.get(other, other)) for one, other in pairs}
        return similar(beliefs, set(map(frozenset, pairs)))

    def _communities(
        self, beliefs: Beliefs, now: datetime, tally: Tally, skipped: list[Skipped]
    ) -> list[Community]:
        groups = communities(beliefs)
        told = [
            summaries.central(beliefs, facts, now) for facts in summaries.inside(beliefs, groups)
        ]
        texts = self._summed_up([summaries.lines(facts) for facts in told], tally, skipped)
        quoted = summaries.OF_COMMUNITY if self._summarizer is None else _MOST_FACTS
        found = []
        for group, facts, text in zip(groups, told, texts, strict=True):
            names = tuple(beliefs.entities[name].name for name in group)
            found.append(
                Community(
                    id=record_id(self._store.group, "community", *sorted(group)),
                    name=", ".join(names[:_NAMED]),
                    summary=text,
                    members=names,
                    facts=tuple(fact.id for fact in facts[:quoted]),
                    made_at=now,
                )
            )
        return sorted(found, key=lambda community: community.id)

    def _summed_up(
        self, told: Sequence[Sequence[str]], tally: Tally, skipped: list[Skipped]
    ) -> list[str]:
        """A text for the facts of each community; without a model, or where it fails, the first of them."""
        plain = ["\n".join(lines[: summaries.OF_COMMUNITY]) for lines in told]
        model = self._summarizer
        if model is None:
            return plain

        def ask(lines: Sequence[str]) -> tuple[str, Tally, str]:
            cost = Tally()
            try:
                return model.summarize(lines[:_MOST_FACTS], cost), cost, ""
            except ExtractionError as error:
                return "", cost, str(error)

        with ThreadPoolExecutor(model.max_concurrency) as pool:
            answers = list(pool.map(ask, told))
        for (_, cost, reason), lines in zip(answers, told, strict=True):
            tally.add(cost)
            if reason:
                skipped.append(Skipped(what=lines[0], reason=f"its community: {reason}"))
        return [text or words for (text, _, _), words in zip(answers, plain, strict=True)]


def _by_size(found: Sequence[Community]) -> list[Community]:
    return sorted(found, key=lambda one: (-len(one.members), one.id))


class Consolidating:
    """What a `Memory` can do when nobody asks: these are methods of it."""

    _consolidator: Consolidator

    def consolidate(self, parts: Sequence[Part] = PARTS, *, merge: bool = False) -> Consolidation:
        """Makes what can be made of beliefs, in place of what was made before; no fact changes.

        Args:
            parts: ``duplicates`` (entities that may be one), ``communities`` (summed up by the extractor
                where it is a chat model), ``summaries`` (of entities).
            merge: Whether entities that the ``judge`` says are one are merged first; can be undone.

        Raises:
            InvalidInputError: There is no such part.
            ConfigurationError: An extra is missing, or ``merge`` is asked for without a judge.
            ConflictError: Something was erased again and again meanwhile.
            ExtractionError: The judge failed.
        """
        return self._consolidator.consolidate(parts, merge=merge)

    def faded(self, *, half_life: timedelta, below: float) -> list[Faded]:
        """What a policy would forget, the most faded turns first; `forget` takes their ids.

        Args:
            half_life: When a turn that supports no fact is half faded; the more its facts matter, the later.
            below: The retention, between 0 and 1, below which a turn counts as faded.

        Raises:
            InvalidInputError: One of them is out of range.
        """
        return self._consolidator.faded(half_life, below)

    def communities(self) -> list[Community]:
        """The communities that `consolidate` found last, the largest first; none after a forgetting."""
        return self._consolidator.communities()
