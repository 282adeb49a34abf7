"""What "it" and "they" stand for: the things that were just spoken of."""

from typing import Any

from kgmem.extraction import _english as english
from kgmem.extraction._mentions import Mention, Turn, noun_phrase

Token = Any
# What was spoken of most likely, by its place in the sentence.
_PLACES = ("nsubj", "nsubjpass", "dobj", "attr", "pobj")
_TAGS = {
    "it": ("NN", "NNP"),
    "they": ("NNS",),
    "them": ("NNS",),
}
_CLAUSAL = frozenset(["xcomp", "ccomp", "csubj", "advcl", "relcl", "acl"])


def thing_meant(pronoun: Token, turn: Turn) -> Mention | None:
    """What an "it" or a "they" of no people stands for, in this sentence or the one before; nothing where it is empty.

    The subject of what was said before comes first, then its object: "this necklace is a gift from
    my grandma; it stands for love". In "it is great to see you" there is no thing at all.
    """
    if pronoun.lower_ not in _TAGS or _is_empty(pronoun):
        return None
    found = _before(pronoun, pronoun.sent) or _before(pronoun, _sentence_before(pronoun))
    return noun_phrase(found, turn) if found is not None else None


def _is_empty(pronoun: Token) -> bool:
    verb = pronoun.head
    if pronoun.lower_ != "it" or pronoun.dep_ not in ("nsubj", "nsubjpass"):
        return False
    return verb.lemma_ in english.WEATHER or any(
        inner.dep_ in _CLAUSAL for child in verb.children for inner in (child, *child.children)
    )


def _sentence_before(token: Token) -> Any:
    start = token.sent.start
    return token.doc[start - 1].sent if start else None


def _before(pronoun: Token, sentence: Any) -> Token | None:
    if sentence is None:
        return None
    tags = _TAGS[pronoun.lower_]
    nouns = [t for t in sentence if t.i < pronoun.i and t.tag_ in tags and _is_thing(t)]
    for place in _PLACES:
        if standing := [token for token in nouns if token.dep_ == place]:
            return standing[-1]
    return None


def _is_thing(noun: Token) -> bool:
    return (
        noun.ent_type_ not in ("PERSON", "DATE", "TIME")
        and noun.lemma_.lower() not in english.KINDRED | english.IDLE_NOUNS
    )
