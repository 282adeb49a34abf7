"""Extraction with a language model: any LangChain chat model, one call a window.

The transcript goes in as data, the reply comes back as a checked structure. A reply that cannot be
used is asked for again, then the window is reported as failed; its turns are kept.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import BoundedSemaphore

from kgmem.errors import ConfigurationError
from kgmem.extraction._llm_caches import FileCache, MemoryCache, ReplyCache
from kgmem.extraction._llm_calls import Caller, ChatModel, Limits
from kgmem.extraction._llm_drafts import Window, drafts_of, endings_of, links_of, proposals_of
from kgmem.extraction._llm_prompts import (
    LOOK_BACK,
    adjudication_prompt,
    extraction_prompt,
    hints,
    identification_prompt,
    portions,
    summary_prompt,
    unescaped,
)
from kgmem.extraction._llm_replies import EndedFacts, SameNames, Sentences, StatedFacts
from kgmem.extraction.base import Context, Doubt, NameDoubt, Tally
from kgmem.models import ClaimDraft, Episode
from kgmem.results import Skipped
from kgmem.schema import Schema

__all__ = ["ChatModel", "FileCache", "LLMExtractor", "MemoryCache", "ReplyCache"]

_MOST_CANDIDATES = 60
_RETRY = "The turns are kept: 'kgmem retry' asks again for what they say"


class LLMExtractor:
    """An `Extractor`, `Adjudicator` and `Summarizer` that asks a chat model. Threads may share one.

    Args:
        model: A LangChain chat model, or ``"provider:model"``.
        schema: The predicates to suggest; the shipped vocabulary by default.
        attempts: How often a window is asked about before it counts as failed.
        timeout: Seconds to wait for one answer; ``None`` waits for ever. A late call is given up, but
            runs on: give the model a timeout of its own too, so that the provider stops it.
        max_concurrency: How many calls may run at once.
        cache: Where replies are kept, so that the same turns are asked about once; the latest ones in
            memory by default. ``FileCache(folder)`` keeps them across processes.
        sleep: Waits between attempts, 1 s and twice as long each time.

    Raises:
        ConfigurationError: The model, its package or an option does not fit.
    """

    def __init__(  # noqa: PLR0913 - its options, by name
        self,
        model: ChatModel | str,
        *,
        schema: Schema | None = None,
        attempts: int = 2,
        timeout: float | None = 60.0,
        max_concurrency: int = 4,
        cache: ReplyCache | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if attempts < 1 or max_concurrency < 1 or (timeout is not None and timeout <= 0):
            raise ConfigurationError(
                f"attempts={attempts!r}, max_concurrency={max_concurrency!r}, timeout={timeout!r}: "
                "give numbers greater than 0 (timeout=None waits for ever)"
            )
        chat = chat_model(model) if isinstance(model, str) else model
        if not isinstance(chat, ChatModel):
            raise ConfigurationError(
                f"{type(chat).__name__} is no chat model: use a LangChain chat model or "
                "'provider:model'"
            )
        limits = Limits(attempts, timeout, sleep, BoundedSemaphore(max_concurrency))
        cache = MemoryCache() if cache is None else cache
        self.schema = schema or Schema.default()
        self.max_concurrency = max_concurrency
        self._facts = Caller(chat, StatedFacts, limits, cache, _RETRY)
        self._endings = Caller(chat, EndedFacts, limits, cache, _RETRY)
        self._names = Caller(chat, SameNames, limits, cache)
        self._sentences = Caller(chat, Sentences, limits, cache)

    def extract(self, episodes: Sequence[Episode], context: Context) -> list[ClaimDraft]:
        """The claims that the turns state, in one call for 20 turns of usual length.

        Raises:
            ExtractionError: The model gave no usable reply.
        """
        drafts: list[ClaimDraft] = []
        previous = context.previous[-LOOK_BACK:]
        for turns in portions(episodes):
            prompt = extraction_prompt(turns, previous, context.timezone)
            reply = self._facts.ask(prompt, context.tally, hints=hints(turns, context, self.schema))
            stated = list(drafts_of(reply.facts, Window(turns, previous, context)))
            context.tally.proposals += proposals_of(reply.predicates or (), stated, self.schema)
            drafts += stated
            previous = turns[-LOOK_BACK:]
        return list(dict.fromkeys(drafts))

    def adjudicate(self, doubts: Sequence[Doubt], tally: Tally) -> list[ClaimDraft]:
        """An ``ends`` draft for each fact that a new claim has ended, in one call for all doubts.

        More than 60 candidates are too many for one call; the facts after them go on, and the tally
        says so.

        Raises:
            ExtractionError: The model gave no usable reply.
        """
        asked, room = [], _MOST_CANDIDATES
        for doubt in doubts:
            candidates = doubt.candidates[:room]
            room -= len(candidates)
            for fact in doubt.candidates[len(candidates) :]:
                reason = (
                    f"nobody was asked whether it ended: over {_MOST_CANDIDATES} facts for a call"
                )
                tally.skipped.append(Skipped(what=fact.text, reason=reason))
            if candidates:
                asked.append(replace(doubt, candidates=candidates))
        if not asked:
            return []
        reply = self._endings.ask(adjudication_prompt(asked), tally)
        return list(dict.fromkeys(endings_of(reply.ended, asked, tally)))

    def identify(self, doubts: Sequence[NameDoubt], tally: Tally) -> list[ClaimDraft]:
        """A link for each pair of names that is one entity, in one call.

        Raises:
            ExtractionError: The model gave no usable reply.
        """
        reply = self._names.ask(identification_prompt(doubts), tally)
        return list(links_of(reply.same, doubts, tally))

    def summarize(self, facts: Sequence[str], tally: Tally) -> str:
        """What facts say together, in a few sentences; one call.

        Raises:
            ExtractionError: The model gave no usable reply.
        """
        reply = self._sentences.ask(summary_prompt(facts), tally)
        return " ".join(unescaped(str(one)).strip() for one in reply.sentences)


def foreseen(episodes: Sequence[Episode], context: Context) -> Tally:
    """What it takes at least to ask a model about turns: calls, and the tokens to send.

    Left out are replies, hints (a fifth of the transcript at most) and the one call that may ask
    what has ended.
    """
    tally, previous = Tally(), context.previous[-LOOK_BACK:]
    for turns in portions(episodes):
        prompt = extraction_prompt(turns, previous, context.timezone)
        tally.calls += 1
        tally.input_tokens += sum(len(text) for _, text in prompt) // 4
        previous = turns[-LOOK_BACK:]
    tally.estimated = tally.input_tokens
    return tally


def chat_model(name: str) -> ChatModel:
    """The LangChain chat model that ``"provider:model"`` names.

    Raises:
        ConfigurationError: A package is missing, or the provider is unknown or refuses the model.
    """
    try:
        from langchain.chat_models import init_chat_model
    except ImportError as error:
        raise ConfigurationError(
            f"{name!r} needs LangChain: pip install 'kgmem[langchain]' and the provider's package, "
            "such as langchain-openai"
        ) from error
    try:
        model: ChatModel = init_chat_model(name)
    except (ImportError, ValueError) as error:
        problem = str(error).split("\n\n", 1)[0]
        raise ConfigurationError(
            f"{name!r} is no chat model that can be used here: {problem}"
        ) from error
    return model
