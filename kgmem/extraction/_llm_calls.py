"""One call to a chat model: within a time limit, tried again, counted and cached."""

import contextvars
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, runtime_checkable

from pydantic import ValidationError

from kgmem.errors import ConfigurationError, ExtractionError
from kgmem.extraction._llm_caches import ReplyCache
from kgmem.extraction._llm_replies import ReplyT, joined
from kgmem.extraction.base import Tally

Prompt = Sequence[tuple[str, str]]
"""Messages as pairs of role and text, which LangChain takes as they are."""

_CHARACTERS_PER_TOKEN = 4
_LONGEST_WAIT = 30.0
_CUT_OFF = frozenset({"length", "max_tokens"})
_REMINDER = ("human", "That could not be read. Answer again, through the tool only, and in full.")


@runtime_checkable
class ChatModel(Protocol):
    """What is needed of a LangChain chat model."""

    def with_structured_output(self, schema: Any, *, include_raw: bool = False) -> Any:
        """The model, bound to answer with a schema."""
        ...


class UnusableReplyError(Exception):
    """The model answered, with nothing that can be used."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How a model is called.

    Attributes:
        attempts: How often at most.
        timeout: Seconds to wait for one answer; ``None`` waits for ever.
        sleep: Waits between attempts.
        places: As many as calls may run at once.
    """

    attempts: int
    timeout: float | None
    sleep: Callable[[float], None]
    places: threading.BoundedSemaphore


def name_of(model: ChatModel) -> str:
    """What a model is called: its class, and the name its provider knows it by."""
    names = (getattr(model, field, None) for field in ("model_name", "model", "model_id"))
    known = next((name for name in names if isinstance(name, str)), "")
    return f"{type(model).__name__}:{known}" if known else type(model).__name__


class Caller(Generic[ReplyT]):
    """Asks a model for one kind of reply.

    Args:
        model: The model.
        reply: What it answers with.
        limits: How it is called.
        cache: Where replies are kept.
        remedy: What to do where it gives none that can be used.
    """

    def __init__(
        self,
        model: ChatModel,
        reply: type[ReplyT],
        limits: Limits,
        cache: ReplyCache,
        remedy: str = "Run the same again",
    ) -> None:
        self._name = name_of(model)
        self._reply = reply
        self._schema = reply.model_json_schema()
        self._limits = limits
        self._cache = cache
        self._remedy = remedy
        try:
            self._model = model.with_structured_output(reply, include_raw=True)
        except NotImplementedError as error:
            raise ConfigurationError(
                f"{self._name} has no structured output: use a chat model that can call tools"
            ) from error

    def ask(self, prompt: Prompt, tally: Tally, *, hints: str = "") -> ReplyT:
        """The reply to a prompt, from the cache where it was given before.

        Args:
            prompt: What it is about, and the key that it is cached by.
            tally: Where the calls are counted.
            hints: What helps to answer, put before the last message. It depends on what else is
                known and is no part of the key: the same turns are asked about once.

        Raises:
            ExtractionError: No attempt brought a usable one; the last failure is its cause.
        """
        key = self._key(prompt)
        known = self._known(key)
        if known is not None:
            return known
        asked, attempts = _hinted(prompt, hints), 0
        while True:
            answer = self._asked(asked, tally)
            attempts += 1
            if not isinstance(answer, Exception):
                # Pure ASCII, since a reply may hold characters that UTF-8 has no form for.
                self._cache.put(key, json.dumps(answer.model_dump(), default=str))
                return answer
            # LangChain marks the errors that asking again cannot mend; what is unmarked may pass.
            if attempts == self._limits.attempts or not getattr(answer, "is_retryable", True):
                raise self._failure(answer, attempts) from answer
            self._limits.sleep(min(2.0 ** (attempts - 1), _LONGEST_WAIT))
            if isinstance(answer, UnusableReplyError):
                asked = [*_hinted(prompt, hints), _REMINDER]

    def _key(self, prompt: Prompt) -> str:
        content = [self._name, self._schema, [list(part) for part in prompt]]
        return sha256(json.dumps(content).encode()).hexdigest()

    def _known(self, key: str) -> ReplyT | None:
        cached = self._cache.get(key)
        if cached is None:
            return None
        try:
            return self._reply.model_validate(json.loads(cached))
        except ValueError:
            # A damaged entry is no entry; the reply that is asked for now takes its place.
            return None

    def _asked(self, prompt: Prompt, tally: Tally) -> ReplyT | Exception:
        with self._limits.places:
            tally.calls += 1
            answer = self._settled(list(prompt))
        if isinstance(answer, Exception):
            return answer
        if not isinstance(answer, dict):
            return UnusableReplyError(f"it answered with a {type(answer).__name__}")
        _count(prompt, answer.get("raw"), tally)
        return self._read(answer)

    def _settled(self, prompt: Prompt) -> Any:
        """The answer, or as a value the error that the model raised or that it came too late.

        Providers share no tree of errors, so LangChain itself hands them over. A call cannot be
        broken off: one that is late goes on in a thread that nobody waits for.
        """
        answers: SimpleQueue[Any] = SimpleQueue()
        run = contextvars.copy_context().run

        def call() -> None:
            answers.put(run(self._model.batch, [prompt], return_exceptions=True)[0])

        threading.Thread(target=call, name="kgmem model call", daemon=True).start()
        try:
            return answers.get(timeout=self._limits.timeout)
        except Empty:
            return TimeoutError(f"no answer within {self._limits.timeout:g} s")

    def _read(self, answer: dict[str, Any]) -> ReplyT | Exception:
        raw, parsed, problem = (answer.get(key) for key in ("raw", "parsed", "parsing_error"))
        if _is_cut_off(raw):
            return UnusableReplyError(
                "the reply was cut off at the model's limit of tokens: raise its max_tokens"
            )
        if isinstance(problem, Exception):
            return _unread(problem)
        if not isinstance(parsed, self._reply):
            return UnusableReplyError(_in_words(raw))
        calls = [c for c in _tool_calls(raw) if c["name"] == self._reply.__name__]
        try:
            more = [self._reply.model_validate(call["args"]) for call in calls[1:]]
        except ValidationError as error:
            return _unread(error)
        return joined([parsed, *more])

    def _failure(self, error: Exception, attempts: int) -> ExtractionError:
        times = "once" if attempts == 1 else f"{attempts} times"
        reason = _short(error)
        if not isinstance(error, UnusableReplyError):
            reason = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
        return ExtractionError(
            f"{self._name} was asked {times} and gave no usable reply; at last, {reason}. "
            f"{self._remedy}"
        )


