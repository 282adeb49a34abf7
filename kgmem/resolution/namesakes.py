"""Who may be who where rules can't tell: the few pairs of names that a language model is asked about.

A pair is doubtful where a name is new and means nearly what another does, or where a first name has
become that of several. What the model says is a link like any other, from an ``agent``: it counts
before what turns imply and rules find, and after what people decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from kgmem.embeddings import Embedder
from kgmem.extraction.base import NameDoubt
from kgmem.identities import Identities
from kgmem.ids import entity_id, normal_form
from kgmem.models import Claim
from kgmem.naming.first_names import is_short
from kgmem.stores.base import FactQuery, SearchQuery, Store
from kgmem.text import terms

# Names below this cosine are seldom two forms of one.
ALIKE = 0.8
_LOOKED_AT = 20
_MOST_FACTS = 3
MOST_PAIRS = 20
"""What one call is asked about at most."""


@dataclass(frozen=True, slots=True)
class Namesakes:
    """Finds the pairs of names that a model is to judge.

    Attributes:
        store: Where names and facts are read.
        embedder: Embeds names; ``None`` finds first names alone.
    """

    store: Store
    embedder: Embedder | None

    def doubts(self, new: Sequence[str], claims: Sequence[Claim]) -> list[NameDoubt]:
        """The doubtful pairs with a name that is new, each once and in order.

        Args:
            new: The names that the store does not hold yet.
            claims: The claims that name them.
        """
        names = Identities.read(self.store)
        known = {e.id: normal_form(e.name) for e in self.store.entities(self._near(new))}
        fresh = {entity_id(self.store.group, name): normal_form(name) for name in new}
        pairs = self._alike(new) | _ambiguous(fresh, known | fresh)
        forms = known | fresh
        told = sorted(
            (forms[alias], forms[name])
            for alias, name in pairs
            if names.chiefs.get(alias, alias) != names.chiefs.get(name, name)
        )
        return [
            NameDoubt(alias, name, self._said(alias, claims), self._said(name, claims))
            for alias, name in told[:MOST_PAIRS]
        ]

    def _near(self, new: Sequence[str]) -> list[str]:
        """The entities that share the first word of a new name, or nearly its meaning."""
        words = [word for name in new for word in terms(normal_form(name))[:1]]
        query = SearchQuery(words, None, limit=_LOOKED_AT, channels=["entity_text"])
        found = {one for one, _ in self.store.candidates(query)["entity_text"]}
        return sorted(found | {name for _, name in self._alike(new)})

    def _alike(self, new: Sequence[str]) -> set[tuple[str, str]]:
        """New names, each with the entities whose names mean nearly the same."""
        if self.embedder is None or not new:
            return set()
        vectors = self.embedder.texts([normal_form(name) for name in new])
        return {
            (entity_id(self.store.group, name), one)
            for name, vector in zip(new, vectors, strict=True)
            for one, cosine in self.store.candidates(
                SearchQuery((), vector, limit=_LOOKED_AT, channels=["entity_vector"])
            )["entity_vector"]
            if cosine >= ALIKE
        }

    def _said(self, name: str, claims: Sequence[Claim]) -> tuple[str, ...]:
        """The last that was said of a name, for the model to judge by."""
        entity = entity_id(self.store.group, name)
        facts = self.store.facts(FactQuery(entity_id=entity))
        texts = [fact.text for fact in facts]
        texts += [c.text for c in claims if entity in (c.subject_id, c.object_id)]
        return tuple(dict.fromkeys(texts))[-_MOST_FACTS:]


def _ambiguous(fresh: dict[str, str], everyone: dict[str, str]) -> set[tuple[str, str]]:
    """First names of several of these, one of the names new, each with all whose it may be."""
    found = set()
    for short, form in everyone.items():
        full = [one for one, other in everyone.items() if is_short(form, other)]
        if len(full) > 1 and fresh.keys() & {short, *full}:
            found |= {(short, one) for one in full}
    return found
