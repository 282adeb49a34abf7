"""Why a fact is believed: its claims, its turns, what ended it, and its versions."""

from datetime import datetime

from kgmem.errors import NotFoundError
from kgmem.models import Fact
from kgmem.reporting import rule_of
from kgmem.results import Explanation
from kgmem.stores.base import FactQuery, RecordQuery, Store


def explained(store: Store, fact_id: str, as_known: datetime | None) -> Explanation:
    """The explanation of a fact, as it was at an instant of transaction time where one is given.

    Raises:
        NotFoundError: No such fact was ever believed, or not yet then.
    """
    fact = found(store, fact_id, as_known=as_known)
    wanted = [*fact.claims, *([fact.ended_by] if fact.ended_by else [])]
    claims = {c.id: c for c in store.claims(RecordQuery(ids=wanted))}
    stated = [c.episode for c in claims.values() if c.episode is not None]
    episodes = {e.id: e for e in store.episodes(RecordQuery(ids=stated))}
    ended_by = claims.get(fact.ended_by or "")
    return Explanation(
        fact=fact,
        rule=rule_of(fact, ended_by),
        claims=tuple(claims[name] for name in fact.claims if name in claims),
        episodes=tuple(episodes[name] for name in fact.episodes if name in episodes),
        ended_by=ended_by,
        ended_in=episodes.get(ended_by.episode or "") if ended_by else None,
        versions=tuple(_versions(store, fact_id, as_known)),
    )


def found(
    store: Store, fact_id: str, *, believed: bool = False, as_known: datetime | None = None
) -> Fact:
    """A fact as it is believed; as it was last, where it is not and need not be.

    Raises:
        NotFoundError: There is no such fact.
    """
    versions = store.facts(FactQuery(ids=[fact_id], as_known=as_known))
    if not versions and not believed:
        versions = _versions(store, fact_id, as_known)
    if not versions:
        raise NotFoundError(
            f"fact {fact_id!r} is not {'believed' if believed else 'known'} in group "
            f"{store.group!r}: take an id from facts(), search() or history()"
        )
    return _then(versions[-1], as_known)


def _versions(store: Store, fact_id: str, as_known: datetime | None) -> list[Fact]:
    """Every version of a fact that was known."""
    versions = store.facts(FactQuery(ids=[fact_id], every_version=True))
    return [_then(v, as_known) for v in versions if as_known is None or v.created_at <= as_known]


def _then(version: Fact, as_known: datetime | None) -> Fact:
    """A version as it stood at an instant: that belief in it ended later was not known."""
    if as_known is None or version.expired_at is None or version.expired_at <= as_known:
        return version
    return version.model_copy(update={"expired_at": None})
