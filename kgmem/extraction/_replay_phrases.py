"""A short noun phrase of a sentence about somebody, by its function words alone."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(r"[^\W_]+\+?(?:['\u2019.&-][^\W_]+)*|[^\w\s]")
_OPENER = re.compile(
    r"an?|the|his|her|their|its|my|our|some|this|that|these|those|in|at|on|for|of|with|about|from|to"
    r"|into|by|as|like|both|.*['\u2019]s"
)
_BREAK = re.compile(
    r"and|or|but|so|because|while|when|where|which|wh[oy]|whom|whose|how|than|if|then|is|are|was|were"
    r"|be|been|being|has|have|had|do|does|did|can|could|will|would|may|might|should|must|not?|very"
    r"|more|most|also|just|too|recently|currently|now|today|yesterday|last|next|ago|since|after"
    r"|before|during|until|due|it|he|she|they|him|them|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|\W"
)
_MOST_WORDS = 6


class _Run(NamedTuple):
    """A stretch of content words.

    Attributes:
        words: The words.
        place: How many content runs stand before it.
        is_led_in: Whether an article, a possessive or a preposition leads it in.
    """

    words: list[str]
    place: int
    is_led_in: bool

    @property
    def weight(self) -> int:
        has_name = self.place > 0 and any(word[0].isupper() for word in self.words)
        # What comes first, or ends in -ing, is rather a verb.
        is_verb = (self.place == 0 and not self.is_led_in) + self.words[0].endswith("ing")
        return 3 * has_name + 2 * self.is_led_in - 2 * is_verb


def noun_phrase(text: str, about: str) -> str:
    """What a sentence connects somebody with: names first, then what an article leads in.

    Args:
        text: The sentence.
        about: The one it is about, who is not taken for the answer.
    """
    own = {word.lower() for word in about.split()}
    runs = list(_runs([token for token in _TOKEN.findall(text) if token.lower() not in own]))
    # Of several that weigh the same, the first.
    return " ".join(max(runs, key=lambda run: run.weight).words[:_MOST_WORDS]) if runs else text


def _runs(tokens: list[str]) -> Iterator[_Run]:
    words: list[str] = []
    place = 0
    is_led_in = False
    for token in [*tokens, "."]:
        opens = _OPENER.fullmatch(token.lower())
        if not opens and not _BREAK.fullmatch(token.lower()):
            words.append(token)
            continue
        if words:
            yield _Run(words, place, is_led_in)
            words, place = [], place + 1
        is_led_in = opens is not None
