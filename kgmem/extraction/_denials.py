"""Words that their speaker does not say to be so: quotations, and "not coffee"."""

import re
from bisect import bisect_left
from typing import Any

Token = Any

# A single quote opens where no word stands before it and closes where none follows: others are apostrophes.
_QUOTED = re.compile(
    r"[\"\u201c][^\"\u201d]+[\"\u201d]|(?<!\w)['\u2018](?=[^\W\d])[^\n]{0,500}?(?<=\S)'(?!\w)"
)


def is_quoted(token: Token) -> bool:
    """Whether somebody else may have said it; a text that is one quotation is the speaker's own."""
    starts, ends = _quotations(token.doc)
    place = bisect_left(starts, token.idx) - 1
    return place >= 0 and token.idx < ends[place]


def _quotations(doc: Any) -> tuple[list[int], list[int]]:
    """Where quotations start and end, looked for once a text."""
    found: tuple[list[int], list[int]] | None = doc.user_data.get("quotations")
    if found is None:
        text = doc.text
        spans = [quoted.span() for quoted in _QUOTED.finditer(text)]
        parts = [span for span in spans if span[1] - span[0] < len(text.strip())]
        found = [start for start, _ in parts], [end for _, end in parts]
        doc.user_data["quotations"] = found
    return found


def is_denied(token: Token) -> bool:
    """As in "tea, not coffee", "neither tea nor coffee": what is named to say that it is not so."""
    if any(child.lower_ == "neither" for child in token.children):
        return True
    # A "not" of the verb stands beside it, one of a noun after a comma or a "but".
    return any(
        word.lower_ == "not"
        and word.nbor(-1).lower_ in (",", "but", "and")
        and word.nbor(1).lower_ not in ("only", "just")
        for word in token.doc[max(token.left_edge.i - 1, 1) : token.i]
    )
