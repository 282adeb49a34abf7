"""From what a chat model says that turns state to claim drafts.

A model gets things wrong, and a turn may have talked it into it. So a fact must cite a turn of the
window and be about something that the turns name, or it is left out; and nothing in a reply can reach
another group, name a claim to void, or say who speaks.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, get_args

from kgmem.errors import InvalidInputError
from kgmem.extraction._llm_prompts import unescaped
from kgmem.extraction._llm_replies import EndedFact, NewPredicate, SameName, StatedFact
from kgmem.extraction.base import Context, Doubt, NameDoubt, Tally
from kgmem.ids import normal_form
from kgmem.models import ClaimDraft, Episode, Fact, Kind
from kgmem.results import Proposal, Skipped
from kgmem.schema import Schema
from kgmem.text import checked, indexed, terms
from kgmem.timeline import SAME_AS
from kgmem.when import MONTHS, When, ends, span, starts

_LONGEST_NAME = 200
_LONGEST_TEXT = 1_000
_LONGEST_TYPE = 40
_SELF = re.compile("i|me|my|mine|myself|(?:the )?speaker")
_PRONOUN = re.compile("s?he|it|they|we|you|him|hers?|them|us|his|their|our|your|this|that|someone")
# In capitals a country and a trade.
_NO_PRONOUN = ("US", "IT")
_NO_DATE = re.compile("|none|null|unknown|present|now|today|ongoing|n/a")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})")
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})[/.](?P<month>\d{1,2})[/.](?P<year>\d{4})")
# What a model puts for a month or day that nobody said.
_UNSAID = re.compile(r"(?:-(?:00|XX))+$")
_WORD = re.compile(r"[^\W_]+")
# So much of a word is left in all its forms.
_STEM = 4
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Window:
    """The turns of one call.

    Attributes:
        turns: Those that may be cited, by their number from 1.
        previous: Those that went along.
        context: What else the model was told.
    """

    turns: Sequence[Episode]
    previous: Sequence[Episode]
    context: Context

    @property
    def words(self) -> str:
        """All that a name may come from, in normal form."""
        episodes = (*self.previous, *self.turns)
        spoken = [part for e in episodes for part in (e.speaker or "", e.text)]
        said = normal_form(" ".join([*spoken, *self.context.speakers, *self.context.entities]))
        # Without accents too, as the words of a name are.
        return f"{said} {indexed(said)}"


def drafts_of(facts: Sequence[StatedFact], window: Window) -> Iterator[ClaimDraft]:
    """The drafts that facts make; what makes none goes to the tally with its reason."""
    tally = window.context.tally
    words = window.words
    for fact in facts:
        try:
            yield _draft(fact, window, words)
        except InvalidInputError as error:
            tally.skipped.append(Skipped(what=_label(fact), reason=str(error)))


def endings_of(
    ended: Sequence[EndedFact], doubts: Sequence[Doubt], tally: Tally
) -> Iterator[ClaimDraft]:
    """The drafts that an adjudication makes; a number that was not asked about goes to the tally."""
    asked = [(doubt, fact) for doubt in doubts for fact in doubt.candidates]
    rulings = {_number(ruling.fact): ruling for ruling in ended}
    for number, ruling in rulings.items():
        if number is None or not 1 <= number <= len(asked):
            reason = f"nobody asked whether fact {_shown(ruling.fact)} ended"
            tally.skipped.append(Skipped(what="an ended fact", reason=reason))
            continue
        doubt, fact = asked[number - 1]
        claim = doubt.claim
        yield ClaimDraft(
            kind="ends",
            subject=claim.subject,
            predicate=fact.predicate,
            object=fact.object.name,
            text=claim.text,
            valid_at=_since(ruling, fact, doubt.timezone or UTC, tally) or claim.valid_at,
            said_at=claim.said_at,
            confidence=_confidence(ruling.confidence),
            source_kind=claim.source_kind,
            episode=claim.episode,
            caused_by=claim.id,
        )


def links_of(
    same: Sequence[SameName], doubts: Sequence[NameDoubt], tally: Tally
) -> Iterator[ClaimDraft]:
    """The links that a judge makes; a number that was not asked about goes to the tally."""
    for ruling in {_number(one.pair): one for one in same}.values():
        number = _number(ruling.pair)
        if number is None or not 1 <= number <= len(doubts):
            reason = f"nobody asked about a pair {_shown(ruling.pair)}"
            tally.skipped.append(Skipped(what="a pair of names", reason=reason))
            continue
        doubt = doubts[number - 1]
        because = ruling.reason.strip()[:200] if isinstance(ruling.reason, str) else ""
        text = f"{doubt.alias} is {doubt.name}"
        yield ClaimDraft(
            kind="asserts",
            subject=doubt.alias,
            predicate=SAME_AS,
            object=doubt.name,
            text=f"{text}: {because}" if because else text,
            source_kind="agent",
        )


def proposals_of(
    predicates: Sequence[NewPredicate], drafts: Sequence[ClaimDraft], schema: Schema
) -> Iterator[Proposal]:
    """What is proposed of predicates that drafts use and the schema does not know."""
    used = {schema.canonical(draft.predicate) for draft in drafts}
    for new in predicates:
        name, known = (
            schema.canonical(value) if isinstance(value, str) else ""
            for value in (new.name, new.renames)
        )
        synonym_of = known if known in schema.predicates else None
        # As many objects as are said is what an unknown predicate holds anyway.
        if name in used - schema.predicates.keys() and (synonym_of or new.cardinality == "single"):
            yield Proposal(
                predicate=name,
                cardinality="single" if new.cardinality == "single" else "many",
                synonym_of=synonym_of,
            )


def _since(ruling: EndedFact, fact: Fact, zone: tzinfo, tally: Tally) -> When | None:
    """When a fact ended, where that is a date after it began."""
    since = _date_or_none(ruling.since, zone)
    if since is not None and starts(since, zone) <= fact.valid_at:
        reason = f"left out its end {_shown(ruling.since)}, which is before its start"
        tally.skipped.append(Skipped(what=fact.text, reason=reason))
        return None
    return since


def _draft(fact: StatedFact, window: Window, words: str) -> ClaimDraft:
    number = _number(fact.turn)
    if number is None or not 1 <= number <= len(window.turns):
        raise InvalidInputError(f"it cites turn {_shown(fact.turn)} of {len(window.turns)}")
    episode = window.turns[number - 1]
    if fact.kind not in get_args(Kind):
        raise InvalidInputError(f"{_shown(fact.kind)} is no kind of claim")
    subject = _grounded(_name(fact.subject, "subject", episode), words)
    obj = None
    if fact.object not in (None, "") or fact.kind == "asserts":
        is_number = isinstance(fact.object, int | float) and not isinstance(fact.object, bool)
        obj = _name(str(fact.object) if is_number else fact.object, "object", episode)
        # A description may be put in other words; a name may not be made up.
        if obj[0].isupper() and not any(character.isdigit() for character in obj):
            _grounded(obj, words)
    times = _Times(fact, episode, window.context)
    return ClaimDraft(
        kind=times.kind,
        subject=subject,
        predicate=_text(fact.predicate, "predicate", _LONGEST_NAME),
        object=obj,
        text=_sentence(fact, window.context.tally),
        valid_at=times.valid_at,
        invalid_at=times.invalid_at,
        confidence=_confidence(fact.confidence),
        source_kind=episode.source_kind,
        episode=episode.id,
        subject_type=_type(fact.subject_type),
        object_type=_type(fact.object_type),
    )


class _Times:
    """The kind of a claim and its times, which depend on each other."""

    def __init__(self, fact: StatedFact, episode: Episode, context: Context) -> None:
        self._zone = context.timezone or UTC
        self._fact = fact
        self._tally = context.tally
        self.kind: Kind = fact.kind
        self.valid_at = self._date(fact.valid_at)
        self.invalid_at = self._date(fact.invalid_at)
        if self.kind != "asserts":
            # Given both, the first is since when it was true.
            self.valid_at = self.invalid_at or self.valid_at
            self.invalid_at = None
        elif self.invalid_at is not None:
            self._check_end(self.invalid_at, episode.occurred_at)

    def _check_end(self, invalid_at: When, said_at: datetime) -> None:
        end = ends(invalid_at, self._zone)
        if self.valid_at is None and end <= said_at:
            # Over before it was said, since nobody knows when: all that is known is that it ended.
            self.kind, self.valid_at, self.invalid_at = "ends", end, None
        elif self.valid_at is not None and end <= starts(self.valid_at, self._zone):
            self._note(
                f"left out its end {_shown(self._fact.invalid_at)}, which is before its start"
            )
            self.invalid_at = None

    def _date(self, value: Any) -> When | None:
        if value is None or _NO_DATE.fullmatch(str(value).strip().lower()):
            return None
        date = _date_or_none(value, self._zone)
        if date is None:
            self._note(f"left out {_shown(value)}, which is no date")
        return date

    def _note(self, reason: str) -> None:
        self._tally.skipped.append(Skipped(what=_label(self._fact), reason=reason))


def _date_or_none(value: Any, zone: tzinfo) -> When | None:
    """A day, month or year as text, which means all of it; an instant as such."""
    text = _iso(str(value).strip())
    try:
        first, after = span(text, zone)
    except InvalidInputError:
        return None
    return first if first == after else text


def _iso(text: str) -> str:
    """A date as ISO 8601 has it: a day with its year first, or whose first number can be no month, or less."""
    text = _UNSAID.sub("", text)
    if match := _YEAR_FIRST.fullmatch(text):
        return "-".join(match.groups())
    match = _DAY_FIRST.fullmatch(text)
    if match and int(match["day"]) > len(MONTHS):
        return f"{match['year']}-{match['month']}-{match['day']}"
    return text


def _name(value: Any, role: str, episode: Episode) -> str:
    name = " ".join(_text(value, role, _LONGEST_NAME).split())
    if _SELF.fullmatch(name.lower()):
        if episode.speaker is None:
            raise InvalidInputError(f"its {role} is {name!r}, and nobody is named as speaker")
        return episode.speaker
    # Exports call whose they are "You".
    if name not in (*_NO_PRONOUN, episode.speaker) and _PRONOUN.fullmatch(name.lower()):
        raise InvalidInputError(f"its {role} is the pronoun {name!r}")
    return name


def _text(value: Any, role: str, longest: int) -> str:
    if not isinstance(value, str):
        raise InvalidInputError(f"its {role} is {_shown(value)}, no text")
    if not _WORD.search(value):
        raise InvalidInputError(f"its {role} has no words")
    return checked(unescaped(value), f"its {role}", longest=longest)


def _sentence(fact: StatedFact, tally: Tally) -> str:
    """The words for it; a bad sentence is no reason to lose the fact."""
    if fact.text in (None, ""):
        return ""
    try:
        return _text(fact.text, "text", _LONGEST_TEXT).strip()
    except InvalidInputError as error:
        tally.skipped.append(Skipped(what=_label(fact), reason=f"left out its text: {error}"))
        return ""


def _grounded(name: str, words: str) -> str:
    """The name itself, where some word of it, or the letters it starts with, is in the words."""
    form = normal_form(name)
    parts = terms(form)
    # Without a word that tells ("R", "The Who") it must stand there whole.
    if not parts and re.search(rf"(?<!\w){re.escape(form)}(?!\w)", words):
        return name
    initials = "".join(part[0] for part in parts)
    known = [part[:_STEM] for part in parts if len(part) >= _SHORTEST or not part.isascii()]
    if any(part in words for part in known or parts):
        return name
    if len(initials) > 1 and re.search(rf"\b{initials}\b", words.replace(".", "")):
        return name
    raise InvalidInputError(f"no turn of the window names {name!r}")


def _type(value: Any) -> str | None:
    is_word = isinstance(value, str) and len(value) <= _LONGEST_TYPE and _WORD.fullmatch(value)
    return value.lower() if is_word else None


def _number(value: Any) -> int | None:
    text = str(value).strip(" []").removesuffix(".0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < _LONGEST_TYPE else None


def _confidence(value: Any) -> float:
    """A number from 0 to 1; without a usable one the model has no doubt."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return 1.0
    return min(max(number, 0.0), 1.0) if math.isfinite(number) else 1.0


def _shown(value: Any) -> str:
    return repr(value)[:_LONGEST_TYPE]


def _label(fact: StatedFact) -> str:
    parts = [fact.subject, fact.predicate, fact.object]
    words = " ".join(str(part) for part in parts if part is not None)
    # What a model says is not text that every store keeps.
    return words[:_LONGEST_NAME].encode("utf-8", "replace").decode() or "a fact without names"
