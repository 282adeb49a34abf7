"""What replaces what where rules can't tell: the few doubts that a language model is asked about.

Rules judge a single predicate, which holds one object at a time, and whatever words say is over. What
is left are predicates that hold many objects: "I play the cello now instead" may or may not have ended
the piano. Most of what is said adds up and asks nobody; a doubt takes words of change, and an earlier
fact of the same subject and predicate that still holds.

A decision is an ``ends`` claim with ``caused_by``, a claim like any other: it is seen in
`kgmem.Memory.explain`, and undone with what it came with.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from kgmem.extraction.base import Doubt
from kgmem.identities import Identities
from kgmem.models import Claim, Episode, Fact
from kgmem.results import Report
from kgmem.schema import Schema
from kgmem.stores.base import FactQuery, RecordQuery, Store
from kgmem.timeline import SAME_AS

# In the turn or in the words of the fact; "now" alone is too common in a turn.
_CHANGE = re.compile(
    r"\b(?:no longer|anymore|instead|rather than|used to|switch(?:ed|ing)|replac(?:ed|es|ing)"
    r"|swapp(?:ed|ing)|trad(?:ed|ing) (?:in|for)|chang(?:ed|ing) (?:to|from|over)|moved on"
    r"|gave up|given up|quit (?:my|the|his|her|their|\w+ing)|stopped|dropped|ditched|from now on"
    r"|these days|nowadays)\b",
    re.IGNORECASE,
)
_NOW = re.compile(r"\bnow\b", re.IGNORECASE)
# Whoever holds more at once plainly adds them up.
_MOST_OPEN = 6

Slot = tuple[str, str]
"""A subject's id and a predicate."""


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Finds what a model is to judge, given what rules made of some claims.

    Attributes:
        store: Where what is believed is read.
        schema: Says which predicates hold many objects, and which tell of what happened once.
        timezone: What days are in; UTC without one.
    """

    store: Store
    schema: Schema
    timezone: tzinfo | None = None

    def possible(
        self, claims: Sequence[Claim], again: Sequence[Claim], episodes: Sequence[Episode]
    ) -> bool:
        """Whether there can be a doubt, for far less than a rehearsal; see `doubts`."""
        slots = self._doubtful([*claims, *again])
        # What ends, is taken back or is linked moves facts that are not named here.
        if not slots or again or any(c.kind != "asserts" or c.predicate == SAME_AS for c in claims):
            return bool(slots)
        told = [claim for claim in claims if (claim.subject_id, claim.predicate) in slots]
        texts = self._texts([claim.episode for claim in told if claim.episode], episodes)
        if any(_tells_of_change(c.text, texts.get(c.episode or "", "")) for c in told):
            return True
        # Nothing new tells of change; what was said after it may, and end it.
        since = min(claim.valid_at for claim in told)
        return any(fact.valid_at >= since for fact in self._stored(self._known(slots)))

    def _doubtful(self, claims: Iterable[Claim]) -> set[Slot]:
        """The subjects and predicates of claims that may have ended something unnoticed.

        Also of those that end or take back: what goes on after an end learned late is a fact anew.
        """
        return {(c.subject_id, c.predicate) for c in claims if self._adds_up(c.predicate)}

    def _known(self, slots: Collection[Slot]) -> set[Slot]:
        """The same, of those whom the subjects stand for."""
        chiefs = Identities.read(self.store).chiefs if slots else {}
        return {(chiefs.get(subject, subject), predicate) for subject, predicate in slots}

    def doubts(
        self,
        rehearsed: Report,
        claims: Sequence[Claim],
        again: Sequence[Claim],
        episodes: Sequence[Episode],
    ) -> list[Doubt]:
        """What is to be judged, in order of valid time; each pair of claim and fact once.

        One of the two is new, so what is learned late is judged by what was said after it.

        Args:
            rehearsed: What rules make of the new claims, in a dry run.
            claims: The new claims.
            again: Claims that the store holds and that could not be judged before.
            episodes: The turns that the store does not hold yet.
        """
        facts = self._believed(rehearsed, again)
        unjudged = {claim.id for claim in again}
        fresh = {fact.id for fact in rehearsed.added}
        fresh |= {fact.id for fact in facts if unjudged & set(fact.claims)}
        # What was said before all that is new can end none of it.
        since = min((fact.valid_at for fact in facts if fact.id in fresh), default=None)
        later = [fact for fact in facts if since is not None and fact.valid_at >= since]
        texts = self._texts([name for fact in later for name in fact.episodes[:1]], episodes)
        ending = self._claims([fact.ended_by for fact in facts if fact.ended_by], claims)
        decided = {claim.id for claim in ending.values() if claim.caused_by is not None}
        found = []
        for fact in later:
            if _tells_of_change(fact.text, _said(fact, texts)):
                endable = _endable(fact, facts, decided)
                if earlier := [one for one in endable if {fact.id, one.id} & fresh]:
                    found.append((fact, earlier))
        stating = self._claims([fact.claims[0] for fact, _ in found], claims)
        return [
            Doubt(stating[fact.claims[0]], earlier, _said(fact, texts), self.timezone)
            for fact, earlier in found
        ]

    def concerned(self, doubts: Sequence[Doubt], rehearsed: Report) -> list[str]:
        """The turns that state what is new of the subjects and predicates of some doubts."""
        slots = {(fact.subject.id, fact.predicate) for doubt in doubts for fact in doubt.candidates}
        new = (fact for fact in rehearsed.added if (fact.subject.id, fact.predicate) in slots)
        return [name for fact in new for name in fact.episodes]

    def _adds_up(self, predicate: str) -> bool:
        known = self.schema.predicates.get(predicate)
        return self.schema.cardinality(predicate) == "many" and not (known and known.event)

    def _believed(self, rehearsed: Report, again: Sequence[Claim]) -> list[Fact]:
        """The facts of the doubtful subjects and predicates after the rules, by valid time."""
        changed = (*rehearsed.added, *rehearsed.ended, *rehearsed.revised, *rehearsed.reinforced)
        slots = self._known(self._doubtful(again))
        slots |= {
            (f.subject.id, f.predicate) for f in rehearsed.added if self._adds_up(f.predicate)
        }
        believed = {fact.id: fact for fact in self._stored(slots)}
        believed |= {f.id: f for f in changed if (f.subject.id, f.predicate) in slots}
        gone = {fact.id for fact in rehearsed.retracted}
        facts = (fact for fact in believed.values() if fact.id not in gone)
        return sorted(facts, key=lambda fact: (fact.valid_at, fact.text, fact.id))

    def _stored(self, slots: Collection[Slot]) -> list[Fact]:
        """What is believed of subjects and predicates."""
        subjects, predicates = (sorted({slot[part] for slot in slots}) for part in (0, 1))
        found = self.store.facts(FactQuery(subjects=subjects, predicates=predicates))
        return [fact for fact in found if (fact.subject.id, fact.predicate) in slots]

    def _claims(self, ids: Sequence[str], given: Sequence[Claim]) -> dict[str, Claim]:
        known = {claim.id: claim for claim in given}
        if missing := sorted(set(ids) - known.keys()):
            known |= {c.id: c for c in self.store.claims(RecordQuery(ids=missing))}
        return known

    def _texts(self, ids: Sequence[str], given: Sequence[Episode]) -> dict[str, str]:
        """What was said in turns, by id."""
        texts = {episode.id: episode.text for episode in given}
        if missing := sorted(set(ids) - texts.keys()):
            texts |= {e.id: e.text for e in self.store.episodes(RecordQuery(ids=missing))}
        return texts


def _tells_of_change(text: str, said: str) -> bool:
    return bool(_CHANGE.search(f"{text} {said}") or _NOW.search(text))


def _said(fact: Fact, texts: Mapping[str, str]) -> str:
    return texts.get(fact.episodes[0], "") if fact.episodes else ""


def _endable(fact: Fact, facts: Sequence[Fact], decided: Collection[str]) -> list[Fact]:
    """The facts that another may have ended, the latest few; none where plainly all of them add up.

    What ended by a decision counts as if it still held: so which pairs are judged depends on what was
    said alone, and a window that failed and is done again leaves what an undisturbed one does.
    """
    before = [
        one
        for one in facts
        if (one.subject.id, one.predicate) == (fact.subject.id, fact.predicate)
        and one.object.id != fact.object.id
        and one.valid_at < fact.valid_at
    ]
    open_then = [one for one in before if _holds(one, fact.valid_at)]
    if len(open_then) > _MOST_OPEN:
        return []
    endable = [one for one in before if one.ended_by in decided or _holds(one, fact.valid_at)]
    return endable[-_MOST_OPEN:]


def _holds(fact: Fact, at: datetime) -> bool:
    return fact.invalid_at is None or fact.invalid_at > at
