"""The tools of a memory: thin calls of `kgmem.Memory`, described for a model.

Every read takes ``as_of`` and ``as_known``: when it was true, and what was known when.
"""
# ruff: noqa: PLR0913, PLR0917 - each parameter is an argument of a tool, given by name

import json
from datetime import datetime
from typing import Annotated

from pydantic import Field

from kgmem import correcting, intake
from kgmem.errors import ConfigurationError, InvalidInputError, NotFoundError
from kgmem.forgetting import Scope
from kgmem.ids import normal_form
from kgmem.integrations.mcp.views import (
    ContextView,
    EntityView,
    ExplanationView,
    FactView,
    Found,
    ReceiptView,
    Rows,
    TimelineView,
    WriteView,
)
from kgmem.memory import Memory
from kgmem.models import Message
from kgmem.stores.base import Limits
from kgmem.stores.statements import cypher

_LONGEST_ANSWER = 100_000
_MOST_ROWS = 1_000
_MOST_SECONDS = 60.0

AsOf = Annotated[
    str | None,
    Field(description="Only what is true in the world then: 2024, 2024-05, 3 May 2024 or ISO 8601"),
]
AsKnown = Annotated[
    str | None, Field(description="Only what the memory believed then; written as as_of is")
]
Name = Annotated[str, Field(description="A person, place or thing, by any name that was used")]
FactId = Annotated[str, Field(description="The id of a fact, as other tools return it")]
Question = Annotated[str, Field(description="The question, in words")]
Date = Annotated[str | None, Field(description="2024, 2024-05, 3 May 2024 or ISO 8601")]


