"""Taking back what was claimed: a correction, and the undoing of a write. Both append, and erase nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from kgmem.errors import NotFoundError
from kgmem.explaining import found
from kgmem.models import Claim, ClaimDraft, Fact
from kgmem.stores.base import FactQuery, RecordQuery, Store
from kgmem.when import When


class Correction(TypedDict, total=False):
    """What a correction may change; what is left out stays as it was."""

    object: str
    valid_at: When
    invalid_at: When | None
    text: str


def correction(
    object: str | None, valid_at: str | None, invalid_at: str | None, text: str | None
) -> Correction:
    """The correction that optional texts ask for; ``None`` leaves a part as it was; the end ``still`` takes an end away."""
    given: Correction = {}
    if object is not None:
        given["object"] = object
    if valid_at is not None:
        given["valid_at"] = valid_at
    if invalid_at is not None:
        given["invalid_at"] = None if invalid_at == "still" else invalid_at
    if text is not None:
        given["text"] = text
    return given


def correcting(
    store: Store, fact_id: str, correction: Correction, said_at: datetime
) -> list[ClaimDraft]:
    """The drafts that void what supports a fact and, where something is given, assert it instead.

    A claim may support other times, too: for them it is asserted again.

    Raises:
        NotFoundError: No such fact is believed.
    """
    fact = found(store, fact_id, believed=True)
    known = _claims(store, fact.claims)
    drafts = [_voiding(known[name], said_at) for name in fact.claims]
    query = FactQuery(subjects=[fact.subject.id], predicates=[fact.predicate])
    for other in store.facts(query):
        if other.id != fact.id:
            shared = [known[name] for name in other.claims if name in known]
            drafts += [_for_another(claim, other, fact) for claim in shared]
    if correction:
        # What another assertion ended, it ends again; what was said to be over may be over otherwise.
        ended = [*_claims(store, [fact.ended_by] if fact.ended_by else []).values()]
        said = all(end.kind != "asserts" or end.id in known for end in ended)
        if "invalid_at" in correction:
            drafts += [_voiding(e, said_at) for e in ended if e.kind == "ends" and e.object]
        values = {
            "object": fact.object.name,
            "valid_at": fact.valid_at,
            "invalid_at": fact.invalid_at if said else None,
            **correction,
        }
        if values["object"] == fact.object.name:
            values.setdefault("text", fact.text)
        drafts.append(
            ClaimDraft.model_validate(
                {
                    "kind": "asserts",
                    "subject": fact.subject.name,
                    "predicate": fact.predicate,
                    "caused_by": fact.claims[0],
                    "said_at": said_at,
                    **values,
                }
            )
        )
    return drafts


def _for_another(claim: Claim, other: Fact, fact: Fact) -> ClaimDraft:
    """The draft that says for another fact what a claim says for it and for one that is voided."""
    until = fact.valid_at if other.valid_at < fact.valid_at else claim.invalid_at
    kept = claim.model_dump(include=ClaimDraft.model_fields.keys() - {"target", "caused_by"})
    return ClaimDraft.model_validate(
        {**kept, "valid_at": other.valid_at, "invalid_at": until, "caused_by": claim.id}
    )


def undoing(store: Store, claims: Sequence[str], said_at: datetime) -> list[ClaimDraft]:
    """The drafts that void the claims of a write.

    Raises:
        NotFoundError: One of them is not there.
    """
    known = _claims(store, claims)
    missing = [name for name in claims if name not in known]
    if missing:
        raise NotFoundError(
            f"claim {missing[0]!r} is not there: undo takes the report of a write to this group "
            "that was neither a dry run nor forgotten since"
        )
    return [_voiding(known[name], said_at) for name in claims]


def _claims(store: Store, ids: Sequence[str]) -> dict[str, Claim]:
    return {claim.id: claim for claim in store.claims(RecordQuery(ids=ids))}


def _voiding(claim: Claim, said_at: datetime) -> ClaimDraft:
    """The draft that voids one claim, whatever its kind."""
    return ClaimDraft(
        kind="retracts",
        subject=claim.subject,
        predicate=claim.predicate,
        object=claim.object,
        said_at=said_at,
        target=claim.id,
        text=f"taken back: {claim.text}",
    )
