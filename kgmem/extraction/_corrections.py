"""Corrections: "sorry, I meant Munich", "actually it was never Munich, it was Berlin"."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from kgmem.extraction._clauses import Clause
from kgmem.extraction._mentions import Mention, Turn, noun_phrase
from kgmem.extraction.dates import find_dates
from kgmem.models import Claim, ClaimDraft
from kgmem.when import TICK

Token = Any

_RETOLD = re.compile(
    r"\b(?:oops|correction|my mistake|my bad|misspoke|scratch that|i was wrong|i meant|no wait)\b",
    re.IGNORECASE,
)
_CUE = re.compile(
    r"\b(?:sorry|actually|oops|wait|correction|my mistake|my bad|i mean|i meant|meant to say|i was wrong|i misspoke|scratch that)\b",
    re.IGNORECASE,
)


# What is put right, in words that a parse makes little of: "I mean Autodesk, not Adobe".
_PUT_RIGHT = re.compile(
    r"\b(?:i\s+mean(?:t)?(?:\s+to\s+say)?|make\s+(?:that|it)|it(?:'s|\s+is|\s+was)(?:\s+(?:actually|really|in))?)\s+"
    r"(?P<right>[^,.;!?]{2,60}?)(?:,?\s+(?:and\s+)?not\s+(?P<wrong>[^,.;!?]{2,60}))?\s*[.!?]*\s*$",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^(?:in|at|on|to|from|with|the|a|an)\s+", re.IGNORECASE)
_FEW = 4


def correction(
    sent: Any, clauses: Sequence[Clause], turn: Turn, said: Sequence[ClaimDraft]
) -> list[ClaimDraft]:
    """What a sentence takes back and puts in its place; nothing where it corrects nothing.

    Args:
        sent: The sentence.
        clauses: Its clauses.
        turn: Its turn.
        said: What its speaker claimed before, oldest first.
    """
    span = (sent.start_char, sent.end_char)
    text = sent.text.strip()
    has_cue = _CUE.search(text) is not None
    if has_cue and (redated := _redated(sent, clauses, turn, said)):
        return redated
    wrong, right = _parts(clauses, turn)
    if wrong is None and right is None and has_cue:
        wrong, right = _spelled_parts(text)
    if wrong is None and (right is None or not has_cue):
        return []
    target = _target(wrong, right, said)
    if target is None or target.object is None:
        return []
    drafts = [_retraction(target, turn, text, span)]
    if right is not None and right.name != target.object:
        drafts.append(_replacement(target, right, turn, span))
    return drafts


def replaced_by(
    made: ClaimDraft, sent: Any, turn: Turn, said: Sequence[ClaimDraft]
) -> list[ClaimDraft]:
    """What a whole new statement takes back: "scratch that, I live in Mainz"; with itself, last.

    Args:
        made: What the statement claims.
        sent: Its sentence.
        turn: Its turn.
        said: What its speaker claimed before, oldest first.
    """
    if made.kind != "asserts" or not _RETOLD.search(sent.text):
        return [made]
    for old in reversed(said):
        is_same = (old.kind, old.subject, old.predicate) == (
            "asserts",
            made.subject,
            made.predicate,
        )
        if is_same and old.object != made.object:
            span = (sent.start_char, sent.end_char)
            since = made.valid_at or old.valid_at
            return [
                _retraction(old, turn, sent.text.strip(), span),
                made.model_copy(
                    update={"valid_at": since, "invalid_at": made.invalid_at or old.invalid_at}
                ),
            ]
    return [made]


def _redated(
    sent: Any, clauses: Sequence[Clause], turn: Turn, said: Sequence[ClaimDraft]
) -> list[ClaimDraft]:
    """The last dated claim with another date: "sorry, it was 2020"."""
    dated = [draft for draft in said if draft.kind == "asserts" and draft.valid_at is not None]
    subjects = {subject.lower_ for clause in clauses for subject in clause.subjects}
    spelled = _PUT_RIGHT.search(sent.text)
    if not dated or subjects - {"i", "it", "that"} or not spelled:
        return []
    dates = find_dates(f"in {_LEADING.sub('', spelled['right'])}", turn.episode.occurred_at)
    if not dates:
        return []
    target, when = dated[-1], dates[0]
    if not isinstance(target.valid_at, datetime) or when.first is None:
        return []
    span = (sent.start_char, sent.end_char)
    told = turn.episode.occurred_at
    ends = when.after if when.role == "range" else target.invalid_at
    if isinstance(ends, datetime) and ends <= when.first:
        ends = None
    fresh = {"valid_at": when.first, "invalid_at": ends, "episode": turn.episode.id, "span": span}
    # A tick after what takes the old date back, which would take it back too.
    return [
        _retraction(target, turn, sent.text.strip(), span),
        target.model_copy(update={**fresh, "said_at": (told + TICK).astimezone(UTC)}),
    ]


def _spelled_parts(text: str) -> tuple[Mention | None, Mention | None]:
    match = _PUT_RIGHT.search(text)
    if match is None:
        return None, None
    right, wrong = (_spelled(match[name]) for name in ("right", "wrong"))
    return wrong, right


def _spelled(words: str | None) -> Mention | None:
    """A name as written; nothing where it is more than a name."""
    name = _LEADING.sub("", (words or "").strip()).strip(" '\"")
    is_name = name[:1].isupper() and len(name.split()) <= _FEW
    return Mention(name, None, proper=True) if is_name else None


def _parts(clauses: Sequence[Clause], turn: Turn) -> tuple[Mention | None, Mention | None]:
    """What was wrong and what is right."""
    wrong: Mention | None = None
    right: Mention | None = None
    for clause in clauses:
        verb = clause.verb
        if verb.lemma_ == "mean" and verb.tag_ in ("VBD", "VBP", "VB"):
            right = right or _named(verb, ("dobj", "attr"), turn)
            wrong = wrong or _after_not(verb, turn)
        elif verb.lemma_ == "be" and any(
            subject.lower_ in ("it", "that") for subject in clause.subjects
        ):
            named = _named(verb, ("attr", "acomp"), turn)
            if named is None:
                continue
            if clause.polarity in ("never", "no"):
                wrong = wrong or named
            else:
                right = right or named
    return wrong, right


def _named(verb: Token, relations: tuple[str, ...], turn: Turn) -> Mention | None:
    for child in verb.children:
        if child.dep_ in relations and child.i > verb.i:
            return noun_phrase(child, turn) if child.pos_ in ("PROPN", "NOUN", "NUM") else None
    return None


def _after_not(verb: Token, turn: Turn) -> Mention | None:
    """Munich in "I meant Berlin, not Munich"."""
    for token in verb.subtree:
        if token.lower_ == "not" and token.i > verb.i:
            for name in token.doc[token.i + 1 : token.i + 4]:
                if name.pos_ in ("PROPN", "NOUN"):
                    return noun_phrase(name, turn)
    return None


def _target(
    wrong: Mention | None, right: Mention | None, said: Sequence[ClaimDraft]
) -> ClaimDraft | None:
    """The claim that is corrected: the last with the wrong object, else the last that the right one fits."""
    candidates = [draft for draft in reversed(said) if draft.kind == "asserts" and draft.object]
    if wrong is not None:
        for draft in candidates:
            if draft.object and draft.object.casefold() == wrong.name.casefold():
                return draft
        return None
    if right is None or not candidates:
        return None
    others = [draft for draft in candidates if draft.object != right.name]
    # The type of a lone name is a guess, what has just been said a better one.
    last = [draft for draft in others if draft.episode == candidates[0].episode]
    named = [draft for draft in last if draft.object and draft.object[:1].isupper()]
    same = [draft for draft in others if right.type and draft.object_type == right.type]
    fitting = [draft for draft in named if draft in same] or (named if right.proper else [])
    return next(iter([*fitting, *same]), None)


def _retraction(target: ClaimDraft, turn: Turn, text: str, span: tuple[int, int]) -> ClaimDraft:
    return Claim.retracts(
        target.subject,
        target.predicate,
        target.object,
        text=text,
        span=span,
        episode=turn.episode.id,
        confidence=0.8,
        source_kind=turn.episode.source_kind,
        subject_type=target.subject_type,
        object_type=target.object_type,
    )


def _replacement(
    target: ClaimDraft, right: Mention, turn: Turn, span: tuple[int, int]
) -> ClaimDraft:
    old = target.object or ""
    return target.model_copy(
        update={
            "object": right.name,
            "object_type": right.type,
            "text": target.text.replace(old, right.name),
            "span": span,
            "episode": turn.episode.id,
            "confidence": 0.8,
        }
    )
