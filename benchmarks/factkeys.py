"""What a fact is about, read from its own wording: the key under which a later fact replaces it.

FactConsolidation's rule is that of two facts with the same subject and relation the later one
holds. The key here is the sentence without its object, and it is cut by the grammar of the sentence
alone; nothing of the extractor or of the schema takes part, so the two can be held against each other.

- A definite description or a possessive ("The capital of Italy is Rome", "Ann's child is Bob") is
  cut behind its first "is" ("The school where Ann was taught is X" behind the one after its clause),
  and behind what only says of which kind the object is ("located in the city of").
- Otherwise the relation is the first stretch of lower-case words that reads "is married to", "was
  founded by", "was born in the city of", "plays the position of", "works for".
"""

import re

_BE = "(?:is|was|are|were)"
_PREPOSITION = "(?:in|by|to|of|for|with|from|at|on|as)"
_KIND = "(?:the [a-z]+(?: [a-z]+)? of )"
_RELATIVE = re.compile(
    r"^(?P<key>[Tt]he [a-z ]+ (?:where|that|which|who) .+? [a-z]+ (?:is|are)) (?P<object>.+)$"
)
_DESCRIPTION = re.compile(
    rf"^(?P<key>(?:[Tt]he .+?|.+?[\'\u2019]s? [a-z][a-z ]*?) {_BE} "
    rf"(?:(?:an? [a-z]+|[a-z]+(?:ed|ous|wn|en)) {_PREPOSITION} {_KIND}?)?)(?P<object>.+)$"
)
_STATEMENT = re.compile(
    rf"^(?P<key>.+? (?:{_BE} (?:an? |the )?[a-z]+ {_PREPOSITION} {_KIND}?"
    rf"|[a-z]+(?:s|ed|ew|t) (?:{_PREPOSITION} )?{_KIND}|[a-z]+(?:s|ed) {_PREPOSITION} ))(?P<object>.+)$"
)


def key(fact: str) -> str | None:
    """Subject and relation of a fact as one text without case; ``None`` where the wording is unknown."""
    sentence = " ".join(fact.split()).removesuffix(".")
    for pattern in (_RELATIVE, _DESCRIPTION, _STATEMENT):
        if found := pattern.match(sentence):
            return found["key"].casefold().strip()
    return None
