"""Text from users: what is refused, which words to look for."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import combining, normalize

from kgmem.errors import InvalidInputError

MAX_TEXT = 200_000
"""Longest text of one episode or claim, in characters."""

_WORD = re.compile(r"[^\W_]+")
# Scripts that put no space between words (Thai to Khmer, Japanese, Chinese) or write endings on to names
# (Korean), and the letters of all others.
_WITHOUT = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
    r"\U00020000-\U0003ffff"
)
_UNSPACED, _SPACED = re.compile(f"[{_WITHOUT}]"), rf"[^\W{_WITHOUT}]"
_MOST_TERMS = 128
# Endings that a stem loses, each with the least length of what is left.
_ENDINGS = (("ing", 3), ("ed", 3), ("ies", 2), ("es", 3), ("s", 3), ("ly", 4))
_SHORT = 3
_STOP = frozenset(
    [
        "ain",
        "aren",
        "couldn",
        "didn",
        "doesn",
        "don",
        "hadn",
        "hasn",
        "haven",
        "isn",
        "ll",
        "re",
        "shouldn",
        "ve",
        "wasn",
        "weren",
        "wouldn",
        "a",
        "about",
        "after",
        "all",
        "also",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "before",
        "being",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "doing",
        "for",
        "from",
        "had",
        "has",
        "have",
        "having",
        "he",
        "her",
        "hers",
        "him",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "me",
        "might",
        "more",
        "most",
        "my",
        "no",
        "nor",
        "not",
        "now",
        "of",
        "off",
        "on",
        "once",
        "only",
        "or",
        "other",
        "our",
        "ours",
        "out",
        "over",
        "own",
        "s",
        "same",
        "she",
        "should",
        "so",
        "some",
        "such",
        "t",
        "than",
        "that",
        "the",
        "their",
        "theirs",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "through",
        "to",
        "too",
        "under",
        "until",
        "up",
        "very",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whom",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "yours",
    ]
)


def checked(text: str, what: str, *, longest: int = MAX_TEXT) -> str:
    """The text itself, where it can be stored.

    Raises:
        InvalidInputError: It is no text, empty, too long, or holds characters that no store keeps.
    """
    if not isinstance(text, str):
        raise InvalidInputError(f"{what} is {text!r}, no text: write it as a string")
    if not text.strip():
        raise InvalidInputError(f"{what} is empty: leave it out or give it some words")
    if len(text) > longest:
        raise InvalidInputError(
            f"{what} has {len(text):,} characters, more than {longest:,}: split it into passages"
        )
    if "\x00" in text:
        raise InvalidInputError(
            f"{what} holds a NUL character: remove it, as in text.replace('\\0', '')"
        )
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidInputError(
            f"{what} holds a lone surrogate, half of a character: decode its source as UTF-8"
        )
    return text


def indexed(*texts: str) -> str:
    """What a fulltext index holds of some texts: their content words, in lower case, without accents.

    Both stores index this and not the text, so that they count the same words.
    """
    return " ".join(word for text in texts for word in _content(text))


def terms(question: str) -> list[str]:
    """The words of a question that a fulltext index is asked for, each once.

    Only letters and digits are left, so nothing in them is an operator of FTS5 or Lucene.
    """
    return list(dict.fromkeys(_content(question)))[:_MOST_TERMS]


def _content(text: str) -> Iterator[str]:
    plain = "".join(c for c in normalize("NFKD", text.casefold()) if not combining(c))
    for word in _WORD.findall(plain):
        # What contractions leave behind ("don't", "Ada's") is a letter or a stop word.
        if word not in _STOP and not (len(word) == 1 and word.isascii() and word.isalpha()):
            yield word


def contains_word(wanted: str, *texts: str | None) -> bool:
    """Whether one of the texts holds one of the phrases as whole words, whatever their case and spaces.

    Args:
        wanted: A JSON array of phrases.
        *texts: Where to look; ``None`` holds nothing.
    """
    expression = _holding(wanted)
    return any(text is not None and expression.search(text) for text in texts)


# It is asked of every row.
@lru_cache(maxsize=16)
def _holding(wanted: str) -> re.Pattern[str]:
    return re.compile("|".join(map(_whole, json.loads(wanted))), re.IGNORECASE)


def _whole(phrase: str) -> str:
    """The pattern of a phrase that other words do not go on with, where its script parts words."""
    before = "" if _UNSPACED.match(phrase[0]) else rf"(?<!{_SPACED})"
    after = "" if _UNSPACED.match(phrase[-1]) else rf"(?!{_SPACED})"
    return before + r"\s+".join(map(re.escape, phrase.split())) + after


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A word without its regular English endings: what ``hikes``, ``hiked``, ``hiking`` share."""
    for ending, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            word = word.removesuffix(ending) + ("y" if ending == "ies" else "")
            break
    if len(word) > _SHORT and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > _SHORT else word
