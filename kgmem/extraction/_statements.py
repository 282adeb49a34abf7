"""Plain written statements, read from their surface: "The author of Ulysses is James Joyce".

Titles and rare names ("Back to Black was performed by ...") lead a small parser astray, while a
statement of one verb shows its parts by itself: what stands before the verb is the subject, what
stands after it the object. Anything less plain is left to the parse.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kgmem.extraction import _english as english
from kgmem.extraction._mentions import Mention, Turn, possessor
from kgmem.extraction._names import spelled_name
from kgmem.extraction._relation import Relation
from kgmem.extraction._statement_words import (
    BE,
    LINKS,
    OF,
    first_of,
    holder_of,
    in_title,
    is_kin_named,
    is_named,
    is_object,
    pieces,
    roleish,
)
from kgmem.schema import Schema

Token = Any

# Words of a plain statement: "Ada likes Bob", and a long title.
_SHORTEST, _LONGEST = 3, 45


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of one verb.

    Attributes:
        subject: The words before the verb.
        verb: The finite verb.
        rest: The words after it, without its dates.
        tokens: All words.
    """

    subject: Sequence[Token]
    verb: Token
    rest: Sequence[Token]
    tokens: Sequence[Token]


def statement(sentence: Sequence[Token], turn: Turn, schema: Schema) -> Statement | None:
    """A sentence as a plain statement, where it is one."""
    tokens = [token for token in sentence if not token.is_space]
    while tokens and tokens[-1].text in (".", "..", "!"):
        tokens.pop()
    if not _SHORTEST <= len(tokens) <= _LONGEST or any(_is_unplain(token) for token in tokens):
        return None
    pivot = _pivot(tokens, turn, schema)
    if pivot is None or pivot == 0 or tokens[0].lower_ == "neither":
        return None
    starts_named = tokens[0].tag_ in ("NNP", "NNPS", "DT") and possessor(tokens[0], turn) is None
    if turn.speaker is not None and not starts_named:
        # In conversation, most that starts otherwise has an unsaid subject; "Mom" is one's own.
        return None
    if tokens[pivot - 1].text == "," and turn.speaker is not None:
        return None  # "Yo, moved to Rome": no comma stands between a subject and its verb
    subject, rest = tokens[:pivot], _undated(tokens[pivot + 1 :], turn)
    if (
        not rest
        or not any(is_named(token) for token in [*subject, *rest])
        or any(t.i in turn.dated and not _is_name_of_year(t) for t in subject)
    ):
        return None
    return Statement(subject, tokens[pivot], rest, tokens)


def statement_relations(found: Statement, turn: Turn, schema: Schema) -> list[Relation]:
    """The relations that a plain statement states; none where it is not so plain after all."""
    reader = _StatementReader(found, turn, schema)
    found_relations = list(reader.copula() if found.verb.lower_ in BE else reader.action())
    several = [spelled_name(part, turn) for part in _coordinated(found.subject)]
    whole = spelled_name(found.subject, turn)
    if not several[1:] or None in several:
        return found_relations
    return [
        replace(relation, subject=one) if relation.subject == whole else relation
        for relation in found_relations
        for one in several
        if one is not None
    ]


