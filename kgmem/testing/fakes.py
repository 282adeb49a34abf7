"""Fakes that behave: deterministic, without a model or a network."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel, ValidationError

from kgmem.extraction.base import Context
from kgmem.models import ClaimDraft, Episode

_WORD = re.compile(r"\w+")


class HashEmbedder:
    """Embeddings of a bag of hashed words: texts that share words are near.

    Args:
        dimension: The length of the vectors.
    """

    model = "hashed words"

    def __init__(self, dimension: int = 64) -> None:
        self.dimension = dimension

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        vector = [0.0] * self.dimension
        for word in _WORD.findall(text.casefold()) or [text]:
            digest = blake2b(word.encode("utf-8", "replace"), digest_size=8).digest()
            vector[int.from_bytes(digest, "big") % self.dimension] += 1.0
        return vector


class SteppingClock:
    """A clock that goes on by one step whenever it is read.

    Args:
        start: What it shows first.
        step: How far it goes; zero for a clock that stands still.
    """

    def __init__(
        self,
        start: datetime = datetime(2030, 1, 1, tzinfo=UTC),
        step: timedelta = timedelta(seconds=1),
    ) -> None:
        self.now = start
        self.step = step

    def __call__(self) -> datetime:
        """What it shows, before it goes on."""
        shown = self.now
        self.now += self.step
        return shown


class ScriptedExtractor:
    """Returns the drafts that a function gives for each episode, with the episode's id filled in.

    Args:
        script: The drafts of one episode.
    """

    def __init__(self, script: Callable[[Episode], Sequence[ClaimDraft]]) -> None:
        self._script = script

    def extract(self, episodes: Sequence[Episode], context: Context) -> list[ClaimDraft]:
        """See `kgmem.extraction.base.Extractor`."""
        del context
        return [
            draft.model_copy(update={"episode": episode.id})
            for episode in episodes
            for draft in self._script(episode)
        ]


class ScriptedModel:
    """A chat model with structured output that answers what a function says, without LangChain.

    Args:
        script: The reply to a prompt, given the name of the reply that is asked for
            (``StatedFacts``, ``EndedFacts`` or ``SameNames``) and what is said between its tags. What it raises
            counts as an error of the provider.
        usage: The tokens that it reports as sent and answered with each reply; none by default.

    Attributes:
        prompts: The messages of every call, as pairs of role and text.
    """

    model_name = "scripted"

    def __init__(
        self,
        script: Callable[[str, str], Mapping[str, Any]],
        *,
        usage: tuple[int, int] | None = None,
    ) -> None:
        self._script = script
        self._usage = usage
        self.prompts: list[Sequence[tuple[str, str]]] = []

    def with_structured_output(
        self, schema: type[BaseModel], *, include_raw: bool = False
    ) -> "_Answering":
        """The model, bound to answer with a schema."""
        del include_raw
        return _Answering(self, schema)


class _Answering:
    def __init__(self, model: ScriptedModel, schema: type[BaseModel]) -> None:
        self._model = model
        self._schema = schema

    def batch(
        self, prompts: Sequence[Sequence[tuple[str, str]]], *, return_exceptions: bool = False
    ) -> list[Any]:
        """The answers in LangChain's form: the raw message, what was read of it, or why it was not."""
        return [self._answer(prompt, return_exceptions) for prompt in prompts]

    def _answer(self, prompt: Sequence[tuple[str, str]], return_exceptions: bool) -> Any:
        self._model.prompts.append(prompt)
        try:
            reply = self._model._script(self._schema.__name__, prompt[1][1])
        except Exception as error:
            if return_exceptions:
                return error
            raise
        counts = dict(
            zip(("input_tokens", "output_tokens"), self._model._usage or (), strict=False)
        )
        answer: dict[str, Any] = {
            "raw": SimpleNamespace(content=json.dumps(reply), usage_metadata=counts)
        }
        try:
            return answer | {"parsed": self._schema.model_validate(reply), "parsing_error": None}
        except ValidationError as error:
            return answer | {"parsed": None, "parsing_error": error}
