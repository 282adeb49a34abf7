"""The schema of a Neo4j database: migrations, and the indexes for vectors.

Files in ``cypher/schema/1``, ``2``, ... lead from one version to the next, one statement each, in
the order of their names. Every statement may run twice, so a crash in between does no harm. The
schema node gets the new version only after the last index answers.
"""

import re
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from uuid import uuid4

from kgmem.errors import ConfigurationError, StoreError
from kgmem.stores.neo4j_driver import Connection
from kgmem.stores.statements import cypher, cypher_folder

SCHEMA_VERSION = 3
INDEX_SECONDS = 600
_IN_INDEX_FILTER = (2026, 2)
_OLDEST_NEO4J = (5, 26)
# Several processes make the schema at once: what one is making is in the way of the others.
_RACE = re.compile(r"Schema\.\w*(AlreadyExists|ConstraintCreationFailed)")
_RACE_TRIES = 100
_RACE_SECONDS = 0.1
# Some statements of a schema define nothing: they fill in what is missing.
_DEFINITION = re.compile(r"^CREATE\b", re.MULTILINE)
_ENDED = re.compile(r"Transaction\.\w*(LockClientStopped|Terminated)")
# Doubled each time: a constraint may be slow without waiting for anyone.
_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Database:
    """What an open database can do.

    Attributes:
        name: Its name.
        vectors: The folder of its vector indexes' statements, below ``cypher/schema``.
    """

    name: str
    vectors: str


def prepare(connection: Connection) -> Database:
    """Brings a database to the schema version that this code knows.

    Raises:
        ConfigurationError: The server is too old.
        StoreError: The database is of a newer version.
    """
    (state,) = connection.rows("schema/state")
    if is_old(str(state["release"])):
        raise ConfigurationError(
            f"{connection.address.shown} runs Neo4j {state['release']}: upgrade it to 5.26 or newer"
        )
    version = state["version"] or 0
    assert isinstance(version, int)
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{connection.address.shown} holds schema version {version}, newer than "
            f"{SCHEMA_VERSION}, which this kgmem writes: upgrade kgmem"
        )
    for following in range(version + 1, SCHEMA_VERSION + 1):
        _define(connection, str(following))
        connection.update("schema/set_version", version=following)
    vectors = vectors_folder(str(state["release"]))
    if state["dimension"] is not None and state["vectors"] != vectors:
        _index_vectors(connection, vectors, state["dimension"])
    return Database(str(state["database"]), vectors)


def adopt(connection: Connection, database: Database, embedder: str, dimension: int) -> None:
    """Binds a database to a model and makes the indexes for its vectors.

    Raises:
        ConfigurationError: It is bound to another model.
    """
    (bound,) = connection.update("schema/adopt", embedder=embedder, dimension=dimension)
    if bound != {"embedder": embedder, "dimension": dimension}:
        raise ConfigurationError(
            f"{connection.address.shown} holds vectors of {bound['embedder']} "
            f"({bound['dimension']} dimensions), not of {embedder} ({dimension}): open it with "
            "that embedder, or use another database"
        )
    _index_vectors(connection, database.vectors, dimension)


def _index_vectors(connection: Connection, vectors: str, dimension: object) -> None:
    _define(connection, vectors, dimension=dimension)
    connection.update("schema/set_vectors", vectors=vectors)


def _define(connection: Connection, folder: str, **parameters: object) -> None:
    """Runs the statements of a folder and waits for their indexes."""
    for name in statements(folder):
        _define_one(connection, name, **parameters)
    connection.rows("schema/await_indexes", seconds=INDEX_SECONDS)


def statements(folder: str) -> list[str]:
    """The statement files of a folder of the schema, in their order."""
    files = cypher_folder().joinpath("schema", folder).iterdir()
    return sorted(f"schema/{folder}/{file.name.removesuffix('.cypher')}" for file in files)


def is_old(release: str) -> bool:
    """Whether a release is older than what kgmem works with."""
    return _release(release) < _OLDEST_NEO4J


def vectors_folder(release: str) -> str:
    """The folder of the vector indexes that a release can make."""
    return "vectors_by_group" if _release(release) >= _IN_INDEX_FILTER else "vectors"


def _define_one(connection: Connection, name: str, **parameters: object) -> None:
    patience = _PATIENCE_SECONDS
    for _ in range(_RACE_TRIES):
        try:
            if _DEFINITION.search(cypher(name)):
                _give_way(connection, name, patience, **parameters)
            else:
                connection.update(name, **parameters)
        except StoreError as error:
            code = getattr(error.__cause__, "code", None) or ""
            if _ENDED.search(code):
                patience *= 2
            elif not _RACE.search(code):
                raise
            time.sleep(_RACE_SECONDS)
        else:
            return
    raise StoreError(
        f"{connection.address.shown} did not get the schema {name!r}: see SHOW INDEXES for what is "
        "in its way"
    )


def _give_way(connection: Connection, name: str, patience: float, **parameters: object) -> None:
    """Runs a definition, which is ended when it has taken so many seconds, and then raises.

    While an index waits for the lock of its label, the plans of others' statements wait for that index.
    Neo4j does not see that who holds the lock may wait for such a plan (2026.08), and the timeout of
    its transaction ends no definition that waits (5.26 and 2026.08).
    """
    tag = uuid4().hex
    with ThreadPoolExecutor(1) as aside:
        defining = aside.submit(connection.update_tagged, name, tag, **parameters)
        while wait([defining], patience).not_done:
            connection.update("schema/give_way", tag=tag)
        defining.result()


def _release(version: str) -> tuple[int, ...]:
    """``2026.08.1`` or ``5.26.19-aura`` as numbers."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
