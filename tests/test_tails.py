"""Of a long slot only the end is derived again; that must show nowhere."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgmem import Claim, ClaimDraft, Memory
from kgmem.stores import _sqlite_write, writing
from kgmem.testing import SteppingClock

DAY = datetime(2020, 1, 1, tzinfo=UTC)
HOMES = ("Munich", "Paris", "Munich City")
# What is taken back makes the whole slot be read, so it is rare.
KINDS = (*["asserts"] * 20, *["ends"] * 7, "retracts")


@st.composite
def drafts(draw: st.DrawFn) -> ClaimDraft:
    kind = draw(st.sampled_from(KINDS))
    valid_at = DAY + timedelta(days=draw(st.integers(0, 12)))
    said_at = DAY + timedelta(days=draw(st.integers(0, 12)))
    home = draw(st.sampled_from(HOMES))
    if kind == "asserts":
        length = draw(st.sampled_from((None, None, None, 1, 3)))
        until = None if length is None else valid_at + timedelta(days=length)
        return Claim.asserts(
            "Ada", "lives_in", home, valid_at=valid_at, invalid_at=until, said_at=said_at
        )
    end = Claim.ends if kind == "ends" else Claim.retracts
    return end(
        "Ada", "lives_in", draw(st.sampled_from((home, None))), valid_at=valid_at, said_at=said_at
    )


def open_memory() -> Memory:
    return Memory.open(
        "sqlite://", group="ada", extractor="none", embedder="none", clock=SteppingClock()
    )


def history(
    batches: Sequence[Sequence[ClaimDraft]], linked: int | None, long: int, before: int
) -> list[object]:
    """All that was ever believed, after each batch, and what the reports said."""
    with pytest.MonkeyPatch.context() as patch, open_memory() as memory:
        patch.setattr(_sqlite_write, "LONG", long)
        patch.setattr(_sqlite_write, "BEFORE", before)
        told: list[object] = []
        for number, batch in enumerate(batches):
            if number == linked:
                memory.merge_entities("Munich City", "Munich")
            report = memory.assert_claims(batch)
            told.append((report.added, report.ended, report.revised, report.reinforced))
        return [*told, memory.history("Ada"), memory.timeline("Ada")]


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.lists(drafts(), min_size=1, max_size=3), min_size=4, max_size=9),
    st.none() | st.integers(0, 3),
    st.integers(1, 4),
)
def test_the_end_of_a_slot_is_derived_as_the_whole_would_be(
    batches: list[list[ClaimDraft]], linked: int | None, before: int
) -> None:
    assert history(batches, linked, 0, before) == history(batches, linked, 1_000, 0)


def said(home: str, day: int, until: int | None = None, ended: bool = False) -> list[ClaimDraft]:
    at = DAY + timedelta(days=day)
    if ended:
        return [Claim.ends("Ada", "lives_in", home, said_at=at)]
    invalid_at = None if until is None else DAY + timedelta(days=until)
    return [Claim.asserts("Ada", "lives_in", home, said_at=at, invalid_at=invalid_at)]


@pytest.mark.parametrize(
    ("batches", "linked"),
    [
        pytest.param(
            [
                said("Paris", 0),
                said("Munich", 1),
                said("Rome", 2),
                said("Rome", 5, ended=True),
                said("Munich", 6, ended=True),
            ],
            None,
            id="what an end brings back",
        ),
        pytest.param(
            [
                said("Munich", 0),
                said("Munich", 1),
                said("Munich City", 2),
                said("Paris", 3, until=4),
                said("Munich", 6),
            ],
            0,
            id="what supports under another name",
        ),
    ],
)
def test_what_shows_through_from_before_the_end_is_read(
    batches: list[list[ClaimDraft]], linked: int | None
) -> None:
    assert history(batches, linked, 0, 2) == history(batches, linked, 1_000, 0)


def homes(first: int, many: int) -> list[ClaimDraft]:
    return [
        Claim.asserts("Ada", "lives_in", f"City {n % 7}", said_at=DAY + timedelta(days=n))
        for n in range(first, first + many)
    ]


def test_a_write_about_a_long_slot_reads_its_end_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    derive = writing._revised

    def counting(*args, **kwargs):  # type: ignore[no-untyped-def]
        read.extend(len(end.claims) for end in args[2].values())
        return derive(*args, **kwargs)

    monkeypatch.setattr(writing, "_revised", counting)
    with open_memory() as memory:
        for first in range(0, 100, 10):
            memory.assert_claims(homes(first, 10))
        days = count(100)
        read.clear()
        for _ in range(5):
            memory.assert_claims(homes(next(days), 1))
        assert len(read) == 5
        assert max(read) <= _sqlite_write.BEFORE + 3
        assert len(memory.timeline("Ada")) == 105


@pytest.mark.parametrize(
    "draft",
    [
        Claim.ends("Ada", "lives_in", said_at=DAY + timedelta(days=41)),
        Claim.retracts("Ada", "lives_in", "City 4", said_at=DAY + timedelta(days=41)),
        Claim.asserts("Ada", "lives_in", "City 9", said_at=DAY + timedelta(days=3)),
    ],
    ids=["ends", "retracts", "long ago"],
)
def test_what_reaches_back_reaches_all(draft: ClaimDraft) -> None:
    with open_memory() as memory, open_memory() as at_once:
        for home in homes(0, 40):
            memory.assert_claims([home])
        memory.assert_claims([draft])
        memory.assert_claims(homes(42, 1))
        at_once.assert_claims([*homes(0, 40), draft, *homes(42, 1)])
        for one, other in zip(memory.timeline("Ada"), at_once.timeline("Ada"), strict=True):
            assert one.model_dump(exclude={"created_at"}) == other.model_dump(
                exclude={"created_at"}
            )
