"""Erasure: what goes, what stays and why."""

from collections.abc import Container, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import TypedDict

from kgmem import timeline
from kgmem.errors import InvalidInputError, NotFoundError
from kgmem.identities import Identities
from kgmem.ids import normal_form
from kgmem.intake import LONGEST_NAME
from kgmem.models import Claim, Episode, Fact
from kgmem.naming.first_names import found_by_rule
from kgmem.results import Receipt, Skipped
from kgmem.stores.base import Change, FactQuery, RecordQuery, Store, Written
from kgmem.stores.entities import entity_rows
from kgmem.text import checked
from kgmem.when import When, starts


class Scope(TypedDict, total=False):
    """What to forget: exactly one of these."""

    session: str | None
    episode: str | Sequence[str] | None
    entity: str | None
    before: When | None
    everything: bool


_SHOWN = 5
_SCOPES = ("session", "episode", "entity", "before", "everything")


def parts_given(scope: Scope) -> dict[str, object]:
    """What of a scope is given."""
    return {name: value for name, value in scope.items() if value not in (None, False)}


class Forgetting:
    """Finds what a scope covers and erases it.

    Args:
        store: The store to erase from.
        timezone: What naive instants are in.
    """

    def __init__(self, store: Store, timezone: tzinfo | None) -> None:
        self._store = store
        self._timezone = timezone

    def forget(self, scope: Scope, *, dry_run: bool = False) -> Receipt:
        """Erases what the scope covers, or says what it would; looks again until nothing of it is left."""
        asked = parts_given(scope)
        if len(asked) != 1 or not asked.keys() <= set(_SCOPES):
            raise InvalidInputError(
                f"forget takes exactly one of {', '.join(_SCOPES)}: got {', '.join(asked) or 'none'}"
            )
        receipt: Receipt | None = None
        entity = scope.get("entity")
        if entity is not None:
            checked(entity, "the entity's name", longest=LONGEST_NAME)
        # Who stands for it is asked once: with the first link that goes they would be lost.
        members = [] if entity is None else Identities.read(self._store).members(entity)
        while True:
            episodes, claims = self._covered(scope, members)
            if not episodes and not claims:
                break
            part = self._erase(episodes, claims, dry_run=dry_run)
            receipt = part if receipt is None else _joined(receipt, part)
            if dry_run:
                break
        if receipt is None:
            ((name, value),) = asked.items()
            raise NotFoundError(
                f"nothing to forget for {name}={value!r} in group {self._store.group!r}"
            )
        return receipt

    def _covered(self, scope: Scope, members: Sequence[str]) -> tuple[list[Episode], list[Claim]]:
        """The episodes to erase, and the claims that no erased episode states."""
        store = self._store
        if scope.get("everything"):
            return store.episodes(RecordQuery()), store.claims(RecordQuery())
        if (before := scope.get("before")) is not None:
            earlier = RecordQuery(before=starts(before, self._timezone))
            # What rules find was said by nobody: it goes with what it was found in.
            said = [c for c in store.claims(earlier) if c.episode is None and not found_by_rule(c)]
            return store.episodes(earlier), said
        if (session := scope.get("session")) is not None:
            return store.episodes(RecordQuery(session=session)), []
        if (wanted := scope.get("episode")) is not None:
            if not isinstance(wanted, str):
                return store.episodes(RecordQuery(ids=wanted)), []
            found = store.episodes(RecordQuery(ids=[wanted])) or self._messages(wanted)
            if len(found) > 1:
                raise InvalidInputError(
                    f"{len(found)} sessions have a message {wanted!r}: name one by its id, "
                    + " or ".join(f"{one.id} (of {one.session!r})" for one in found[:_SHOWN])
                )
            return found, []
        return self._about(scope.get("entity") or "", members)

    def _messages(self, message_id: str) -> list[Episode]:
        return [e for e in self._store.episodes(RecordQuery()) if e.message_id == message_id]

    def _about(self, name: str, members: Sequence[str]) -> tuple[list[Episode], list[Claim]]:
        """All that speaks of an entity: claims about it, and whatever holds one of its names."""
        known = self._store.entities(members)
        names = {name, normal_form(name), *(alias for entity in known for alias in entity.aliases)}
        holding = RecordQuery(containing=sorted(names))
        claims = {c.id: c for c in self._store.claims(holding)}
        claims |= {c.id: c for c in self._store.claims(RecordQuery(entities=members))}
        stating = sorted({c.episode for c in claims.values() if c.episode is not None})
        episodes = {e.id: e for e in self._store.episodes(holding)}
        episodes |= {e.id: e for e in self._store.episodes(RecordQuery(ids=stating))}
        return list(episodes.values()), list(claims.values())

    def _erase(
        self, episodes: Sequence[Episode], claims: Sequence[Claim], *, dry_run: bool
    ) -> Receipt:
        ids = [episode.id for episode in episodes]
        stated = self._store.claims(RecordQuery(episodes=ids))
        doomed = self._with_voiding([*stated, *claims])
        facts = self._store.facts(FactQuery())
        touched = [fact for fact in facts if not doomed.keys().isdisjoint(fact.claims)]
        if dry_run:
            left, entities = self._without(touched, doomed), self._unnamed(doomed)
            at = self._store.state().recorded_at
        else:
            written = self._erase_in_parts([*episodes, *doomed.values()])
            left, entities = self._left(touched), sum(w.erased["entities"] for w in written)
            at = written[-1].recorded_at
        assert at is not None, "what is covered was recorded"
        return Receipt(
            recorded_at=at,
            dry_run=dry_run,
            episodes=tuple(ids),
            claims=tuple(sorted(doomed)),
            entities=entities,
            facts=tuple(fact.id for fact in touched if fact.id not in left),
            kept=tuple(
                Skipped(
                    what=fact.id,
                    reason=f"{fact.text!r} still has {_count(fact.claims, 'claim')} "
                    f"in {_count(fact.episodes, 'episode')}",
                )
                for fact in left.values()
            ),
        )

    def _with_voiding(self, claims: Sequence[Claim]) -> dict[str, Claim]:
        """Claims and what voids them, which would keep their words."""
        found: dict[str, Claim] = {}
        while claims:
            found |= {claim.id: claim for claim in claims}
            voiding = self._store.claims(RecordQuery(targets=[claim.id for claim in claims]))
            claims = [claim for claim in voiding if claim.id not in found]
        return found

    def _erase_in_parts(self, records: list[Episode | Claim]) -> list[Written]:
        # What ends or voids something is mostly said after it: so nothing comes back meanwhile.
        records.sort(key=_said_at)
        size = self._store.erased_at_once or len(records)
        written = []
        for start in range(0, len(records), size):
            part = records[start : start + size]
            ids = [[r.id for r in part if isinstance(r, kind)] for kind in (Episode, Claim)]
            change = Change(erase_episodes=ids[0], erase_claims=ids[1], rewrite=True)
            written.append(self._store.write(change, timeline.rebuild))
        return written

    def _left(self, touched: Sequence[Fact]) -> dict[str, Fact]:
        ids = [fact.id for fact in touched]
        return {fact.id: fact for fact in self._store.facts(FactQuery(ids=ids))}

    def _without(self, touched: Sequence[Fact], doomed: Container[str]) -> dict[str, Fact]:
        """The facts that other claims support, too, with these alone."""
        others = {f.id: [name for name in f.claims if name not in doomed] for f in touched}
        wanted = RecordQuery(ids=[name for names in others.values() for name in names])
        turns = {claim.id: claim.episode for claim in self._store.claims(wanted)}
        return {
            fact.id: fact.model_copy(
                update={
                    "claims": tuple(others[fact.id]),
                    "episodes": tuple({turns[name] for name in others[fact.id]} - {None}),
                }
            )
            for fact in touched
            if others[fact.id]
        }

    def _unnamed(self, doomed: Mapping[str, Claim]) -> int:
        """How many entities no other claim names; what rules found names nothing."""
        named = entity_rows(doomed.values()).keys()
        about = self._store.claims(RecordQuery(entities=sorted(named)))
        rules = {claim.id for claim in about if found_by_rule(claim)}
        others = [c for c in about if c.id not in doomed and c.target not in rules]
        return len(named - entity_rows(others).keys())


def _said_at(record: Episode | Claim) -> datetime:
    return record.occurred_at if isinstance(record, Episode) else record.said_at


def _count(found: Sequence[str], word: str) -> str:
    return f"{len(found)} {word}{'s' if len(found) != 1 else ''}"


def _joined(one: Receipt, other: Receipt) -> Receipt:
    return Receipt(
        recorded_at=other.recorded_at,
        episodes=one.episodes + other.episodes,
        claims=one.claims + other.claims,
        entities=one.entities + other.entities,
        facts=one.facts + other.facts,
        kept=other.kept,
    )
