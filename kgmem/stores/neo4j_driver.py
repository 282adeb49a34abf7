"""The one place that touches Neo4j's driver: its URL, its sessions, its errors, its values."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from kgmem.errors import (
    ConfigurationError,
    InvalidInputError,
    StoreError,
    StoreUnavailableError,
)
from kgmem.stores.base import Limits
from kgmem.stores.neo4j_confinement import check_plan
from kgmem.stores.statements import cypher

try:
    from neo4j import (
        READ_ACCESS,
        WRITE_ACCESS,
        GraphDatabase,
        ManagedTransaction,
        Query,
        Result,
        RoutingControl,
        Session,
        unit_of_work,
    )
    from neo4j import exceptions as driver_errors
    from neo4j.graph import Node, Path, Relationship
    from neo4j.spatial import Point
    from neo4j.time import Date, DateTime, Duration, Time
except ImportError as missing:
    raise ConfigurationError(
        "the driver of Neo4j is not installed: pip install 'kgmem[neo4j]'"
    ) from missing

__all__ = ["Address", "Connection", "ManagedTransaction", "Row", "each", "is_refusal", "run"]

OPTIONS: Mapping[str, type[int] | type[float]] = {
    "connection_timeout": float,
    "connection_acquisition_timeout": float,
    "max_transaction_retry_time": float,
    "max_connection_lifetime": float,
    "max_connection_pool_size": int,
}
"""Settings of the driver that a URL may give; times in seconds."""
DEFAULTS: Mapping[str, float] = {"connection_timeout": 10.0, "max_transaction_retry_time": 30.0}
ASK_SECONDS = 60.0
"""How long a statement of a person may take."""

Row = dict[str, Any]
_Result = TypeVar("_Result")
_DEFAULT_PORT = 7687
# What a routing context is no place for: servers and drivers repeat it in errors and logs.
_SECRETS = {"user", "username", "password", "token"}
_UNAVAILABLE = (
    driver_errors.ServiceUnavailable,
    driver_errors.SessionExpired,
    driver_errors.TransientError,
    driver_errors.ConnectionAcquisitionTimeoutError,
)


@dataclass(frozen=True, slots=True)
class Address:
    """What a URL says: where the server is, who we are, which database we mean.

    Attributes:
        uri: Scheme, host, port and routing context; what the driver is given.
        shown: Scheme, host and port; what people are shown.
        user: The user; ``None`` where the server asks for none.
        password: The password, never shown.
        database: The database; ``None`` for the user's home database.
        options: Settings of the driver, of `OPTIONS`.
    """

    uri: str
    shown: str
    user: str | None
    password: str = field(repr=False)
    database: str | None
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, url: str) -> "Address":
        """Takes a URL apart.

        Raises:
            ConfigurationError: It is no URL of a server. The message does not repeat it, since it
                holds a password.
        """
        try:
            parts = urlsplit(url)
            credentials, _, _ = parts.netloc.rpartition("@")
            host, port = parts.hostname, parts.port or _DEFAULT_PORT
        except ValueError:
            # The error quotes what it could not read, which may be half of a password.
            raise ConfigurationError(_malformed("host or port cannot be read")) from None
        # A password with a bare / or # ends the host too early; what follows still has the @.
        if not host or "@" in parts.path + parts.query + parts.fragment:
            raise ConfigurationError(_malformed("it has no host"))
        asked = dict(parse_qsl(parts.query, keep_blank_values=True))
        if _SECRETS & {key.lower() for key in asked}:
            raise ConfigurationError(_malformed("who we are stands before the host"))
        user, _, password = credentials.partition(":")
        shown = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"
        database = asked.pop("database", "") or unquote(parts.path.strip("/"))
        options = {name: _number(name, asked.pop(name)) for name in OPTIONS if name in asked}
        return cls(
            # What is left is for the routing of a cluster.
            uri=f"{shown}?{urlencode(asked)}" if asked else shown,
            shown=shown,
            user=unquote(user) or None,
            password=unquote(password),
            database=database or None,
            options={**DEFAULTS, **options},
        )


def _number(name: str, text: str) -> float:
    try:
        number = OPTIONS[name](text)
    except ValueError:
        number = -1
    if not number > 0:
        raise ConfigurationError(_malformed(f"{name}={text!r} is no number above 0"))
    return number


def _malformed(reason: str) -> str:
    return (
        f"the URL of Neo4j does not fit, {reason}: write neo4j://user:password@host:7687/database "
        "and percent-encode what is special in user and password, as %2F for /"
    )


class Connection:
    """A pool of connections to one database, with kgmem's errors.

    Args:
        address: Where to.

    Raises:
        ConfigurationError: The server refuses the user or has no such database.
        StoreUnavailableError: Nothing answers there.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self.database = address.database
        with self.errors():
            self.driver = GraphDatabase.driver(
                address.uri,
                auth=(address.user, address.password) if address.user else None,
                # Statements are tested; hints such as "this label does not exist yet" are noise.
                notifications_min_severity="OFF",
                **address.options,
            )
        try:
            # Managed transactions would try for half a minute; who opens one wants to know now.
            with self.errors():
                self.driver.verify_connectivity()
        except BaseException:
            self.driver.close()
            raise
        # Reads see what this process has written, on a cluster too.
        self._bookmarks = GraphDatabase.bookmark_manager()

    def read(self, work: Callable[[ManagedTransaction], _Result]) -> _Result:
        """Runs some work in a transaction that reads, again where that may help."""
        with self.errors(), self._session(READ_ACCESS) as session:
            return session.execute_read(work)

    def write(self, work: Callable[[ManagedTransaction], _Result]) -> _Result:
        """Runs some work in a transaction that writes, again where that may help."""
        with self.errors(), self._session(WRITE_ACCESS) as session:
            return session.execute_write(work)

    def rows(self, name: str, /, **parameters: object) -> list[Row]:
        """Reads with one statement file."""
        return self._alone(cypher(name), parameters, RoutingControl.READ)

    def update(self, name: str, /, **parameters: object) -> list[Row]:
        """Writes with one statement file."""
        return self._alone(cypher(name), parameters, RoutingControl.WRITE)

    def update_tagged(self, name: str, tag: str, /, **parameters: object) -> list[Row]:
        """Writes with one statement file, in a transaction that the server shows with a tag."""
        statement = Query(cypher(name), metadata={"kgmem": tag})
        return self._alone(statement, parameters, RoutingControl.WRITE)

    def _alone(
        self, statement: str | Query, parameters: Mapping[str, object], routing: RoutingControl
    ) -> list[Row]:
        """Runs a statement in a transaction of its own, which the driver opens in the same round trip."""
        with self.errors():
            return self.driver.execute_query(
                statement,
                dict(parameters),
                routing_=routing,
                database_=self.database,
                bookmark_manager_=self._bookmarks,
                result_transformer_=_listed,
            )

    def ask(
        self, statement: str, parameters: Mapping[str, object], limits: Limits | None = None
    ) -> list[Row]:
        """Reads with a statement of a person; with limits, of somebody who is trusted less."""

        @unit_of_work(timeout=limits.seconds if limits else ASK_SECONDS)
        def work(transaction: ManagedTransaction) -> list[Row]:
            if limits is not None:
                # Only planned; "EXPLAIN PROFILE" is refused by the server.
                planned = transaction.run(f"EXPLAIN {statement}", dict(parameters)).consume()
                check_plan(planned.query_type, planned.plan)
            found = transaction.run(statement, dict(parameters))
            return _listed(found, limits and limits.rows)

        try:
            return [{k: _plain(value) for k, value in row.items()} for row in self.read(work)]
        except (TypeError, ValueError, OverflowError) as error:
            raise InvalidInputError(
                f"a parameter cannot be sent to Neo4j: {error}. Use text, numbers, datetimes, and "
                "lists and dicts of them"
            ) from error

    def close(self) -> None:
        """Closes every connection; further calls raise."""
        self.driver.close()

    def _session(self, mode: str) -> Session:
        return self.driver.session(
            database=self.database, default_access_mode=mode, bookmark_manager=self._bookmarks
        )

    @contextmanager
    def errors(self) -> Iterator[None]:
        """The one place where the driver's errors become kgmem's."""
        try:
            yield
        except _UNAVAILABLE as error:
            raise StoreUnavailableError(self._unavailable(error)) from error
        except driver_errors.Neo4jError as error:
            raise self._refused(error) from error
        except driver_errors.ConfigurationError as error:
            raise ConfigurationError(
                f"{self.address.shown} cannot be used: {error}. Check the URL"
            ) from error
        except driver_errors.DriverError as error:
            raise StoreError(
                f"{self.address.shown} failed: {error}. Open the memory again if it was closed"
            ) from error

    def _unavailable(self, error: Exception) -> str:
        where = self.address.shown
        if isinstance(error, driver_errors.ConnectionAcquisitionTimeoutError):
            return (
                f"all connections to {where} were in use for too long: ask for less at once, or add "
                "max_connection_pool_size=200 to the query of the URL"
            )
        if isinstance(error, driver_errors.TransientError):
            patience = self.address.options["max_transaction_retry_time"]
            return (
                f"{where} was busy for {patience:.0f} s: {_said(error)}. "
                "Nothing was written; try again"
            )
        if isinstance(error, driver_errors.IncompleteCommit):
            return (
                f"{where} was lost while it committed: do the same again, which changes nothing "
                "where it was written"
            )
        return (
            f"{where} does not answer: {error}. Start the server, for instance with "
            "'kgmem neo4j start', or check host and port"
        )

    def _refused(self, error: driver_errors.Neo4jError) -> Exception:
        where, code = self.address.shown, error.code or ""
        if code.startswith("Neo.ClientError.Security."):
            return ConfigurationError(
                f"{where} refuses the user {self.address.user!r}: {_said(error)}. "
                "Check user and password in the URL, and the user's rights"
            )
        if code == "Neo.ClientError.Database.DatabaseNotFound":
            return ConfigurationError(
                f"{where} has no database {self.database!r}: create it, or leave the path out of "
                "the URL (Community has one database)"
            )
        if code.startswith("Neo.ClientError.Transaction.TransactionTimedOut"):
            return StoreError(
                f"{where} ended the statement, which took too long: ask for less, or give it more time"
            )
        return StoreError(f"{where} refused: {_said(error)} ({code}). Nothing was written")


