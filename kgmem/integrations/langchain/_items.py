"""Items of a LangGraph store as records of a group: names, texts, conditions. Pure.

The item ``("users", "ada"), "home"`` is the entity ``store:users.ada..home``. Each put is an episode
of the session ``store:users.ada.`` with the value as JSON (a delete with ``null``) and states one
claim: that the item's ``the_stored_value`` is that value. The predicate's name makes it single under
every schema.
"""

import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from itertools import takewhile
from typing import Any, TypeGuard

from langgraph.store.base import Item, MatchCondition, SearchItem, get_text_at_path

from kgmem.errors import InvalidInputError
from kgmem.ids import episode_id, normal_form
from kgmem.models import Episode, Fact, Message

PREDICATE = "the_stored_value"
_SESSIONS = "store:"
_LONGEST_PLAIN = 200
_RECORD = re.compile(r"/\+?\d+$")

Test = Callable[[Any], bool]


def session_of(namespace: Sequence[str]) -> str:
    """The session of a namespace; it starts like that of every namespace above."""
    return _SESSIONS + "".join(f"{label}." for label in namespace)


def namespace_of(session: str) -> tuple[str, ...]:
    """The namespace of a session."""
    return tuple(session.removeprefix(_SESSIONS).removesuffix(".").split("."))


def item_name(namespace: Sequence[str], key: str) -> str:
    """The name of an item's entity; no label is empty or holds a dot, so no two items share one."""
    return named(f"{session_of(namespace)}.{key}")


def named(text: str) -> str:
    """The name of the entity that stands for exactly this text.

    Entities whose names have one normal form are one; items and values whose texts differ are not.
    So what is not its own normal form, or is long, is told apart by a digest.
    """
    if normal_form(text) == text and "#" not in text and len(text) <= _LONGEST_PLAIN:
        return text
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return f"{text[:_LONGEST_PLAIN]} #{digest}"


def json_of(value: Mapping[str, Any] | None) -> str:
    """The text of a value; the same for equal values.

    Raises:
        InvalidInputError: It cannot be said in JSON.
    """
    try:
        return json.dumps(
            None if value is None else dict(value), sort_keys=True, ensure_ascii=False
        )
    except (TypeError, ValueError) as error:
        raise InvalidInputError(
            f"a stored value is JSON, an object with text for keys: {error}; convert it first"
        ) from error


def texts_of(value: Mapping[str, Any] | None, paths: Sequence[str]) -> list[str]:
    """The texts that an item is found by, each once."""
    found = (text for path in paths for text in get_text_at_path(value, path))
    return [text for text in dict.fromkeys(found) if text.strip()]


def messages_of(key: str, text: str, found_by: Sequence[str], at: datetime) -> list[Message]:
    """The record of a put, and the texts it is found by where those are others.

    How many there are stands in the record's id, with a ``+`` where the record is one of them.
    """
    others = [words for words in found_by if words != text]
    whole = "+" if len(others) < len(found_by) else ""
    name = f"{key}@{at.isoformat()}/{whole}{len(others)}"
    named_texts = {name: text} | {_part(name, n): words for n, words in enumerate(others)}
    return [
        Message(text=words, id=id_, source=key, occurred_at=at, source_kind="agent")
        for id_, words in named_texts.items()
    ]


def _part(record: str, number: int) -> str:
    return f"{record}#{number}"


def is_record(episode: Episode | None) -> TypeGuard[Episode]:
    """Whether an episode is the record of a put."""
    return (
        episode is not None
        and episode.session.startswith(_SESSIONS)
        and episode.source is not None
        and _RECORD.search(episode.message_id or "") is not None
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """An item as the memory holds it.

    Attributes:
        fact: That it has its value.
        record: The episode of the last put.
    """

    fact: Fact
    record: Episode

    @property
    def namespace(self) -> tuple[str, ...]:
        """Where it is."""
        return namespace_of(self.record.session)

    @property
    def value(self) -> dict[str, Any]:
        """What was put."""
        value: dict[str, Any] = json.loads(self.record.text)
        return value

    @property
    def found_by(self) -> list[str]:
        """The ids of the episodes whose vectors it is found by."""
        record = self.record
        name = record.message_id or ""
        count = name.rpartition("/")[2]
        parts = [
            episode_id(record.group, record.session, _part(name, n)) for n in range(int(count))
        ]
        return [record.id, *parts] if count.startswith("+") else parts

    def item(self) -> Item:
        """As LangGraph gets it."""
        return Item(**self._fields())

    def found(self, score: float | None) -> SearchItem:
        """As LangGraph finds it."""
        return SearchItem(**self._fields(), score=score)

    def _fields(self) -> dict[str, Any]:
        return {
            "namespace": self.namespace,
            "key": self.record.source,
            "value": self.value,
            "created_at": self.fact.valid_at,
            "updated_at": self.record.occurred_at,
        }


def condition(wanted: object) -> Test:
    """What a filter asks of a value.

    Raises:
        ValueError: It names an operator that there is not.
    """
    if isinstance(wanted, Mapping):
        if any(str(name).startswith("$") for name in wanted):
            tests = [_operator(str(name), value) for name, value in wanted.items()]
            return lambda found: all(test(found) for test in tests)
        parts = {name: condition(value) for name, value in wanted.items()}
        return lambda found: (
            isinstance(found, Mapping)
            and all(test(found.get(name)) for name, test in parts.items())
        )
    if isinstance(wanted, list | tuple):
        places = [condition(value) for value in wanted]
        return lambda found: (
            isinstance(found, list)
            and len(found) == len(places)
            and all(test(value) for test, value in zip(places, found, strict=True))
        )
    return lambda found: bool(found == wanted)


_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


def _operator(name: str, wanted: object) -> Test:
    if name == "$eq":
        return lambda found: bool(found == wanted)
    if name == "$ne":
        return lambda found: bool(found != wanted)
    if name in _ORDER:
        compare = _ORDER[name]
        return lambda found: _comparable(found, wanted) and compare(found, wanted)
    raise ValueError(f"Unsupported operator: {name!r}; use $eq, $ne, $gt, $gte, $lt or $lte")


def _comparable(one: object, other: object) -> bool:
    """Numbers with numbers and texts with texts; nothing else has an order."""
    return any(isinstance(one, kind) and isinstance(other, kind) for kind in (int | float, str))


def shared_prefix(conditions: Sequence[MatchCondition]) -> tuple[str, ...]:
    """Labels that every namespace begins with which fulfills the conditions."""
    paths = (asked.path for asked in conditions if asked.match_type == "prefix")
    plain = (tuple(takewhile(lambda label: label != "*", path)) for path in paths)
    return max(plain, key=len, default=())


def matches(asked: MatchCondition, namespace: Sequence[str]) -> bool:
    """Whether a namespace starts or ends like a path; ``*`` stands for one label.

    Raises:
        ValueError: The condition is neither.
    """
    if asked.match_type not in ("prefix", "suffix"):
        raise ValueError(f"Unsupported match type: {asked.match_type!r}; use prefix or suffix")
    path, labels = list(asked.path), list(namespace)
    if asked.match_type == "suffix":
        path, labels = path[::-1], labels[::-1]
    return len(path) <= len(labels) and all(
        wanted in ("*", label) for wanted, label in zip(path, labels, strict=False)
    )
