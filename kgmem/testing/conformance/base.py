"""Fixtures and words that the parts of the suite share."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from kgmem.memory import Memory
from kgmem.models import Claim, ClaimDraft, Fact
from kgmem.testing.fakes import HashEmbedder, SteppingClock

SAID = datetime(2023, 5, 1, 12, tzinfo=UTC)
SECRET = "Zanzibar"
Open = Callable[..., Memory]


def day(number: int) -> datetime:
    """A day of May 2023."""
    return SAID + timedelta(days=number)


def lives(city: str, since: str, said: int = 0, **details: Any) -> ClaimDraft:
    """A claim that Ada lives somewhere."""
    return Claim.asserts("Ada", "lives_in", city, valid_at=since, said_at=day(said), **details)


def spans(facts: list[Fact]) -> list[tuple[str, int, int | None]]:
    """Objects and the years of their intervals."""
    return [
        (f.object.name, f.valid_at.year, f.invalid_at.year if f.invalid_at else None) for f in facts
    ]


def believed(memory: Memory, **query: Any) -> list[dict[str, Any]]:
    """All of the facts but the clock of the write."""
    return [f.model_dump(exclude={"created_at", "expired_at"}) for f in memory.facts(**query)]


def everything(memory: Memory) -> dict[str, Any]:
    """All that a group holds, both clocks included."""
    names = sorted(entity.name for entity in memory.entities())
    changes = {c.model_dump_json() for name in names for c in memory.history(name)}
    return {
        "episodes": memory.episodes(),
        "claims": memory.claims(),
        "entities": memory.entities(),
        "facts": memory.facts(),
        "changes": changes,
        "communities": memory.communities(),
        "stats": memory.stats(),
    }


class Conformance:
    """What the parts of the suite share. Supply ``url``: where a store is, made where it is not."""

    @pytest.fixture
    def url(self) -> str:
        """The store under test."""
        raise NotImplementedError

    @pytest.fixture
    def open_memory(self, url: str) -> Iterator[Open]:
        """Opens memories of groups of this test alone, with fakes for all that is not the store."""
        opened: list[Memory] = []
        test = uuid4().hex

        def open_(group: str = "ada", **options: Any) -> Memory:
            defaults: dict[str, Any] = {
                "extractor": "none",
                "embedder": HashEmbedder(),
                "clock": SteppingClock(),
            }
            opened.append(
                Memory.open(options.pop("url", url), group=f"{group} {test}", **defaults | options)
            )
            return opened[-1]

        yield open_
        for memory in opened:
            memory.close()

    @pytest.fixture
    def memory(self, open_memory: Open) -> Memory:
        """The memory of one group."""
        return open_memory()
