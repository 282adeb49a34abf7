"""Mem0's memories from a JSON file, as episodes and claims.

The file holds what ``get_all`` returns or an export of the same: a list of memories, or an object with
``results`` or ``memories`` and, from releases with a graph, ``relations``. A memory is a sentence, so it
becomes an episode, recorded when Mem0 wrote it, and the extractor finds the facts in it. Relations are
facts already.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from kgmem.errors import InvalidInputError, NotFoundError
from kgmem.ingest.importing import Imported, Importer
from kgmem.memory import Memory
from kgmem.models import Claim, ClaimDraft, Episode, Message
from kgmem.when import aware
from kgmem.windows import WINDOW, windows_a_commit

SESSION = "mem0"
"""The session of memories without a ``run_id``."""

_REMEDY = (
    'kgmem reads JSON such as {"results": [{"id": "1", "memory": "Lives in Berlin", '
    '"user_id": "ada", "created_at": "2024-05-01T10:00:00Z"}]}'
)
_Item = Mapping[str, Any]
# Both times of a memory that was never changed can differ by the time that it took to write it.
_SLACK = timedelta(seconds=1)


def import_mem0(path: Path, memory: Memory, *, user_id: str | None = None) -> Imported:
    """Takes an export of Mem0 into a memory; doing it again adds what has come since.

    Args:
        path: The file.
        memory: Where it goes; its extractor reads the texts.
        user_id: Whose memories; needed where the file holds those of several users.

    Raises:
        InvalidInputError: The file cannot be read, or holds several users and none is named.
        NotFoundError: It holds nothing of the user.
    """
    items, relations = _read(path)
    users = sorted({str(item["user_id"]) for item in items if item.get("user_id")})
    if user_id is None and len(users) > 1:
        raise InvalidInputError(
            f"{str(path)!r} holds memories of {len(users)} users: name one with user_id= "
            f"(--user-id), such as {users[0]!r} or {users[1]!r}"
        )
    if user_id is not None and user_id not in users:
        raise NotFoundError(
            f"{str(path)!r} holds no memories of {user_id!r}: use one of {', '.join(users) or 'none'}"
        )
    chosen = [item for item in items if user_id in (None, str(item.get("user_id")))]
    importer = Importer(memory)
    episodes = [e for item in chosen if (e := _episode(item, importer)) is not None]
    episodes.sort(key=lambda episode: (episode.session, episode.occurred_at, episode.id))
    # As in `kgmem ingest`: what a model was asked before a crash is not asked again.
    step = WINDOW * windows_a_commit(memory.parts.extractor)
    for _, run in groupby(episodes, key=lambda episode: episode.session):
        turns = list(run)
        for start in range(0, len(turns), step):
            importer.write(turns[start : start + step], [], extract=True)
    since = min((episode.occurred_at for episode in episodes), default=None)
    if len(users) > 1:
        # They may tell of others: one user's group must not learn that.
        for relation in relations:
            importer.lose("relation in a file of several users: nothing says whose", str(relation))
        relations = []
    importer.write([], _relations(relations, since, importer))
    return importer.done()


def _read(path: Path) -> tuple[list[_Item], list[_Item]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidInputError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{str(path)!r} is not JSON ({error}): {_REMEDY}") from error
    found = content if isinstance(content, dict) else {"results": content}
    parts = (found.get("results", found.get("memories")), found.get("relations") or [])
    for part in parts:
        if not isinstance(part, list) or not all(isinstance(item, dict) for item in part):
            raise InvalidInputError(f"{str(path)!r} holds no list of memories: {_REMEDY}")
    items, relations = parts
    return items or [], relations


def _episode(item: _Item, importer: Importer) -> Episode | None:
    """The episode of a memory: of its last text, which is the only one that an export has."""
    importer.read_episodes += 1
    name, text = str(item.get("id") or ""), str(item.get("memory") or "")
    created, updated = (_moment(item.get(key)) for key in ("created_at", "updated_at"))
    said_at = updated or created
    if not name or said_at is None:
        importer.lose("memory without an id or a date", name or text)
        return None
    if changed := created is not None and updated is not None and updated - created > _SLACK:
        importer.lose("earlier text of a memory that was changed", name)
    for key in ("metadata", "categories", "expiration_date"):
        if item.get(key):
            importer.lose(f"{key} of a memory", name)
    speaker = item.get("actor_id") or item.get("user_id")
    message = Message(
        text=text,
        speaker=speaker and str(speaker),
        occurred_at=said_at,
        # Episodes are immutable: a text that was changed since is another one.
        id=f"{name} of {said_at.isoformat()}" if changed else name,
        source="mem0",
        source_kind="agent" if item.get("role") == "assistant" else "user",
    )
    return importer.episode(message, str(item.get("run_id") or SESSION), said_at)


def _relations(
    relations: Sequence[_Item], since: datetime | None, importer: Importer
) -> list[Claim]:
    """The claims of a graph's relations, which have no dates."""
    claims = []
    for relation in relations:
        importer.read_facts += 1
        ends = [str(relation.get(key) or "") for key in ("source", "relationship")]
        target = str(relation.get("target") or relation.get("destination") or "")
        if since is None:
            importer.lose("relation in a file without any date", " ".join((*ends, target)))
            continue
        importer.lose(
            "date of a relation: it holds since the first memory", " ".join((*ends, target))
        )
        draft = ClaimDraft(
            kind="asserts", subject=ends[0], predicate=ends[1], object=target, said_at=since
        )
        if (claim := importer.claim(draft, since)) is not None:
            importer.expect(claim, None)
            claims.append(claim)
    return claims


def _moment(value: object) -> datetime | None:
    """A time of the file; those without an offset are UTC."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment and aware(moment, UTC)
