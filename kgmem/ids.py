"""Normal forms and deterministic ids: the same content in the same group is the same record."""

import json
import re
import unicodedata
from datetime import datetime
from functools import lru_cache
from uuid import UUID, uuid5

_KGMEM = UUID("5ab8c2c6-7f0f-5d0b-9a53-6d1f0a6e4b10")
_SPACE = re.compile(r"\s+")


@lru_cache(maxsize=65536)
def normal_form(name: str) -> str:
    """The key of a mention: compatibility-composed (NFKC), case-folded, white space collapsed.

    Accents stay, so that ``Jiménez`` and any script keep their letters.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return _SPACE.sub(" ", folded).strip()


@lru_cache(maxsize=1024)
def _namespace(group: str) -> UUID:
    return uuid5(_KGMEM, group)


def record_id(group: str, kind: str, *content: str | datetime | int | None) -> str:
    """UUIDv5 (RFC 9562) of a group, a kind of record and its content key."""
    parts = [part.isoformat() if isinstance(part, datetime) else part for part in content]
    return str(uuid5(_namespace(group), json.dumps([kind, *parts])))


def episode_id(group: str, session: str, message_id: str) -> str:
    """The id of the episode that a message with an id of its own becomes in a session."""
    return record_id(group, "episode", session, message_id)


@lru_cache(maxsize=65536)
def entity_id(group: str, name: str) -> str:
    """The id of the entity that a name stands for in a group."""
    return record_id(group, "entity", normal_form(name))
