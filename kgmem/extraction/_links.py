"""Who is who, as turns say it: "my sister Ann", "my name is Ann Smith", "call me Bob"."""

import calendar
import re
from collections.abc import Iterable, Iterator, Sequence

from kgmem.extraction import _english as english
from kgmem.models import Claim, ClaimDraft, Episode
from kgmem.schema import Schema
from kgmem.timeline import SAME_AS

# Whom one has one of, or several who are told apart: friends and colleagues are too many.
_FAMILY = english.FEMALE | english.MALE | {"cousin"}
_NAME = r"[^\W\d_][\w'\u2019-]*(?: [^\W\d_][\w'\u2019-]*){0,3}"
_CALL_ME = re.compile(
    r"(?<!n't )(?<!n\u2019t )(?<!not )(?<!never )\bcall me (?P<alias>[^\W\d_][\w'\u2019-]*)",
    re.IGNORECASE,
)
_KNOWN_AS = re.compile(
    rf"(?<![\w'\u2019-])(?P<name>{_NAME}),? (?:is )?(?:also known as|a\.k\.a\.|aka) (?P<alias>{_NAME})"
)
_WORD = re.compile(r"\w+")
_DAYS_AND_MONTHS = frozenset((*calendar.day_name, *calendar.month_name, *calendar.day_abbr))


def links(drafts: Sequence[ClaimDraft], episode: Episode, schema: Schema) -> Iterator[ClaimDraft]:
    """The links that a turn implies, by what it claims and by its words.

    Args:
        drafts: What it claims.
        episode: The turn.
        schema: The predicates.
    """
    words = set(_WORD.findall(episode.text.casefold()))
    for draft in drafts:
        if draft.kind != "asserts" or not _is_name(draft.object) or draft.object == draft.subject:
            continue
        if draft.predicate == "named" and draft.subject_type == "person":
            yield _link(draft.subject, draft.object or "", episode, draft.span)
        for role in _roles(draft.predicate, words, schema):
            yield _link(f"{draft.subject}'s {role}", draft.object or "", episode, draft.span)
    yield from _same_parent(drafts, episode, schema)
    for found in _KNOWN_AS.finditer(episode.text):
        alias, name = (
            _capitalized(found["alias"]),
            _capitalized(found["name"].removesuffix(" is"), last=True),
        )
        if alias and name and alias != name:
            yield _link(alias, name, episode, found.span())
    for found in _CALL_ME.finditer(episode.text):
        if episode.speaker and _is_name(found["alias"]) and found["alias"] != episode.speaker:
            yield _link(found["alias"], episode.speaker, episode, found.span())


def _same_parent(
    drafts: Iterable[ClaimDraft], episode: Episode, schema: Schema
) -> Iterator[ClaimDraft]:
    """One has one mother, whether she is called "Mom", "my mom" or "my mother"."""
    for draft in drafts:
        for name in (draft.subject, draft.object or ""):
            owner, _, word = name.rpartition("'s ")
            role = schema.canonical(word) if word.lower() in english.ELDERS else word
            if _is_name(owner) and role != word and schema.cardinality(role) == "single":
                yield _link(name, f"{owner}'s {role}", episode, draft.span)


def _roles(predicate: str, words: set[str], schema: Schema) -> list[str]:
    """The words for a relative that the turn uses; that of the relation, where it uses none."""
    known = schema.predicates.get(predicate)
    name = predicate.replace("_", "-")  # father_in_law
    forms = {name, *(known.synonyms if known else ())} & _FAMILY
    return sorted(forms & words) or sorted({name} & forms)


def _is_name(name: str | None) -> bool:
    return name is not None and name[:1].isupper() and name not in _DAYS_AND_MONTHS


def _capitalized(words: str, *, last: bool = False) -> str:
    """The run of capitalized words at the start, or at the end."""
    run: list[str] = []
    parts = words.split(" ")
    for word in reversed(parts) if last else parts:
        if not word[:1].isupper():
            break
        run.append(word)
    return " ".join(reversed(run) if last else run)


def _link(alias: str, name: str, episode: Episode, span: tuple[int, int] | None) -> ClaimDraft:
    return Claim.asserts(
        alias,
        SAME_AS,
        name,
        text=f"{alias} is {name}",
        episode=episode.id,
        span=span,
        confidence=0.9,
        source_kind=episode.source_kind,
        subject_type="person",
        object_type="person",
    )
