"""From versions to the facts and changes that people read."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from kgmem.belief import TRUST_ALL
from kgmem.models import Claim, Entity, Fact, Trust
from kgmem.results import Change, Diff, Report
from kgmem.stores.base import Written
from kgmem.timeline import SAME_AS, Version

Kind = Literal["added", "ended", "revised", "retracted", "reinforced"]


def kind_of(before: Fact | Version | None, after: Fact | Version | None) -> Kind:
    """What happened between two versions of one fact."""
    if before is None:
        return "added"
    if after is None:
        return "retracted"
    shorter = after.invalid_at is not None and (
        before.invalid_at is None or after.invalid_at < before.invalid_at
    )
    return "ended" if shorter else "revised"


def joined(reports: Sequence[Report]) -> Report:
    """One report of several writes, which come in their order; it is of the time of the last."""
    *_, last = reports
    sums = {
        name: sum((getattr(report, name) for report in reports), start=type(value)())
        for name, value in last
        if isinstance(value, tuple | int | float) and name != "dry_run"
    }
    return last.model_copy(update=sums)


def changed_facts(
    written: Written, entities: Mapping[str, Entity], claims: Mapping[str, Claim]
) -> dict[Kind, tuple[Fact, ...]]:
    """The facts of a write by what happened to them.

    Args:
        written: What the store did.
        entities: Every entity that the versions name, by id.
        claims: Claims by id, to tell the episodes of the new ones.
    """
    found: dict[Kind, list[Version]] = {
        "added": [], "ended": [], "revised": [], "retracted": [], "reinforced": []
    }  # fmt: skip
    for revision in written.revisions:
        expired = {version.id: version for version in revision.expire}
        for version in revision.insert:
            found[kind_of(expired.pop(version.id, None), version)].append(version)
        found["retracted"] += expired.values()
        found["reinforced"] += revision.reinforce
    return {
        kind: tuple(fact_of(version, entities, claims) for version in versions)
        for kind, versions in found.items()
    }


def fact_of(version: Version, entities: Mapping[str, Entity], claims: Mapping[str, Claim]) -> Fact:
    """A version as a fact."""
    episodes = (claims[name].episode for name in version.support if name in claims)
    return Fact(
        id=version.id,
        subject=entities[version.subject_id],
        predicate=version.predicate,
        object=entities[version.object_id],
        text=version.text,
        valid_at=version.valid_at,
        invalid_at=version.invalid_at,
        created_at=version.created_at,
        expired_at=version.expired_at,
        claims=version.support,
        episodes=tuple(dict.fromkeys(e for e in episodes if e is not None)),
        ended_by=version.ended_by,
    )


def diff_of(since: datetime, until: datetime, old: Iterable[Fact], new: Iterable[Fact]) -> Diff:
    """What changed between the facts believed at two instants."""
    before = {fact.id: fact for fact in old}
    after = {fact.id: fact for fact in new}
    found: dict[Kind, list[Fact]] = {"added": [], "ended": [], "revised": [], "retracted": []}
    for name in before.keys() | after.keys():
        was, now = before.get(name), after.get(name)
        if was is None or now is None or was.created_at != now.created_at:
            kept = now or was
            if kept is not None:
                found[kind_of(was, now)].append(kept)
    changes = {k: tuple(sorted(v, key=lambda f: (f.valid_at, f.id))) for k, v in found.items()}
    return Diff(since=since, until=until, **changes)


def changes_of(
    versions: Sequence[Fact], claims: Sequence[Claim], chiefs: Mapping[str, str]
) -> list[Change]:
    """The history of some facts: every change, in order of transaction time.

    Args:
        versions: All versions of the facts.
        claims: The claims about the same entities.
        chiefs: The entity that each alias stands for.
    """
    created = {(fact.created_at, fact.id): fact for fact in versions}
    expired = {(fact.expired_at, fact.id): fact for fact in versions if fact.expired_at}
    moments = sorted(
        (expired | created).items(), key=lambda item: (item[0][0], item[1].valid_at, item[1].id)
    )
    return [
        Change(
            at=at,
            fact=fact,
            change=kind_of(expired.get((at, name)), created.get((at, name))),
            before=expired.get((at, name)),
            causes=tuple(claim for claim in claims if _bears(claim, fact, at, chiefs)),
        )
        for (at, name), fact in moments
    ]


def _bears(claim: Claim, fact: Fact, at: datetime, chiefs: Mapping[str, str]) -> bool:
    about, subject = (chiefs.get(one, one) for one in (claim.subject_id, fact.subject.id))
    if claim.recorded_at != at:
        return False
    if claim.predicate == SAME_AS != fact.predicate:
        # Who is who moves facts from one name to another.
        return bool({claim.subject_id, claim.object_id} & {fact.subject.id, fact.object.id})
    return (about, claim.predicate) == (subject, fact.predicate) and (
        claim.id in fact.claims or claim.id == fact.ended_by or claim.kind != "asserts"
    )


def rule_of(fact: Fact, ended_by: Claim | None, trust: Trust = TRUST_ALL) -> str:
    """The rule of belief that gave a fact its end, in words."""
    if fact.expired_at is not None:
        reasons = "its claims were taken back, or other times were learned"
        return f"believed once, no longer: {reasons}{', or others trusted' if trust.is_on else ''}"
    if fact.invalid_at is None or ended_by is None:
        most = " and are trusted most" if trust.order else ""
        return f"holds: of the claims that cover now{most}, its own started last"
    if ended_by.kind == "ends" and ended_by.caused_by is not None:
        return "ended: it was decided, not said, that a later claim took its place"
    if ended_by.kind == "ends":
        return "ended: a claim says that it is over"
    if ended_by.id in fact.claims:
        return "ended: the words that claim it give its end"
    return f"ended: {fact.predicate} holds one object at a time, and a later one took its place"
