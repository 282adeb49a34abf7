"""Random claims about a few people, for comparing a store with the rules of belief."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from kgmem import Claim, ClaimDraft
from kgmem.models import Kind

SINGLE, MANY = "lives_in", "likes"
DAYS = 365
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_KINDS: Sequence[Kind] = ("asserts",) * 7 + ("ends",) * 2 + ("retracts",)
_OBJECTS = ("Berlin", "Munich", "Paris", "Lagos", "Quito")
_CLAIMS_PER_PERSON = 24


def day(number: int) -> datetime:
    """The midnight so many days after the first."""
    return _EPOCH + timedelta(days=number)


def random_claims(count: int, chance: random.Random) -> list[ClaimDraft]:
    """Claims of all kinds, about one person for every two dozen, in no order of any time."""
    people = max(count // _CLAIMS_PER_PERSON, 1)
    return [_claim(f"Person{chance.randrange(people)}", chance) for _ in range(count)]


def _claim(subject: str, chance: random.Random) -> ClaimDraft:
    kind = chance.choice(_KINDS)
    valid = chance.randrange(DAYS)
    is_bounded = kind == "asserts" and chance.random() < 0.3
    names_object = kind == "asserts" or chance.random() < 0.6
    return ClaimDraft(
        kind=kind,
        subject=subject,
        predicate=chance.choice((SINGLE, MANY)),
        object=chance.choice(_OBJECTS) if names_object else None,
        valid_at=day(valid),
        invalid_at=day(valid + chance.randint(1, 90)) if is_bounded else None,
        said_at=day(chance.randrange(DAYS)),
    )


def batches(
    claims: Sequence[ClaimDraft], chance: random.Random, largest: int
) -> list[list[ClaimDraft]]:
    """The claims in another order, in batches of any size up to the largest."""
    mixed = list(claims)
    chance.shuffle(mixed)
    found = []
    while mixed:
        cut = chance.randint(1, largest)
        found.append(mixed[:cut])
        del mixed[:cut]
    return found


def by_subject(claims: Sequence[Claim]) -> dict[str, list[Claim]]:
    """The claims about each entity: brute force looks at one at a time."""
    found: dict[str, list[Claim]] = {}
    for claim in claims:
        found.setdefault(claim.subject_id, []).append(claim)
    return found
