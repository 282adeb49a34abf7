"""What the calls of a memory answer with."""

from datetime import datetime

from pydantic import Field

from kgmem.models import Cardinality, Claim, Community, Episode, Fact, Record, Similarity


class Skipped(Record):
    """Something that was not taken in, and why.

    Attributes:
        what: The id or the words of it.
        reason: Why.
    """

    what: str
    reason: str


class Proposal(Record):
    """What a language model proposes for the schema; nothing changes until somebody accepts it.

    Attributes:
        predicate: A predicate that it used and the schema does not know.
        cardinality: Whether it holds one object at a time.
        synonym_of: The known predicate that it only renames.
    """

    predicate: str
    cardinality: Cardinality = "many"
    synonym_of: str | None = None

    @property
    def entries(self) -> dict[str, dict[str, str | list[str]]]:
        """What accepts it: ``schema.extended(proposal.entries)``."""
        if self.synonym_of is not None:
            return {self.synonym_of: {"synonyms": [self.predicate]}}
        return {self.predicate: {"cardinality": self.cardinality}}


class Report(Record):
    """What a write did, or would do.

    Attributes:
        recorded_at: Its transaction time.
        dry_run: Whether nothing was written.
        episodes: Ids of the episodes added.
        entities: Names of the entities added.
        claims: Ids of the claims added: what `kgmem.Memory.undo` takes back.
        added: Facts believed from now on.
        ended: Facts that now end in the world: they were true, and are no longer.
        revised: Facts believed from now on with other times or words than before.
        retracted: Facts believed no longer.
        reinforced: Facts that gained support and are otherwise as they were.
        skipped: What was left out and why: episodes known before, drafts that make no claim.
        failed: Turns whose extraction failed, or whose effect on earlier facts could not be judged.
            They are kept, and `kgmem.Memory.retry` tries again.
        proposals: What a language model proposes for the schema.
        llm_calls: Calls to a language model.
        adjudication_calls: Those of them that asked what new claims have ended.
        tokens: Tokens those calls took.
        input_tokens: Those of them that were sent.
        output_tokens: Those of them that were answered.
        tokens_estimated: Those of them that the provider did not count: a quarter of the characters.
        seconds: Wall time.
    """

    recorded_at: datetime
    dry_run: bool = False
    episodes: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    added: tuple[Fact, ...] = ()
    ended: tuple[Fact, ...] = ()
    revised: tuple[Fact, ...] = ()
    retracted: tuple[Fact, ...] = ()
    reinforced: tuple[Fact, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    failed: tuple[Skipped, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    llm_calls: int = 0
    adjudication_calls: int = 0
    tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    tokens_estimated: int = 0
    seconds: float = 0.0


class Receipt(Record):
    """What forgetting removed, or would remove, and what stayed and why.

    Attributes:
        recorded_at: Transaction time of the erasure; where nothing was erased, of the last write.
        dry_run: Whether nothing was erased.
        episodes: Ids of the episodes removed.
        claims: Ids of the claims removed.
        entities: How many entities nothing speaks of any more, removed.
        facts: Ids of the facts removed: nothing else supports them.
        kept: Facts that other episodes still support, with what is left of their support.
    """

    recorded_at: datetime
    dry_run: bool = False
    episodes: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    entities: int = 0
    facts: tuple[str, ...] = ()
    kept: tuple[Skipped, ...] = ()


class Faded(Record):
    """A turn that may be forgotten: old for how little it matters.

    Attributes:
        episode: The turn.
        importance: How much the beliefs that it supports matter; 0 where it supports none.
        retention: What is left of it, from 1 (just said) down to 0.
    """

    episode: Episode
    importance: float
    retention: float


class Consolidation(Record):
    """What was made of a group's beliefs; parts that were not asked for are empty.

    Attributes:
        similar: Entities that may be one, the most similar first: candidates for
            `kgmem.Memory.merge_entities`.
        communities: Entities that belong together, with summaries; by id.
        summaries: How many entities have a summary.
        merged: The report of the links that a judge decided, where it was asked.
        skipped: What a language model gave no summary for, and why; its central facts stand instead.
        llm_calls: Calls to a language model.
        tokens: Tokens those calls took.
    """

    similar: tuple[Similarity, ...] = ()
    communities: tuple[Community, ...] = ()
    summaries: int = 0
    merged: Report | None = None
    skipped: tuple[Skipped, ...] = ()
    llm_calls: int = 0
    tokens: int = 0


class Change(Record):
    """One change of belief: a version that came, went, or was replaced.

    Attributes:
        at: Transaction time of the change.
        fact: The version as it is after the change; as it was before, where it went.
        change: ``added``, ``ended``, ``revised`` or ``retracted``.
        before: The version before, where there was one.
        causes: The claims that came in at that moment and bear on it.
    """

    at: datetime
    fact: Fact
    change: str
    before: Fact | None = None
    causes: tuple[Claim, ...] = ()


class Diff(Record):
    """What changed in belief between two instants of transaction time.

    Attributes:
        since: The earlier instant.
        until: The later instant.
        added: Facts believed at the later instant only.
        ended: Facts that got an end, or an earlier one, in between.
        revised: Facts that changed otherwise.
        retracted: Facts believed at the earlier instant only.
    """

    since: datetime
    until: datetime
    added: tuple[Fact, ...] = ()
    ended: tuple[Fact, ...] = ()
    revised: tuple[Fact, ...] = ()
    retracted: tuple[Fact, ...] = ()


class Explanation(Record):
    """Why a fact is believed, and what ended it.

    Attributes:
        fact: The fact: as believed now, else its last version.
        rule: The rule of belief that gave it its end, in words.
        claims: The claims that support it.
        episodes: The turns that state those claims.
        ended_by: The claim that ends it.
        ended_in: The turn that states that claim.
        versions: Every version of it, oldest first.
        outranked: Claims on the same that bear on its time and that the group's trust sets aside: they
            would support or end something, or take it back, if everybody were trusted alike.
    """

    fact: Fact
    rule: str
    claims: tuple[Claim, ...]
    episodes: tuple[Episode, ...]
    ended_by: Claim | None = None
    ended_in: Episode | None = None
    versions: tuple[Fact, ...] = ()
    outranked: tuple[Claim, ...] = ()


class Why(Record):
    """How a hit came to its place.

    Attributes:
        ranks: Its rank, from 1, in each channel; ``graph`` is the walk.
        seeds: Names of the entities where the walk through the graph started, heaviest first.
        path: How most of the walk came to it: names of entities and words of turns, from its start.
        time: What the time filters did with it.
    """

    ranks: dict[str, int]
    seeds: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    time: str = ""


class Hit(Record):
    """One answer of a search: a fact or an episode.

    A fact and the turn that states it are one answer: whichever is nearer to the question is shown, and
    the other comes with it.

    Attributes:
        kind: ``fact`` or ``episode``: which of the two it is.
        id: Its id.
        text: Its words.
        score: Fused score; comparable within one search only.
        fact: The fact; of an episode, the nearest that it states.
        episode: The episode; of a fact, the best that states it.
        episodes: Ids of the episodes it comes from.
        why: How it came to its place.
    """

    kind: str
    id: str
    text: str
    score: float
    fact: Fact | None = None
    episode: Episode | None = None
    episodes: tuple[str, ...] = ()
    why: Why = Field(repr=False)


class ContextBlock(Record):
    """Hits as text for a prompt.

    Attributes:
        text: One dated line a hit, grouped by entity; empty where there is a reason.
        tokens: Its length in tokens, estimated as a quarter of its characters.
        hits: The hits that fitted, in the order of their lines.
        reason: Why there is no text: nothing is relevant, or nothing fits.
    """

    text: str = ""
    tokens: int = 0
    hits: tuple[Hit, ...] = ()
    reason: str = ""
