"""When a relation holds: the dates and the tense of its clause, weighed against its kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kgmem.extraction._verbs import Tense
from kgmem.extraction.dates import DateMention, midnight
from kgmem.extraction.lengths import shift


@dataclass(frozen=True, slots=True)
class Timing:
    """When a claim holds.

    Attributes:
        valid_at: Since when; ``None`` where the words do not say.
        invalid_at: Until when.
        over_at: When it was over, where only that is said.
    """

    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    over_at: datetime | None = None


def timing(
    dates: Sequence[DateMention],
    tense: Tense,
    said_at: datetime,
    *,
    state: bool,
    ending: bool = False,
) -> Timing:
    """When what a clause says holds.

    Args:
        dates: The dates of the clause.
        tense: Its tense.
        said_at: When it was said.
        state: Whether the relation lasts, so that the past tense closes it.
        ending: Whether the clause says that something is over: its date is a start of nothing.
    """
    by_role = {mention.role: mention for mention in reversed(dates)}
    if not ending and (mention := by_role.get("range")):
        return Timing(mention.first, mention.after)
    at = by_role.get("at") or by_role.get("range")
    if ending:
        found = at or by_role.get("since") or by_role.get("until")
        return Timing(over_at=(found.first or found.after) if found else None)
    if mention := by_role.get("for"):
        return _lasting(mention, at, tense, said_at, state=state)
    since, until = by_role.get("since"), by_role.get("until")
    if since or until:
        return _bounded(
            since, until, at, now=said_at if tense in ("present", "progressive") else None
        )
    return _at(at, tense, said_at, state=state)


def _lasting(
    length: DateMention, at: DateMention | None, tense: Tense, said_at: datetime, *, state: bool
) -> Timing:
    """As in "For two years": until now, unless the past tense closes it or another date anchors it."""
    months, days = length.length or (0, 0)
    if at is not None and at.first is not None:
        last = shift(at.first.date(), months, days)
        return Timing(at.first, midnight(last, at.first.tzinfo))
    if tense == "past" and state:
        return Timing(length.first, said_at)
    return Timing(length.first) if tense in ("perfect", "progressive", "past") else Timing()


def _bounded(
    since: DateMention | None,
    until: DateMention | None,
    at: DateMention | None,
    *,
    now: datetime | None,
) -> Timing:
    first = since.first if since else at.first if at else None
    after = until.after if until else None
    if first is not None and after is not None and after <= first:
        after = None
    if first is None and after is not None and now is not None and after > now:
        # "I'm staying here until Friday" is so; "I stayed until Friday" is over.
        return Timing(invalid_at=after)
    if first is None:
        return Timing(over_at=after)
    return Timing(first, after)


def _at(at: DateMention | None, tense: Tense, said_at: datetime, *, state: bool) -> Timing:
    if at is None or at.first is None:
        return Timing()
    if tense in ("past", "perfect") and at.first > said_at:
        return Timing()
    ended = (
        tense == "past"
        and state
        and at.after is not None
        and at.after <= said_at + timedelta(days=1)
    )
    return Timing(at.first, at.after if ended else None)