def _hinted(prompt: Prompt, hints: str) -> Prompt:
    *others, (role, text) = prompt
    return [*others, (role, hints + text)]


def _unread(problem: Exception) -> UnusableReplyError:
    error = UnusableReplyError(f"the reply does not fit ({_short(problem)})")
    error.__cause__ = problem
    return error


def _tool_calls(raw: Any) -> Sequence[Any]:
    return getattr(raw, "tool_calls", None) or ()


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _count(prompt: Prompt, raw: Any, tally: Tally) -> None:
    usage = getattr(raw, "usage_metadata", None)
    if usage:
        tally.input_tokens += usage.get("input_tokens", 0)
        tally.output_tokens += usage.get("output_tokens", 0)
        return
    said = (getattr(raw, "content", ""), [call["args"] for call in _tool_calls(raw)])
    asked = sum(len(text) for _, text in prompt) // _CHARACTERS_PER_TOKEN
    answered = sum(len(str(part)) for part in said if part) // _CHARACTERS_PER_TOKEN
    tally.input_tokens += asked
    tally.output_tokens += answered
    tally.estimated += asked + answered


def _is_cut_off(raw: Any) -> bool:
    told = getattr(raw, "response_metadata", None) or {}
    reasons = (told.get(key) for key in ("finish_reason", "stop_reason", "done_reason"))
    return any(str(reason).lower() in _CUT_OFF for reason in reasons)


def _in_words(raw: Any) -> str:
    """What is wrong with a message that holds no reply: a refusal, words, or nothing."""
    refusal = (getattr(raw, "additional_kwargs", None) or {}).get("refusal")
    words = " ".join(str(refusal or getattr(raw, "content", None) or "").split())
    return f"it answered in words: {words[:120]!r}" if words else "the reply was empty"
