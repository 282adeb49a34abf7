"""Words compared: normal forms of answers, content words, and a light stemmer."""

import re
import unicodedata
from pathlib import Path

from kgmem.text import stem

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


def content_stems(text: str) -> list[str]:
    """The stems of the words of a text that are no stop words, in order."""
    return [stem(word) for word in words(text) if word not in _STOP]
