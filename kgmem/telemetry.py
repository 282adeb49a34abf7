"""OpenTelemetry spans and metrics of the steps, where ``opentelemetry-api`` is installed.

Each step is a span ``kgmem.STEP`` and a point of the histogram ``kgmem.step.duration``; what it
counts goes to the span and to counters. Where it all goes is up to the application: without an SDK
that it has configured, nowhere. No text, name or group is ever recorded.
"""

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from opentelemetry.metrics import Counter, Meter
    from opentelemetry.trace import Tracer

_P = ParamSpec("_P")
_R = TypeVar("_R")
_Seen = Callable[[dict[str, int]], None]


class Instruments:
    """Records steps.

    Args:
        tracer: Makes the spans.
        meter: Makes the metrics.
    """

    def __init__(self, tracer: "Tracer", meter: "Meter") -> None:
        self._tracer = tracer
        self._meter = meter
        self._seconds = meter.create_histogram("kgmem.step.duration", unit="s")
        self._counters: dict[str, Counter] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[_Seen]:
        """A step; call what it yields with what the step has counted."""
        from opentelemetry.trace import StatusCode

        started = time.perf_counter()
        attributes = {"kgmem.step": name}
        try:
            with self._tracer.start_as_current_span(
                f"kgmem.{name}",
                # Left to itself a span keeps what an error says, and that may quote what people said.
                record_exception=False,
                set_status_on_exception=False,
            ) as span:

                def seen(counts: dict[str, int]) -> None:
                    for what, count in counts.items():
                        span.set_attribute(f"kgmem.{what}", count)
                        self._counter(what).add(count, attributes)

                try:
                    yield seen
                except BaseException:
                    span.set_status(StatusCode.ERROR)
                    raise
        except BaseException as error:
            attributes = {**attributes, "error.type": type(error).__qualname__}
            raise
        finally:
            self._seconds.record(time.perf_counter() - started, attributes)

    def _counter(self, what: str) -> "Counter":
        if what not in self._counters:
            self._counters[what] = self._meter.create_counter(f"kgmem.{what}")
        return self._counters[what]


@functools.cache
def instruments() -> Instruments | None:
    """The instruments of this process; ``None`` where OpenTelemetry is not installed."""
    try:
        from opentelemetry import metrics, trace
    except ImportError:
        return None
    return Instruments(trace.get_tracer("kgmem"), metrics.get_meter("kgmem"))


def measured(
    step: str, **counts: Callable[[Any], int]
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Makes a function a step.

    Args:
        step: The step's name.
        **counts: What to count of its result.
    """

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        @functools.wraps(function)
        def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            known = instruments()
            if known is None:
                return function(*args, **kwargs)
            with known.step(step) as seen:
                result = function(*args, **kwargs)
                seen({what: count(result) for what, count in counts.items()})
            return result

        return call

    return decorate
