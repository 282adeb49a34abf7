"""What a question tells before anything is searched: whom and what it names, when, and what it wants."""

import re
from dataclasses import dataclass
from datetime import datetime

from kgmem.retrieval.snapshot import Seen, Snapshot
from kgmem.retrieval.times import span_asked
from kgmem.text import indexed, terms

_WORD = re.compile(r"\w+(?:['\u2019]s)?")
_POSSESSIVE = re.compile(r"['\u2019]s$")
_SHORTEST_PREFIX = 3
_WANTED = re.compile(r"\b(?:when|how long|what (?:date|day|month|year|time))\b", re.IGNORECASE)
_AUXILIARY = r"(?:is|was|does|did|do|has|have|had|can|could|will|would|might|should)\b"
# A noun in the plural ("which books", not "what kind of books"), a verb in the plural, a count, "both", or
# what has been done so far.
_SEVERAL = re.compile(
    rf"\b(?:what|which)\s+(?!{_AUXILIARY})(?:(?!(?:kind|type|sort)\b)[\w+'\u2019-]+\s+(?!{_AUXILIARY}))?"
    r"[\w-]{2,}(?<![siu])s\b"
    r"|\b(?:what|which|who)\s+(?:are|were)\b"
    r"|\bhow\s+many\b|\bboth\b"
    r"|\b(?:what|which|where|who|whom|how\s+much)\b(?!.*\b(?:do|does|did)\b).*\b(?:has|have)\s+\w",
    re.IGNORECASE,
)
# Not "is used to": that is a habit of now.
_FORMER = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bget )(?<!\bgets )\bused? to\b|\bno longer\b|\bformerly\b|\bpreviously\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """A question, taken apart.

    Attributes:
        text: Its words without the names of speakers: those are in every turn, and in a vector they
            outweigh what is asked about them.
        rest: The same without the names of entities: what is asked of them.
        speakers: The numbers of the speakers it names.
        entities: The rows of the entities it names.
        span: The time it names, in microseconds: first instant, and first after; see `span_asked`.
        wanted: Whether it asks for a date.
        several: Whether it asks for several things, which may have been told in several sessions.
        former: Whether it asks for what is no longer so.
    """

    text: str
    rest: str
    speakers: tuple[int, ...]
    entities: tuple[int, ...]
    span: tuple[int, int] | None
    wanted: bool
    several: bool
    former: bool


def analyzed(
    text: str, snapshot: Snapshot, seen: Seen, now: datetime, without: frozenset[str] = frozenset()
) -> Analysis:
    """Takes a question apart, with the names that a group knew.

    Args:
        text: The question.
        snapshot: The group.
        seen: Which rows exist for who asks.
        now: What "last week" is relative to.
        without: Parts of the recipe that are left out: ``names cut``, ``several``.
    """
    plain, speakers = _without_speakers(text, snapshot, seen)
    rest, entities = _without_entities(plain, snapshot, seen)
    if "names cut" in without:
        plain = rest = text
    return Analysis(
        text=plain,
        rest=rest,
        speakers=speakers,
        entities=entities,
        span=span_asked(text, now, snapshot, seen),
        wanted=bool(_WANTED.search(text)),
        several="several" not in without and bool(_SEVERAL.search(text)),
        former=bool(_FORMER.search(text)),
    )


def _without_speakers(text: str, snapshot: Snapshot, seen: Seen) -> tuple[str, tuple[int, ...]]:
    """Words one after another that can name one speaker do; of several of a name the last is meant."""
    speakers = snapshot.episodes.speakers
    named: set[int] = set()
    run: set[int] = set()
    end = 0

    def cut(match: re.Match[str]) -> str:
        nonlocal run, end
        word = _POSSESSIVE.sub("", match[0])
        # "Will Ada come?" names no Will.
        if not terms(word) and (word == match[0] and not (match.start() and word[0].isupper())):
            return match[0]
        of = speakers.called(word.casefold(), seen.speaking)
        if not of and word[0].isupper() and len(word) >= _SHORTEST_PREFIX:
            starting = speakers.starting(word.casefold(), seen.speaking)
            named.update(starting)
            return "" if starting else match[0]
        if of:
            goes_on = bool(run & of) and text[end : match.start()].isspace()
            if run and not goes_on:
                named.add(max(run))
            run, end = run & of if goes_on else of, match.end()
        return "" if of else match[0]

    rest = _tidy(_WORD.sub(cut, text), text)
    return rest, tuple(sorted(named | ({max(run)} if run else set())))


def _without_entities(text: str, snapshot: Snapshot, seen: Seen) -> tuple[str, tuple[int, ...]]:
    """The longest names first come; one that is a single word counts where it is written as a name."""
    words = [match for match in _WORD.finditer(text) if indexed(match[0])]
    places = [(word, match) for match in words for word in indexed(match[0]).split()]
    entities: list[int] = []
    kept, end_before = "", 0
    end = 0
    for start, stop, names in snapshot.names.within([word for word, _ in places]):
        visible = [name for name in names if seen.names[name]]
        first, last = places[start][1], places[stop - 1][1]
        is_name = stop - start > 1 or first[0][0].isupper() or first[0][0].isdigit()
        if start < end or not visible or not is_name:
            continue
        end = stop
        entities += [int(snapshot.entities.named.values[name]) for name in visible]
        kept += text[end_before : first.start()]
        end_before = last.end()
    return _tidy(kept + text[end_before:], text), tuple(dict.fromkeys(entities))


def _tidy(text: str, otherwise: str) -> str:
    """A text without the gaps that cutting left; another one where nothing is left to look for."""
    return " ".join(text.split()) if terms(text) else otherwise
