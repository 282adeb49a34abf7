"""Hits as dated lines that fit a token budget."""

from collections.abc import Iterable
from datetime import datetime

from kgmem.results import ContextBlock, Hit

_CHARACTERS_PER_TOKEN = 4


def tokens(text: str) -> int:
    """The length of a text in tokens, estimated as a quarter of its characters, rounded up."""
    return -(-len(text) // _CHARACTERS_PER_TOKEN)


def packed(hits: Iterable[Hit], max_tokens: int) -> ContextBlock:
    """The best hits whose lines fit, in their order; one that does not fit is passed over."""
    kept: dict[str, Hit] = {}
    # Each line with the line break before it, which the first one lacks.
    length = -1
    for hit in hits:
        line = _line(hit)
        longer = length + 1 + len(line)
        if line not in kept and longer <= max_tokens * _CHARACTERS_PER_TOKEN:
            kept[line] = hit
            length = longer
    text = "\n".join(kept)
    return ContextBlock(text=text, tokens=tokens(text), hits=tuple(kept.values()))


def _line(hit: Hit) -> str:
    if hit.fact is not None and hit.kind == "fact":
        since, until = _day(hit.fact.valid_at), hit.fact.invalid_at
        return f"[{since} to {_day(until) if until else 'now'}] {_one_line(hit.text)}"
    if hit.episode is None:
        return _one_line(hit.text)
    speaker = f"{hit.episode.speaker}: " if hit.episode.speaker else ""
    return f"[{_day(hit.episode.occurred_at)}] {speaker}{_one_line(hit.text)}"


def _day(moment: datetime) -> str:
    return moment.date().isoformat()


def _one_line(text: str) -> str:
    return " ".join(text.split())
