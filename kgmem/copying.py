"""From one store to another: claims and episodes travel, belief is derived again where they arrive."""

from collections.abc import Callable, Iterable, Iterator

from kgmem import timeline
from kgmem.errors import ConflictError
from kgmem.models import Claim, Episode
from kgmem.stores.base import (
    Change,
    Embedded,
    Failure,
    Item,
    Model,
    RecordQuery,
    Registered,
    Store,
    Trusted,
)

BATCH = 5_000
"""How many records are written in one transaction."""


def copy(source: Store, target: Store) -> None:
    """Copies a whole group, both clocks and vectors included.

    Doing it again adds what has come since.

    Raises:
        ConflictError: The target's group holds claims or episodes that the source's does not.
        ConfigurationError: The target holds vectors of another model.
    """
    take(source.dump, source.state().model, target)


def take(dump: Callable[[], Iterable[Item]], model: Model, target: Store) -> None:
    """Takes the records of a whole group into a store, `BATCH` of them in a transaction.

    What is there already is left as it is: so doing it again ends what was broken off.

    Args:
        dump: The records, from their beginning whenever it is called; in the order of `Store.dump`.
        model: The model behind the vectors among them.
        target: Where they go.

    Raises:
        ConflictError: The target's group holds other claims or episodes.
        ConfigurationError: The target holds vectors of another model.
    """
    _refuse_foreign(dump, target)
    if model.embedder is not None and model.dimension is not None:
        there = target.state().model
        there.check(model.embedder, model.dimension)
        if there.embedder is None:
            target.adopt(model.embedder, model.dimension)
    for items in _batches(dump()):
        target.write(_change(items), timeline.rebuild)


def _refuse_foreign(dump: Callable[[], Iterable[Item]], target: Store) -> None:
    there = target.stats()
    foreign = {kind: there[kind] for kind in ("claims", "episodes")}
    for items in _batches(dump()) if any(foreign.values()) else ():
        claims = [item.id for item in items if isinstance(item, Claim)]
        episodes = [item.id for item in items if isinstance(item, Episode)]
        foreign["claims"] -= len(target.claims(RecordQuery(ids=claims)))
        foreign["episodes"] -= len(target.episodes(RecordQuery(ids=episodes)))
    if any(foreign.values()):
        raise ConflictError(
            f"the group {target.group!r} of the other store holds {foreign['claims']} claims and "
            f"{foreign['episodes']} episodes of its own: copy into an empty group"
        )


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """So many records at a time; a record and its vector stay together."""
    batch: list[Item] = []
    for item in items:
        if len(batch) >= BATCH and not (
            isinstance(item, Embedded) and item.id == getattr(batch[-1], "id", None)
        ):
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def _change(items: Iterable[Item]) -> Change:
    known = list(items)
    return Change(
        episodes=[item for item in known if isinstance(item, Episode)],
        claims=[item for item in known if isinstance(item, Claim)],
        vectors={item.id: item.vector for item in known if isinstance(item, Embedded)},
        predicates=[item for item in known if isinstance(item, Registered)],
        trust=[item for item in known if isinstance(item, Trusted)],
        failures=[item for item in known if isinstance(item, Failure)],
        rewrite=True,
        restored=True,
    )
