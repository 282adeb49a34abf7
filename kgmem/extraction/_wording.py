"""Sentences that stand alone, made of the words of a clause: for search and for prompts."""

from collections.abc import Sequence
from typing import Any

from kgmem.extraction import _english as english
from kgmem.extraction._calls import is_vocative
from kgmem.extraction._clauses import Clause
from kgmem.extraction._mentions import Mention, Turn, phrase_tokens, possessor, resolve
from kgmem.extraction._things import thing_meant
from kgmem.extraction._verbs import complement

Token = Any

_AGREEING = {
    "'ll": " will",
    "'d": " would",
    "wo": "wo",
    "am": "is",
    "'m": " is",
    "'re": " is",
    "are": "is",
    "'ve": " has",
    "have": "has",
    "do": "does",
    "were": "was",
}
_SPELLED_OUT = {"'re": " are", "'ve": " have", "'ll": " will", "'m": " are", "am": "are"}
_CONTRACTED = frozenset(["wanna", "gonna", "gotta", "wan", "gon", "got"])
_OPENERS = frozenset(
    [
        "so",
        "and",
        "but",
        "well",
        "oh",
        "hey",
        "yeah",
        "yes",
        "yep",
        "no",
        "wow",
        "also",
        "plus",
        "then",
        "anyway",
        "actually",
    ]
)


def sentence(
    clause: Clause, tokens: Sequence[Token], turn: Turn, subject: Mention, *, quoted: bool = False
) -> str:
    """The clause as said, with names for pronouns and its subject in front.

    Args:
        clause: The clause.
        tokens: Its words.
        turn: Its turn.
        subject: Whom it is told of.
        quoted: Whether that is who says it: "Ada says it was so hard to leave".
    """
    parts: list[str] = []
    own = [token for token in clause.subjects if token in tokens]
    for token in tokens:
        parts.append(_word(token, turn, clause) + token.whitespace_)
        if clause.gap is not None and token == clause.verb:
            # "The book I read last year" alone is "Ada read the book last year".
            parts.append(f" {joined(phrase_tokens(clause.gap, turn))} ")
    text = " ".join("".join(parts).split()).strip(" ,;:-\u2013\u2014")
    if quoted:
        return f"{subject.name} says {text[:1].lower()}{text[1:]}"
    if not own:
        if tokens[0] == clause.verb and tokens[0].tag_ in ("VBP", "VB"):
            text = f"{_third_person(tokens[0].text)}{text[len(tokens[0].text) :]}"
        text = (
            f"{subject.name} {text[:1].lower()}{text[1:]}"
            if not text.startswith(subject.name)
            else text
        )
    return text[:1].upper() + text[1:]


def clause_words(clause: Clause, turn: Turn) -> list[Token]:
    """The words of a clause and what depends on it, without openers and calls."""
    tokens = [token for token in complement(clause.verb) if not token.is_space]
    first = 0
    while first < len(tokens) - 1 and (
        _is_opener(tokens[first], clause.verb) or is_vocative(tokens[first], turn)
    ):
        first += 1
    last = len(tokens)
    while (
        last > first + 1
        and (tokens[last - 1].is_punct or tokens[last - 1].pos_ == "CCONJ")
        and tokens[last - 1].text not in "\"')”"
    ):
        last -= 1
    return tokens[first:last]


def _is_opener(token: Token, verb: Token) -> bool:
    return bool(
        token.is_punct
        or token.dep_ in ("cc", "intj", "mark")
        or (token.tag_ in ("WRB", "WP", "WDT") and token.head == verb and token.dep_ != "nsubj")
        or (token.lower_ in _OPENERS and token.head == verb)
    )


def _word(token: Token, turn: Turn, clause: Clause) -> str:
    text: str = token.text
    if token.tag_ == "PRP$":
        owner = possessor(token.head, turn)
        return f"{owner.name}'s" if owner else text
    if token.lower_ == "it":
        thing = thing_meant(token, turn)
        return text if thing is None else thing.name if thing.proper else f"the {thing.name}"
    if token.tag_ == "PRP" and token.lower_ not in ("myself", "yourself", "ourselves"):
        mention = resolve(token, turn)
        return mention.name if mention else text
    if token in clause.subjects and token.tag_ in ("WP", "WDT"):
        mention = resolve(token, turn)
        return mention.name if mention else text
    subject = _subject(token)
    if subject is None or subject.tag_ != "PRP" or resolve(subject, turn) is None:
        return text
    return _agreeing(token, subject)


def _subject(token: Token) -> Token | None:
    """The subject that a verb or auxiliary agrees with."""
    verb = token
    while True:
        for child in verb.children:
            if child.dep_ in ("nsubj", "nsubjpass"):
                return child
        if verb.dep_ not in ("aux", "auxpass") or verb.head is verb:
            return None
        verb = verb.head


def _agreeing(token: Token, subject: Token) -> str:
    """As in "I love" said of Ada is "Ada loves"; "they're" of the kids is "kids are"."""
    text: str = token.text
    is_several = subject.lower_ == "they" or any(c.dep_ == "conj" for c in subject.children)
    if is_several:
        return _SPELLED_OUT.get(token.lower_, text)
    if subject.lower_ not in english.SPEAKER_PRONOUNS | english.ADDRESSEE_PRONOUNS:
        return text
    if token.lower_ in _AGREEING and token.tag_ in ("VBP", "VBD", "VBZ", "MD"):
        return _AGREEING[token.lower_]
    is_bare = token.lower_ in english.SAME_IN_PAST | english.MODALS | _CONTRACTED
    return text if is_bare or token.tag_ != "VBP" else _third_person(text)


def _third_person(verb: str) -> str:
    """The verb as she does it: "works", "studies", "does"; "has" and "is" where it is irregular."""
    if verb.lower() in _AGREEING:
        return _AGREEING[verb.lower()]
    if not verb.isalpha():
        return verb
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return f"{verb[:-1]}ies"
    return verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "o")) else "s")


def plain_sentence(subject: Mention, predicate: str, value: Mention | None) -> str:
    """A sentence for a relation inside a noun phrase: "Ada's sister is Ann"."""
    name = value.name if value else "nothing"
    words = predicate.replace("_", " ")
    if predicate == "is_a":
        return f"{subject.name} is {name}"
    return f"{subject.name}'s {words} is {name}"


def joined(tokens: Sequence[Token]) -> str:
    """The text of tokens."""
    return "".join(token.text_with_ws for token in tokens).strip()
