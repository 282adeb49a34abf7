"""Corrections: "sorry, I meant Munich", "actually it was never Munich, it was Berlin"."""

import re
from collections.abc import Sequence
from typing import Any

from kgmem.extraction._clauses import Clause
from kgmem.extraction._mentions import Mention, Turn, noun_phrase
from kgmem.models import Claim, ClaimDraft

Token = Any

_CUE = re.compile(
    r"\b(?:sorry|actually|oops|wait|correction|my mistake|my bad|i mean|i meant|meant to say|i was wrong|i misspoke|scratch that)\b",
    re.IGNORECASE,
)


def correction(
    sent: Any, clauses: Sequence[Clause], turn: Turn, said: Sequence[ClaimDraft]
) -> list[ClaimDraft]:
    """What a sentence takes back and puts in its place; nothing where it corrects nothing.

    Args:
        sent: The sentence.
        clauses: Its clauses.
        turn: Its turn.
        said: What was claimed before, oldest first.
    """
    wrong, right = _parts(clauses, turn)
    if wrong is None and (right is None or not _CUE.search(sent.text)):
        return []
    target = _target(wrong, right, turn, said)
    if target is None or target.object is None:
        return []
    span = (sent.start_char, sent.end_char)
    text = sent.text.strip()
    drafts = [_retraction(target, turn, text, span)]
    if right is not None and right.name != target.object:
        drafts.append(_replacement(target, right, turn, span))
    return drafts


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
    wrong: Mention | None, right: Mention | None, turn: Turn, said: Sequence[ClaimDraft]
) -> ClaimDraft | None:
    """The claim that is corrected: the last one with that object, else the last whose object is alike."""
    candidates = [draft for draft in reversed(said) if draft.kind == "asserts" and draft.object]
    if wrong is not None:
        for draft in candidates:
            if draft.object and draft.object.casefold() == wrong.name.casefold():
                return draft
        return None
    if right is None:
        return None
    speaker = turn.speaker.name if turn.speaker else None
    for draft in candidates:
        if (
            draft.subject == speaker
            and draft.object_type == right.type
            and draft.object != right.name
        ):
            return draft
    return None


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
