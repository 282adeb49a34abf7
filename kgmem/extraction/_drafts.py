"""Claim drafts from relations: kind, wording and time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kgmem.extraction import _english as english
from kgmem.extraction._mentions import Mention, Turn
from kgmem.extraction._moods import Mood
from kgmem.extraction._relation import Relation
from kgmem.extraction._timing import Timing, timing
from kgmem.extraction._verbs import Polarity, Tense
from kgmem.extraction.dates import DateMention, midnight
from kgmem.ids import normal_form
from kgmem.models import Claim, ClaimDetails, ClaimDraft
from kgmem.schema import Schema

_WISHES = ("plans_to", "wants_to")


@dataclass(frozen=True, slots=True)
class Saying:
    """How a relation is said.

    Attributes:
        turn: The turn that says it.
        span: Where.
        text: A sentence for it that stands alone.
        dates: The dates that go with it.
        tense: The time of its verb.
        polarity: Whether it is negated.
        mood: Whether it is told as so.
        stative: Whether its verb tells a state, so that the past tense says that it is over.
    """

    turn: Turn
    span: tuple[int, int]
    text: str
    dates: Sequence[DateMention]
    tense: Tense
    polarity: Polarity = "yes"
    mood: Mood = "fact"
    stative: bool = False


def draft(relation: Relation, saying: Saying, schema: Schema) -> ClaimDraft | None:
    """The claim that a relation, said like this, makes; nothing where it claims nothing.

    Args:
        relation: The relation, under the schema's name.
        saying: How it is said.
        schema: The predicates.
    """
    if relation.force == "ends" and saying.polarity != "yes":
        return None  # "I haven't quit" tells nothing new
    if relation.force == "ends" or saying.polarity == "no_longer":
        said_at = saying.turn.episode.occurred_at
        when = timing(saying.dates, saying.tense, said_at, state=False, ending=True)
        return _ends(relation, when.over_at, saying)
    if relation.object is None or _is_same(relation.subject, relation.object):
        return None
    if saying.polarity != "yes" and not relation.predicate.startswith("not_"):
        return _denied(relation, saying, schema)
    return _asserted(relation, saying, schema)


def oriented(found: Sequence[Relation], schema: Schema) -> list[Relation]:
    """The relations under the schema's names and types, each the right way round."""
    named = [_typed(_turned(relation, schema), schema) for relation in found]
    objects: dict[tuple[str, str], set[str]] = {}
    for one in named:
        if one.force == "asserts" and one.object is not None:
            objects.setdefault((one.subject.name, one.predicate), set()).add(one.object.name)
    shared = {key for key, names in objects.items() if len(names) > 1 and _is_role(key[1], schema)}
    named += _mirrored(named, schema)
    # "Founded by Larry and Sergey": a role that two share in one breath is no single one.
    return [
        replace(one, predicate=f"co_{one.predicate}")
        if (one.subject.name, one.predicate) in shared
        else one
        for one in named
    ]


def _mirrored(named: Sequence[Relation], schema: Schema) -> list[Relation]:
    """What is over between two is over from both sides: "Clara dumped Emil", who was dating her."""
    return [
        replace(one, subject=one.object, object=one.subject)
        for one in named
        if one.force == "ends"
        and one.object is not None
        and schema.inverse_of(one.predicate) == one.predicate
    ]


def details(relation: Relation, saying: Saying, when: Timing | None = None) -> ClaimDetails:
    """What a claim says of itself beside its triple."""
    episode = saying.turn.episode
    if when is not None and when.invalid_at is not None:
        start = when.valid_at or episode.occurred_at
        # No end that lies before the start: then the words mean something else.
        when = when if when.invalid_at > start else replace(when, invalid_at=None)
    return ClaimDetails(
        text=saying.text,
        valid_at=when.valid_at if when else None,
        invalid_at=when.invalid_at if when else None,
        episode=episode.id,
        span=saying.span,
        confidence=relation.confidence,
        source_kind=episode.source_kind,
        subject_type=relation.subject.type,
        object_type=relation.object.type if relation.object else None,
    )


