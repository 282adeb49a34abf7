"""Words compared: normal forms of answers, content words, and a light stemmer."""

import re
import unicodedata
from pathlib import Path

_WORD = re.compile(r"[^\W_]+")
_ARTICLES = frozenset(("a", "an", "the"))
_STOP = frozenset(Path(__file__).with_name("stopwords.txt").read_text(encoding="utf-8").split())


def words(text: str) -> list[str]:
    """The words of a text: compatibility-composed, case-folded, without punctuation."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def answer_form(text: str) -> str:
    """The normal form in which answers are compared: no case, punctuation, articles (as in SQuAD)."""
    return " ".join(word for word in words(text) if word not in _ARTICLES)


def contains_answer(text: str, answer: str) -> bool:
    """Whether a text holds an answer as whole words."""
    return f" {answer_form(answer)} " in f" {answer_form(text)} "


def stem(word: str) -> str:
    """A word without its regular English endings: what ``hikes``, ``hiked``, ``hiking`` share."""
    for ending, least in (("ing", 3), ("ed", 3), ("ies", 2), ("es", 3), ("s", 3), ("ly", 4)):
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            word = word.removesuffix(ending) + ("y" if ending == "ies" else "")
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def content_stems(text: str) -> list[str]:
    """The stems of the words of a text that are no stop words, in order."""
    return [stem(word) for word in words(text) if word not in _STOP]
