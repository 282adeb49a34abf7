"""Who and what the words stand for: noun phrases as names, speakers, pronouns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kgmem.extraction import _english as english
from kgmem.extraction._denials import is_denied
from kgmem.extraction._verbs import own_subjects
from kgmem.extraction.dates import DateMention
from kgmem.models import Episode

Token = Any
# More words than that are a clause rather than a name.
_LONGEST = 14
_QUOTED = re.compile(r"[\"“]([^\"”]+)[\"”]")
_INNER = frozenset(
    "compound amod nummod nmod quantmod case advmod npadvmod poss det pobj pcomp".split()  # noqa: SIM905
)
Doc = Any


@dataclass(frozen=True, slots=True)
class Mention:
    """Something a claim can be about.

    Attributes:
        name: The name or noun phrase, with pronouns resolved.
        type: What it is, where the words tell.
        proper: Whether it is a name rather than a description.
    """

    name: str
    type: str | None = None
    proper: bool = False


@dataclass(frozen=True, slots=True)
class Antecedent:
    """What a later pronoun may stand for.

    Attributes:
        position: Where it stands in its turn.
        mention: What it is.
        gender: ``m`` or ``f``, where the words tell.
        plural: Whether it is several.
        role: Whose what it is, where it has been introduced so: Ada's cat.
    """

    position: int
    mention: Mention
    gender: str | None
    plural: bool
    role: "tuple[Mention, str] | None" = None


@dataclass
class Turn:
    """One parsed episode and what its pronouns may point to.

    Attributes:
        episode: The episode.
        doc: Its parse.
        speaker: Who says "I".
        addressee: Who is "you", where that is clear.
        dates: Its dates.
        dated: Indices of the tokens that belong to dates.
        earlier: Antecedents of the turn before.
        antecedents: Those of this turn.
        speakers: Everybody who speaks in the session.
    """

    episode: Episode
    doc: Doc
    speaker: Mention | None
    addressee: Mention | None
    dates: Sequence[DateMention] = ()
    dated: frozenset[int] = frozenset()
    earlier: Sequence[Antecedent] = ()
    antecedents: list[Antecedent] = field(default_factory=list)
    speakers: frozenset[str] = frozenset()

    def date_at(self, token: Token) -> "Mention | None":
        """The date that a word belongs to, as a value."""
        for date in self.dates:
            if date.start <= token.idx < date.end:
                return Mention(self.episode.text[date.start : date.end], "date")
        return None

    def collect(self) -> None:
        """Finds what pronouns may point to."""
        for token in self.doc:
            if token.pos_ in ("NOUN", "PROPN") and token.dep_ not in (
                "compound",
                "npadvmod",
                "attr",
                "oprd",
            ):
                antecedent = _antecedent(token, self)
                if antecedent is not None:
                    self.antecedents.append(antecedent)


def person(name: str | None) -> Mention | None:
    """The mention of a speaker."""
    return Mention(name, "person", proper=True) if name else None


def resolve(token: Token, turn: Turn) -> Mention | None:
    """What a noun or pronoun stands for; nothing where that is not clear."""
    word = token.lower_
    if token.tag_ in ("WP", "WDT") and token.dep_ != "det":
        head = _relative_head(token)
        return resolve(head, turn) if head is not None else None
    if token.pos_ == "PRON" or token.tag_ in ("PRP", "DT", "EX"):
        return _pronoun(token, word, turn)
    if token.pos_ in ("NOUN", "PROPN", "NUM", "ADJ", "X", "SYM", "VERB", "INTJ", "ADV"):
        return noun_phrase(token, turn)
    return None


def noun_phrase(token: Token, turn: Turn, *, own: Mention | None = None) -> Mention | None:
    """A noun phrase as an entity: no determiner, "my kids" as "Ada's kids".

    Args:
        token: Its head.
        turn: The turn it is in.
        own: Whose possessive is left away: what Ada sells is "car", not "Ada's car".
    """
    if token.lower_ in english.IDLE_NOUNS and token.pos_ != "PROPN" and not _is_specific(token):
        return None
    name_token = _name_of(token, own=own)
    if name_token is not None:
        return noun_phrase(name_token, turn)
    tokens = phrase_tokens(token, turn)
    if not 0 < len(tokens) <= _LONGEST:
        tokens = [token]
    owner = possessor(token, turn)
    name = _spelled(tokens, turn)
    if owner is not None and owner != own:
        name = f"{owner.name}'s {name}"
    if quoted := _QUOTED.search(name):
        return Mention(quoted[1].strip(" ,."), "work", proper=True)
    name = name.strip(" \t\n\"'“”\u2018\u2019,;:!?*").removesuffix("'s").strip()
    if not any(map(str.isalnum, name)) or name.lower() in english.IDLE_NOUNS:
        return None
    is_name = token.pos_ == "PROPN" or token.ent_type_ in ("PERSON", "GPE", "ORG")
    return Mention(name, type_of(token, turn), proper=is_name)


def _name_of(token: Token, *, own: Mention | None) -> Token | None:
    """The name that stands beside a noun: Ann of "my sister Ann", Rex of "a dog named Rex"."""
    for child in token.children:
        is_known_by = own or token.lemma_.lower() in english.NOBODY
        if child.dep_ == "acl" and child.lemma_ in ("name", "call") and is_known_by:
            for name in child.children:
                if name.dep_ in ("oprd", "dobj") and name.pos_ == "PROPN" and name.i > child.i:
                    return name
        gap = child.i - token.i - _width(child)
        is_kin = token.lemma_.lower() in english.KINDRED and gap == 1
        is_beside = child.dep_ == "appos" and (
            gap == 0 or (is_kin and token.nbor(1).text == "," and child.pos_ == "PROPN")
        )
        if is_beside and child.pos_ == "PROPN" and token.pos_ == "NOUN":
            return child
    return None


def _width(name: Token) -> int:
    return 1 + sum(1 for child in name.children if child.dep_ == "compound" and child.i < name.i)


def possessor(token: Token, turn: Turn) -> Mention | None:
    """Whose it is, where a pronoun says so ("my", "her")."""
    for child in token.children:
        if child.dep_ == "poss" and child.tag_ == "PRP$":
            return _possessive(child, turn)
    is_shared = token.dep_ == "conj" and token.lemma_.lower() in english.KINDRED
    if is_shared and not any(child.dep_ in ("det", "poss", "nummod") for child in token.children):
        return possessor(token.head, turn)  # "my mom and dad"
    # "Mom called" is one's own; "a mom", "Mother Teresa" and a speaker of that name are not.
    is_elder = token.lower_ in english.ELDERS and token.tag_ in ("NN", "NNP")
    if not is_elder or token.dep_ in ("compound", "appos") or token.text in turn.speakers:
        return None
    return None if any(child.dep_ in _INNER for child in token.children) else turn.speaker


def type_of(token: Token, turn: Turn) -> str | None:
    """What kind of thing a noun names."""
    if token.text in turn.speakers:
        return "person"
    if token.ent_type_:
        return english.ENTITY_TYPES.get(token.ent_type_)
    return "person" if token.lemma_.lower() in english.KINDRED else None


def conjuncts(token: Token) -> list[Token]:
    """A noun and those joined to it by "and"."""
    if is_denied(token):
        return []
    found = [token]
    for child in token.children:
        if child.dep_ == "conj" and child.pos_ in ("NOUN", "PROPN", "PRON", "NUM", "ADJ", "X"):
            links = {c.lower_ for c in token.children if c.dep_ == "cc"}
            if "or" in links:
                return []  # "in Utah or Nevada": neither is told
            is_same_name = child.ent_iob_ == "I" and child.ent_type_ == token.ent_type_
            if not links & {"nor", "but"} and not is_same_name:
                found.extend(conjuncts(child))
    return found


def phrase_tokens(token: Token, turn: Turn) -> list[Token]:
    """The words of a noun phrase that belong into its name, in order."""
    tokens = [token]
    for child in token.children:
        is_own_possessive = child.dep_ == "poss" and child.tag_ == "PRP$"
        if not is_own_possessive and _belongs(child, token, turn):
            # "My sister Ann's car" is Ann's car.
            name = _name_of(child, own=None) if child.dep_ == "poss" else None
            tokens.extend(_inner(name or child, turn))
    kept = sorted(tokens, key=lambda t: t.i)
    kept = _run_around(kept, token)
    while (
        kept
        and kept[0].dep_ in ("det", "predet", "punct", "cc", "preconj")
        and kept[0] is not token
        and kept[0].pos_ != "PROPN"
    ):
        kept.pop(0)
    while kept and kept[-1] is not token and (_dangles(kept[-1])):
        kept.pop()
    return kept


def _dangles(token: Token) -> bool:
    return bool(
        (token.is_punct and token.text not in ".)") or token.pos_ in ("ADP", "DET", "CCONJ")
    )


def _run_around(tokens: list[Token], head: Token) -> list[Token]:
    """The unbroken run of words around the head: what lies beyond a gap is of another phrase."""
    at = tokens.index(head)
    first, last = at, at
    while first > 0 and tokens[first].i - tokens[first - 1].i <= 1:
        first -= 1
    while last + 1 < len(tokens) and tokens[last + 1].i - tokens[last].i <= 1:
        last += 1
    return tokens[first : last + 1]


def _inner(token: Token, turn: Turn) -> list[Token]:
    tokens = [token]
    for child in token.children:
        if token.dep_ == "prep" or _belongs(child, token, turn):
            tokens.extend(_inner(child, turn))
    return tokens


def _belongs(child: Token, head: Token, turn: Turn) -> bool:
    relation = child.dep_
    if child.i in turn.dated or child.tag_ in ("WRB", "WP$"):
        return False
    if relation == "prep":
        return _keeps_prep(child, turn)
    if relation == "appos":
        return _is_part_of_name(child, head)
    if relation == "punct":
        is_joint = child.i > 0 and not child.nbor(-1).whitespace_
        return is_joint and (head.pos_ == "PROPN" or child.text in ("-", "'", "/"))
    if relation in ("conj", "cc"):
        return bool(head.pos_ == "PROPN" and head.ent_iob_ in "BI" and child.ent_iob_ == "I")
    return relation in _INNER


def _keeps_prep(prep: Token, turn: Turn) -> bool:
    objects = [child for child in prep.children if child.dep_ in ("pobj", "pcomp")]
    if not objects or any(child.i in turn.dated for child in objects):
        return False
    if is_apart(prep):
        return False
    return all(child.dep_ == "pobj" for child in objects) and prep.lower_ not in (
        "like",
        "than",
        "as",
        "because",
    )


def is_apart(prep: Token) -> bool:
    """Whether a place is not part of the name before it: "physics at Lund", "Acme in Rome"."""
    noun = prep.head
    names = [c for c in prep.children if c.dep_ == "pobj" and c.pos_ == "PROPN"]
    if names and prep.lower_ == "in" and noun.pos_ == "PROPN" and names[0].ent_type_ == "GPE":
        return not prep.ent_type_  # not of "Alice in Wonderland"
    if not names or (names[0].ent_type_ and names[0].ent_type_ == noun.ent_type_):
        return False
    is_kin = noun.lemma_.lower() in english.KINDRED and prep.lower_ == "in"
    return prep.lower_ == "at" or is_kin


def _is_part_of_name(child: Token, head: Token) -> bool:
    """As in "Washington, D.C." and "Sir Horace Rumbold, 8th Baronet" are names; "Ann, a nurse" is not."""
    if head.pos_ != "PROPN" or child.pos_ not in ("PROPN", "NUM", "ADJ"):
        return False
    return not any(c.dep_ in ("det", "poss") for c in child.children) and child.i > head.i


def _spelled(tokens: Sequence[Token], turn: Turn) -> str:
    parts = []
    for token in tokens:
        text = token.text
        if token.tag_ == "PRP$":
            owner = _possessive(token, turn)
            text = f"{owner.name}'s" if owner else text
        elif token.tag_ == "PRP":
            mention = _pronoun(token, token.lower_, turn)
            text = mention.name if mention else text
        parts.append(text + token.whitespace_)
    last = tokens[-1]
    end = last.idx + len(last.text)
    # The stop of "Chrysler Jr." swallowed by the one that ends the sentence.
    if turn.episode.text[end : end + 2] == "..":
        parts.append(".")
    return "".join(parts)


def _is_specific(token: Token) -> bool:
    return any(child.dep_ in ("compound", "nmod") for child in token.children)


def _relative_head(token: Token) -> Token | None:
    for ancestor in token.ancestors:
        if ancestor.dep_ == "relcl":
            return ancestor.head
    return None


def _pronoun(token: Token, word: str, turn: Turn) -> Mention | None:
    if word in english.SPEAKER_PRONOUNS:
        return turn.speaker
    if word in english.ADDRESSEE_PRONOUNS:
        return turn.addressee
    if word in english.PERSON_PRONOUNS:
        return _nearest(token, turn, gender=english.PERSON_PRONOUNS[word], plural=False)
    if word in ("they", "them", "themselves"):
        return _nearest(token, turn, gender=None, plural=True)
    return None


def _possessive(token: Token, turn: Turn) -> Mention | None:
    word = token.lower_
    role = english.POSSESSIVES.get(word)
    if role == "speaker":
        return turn.speaker
    if role == "addressee":
        return turn.addressee
    if word in ("his", "her"):
        return _nearest(token, turn, gender="m" if word == "his" else "f", plural=False)
    if word == "their":
        return _nearest(token, turn, gender=None, plural=True)
    return None


def _nearest(token: Token, turn: Turn, *, gender: str | None, plural: bool) -> Mention | None:
    found = _nearest_antecedent(token, turn, gender=gender, plural=plural)
    return found.mention if found is not None else None


def _nearest_antecedent(
    token: Token, turn: Turn, *, gender: str | None, plural: bool
) -> Antecedent | None:
    """The last one spoken of before, first among those whose gender the words tell.

    People and animals only, not the station in between; the subject in "Lea came with Noah and her son".
    """
    before = [found for found in turn.antecedents if found.position < token.idx]
    candidates = [
        found
        for found in [*reversed(before), *reversed(turn.earlier)]
        if found.plural == plural
        and found.mention.type in ("person", "animal")
        and found.mention not in (turn.speaker, turn.addressee)
        and (gender is None or found.gender in (gender, None))
    ]
    sure = [found for found in candidates if found.gender is not None]
    verbs = token.ancestors if token.tag_ == "PRP$" else ()
    subjects = {subject.idx for verb in verbs for subject in own_subjects(verb)}
    own = (found for found in candidates if found.position in subjects)
    return next(iter([*sure, *own, *candidates]), None)


def antecedent_of(pronoun: Token, turn: Turn) -> Antecedent | None:
    """Who a pronoun of the third person in the singular points to, or which animal "it" does."""
    word = pronoun.lower_
    if word in ("it", "its"):
        found = _nearest_antecedent(pronoun, turn, gender=None, plural=False)
        return found if found is not None and found.mention.type == "animal" else None
    gender = {"his": "m", "her": "f"}.get(word) or english.PERSON_PRONOUNS.get(word)
    return _nearest_antecedent(pronoun, turn, gender=gender, plural=False) if gender else None


def _antecedent(token: Token, turn: Turn) -> Antecedent | None:
    lemma = token.lemma_.lower()
    is_named = (
        token.ent_type_ == "PERSON"
        or token.text in turn.speakers
        or (
            token.pos_ == "PROPN"
            and token.dep_ == "appos"
            and token.head.lemma_.lower() in english.KINDRED
        )
    )
    if not is_named and lemma not in english.KINDRED | english.PETS:
        return None
    following = token.nbor(1) if token.i + 1 < len(token.doc) else None
    if following is not None and not is_named and following.pos_ == "PROPN":
        return None  # "my sister Ann": the name is the better antecedent, with her gender
    if following is not None and following.text == "!" and token.is_sent_start:
        return None  # "Tom! He's here" calls Tom and tells of another
    mention = noun_phrase(token, turn)
    if mention is None:
        return None
    words = {lemma} | ({token.head.lemma_.lower()} if token.dep_ == "appos" else set())
    first = token.i - _width(token)
    if is_named and first >= 0:
        words.add(token.doc[first].lemma_.lower())
    gender = "f" if words & english.FEMALE else "m" if words & english.MALE else None
    kind = "animal" if lemma in english.PETS and not is_named else "person"
    return Antecedent(
        token.idx,
        replace(mention, type=kind),
        gender,
        token.tag_ in ("NNS", "NNPS"),
        _role_of(token, lemma, turn),
    )


def _role_of(token: Token, lemma: str, turn: Turn) -> tuple[Mention, str] | None:
    """Whose kin or pet a noun brings in: "my dog", "we adopted a cat", "I have a new colleague"."""
    if lemma not in english.KINDRED | english.PETS:
        return None
    owner = possessor(token, turn)
    verb = token.head
    if owner is None and token.dep_ == "dobj" and verb.lemma_ in english.GETTING:
        subject = next((child for child in verb.children if child.dep_ == "nsubj"), None)
        owner = resolve(subject, turn) if subject is not None else None
    return (owner, lemma) if owner is not None else None