def is_refusal(error: Exception) -> bool:
    """Whether the server may be read from and not be written to, or not by this user."""
    code = getattr(error.__cause__, "code", None) or ""
    return any(word in code for word in ("Forbidden", "AccessMode", "ReadOnly"))


def _said(error: driver_errors.Neo4jError) -> str:
    return (error.message or str(error)).rstrip(".")


def run(transaction: ManagedTransaction, name: str, /, **parameters: object) -> list[Row]:
    """Runs a statement file.

    Times are asked for as text, which the driver reads twenty times as fast.

    Args:
        transaction: An open transaction.
        name: Path below ``cypher/``, without the suffix.
        **parameters: The statement's parameters.
    """
    return list(each(transaction, name, **parameters))


def each(transaction: ManagedTransaction, name: str, /, **parameters: object) -> Iterator[Row]:
    """Runs a statement file like `run`, and gives its rows as they come: a large one is never there whole."""
    return _each(transaction.run(cypher(name), dict(parameters)))


def _listed(result: Result, most: int | None = None) -> list[Row]:
    return list(islice(_each(result), most))


def _each(result: Result) -> Iterator[Row]:
    keys = result.keys()
    return (dict(zip(keys, record.values(), strict=True)) for record in result)


def _plain(value: object) -> object:
    """A value of the driver as plain Python; times in UTC, nodes as dicts without their vector."""
    match value:
        case DateTime():
            moment = value.to_native()
            plain: object = moment.astimezone(UTC) if moment.tzinfo else moment
        case Date() | Time():
            plain = value.to_native()
        case Duration():
            plain = value.iso_format()
        case Node() | Relationship():
            plain = {key: _plain(item) for key, item in value.items() if key != "embedding"}
        case Point():
            plain = list(value)
        case Path():
            ends = [*zip(value.nodes, value.relationships, strict=False), (value.end_node,)]
            plain = [_plain(step) for pair in ends for step in pair]
        case dict():
            plain = {key: _plain(item) for key, item in value.items()}
        case list():
            plain = [_plain(item) for item in value]
        case _:
            plain = value
    return plain