def _coordinated(tokens: Sequence[Token]) -> list[list[Token]]:
    """The names of "Larry Page and Sergey Brin": only where each is a person of its own."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.lower_ in ("and", "&", ",") and token.ent_iob_ != "I":
            parts.append([])
        else:
            parts[-1].append(token)
    parts = [part for part in parts if part]
    if not any(token.lower_ in ("and", "&") for token in tokens):
        return [list(tokens)]  # "Philippe, Duke of Orléans" is one
    people = all(any(token.ent_type_ == "PERSON" for token in part) for part in parts)
    return parts if people else [list(tokens)]


def _is_name_of_year(token: Token) -> bool:
    """As in "1999 Alfred Dunhill Cup": a year that begins a name dates nothing."""
    before, after = token.doc[max(token.i - 1, 0)], token.doc[min(token.i + 1, len(token.doc) - 1)]
    begins = before == token or before.lower_ in ("of", "that", "the", "where")
    return begins and token.is_digit and (after.text[:1].isupper() or after.text == "(")


def _is_unplain(token: Token) -> bool:
    """Pronouns, negation, modals and punctuation that make more than one statement."""
    if in_title(token):
        return False
    if token.tag_ in ("PRP", "PRP$", "MD", "UH", "EX", "WP"):
        is_title = token.text.istitle() and not token.is_sent_start and token.lower_ != "i"
        return token.lower_ != "who" and not is_title
    return token.text in (
        "not",
        "n't",
        "never",
        "if",
        "because",
        "although",
        "while",
    ) or token.text in ("?", ";", ":", '"')


def _pivot(tokens: Sequence[Token], turn: Turn, schema: Schema) -> int | None:
    """The place of the finite verb: the only one, or the one after a relative clause."""
    places = [
        index
        for index, token in enumerate(tokens)
        if token.text.islower()
        and (token.lower_ in BE or token.tag_ in ("VBZ", "VBD", "VBP"))
        and token.lower_ != "'s"
    ]
    if not places:
        places = _known_verb(tokens, schema)
    be = [place for place in places if tokens[place].lower_ in BE]
    links = [index for index, token in enumerate(tokens) if token.lower_ in LINKS]
    if not links:
        if len(be) == 1 and be[0] == places[0]:
            return be[0]
        plain = [
            place
            for place in places
            if place == places[0] or not _is_participle(tokens, place, places[0])
        ]
        return plain[0] if len(plain) == 1 else None
    if links[0] and tokens[links[0] - 1].text == ",":
        return None  # "Tom, who lives in Rome, was born in Oslo" says two things
    after = [place for place in places if place > links[0]]
    if after == places == be and len(be) == 1 and tokens[be[0] - 1].text.islower():
        return be[0]  # "the music that X plays is jazz", the plays taken for a noun
    _, *finite = after or [0]
    return finite[0] if len(links) == 1 and len(finite) == 1 and after == places else None


def _is_participle(tokens: Sequence[Token], place: int, verb: int) -> bool:
    """As in "Was founded": a participle that was taken for a past tense."""
    return place == verb + 1 and tokens[verb].lower_ in BE


def _known_verb(tokens: Sequence[Token], schema: Schema) -> list[int]:
    for index in range(1, len(tokens) - 1):
        if tokens[index].text.islower() and schema.knows(
            f"{tokens[index].lower_} {tokens[index + 1].lower_}"
        ):
            return [index]
    return []


def _undated(tokens: Sequence[Token], turn: Turn) -> list[Token]:
    for index, token in enumerate(tokens):
        if token.i in turn.dated:
            # What follows a date ("in 1990 for two years") is of the date.
            return list(tokens[:index])
    return list(tokens)


class _StatementReader:
    def __init__(self, found: Statement, turn: Turn, schema: Schema):
        self.found, self.turn, self.schema = found, turn, schema

    # --- "The N of X is Y", "X is the N of Y", "X was founded by Y" --------------------------------

    def copula(self) -> Iterator[Relation]:
        rest = self.found.rest
        described = self.description(self.found.subject)
        first = rest[0]
        if (
            first.text.islower()
            and (first.tag_ in ("VBN", "VBD", "JJ") or self.joins(rest))
            and first.lower_ not in ("the", "a", "an")
        ):
            yield from self.participle(described)
        elif described is not None:
            value = self.mention(rest)
            known = self.schema.predicates.get(self.schema.canonical(described[1]))
            is_person = known is not None and known.object_type == "person"
            is_fit = value is not None and (value.proper or not is_person)
            if value is not None and is_fit and self.is_value(rest):
                yield Relation(described[0], f"the {described[1]}", value, confidence=0.95)
        else:
            yield from self.role()

    def joins(self, rest: Sequence[Token]) -> bool:
        return bool(rest[2:]) and self.schema.knows(f"be {rest[0].lower_} {rest[1].lower_}")

    def is_value(self, tokens: Sequence[Token]) -> bool:
        """A name or a bare noun, not "a fine city" or "in decline"."""
        return tokens[0].lower_ not in (
            "a",
            "an",
            "in",
            "very",
            "so",
            "also",
            "to",
            "on",
            "at",
        ) or is_named(tokens[0])

    def participle(self, described: tuple[Mention, str] | None) -> Iterator[Relation]:
        rest = self.found.rest
        if not rest[2:] or rest[1].lower_ not in english.PREPOSITIONS:
            return
        for relation in self.placed(f"be {rest[0].lower_}", rest[1], rest[2:]):
            place_of = self.schema.canonical(relation.predicate) == "located_in"
            if described is not None and place_of and self.schema.knows(described[1]):
                yield replace(relation, subject=described[0], predicate=described[1])
            else:
                yield relation

    def role(self) -> Iterator[Relation]:
        """X is the chair of Y; X is a citizen of Y; X is a river in Y."""
        rest, subject = self.found.rest, self.subject()
        if subject is None or rest[0].lower_ not in ("the", "a", "an"):
            return
        role, holder = self.split_role(rest[1:])
        if not role or holder is None or not is_object(role):
            return
        words = [
            token.lower_
            for token in role
            if token.lower_ not in ("the", "a", "an") and token.lower_ not in english.DEPICTIVE
        ]
        if rest[0].lower_ == "the":
            yield Relation(holder, f"the {' '.join(words[:-1])}", subject, confidence=0.9)
        elif self.schema.knows(f"be a {' '.join(words)}"):
            yield Relation(subject, f"be a {' '.join(words)}", holder, confidence=0.9)
        else:
            whole = self.mention(rest[1:])
            if whole is not None:
                yield Relation(subject, "is_a", whole, confidence=0.8)

    def split_role(self, tokens: Sequence[Token]) -> tuple[Sequence[Token], Mention | None]:
        """Lower-case words up to the last preposition before a name, and the name."""
        index = next((i for i, token in enumerate(tokens) if is_named(token)), None)
        if not index:
            return (), None
        role = list(tokens[:index])
        while role and role[-1].lower_ in ("the", "a", "an"):
            role.pop()
        if not role or role[-1].lower_ not in OF:
            return (), None
        return role, self.mention(tokens[len(role) :])

    def description(self, tokens: Sequence[Token]) -> tuple[Mention, str] | None:
        """Whose what a definite description names: of "the capital of X", X and "capital"."""
        owned = self.owned(tokens)
        if owned is not None:
            return owned
        if tokens[0].lower_ != "the" or not tokens[2:]:
            return None
        inner = tokens[1:]
        before = " ".join(token.lower_ for token in inner[: max(first_of(inner), 0)])
        if not roleish(inner) and not self.schema.knows(before):
            return None
        first, after = holder_of(inner)
        holder = self.mention(inner[first:after]) if first < after else None
        words = [token for token in [*inner[:first], *inner[after:]] if token.lower_ not in BE]
        role = self.role_name(words)
        return (holder, role) if holder is not None and role else None

    def owned(self, tokens: Sequence[Token]) -> tuple[Mention, str] | None:
        for index, token in enumerate(tokens):
            if token.text in ("'s", "\u2019s", "'") and 0 < index < len(tokens) - 1:
                tail = tokens[index + 1 :]
                if all(t.text.islower() for t in tail):
                    holder = self.mention(tokens[:index])
                    return (holder, self.role_name(tail)) if holder else None
        return None

    def role_name(self, words: Sequence[Token]) -> str:
        kept = [
            w.lower_
            for w in words
            if w.lower_ not in ("the", "a", "an")
            and w.lower_ not in english.DEPICTIVE
            and not w.is_punct
        ]
        for index, word in enumerate(words):
            # "The head of the X government": the last "of" belongs to X only where nothing follows.
            if word.lower_ in OF and index == len(words) - 1:
                kept.pop()
        return re.sub(r"^name of ", "", " ".join(kept))

    # --- "X plays for Y", "X holds the position of Y" -----------------------------------------------

    def action(self) -> Iterator[Relation]:
        rest, verb = self.found.rest, self.found.verb
        is_linking = verb.lemma_ in english.LINKING and rest[0].tag_ in ("VBN", "JJ")
        if is_linking or not is_object(rest) or is_kin_named(self.found.subject):
            return
        base = verb.lemma_.lower() if verb.tag_.startswith("VB") else verb.lower_
        if rest[0].lower_ in english.PREPOSITIONS:
            yield from self.placed(base, rest[0], rest[1:])
            return
        subject = self.subject()
        if subject is None:
            return
        classified = self.classified(rest)
        if classified is not None and self.schema.knows(f"{base} the {classified[0]}"):
            yield Relation(subject, f"{base} the {classified[0]}", classified[1], confidence=0.9)
            return
        yield from self.values(subject, base, rest)

    def placed(self, base: str, prep: Token, tokens: Sequence[Token]) -> Iterator[Relation]:
        subject = self.subject()
        if subject is None or not is_object(tokens):
            return
        classified = self.classified(tokens)
        if classified is None:
            yield from self.values(subject, f"{base} {prep.lower_}", tokens)
            return
        kind, value = classified
        long = f"{base} {prep.lower_} the {kind}"
        if kind in english.PLACE_CLASSES:
            value = replace(value, type="place")
            long = long if self.schema.knows(long) else f"{base} {prep.lower_}"
        yield Relation(subject, long, value, confidence=0.9)

    def classified(self, tokens: Sequence[Token]) -> tuple[str, Mention] | None:
        if (
            not tokens[3:]
            or tokens[0].lower_ != "the"
            or tokens[2].lower_ != "of"
            or tokens[1].lower_ not in english.CLASSES
        ):
            return None
        value = self.mention(tokens[3:])
        return (tokens[1].lower_, value) if value else None

    def values(
        self, subject: Mention, predicate: str, tokens: Sequence[Token]
    ) -> Iterator[Relation]:
        """The object, and a place or companion told after it."""
        base = self.found.verb.lemma_.lower()
        placed = [prep for prep in english.SPLITTING if self.schema.knows(f"{base} {prep}")]
        first, *others = pieces(tokens, placed)
        confidence = 0.9 if self.schema.knows(predicate) else 0.7
        for part in _coordinated(first):
            value = self.mention(part)
            if value is None:
                continue
            yield Relation(subject, predicate, value, confidence=confidence)
        for piece in others:
            place, words = self.mention(piece[1:]), f"{base} {piece[0].lower_}"
            # "In Paris in France" is one place.
            if place is not None and base != "be" and words != predicate:
                yield Relation(subject, words, place, confidence=0.55)

    def subject(self) -> Mention | None:
        return self.mention(self.found.subject)

    def mention(self, tokens: Sequence[Token]) -> Mention | None:
        return spelled_name(tokens, self.turn)
