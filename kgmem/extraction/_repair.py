"""Mends parses that grammar rules out, before anything is read from them.

A small parser takes "work" in "I live here and work there" for a noun and lets "Rosa" in "Tim works
at Dell and Rosa works at Intel" be employed. Each mend looks for a shape that no English sentence
has and turns it into the one that it must be.
"""

import re
from collections.abc import Iterator
from typing import Any

from kgmem.extraction import _english as english

Token = Any
# No verb's base form ends like that: "blogge" is what became of "blogging".
_DOUBLED = re.compile(r"([bdgkmnprtv])\1e$|([bgkmnpv])\2$")
# Before a "to" with a noun, never with a verb.
_TO_WHAT = ("promote", "appoint", "allergic", "intolerant", "addicted")
_FINITE = ("VBZ", "VBD", "VBP")


def mended(doc: Any) -> Any:
    """The parse itself, mended in place."""
    for token in doc:
        if token.pos_ == "VERB":
            token.lemma_ = english.LEMMAS.get(token.lemma_, token.lemma_)
        if token.pos_ == "VERB" and (doubled := _DOUBLED.search(token.lemma_)):
            token.lemma_ = token.lemma_[: doubled.start() + 1]
        if token.text == "-":
            _hyphened_kin(token)
        elif token.lower_.endswith("-in-law"):
            token.lemma_ = token.lower_.replace("s-in", "-in")
        elif token.lower_ == "ex" and token.dep_ == "compound" and token.head.pos_ == "NOUN":
            token.head.lemma_ = f"ex-{token.head.lower_}"
        elif token.lower_ == "to" and token.i and token.nbor(-1).lemma_ in _TO_WHAT:
            _noun_after_to(token)
        elif token.lower_ == "stand" and token.pos_ == "VERB":
            _not_stood(token)
        if token.dep_ == "conj":
            _joined_verb(token)
            _next_subject(token)
            _parallel_phrase(token)
        elif token.pos_ == "PROPN" and token.i:
            _name_after_role(token)
        elif token.dep_ == "npadvmod":
            _lost_subject(token)
            _named_object(token)
    return doc


def _hyphened_kin(hyphen: Token) -> None:
    """As in "My ex-husband Carl", "her half-brother": one noun, and the name beside it."""
    if not 0 < hyphen.i < len(hyphen.doc) - 1:
        return
    first, kin = hyphen.nbor(-1), hyphen.nbor(1)
    if first.lower_ not in ("ex", "half", "step", "twin") or kin.pos_ != "NOUN":
        return
    if first.head != kin:
        kin.head, kin.dep_ = first.head, first.dep_
    for child in [*first.children, *hyphen.children]:
        if child.i != kin.i:
            child.head = kin
    first.head, first.dep_ = kin, "compound"
    hyphen.head, hyphen.dep_ = kin, "punct"
    if first.lower_ == "ex":
        kin.lemma_ = f"ex-{kin.lower_}"
    elif first.lower_ == "step":
        kin.lemma_ = f"step{kin.lower_}"
    name = kin.doc[min(kin.i + 1, len(kin.doc) - 1)]
    if name.pos_ == "PROPN" and name.head == kin.head:
        name.head, name.dep_ = kin, "appos"


def _not_stood(verb: Token) -> None:
    """As in "I can't stand cilantro": one word for a dislike."""
    unable = [c for c in verb.lefts if c.lower_ in ("ca", "can") or c.dep_ == "neg"]
    after = next(verb.rights, None)
    if len(unable) < len(("ca", "n't")) or after is None or after.left_edge.i != verb.i + 1:
        return
    if after.dep_ == "advmod" and after.pos_ == "ADJ":
        after.dep_, after.tag_, after.pos_ = "dobj", "NN", "NOUN"
    if after.dep_ in ("dobj", "xcomp"):
        verb.lemma_ = "dislike"
        for word in unable:
            word.dep_ = "dep"


def _noun_after_to(to: Token) -> None:
    """As in "promoted to team lead", "allergic to shellfish": a noun, whatever it is elsewhere."""
    post = to.head
    if to.dep_ != "aux" or post.tag_ != "VB":
        return
    if (
        noun := next((c for c in post.children if c.dep_ == "dobj" and c.i == post.i + 1), None)
    ) is not None:
        # "Promoted to lead designer"
        noun.head, post.head, post.dep_ = post.head, noun, "compound"
        for child in post.children:
            child.head = noun
        post = noun
    verb = to.nbor(-1)
    to.dep_, to.tag_, to.pos_, to.head = "prep", "IN", "ADP", verb
    post.dep_, post.tag_, post.pos_, post.head = "pobj", "NN", "NOUN", to
    for child in post.children:
        if child.dep_ == "nsubj" and child.i < post.i:
            child.dep_ = "compound"


