"""Who is who: links as a pure function, against a definition, and through the whole memory."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgmem import intake
from kgmem.ids import entity_id
from kgmem.memory import Memory
from kgmem.models import Claim, ClaimDraft
from kgmem.naming.entities import naming
from kgmem.schema import Schema
from kgmem.testing.conformance.base import believed
from kgmem.testing.fakes import SteppingClock
from kgmem.timeline import SAME_AS, Naming

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
NAMES = "Ann", "Ann Smith", "Ann Jones", "my sister", "Sis", "Jane"


def link(
    alias: str, name: str, *, said: int = 0, kind: str = "asserts", person: bool = False
) -> Claim:
    """A link as somebody decides it, or as something has found it."""
    draft = ClaimDraft.model_validate(
        {
            "kind": kind,
            "subject": alias,
            "predicate": SAME_AS,
            "object": name,
            "said_at": EPOCH + timedelta(days=said),
            "source_kind": "user" if person else "tool",
        }
    )
    return intake.claim(draft, group="g", schema=Schema.default(), now=EPOCH, timezone=None)


def known(*links: Claim) -> dict[str, str]:
    """Who stands for whom, by name."""
    names = {entity_id("g", name): name for name in NAMES}
    found = naming(links, EPOCH).canonical
    return {names[alias]: names[name] for alias, name in found.items()}


def test_an_alias_stands_for_the_name_that_its_links_lead_to() -> None:
    assert known(link("my sister", "Ann"), link("Ann", "Ann Smith")) == {
        "my sister": "Ann Smith",
        "Ann": "Ann Smith",
    }


def test_an_alias_of_two_is_neither() -> None:
    two = link("Ann", "Ann Smith"), link("Ann", "Ann Jones")
    assert known(*two) == {}
    assert known(*two, link("my sister", "Ann")) == {"my sister": "Ann"}
    # Both are one: then there is no doubt.
    same = link("Ann Jones", "Ann Smith", person=True)
    assert known(*two, same) == dict.fromkeys(("Ann", "Ann Jones"), "Ann Smith")


@pytest.mark.parametrize(("alias", "name"), [("Ann", "Ann Jones"), ("Ann Jones", "Ann")])
def test_what_somebody_decides_ends_the_doubt(alias: str, name: str) -> None:
    two = link("Ann", "Ann Smith"), link("Ann", "Ann Jones")
    assert known(*two, link(alias, name, person=True)) == {alias: name}


def test_a_decided_split_outlives_what_rules_find_later() -> None:
    apart = link("Ann", "Ann Smith", said=1, kind="retracts", person=True)
    assert known(apart, link("Ann", "Ann Smith", said=2)) == {}
    assert known(apart, link("Ann", "Ann Smith"), link("Ann", "Ann Jones")) == {"Ann": "Ann Jones"}
    again = link("Ann", "Ann Smith", said=3, person=True)
    assert known(apart, again) == {"Ann": "Ann Smith"}
    # Nor do links by way of a third join them: none on the way counts.
    assert known(apart, link("Ann", "Sis"), link("Sis", "Ann Smith")) == {}
    three = link("Ann", "Sis"), link("Sis", "Jane"), link("Ann Smith", "Sis")
    assert known(apart, *three) == {"Sis": "Jane"}


def test_who_is_decided_about_is_not_guessed_about_though_a_decision_is_taken_back() -> None:
    decided = link("Ann", "Ann Smith", person=True)
    back = link("Ann Smith", "Ann", kind="retracts", person=True)
    found = link("Ann Smith", "Ann", said=1), link("Ann Smith", "Ann Jones")
    assert known(decided, back, *found) == {"Ann": "Ann Smith"}


def test_a_ring_is_one_entity_under_its_first_name() -> None:
    ring = link("Sis", "Jane"), link("Jane", "Ann"), link("Ann", "Sis")
    assert known(*ring) == {"Sis": "Ann", "Jane": "Ann"}


def test_a_ring_that_leads_to_several_is_not_one() -> None:
    ring = link("Ann", "Sis"), link("Sis", "Ann")
    assert known(*ring, link("Ann", "Ann Smith"), link("Sis", "Ann Jones")) == {}
    # Who is said to be either of them is neither.
    two = link("Jane", "Ann"), link("Jane", "Sis")
    assert known(*ring, link("Ann", "Ann Smith"), link("Sis", "Ann Jones"), *two) == {}
    # What leads to one of them alone is that one, whatever that may be.
    told = *ring, link("Ann", "Ann Smith"), link("Ann", "Ann Jones")
    assert known(*told) == {"Sis": "Ann"}
    assert naming(told, EPOCH).links == {(entity_id("g", "Sis"), entity_id("g", "Ann"))}
    assert known(*ring, link("Ann", "Ann Jones")) == dict.fromkeys(("Ann", "Sis"), "Ann Jones")


@st.composite
def some_links(draw: st.DrawFn) -> list[Claim]:
    pairs = st.permutations(NAMES).map(lambda names: names[:2])
    kinds = st.sampled_from(("asserts", "asserts", "asserts", "retracts"))
    drawn = draw(st.lists(st.tuples(pairs, st.integers(0, 3), kinds, st.booleans()), max_size=9))
    return [link(a, n, said=s, kind=k, person=p) for (a, n), s, k, p in drawn]


def classes(found: Naming) -> dict[str, str]:
    """The entity behind each name, itself included."""
    ids = [entity_id("g", name) for name in NAMES]
    return {one: found.canonical.get(one, one) for one in ids}


@given(some_links(), st.randoms(use_true_random=False))
def test_no_order_of_links_changes_who_is_who(links: list[Claim], order: Any) -> None:
    before = naming(links, EPOCH)
    order.shuffle(links)
    assert naming([*links, *links[:2]], EPOCH) == before


@given(some_links())
def test_who_is_who_is_what_the_definition_says(links: list[Claim]) -> None:
    """The definition, by the marks of a solution: the module computes it, this only looks at it."""
    found = naming(links, EPOCH)
    behind = classes(found)
    stands = [
        c
        for c in links
        if c.kind == "asserts"
        and not any(
            r.kind == "retracts"
            and (r.subject_id, r.object_id) == (c.subject_id, c.object_id)
            and c.said_at <= r.said_at
            for r in links
        )
    ]
    firm = {(c.subject_id, c.object_id or "") for c in stands if c.source_kind == "user"}
    loose = {(c.subject_id, c.object_id or "") for c in stands if c.source_kind != "user"}
    apart = [
        {c.subject_id, c.object_id}
        for c in links
        if c.kind == "retracts" and c.source_kind == "user"
    ]

    # What somebody decided counts; what counts was told; who is one is joined by what counts.
    assert firm <= found.links <= firm | loose
    assert all(behind[alias] == behind[name] for alias, name in found.links)
    joined = {one: {one} for one in behind}
    for _ in NAMES:
        for alias, name in found.links:
            joined[alias] |= joined[name]
            joined[name] |= joined[alias]
    for one in behind:
        assert {other for other in behind if behind[other] == behind[one]} == joined[one]

    # Apart stays apart, but for what people joined themselves.
    decided = {one: {one} for one in behind}
    for _ in NAMES:
        for alias, name in firm:
            decided[alias] |= decided[name]
            decided[name] |= decided[alias]
    for one, other in (sorted(filter(None, pair)) for pair in apart):
        assert behind[one] != behind[other] or other in decided[one]

    # All that counts of an alias leads to one; where nothing is kept apart, what leads to one counts.
    certain = {alias for alias, _ in firm} | {a for a, n in loose if n in decided[a]}
    for alias, name in found.links - firm:
        assert alias not in certain
        others = {
            n
            for a, n in loose
            if a == alias and not any(pair & decided[a] and pair & decided[n] for pair in apart)
        }
        assert {behind[other] for other in others} == {behind[name]}
    if not apart:
        for alias, _ in loose - found.links:
            exits = {
                behind[n]
                for a, n in loose
                if decided[a] & decided[alias] and a not in certain and n not in decided[alias]
            }
            assert alias in certain or len(exits - {behind[alias]}) != 1 or behind[alias] in exits


@given(some_links())
def test_the_name_of_a_class_is_where_its_links_lead(links: list[Claim]) -> None:
    found = naming(links, EPOCH)
    aliases = {alias for alias, _ in found.links}
    for chief in set(found.canonical.values()):
        members = {one for one, behind in classes(found).items() if behind == chief}
        assert chief not in aliases or members <= aliases


PEOPLE = "Ann", "Ann Smith", "Ann Jones", "Mum"


@st.composite
def some_claims(draw: st.DrawFn) -> list[ClaimDraft]:
    """Claims about people, and links between them, decided and found."""
    drafts = []
    for number in range(draw(st.integers(1, 7))):
        one, other = draw(st.permutations(PEOPLE).map(lambda names: names[:2]))
        values: dict[str, Any] = {"subject": one, "said_at": EPOCH + timedelta(days=number)}
        if draw(st.booleans()):
            values |= {"predicate": SAME_AS, "object": other}
            values["kind"] = draw(st.sampled_from(("asserts", "asserts", "retracts")))
            values["source_kind"] = draw(st.sampled_from(("user", "tool")))
        else:
            values |= {"kind": "asserts", "predicate": "lives_in", "subject_type": "person"}
            values["object"] = draw(st.sampled_from(("Berlin", "Rome", other)))
            values["valid_at"] = EPOCH + timedelta(days=draw(st.integers(0, 3)))
        drafts.append(ClaimDraft.model_validate(values))
    return drafts


def told(batches: Iterable[Sequence[ClaimDraft]]) -> tuple[object, ...]:
    """All that a memory believes after some writes."""
    options: dict[str, Any] = {"extractor": "none", "embedder": "none", "clock": SteppingClock()}
    with Memory.open("sqlite://", group="g", **options) as memory:
        for batch in batches:
            memory.assert_claims(batch)
        ids = {claim.id for claim in memory.claims()}
        return believed(memory), memory.entities(), ids


@settings(max_examples=25, deadline=None)
@given(some_claims(), st.randoms(use_true_random=False))
def test_no_order_or_batching_of_claims_and_links_changes_belief(
    drafts: list[ClaimDraft], order: Any
) -> None:
    at_once = told([drafts])
    order.shuffle(drafts)
    cut = order.randint(0, len(drafts))
    assert told([[draft] for draft in drafts]) == at_once
    assert told([drafts[:cut], drafts[cut:]]) == at_once
