"""What the memory promises, under kills, cuts, full disks, odd clocks and crowds.

The short form is part of the tests. ``make soak`` runs the long one: 200 kills of each store's
writer, kills of the server, a thousand groups. Each loop ends by count or by time.
"""

import multiprocessing
import os
import random
import resource
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import pytest
from checker import differences, halves, lost, state, watched
from load import GROUP, NOW, SESSIONS, TURNS, WINDOWS, ask, messages, opened, take_in, written
from proxy import NETWORKS, Network, through

from kgmem import Fact, KgmemError, devserver
from kgmem.devserver import Server

KILLS = int(os.environ.get("KGMEM_SOAK_KILLS", "4"))
SECONDS = 3600.0
"""No loop goes on for longer."""
LONG = pytest.mark.skipif("KGMEM_SOAK_KILLS" not in os.environ, reason="make soak runs it")

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["__main__", "load", "kgmem.stores.sqlite", "kgmem.stores.neo4j"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "acknowledged"


@pytest.fixture
def url(any_url: str) -> Iterator[str]:
    """A store without the group, before and after."""
    emptied(any_url)
    yield any_url
    emptied(any_url)


def emptied(url: str) -> None:
    """Leaves nothing of the group, its clock neither, which `forget` keeps."""
    if url.startswith("sqlite"):
        file = urlsplit(url).path[1:]
        for name in (file, f"{file}-wal", f"{file}-shm"):
            Path(name).unlink(missing_ok=True)
        return
    from neo4j import GraphDatabase

    parts = urlsplit(url)
    auth = (parts.username or "", parts.password or "")
    with (
        GraphDatabase.driver(f"bolt://{parts.hostname}:{parts.port}", auth=auth) as driver,
        driver.session() as session,
    ):
        session.run(
            "MATCH (n) WHERE n.group_id STARTS WITH $group "
            "CALL (n) { DETACH DELETE n } IN TRANSACTIONS",
            group=GROUP,
        ).consume()


def undisturbed(path: Path, url: str, log: Path) -> dict[str, Any]:
    """What comes of the file."""
    take_in(path, url, log)
    expected = state(url)
    assert expected["stats"]["episodes"] == SESSIONS * TURNS
    assert len(expected["failures"]) > 0
    assert any(version.expired_at for version in expected["versions"])
    emptied(url)
    log.unlink()
    return expected


def warm_seconds(path: Path, url: str, log: Path) -> float:
    """How long a process takes for the file once the server knows the statements."""
    begun = time.monotonic()
    process = started(take_in, path, url, log)
    process.join()
    took = time.monotonic() - begun
    emptied(url)
    log.unlink()
    return took


def checked(url: str, log: Path) -> None:
    """After a fault nothing is lost, and nothing half there."""
    with opened(url) as memory:
        assert lost(memory, log) == []
        assert halves(memory) == []


def settled(path: Path, url: str, log: Path, expected: dict[str, Any]) -> None:
    """After a fault: checked, and the same again ends as if there had been none."""
    checked(url, log)
    take_in(path, url, log)
    assert differences(state(url), expected) == []
    emptied(url)
    log.unlink(missing_ok=True)


def started(work: Callable[..., None], *arguments: object) -> Any:
    """A process of its own; forked from one that has loaded everything, it begins at once."""
    process = _FORKS.Process(target=work, args=arguments)
    process.start()
    return process


def test_a_killed_job_loses_nothing_and_ends_as_one_that_was_not(
    path: Path, url: str, log: Path
) -> None:
    """Killed again and again until it comes to its end."""
    expected, took = undisturbed(path, url, log), warm_seconds(path, url, log)
    chance, deadline, kills = random.Random(KILLS), time.monotonic() + SECONDS, 0
    while kills < KILLS:
        assert time.monotonic() < deadline, f"{kills} kills only"
        with watched(url) as problems:
            process = started(take_in, path, url, log)
            process.join(chance.uniform(0, took))
            process.kill()
            process.join()
        assert problems == []
        kills += process.exitcode == -signal.SIGKILL
        if process.exitcode == 0 or kills == KILLS:
            settled(path, url, log, expected)
        else:
            checked(url, log)


def test_a_killed_job_asks_a_model_little_again(tmp_path: Path, log: Path) -> None:
    """Killed half-way, with one session in all: the second run costs what is left and 5 % at most."""
    url = f"sqlite:///{tmp_path}/memory.db"
    for last, ending in ((WINDOWS // 2, -signal.SIGKILL), (0, 0)):
        process = started(ask, tmp_path, url, log, last)
        process.join()
        assert process.exitcode == ending
    calls = len(log.read_text(encoding="utf-8").splitlines())
    assert WINDOWS < calls <= 1.05 * WINDOWS


def filling(path: Path, url: str, log: Path, most: int) -> None:
    """Takes the file in where no file may grow beyond a size: a disk that is full for this process."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    with suppress(KgmemError):
        take_in(path, url, log)
        os._exit(0)
    os._exit(1)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_full_disk_loses_nothing(path: Path, tmp_path: Path, log: Path, share: float) -> None:
    url = f"sqlite:///{tmp_path}/memory.db"
    take_in(path, url, log)
    size = max(file.stat().st_size for file in tmp_path.glob("memory.db*"))
    emptied(url)
    expected = undisturbed(path, url, log)
    process = started(filling, path, url, log, int(size * share))
    process.join()
    assert process.exitcode == 1
    settled(path, url, log, expected)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_a_bad_network_doubles_and_loses_nothing(
    path: Path, neo4j_url: str, log: Path, network: Network
) -> None:
    emptied(neo4j_url)
    expected = undisturbed(path, neo4j_url, log)
    parts = urlsplit(neo4j_url)
    user = parts.netloc.rpartition("@")[0]
    errors: list[str] = []
    with watched(neo4j_url) as problems, through(network, parts.port or 7687) as port:
        for _ in range(network.times + 1):
            try:
                # Not neo4j://, whose routing would lead past the proxy.
                take_in(path, f"bolt://{user}@127.0.0.1:{port}", log)
                break
            except KgmemError as error:
                errors.append(str(error))
    assert problems == []
    assert network.lose_commits == any("do the same again" in error for error in errors), errors
    assert differences(state(neo4j_url), expected) == []
    settled(path, neo4j_url, log, expected)


def test_transaction_times_go_on_while_the_clock_goes_back(url: str) -> None:
    chance = random.Random(0)
    known = []

    def clock() -> Any:
        return NOW + timedelta(seconds=chance.uniform(-86_400, 86_400))

    with opened(url, clock=clock) as memory:
        for number in range(SESSIONS):
            report = memory.add(messages(number), session=f"session {number}")
            known.append((report.recorded_at, memory.facts()))
        assert [at for at, _ in known] == sorted({at for at, _ in known})
        for at, facts in known:
            then = [
                fact.model_copy(update={"expired_at": None}) for fact in memory.facts(as_known=at)
            ]
            assert then == facts


def test_a_crowd_writes_the_same_entities(url: str) -> None:
    """Sixteen at once, while others read; the beliefs are those of one that wrote it all in turn."""

    def write(number: int) -> None:
        with opened(url) as memory:
            for session in range(number, 2 * _WRITERS, _WRITERS):
                memory.add(messages(session), session=f"session {session}")

    with watched(url) as problems, ThreadPoolExecutor(_WRITERS) as crowd:
        for done in [crowd.submit(write, number) for number in range(_WRITERS)]:
            done.result()
    assert problems == []
    with opened(url) as memory, opened("sqlite://") as alone:
        for session in range(2 * _WRITERS):
            alone.add(messages(session), session=f"session {session}")
        assert len({episode.recorded_at for episode in memory.episodes()}) == 2 * _WRITERS
        assert [believed(fact) for fact in memory.facts()] == [
            believed(fact) for fact in alone.facts()
        ]
        assert memory.stats()["entities"] == alone.stats()["entities"]


_WRITERS = 16


def believed(fact: Fact) -> dict[str, Any]:
    """All of a fact but when it was written."""
    return fact.model_dump(exclude={"created_at", "claims"}) | {"claims": sorted(fact.claims)}


def filled(server: Server) -> None:
    """Leaves the files of a server room for a few writes: a disk that is full for its process."""
    largest = max(file.stat().st_size for file in (server.home / "data").rglob("*.db*"))
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (largest + 50_000, resource.RLIM_INFINITY))


def killed(server: Server) -> None:
    """Ends a server as a loss of power would, but for what the system still writes."""
    os.kill(server.pid, signal.SIGKILL)
    while devserver.status(home=server.home):
        time.sleep(_MOMENT)


def restarted(server: Server) -> Server:
    """The same server again, at the same port."""
    return devserver.start(home=server.home, port=server.port)


@LONG
def test_a_killed_server_loses_nothing(path: Path, log: Path, tmp_path: Path) -> None:
    """The job may outlive it, since it tries again for a while."""
    server = devserver.start(home=tmp_path / "home")
    chance = random.Random(0)
    try:
        expected = undisturbed(path, server.url, log)
        took = warm_seconds(path, server.url, log)
        for _ in range(max(KILLS // 20, 1)):
            process = started(take_in, path, server.url, log)
            process.join(chance.uniform(0, took))
            killed(server)
            server = restarted(server)
            process.join(_PATIENCE)
            assert process.exitcode is not None
            settled(path, server.url, log, expected)
    finally:
        devserver.stop(home=server.home, timeout=0)


@LONG
def test_a_server_with_a_full_disk_loses_nothing(path: Path, log: Path, tmp_path: Path) -> None:
    server = devserver.start(home=tmp_path / "home")
    try:
        expected = undisturbed(path, server.url, log)
        filled(server)
        process = started(take_in, path, server.url, log)
        process.join(_PATIENCE)
        assert process.exitcode == 1
        killed(server)
        settled(path, restarted(server).url, log, expected)
    finally:
        devserver.stop(home=server.home, timeout=0)


@LONG
def test_other_groups_cost_a_search_little(url: str) -> None:
    turns = [message for number in range(SESSIONS) for message in messages(number)]

    def filled_up(first: int, last: int) -> None:
        for number in range(first, last):
            with opened(url, f"{GROUP} {number}") as memory:
                memory.add(turns)

    filled_up(0, 1)
    alone = search_seconds(url)
    filled_up(1, _GROUPS)
    among = search_seconds(url)
    assert all(now <= 1.5 * then for now, then in zip(among, alone, strict=True)), (alone, among)


def search_seconds(url: str) -> tuple[float, float]:
    """Medians of the first search of a memory, and of a later one."""
    taken: tuple[list[float], list[float]] = [], []
    for _ in range(21):
        with opened(url, f"{GROUP} 0") as memory:
            for times in taken:
                begun = time.perf_counter()
                memory.search("Where does Ada live?")
                times.append(time.perf_counter() - begun)
    first, later = map(median, taken)
    return first, later


_GROUPS = 1_000
_MOMENT = 0.05
_PATIENCE = 300.0
