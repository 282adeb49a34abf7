"""From what callers hand in to records: the one place that validates it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, tzinfo

from kgmem.errors import InvalidInputError
from kgmem.ids import entity_id, episode_id, normal_form, record_id
from kgmem.models import Claim, ClaimDraft, Episode, Message
from kgmem.schema import Schema
from kgmem.text import checked
from kgmem.timeline import SAME_AS
from kgmem.when import TICK, When, aware, ends, starts

LONGEST_NAME = 1_000


def instant(when: When | None, timezone: tzinfo | None) -> datetime | None:
    """The instant asked for; of a day, month or year its first."""
    return None if when is None else starts(when, timezone)


def asked_at(now: datetime, as_known: datetime | None) -> datetime:
    """When a question is asked: what was known at an instant was asked then."""
    return min(now, as_known or now)


def checked_group(group: str) -> str:
    """The name of a group, where it can be one."""
    return checked(group, "the group's name", longest=LONGEST_NAME)


def episodes(
    messages: Sequence[Message], *, group: str, session: str, now: datetime, timezone: tzinfo | None
) -> list[Episode]:
    """The episodes that messages become.

    Turns said at one instant keep their order: each is a microsecond after the one before. The id
    is that of the message in the group and session, else of its content.

    Raises:
        InvalidInputError: A text or a time cannot be stored.
    """
    checked(session, "the session's name", longest=LONGEST_NAME)
    seen: Counter[tuple[object, ...]] = Counter()
    given_before: datetime | None = None
    occurred_at = now
    records = []
    for message in messages:
        checked(message.text, "a message's text")
        for field in ("speaker", "id", "source"):
            if (value := getattr(message, field)) is not None:
                checked(value, f"a message's {field}", longest=LONGEST_NAME)
        given = now if message.occurred_at is None else aware(message.occurred_at, timezone)
        occurred_at = occurred_at + TICK if given == given_before else given
        given_before = given
        content = (session, message.speaker, message.text, given)
        seen[content] += 1
        records.append(
            Episode(
                id=record_id(group, "episode", *content, seen[content])
                if message.id is None
                else episode_id(group, session, message.id),
                group=group,
                session=session,
                text=message.text,
                speaker=message.speaker,
                occurred_at=occurred_at,
                message_id=message.id,
                source=message.source,
                source_kind=message.source_kind,
            )
        )
    return records


def claim(  # noqa: PLR0913 - what a claim is bound to, by name
    draft: ClaimDraft,
    *,
    group: str,
    schema: Schema | None,
    now: datetime,
    timezone: tzinfo | None,
    episode: Episode | None = None,
) -> Claim:
    """The claim that a draft becomes.

    Raises:
        InvalidInputError: A name, a text or a time cannot be stored, or the parts do not fit.
    """
    subject = checked(draft.subject, "a claim's subject", longest=LONGEST_NAME).strip()
    predicate = checked(draft.predicate, "a claim's predicate", longest=LONGEST_NAME)
    if schema is not None:
        predicate = schema.canonical(predicate)
    obj = draft.object
    if obj is not None:
        obj = checked(obj, "a claim's object", longest=LONGEST_NAME).strip()
    elif draft.kind == "asserts":
        raise InvalidInputError(
            f"an asserting claim needs an object ({subject!r} {predicate!r} what?)"
        )
    said_at = aware(draft.said_at or (episode.occurred_at if episode else now), timezone)
    valid_at = instant(draft.valid_at, timezone) or said_at
    invalid_at = None if draft.invalid_at is None else ends(draft.invalid_at, timezone)
    _check_times(draft, valid_at, invalid_at)
    if predicate == SAME_AS:
        _check_link(draft, subject, obj)
    text = draft.text or _sentence(draft.kind, subject, predicate, obj)
    values = {
        **dict(draft),
        "subject": subject,
        "predicate": predicate,
        "object": obj,
        "text": checked(text, "a claim's text").strip(),
        "said_at": said_at,
        "valid_at": valid_at,
        "invalid_at": invalid_at,
        "source_kind": episode.source_kind if episode else draft.source_kind,
    }
    for name in ("id", "group", "subject_id", "object_id", "recorded_at"):
        values.pop(name, None)
    content = [repr(values[name]) for name in sorted(values)]
    return Claim(
        **values,
        id=record_id(group, "claim", *content),
        group=group,
        subject_id=entity_id(group, subject),
        object_id=None if obj is None else entity_id(group, obj),
    )


def _check_times(draft: ClaimDraft, valid_at: datetime, invalid_at: datetime | None) -> None:
    if invalid_at is None:
        return
    if draft.kind != "asserts":
        raise InvalidInputError(
            f"only an asserting claim has invalid_at: say since when it {draft.kind} with valid_at"
        )
    if invalid_at <= valid_at:
        raise InvalidInputError(
            f"a claim ends at {invalid_at.isoformat()}, not after it starts at {valid_at.isoformat()}: "
            "give valid_at before invalid_at (without it a claim starts when it is said)"
        )


def _check_link(draft: ClaimDraft, subject: str, obj: str | None) -> None:
    if draft.kind == "ends" or draft.invalid_at is not None:
        raise InvalidInputError(
            f"who {subject!r} is has no end: take the link back with retracts, or split_entities"
        )
    if obj is not None and normal_form(subject) == normal_form(obj):
        raise InvalidInputError(f"{subject!r} and {obj!r} are one name: link two")


def _sentence(kind: str, subject: str, predicate: str, obj: str | None) -> str:
    words = " ".join([subject, predicate.replace("_", " "), *([obj] if obj else [])])
    prefix = {"asserts": "", "ends": "no longer: ", "retracts": "never: "}[kind]
    return prefix + words
