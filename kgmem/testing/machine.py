"""A stateful machine: random histories on several stores at once, against a plain list of claims."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kgmem.belief import TRUST_ALL
from kgmem.memory import Memory
from kgmem.models import Claim, ClaimDraft, Episode, Fact, Kind, Message, SourceKind, Trust
from kgmem.results import Report
from kgmem.testing.fakes import HashEmbedder, ScriptedExtractor
from kgmem.testing.model import believed
from kgmem.timeline import SAME_AS

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
SINGLE = "lives_in"
MANY = "likes"
PEOPLE = "Ada", "Ada Lee", "Ada May", "Bob"
DAYS = st.integers(0, 12)
POLICIES = st.sampled_from(
    (
        TRUST_ALL,
        Trust(min_confidence=0.5),
        Trust(order=("user",)),
        Trust(order=("document", "agent")),
    )
)


def day(number: int) -> datetime:
    """The midnight so many days after the first."""
    return EPOCH + timedelta(days=number)


def said(episode: Episode) -> Sequence[ClaimDraft]:
    """The draft that an episode of the machine spells out in JSON."""
    return [ClaimDraft.model_validate(json.loads(episode.text))]


def shown(fact: Fact) -> tuple[Any, ...]:
    """All of a fact that two stores must agree on: everything but the clock of the write."""
    return tuple(
        (name, value)
        for name, value in fact.model_dump().items()
        if name not in ("created_at", "expired_at")
    )


class StoreMachine(RuleBasedStateMachine):
    """Says, merges, splits, undoes, forgets, consolidates, trusts, reopens and asks, on every store of ``urls``.

    `run_histories` runs it; or subclass it, set ``urls`` and use ``TestCase``.
    """

    urls: ClassVar[Sequence[str]] = ()

    @classmethod
    def run_histories(cls, *urls: str, examples: int, steps: int) -> None:
        """Runs random histories on the stores at some URLs.

        Args:
            *urls: Where the stores are.
            examples: How many histories.
            steps: The most steps of one.
        """
        machine = type(cls.__name__, (cls,), {"urls": urls})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )

    def __init__(self) -> None:
        super().__init__()
        self.group = f"machine {uuid4()}"
        self.clock = EPOCH
        self.memories: list[Memory] = []
        self.claims: list[Claim] = []
        self.reports: list[list[Report]] = []
        self.episodes: list[str] = []
        self.answers: list[tuple[datetime, list[tuple[Any, ...]]]] = []
        self.policies: list[tuple[datetime, Trust]] = []

    @initialize()
    def open_stores(self) -> None:
        """Opens every store; all are told the same time."""
        self.memories = [self._open(url) for url in self.urls]

    def _open(self, url: str) -> Memory:
        return Memory.open(
            url,
            group=self.group,
            extractor=ScriptedExtractor(said),
            embedder=HashEmbedder(),
            clock=lambda: self.clock,
        )

    def teardown(self) -> None:
        """Leaves nothing behind."""
        for memory in self.memories:
            if memory.stats()["episodes"] + memory.stats()["claims"]:
                memory.forget(everything=True)
            memory.close()

    # What happens

    @rule(
        kind=st.sampled_from(("asserts", "asserts", "asserts", "ends", "retracts")),
        subject=st.sampled_from(("Ada", "ada", "Ada Lee", "Ada May", "Bob")),
        subject_type=st.sampled_from((None, "person")),
        predicate=st.sampled_from((SINGLE, MANY)),
        name=st.sampled_from(("Berlin", "BERLIN", "Munich", "Paris")),
        object_type=st.sampled_from((None, "place", "person")),
        any_object=st.booleans(),
        valid=DAYS,
        length=st.none() | st.integers(1, 6),
        spoken=st.booleans(),
        at=DAYS,
        source=st.sampled_from(("user", "user", "agent", "document")),
        confidence=st.sampled_from((1.0, 1.0, 0.4)),
    )
    def say(
        self,
        kind: Kind,
        subject: str,
        subject_type: str | None,
        predicate: str,
        name: str,
        object_type: str | None,
        any_object: bool,
        valid: int,
        length: int | None,
        spoken: bool,
        at: int,
        source: SourceKind,
        confidence: float,
    ) -> None:
        """Somebody says something, in a turn or as a claim of its own."""
        draft = ClaimDraft(
            kind=kind,
            subject=subject,
            subject_type=subject_type,
            predicate=predicate,
            object=None if kind != "asserts" and any_object else name,
            object_type=object_type,
            valid_at=day(valid),
            invalid_at=day(valid + length) if kind == "asserts" and length else None,
            said_at=None if spoken else day(at),
            source_kind=source,
            confidence=confidence,
        )
        self._step()
        if spoken:
            text = draft.model_dump_json(exclude_none=True)
            message = Message(text=text, occurred_at=day(at), source_kind=source)
            self._record([memory.add([message]) for memory in self.memories])
        else:
            self._record([memory.assert_claims([draft]) for memory in self.memories])

    @rule(
        pair=st.permutations(PEOPLE).map(lambda names: names[:2]),
        decision=st.sampled_from(("merge", "split", "find")),
    )
    def decide(self, pair: list[str], decision: str) -> None:
        """Two names are one, or two; or something finds that they may be one."""
        self._step()
        one, other = pair
        if decision == "merge":
            self._record([memory.merge_entities(one, other) for memory in self.memories])
        elif decision == "split":
            self._record([memory.split_entities(one, other) for memory in self.memories])
        else:
            found = Claim.asserts(one, SAME_AS, other, said_at=self.clock, source_kind="tool")
            self._record([memory.assert_claims([found]) for memory in self.memories])

    @precondition(lambda self: self.reports)
    @rule(choice=st.randoms(use_true_random=False))
    def undo(self, choice: Any) -> None:
        """One of the writes, or of the undos, is taken back."""
        chosen = choice.choice(self.reports)
        self._step()
        self._record([m.undo(report) for m, report in zip(self.memories, chosen, strict=True)])

    @precondition(lambda self: self.episodes)
    @rule(choice=st.randoms(use_true_random=False))
    def forget(self, choice: Any) -> None:
        """Episodes go, at once or by steps; the past is then that of a world without them."""
        gone = choice.sample(self.episodes, choice.randint(1, min(3, len(self.episodes))))
        self._step()
        for memory in self.memories:
            memory._store.erased_at_once = choice.choice([None, 1, 2])
        previews = [memory.forget(dry_run=True, episode=gone) for memory in self.memories]
        (receipt, *others) = [memory.forget(episode=gone) for memory in self.memories]
        for other in others:
            assert set(other.claims) == set(receipt.claims)
            assert (other.entities, *map(set, (other.facts, other.kept))) == (
                receipt.entities,
                *map(set, (receipt.facts, receipt.kept)),
            )
        for preview, done in zip(previews, (receipt, *others), strict=True):
            assert (preview.episodes, preview.claims) == (done.episodes, done.claims)
            assert preview.entities == done.entities
            assert set(preview.facts) <= set(done.facts)
        self.episodes = [episode for episode in self.episodes if episode not in gone]
        assert not any(memory.communities() for memory in self.memories)
        self.claims = self.memories[0].claims()
        left = {claim.id for claim in self.claims}
        self.reports = [chosen for chosen in self.reports if set(chosen[0].claims) <= left]
        self.answers.clear()

    @rule()
    def consolidate(self) -> None:
        """What can be made of beliefs is made; no answer changes, on either clock."""
        before = [self._answer(memory) for memory in self.memories]
        first, *others = [memory.consolidate() for memory in self.memories]
        assert all(done == first for done in others)
        assert [self._answer(memory) for memory in self.memories] == before

    @rule()
    def reopen(self) -> None:
        """Every store that outlives its connection is closed and opened again."""
        for place, url in enumerate(self.urls):
            if url != "sqlite://":
                self.memories[place].close()
                self.memories[place] = self._open(url)

    @rule(trust=POLICIES)
    def trust(self, trust: Trust) -> None:
        """The group comes to trust others, as when it is opened with a policy."""
        self._step()
        self.policies.append((self.clock, trust))
        for memory in self.memories:
            memory._recorder.sync(None, trust)
        self.answers.append((self.clock, self._answer(self.memories[0])))

    def _step(self) -> None:
        self.clock += timedelta(hours=1)

    def _record(self, reports: list[Report]) -> None:
        first = reports[0]
        assert all(r.claims == first.claims and r.episodes == first.episodes for r in reports)
        self.claims = self.memories[0].claims()
        self.episodes += first.episodes
        if first.claims:
            self.reports.append(reports)
        self.answers.append((first.recorded_at, self._answer(self.memories[0])))

    # What must hold

    def _answer(self, memory: Memory, known: datetime | None = None) -> list[tuple[Any, ...]]:
        return [shown(fact) for fact in memory.facts(as_known=known)]

    @invariant()
    def stores_agree(self) -> None:
        """The same claims give the same beliefs, to the id, on every store."""
        answers = [self._answer(memory) for memory in self.memories]
        assert all(answer == answers[0] for answer in answers)
        stats = [memory.stats() for memory in self.memories]
        assert all(counts == stats[0] for counts in stats)

    def _expected(self, at: int, known: datetime) -> set[tuple[str, str, str]]:
        in_force = [trust for since, trust in self.policies if since <= known]
        trust = in_force[-1] if in_force else TRUST_ALL
        return believed(self.claims, day(at), known=known, single=[SINGLE], trust=trust)

    @rule(at=DAYS, back=st.integers(0, 20))
    def ask(self, at: int, back: int) -> None:
        """What holds at an instant, as known at another, is what the model says."""
        known = self.clock - timedelta(hours=back)
        expected = self._expected(at, known)
        for memory in self.memories:
            facts = memory.facts(as_of=day(at), as_known=known)
            facts = [fact for fact in facts if fact.predicate != SAME_AS]
            assert {(f.subject.id, f.predicate, f.object.id) for f in facts} == expected
            assert len(facts) == len(expected)

    @precondition(lambda self: self.answers)
    @rule(choice=st.randoms(use_true_random=False))
    def recall(self, choice: Any) -> None:
        """An earlier answer is given again, to the letter."""
        known, answer = choice.choice(self.answers)
        for memory in self.memories:
            assert self._answer(memory, known) == answer

    @rule(question=st.sampled_from(("Where does Ada live?", "Bob likes", "Berlin")), at=DAYS)
    def search(self, question: str, at: int) -> None:
        """As of an instant no search returns what was not true then."""
        expected = self._expected(at, self.clock)
        for memory in self.memories:
            for hit in memory.search(question, as_of=day(at)):
                if hit.fact is not None and hit.fact.predicate != SAME_AS:
                    fact = hit.fact
                    assert (fact.subject.id, fact.predicate, fact.object.id) in expected
