"""Names as they are written, where no parse is asked."""

import re
from collections.abc import Sequence
from typing import Any

from kgmem.extraction import _english as english
from kgmem.extraction._mentions import Mention, Turn

Token = Any

_ABBREVIATION = re.compile(r"(?:\b(?:Inc|Jr|Sr|Co|Corp|Ltd|St|Bros)|(?:\b[A-Z]\.)+[A-Z])$")


def spelled_name(tokens: Sequence[Token], turn: Turn) -> Mention | None:
    """Words as one name or noun phrase: no determiner, unless a title begins with it."""
    kept = list(tokens)
    while kept and _is_mere_article(kept):
        kept.pop(0)
    if not kept or not any(
        token.is_alpha or any(c.isalnum() for c in token.text) for token in kept
    ):
        return None
    first, last = kept[0], kept[-1]
    name = turn.episode.text[first.idx : last.idx + len(last.text)]
    name = f"{name}{_final_stop(name, turn.episode.text[last.idx + len(last.text) :])}".strip(
        " \n\"'“”,;:"
    )
    types = [token for token in kept if token.ent_type_]
    if (
        re.search(r"\b[IVX]+\.$", name)
        and last.text != "."
        and turn.episode.text.rstrip().endswith(name)
    ):
        name = name[:-1]  # "Shapur I." at the end of a sentence
    kind = english.ENTITY_TYPES.get(types[-1].ent_type_) if types else None
    return (
        Mention(name, kind, proper=any(token.text[:1].isupper() for token in kept))
        if name
        else None
    )


def _is_mere_article(tokens: Sequence[Token]) -> bool:
    word = tokens[0]
    if word.text in ("the", "a", "an"):
        return True
    if word.text not in ("The", "A", "An") or not tokens[1:]:
        return False
    following = tokens[1]
    if not following.text[:1].isupper():
        return True
    return following.lower_ in english.ARTICLE_NAMES


def _final_stop(name: str, following: str) -> str:
    """The stop of "Chrysler Jr." that the one of the sentence has swallowed."""
    if following.startswith("..") or (following.startswith(".") and _ABBREVIATION.search(name)):
        return "."
    return ""
