"""What the words of a plain statement are, seen from their surface."""

from collections.abc import Sequence
from typing import Any

from kgmem.extraction import _english as english

Token = Any

_LINKS = frozenset(["where", "that", "which", "who", "whose"])
_SPLITTING = frozenset(["in", "at", "on", "with", "from"])
_SCHOOLS = frozenset(["univer", "school", "colleg", "instit", "academ"])
_OF = frozenset(["of", "in", "for", "at", "on"])


def is_named(token: Token) -> bool:
    text = token.text
    if text in ("The", "A", "An"):
        return (
            token.i > token.doc[0].i and not token.is_sent_start
        )  # a title: "A Wizard of Earthsea"
    return bool(text[:1].isupper() or text[:1].isdigit())


def is_kin_named(tokens: Sequence[Token]) -> bool:
    """As in "Tom's sister Ann": more than one thing is said by it."""
    return any(
        token.tag_ == "POS" and any(t.lemma_.lower() in english.KINDRED for t in tokens[index:])
        for index, token in enumerate(tokens)
    )


def first_of(tokens: Sequence[Token]) -> int:
    """Where "of" first stands: the "Prime Minister" of "the Prime Minister of X" is no holder."""
    for index, token in enumerate(tokens):
        if token.lower_ in _OF | _LINKS:
            return index
    return -1 if tokens[0].text.islower() else len(tokens)


def roleish(tokens: Sequence[Token]) -> bool:
    """Whether a role stands before the name: "official language of X", "Prime Minister of X"."""
    for token in tokens:
        if token.lower_ in ("of", "minister"):
            return True
        if is_named(token):
            return False
        if token.tag_ in ("NN", "NNS"):
            return True
    return False


def is_object(tokens: Sequence[Token]) -> bool:
    """Nouns and names alone: no verb, no adverb, no clause."""
    if not tokens:
        return False
    for token in tokens:
        if (
            token.text.islower()
            and token.tag_ in ("VBZ", "VBD", "VBP", "VB", "RB", "TO", "WDT", "WRB", "IN")
            and token.lower_
            not in (
                "of",
                "in",
                "for",
                "and",
                "on",
                "at",
                "by",
                "with",
                "to",
                "from",
                "without",
                "de",
                "la",
                "et",
                "as",
                "under",
            )
            and not token.ent_type_
            and token.tag_ != "VBP"
        ):
            return False
    return True


def pieces(tokens: Sequence[Token]) -> list[list[Token]]:
    """An object split before "in Berlin", unless one name holds both."""
    pieces: list[list[Token]] = [[]]
    for index, token in enumerate(tokens):
        inside = token.ent_iob_ == "I" and token.ent_type_
        inside = inside or (
            token.lower_ == "at" and any(t.lower_[:6] in _SCHOOLS for t in pieces[-1])
        )
        follows = index + 1 < len(tokens) and (
            is_named(tokens[index + 1]) or tokens[index + 1].lower_ == "the"
        )
        if index and token.lower_ in _SPLITTING and follows and not inside:
            pieces.append([])
        pieces[-1].append(token)
    return pieces
