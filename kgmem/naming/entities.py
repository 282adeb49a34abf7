"""Who is who as a pure function of links, in any order.

A link is a claim, ``alias same_as name``, about the names as they were written. It is *decided* where
somebody claims it directly, and *derived* where a turn implies it or a rule finds it.

1. What is taken back does not count. Links know no valid time: they hold at every instant.
2. A decided link counts. Where an alias has one, or a name that it may stand for has one to it, what
   is derived of the alias counts no more. What an agent has judged of an alias is derived, and comes
   before all else that is.
3. A decided retraction keeps its two ends apart, whatever is derived later: no derived link on a way
   between them counts.
4. A derived link counts where all that is derived of its alias leads to one entity. "Ann" who may be
   "Ann Smith" and "Ann Jones" stays a third; "my sister" with two sisters is neither.

Entities that links join are one class. Its name is the end that its links lead to, the first in the
alphabet of normal forms where there are several or, in a ring, none.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from kgmem.belief import live, unvoided
from kgmem.ids import normal_form
from kgmem.models import Claim
from kgmem.timeline import Naming

Pair = tuple[str, str]
Order = Callable[[str], str]


def decided(claim: Claim) -> bool:
    """Whether somebody claims a link directly; no turn implies it and no rule has found it."""
    return claim.episode is None and claim.source_kind == "user"


def judged(claim: Claim) -> bool:
    """Whether an agent claims a link on its own account, not for a turn."""
    return claim.episode is None and claim.source_kind == "agent"


def naming(claims: Iterable[Claim], since: datetime) -> Naming:
    """Who is who given all links.

    Args:
        claims: Claims of `SAME_AS`, in any order.
        since: The transaction time since when it is so.
    """
    claims = list(claims)
    forms = {claim.subject_id: normal_form(claim.subject) for claim in claims}
    forms |= {c.object_id: normal_form(c.object) for c in claims if c.object_id and c.object}
    firm, found, apart = _told(claims)
    heads = canonical(firm, forms.__getitem__)

    def head(entity: str) -> str:
        return heads.get(entity, entity)

    # Who somebody has decided about, from the other end of a link, needs no guess either.
    known = {alias for alias, name in found if head(alias) == head(name)}
    found = {pair for pair in found if pair[0] not in known and frozenset(pair) not in apart}
    chief = _followed(
        {(head(alias), head(name)) for alias, name in found},
        {frozenset(map(head, pair)) for pair in apart},
    )
    between = {
        (alias, name) for alias, name in found if chief.get(head(alias)) == _top(chief, head(name))
    }
    links = frozenset(firm | between)
    return Naming(since, canonical(links, forms.__getitem__), links)


def namings(claims: Sequence[Claim], instants: Iterable[datetime]) -> tuple[Naming, ...]:
    """Who is who since each of some instants of transaction time, where that changes anything."""
    found: list[Naming] = []
    for instant in sorted(set(instants)):
        known = [c for c in claims if c.recorded_at is not None and c.recorded_at <= instant]
        fresh = naming(known, instant)
        if fresh.links != (found[-1].links if found else frozenset()):
            found.append(fresh)
    return tuple(found)


def canonical(links: Iterable[Pair], order: Order) -> dict[str, str]:
    """The entity that each alias stands for; who stands for itself is left out.

    Args:
        links: Alias and name of each link that counts.
        order: The normal form of an entity's name.
    """
    beside: dict[str, set[str]] = defaultdict(set)
    aliases = set()
    for alias, name in links:
        aliases.add(alias)
        beside[alias].add(name)
        beside[name].add(alias)
    found: dict[str, str] = {}
    for entity in beside:
        if entity not in found:
            members = _reached(entity, beside)
            chief = min(members - aliases or members, key=lambda one: (order(one), one))
            found |= dict.fromkeys(members, chief)
    return {entity: chief for entity, chief in found.items() if entity != chief}


def _told(claims: Sequence[Claim]) -> tuple[set[Pair], set[Pair], set[frozenset[str]]]:
    """The decided links, the derived ones, and the pairs that are kept apart."""
    of_alias: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        of_alias[claim.subject_id].append(claim)
    firm: set[Pair] = set()
    found: set[Pair] = set()
    apart: set[frozenset[str]] = set()
    for alias, told in of_alias.items():
        links = [c for c in live(told) if c.kind == "asserts" and c.object_id != alias]
        here = {(alias, c.object_id) for c in links if c.object_id and decided(c)}
        firm |= here
        if not here:
            derived = [c for c in links if judged(c)] or links
            found |= {(alias, c.object_id) for c in derived if c.object_id}
        apart |= {
            frozenset((alias, c.object_id))
            for c in unvoided(told)
            if c.kind == "retracts" and c.target is None and c.object_id and decided(c)
        }
    return firm, found, apart


def _followed(links: Iterable[Pair], apart: Iterable[frozenset[str]]) -> dict[str, str]:
    """Where derived links that count lead, with the ends of no pair that is kept apart in one place."""
    split = [sorted(pair) for pair in apart if len(pair) > 1]
    targets: dict[str, set[str]] = defaultdict(set)
    for alias, name in links:
        if alias != name and sorted((alias, name)) not in split:
            targets[alias].add(name)
    while True:
        reach = {alias: _reached(alias, targets) for alias in targets}
        chief, torn = _chiefs(targets, reach)
        for one, other in split if not torn else ():
            if _top(chief, one) == _top(chief, other):
                ways = reach.get(one, {one}), reach.get(other, {other})
                torn |= ways[0] ^ ways[1] or ways[0]
        if not torn:
            return chief
        for alias in torn:
            targets.pop(alias, None)


def _chiefs(
    targets: Mapping[str, set[str]], reach: Mapping[str, set[str]]
) -> tuple[dict[str, str], set[str]]:
    """The one entity that all links of an alias lead to, and whose links lead out of a ring to several.

    Such a ring is no entity: they are each one apart, and what is left of it is to be looked at again.
    """
    chief: dict[str, str] = {}
    torn: set[str] = set()
    # What an alias leads to has less to reach than itself, unless the two lead to each other.
    for alias in sorted(targets, key=lambda one: len(reach[one])):
        ring = {one for one in reach[alias] if alias in reach.get(one, ())} | {alias}
        beyond = {_top(chief, t) for one in ring for t in targets.get(one, ()) if t not in ring}
        if len(beyond) <= 1:
            chief[alias] = min(beyond or ring)
        elif len(ring) > 1 and targets[alias] - ring:
            torn.add(alias)
    return chief, torn


def _top(chief: Mapping[str, str], entity: str) -> str:
    return chief.get(entity, entity)


def _reached(start: str, targets: Mapping[str, set[str]]) -> set[str]:
    """All that can be reached, the start included."""
    found, ahead = {start}, [start]
    while ahead:
        new = targets.get(ahead.pop(), set()) - found
        found |= new
        ahead += new
    return found
