"""A LangGraph store whose items are entities, episodes and facts of a group."""

import asyncio
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from langgraph.store.base import (
    BaseStore,
    GetOp,
    IndexConfig,
    InvalidNamespaceError,
    ListNamespacesOp,
    Op,
    PutOp,
    Result,
    SearchOp,
    TTLConfig,
    validate_op_namespace,
)

from kgmem import intake
from kgmem.errors import ConfigurationError
from kgmem.forgetting import Forgetting
from kgmem.ids import entity_id
from kgmem.integrations.langchain._embedding import IndexEmbeddings
from kgmem.integrations.langchain._items import (
    PREDICATE,
    Stored,
    condition,
    is_record,
    item_name,
    json_of,
    matches,
    messages_of,
    named,
    session_of,
    shared_prefix,
    texts_of,
)
from kgmem.integrations.langchain._sweeper import Sweeper
from kgmem.memory import Memory
from kgmem.models import Claim, ClaimDraft, Episode, Fact
from kgmem.recording import Recorder
from kgmem.stores.base import FactQuery, RecordQuery
from kgmem.when import TICK

_SWEEP_MINUTES = 5.0
# A read puts off the end of an item only after this share of its time: not every read is a write.
_REFRESH_AFTER = 0.1


class KGMemStore(BaseStore):
    """A LangGraph ``BaseStore`` in the group of a memory, on any of its stores.

    A put is an episode and a claim, a delete a claim that ends what was: `Memory.timeline` and Cypher
    show every value that an item ever had, `as_known` what the agent could have read at an instant,
    and `Memory.forget` erases. An item whose time (``ttl``) is up is not returned any more, whatever
    ``omit_expired`` says; `sweep_ttl` erases it with its past.

    Args:
        memory: The memory. Its embedder embeds what is put and asked.
        fields: The paths of values that search by meaning looks at, ``["$"]`` for the whole. Without
            them a search does not use its ``query``.
        ttl: How long items stay where a put does not say, and whether reading puts that off.

    Raises:
        ConfigurationError: There are fields, and the memory has no embedder.
    """

    supports_ttl = True

    def __init__(
        self,
        memory: Memory,
        *,
        fields: Sequence[str] | None = None,
        ttl: TTLConfig | None = None,
    ) -> None:
        if fields and memory.parts.embedder is None:
            raise ConfigurationError(
                "fields are searched by meaning, and this memory has no embedder: open it with one"
            )
        self.memory = memory
        self.ttl_config = ttl
        self._fields = list(fields or ())
        self._parts = memory.parts
        self._writing = threading.RLock()
        self._sweeper = Sweeper(lambda: self.sweep_ttl())  # noqa: PLW0108 - as it is then

    @classmethod
    @contextmanager
    def from_conn_string(
        cls,
        conn_string: str,
        *,
        group: str,
        index: IndexConfig | None = None,
        ttl: TTLConfig | None = None,
        **options: Any,
    ) -> Iterator[Self]:
        """Opens the memory of a group for the store, and closes it at the end.

        Args:
            conn_string: The URL, as for `Memory.open`.
            group: The tenant that all items belong to.
            index: Makes items searchable by meaning: ``embed``, ``dims`` and ``fields``.
            ttl: See `KGMemStore`.
            **options: More for `Memory.open`. Without an index there is no embedder.
        """
        embedder = IndexEmbeddings(index) if index else "none"
        fields = (index.get("fields") or ["$"]) if index else None
        defaults: dict[str, Any] = {"extractor": "none", "embedder": embedder}
        with Memory.open(conn_string, group=group, **defaults | options) as memory:
            store = cls(memory, fields=fields, ttl=ttl)
            try:
                yield store
            finally:
                store.stop_ttl_sweeper()

    def setup(self) -> None:
        """Does nothing: opening the memory has made or migrated what it needs."""

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Answers every read from the state before, then does all puts in one transaction."""
        ops = list(ops)
        for op in ops:
            validate_op_namespace(op)
            if isinstance(op, PutOp) and not op.namespace:
                raise InvalidNamespaceError("a put needs a namespace: give one label or more")
        now = self._now()
        gets = [self._id(op.namespace, op.key) for op in ops if isinstance(op, GetOp)]
        got = {item.fact.subject.id: item for item in self._stored(self._live(gets, now).values())}
        read: dict[str, Fact] = {}
        results = [self._result(op, now, got, read) for op in ops]
        puts = {self._id(op.namespace, op.key): op for op in ops if isinstance(op, PutOp)}
        if puts or read:
            self._write(puts, read)
        return results

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """`batch`, in a thread."""
        return await asyncio.to_thread(self.batch, list(ops))

    # Reading

    def _id(self, namespace: Sequence[str], key: str) -> str:
        return entity_id(self.memory.group, item_name(namespace, key))

    def _now(self) -> datetime:
        """An instant after everything that is recorded, so that a clock set back hides nothing."""
        last = self._parts.store.state().recorded_at
        now = self._parts.clock().astimezone(UTC)
        return now if last is None else max(now, last + TICK)

    def _live(self, ids: Iterable[str], now: datetime) -> dict[str, Fact]:
        """The values that items have now, by the id of the item's entity."""
        subjects = list(dict.fromkeys(ids))
        if not subjects:
            return {}
        asked = FactQuery(subjects=subjects, predicates=[PREDICATE], as_of=now)
        return {fact.subject.id: fact for fact in self._parts.store.facts(asked)}

    def _stored(self, facts: Iterable[Fact]) -> list[Stored]:
        """The items behind facts; what no put has stated is none, whoever says it."""
        last = [(fact, fact.episodes[-1]) for fact in facts if fact.episodes]
        if not last:
            return []
        asked = RecordQuery(ids=[name for _, name in last])
        records = {episode.id: episode for episode in self._parts.store.episodes(asked)}
        return [Stored(fact, records[name]) for fact, name in last if is_record(records.get(name))]

    def _result(
        self, op: Op, now: datetime, got: Mapping[str, Stored], read: dict[str, Fact]
    ) -> Result:
        """The answer to one operation; adds to ``read`` what its reading puts off the end of."""
        if isinstance(op, ListNamespacesOp):
            return self._namespaces(op, now)
        if isinstance(op, GetOp):
            item = got.get(self._id(op.namespace, op.key))
            hits: list[tuple[Stored, float | None]] = [(item, None)] if item else []
        elif isinstance(op, SearchOp):
            hits = self._search(op, now)
        else:
            return None
        if op.refresh_ttl:
            read |= {hit.fact.subject.id: hit.fact for hit, _ in hits if hit.fact.invalid_at}
        if isinstance(op, GetOp):
            return item.item() if item else None
        return [hit.found(score) for hit, score in hits]

    def _search(self, op: SearchOp, now: datetime) -> list[tuple[Stored, float | None]]:
        """A page of the items below a namespace: nearest first, else those changed last."""
        asked = FactQuery(
            session_prefix=session_of(op.namespace_prefix), predicates=[PREDICATE], as_of=now
        )
        facts = self._parts.store.facts(asked)[::-1]
        page = slice(op.offset, op.offset + op.limit)
        by_meaning = op.query if self._fields else None
        if not op.filter and not by_meaning:
            return [(item, None) for item in self._stored(facts[page])]
        fits = condition(op.filter or {})
        items = [item for item in self._stored(facts) if fits(item.value)]
        return self._nearest(items, by_meaning)[page]

    def _nearest(
        self, items: Sequence[Stored], query: str | None
    ) -> list[tuple[Stored, float | None]]:
        """Items by the cosine of their nearest text; those found by none come last, without one."""
        embedder = self._parts.embedder
        if query is None or embedder is None:
            return [(item, None) for item in items]
        wanted = embedder.question(query)
        ids = [name for item in items for name in item.found_by]
        vectors = self._parts.store.episode_vectors(ids)
        scored: list[tuple[Stored, float | None]] = []
        for item in items:
            near = [float(vectors[name] @ wanted) for name in item.found_by if name in vectors]
            scored.append((item, max(near, default=None)))
        return sorted(scored, key=lambda hit: -2.0 if hit[1] is None else hit[1], reverse=True)

    def _namespaces(self, op: ListNamespacesOp, now: datetime) -> list[tuple[str, ...]]:
        conditions = op.match_conditions or ()
        below = session_of(shared_prefix(conditions))
        asked = FactQuery(session_prefix=below, predicates=[PREDICATE], as_of=now)
        found = {item.namespace for item in self._stored(self._parts.store.facts(asked))}
        kept = {ns[: op.max_depth] for ns in found if all(matches(c, ns) for c in conditions)}
        return sorted(kept)[op.offset : op.offset + op.limit]

    # Writing

    def _write(self, puts: Mapping[str, PutOp], read: Mapping[str, Fact]) -> None:
        with self._writing:
            now = self._now()
            live = self._live([*puts, *read], now)
            episodes: list[Episode] = []
            drafts: list[ClaimDraft] = []
            for name, op in puts.items():
                if op.value is not None or name in live:
                    stated, claims = self._put(op, now, replaced=name in live)
                    episodes += stated
                    drafts += claims
            for name in sorted((read.keys() - puts.keys()) & live.keys()):
                drafts += self._put_off(live[name], now)
            if drafts:
                Recorder(self._parts).drafts(drafts, episodes=episodes, dry_run=False)

    def _put(
        self, op: PutOp, now: datetime, *, replaced: bool
    ) -> tuple[list[Episode], list[ClaimDraft]]:
        """The episodes and claims of a put, or of a delete."""
        text = json_of(op.value)
        paths = self._fields if op.index is None else op.index or []
        found_by = texts_of(op.value, paths) if self._fields and op.value is not None else []
        episodes = intake.episodes(
            messages_of(op.key, text, found_by, now),
            group=self.memory.group,
            session=session_of(op.namespace),
            now=now,
            timezone=None,
        )
        item = item_name(op.namespace, op.key)
        said = {"episode": episodes[0].id, "said_at": now}
        if op.value is None:
            return episodes, [Claim.ends(item, PREDICATE).model_copy(update=said)]
        over = None if op.ttl is None else now + timedelta(minutes=op.ttl)
        words = found_by[0] if found_by else text
        value = Claim.asserts(item, PREDICATE, named(text), text=words, invalid_at=over)
        drafts = [value.model_copy(update=said)]
        if over is not None and replaced:
            # Else what was there before would hold again when this one is over.
            end = Claim.ends(item, PREDICATE, valid_at=now - TICK)
            drafts.insert(0, end.model_copy(update=said))
        return episodes, drafts

    def _put_off(self, fact: Fact, now: datetime) -> list[ClaimDraft]:
        """The claim that an item which was read stays for its whole time again."""
        asked = RecordQuery(ids=fact.claims)
        last = max(self._parts.store.claims(asked), key=lambda claim: (claim.said_at, claim.id))
        if last.invalid_at is None or now - last.valid_at < _REFRESH_AFTER * (
            time := last.invalid_at - last.valid_at
        ):
            return []
        again = {"valid_at": now, "said_at": now, "invalid_at": now + time}
        draft = {name: getattr(last, name) for name in ClaimDraft.model_fields}
        return [ClaimDraft.model_validate(draft | again)]

    # Time that is up

    def sweep_ttl(self) -> int:
        """Erases the items whose time is up, with all that was ever put there; returns how many.

        It reads the facts of all items, past values too.
        """
        with self._writing:
            now = self._now()
            facts = self._parts.store.facts(FactQuery(predicates=[PREDICATE]))
            last = {fact.subject.id: fact for fact in facts}  # in order of valid time
            expired = self._stored(fact for fact in last.values() if _is_over(fact, now))
            doomed = [name for item in expired for name in self._puts(item)]
            if doomed:
                Forgetting(self._parts.store, None).forget({"episode": doomed})
            return len(expired)

    def _puts(self, item: Stored) -> list[str]:
        """The episodes of an item whose time is up; one put since then stays."""
        session, until = item.record.session, item.fact.invalid_at
        return [
            episode.id
            for episode in self._parts.store.episodes(RecordQuery(session=session))
            if episode.source == item.record.source
            and (until is None or episode.occurred_at < until)
        ]

    def start_ttl_sweeper(self, sweep_interval_minutes: float | None = None) -> Future[None]:
        """Sweeps every so many minutes in a thread; the future ends with it, or ends it when canceled.

        Args:
            sweep_interval_minutes: How often; else what the TTL configuration says, else 5.
        """
        configured = (self.ttl_config or {}).get("sweep_interval_minutes")
        return self._sweeper.start(sweep_interval_minutes or configured or _SWEEP_MINUTES)

    def stop_ttl_sweeper(self, timeout: float | None = None) -> bool:
        """Ends the thread; false where it still ran after ``timeout`` seconds."""
        return self._sweeper.stop(timeout)


def _is_over(fact: Fact, now: datetime) -> bool:
    """Whether a value ended when its time was up, and not by a delete."""
    return fact.invalid_at is not None and fact.invalid_at <= now and fact.ended_by in fact.claims