def _joined_verb(token: Token) -> None:
    """As in "I live in Berlin and work at Acme": a bare noun with a preposition, beside a verb."""
    head = token.head
    is_bare = token.tag_ == "VB" and token.lower_ != "be"
    if is_bare and head.tag_ == "VBP" and any(_subjects(head)):
        token.tag_ = "VBP"  # nobody is told to work there
    if token.tag_ != "NN" or head.tag_ not in ("VBP", "VB", "VBZ") or head.pos_ != "VERB":
        return
    children = list(token.children)
    if children and all(child.dep_ in ("prep", "advmod", "conj", "cc") for child in children):
        token.pos_, token.tag_, token.lemma_ = "VERB", head.tag_, token.lower_


def _next_subject(token: Token) -> None:
    """As in "Tim works at Dell and Rosa works at Intel": a name before a verb without a subject."""
    if token.pos_ not in ("PROPN", "NOUN") or token.i + 1 >= len(token.doc):
        return
    verb = token.doc[token.i + 1]
    if verb.tag_ not in _FINITE or verb.dep_ not in ("advcl", "ccomp", "relcl", "acl", "dep"):
        return
    if any(_subjects(verb)) or verb in token.ancestors:
        return
    main = next((a for a in token.ancestors if a.pos_ in ("VERB", "AUX")), None)
    if main is not None and main is not verb:
        for child in list(token.head.children):
            if child.dep_ == "cc" and child.i < token.i:
                child.head = main
        token.head, token.dep_ = verb, "nsubj"
        verb.head, verb.dep_ = main, "conj"


def _parallel_phrase(token: Token) -> None:
    """As in "A member of the choir and the chess club": what takes the same article stands in line."""
    head = token.head
    if head.pos_ != "NOUN" or token.pos_ not in ("NOUN", "PROPN"):
        return
    article = _article(token)
    if article is None or article == _article(head):
        return
    for prep in head.children:
        for inner in prep.children if prep.dep_ == "prep" and prep.i < token.i else ():
            if inner.dep_ == "pobj" and _article(inner) == article:
                token.head = inner
                return


def _name_after_role(token: Token) -> None:
    """As in "My roommate Pawel works": the name belongs to the noun before it."""
    before, owned = token.doc[token.i - 1], token.head
    is_kin = before.lemma_.lower() in english.KINDRED
    if is_kin and token.dep_ == "poss" and owned.dep_ == "appos" and owned.head == before:
        # "My friend Ethel's baby": the baby is hers, and she is the friend.
        owned.head, owned.dep_ = before.head, before.dep_
        before.head, before.dep_ = owned, "poss"
        token.head, token.dep_ = before, "appos"
    if before.pos_ != "NOUN" or not before.text.islower() or token.head.pos_ != "VERB":
        return
    is_stray = token.dep_ == "compound" or (
        token.dep_ == "nsubj" and before.dep_ == "nsubj" and before.head == token.head
    )
    if is_stray and before.lemma_.lower() in english.KINDRED | english.PETS:
        token.head, token.dep_ = before, "appos"


def _named_object(token: Token) -> None:
    """As in "We have a golden retriever called Max": what is had is the dog, and it is called so."""
    name, verb = token.head, token.head.head
    if token.i + 1 != name.i or name.lower_ not in ("called", "named") or name.dep_ != "ccomp":
        return
    for child in list(name.lefts):
        if child != token:
            child.head = token
    token.head, token.dep_ = verb, "dobj"
    name.head, name.dep_ = token, "acl"


def _lost_subject(token: Token) -> None:
    """As in "My brothers Karl and Otto live in Bremen": kin is no measure of time, nor is "Ben and I"."""
    verb = token.head
    if token.lemma_.lower() in english.KINDRED and token.i < verb.i and not any(_subjects(verb)):
        token.dep_ = "nsubj"
    if token.pos_ != "PROPN" or token.i + 2 >= verb.i:
        return
    link, other = token.nbor(1), token.nbor(2)
    is_beside = other.dep_ in ("nsubj", "nsubjpass") and other.head in (verb, *verb.children)
    if link.dep_ == "cc" and other.tag_ == "PRP" and is_beside:
        token.dep_, other.dep_ = other.dep_, "conj"
        link.head = other.head = token


def _subjects(verb: Token) -> Iterator[Token]:
    return (child for child in verb.children if child.dep_ in ("nsubj", "nsubjpass", "expl"))


def _article(noun: Token) -> str | None:
    for child in noun.children:
        if child.dep_ == "det":
            word: str = child.lower_
            return word
    return None
