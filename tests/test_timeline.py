"""Section 2 of the design as properties, against a model that looks at every instant."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from kgmem.belief import TRUST_ALL, Belief, believe, outranked
from kgmem.ids import entity_id, record_id
from kgmem.models import Claim, Kind, SourceKind, Trust
from kgmem.testing.model import supporters, winner
from kgmem.timeline import Slot, Version, history, rebuild, revise

GROUP = "ada"
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
OBJECTS = ("Berlin", "Munich", "Paris")
LAST = 12


def day(number: int) -> datetime:
    return EPOCH + timedelta(days=number)


def claim(
    kind: Kind = "asserts",
    object_name: str | None = "Berlin",
    valid: int = 0,
    invalid: int | None = None,
    said: int | None = None,
    recorded: int = 0,
    target: str | None = None,
    subject: str = "Ada",
    *,
    source: SourceKind = "user",
    confidence: float = 1.0,
) -> Claim:
    said_at = day(valid if said is None else said)
    key = (kind, object_name, valid, invalid, said_at, target, subject, source, str(confidence))
    return Claim(
        id=record_id(GROUP, "claim", *key),
        group=GROUP,
        kind=kind,
        subject=subject,
        subject_id=entity_id(GROUP, subject),
        predicate="lives_in",
        object=object_name,
        object_id=entity_id(GROUP, object_name) if object_name else None,
        text=f"{kind} {object_name}",
        valid_at=day(valid),
        invalid_at=None if invalid is None else day(invalid),
        said_at=said_at,
        recorded_at=day(recorded),
        target=target,
        source_kind=source,
        confidence=confidence,
    )


TRUSTS = st.builds(
    Trust,
    min_confidence=st.sampled_from((0.0, 0.5)),
    order=st.sampled_from(((), ("user",), ("tool", "user"), ("user", "agent", "tool"))),
)


@st.composite
def claim_sets(draw: st.DrawFn) -> list[Claim]:
    claims: list[Claim] = []
    instants = st.integers(0, LAST)
    for _ in range(draw(st.integers(0, 9))):
        kind: Kind = draw(st.sampled_from(("asserts", "asserts", "asserts", "ends", "retracts")))
        objects = OBJECTS if kind == "asserts" else (*OBJECTS, None)
        valid = draw(instants)
        length = draw(st.none() | st.integers(1, 6)) if kind == "asserts" else None
        target = None
        if kind == "retracts" and claims and draw(st.booleans()):
            target = draw(st.sampled_from(claims))
        claims.append(
            claim(
                kind,
                target.object if target else draw(st.sampled_from(objects)),
                valid,
                None if length is None else valid + length,
                draw(instants),
                draw(instants),
                target.id if target else None,
                source=draw(st.sampled_from(get_args(SourceKind))),
                confidence=draw(st.sampled_from((1.0, 0.5, 0.25))),
            )
        )
    return list({c.id: c for c in claims}.values())


def instants() -> list[datetime]:
    return [day(number) for number in range(-1, LAST + 8)]


def at(beliefs: Sequence[Belief], instant: datetime) -> list[Belief]:
    return [
        b
        for b in beliefs
        if b.valid_at <= instant and (b.invalid_at is None or instant < b.invalid_at)
    ]


@given(claim_sets(), TRUSTS)
def test_a_single_slot_holds_at_every_instant_what_the_model_says(
    claims: list[Claim], trust: Trust
) -> None:
    beliefs = believe(claims, single=True, trust=trust)
    for instant in instants():
        won = winner(claims, instant, trust)
        assert [b.object_id for b in at(beliefs, instant)] == ([won.object_id] if won else [])


@given(claim_sets(), TRUSTS)
def test_a_many_predicate_is_a_slot_for_each_object(claims: list[Claim], trust: Trust) -> None:
    beliefs = believe(claims, single=False, trust=trust)
    for instant in instants():
        held = {
            entity_id(GROUP, name)
            for name in OBJECTS
            if winner([c for c in claims if c.object in (name, None)], instant, trust)
        }
        assert {b.object_id for b in at(beliefs, instant)} == held


@given(claim_sets(), TRUSTS)
def test_support_is_what_would_win_or_loses_only_to_its_like(
    claims: list[Claim], trust: Trust
) -> None:
    for belief in believe(claims, single=True, trust=trust):
        covered = [i for i in instants() if at([belief], i)]
        expected = set().union(*(supporters(claims, instant, trust) for instant in covered))
        assert {c.id for c in belief.support} == expected


@given(claim_sets(), st.randoms(use_true_random=False), TRUSTS, st.booleans())
def test_order_does_not_matter(
    claims: list[Claim], random: object, trust: Trust, single: bool
) -> None:
    shuffled = list(claims)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for derive in believe, outranked:
        assert derive(shuffled, single=single, trust=trust) == derive(
            claims, single=single, trust=trust
        )


@given(claim_sets(), st.booleans())
def test_trust_in_one_kind_of_source_is_trust_in_all(claims: list[Claim], single: bool) -> None:
    alike = [c.model_copy(update={"source_kind": "tool"}) for c in claims]
    expected = believe(alike, single=single)
    for order in ("tool",), ("user",), ("user", "tool", "agent"):
        assert believe(alike, single=single, trust=Trust(order=order)) == expected
        assert outranked(alike, single=single, trust=Trust(order=order)) == []


@settings(deadline=None)
@given(claim_sets(), st.booleans(), TRUSTS)
def test_an_assertion_that_trust_sets_aside_shows_in_no_belief(
    claims: list[Claim], single: bool, trust: Trust
) -> None:
    def spans(told: Sequence[Claim]) -> list[tuple[str, datetime, datetime | None]]:
        beliefs = believe(told, single=single, trust=trust)
        return [(b.object_id, b.valid_at, b.invalid_at) for b in beliefs]

    assert outranked(claims, single=single, trust=TRUST_ALL) == []
    aside = [c for c in outranked(claims, single=single, trust=trust) if c.kind == "asserts"]
    assert spans([c for c in claims if c not in aside]) == spans(claims)


@given(claim_sets(), TRUSTS)
def test_stretches_are_maximal_and_never_overlap(claims: list[Claim], trust: Trust) -> None:
    for earlier, later in pairwise(believe(claims, single=True, trust=trust)):
        assert earlier.invalid_at is not None
        assert earlier.invalid_at <= later.valid_at
        assert earlier.object_id != later.object_id or earlier.invalid_at < later.valid_at


@given(claim_sets(), TRUSTS)
def test_only_what_could_replace_a_fact_ends_it(claims: list[Claim], trust: Trust) -> None:
    known = {c.id: c for c in claims}
    for belief in believe(claims, single=True, trust=trust):
        if belief.invalid_at is None:
            assert belief.ended_by is None
            continue
        cause = known[belief.ended_by or ""]
        if cause.kind == "asserts" and cause.object_id == belief.object_id:
            assert cause.invalid_at == belief.invalid_at
        else:
            assert cause.valid_at == belief.invalid_at
            # Of all that support it the least trusted at most: a less trusted one ends nothing.
            assert not all(trust.prefers(c, cause) for c in belief.support)


def as_known(
    versions: Iterable[Version], claims: Iterable[Claim], known: datetime
) -> list[Version]:
    seen = {c.id for c in claims if c.recorded_at is not None and c.recorded_at <= known}
    return sorted(
        (
            replace(
                v,
                support=tuple(s for s in v.support if s in seen),
                created_at=EPOCH,
                expired_at=None,
            )
            for v in versions
            if v.created_at <= known and (v.expired_at is None or known < v.expired_at)
        ),
        key=lambda v: v.id,
    )


TRUST_LOGS = st.lists(st.tuples(st.integers(0, LAST).map(day), TRUSTS), max_size=3).map(
    lambda log: tuple(sorted(dict(log).items()))
)


@settings(deadline=None)
@given(claim_sets(), st.booleans(), TRUST_LOGS)
def test_as_known_answers_what_was_answered_then(
    claims: list[Claim], single: bool, log: tuple[tuple[datetime, Trust], ...]
) -> None:
    slot = Slot(entity_id(GROUP, "Ada"), "lives_in", None, ((EPOCH, single),), log)
    versions = list(history(slot, claims))
    for known in instants():
        then = [c for c in claims if c.recorded_at is not None and c.recorded_at <= known]
        expected = revise(slot, then, [], known).insert
        assert as_known(versions, claims, known) == as_known(
            (replace(v, created_at=EPOCH) for v in expected), then, known
        )


@settings(deadline=None)
@given(claim_sets(), TRUST_LOGS)
def test_stepwise_revision_stores_what_a_rebuild_derives(
    claims: list[Claim], log: tuple[tuple[datetime, Trust], ...]
) -> None:
    slot = Slot(entity_id(GROUP, "Ada"), "lives_in", None, ((EPOCH, True),), log)
    stored: dict[tuple[str, datetime], Version] = {}
    for now in sorted({c.recorded_at or EPOCH for c in claims} | {since for since, _ in log}):
        known = [c for c in claims if c.recorded_at is not None and c.recorded_at <= now]
        current = [v for v in stored.values() if v.expired_at is None]
        revision = revise(slot, known, current, now)
        for version in (*revision.expire, *revision.insert, *revision.reinforce):
            stored[version.id, version.created_at] = version
    fresh = rebuild(slot, claims, list(stored.values()), day(99)).insert
    assert {(v.id, v.created_at): v for v in fresh} == stored


def test_the_worked_examples() -> None:
    berlin, munich = claim(valid=1), claim(object_name="Munich", valid=4)
    paris = claim(object_name="Paris", valid=2, invalid=3, said=9)
    named = {entity_id(GROUP, name): name for name in OBJECTS}

    def told(*claims: Claim) -> list[tuple[str, datetime, datetime | None]]:
        return [
            (named[b.object_id], b.valid_at, b.invalid_at) for b in believe(claims, single=True)
        ]

    assert told(munich, berlin) == [("Berlin", day(1), day(4)), ("Munich", day(4), None)]
    assert told(berlin, munich, paris) == [
        ("Berlin", day(1), day(2)),
        ("Paris", day(2), day(3)),
        ("Berlin", day(3), day(4)),
        ("Munich", day(4), None),
    ]
    again = claim(valid=7)
    assert told(berlin, munich, again)[-1] == ("Berlin", day(7), None)
    assert told(berlin, munich, claim("retracts", "Munich", 9)) == [("Berlin", day(1), None)]
    assert told(berlin, claim("ends", None, 5)) == [("Berlin", day(1), day(5))]
    assert told(berlin, munich, claim("ends", "Berlin", 5)) == told(berlin, munich)


def test_the_worked_examples_of_trust() -> None:
    told = claim(valid=1, source="user")
    heard = claim(object_name="Munich", valid=4, source="document")
    over = claim("ends", None, 6, source="tool")
    never = claim("retracts", None, 9, source="agent")
    paris = claim(object_name="Paris", valid=8, source="document")
    named = {entity_id(GROUP, name): name for name in OBJECTS}

    def held(trust: Trust, *claims: Claim) -> list[tuple[str, datetime, datetime | None]]:
        beliefs = believe(claims, single=True, trust=trust)
        return [(named[b.object_id], b.valid_at, b.invalid_at) for b in beliefs]

    user_first = Trust(order=("user", "tool"))
    assert held(user_first, told, heard) == [("Berlin", day(1), None)]
    assert outranked([told, heard], single=True, trust=user_first) == [heard]
    assert held(user_first, told, over, never) == [("Berlin", day(1), None)]
    assert outranked([told, over], single=True, trust=user_first) == [over]
    assert outranked([told, never], single=True, trust=user_first) == [never]
    # What is over is over for those trusted less; they may begin anew.
    assert held(user_first, heard, over, paris) == [
        ("Munich", day(4), day(6)),
        ("Paris", day(8), None),
    ]
    # A more trusted claim counts for its own time only.
    brief = claim(valid=1, invalid=5, source="user")
    assert held(user_first, brief, heard) == [("Berlin", day(1), day(5)), ("Munich", day(5), None)]
    unsure = claim(object_name="Munich", valid=4, confidence=0.25)
    assert held(Trust(min_confidence=0.5), told, unsure) == [("Berlin", day(1), None)]
    assert held(Trust(min_confidence=0.25), told, unsure)[-1] == ("Munich", day(4), None)


def test_an_undo_can_be_undone() -> None:
    berlin = claim()
    undo = claim("retracts", said=5, target=berlin.id)
    redo = claim("retracts", said=6, target=undo.id)
    assert believe([berlin, undo], single=True) == []
    assert believe([berlin, undo, redo], single=True) == believe([berlin], single=True)


def test_undo_may_be_undone_any_number_of_times() -> None:
    said = [berlin := claim()]
    for times in range(1, 3001):
        said.append(claim("retracts", said=times, target=said[-1].id))
    assert believe(said[:-1], single=True) == []
    assert believe(reversed(said), single=True) == believe([berlin], single=True)


def test_100_000_claims_on_10_000_slots_resolve_in_under_2_s() -> None:
    slots = [
        [
            claim(object_name=OBJECTS[n % 3], valid=n * 7 % 13, said=n, subject=f"person {s}")
            for n in range(10)
        ]
        for s in range(10_000)
    ]
    started = time.process_time()
    for claims in slots:
        believe(claims, single=True)
    assert time.process_time() - started < 2.0


def test_a_hot_slot_stays_affordable() -> None:
    claims = [claim(object_name="Berlin", valid=n, said=n) for n in range(2_000)]
    started = time.process_time()
    (belief,) = believe(claims, single=True)
    assert len(belief.support) == 2_000
    assert time.process_time() - started < 2.0