def _asserted(relation: Relation, saying: Saying, schema: Schema) -> ClaimDraft | None:
    assert relation.object is not None
    known = schema.predicates.get(relation.predicate)
    # "Tom was my boss" is over, "my mother was Ann" is not.
    is_in_turn = relation.predicate in english.IN_TURN
    state = saying.stative and known is not None and (known.state or is_in_turn)
    # "My birthday is in May" says what, not when.
    dates = () if known is not None and known.object_type == "date" else saying.dates
    when = timing(dates, saying.tense, saying.turn.episode.occurred_at, state=state)
    if relation.predicate in _WISHES:
        when = _planned(saying)
    told_in_chat = saying.turn.speaker is not None
    if told_in_chat and (_is_impression(relation, saying) or _is_past_age(relation, saying)):
        return None
    if known is not None and known.object_type == "person" and _is_nobody(relation.object):
        return None
    is_event = known.event if known is not None else not saying.stative
    if (
        told_in_chat
        and is_event
        and not relation.begun
        and saying.tense == "past"
        and saying.mood == "fact"
    ):
        when = _happened(when, saying)
    if told_in_chat and when == Timing() and _is_presence(relation):
        when = _happened(when, saying)
    is_record = not told_in_chat and saying.tense == "present"
    # A record tells of stretches that may overlap; a speaker who changes jobs leaves the old one.
    is_stint = is_record and when.valid_at is not None and when.invalid_at is not None
    stint = known.stint if known is not None and is_stint else None
    over = told_in_chat and when == Timing() and state and saying.tense == "past"
    if when.over_at is not None or over:
        return _ends(relation, when.over_at, saying)
    return Claim.asserts(
        relation.subject.name,
        stint or relation.predicate,
        relation.object.name,
        **details(relation, saying, when),
    )


def _is_same(one: Mention, other: Mention) -> bool:
    """As in "Ada is Ada": both are one entity, and a fact leads from one to another."""
    return normal_form(one.name) == normal_form(other.name)


def _is_impression(relation: Relation, saying: Saying) -> bool:
    """As in "The posters were amazing": of things, the past tells how they struck one."""
    return (
        relation.predicate == "is_a"
        and saying.tense == "past"
        and relation.subject.type != "person"
        and not relation.subject.proper
    )


def _is_past_age(relation: Relation, saying: Saying) -> bool:
    """As in "I was 12 when we moved": nobody stays twelve."""
    return relation.predicate == "age" and saying.tense != "present"


def _is_presence(relation: Relation) -> bool:
    """As in "We're in Lisbon now": nobody knows for how long."""
    place = relation.object and relation.object.type == "place"
    return (
        relation.predicate in ("is_in", "is_at")
        and relation.subject.type == "person"
        and bool(place)
    )


def _is_nobody(mention: Mention) -> bool:
    """As in "I'm dating a guy": nobody whom one could know again."""
    return not mention.proper and mention.name.split()[0].lower() in english.NOBODY


def _planned(saying: Saying) -> Timing:
    """A plan is had when it is told, and is none any more once its time is past."""
    told = saying.turn.episode.occurred_at
    ends = [date.after for date in saying.dates if date.after is not None and date.after > told]
    return Timing(None, max(ends, default=None))


def _happened(when: Timing, saying: Saying) -> Timing:
    """What happened is no lasting state: it fills the time that is told, else the day of the telling."""
    if when.valid_at is None and when.over_at is None:
        told = saying.turn.episode.occurred_at
        return Timing(None, midnight(told.date() + timedelta(days=1), told.tzinfo))
    at = next((date for date in saying.dates if date.first == when.valid_at), None)
    if at is None or when.invalid_at is not None or at.role not in ("at", "range"):
        return when
    return Timing(when.valid_at, at.after)


def _ends(relation: Relation, over_at: datetime | None, saying: Saying) -> ClaimDraft:
    value = relation.object.name if relation.object else None
    when = Timing(valid_at=over_at)
    return Claim.ends(
        relation.subject.name, relation.predicate, value, **details(relation, saying, when)
    )


def _denied(relation: Relation, saying: Saying, schema: Schema) -> ClaimDraft | None:
    """Takes back for "I never lived there", ends for "I don't live there"."""
    if relation.predicate in _WISHES or saying.mood == "plan":
        is_now = saying.tense in ("present", "progressive", "future")
        return _ends(relation, None, saying) if is_now else None
    if relation.predicate not in schema.predicates:
        return None
    if saying.polarity != "never" and saying.tense != "past":
        return _ends(relation, None, saying)
    value = relation.object.name if relation.object else None
    return Claim.retracts(
        relation.subject.name, relation.predicate, value, **details(relation, saying)
    )


def _turned(relation: Relation, schema: Schema) -> Relation:
    """For "Tolstoy wrote War and Peace": War and Peace author Tolstoy."""
    predicate = schema.canonical(relation.predicate)
    value = relation.object
    if predicate not in schema.predicates and value is not None and value.proper:
        inverse = schema.inverse_of(predicate)
        if inverse is not None:
            return replace(relation, subject=value, predicate=inverse, object=relation.subject)
    return replace(relation, predicate=predicate)


def _typed(relation: Relation, schema: Schema) -> Relation:
    """The relation with the types that its predicate asks for: it knows better than the name."""
    known = schema.predicates.get(relation.predicate)
    if known is None:
        return relation
    subject, value = relation.subject, relation.object
    if known.subject_type:
        subject = replace(subject, type=known.subject_type)
    if known.object_type and value is not None:
        value = replace(value, type=known.object_type)
    return replace(relation, subject=subject, object=value)


def _is_role(predicate: str, schema: Schema) -> bool:
    known = schema.predicates.get(predicate)
    is_single = schema.cardinality(predicate) == "single"
    return is_single and (known is None or known.subject_type != "person")
