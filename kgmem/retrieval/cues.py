"""What the words of turns tell besides their meaning: dates and questions."""

import re
from collections.abc import Sequence

import numpy as np

from kgmem.extraction.dates import find_dates
from kgmem.models import Episode
from kgmem.retrieval.columns import Column
from kgmem.when import micros

_SENTENCE = re.compile(r"[^.!?]*[.!?]*")


class Cues:
    """Cues of episodes, by row.

    Attributes:
        dated: 1 for those that name a date.
        asking: Which share of each is in questions.
        spans: For each date the row of the episode, its first instant and the first after it.
    """

    def __init__(self) -> None:
        self.dated = Column(np.float32)
        self.asking = Column(np.float32)
        self.spans = Column(np.int64, 3)

    def extend(self, episodes: Sequence[Episode]) -> None:
        """Appends what some episodes tell."""
        spans = [
            (row, micros(date.first), micros(date.after))
            for row, episode in enumerate(episodes, len(self.dated.values))
            for date in find_dates(episode.text, episode.occurred_at)
            if date.first and date.after
        ]
        dated = {row for row, *_ in spans}
        start = len(self.dated.values)
        self.dated.extend([float(start + place in dated) for place in range(len(episodes))])
        self.asking.extend([_asking(e.text) for e in episodes])
        self.spans.extend(spans)


def _asking(text: str) -> float:
    asked = sum(len(part) for part in _SENTENCE.findall(text) if part.endswith("?"))
    return asked / len(text)
