"""What the words of a plain statement are, seen from their surface."""

from collections.abc import Collection, Sequence
from typing import Any

from kgmem.extraction import _english as english

Token = Any

LINKS = frozenset(["where", "that", "which", "who", "whose"])
_SCHOOLS = frozenset(["univer", "school", "colleg", "instit", "academ"])
OF = frozenset(["of", "in", "for", "at", "on"])
BE = frozenset(["is", "was", "are", "were"])
_IN_NAMES = frozenset(
    "of in for and on at by with to from without de la et as under".split()  # noqa: SIM905
)


def is_named(token: Token) -> bool:
    text = token.text
    if text in ("The", "A", "An"):
        return (
            token.i > token.doc[0].i and not token.is_sent_start
        )  # a title: "A Wizard of Earthsea"
    return bool(text[:1].isupper() or text[:1].isdigit())


def is_kin_named(tokens: Sequence[Token]) -> bool:
    """As in "Tom's sister Ann": more than one thing is said by it."""
    return any(
        token.tag_ == "POS" and any(t.lemma_.lower() in english.KINDRED for t in tokens[index:])
        for index, token in enumerate(tokens)
    )


def first_of(tokens: Sequence[Token]) -> int:
    """Where "of" first stands: the "Prime Minister" of "the Prime Minister of X" is no holder."""
    for index, token in enumerate(tokens):
        if token.lower_ in OF | LINKS:
            return index
    return -1 if tokens[0].text.islower() else len(tokens)


def holder_of(tokens: Sequence[Token]) -> tuple[int, int]:
    """Where the name stands that a definite description is about, first and last plus one.

    It ends with the description: "the capital of Gila monster". A verb may follow it ("the music that
    X plays"), and where an article stands before it, lower-case words that are of the role again ("the
    head of the French government").
    """
    size = len(tokens)
    link = next((i for i, token in enumerate(tokens) if token.lower_ in LINKS), None)
    if link is not None:
        if link + 1 < size and tokens[link + 1].text.islower() and tokens[link + 1].pos_ == "VERB":
            return _without_article(tokens, link + 2), size  # "the firm that made X"
        return _without_article(tokens, link + 1), size - 1 - (tokens[-2].lower_ in BE)
    of = first_of(tokens)
    named = [i for i, token in enumerate(tokens) if is_named(token) and i > of]
    if not named:
        return 0, 0
    first, after = named[0], named[-1] + 1
    if tokens[first - 1].lower_ != "the":
        return first, size
    closing = [i for i, token in enumerate(tokens) if token.text == ")"]
    after = max([after, *(i + 1 for i in closing)])
    while after < size and "-" in (tokens[after].text, tokens[after - 1].text):
        after += 1
    return first, after


def _without_article(tokens: Sequence[Token], first: int) -> int:
    is_article = first < len(tokens) and tokens[first].text in ("the", "a", "an")
    return first + is_article


def in_title(token: Token) -> bool:
    """Whether a word that would make a sentence less plain is part of a title or a name.

    As in "Will to Love", "All I Want", "You'll Haunt", "World War I", "Jumanji: Welcome".
    """
    if token.text == "I":
        before = _around(token, -1)
        # "Imagine I lived in Paris" names no king.
        is_number = before.istitle() and token.nbor(-1).pos_ == "PROPN"
        is_number = is_number and before.lower() not in english.IDLE_VERBS
        return is_number or _around(token, 1).istitle()
    if token.text == ":":
        return token.i > 1 and _around(token, -1)[:1].isupper() and _around(token, 1)[:1].isupper()
    if token.text[:1] == "'" or token.text == "n't":
        return _around(token, -1).istitle() and _around(token, 1).istitle()
    return bool(token.tag_ == "MD" and token.is_sent_start)


def _around(token: Token, step: int) -> str:
    place = token.i + step
    return token.doc[place].text if 0 <= place < len(token.doc) else ""


def roleish(tokens: Sequence[Token]) -> bool:
    """Whether a role stands before the name: "official language of X", "Prime Minister of X"."""
    for token in tokens:
        if token.lower_ in ("of", "minister") or token.lower_ in LINKS:
            return True
        if is_named(token):
            return False
        if token.tag_ in ("NN", "NNS"):
            return True
    return False


def is_object(tokens: Sequence[Token]) -> bool:
    """Nouns and names alone: no verb, no adverb, no clause."""
    return bool(tokens) and not any(
        token.text.islower()
        and token.tag_ in ("VBZ", "VBD", "VB", "RB", "TO", "WDT", "WRB", "IN")
        and token.lower_ not in _IN_NAMES
        and not token.ent_type_
        for token in tokens
    )


def _is_in_the_name(tokens: Sequence[Token]) -> bool:
    """As in "St Martin in the Fields": few places take an article."""
    if not tokens[1:] or tokens[0].lower_ != "the":
        return False
    name = tokens[1]
    return (
        is_named(name)
        and name.ent_type_ not in ("GPE", "LOC")
        and name.lower_ not in english.ARTICLE_NAMES
    )


def pieces(tokens: Sequence[Token], placed: Collection[str]) -> list[list[Token]]:
    """An object split before "in Berlin" and "as a nurse", unless one name holds both.

    Args:
        tokens: Its words.
        placed: The prepositions that the verb is known to go with: "in" for "works".
    """
    pieces: list[list[Token]] = [[]]
    for index, token in enumerate(tokens):
        inside = token.ent_iob_ == "I" and token.ent_type_
        inside = inside or (
            (token.lower_ == "at" or token.lower_ not in placed)
            and any(t.lower_[:6] in _SCHOOLS for t in pieces[-1])
        )
        inside = inside or _is_in_the_name(tokens[index + 1 : index + 3])
        follows = index + 1 < len(tokens) and (
            is_named(tokens[index + 1]) or tokens[index + 1].lower_ == "the"
        )
        is_place = token.lower_ in english.SPLITTING and follows
        is_job = token.text == "as" and [t.text for t in tokens[index + 1 :][:1]] in (["a"], ["an"])
        if index and (is_place or is_job) and not inside:
            pieces.append([])
        pieces[-1].append(token)
    return pieces