class Tools:
    """What a model can do with one memory.

    Args:
        memory: The memory.
        all_groups: Whether a Cypher statement may run in a database that holds other groups.
    """

    def __init__(self, memory: Memory, *, all_groups: bool) -> None:
        self._memory = memory
        self._clock, self._timezone = memory.parts.clock, memory.parts.timezone
        self._all_groups = all_groups

    def search_memory(
        self,
        question: Question,
        limit: Annotated[int, Field(ge=1, le=100, description="How many hits to return")] = 10,
        as_of: AsOf = None,
        as_known: AsKnown = None,
    ) -> Found:
        """Find the facts and turns that answer a question, best first.

        Use it before answering anything that earlier conversations may have said. A fact has the
        time it is true (valid_at, invalid_at) and the ids of the turns that say so (episodes).
        """
        hits = self._memory.search(question, k=limit, as_of=as_of, as_known=as_known)
        return Found.of(hits, self._at(as_of, as_known))

    def get_context(
        self,
        question: Question,
        max_tokens: Annotated[int, Field(ge=20, le=20_000, description="The budget")] = 800,
        as_of: AsOf = None,
        as_known: AsKnown = None,
    ) -> ContextView:
        """Get what is needed to answer a question as dated lines of text within a token budget.

        Shorter than search_memory, and without ids.
        """
        block = self._memory.context(
            question, max_tokens=max_tokens, as_of=as_of, as_known=as_known
        )
        return ContextView(text=block.text, tokens=block.tokens)

    def get_entity(self, name: Name, as_of: AsOf = None, as_known: AsKnown = None) -> EntityView:
        """Get an entity with the facts about it that hold now, or held at as_of."""
        facts = self._memory.timeline(name, as_known=as_known)
        wanted = normal_form(name)
        for fact in facts:
            for entity in (fact.subject, fact.object):
                if wanted in map(normal_form, (entity.name, *entity.aliases)):
                    return EntityView.of(entity, facts, self._at(as_of, as_known))
        raise NotFoundError(
            f"nothing is believed about {name!r}: find out with search_memory how it is called"
        )

    def get_timeline(
        self,
        name: Name,
        predicate: Annotated[
            str | None, Field(description="Only this relation, such as lives_in or works_at")
        ] = None,
        as_of: AsOf = None,
        as_known: AsKnown = None,
    ) -> TimelineView:
        """List the facts of an entity in order of the time they are true, past ones too."""
        at = self._at(as_of, as_known)
        facts = self._memory.timeline(name, predicate=predicate, as_known=as_known)
        views = (FactView.of(fact, at) for fact in facts)
        return TimelineView(facts=[v for v in views if as_of is None or v.status == "holds"])

    def explain(
        self, fact_id: FactId, as_of: AsOf = None, as_known: AsKnown = None
    ) -> ExplanationView:
        """Say why a fact is believed: the turns that say so, what ended it, and all its versions.

        The status of the fact is that at as_of.
        """
        found = self._memory.explain(fact_id, as_known=as_known)
        return ExplanationView.of(found, self._at(as_of, as_known))

    def stats(self, as_of: AsOf = None, as_known: AsKnown = None) -> dict[str, int]:
        """Count the records of the memory; with as_of or as_known, the facts of that time alone."""
        if as_of is None and as_known is None:
            return self._memory.stats()
        return {"facts": len(self._memory.facts(as_of=as_of, as_known=as_known))}

    def add_memory(
        self,
        text: Annotated[str, Field(description="What was said, in its own words")],
        speaker: Annotated[
            str | None, Field(description='Who said it, by name: this is who "I" is in the text')
        ] = None,
        session: Annotated[str, Field(description="The conversation it belongs to")] = "default",
        occurred_at: Annotated[
            str | None, Field(description="When it was said; now if left out")
        ] = None,
        message_id: Annotated[
            str | None, Field(description="Your own id for it: the same id is added once")
        ] = None,
    ) -> WriteView:
        """Remember a turn: it is kept as it is, and the facts that it states are learned.

        What changes over time needs no cleaning up: "I moved to Rome" ends the life in Berlin and
        keeps it as past. Returns what was learned, ended or taken back.
        """
        message = Message(
            text=text,
            speaker=speaker,
            occurred_at=intake.instant(occurred_at, self._timezone),
            id=message_id,
        )
        report = self._memory.add([message], session=session)
        return WriteView.of(report, self._clock())

    def correct_fact(
        self,
        fact_id: FactId,
        object: Annotated[str | None, Field(description="What it really leads to")] = None,
        valid_at: Annotated[Date, Field(description="Since when it really holds")] = None,
        invalid_at: Annotated[
            Date, Field(description='Until when it held; "still" where it goes on')
        ] = None,
        text: Annotated[str | None, Field(description="The words for it")] = None,
        never: Annotated[
            bool, Field(description="Take it back and put nothing in its place")
        ] = False,
    ) -> WriteView:
        """Correct a fact that was wrong from the start, or take it back with never.

        Not for what has changed since: tell that with add_memory. The error stays known as what
        was believed until now.
        """
        correction = correcting.correction(object, valid_at, invalid_at, text)
        if bool(correction) == never:
            raise InvalidInputError(
                "say what is right with object, valid_at, invalid_at or text, or set never alone"
            )
        report = self._memory.correct(fact_id, **correction)
        return WriteView.of(report, self._clock())

    def forget(
        self,
        session: Annotated[str | None, Field(description="A conversation")] = None,
        episode: Annotated[str | None, Field(description="One turn, by its id")] = None,
        entity: Annotated[str | None, Field(description="All that speaks of this name")] = None,
        before: Annotated[Date, Field(description="All that was said before")] = None,
        everything: Annotated[bool, Field(description="The whole memory")] = False,
    ) -> ReceiptView:
        """Erase for good what a person asks to be forgotten. It cannot be undone.

        Give exactly one argument. For what is wrong or outdated use correct_fact or add_memory.
        """
        scope = Scope(
            session=session, episode=episode, entity=entity, before=before, everything=everything
        )
        return ReceiptView.of(self._memory.forget(**scope))

    def run_cypher(
        self,
        statement: Annotated[str, Field(description="MATCH ... RETURN ...; no writes")],
        parameters: Annotated[
            dict[str, object] | None, Field(description="Values of its $parameters")
        ] = None,
        as_of: AsOf = None,
        as_known: AsKnown = None,
        seconds: Annotated[float, Field(gt=0, le=_MOST_SECONDS, description="Time limit")] = 10.0,
        limit: Annotated[int, Field(ge=1, le=_MOST_ROWS, description="Most rows")] = 100,
    ) -> Rows:
        """Ask the graph in Cypher: a statement that only reads.

        (:Entity {name, type})-[:FACT {predicate, text, valid_at, invalid_at}]->(:Entity) is what is
        believed now, [:EXPIRED_FACT {..., created_at, expired_at}] what was believed once;
        (:Episode {text, speaker, occurred_at})-[:IN]->(:Session {name}), -[:STATES]->(:Claim),
        -[:MENTIONS]->(:Entity). Everything has group_id: match {group_id: $group_id}, which is
        given. $as_of and $as_known are datetimes, null where left out.
        """
        self._check_alone()
        known = {
            **(parameters or {}),
            "as_of": intake.instant(as_of, self._timezone),
            "as_known": intake.instant(as_known, self._timezone),
        }
        rows = self._memory.cypher(statement, Limits(seconds, limit + 1), **known)
        if len(json.dumps(rows, default=str)) > _LONGEST_ANSWER:
            raise InvalidInputError(
                f"the answer is longer than {_LONGEST_ANSWER:,} characters: return fewer columns, "
                "or set a lower limit"
            )
        return Rows(rows=rows[:limit], truncated=len(rows) > limit)

    def _check_alone(self) -> None:
        """A statement sees the whole database, so by default that must be this group's alone."""
        if self._all_groups:
            return
        (row,) = self._memory.cypher(cypher("read/other_groups"))
        if row["other_groups"]:
            raise ConfigurationError(
                "the database holds other groups, which a statement could read: give this group a "
                "database of its own, or start the server with --all-groups"
            )

    def _at(self, as_of: str | None, as_known: str | None) -> datetime:
        """The instant that statuses are of."""
        known = intake.instant(as_known, self._timezone)
        return intake.instant(as_of, self._timezone) or intake.asked_at(self._clock(), known)
