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
    lines: list[str] = []
    kept: list[Hit] = []
    for hit in hits:
        line = _line(hit)
        if line not in lines and tokens("\n".join([*lines, line])) <= max_tokens:
            lines.append(line)
            kept.append(hit)
    text = "\n".join(lines)
    return ContextBlock(text=text, tokens=tokens(text), hits=tuple(kept))


def _line(hit: Hit) -> str:
    if hit.fact is not None:
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
