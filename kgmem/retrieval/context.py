"""Hits as text for a prompt: dated lines with their sources, within a token budget.

What is about one entity stands together, because what disagrees is about one entity: where somebody
lives, and where she lived before. Sessions would part the two. Every line can be read alone, so that
none of the budget goes into headings.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from kgmem.ids import normal_form
from kgmem.models import Fact
from kgmem.results import ContextBlock, Hit
from kgmem.when import TICK, micros, status

CHARACTERS_PER_TOKEN = 4
"""By which tokens are estimated."""


def tokens(text: str) -> int:
    """The length of a text in tokens, estimated as a quarter of its characters, rounded up."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def in_order(hits: Sequence[Hit], at: datetime) -> ContextBlock:
    """All hits in their order, a line each; ``at`` is as for `packed`."""
    lines: dict[str, Hit] = {}
    later = _later(hits)
    for hit in hits:
        lines.setdefault(_line(hit, later, at), hit)
    return _block([lines], reason="" if lines else "nothing was known")


def packed(hits: Sequence[Hit], max_tokens: int, at: datetime) -> ContextBlock:
    """The best hits whose lines fit; one that does not fit is passed over.

    Groups come in the order of their best hits. In each, facts that hold come first, then the others,
    the latest first, then turns in the order they were said. A fact is left out where a turn that
    states it is there; what a turn says that does not hold, it says with the time when it did.

    Args:
        hits: The hits, best first.
        max_tokens: The budget.
        at: When a fact holds that is current; days are those of its timezone.
    """
    ids, later = _ids(hits), _later(hits)
    groups: dict[str, dict[str, Hit]] = {}
    seen: set[str] = set()
    left = max_tokens * CHARACTERS_PER_TOKEN
    for hit in hits:
        line, about = _line(hit, later, at), _about(hit, ids)
        # Every line but the first comes after a line break.
        length = len(line) + bool(groups)
        stated = hit.kind == "fact" and not seen.isdisjoint(hit.episodes)
        if length <= left and line not in seen and not stated:
            groups.setdefault(about, {})[line] = hit
            seen |= {line, hit.id}
            left -= length
    return _block(
        [
            dict(sorted(lines.items(), key=lambda item: _order(item[1], at)))
            for lines in groups.values()
        ],
        reason="" if groups else f"nothing fits max_tokens={max_tokens}",
    )


def _block(groups: Sequence[Mapping[str, Hit]], reason: str = "") -> ContextBlock:
    text = "\n".join(line for lines in groups for line in lines)
    hits = tuple(hit for lines in groups for hit in lines.values())
    return ContextBlock(text=text, tokens=tokens(text), hits=hits, reason=reason)


def _ids(hits: Sequence[Hit]) -> dict[str, str]:
    """The ids of the entities that facts are about, by the normal forms of all their names."""
    subjects = [hit.fact.subject for hit in hits if hit.fact]
    return {normal_form(name): one.id for one in subjects for name in (one.name, *one.aliases)}


def _later(hits: Sequence[Hit]) -> dict[str, str]:
    """The objects of facts by the ids of their claims: what came instead of a fact that ended."""
    facts = [hit.fact for hit in hits if hit.fact]
    return {claim: fact.object.name for fact in facts for claim in fact.claims}


def _about(hit: Hit, ids: Mapping[str, str]) -> str:
    """The entity that a fact is about or that speaks; of a text that nobody speaks, its session."""
    if hit.kind == "fact" and hit.fact:
        return hit.fact.subject.id
    name = normal_form(hit.episode.speaker or "") if hit.episode else ""
    return ids.get(name, name) or (hit.episode.session if hit.episode else "")


def _order(hit: Hit, at: datetime) -> tuple[int, int]:
    if hit.kind == "fact" and hit.fact:
        since = hit.fact.valid_at
        return (0, 0) if status(since, hit.fact.invalid_at, at) == "holds" else (1, -micros(since))
    return (2, micros(hit.episode.occurred_at) if hit.episode else 0)


def _line(hit: Hit, later: Mapping[str, str], at: datetime) -> str:
    fact, turn, zone = hit.fact, hit.episode, at.tzinfo
    if hit.kind == "fact" and fact:
        return f"[{_interval(fact, later, at)}] {_one_line(hit.text)}{_source(hit, zone)}"
    if turn is None:
        return _one_line(hit.text)
    speaker = f"{turn.speaker}: " if turn.speaker else ""
    day = _day(turn.occurred_at, zone)
    line = f"[{day}] {_one_line(speaker + hit.text)}"
    if fact is None or status(fact.valid_at, fact.invalid_at, at) == "holds":
        return line
    interval = _interval(fact, later, at)
    # What happened on the day of the turn needs no time of its own.
    return line if interval == day else f"{line} ({_one_line(fact.text)}: {interval})"


def _interval(fact: Fact, later: Mapping[str, str], at: datetime) -> str:
    since = _day(fact.valid_at, at.tzinfo)
    if fact.invalid_at is None:
        return f"from {since}" if at < fact.valid_at else f"{since} to now"
    if since == _day(fact.invalid_at - TICK, at.tzinfo):
        return since
    # A fact whose own words say until when it held was followed by nothing that they tell.
    instead = None if fact.ended_by in fact.claims else later.get(fact.ended_by or "")
    then = f", then {_one_line(instead)}" if instead else ""
    return f"{since} to {_day(fact.invalid_at, at.tzinfo)}{then}"


def _source(hit: Hit, zone: tzinfo | None) -> str:
    """Who said a fact, and when, as far as its line does not show it."""
    if hit.fact is None or hit.episode is None:
        return ""
    speaker = _one_line(hit.episode.speaker or "")
    day = _day(hit.episode.occurred_at, zone)
    told = [speaker] if speaker and speaker not in hit.text else []
    told += [day] if day != _day(hit.fact.valid_at, zone) else []
    return f" ({', '.join(told)})" if told else ""


def _day(moment: datetime, zone: tzinfo | None) -> str:
    try:
        return moment.astimezone(zone).date().isoformat()
    except OverflowError:  # the first and last day that there is
        return moment.date().isoformat()


def _one_line(text: str) -> str:
    return " ".join(text.split())
