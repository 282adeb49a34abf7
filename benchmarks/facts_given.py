"""Where the facts of a retrieval benchmark come from, so that retrieval can be measured alone."""

from pathlib import Path
from typing import Literal

from benchmarks.harness import shared_rules
from kgmem.extraction.base import Extractor

Given = Literal["rules", "observations", "none"]


def extractor_of(given: Given, data: Path, conversation: str = "") -> Extractor | str:
    """What ``Memory.open(extractor=)`` takes.

    Args:
        given: ``rules`` (grammar), ``observations`` (the lists in LoCoMo's own file), or ``none``.
        data: The file of conversations.
        conversation: Which of them.
    """
    if given == "rules":
        return shared_rules()
    if given == "observations":
        from kgmem.extraction.replay import ObservationReplay

        return ObservationReplay(data, conversation=conversation)
    return "none"
