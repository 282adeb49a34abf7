"""A relation that words speak of, before dates and polarity are weighed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kgmem.extraction import _english as english
from kgmem.extraction._mentions import Mention, Turn, possessor, resolve
from kgmem.extraction._verbs import span_tokens

Token = Any
_LOOSE = frozenset("CCONJ ADP PUNCT DET SCONJ PART".split())  # noqa: SIM905
Force = Literal["asserts", "ends"]


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation that a clause speaks of.

    Attributes:
        subject: What it is about.
        predicate: The words of the relation, in snake case or not.
        object: Its other end; ``None`` for any.
        force: Whether the words say that it is so or that it is over.
        confidence: How sure the grammar is.
        place: Where the object stands in the text, where it matters which date follows it.
        begun: Whether it is told to have begun: its time is a start.
    """

    subject: Mention
    predicate: str
    object: Mention | None
    force: Force = "asserts"
    confidence: float = 0.8
    begun: bool = False
    place: int | None = None


def owner_of(noun: Token, turn: Turn) -> Mention | None:
    """Whose a noun is: "my sister", "Tom's sister"."""
    for child in noun.children:
        if child.dep_ == "poss":
            if child.tag_ == "PRP$":
                return possessor(noun, turn)
            return resolve(child, turn)
    return None


def is_former(noun: Token) -> bool:
    """As in "my former boss", "my first husband": one that somebody does not have now."""
    lemma = noun.lemma_.lower()
    in_turn = lemma in english.IN_TURN
    return any(
        (child.lower_ in english.NOT_NOW and (child.lower_ != "old" or lemma != "friend"))
        or (in_turn and child.ent_type_ == "ORDINAL")
        for child in noun.children
    )


def phrase(head: Token, turn: Turn, *, words: Sequence[Token] | None = None, most: int = 10) -> str:
    """A head with what follows it, pronouns resolved, without dates.

    Args:
        head: Its first word.
        turn: Its turn.
        words: Other words than those of the head's own clause.
        most: How many words to keep.
    """
    inside = [t for t in span_tokens(head) if t.i >= head.i] if words is None else words
    tokens = [token for token in inside if token.i not in turn.dated][:most]
    while tokens and (tokens[-1].pos_ in _LOOSE or _is_after_all(tokens[-1])):
        tokens.pop()
    spelled = "".join(spelled_word(t, turn) + t.whitespace_ for t in tokens)
    return spelled.strip(" \n,.;:!-\u2013\u2014")


def _is_after_all(token: Token) -> bool:
    """As in "not to Oslo after all", "not to Oslo anymore": what is said of the not, not of Oslo."""
    pairs = (token.doc[max(first, 0) : first + 2].text.lower() for first in (token.i - 1, token.i))
    return token.lower_ == "anymore" or "after all" in pairs


def spelled_word(token: Token, turn: Turn) -> str:
    """A word with its pronoun resolved."""
    if token.tag_ == "PRP$":
        owner = possessor(token.head, turn)
        return f"{owner.name}'s" if owner else str(token.text)
    if token.tag_ == "PRP" and token.lower_ in ("me", "you", "him", "her", "them"):
        mention = resolve(token, turn)
        return mention.name if mention else str(token.text)
    return str(token.text)
