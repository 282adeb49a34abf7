"""Names as runs of content words, and the texts that hold them."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

import numpy as np

from kgmem.retrieval.columns import Mask, Numbers, Words

_SHORTEST = 4
_MOST = 50
_BITS = 32


class Names:
    """Names by their content words.

    Attributes:
        words: The content words of each name; a row a name.
    """

    def __init__(self, words: Words) -> None:
        self.words = words
        self._rows: dict[tuple[str, ...], list[int]] = {}
        self._longest: dict[str, int] = {}
        self._size = 0

    def extend(self) -> range:
        """Takes in the names that came; their rows."""
        new = range(self._size, len(self.words))
        for row in new:
            name = self.words[row]
            letters = "".join(name)
            # However short: a question writes it as a name.
            if letters and not letters.isdigit():
                self._rows.setdefault(name, []).append(row)
                self._longest[name[0]] = max(self._longest.get(name[0], 0), len(name))
        self._size = len(self.words)
        return new

    def within(self, words: Sequence[str]) -> Iterator[tuple[int, int, list[int]]]:
        """Every run of words that is a name: where it starts and ends, and the rows of the name."""
        for start, word in enumerate(words):
            if longest := self._longest.get(word):
                for end in range(min(start + longest, len(words)), start, -1):
                    if rows := self._rows.get(tuple(words[start:end])):
                        yield start, end, rows


@dataclass
class Speakers:
    """Speakers by the words of their names.

    Attributes:
        numbers: The number of each, in the order in which they came.
    """

    numbers: dict[str, int] = field(default_factory=dict)
    _by_word: dict[str, list[int]] = field(default_factory=dict)
    _words: list[str] = field(default_factory=list)

    def number(self, name: str) -> int:
        """The number of a speaker, who may be new."""
        if name not in self.numbers:
            self.numbers[name] = len(self.numbers)
            for word in map(str.casefold, name.split()):
                if word not in self._by_word:
                    insort(self._words, word)
                self._by_word.setdefault(word, []).append(self.numbers[name])
        return self.numbers[name]

    def called(self, word: str, among: Mask) -> set[int]:
        """Those of some speakers whose name has a word, in lower case."""
        return {n for n in self._by_word.get(word, ()) if among[n]}

    def starting(self, start: str, among: Mask) -> set[int]:
        """The last of some speakers for each word of a name that starts so."""
        words = takewhile(
            lambda word: word.startswith(start), self._words[bisect_left(self._words, start) :]
        )
        return {max(called) for word in words if (called := self.called(word, among))}


class Holding:
    """Which texts hold which names.

    Args:
        texts: The content words of the texts.
        names: The names.
    """

    def __init__(self, texts: Words, names: Names) -> None:
        self._texts = texts
        self._names = names
        self._size = 0
        # A text and a name as one number, in order.
        self._pairs = np.zeros(0, dtype=np.int64)

    def extend(self, new_names: range) -> None:
        """Takes in the texts and names that came."""
        pairs: set[tuple[int, int]] = set()
        for row in range(self._size, len(self._texts)):
            words = self._texts[row]
            for start, end, names in self._names.within(words):
                if _tells(words[start:end]):
                    pairs |= {(row, name) for name in names}
        for name in new_names:
            words = self._names.words[name]
            if self._size and _tells(words):
                pairs |= {(row, name) for row in self._texts.holding(words, self._size)}
        self._size = len(self._texts)
        came = np.array(sorted((row << _BITS) | name for row, name in pairs), dtype=np.int64)
        self._pairs = np.insert(self._pairs, np.searchsorted(self._pairs, came), came)

    def pairs(self, texts: Mask, names: Mask) -> tuple[Numbers, Numbers]:
        """The rows of texts and of the names they hold, among those of two masks; not of names that are everywhere."""
        rows, held = self._pairs >> _BITS, self._pairs & ((1 << _BITS) - 1)
        kept = texts[rows] & names[held]
        rows, held = rows[kept], held[kept]
        often = np.bincount(held, minlength=len(names))
        kept = often[held] <= _MOST
        return rows[kept], held[kept]


def _tells(name: Sequence[str]) -> bool:
    """Whether a name is long enough to mean the same wherever it stands, and no number."""
    letters = "".join(name)
    return len(letters) >= _SHORTEST and not letters.isdigit()
