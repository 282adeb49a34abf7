"""From one store to another: claims and episodes travel, belief is derived again where they arrive."""

from kgmem import timeline
from kgmem.errors import ConflictError
from kgmem.stores.base import RecordQuery, Store


def copy(source: Store, target: Store) -> None:
    """Copies a whole group, both clocks and vectors included; again, what has come since.

    Raises:
        ConflictError: The target's group holds claims that the source's does not.
        ConfigurationError: The target holds vectors of another model.
    """
    there = {claim.id for claim in target.claims(RecordQuery())}
    foreign = there - {claim.id for claim in source.claims(RecordQuery(ids=sorted(there)))}
    if foreign:
        raise ConflictError(
            f"the group {target.group!r} of the other store holds {len(foreign)} claims of its own: "
            "copy into an empty group"
        )
    ours, theirs = source.state(), target.state()
    if ours.model.embedder is not None and ours.model.dimension is not None:
        theirs.model.check(ours.model.embedder, ours.model.dimension)
        if theirs.model.embedder is None:
            target.adopt(ours.model.embedder, ours.model.dimension)
    for change in source.dump():
        target.write(change, timeline.rebuild)
