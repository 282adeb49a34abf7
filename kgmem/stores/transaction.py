"""What `kgmem.stores.writing.commit` wants of a store: batch primitives inside one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from kgmem.models import Claim, Episode
from kgmem.stores.base import Failure, RecordQuery, Registered, Trusted, Vector
from kgmem.stores.derived import Derived
from kgmem.stores.entities import EntityRow
from kgmem.timeline import Revision, Slot, Version


class Known(NamedTuple):
    """Records that are there already.

    Attributes:
        episodes: Their texts, by id.
        claims: Their ids.
        entities: Their rows, by id.
    """

    episodes: Mapping[str, str]
    claims: set[str]
    entities: Mapping[str, EntityRow]


class Transaction(Protocol):
    """What a store can do inside one open transaction; every call is a batch."""

    def lock(self) -> datetime | None:
        """Locks the group against other writers; returns its last transaction time."""
        ...

    def predicates(self, names: Iterable[str]) -> list[Registered]:
        """All cardinalities that these predicates have had, oldest first."""
        ...

    def register(self, predicates: Sequence[Registered]) -> None:
        """Adds to the log of cardinalities."""
        ...

    def policies(self) -> list[Trusted]:
        """All policies of trust that the group has followed, oldest first."""
        ...

    def follow(self, policies: Sequence[Trusted]) -> None:
        """Adds to the log of trust."""
        ...

    def known(
        self,
        *,
        episodes: Sequence[str] = (),
        claims: Sequence[str] = (),
        entities: Sequence[str] = (),
    ) -> Known:
        """Which of these records are there already, by their ids."""
        ...

    def namesakes(self, words: Sequence[str]) -> list[EntityRow]:
        """The persons whose names start with one of these words, in normal form."""
        ...

    def insert(
        self,
        episodes: Sequence[Episode],
        entities: Sequence[EntityRow],
        claims: Sequence[Claim],
        vectors: Mapping[str, Vector],
    ) -> None:
        """Adds episodes and claims; adds or replaces entities."""
        ...

    def fail(self, failures: Sequence[Failure]) -> None:
        """Notes turns whose extraction failed; a later reason replaces an earlier one."""
        ...

    def settle(self, episodes: Sequence[str]) -> None:
        """Forgets that the extraction of these turns had failed."""
        ...

    def claims_with(self, query: RecordQuery) -> list[Claim]:
        """The claims asked for."""
        ...

    def slots_of(self, predicates: Sequence[str] | None) -> list[tuple[str, str]]:
        """The subjects and predicates of all claims, or of all of these predicates."""
        ...

    def links(self) -> list[tuple[str, str, str, str]]:
        """Of every link that is believed, the id and name of its alias, and those of its name."""
        ...

    def slot_claims(self, slots: Sequence[Slot]) -> list[list[Claim]]:
        """For each slot all claims that bear on it."""
        ...

    def slot_versions(self, slots: Sequence[Slot], *, every: bool) -> list[list[Version]]:
        """For each slot the versions believed now, or every version."""
        ...

    def apply(self, revision: Revision, now: datetime) -> None:
        """Removes, expires, reinforces and inserts versions, at a transaction time."""
        ...

    def erase(
        self, episodes: Sequence[str], claims: Sequence[str], entities: Sequence[str]
    ) -> None:
        """Deletes records by id, sessions left empty, mentions of a claim as a cause, and what is derived."""
        ...

    def rewrites(self) -> int:
        """How often history was rewritten before this transaction."""
        ...

    def derive(self, derived: Derived) -> None:
        """Puts what is derived in the place of what was; `erase` leaves none of it."""
        ...

    def finish(self, now: datetime, *, rewritten: bool) -> None:
        """Sets the group's last transaction time; counts how often history was rewritten."""
        ...
