"""The workers of an ingest on Ray, on this machine or on a cluster.

They are those of `kgmem.ingest.ahead`, as actors: each loads its models once and notes what they
answer, so what is written is the same, to the id. One process writes; it begins no more sessions than
keep the actors busy, and waits for them in order.
"""

import os
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from kgmem.errors import ConfigurationError
from kgmem.ingest.ahead import Models, Notes, Session, Worker, Workers

_PATIENCE = 10.0
"""How long a cluster may take to answer, in seconds."""


@contextmanager
def working(
    jobs: int, models: Models, notes: Notes, *, address: str | None = None
) -> Iterator[Workers]:
    """Actors, for as long as they are wanted; Ray itself too, unless it runs already.

    Args:
        jobs: How many actors; each takes one CPU.
        models: What they extract and embed with.
        notes: What the writer's models answer from.
        address: The cluster, as for ``ray.init``: ``auto``, ``host:6379``, ``ray://host:10001``; Ray
            is started on this machine alone without one.

    Raises:
        ConfigurationError: Ray is not installed or not to be reached, has too few CPUs, or an
            extractor or embedder cannot go to another process.
    """
    ray = _ray()
    started = not ray.is_initialized()
    if started:
        _start(ray, jobs, address)
    try:
        cpus = int(ray.cluster_resources().get("CPU", 0))
        if cpus < jobs:
            raise ConfigurationError(
                f"this Ray has {cpus} CPUs, one for each job: use --jobs {cpus}"
            )
        actor = ray.remote(num_cpus=1)(Worker)
        try:
            queues = _Queues([actor.remote(models) for _ in range(jobs)])
        except TypeError as error:
            raise ConfigurationError(
                f"the extractor or embedder cannot go to another process ({error}): use the local "
                "runner with one job"
            ) from error
        yield Workers(queues.begin, ray.exceptions.RayActorError, notes)
    finally:
        if started:
            ray.shutdown()


class _Queues:
    """Gives each session to the actor with the fewest before it."""

    def __init__(self, actors: list[Any]) -> None:
        self._actors = actors
        self._waiting = Counter(dict.fromkeys(range(len(actors)), 0))

    def begin(self, session: Session) -> "Future[Notes]":
        place = min(self._waiting, key=lambda one: (self._waiting[one], one))
        self._waiting[place] += 1
        future: Future[Notes] = self._actors[place].rehearse.remote(session).future()
        future.add_done_callback(lambda _: self._waiting.subtract([place]))
        return future


def _ray() -> Any:
    """The package.

    Raises:
        ConfigurationError: It is not installed.
    """
    # It would report how it is used over the network.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as missing:
        raise ConfigurationError(
            "Ray is not installed: pip install 'kgmem[ray]', or use --runner local"
        ) from missing
    return ray


def _start(ray: Any, jobs: int, address: str | None) -> None:
    here = {"num_cpus": jobs, "include_dashboard": False}
    where: dict[str, Any] = {"address": address} if address else {"address": "local", **here}
    try:
        place = urlsplit(f"//{(address or '').removeprefix('ray://')}")
        if place.hostname and place.port:
            # Ray itself would look for minutes before it says that nobody answers.
            socket.create_connection((place.hostname, place.port), _PATIENCE).close()
        ray.init(**where, log_to_driver=False, logging_level="ERROR")
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigurationError(
            f"Ray cannot be reached at {address or 'this machine'} ({error}): see 'ray status', or use "
            "--runner local"
        ) from error
