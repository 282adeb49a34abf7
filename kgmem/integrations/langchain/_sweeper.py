"""What comes round: a thread that sweeps until it is told to stop."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future

from kgmem.errors import KgmemError

_log = logging.getLogger(__name__)


class Sweeper:
    """Calls a function again and again in a thread of its own.

    Args:
        sweep: The function; where it raises a `kgmem.KgmemError`, that is logged and it is called
            again when its time comes.
    """

    def __init__(self, sweep: Callable[[], int]) -> None:
        self._sweep = sweep
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._done: Future[None] = Future()

    def start(self, minutes: float) -> Future[None]:
        """Starts it, unless it runs; cancel the future or call `stop` to end it."""
        if self._thread is None or not self._thread.is_alive():
            self._stop = stop = threading.Event()
            done: Future[None] = Future()
            self._done = done
            done.add_done_callback(lambda _: stop.set())
            self._thread = threading.Thread(
                target=self._run, args=(minutes * 60, stop, done), name="kgmem-ttl", daemon=True
            )
            self._thread.start()
        return self._done

    def _run(self, seconds: float, stop: threading.Event, done: Future[None]) -> None:
        while not stop.wait(seconds):
            try:
                self._sweep()
            except KgmemError:
                _log.exception("a sweep of expired items failed; the next is in %s s", seconds)
        if not done.done():
            done.set_result(None)

    def stop(self, timeout: float | None = None) -> bool:
        """Ends it; false where it still ran after so many seconds."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout)
        return self._thread is None or not self._thread.is_alive()
