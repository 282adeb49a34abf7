"""Taking back what was claimed: a correction, and the undoing of a write. Both append, and erase nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from kgmem.errors import NotFoundError
from kgmem.explaining import found
from kgmem.identities import Identities
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
    # In the names of then: who is who may be decided otherwise.
    first = known[fact.claims[0]]
    drafts = [_voiding(known[name], said_at) for name in fact.claims]
    slot = FactQuery(subjects=[fact.subject.id], predicates=[fact.predicate])
    others = [other for other in store.facts(slot) if other.id != fact.id]
    for other in others:
        shared = [known[name] for name in other.claims if name in known]
        drafts += [_for_another(claim, other, fact) for claim in shared]
    if correction:
        # What another assertion ended, it ends again; what was said to be over may be over otherwise.
        ended = _claims(store, [fact.ended_by] if fact.ended_by else [])
        said = all(end.kind != "asserts" or end.id in known for end in ended.values())
        if "invalid_at" in correction:
            drafts += _ends_lifted(store, fact, others, said_at)
        values = {
            "object": first.object,
            "valid_at": fact.valid_at,
            "invalid_at": fact.invalid_at if said else None,
            **correction,
        }
        if values["object"] in (first.object, fact.object.name):
            values.setdefault("text", fact.text)
        drafts.append(
            ClaimDraft.model_validate(
                {
                    "kind": "asserts",
                    "subject": first.subject,
                    "predicate": fact.predicate,
                    "source_kind": first.source_kind,
                    "caused_by": first.id,
                    "said_at": said_at,
                    **values,
                }
            )
        )
    return drafts


def _ends_lifted(
    store: Store, fact: Fact, others: Sequence[Fact], said_at: datetime
) -> list[ClaimDraft]:
    """The drafts that void all that says a fact is over; what else such a claim ended, it ends again.

    Up to where something holds again that could have ended it, too.
    """
    names = Identities.read(store)
    single = {one.predicate: one.cardinality for one in store.state().predicates}
    replaces = single.get(fact.predicate) == "single"
    following = (
        other.valid_at
        for other in others
        if other.valid_at > fact.valid_at and (replaces or other.object.id == fact.object.id)
    )
    until = min(following, default=None)
    drafts: list[ClaimDraft] = []
    for end in store.claims(RecordQuery(entities=names.class_of(fact.subject.id))):
        ends = [names.chiefs.get(name or "", name) for name in (end.subject_id, end.object_id)]
        if (
            end.kind == "ends"
            and end.predicate == fact.predicate
            and ends in ([fact.subject.id, fact.object.id], [fact.subject.id, None])
            and fact.valid_at < end.valid_at
            and (until is None or end.valid_at <= until)
        ):
            drafts.append(_voiding(end, said_at))
            drafts += [
                _again(end, object=other.object.name, text="")
                for other in others
                if other.ended_by == end.id
            ]
    return drafts


def _for_another(claim: Claim, other: Fact, fact: Fact) -> ClaimDraft:
    """The draft that says for another fact what a claim says for it and for one that is voided."""
    until = fact.valid_at if other.valid_at < fact.valid_at else claim.invalid_at
    return _again(claim, valid_at=other.valid_at, invalid_at=until, caused_by=claim.id)


def _again(claim: Claim, **changed: object) -> ClaimDraft:
    """The draft that says what a claim says, but for some parts."""
    kept = claim.model_dump(include=ClaimDraft.model_fields.keys() - {"target"})
    return ClaimDraft.model_validate({**kept, **changed})


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
