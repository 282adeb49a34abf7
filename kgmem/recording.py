"""Taking in: from messages and drafts to one write, and its report."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from kgmem import intake, timeline
from kgmem.embeddings import Embedder
from kgmem.errors import ExtractionError, NotFoundError
from kgmem.extraction.base import Extractor, ModelExtractor, NameJudge, Tally
from kgmem.ids import normal_form
from kgmem.models import Claim, ClaimDraft, Episode, Message, Trust
from kgmem.reporting import changed_facts, joined
from kgmem.resolution.conflicts import Conflicts
from kgmem.resolution.namesakes import Namesakes
from kgmem.results import Report, Skipped
from kgmem.retrieval.reranking import Reranker
from kgmem.schema import Schema
from kgmem.stores import base
from kgmem.telemetry import measured
from kgmem.windows import Extracted, Windows, windows_a_commit


@dataclass(frozen=True, slots=True)
class Parts:
    """What a memory is made of.

    Attributes:
        store: Where it lives.
        extractor: Finds claims in turns; ``None`` keeps the turns alone.
        embedder: Embeds what is written and asked; ``None`` uses no vectors.
        reranker: Orders the best hits of a search anew; ``None`` leaves them as they are.
        schema: The predicates.
        judge: Judges doubtful names; ``None`` leaves them.
        clock: Gives the instant of what has none.
        timezone: What naive instants are in; ``None`` refuses them.
        snapshot_rows: How many rows of its group a search may hold in memory.
        gds: Whether the store walks the graph of a group that is larger.
    """

    store: base.Store
    extractor: Extractor | None
    embedder: Embedder | None
    reranker: Reranker | None
    schema: Schema
    judge: NameJudge | None
    clock: base.Clock
    timezone: tzinfo | None
    snapshot_rows: int
    gds: bool


class Recorder:
    """Takes messages and claims into the store of a memory.

    Args:
        parts: What the memory is made of.
    """

    def __init__(self, parts: Parts) -> None:
        self._store = parts.store
        self._embedder = parts.embedder
        self._schema = parts.schema
        self._clock = parts.clock
        self._timezone = parts.timezone
        self._adopted = False
        self._extractor = parts.extractor
        self._windows = Windows(parts.store, parts.extractor, self._bound, parts.timezone)
        self._conflicts = Conflicts(parts.store, parts.schema, parts.timezone)
        self._name_judge = parts.judge
        self._namesakes = Namesakes(parts.store, parts.embedder)

    @measured("add", episodes=lambda r: len(r.episodes), facts=lambda r: len(r.added))
    def messages(self, sessions: Mapping[str, Sequence[Message]], *, dry_run: bool) -> Report:
        """Takes in turns and what they say; see `kgmem.Memory.add_sessions`."""
        started = time.perf_counter()
        now = self._clock()
        episodes = [
            episode
            for session, messages in sessions.items()
            for episode in intake.episodes(
                messages,
                group=self._store.group,
                session=session,
                now=now,
                timezone=self._timezone,
            )
        ]
        new, known = self._unknown(episodes)
        extracted = self._windows.new(new)
        self._judge(new, extracted)
        self._identify(new, extracted)
        report = self._write(new, extracted, dry_run=dry_run)
        return report.model_copy(
            update={
                "skipped": (*known, *report.skipped),
                "seconds": time.perf_counter() - started,
            }
        )

    def retry(self) -> Report:
        """Extracts again where it failed; see `kgmem.Memory.retry`."""
        failures = self._store.state().failures
        windows = list(dict.fromkeys(failure.window for failure in failures))
        step = windows_a_commit(self._extractor)
        parts = [windows[n : n + step] for n in range(0, len(windows), step)] or [[]]
        return joined([self._again([f for f in failures if f.window in part]) for part in parts])

    def _again(self, failures: Sequence[base.Failure]) -> Report:
        started = time.perf_counter()
        extracted = self._windows.again(f for f in failures if f.window)
        self._judge([], extracted, [f for f in failures if not f.window])
        report = self._write([], extracted, dry_run=False)
        return report.model_copy(update={"seconds": time.perf_counter() - started})

    def drafts(
        self,
        drafts: Sequence[ClaimDraft],
        *,
        episodes: Sequence[Episode] = (),
        dry_run: bool,
        as_stored: bool = False,
    ) -> Report:
        """Takes in claims as they are, with the new episodes that state them; see `kgmem.Memory.assert_claims`.

        Args:
            drafts: The claims.
            episodes: The new episodes.
            dry_run: Whether to write nothing.
            as_stored: Whether their predicates are those of stored claims, whatever the schema calls
                them by now.
        """
        started = time.perf_counter()
        new = {episode.id: episode for episode in episodes}
        known = new | self._episodes_of([d for d in drafts if d.episode not in new])
        now = self._clock()
        claims = [
            self._bound(draft, known.get(draft.episode or ""), now, as_stored=as_stored)
            for draft in drafts
        ]
        extracted = Extracted(claims=claims)
        self._identify(episodes, extracted)
        report = self._write(episodes, extracted, dry_run=dry_run)
        return report.model_copy(update={"seconds": time.perf_counter() - started})

    def past(
        self, episodes: Sequence[Episode], claims: Sequence[Claim], *, extract: bool = False
    ) -> tuple[base.Written, Sequence[base.Failure]]:
        """Takes in what another memory recorded, each record at its own ``recorded_at``.

        Args:
            episodes: Those of them that are not there yet are added; of one session, to be extracted
                from.
            claims: Those of them that are not there yet are added.
            extract: Whether to find claims in the new episodes, too, each recorded with its episode.

        Returns:
            What was written, and the episodes whose extraction failed.
        """
        new, _ = self._unknown(episodes)
        there = self._store.claims(base.RecordQuery(ids=[claim.id for claim in claims]))
        known = {claim.id for claim in there}
        extracted = self._windows.new(new) if extract else Extracted()
        self._identify(new, extracted)
        recorded = {episode.id: episode.recorded_at for episode in new}
        found = [
            claim.model_copy(update={"recorded_at": recorded.get(claim.episode or "")})
            for claim in extracted.claims
        ]
        fresh = [*(claim for claim in claims if claim.id not in known), *found]
        change = base.Change(
            episodes=new,
            claims=fresh,
            vectors=self._vectors(new, fresh),
            predicates=self._registered(fresh),
            failures=extracted.failures,
            rewrite=True,
        )
        return self._store.write(change, timeline.rebuild), extracted.failures

    def sync(self, schema: Schema | None, trust: Trust | None) -> None:
        """Derives again, versioned, what the group derived under other cardinalities or trust.

        Args:
            schema: The predicates from now on; ``None`` keeps the group's.
            trust: Whom to believe from now on; ``None`` keeps the group's.
        """
        if schema is None and trust is None:
            return
        state = self._store.state()
        current = {item.predicate: item.cardinality for item in state.predicates} if schema else {}
        redefine = [
            base.Registered(name, self._schema.cardinality(name))
            for name, cardinality in current.items()
            if self._schema.cardinality(name) != cardinality
        ]
        new = [base.Trusted(trust)] if trust not in (None, state.trust_at()) else []
        if redefine or new:
            self._store.write(base.Change(redefine=redefine, trust=new), timeline.revise)

    def _judge(
        self,
        episodes: Sequence[Episode],
        extracted: Extracted,
        failed: Sequence[base.Failure] = (),
    ) -> None:
        """Adds what a model decides of the doubts that rules leave, in one call at most.

        Args:
            episodes: The new turns.
            extracted: What came of them; it gets the decisions, or the failure.
            failed: Turns whose claims could not be judged before.
        """
        if not isinstance(self._extractor, ModelExtractor):
            extracted.failures += failed
            return
        turns = [failure.episode for failure in failed]
        again = self._store.claims(base.RecordQuery(episodes=turns)) if turns else []
        if not self._conflicts.possible(extracted.claims, again, episodes):
            extracted.settled += turns
            return
        rehearsed = self._write(episodes, extracted, dry_run=True)
        doubts = self._conflicts.doubts(rehearsed, extracted.claims, again, episodes)
        tally = Tally()
        try:
            drafts = self._extractor.adjudicate(doubts, tally) if doubts else []
        except ExtractionError as error:
            turns += self._conflicts.concerned(doubts, rehearsed)
            extracted.failures += [
                base.Failure(turn, "", str(error)) for turn in dict.fromkeys(turns)
            ]
        else:
            extracted.settled += turns
            extracted.claims += [self._bound(draft, None) for draft in drafts]
        tally.adjudication_calls = tally.calls
        extracted.tally.add(tally)

    def _identify(self, episodes: Sequence[Episode], extracted: Extracted) -> None:
        """Adds what a model decides of new names that may be known ones, in one call at most."""
        if self._name_judge is None or not extracted.claims:
            return
        new = self._write(episodes, extracted, dry_run=True).entities
        doubts = self._namesakes.doubts(new, extracted.claims)
        if not doubts:
            return
        tally = Tally()
        try:
            drafts = self._name_judge.identify(doubts, tally)
        except ExtractionError as error:
            pairs = "; ".join(f"{doubt.alias} = {doubt.name}" for doubt in doubts)
            tally.skipped.append(
                Skipped(what=pairs, reason=f"not judged: {error.__cause__ or error}")
            )
        else:
            extracted.claims += [self._bound(draft, None) for draft in drafts]
        extracted.tally.add(tally)

    def _unknown(self, episodes: Sequence[Episode]) -> tuple[list[Episode], list[Skipped]]:
        """The episodes that are not there yet, and why the others are skipped."""
        ids = [episode.id for episode in episodes]
        known = {e.id: e.text for e in self._store.episodes(base.RecordQuery(ids=ids))}
        new, skipped = list[Episode](), list[Skipped]()
        for episode in episodes:
            # One whose text differs goes on: the store refuses it, with all that came along.
            if known.get(episode.id) == episode.text:
                what = episode.message_id or episode.id
                skipped.append(Skipped(what=what, reason="known already"))
            else:
                new.append(episode)
                # What is handed in twice is extracted from once.
                known.setdefault(episode.id, episode.text)
        return new, skipped

    def _bound(
        self,
        draft: ClaimDraft,
        episode: Episode | None,
        now: datetime | None = None,
        *,
        as_stored: bool = False,
    ) -> Claim:
        return intake.claim(
            draft,
            group=self._store.group,
            schema=None if as_stored else self._schema,
            now=now or self._clock(),
            timezone=self._timezone,
            episode=episode,
        )

    @measured("write", claims=lambda r: len(r.claims))
    def _write(self, episodes: Sequence[Episode], extracted: Extracted, *, dry_run: bool) -> Report:
        claims = extracted.claims
        change = base.Change(
            episodes=episodes,
            claims=claims,
            vectors={} if dry_run else self._vectors(episodes, claims),
            predicates=self._registered(claims),
            failures=extracted.failures,
            settled=extracted.settled,
        )
        written = self._store.write(change, timeline.revise, dry_run=dry_run)
        report = self._report(written, claims, dry_run=dry_run)
        tally = extracted.tally
        return report.model_copy(
            update={
                "skipped": tuple(tally.skipped),
                "failed": tuple(
                    Skipped(what=f.episode, reason=f.reason) for f in extracted.failures
                ),
                "proposals": tuple(dict.fromkeys(tally.proposals)),
                "llm_calls": tally.calls,
                "adjudication_calls": tally.adjudication_calls,
                "tokens": tally.tokens,
                "input_tokens": tally.input_tokens,
                "output_tokens": tally.output_tokens,
                "tokens_estimated": tally.estimated,
            }
        )

    def _registered(self, claims: Sequence[Claim]) -> list[base.Registered]:
        names = sorted({claim.predicate for claim in claims})
        return [base.Registered(name, self._schema.cardinality(name)) for name in names]

    def _vectors(
        self, episodes: Sequence[Episode], claims: Sequence[Claim]
    ) -> dict[str, base.Vector]:
        """The embeddings of turns, of the words of assertions, and of the names of new entities."""
        if self._embedder is None:
            return {}
        named = {claim.subject_id: normal_form(claim.subject) for claim in claims}
        named |= {c.object_id: normal_form(c.object) for c in claims if c.object_id and c.object}
        for entity in self._store.entities(sorted(named)):
            del named[entity.id]
        texts = {episode.id: episode.text for episode in episodes}
        texts |= {claim.id: _key(claim) for claim in claims if claim.kind == "asserts"}
        texts |= named
        distinct = list(dict.fromkeys(texts.values()))
        if not distinct:
            return {}
        rows = dict(zip(distinct, self._embedder.texts(distinct), strict=True))
        self._adopt(self._embedder, len(rows[distinct[0]]))
        return {name: rows[text] for name, text in texts.items()}

    def _adopt(self, embedder: Embedder, dimension: int) -> None:
        """Makes sure, once, that the store's vectors are of this model."""
        if not self._adopted:
            state = self._store.state()
            state.model.check(embedder.name, dimension)
            if state.model.embedder is None:
                self._store.adopt(embedder.name, dimension)
            self._adopted = True

    def _report(self, written: base.Written, claims: Sequence[Claim], *, dry_run: bool) -> Report:
        entities = {name: row.shown() for name, row in written.named.items()}
        versions = [
            version
            for revision in written.revisions
            for version in (*revision.expire, *revision.insert, *revision.reinforce)
        ]
        ends = {end for version in versions for end in (version.subject_id, version.object_id)}
        others = sorted(ends - entities.keys())
        entities |= {entity.id: entity for entity in self._store.entities(others)} if others else {}
        supporting = {name for version in versions for name in version.support}
        known = {claim.id: claim for claim in claims}
        old = self._store.claims(base.RecordQuery(ids=sorted(supporting - known.keys())))
        known |= {claim.id: claim for claim in old}
        changed = changed_facts(written, entities, known)
        return Report(
            recorded_at=written.recorded_at,
            dry_run=dry_run,
            episodes=written.episodes,
            entities=tuple(entities[e].name for e in written.entities if e in entities),
            claims=tuple(claim.id for claim in written.claims),
            added=changed["added"],
            ended=changed["ended"],
            revised=changed["revised"],
            retracted=changed["retracted"],
            reinforced=changed["reinforced"],
        )

    def _episodes_of(self, drafts: Sequence[ClaimDraft]) -> dict[str, Episode]:
        wanted = sorted({draft.episode for draft in drafts if draft.episode is not None})
        found = {e.id: e for e in self._store.episodes(base.RecordQuery(ids=wanted))}
        missing = [name for name in wanted if name not in found]
        if missing:
            raise NotFoundError(
                f"episode {missing[0]!r} is not in group {self._store.group!r}: add it first, or leave "
                "episode= out"
            )
        return found


def _key(claim: Claim) -> str:
    """What an assertion is found by: its words, after the relation that they may only imply."""
    relation = f"{claim.subject} {claim.predicate.replace('_', ' ')} {claim.object}"
    return claim.text if claim.text == relation else f"{relation}. {claim.text}"
