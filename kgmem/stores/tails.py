"""The end of a long slot: the stretch of time that new claims can change, read and derived alone.

A slot of a single predicate may hold hundreds of objects, one after the other, and what comes in is
mostly about the last of them. Nothing before it changes: an assertion that nothing ends hides all
that started before it. So from two of these with different objects on, the rest of the slot is not
needed to know what holds, why, and since when.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, runtime_checkable

from kgmem.belief import rank
from kgmem.models import Claim
from kgmem.stores.linking import Linking
from kgmem.stores.transaction import Transaction
from kgmem.timeline import Slot, Version


class Tail(NamedTuple):
    """What bears on a slot from an instant on.

    Attributes:
        claims: All its claims that start at some instant before that or later.
        versions: Those believed now that start then or later; what ended before it is left out.
        since: The instant.
    """

    claims: Sequence[Claim]
    versions: Sequence[Version]
    since: datetime


@runtime_checkable
class Tails(Protocol):
    """A `Transaction` that can read the ends of slots."""

    def tails(self, changed: Mapping[Slot, datetime]) -> dict[Slot, Tail]:
        """The ends of those slots that are long and have nothing taken back.

        Args:
            changed: Since when each may change; all versions that end then or later belong to its end.
        """
        ...


def tails(
    transaction: Transaction, slots: Iterable[Slot], claims: Iterable[Claim], linking: Linking
) -> dict[Slot, Tail]:
    """The slots of which it is enough to derive the end again, because of some new claims alone."""
    if not isinstance(transaction, Tails):
        return {}
    starts: dict[tuple[str, str], datetime] = {}
    for claim in claims:
        about = claim.subject_id, claim.predicate
        starts[about] = min(claim.valid_at, starts.get(about, claim.valid_at))
    canonical = linking.after[-1].canonical if linking.after else {}
    linked = canonical.keys() | set(canonical.values())
    changed = {
        slot: starts[slot[:2]]
        for slot in slots
        if slot.object_id is None
        and all(single for _, single in slot.log)
        and not slot.trust
        and slot.subject_id not in linked
        and slot[:2] in starts
    }
    found = transaction.tails(changed) if changed else {}
    return {slot: tail for slot, tail in found.items() if _suffices(tail, canonical)}


def _suffices(tail: Tail, canonical: Mapping[str, str]) -> bool:
    """Whether its claims tell all from its start on: nothing older can show through."""
    if any(claim.kind != "asserts" for claim in tail.claims):
        return False
    objects = [
        canonical.get(claim.object_id or "", claim.object_id)
        for claim in sorted(tail.claims, key=rank)
        if claim.invalid_at is None and claim.valid_at <= tail.since
    ]
    return len(set(objects)) > 1
