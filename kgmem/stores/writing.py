"""The write, the same for every store: what to insert and what to derive again, in which order.

A store supplies a `Transaction` of batch primitives; `commit` strings them together. The group is
locked first, so the writers of a group queue, nobody meets a deadlock, and transaction times are
strictly increasing in the order of the commits: what was known at an instant never changes.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from kgmem.belief import TRUST_ALL
from kgmem.errors import ConflictError
from kgmem.models import Claim, Episode, Trust
from kgmem.naming import first_names
from kgmem.naming.first_names import found_by_rule
from kgmem.stores.base import (
    Change,
    Clock,
    Derive,
    RecordQuery,
    Trusted,
    Written,
)
from kgmem.stores.entities import EntityRow, entity_rows
from kgmem.stores.linking import Linking
from kgmem.stores.tails import Tail, tails
from kgmem.stores.transaction import Known, Transaction
from kgmem.timeline import SAME_AS, Revision, Slot, Version
from kgmem.when import TICK

_R = TypeVar("_R", Episode, Claim)

_BEGINNING = datetime.min.replace(tzinfo=UTC)


class _Policies(NamedTuple):
    """Policies of trust: those that a write brings, and since when each was in force."""

    new: Sequence[Trusted]
    log: tuple[tuple[datetime, Trust], ...]


def commit(transaction: Transaction, change: Change, derive: Derive, clock: Clock) -> Written:
    """Runs a change set inside an open transaction; the caller commits it or rolls it back.

    Raises:
        ConflictError: An episode's id is there already with another text, or history was rewritten
            since the beliefs were read that something was derived from.
    """
    last = transaction.lock()
    now = max(clock().astimezone(UTC), last + TICK) if last else clock().astimezone(UTC)
    doomed, erased = _erase(transaction, change)
    known = _known(transaction, change)
    episodes, claims = _new(known, change, now)
    new_entities, entities = _entities(known, claims, change)
    transaction.insert(episodes, entities, claims, change.vectors)
    concerned = [] if change.restored else [*claims, *doomed]
    found = _found_by_rule(transaction, change, entities, concerned, now)
    transaction.insert([], [], found, {})
    transaction.settle(change.settled)
    transaction.fail(change.failures)
    trusted = _trusted(transaction, change, now)
    revisions = _derived(
        transaction, change, derive, [*claims, *found], doomed=doomed, trusted=trusted, now=now
    )
    _derive(transaction, change)
    recorded = [episode.recorded_at or now for episode in episodes]
    recorded += [claim.recorded_at or now for claim in claims]
    recorded += [item.recorded_at or now for item in trusted.new]
    embedded = change.restored and change.vectors
    if revisions or recorded or erased or change.redefine or embedded:
        latest = max([*recorded, last or _BEGINNING]) if change.rewrite and not erased else now
        transaction.finish(latest, rewritten=change.rewrite or bool(erased))
    return Written(
        recorded_at=now,
        episodes=tuple(episode.id for episode in episodes),
        claims=tuple(claims),
        entities=tuple(new_entities),
        revisions=tuple(revisions),
        erased=erased,
        named={**known.entities, **{row.id: row for row in entities}},
    )


def _derive(transaction: Transaction, change: Change) -> None:
    """Writes what was derived, unless history was rewritten since: it could quote what is erased."""
    if change.derived is None:
        return
    if transaction.rewrites() != change.derived.rewrites:
        raise ConflictError("something was erased or copied in meanwhile: consolidate again")
    transaction.derive(change.derived)


def _erase(transaction: Transaction, change: Change) -> tuple[list[Claim], dict[str, int]]:
    """Erases what the change names and what hangs on it; returns the claims and the counts."""
    if not change.erase_episodes and not change.erase_claims:
        return [], {}
    doomed = {
        claim.id: claim
        for query in (
            RecordQuery(ids=change.erase_claims),
            RecordQuery(episodes=change.erase_episodes),
        )
        for claim in transaction.claims_with(query)
    }
    # What voids a claim that goes would keep its words: it goes too.
    newest = list(doomed)
    while newest:
        voiding = transaction.claims_with(RecordQuery(targets=newest))
        newest = [claim.id for claim in voiding if claim.id not in doomed]
        doomed |= {claim.id: claim for claim in voiding}
    counts = {"claims": len(doomed)}
    named = entity_rows(doomed.values())
    about = transaction.claims_with(RecordQuery(entities=sorted(named)))
    # What rules have found about them is found anew; it keeps no name known, nor does its denial.
    rules = {claim.id: claim for claim in about if found_by_rule(claim)}
    remaining = [c for c in about if c.id not in doomed and c.target not in rules]
    left = {e: row for e, row in entity_rows(remaining).items() if e in named}
    gone = sorted(named.keys() - left.keys())
    doomed |= rules
    for claim in about:
        if claim.target in rules and {claim.subject_id, claim.object_id} & set(gone):
            doomed[claim.id] = claim
    episodes = sorted(transaction.known(episodes=change.erase_episodes).episodes)
    transaction.erase(episodes, sorted(doomed), gone)
    transaction.insert([], [row for _, row in sorted(left.items())], [], {})
    counts |= {"episodes": len(episodes), "entities": len(gone)}
    return list(doomed.values()), counts


def _known(transaction: Transaction, change: Change) -> Known:
    """What is there of all that a change may write."""
    entities = {id for claim in change.claims for id in (claim.subject_id, claim.object_id) if id}
    if change.restored:
        entities |= change.vectors.keys()
    return transaction.known(
        episodes=[episode.id for episode in change.episodes],
        claims=[claim.id for claim in change.claims],
        entities=sorted(entities),
    )


def _new(known: Known, change: Change, now: datetime) -> tuple[list[Episode], list[Claim]]:
    """The episodes and claims that are not there yet, stamped with their transaction time."""
    texts = dict(known.episodes)
    for episode in change.episodes:
        if texts.setdefault(episode.id, episode.text) != episode.text:
            raise ConflictError(
                f"message {episode.message_id or episode.id!r} is there already with another text: "
                "episodes are immutable, give what changed an id of its own"
            )
    episodes = {e.id: e for e in change.episodes if e.id not in known.episodes}
    claims = {c.id: c for c in change.claims if c.id not in known.claims}
    return [_stamped(e, now, change) for e in episodes.values()], [
        _stamped(c, now, change) for c in claims.values()
    ]


def _stamped(record: _R, now: datetime, change: Change) -> _R:
    if change.rewrite and record.recorded_at is not None:
        return record
    return record.model_copy(update={"recorded_at": now})


def _entities(
    there: Known, claims: Sequence[Claim], change: Change
) -> tuple[list[str], list[EntityRow]]:
    """The ids of new entities, and the rows to write: new ones and those that changed, by id."""
    named = entity_rows(claims)
    embedded = change.vectors.keys() if change.restored else set()
    known = there.entities
    rows = []
    for entity, row in sorted({**known, **named}.items()):
        joined = row.joined(known.get(entity, row))
        if joined != known.get(entity) or entity in embedded:
            rows.append(joined)
    return sorted(named.keys() - known.keys()), rows


def _found_by_rule(
    transaction: Transaction,
    change: Change,
    entities: Sequence[EntityRow],
    claims: Sequence[Claim],
    now: datetime,
) -> list[Claim]:
    """What the rule of first names finds and has not found before.

    Args:
        transaction: Where to look.
        change: What is written.
        entities: Those that are new or changed.
        claims: Those that have come in or gone.
        now: The transaction time.
    """
    words = {row.first_word for row in entities} | set(map(first_names.short_of, claims))
    namesakes = transaction.namesakes(sorted(word for word in words if word)) if any(words) else []
    persons = [row.person for row in namesakes if row.person]
    if not persons or not claims:
        return []

    def fresh(told: Sequence[Claim]) -> list[Claim]:
        found = {c.id: c for c in first_names.links(claims[0].group, persons, told)}
        known = transaction.known(claims=sorted(found)).claims
        return [_stamped(c, now, change) for name, c in found.items() if name not in known]

    found = fresh(claims)
    new = sorted({c.object_id for c in found if c.kind == "asserts" and c.object_id})
    return fresh(transaction.claims_with(RecordQuery(entities=new))) if new else found


def _derived(  # noqa: PLR0913 - the steps of one write
    transaction: Transaction,
    change: Change,
    derive: Derive,
    claims: Sequence[Claim],
    *,
    doomed: Sequence[Claim],
    trusted: _Policies,
    now: datetime,
) -> list[Revision]:
    """Derives again all that claims which have come in or gone bear on."""
    linking = _linking(transaction, claims, doomed, now, every=change.rewrite)
    moved = linking.moved()
    concerned = [*claims, *doomed]
    if moved:
        concerned += transaction.claims_with(RecordQuery(entities=moved))
    slots = _slots(transaction, change, concerned, linking, trusted, now=now)
    grown = not (change.rewrite or change.redefine or trusted.new or doomed)
    plain = grown and linking.before is linking.after
    ends = tails(transaction, slots, claims, linking) if plain else {}
    return _revised(transaction, slots, ends, linking, derive, now=now, every=change.rewrite)


def _linking(
    transaction: Transaction,
    claims: Sequence[Claim],
    doomed: Sequence[Claim],
    now: datetime,
    *,
    every: bool,
) -> Linking:
    """Who is who before and after; where no link comes or goes, what is believed tells."""
    if not every and not any(claim.predicate == SAME_AS for claim in claims):
        return Linking.unchanged(transaction.links(), now)
    links = transaction.claims_with(RecordQuery(predicate=SAME_AS))
    return Linking.of(links, claims, doomed, now, every=every)


def _slots(  # noqa: PLR0913 - the steps of one write
    transaction: Transaction,
    change: Change,
    claims: Sequence[Claim],
    linking: Linking,
    trusted: _Policies,
    *,
    now: datetime,
) -> list[Slot]:
    """The slots to derive again, each once."""
    redefined = sorted({item.predicate for item in change.redefine})
    affected = None if trusted.new else redefined
    again = transaction.slots_of(affected) if affected != [] else []
    # No cardinality and no trust touches links, and each of them is a slot of its own.
    again = [(subject, predicate) for subject, predicate in again if predicate != SAME_AS]
    names = {claim.predicate for claim in claims} | {predicate for _, predicate in again}
    names |= {item.predicate for item in change.predicates if item.recorded_at}
    log = _registered(transaction, change, names | set(redefined), now)
    named = {Slot.of(claim, log[claim.predicate], trusted.log) for claim in claims}
    named |= {Slot(subject, name, None, log[name], trusted.log) for subject, name in again}
    slots = {slot for one in named for slot in linking.slots_of(one)}
    whole = {slot[:2] for slot in slots if slot.object_id is None}
    return sorted(slot for slot in slots if slot.object_id is None or slot[:2] not in whole)


def _trusted(transaction: Transaction, change: Change, now: datetime) -> _Policies:
    """The log of trust, after adding what is new: of a copy by its time, else what differs."""
    known = transaction.policies()
    current = known[-1].trust if known else TRUST_ALL
    new = [
        item._replace(recorded_at=item.recorded_at or now)
        for item in change.trust
        if (item not in known if item.recorded_at else item.trust != current)
    ]
    if new:
        transaction.follow(new)
    log = ((item.recorded_at or now, item.trust) for item in (*known, *new))
    return _Policies(new, tuple(sorted(log, key=lambda entry: entry[0])))


def _registered(
    transaction: Transaction, change: Change, names: set[str], now: datetime
) -> dict[str, tuple[tuple[datetime, bool], ...]]:
    """The log of cardinalities of every predicate concerned, after registering the new ones."""
    known = transaction.predicates(sorted(names))
    # What a copy brings has its time, and is new unless it is there to the instant; what comes in
    # with claims only says what a predicate is where nothing has been said of it yet.
    have = {item.predicate for item in known}
    offered = [
        item
        for item in change.predicates
        if item.predicate in names
        and (item not in known if item.recorded_at else item.predicate not in have)
    ]
    new = [
        item if item.recorded_at else item._replace(recorded_at=now)
        for item in (*offered, *change.redefine)
    ]
    if new:
        transaction.register(new)
    log: dict[str, list[tuple[datetime, bool]]] = {name: [] for name in names}
    for item in (*known, *new):
        log[item.predicate].append((item.recorded_at or now, item.cardinality == "single"))
    many = ((now, False),)
    return {n: tuple(e) if e and n != SAME_AS else many for n, e in log.items()}


def _revised(  # noqa: PLR0913 - the steps of one write
    transaction: Transaction,
    slots: Sequence[Slot],
    ends: Mapping[Slot, Tail],
    linking: Linking,
    derive: Derive,
    *,
    now: datetime,
    every: bool,
) -> list[Revision]:
    whole = [slot for slot in slots if slot not in ends]
    read_as = linking.read_as(whole)
    bearing = iter(transaction.slot_claims([as_written for one in read_as for as_written in one]))
    claims = [[c for _ in one for c in next(bearing)] for one in read_as]
    versions = transaction.slot_versions(whole, every=every)
    read: dict[Slot, tuple[Slot, Sequence[Claim], Sequence[Version]]]
    read = {s: (s, c, v) for s, c, v in zip(whole, claims, versions, strict=True)}
    read |= {s: (s._replace(since=e.since), e.claims, e.versions) for s, e in ends.items()}
    revisions = []
    for slot in slots:
        revision = derive(*read[slot], now, linking.after)
        if revision != Revision():
            revisions.append(revision)
    transaction.apply(_joined(revisions), now)
    return revisions


def _joined(revisions: Sequence[Revision]) -> Revision:
    return Revision(
        expire=tuple(v for r in revisions for v in r.expire),
        insert=tuple(v for r in revisions for v in r.insert),
        reinforce=tuple(v for r in revisions for v in r.reinforce),
        remove=tuple(v for r in revisions for v in r.remove),
    )
