"""The Neo4j that tests run on: the first of these that there is.

1. ``KGMEM_NEO4J_URI``, with user and password in it, of a database that holds no vectors of others.
2. A container, where a Docker engine answers.
3. The server assembled from Maven Central (``kgmem.devserver``), of ``KGMEM_NEO4J_RELEASE``.

Otherwise the tests that need one are skipped with the reason; with ``KGMEM_REQUIRE_NEO4J=1`` they
fail instead.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kgmem import ConfigurationError, StoreUnavailableError, devserver

RELEASE = os.environ.get("KGMEM_NEO4J_RELEASE", "5.26")
IMAGES = {"5.26": "neo4j:5.26-community", "2026": "neo4j:2026.08.1-community"}


def docker_answers() -> bool:
    docker = shutil.which("docker")
    return (
        docker is not None
        and not subprocess.run([docker, "info"], capture_output=True, check=False).returncode
    )


@contextmanager
def container() -> Iterator[str]:
    """A server in Docker; testcontainers is there where somebody has installed it."""
    containers = pytest.importorskip("testcontainers.neo4j", reason="testcontainers is missing")
    with containers.Neo4jContainer(IMAGES[RELEASE], password="kgmem-tests") as server:
        yield server.get_connection_url().replace("://", "://neo4j:kgmem-tests@", 1)


@contextmanager
def assembled() -> Iterator[str]:
    """A server without Docker; where there can be none, the reason for skipping."""
    server = devserver.temporary(release=RELEASE)
    try:
        url = server.__enter__().url
    except (ConfigurationError, StoreUnavailableError) as error:
        if os.environ.get("KGMEM_REQUIRE_NEO4J") == "1":
            raise
        pytest.skip(f"no Neo4j: {error}")
    try:
        yield url
    finally:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def neo4j_url() -> Iterator[str]:
    """The URL of a running Neo4j, ready for ``Memory.open``; its vectors are of the fakes."""
    if given := os.environ.get("KGMEM_NEO4J_URI"):
        yield given
    else:
        with container() if docker_answers() else assembled() as url:
            yield url


@pytest.fixture
def own_neo4j_url() -> Iterator[str]:
    """A Neo4j for one test alone: the vectors of a database are of one model."""
    with container() if docker_answers() else assembled() as url:
        yield url


@pytest.fixture(params=["sqlite", "neo4j"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of each store in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/memory.db"
    url: str = request.getfixturevalue("neo4j_url")
    return url


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that needs the server runs in one worker, so that one server is enough."""
    for item in items:
        if "neo4j" in f"{item.nodeid} {getattr(item, 'fixturenames', ())}":
            item.add_marker(pytest.mark.xdist_group("neo4j"))
