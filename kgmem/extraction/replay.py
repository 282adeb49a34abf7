"""Extraction that somebody did before, played back: so retrieval is measured alone, and for free."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kgmem.errors import ConfigurationError, InvalidInputError
from kgmem.extraction._replay_phrases import noun_phrase
from kgmem.extraction.base import Context
from kgmem.ids import normal_form
from kgmem.models import Claim, ClaimDraft, Episode
from kgmem.results import Skipped
from kgmem.text import checked

_LONGEST_NAME = 1_000
_PARTS = 3
_TURN = re.compile(r"D:?\s*(\d+)\s*:\s*(\d+)", re.IGNORECASE)


class OpenIEReplay:
    """Plays back the triples of OpenIE files as HippoRAG writes them.

    An item belongs to the episode whose text is its passage, with or without the title before it; a
    triple (subject, predicate, object) is asserted there.

    Args:
        source: A JSON file, or what is in it: a list of ``{"title", "text", "extracted_triples"}``, or
            ``{"docs": [{"passage", "extracted_triples"}]}``.

    Attributes:
        malformed: Items and triples that cannot be played back, and why.
        unknown: Ids of the episodes met so far that no item is about.

    Raises:
        ConfigurationError: The source is not in this form.
    """

    def __init__(self, source: str | Path | Sequence[Any] | Mapping[str, Any]) -> None:
        items = _loaded(source)
        if isinstance(items, Mapping):
            items = items.get("docs")
        self.malformed: list[Skipped] = []
        self.unknown: set[str] = set()
        self._triples: dict[str, list[tuple[str, str, str]]] = {}
        self._titles: dict[str, str] = {}
        for item in _listed(items, "passages with 'text' and 'extracted_triples'"):
            self._read(item)
        self._unmet = set(self._triples)

    @property
    def unmatched(self) -> tuple[str, ...]:
        """The titles, or beginnings, of passages that no episode has been met for."""
        return tuple(sorted(self._titles[passage] for passage in self._unmet))

    def extract(self, episodes: Sequence[Episode], context: Context) -> list[ClaimDraft]:
        """See `kgmem.extraction.base.Extractor`."""
        del context
        drafts = []
        for episode in episodes:
            passage = self._passage(episode.text)
            if passage is None:
                self.unknown.add(episode.id)
                continue
            self._unmet.discard(passage)
            drafts += [
                Claim.asserts(subject, predicate, obj, episode=episode.id)
                for subject, predicate, obj in self._triples[passage]
            ]
        return drafts

    def _passage(self, text: str) -> str | None:
        """The key of a text: as it is, else without its first line, which may be the title."""
        forms = (normal_form(text), normal_form(text.partition("\n")[2]))
        return next((form for form in forms if form in self._triples), None)

    def _read(self, item: Any) -> None:
        text = item.get("text", item.get("passage")) if isinstance(item, Mapping) else None
        if not isinstance(text, str) or not text.strip():
            self.malformed.append(Skipped(what=_shown(item), reason="it has no passage"))
            return
        passage = normal_form(text)
        self._titles[passage] = str(item.get("title") or text[:60])
        triples = item.get("extracted_triples") or []
        known = self._triples.setdefault(passage, [])
        for triple in triples if isinstance(triples, list) else [triples]:
            parts = _triple(triple)
            if parts is None:
                reason = "it is no triple of three texts"
                self.malformed.append(Skipped(what=_shown(triple), reason=reason))
            elif parts not in known:
                known.append(parts)


class ObservationReplay:
    """Plays back the ``observation`` lists of LoCoMo.

    An observation is a sentence about a speaker that names the turns it is seen in. It is asserted in
    each of them, of the speaker, with a short phrase of the sentence as object.

    Args:
        source: A LoCoMo file, a conversation of it, the list of them, or one ``observation``.
        conversation: The ``sample_id``, where the source holds several: their turns share ids.

    Attributes:
        malformed: Observations that cannot be played back, and why.

    Raises:
        ConfigurationError: The source is not in this form, or holds several conversations.
    """

    predicate = "has_observation"

    def __init__(
        self,
        source: str | Path | Sequence[Any] | Mapping[str, Any],
        *,
        conversation: str | None = None,
    ) -> None:
        self.malformed: list[Skipped] = []
        self._said: dict[str, list[tuple[str, str]]] = defaultdict(list)
        chosen = _conversation(_loaded(source), conversation)
        sessions = chosen.get("observation", chosen)
        if not isinstance(sessions, Mapping):
            raise ConfigurationError(
                "'observation' is no object: give LoCoMo's, by session and speaker"
            )
        for name, speakers in sessions.items():
            self._read_session(str(name), speakers)
        self._unmet = set(self._said)

    @property
    def unmatched(self) -> tuple[str, ...]:
        """The ids of turns that observations name and that have not been met."""
        return tuple(sorted(self._unmet))

    def extract(self, episodes: Sequence[Episode], context: Context) -> list[ClaimDraft]:
        """See `kgmem.extraction.base.Extractor`."""
        del context
        drafts = []
        for episode in episodes:
            for turn in _turns(episode.message_id):
                self._unmet.discard(turn)
                drafts += [
                    Claim.asserts(
                        speaker,
                        self.predicate,
                        noun_phrase(text, speaker),
                        text=text,
                        episode=episode.id,
                        subject_type="person",
                    )
                    for speaker, text in self._said.get(turn, ())
                ]
        return drafts

    def _read_session(self, name: str, speakers: Any) -> None:
        if not isinstance(speakers, Mapping):
            self.malformed.append(Skipped(what=name, reason="it has no speakers"))
            return
        for speaker, observations in speakers.items():
            for observation in observations if isinstance(observations, list) else [observations]:
                self._read(speaker, observation)

    def _read(self, speaker: Any, observation: Any) -> None:
        match observation:
            case [str() as text, where] if text.strip() and _is_name(speaker):
                turns = dict.fromkeys(_turns(where))
            case _:
                reason = "it is no pair of a sentence and its turns"
                self.malformed.append(Skipped(what=_shown(observation), reason=reason))
                return
        if not turns:
            self.malformed.append(Skipped(what=text, reason=f"{_shown(where)} names no turn"))
        for turn in turns:
            self._said[turn].append((speaker.strip(), text.strip()))


def _loaded(source: Any) -> Any:
    if not isinstance(source, str | Path):
        return source
    try:
        return json.loads(Path(source).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"nothing can be played back from {str(source)!r} ({error}): give a JSON file"
        ) from error


def _listed(items: Any, what: str) -> Iterable[Any]:
    if isinstance(items, Sequence) and not isinstance(items, str):
        return items
    raise ConfigurationError(f"{_shown(items)} is no list: give {what}")


def _conversation(source: Any, wanted: str | None) -> Mapping[str, Any]:
    found = [source] if isinstance(source, Mapping) else list(_listed(source, "conversations"))
    if wanted is not None:
        found = [c for c in found if isinstance(c, Mapping) and c.get("sample_id") == wanted]
    if len(found) != 1 or not isinstance(found[0], Mapping):
        raise ConfigurationError(
            f"{len(found)} conversations fit conversation={wanted!r}: name one by its sample_id"
        )
    return found[0]


def _turns(where: Any) -> Iterator[str]:
    """The ids of turns in whatever they are written in: ``D8:6; D9:17``, ``D:11:26``, lists of them."""
    if isinstance(where, list):
        for part in where:
            yield from _turns(part)
    elif isinstance(where, str):
        for session, turn in _TURN.findall(where):
            yield f"D{int(session)}:{int(turn)}"


def _triple(value: Any) -> tuple[str, str, str] | None:
    if not isinstance(value, list | tuple) or len(value) != _PARTS or not all(map(_is_name, value)):
        return None
    subject, predicate, obj = (part.strip() for part in value)
    return subject, predicate, obj


def _is_name(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(checked(value, "a name", longest=_LONGEST_NAME))
    except InvalidInputError:
        return False


def _shown(value: Any) -> str:
    return repr(value)[:80]
