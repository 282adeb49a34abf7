"""What somebody is called when spoken to: "Hey Mel!", "Thanks, Mom"."""

from collections.abc import Iterator, Sequence
from typing import Any

from kgmem.extraction import _english as english
from kgmem.extraction._mentions import Mention, Turn
from kgmem.extraction._relation import Relation

Token = Any
_ENDS = frozenset(",!.?…-")


def calls(tokens: Sequence[Token], turn: Turn) -> Iterator[tuple[Token, Relation]]:
    """The relations of names and kin that call the other of two speakers, each with its word."""
    speaker, other = turn.speaker, turn.addressee
    if speaker is None or other is None:
        return
    for token in tokens:
        if not _is_greeted(token):
            continue
        if token.lower_ in english.ELDERS:
            yield token, Relation(speaker, token.lower_, other, confidence=0.7)
        elif token.pos_ == "PROPN" and token.text.istitle() and token.text not in turn.speakers:
            name = Mention(token.text, "person", proper=True)
            yield token, Relation(other, "nickname", name, confidence=0.5)


def _is_greeted(token: Token) -> bool:
    """Whether a word stands between a greeting and a stop: "Hi Mel,", "Thanks, Mom!"."""
    if token.i == 0 or (token.pos_ != "PROPN" and token.lower_ not in english.ELDERS):
        return False
    closes = token.i + 1 == len(token.doc) or token.nbor(1).text[0] in _ENDS
    before = token.nbor(-1)
    if before.text == "," and token.i > 1:
        before = token.nbor(-2)
    return closes and before.lower_ in english.GREETINGS


def is_vocative(token: Token, turn: Turn) -> bool:
    """Whether a name calls somebody rather than speaks of them: "Hey Bob, I moved"."""
    if token.text not in turn.speakers:
        return False
    following = token.doc[token.i + 1] if token.i + 1 < len(token.doc) else None
    before = token.doc[token.i - 1] if token.i else None
    closes = following is None or following.text in (",", "!", ".", "?", "-", "…")
    opens = before is None or before.is_punct or before.pos_ == "INTJ" or before.is_sent_start
    return closes and opens
