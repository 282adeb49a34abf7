"""A development Neo4j server with Graph Data Science that needs Java and Maven, not Docker.

The jars come once through Maven into a shared cache folder; every server has a home folder of its
own with data, logs and a random password, listens on 127.0.0.1 alone and outlives this process::

    server = devserver.start()
    memory = Memory.open(server.url, group="ada")
    devserver.stop()

``temporary`` gives tests a server that is gone afterwards, even if the test run is killed. This is
for development (one machine, no backups, no TLS) and for POSIX systems; others have
``docker/compose.yaml``.
"""

import hashlib
import json
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from kgmem.errors import ConfigurationError, StoreUnavailableError
from kgmem.neo4j_release import (
    assembled,
    cache_folder,
    java_banner,
    java_for,
    locked,
    output,
    release_named,
)

# Without the quiet period a stop takes half a second, not ten. Transaction logs are reserved in
# full by default: half a gigabyte for an empty server.
_CONFIGURATION = """\
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.directories.plugins={plugins}
server.memory.pagecache.size={page_cache_mb}m
dbms.security.procedures.unrestricted=gds.*
dbms.usage_report.enabled=false
db.tx_log.preallocate=false
db.tx_log.rotation.size=32m
internal.dbms.bolt.netty_server_shutdown_quiet_period=0
internal.dbms.bolt.netty_server_shutdown_timeout=5
"""

# Asks the server who it is, not the graph: so it is no file of cypher/.
_PROBE = "SHOW SETTINGS 'server.directories.data' YIELD value"

# A server that was killed is gone before its port is free.
_PORT_SECONDS = 2.0

# Linux shows no command line for an instant, while a process takes up its program: no sign of its end.
_EXEC_SECONDS = 1.0

# The shell is gone at once, so the server has no parent that would have to wait for it.
_LAUNCH = 'pid=$1 log=$2; shift 2; "$@" >"$log" 2>&1 </dev/null & echo $! >"$pid"'

# Ends a temporary server when the pipe from our process closes, for whatever reason it does.
# The command line is looked at first, for the number may be another process's by now.
_REAP = """\
read -r _
pid=$(cat "$1/home/run/neo4j.pid") && {
  case "$(tr '\\0' ' ' <"/proc/$pid/cmdline" || ps -ww -o args= -p "$pid")" in
    *"--home-dir=$1/"*) kill -9 "$pid"; sleep 0.2 ;;
  esac
}
rm -rf "$1"
"""


@dataclass(frozen=True, repr=False)
class Server:
    """A running server.

    Attributes:
        url: What ``Memory.open`` takes, password included.
        release: A key of ``RELEASES``.
        pid: The number of its process.
        home: The folder of its data, logs and state.
    """

    url: str
    release: str
    pid: int
    home: Path

    @property
    def port(self) -> int:
        """The port it listens on, at 127.0.0.1."""
        return urlsplit(self.url).port or 0

    def __repr__(self) -> str:
        """Show everything but the password."""
        return (
            f"Server(release={self.release!r}, port={self.port}, pid={self.pid}, "
            f"home={str(self.home)!r})"
        )


@dataclass(frozen=True)
class _Plan:
    """What a server to be started should be like."""

    release: str
    home: Path
    port: int | None
    gds: bool
    memory_mb: int
    timeout: float
    flags: tuple[str, ...] = ()


def start(  # noqa: PLR0913 - all keyword-only
    release: str = "5.26",
    *,
    home: Path | None = None,
    port: int | None = None,
    gds: bool = True,
    memory_mb: int = 1024,
    timeout: float = 120.0,
) -> Server:
    """Start a server, or return the one that runs in this home already.

    Args:
        release: A key of ``RELEASES``.
        home: Its folder, made where missing; by default one for each release in the cache folder.
        port: The port on 127.0.0.1; by default any free one.
        gds: Load Graph Data Science. A server that runs already stays as it is.
        memory_mb: The most its heap may take; a quarter more goes to the page cache.
        timeout: Seconds to wait for its first answer; the download before is not counted.

    Returns:
        A server that has answered a query.

    Raises:
        ConfigurationError: Java or Maven is missing, or the home belongs to something else.
        StoreUnavailableError: It did not come up, the jars did not arrive, or the port is taken.
    """
    return _start(_Plan(release, _home(release, home), port, gds, memory_mb, timeout))


def status(release: str = "5.26", *, home: Path | None = None) -> Server | None:
    """Return the server that runs in a home, or None; one that is still booting counts."""
    folder = _home(release, home)
    try:
        state = json.loads((folder / "server.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    server = Server(state["url"], state["release"], state["pid"], folder)
    return server if _is_running(server) else None


def stop(release: str = "5.26", *, home: Path | None = None, timeout: float = 30.0) -> bool:
    """Stop the server of a home, at first politely; its data stay for the next start.

    Args:
        release: A key of ``RELEASES``.
        home: Its folder; by default the one that ``start`` takes for this release.
        timeout: Seconds it may take to shut down before it is killed.

    Returns:
        Whether there was one to stop.
    """
    server = status(release, home=home)
    if server is not None:
        _end(server, timeout)
    (_home(release, home) / "server.json").unlink(missing_ok=True)
    return server is not None


@contextmanager
def temporary(
    release: str = "5.26", *, gds: bool = True, memory_mb: int = 512, timeout: float = 120.0
) -> Iterator[Server]:
    """Give a server with an empty database that is killed and deleted at the end.

    It is tuned to boot fast, not to run long. The first use of a release spends a minute on a class
    archive in the cache folder that halves the boot of every server after.

    Args:
        release: A key of ``RELEASES``.
        gds: Load Graph Data Science.
        memory_mb: The most its heap may take.
        timeout: Seconds to wait for its first answer.

    Yields:
        A server that has answered a query.
    """
    with _temporary_home() as home:
        plan = _Plan(release, home, None, gds, memory_mb, timeout, ("-XX:TieredStopAtLevel=1",))
        _archive(plan)
        yield _start(plan)


def _start(plan: _Plan) -> Server:
    if find_spec("neo4j") is None:
        raise ConfigurationError("the driver is missing: `pip install 'kgmem[neo4j]'`")
    plan.home.parent.mkdir(parents=True, exist_ok=True)
    with locked(plan.home):
        server = status(plan.release, home=plan.home)
        if server is None:
            return _boot(plan)
        if server.release != plan.release or plan.port not in (None, server.port):
            raise ConfigurationError(f"{server!r} runs in that home already: stop it first")
        _await_answer(server, plan.timeout)
        return server


def _boot(plan: _Plan) -> Server:
    """Start the process and wait until it answers; leave nothing running if it does not."""
    java = java_for(plan.release)
    jars = assembled(plan.release, java)
    port = _free_port(plan.port)
    password = _claim_home(plan)
    _configure(plan, port, jars)
    if not (plan.home / "data" / "databases").exists():
        _set_password(plan.home, java, jars, password)
    url = f"neo4j://neo4j:{password}@127.0.0.1:{port}"
    server = Server(url, plan.release, _launch(plan, java, jars), plan.home)
    state = {"url": url, "release": plan.release, "pid": server.pid}
    with ExitStack() as undo:
        undo.callback((plan.home / "server.json").unlink, missing_ok=True)
        undo.callback(_end, server, 0)
        _write_private(plan.home / "server.json", json.dumps(state))
        _await_answer(server, plan.timeout)
        undo.pop_all()
    return server


def _claim_home(plan: _Plan) -> str:
    """Return the password of a home, making the home where there is none yet."""
    identity = plan.home / "identity.json"
    if not identity.exists():
        if plan.home.exists() and any(plan.home.iterdir()):
            raise ConfigurationError(f"{str(plan.home)!r} is not a server's home: name another")
        plan.home.mkdir(mode=0o700, exist_ok=True)
        known = {"release": plan.release, "password": secrets.token_hex(16)}
        _write_private(identity, json.dumps(known))
    found: dict[str, str] = json.loads(identity.read_text(encoding="utf-8"))
    if found["release"] != plan.release:
        raise ConfigurationError(
            f"{str(plan.home)!r} holds data of release {found['release']}: name another home"
        )
    return found["password"]


def _configure(plan: _Plan, port: int, jars: Path) -> None:
    for name in ("conf", "data", "import", "licenses", "logs", "plugins", "run"):
        (plan.home / name).mkdir(exist_ok=True)
    text = _CONFIGURATION.format(
        port=port,
        plugins=(jars if plan.gds else plan.home) / "plugins",
        page_cache_mb=max(plan.memory_mb // 4, 32),
    )
    (plan.home / "conf" / "neo4j.conf").write_text(text, encoding="utf-8")


def _set_password(home: Path, java: Path, jars: Path, password: str) -> None:
    # In a file of arguments, because everybody on the machine may read a command line.
    arguments = home / "run" / "password.args"
    _write_private(
        arguments,
        f'-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "{jars}/lib/*"\n'
        f"org.neo4j.cli.AdminTool dbms set-initial-password {password}\n",
    )
    where = {"NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")}
    done = output([str(java), f"@{arguments}"], **where)
    arguments.unlink()
    if done.returncode:
        raise StoreUnavailableError(f"Neo4j refused its first password:\n{done.stderr[-2000:]}")


def _launch(plan: _Plan, java: Path, jars: Path) -> int:
    spec, archive = release_named(plan.release), _archive_file(plan, java, jars)
    filled = archive.exists() and archive.stat().st_size > 0
    command = [
        str(java),
        f"-Xms{plan.memory_mb // 2}m",
        f"-Xmx{plan.memory_mb}m",
        "-XX:+UseSerialGC",
        *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in spec.opens),
        *([f"-XX:SharedArchiveFile={archive}"] if filled else []),
        *plan.flags,
        "-cp",
        f"{jars}/lib/*:{jars}/plugins/*" if plan.gds else f"{jars}/lib/*",
        f"org.neo4j.server.{spec.main_class}",
        f"--home-dir={plan.home}",
        f"--config-dir={plan.home / 'conf'}",
    ]
    pid_file, log = plan.home / "run" / "neo4j.pid", plan.home / "logs" / "console.log"
    shell = ["/bin/sh", "-c", _LAUNCH, "sh", str(pid_file), str(log)]
    subprocess.run([*shell, *command], check=True, start_new_session=True)
    return int(pid_file.read_text(encoding="ascii"))


def _await_answer(server: Server, timeout: float) -> None:
    seen = time.monotonic()
    deadline = seen + timeout
    while not _answers(server):
        now = time.monotonic()
        seen = now if _is_running(server) else seen
        ended = now - seen > _EXEC_SECONDS
        if ended or now > deadline:
            what = "ended while starting" if ended else f"gave no answer in {timeout:.0f} s"
            log = server.home / "logs" / "console.log"
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            raise StoreUnavailableError("\n".join([f"Neo4j {what}, see {log}:", *lines[-25:]]))
        time.sleep(0.1)


def _answers(server: Server) -> bool:
    """Whether a query is answered, by this very server: a port alone proves nothing."""
    from neo4j import GraphDatabase
    from neo4j.exceptions import AuthError, DriverError, Neo4jError

    address = f"bolt://127.0.0.1:{server.port}"
    auth = ("neo4j", urlsplit(server.url).password or "")
    try:
        with (
            GraphDatabase.driver(address, auth=auth, connection_timeout=5) as driver,
            driver.session(database="neo4j") as session,
        ):
            found = session.run(_PROBE).single(strict=True)["value"]
    except AuthError as error:
        raise StoreUnavailableError(f"port {server.port} refuses our password") from error
    except (DriverError, Neo4jError, OSError):
        return False
    if Path(found) != server.home / "data":
        raise StoreUnavailableError(f"another server, of {found!r}, answers on {server.port}")
    return True


def _end(server: Server, timeout: float) -> bool:
    """End the process, politely for so many seconds; True if that was enough."""
    for number, patience in ((signal.SIGTERM, timeout), (signal.SIGKILL, 10.0)):
        deadline = time.monotonic() + patience
        # Numbers are used again: never signal a process that is not the server of this home.
        if patience and _is_running(server):
            with suppress(ProcessLookupError):
                os.kill(server.pid, number)
        while _is_running(server) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not _is_running(server):
            return number == signal.SIGTERM
    raise StoreUnavailableError(f"process {server.pid} cannot be ended: end it by hand")


def _is_running(server: Server) -> bool:
    return f" --home-dir={server.home} " in _command_line(server.pid)


def _command_line(pid: int) -> str:
    """The command line of a process; empty if it is gone, or dead and not yet waited for."""
    if not Path("/proc/self/cmdline").exists():
        return output(["ps", "-ww", "-o", "args=", "-p", str(pid)]).stdout
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return raw.replace(b"\0", b" ").decode(errors="replace")


@contextmanager
def _temporary_home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kgmem-neo4j-")).resolve()
    reaper = subprocess.Popen(
        ["/bin/sh", "-c", _REAP, "sh", folder],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield folder / "home"
    finally:
        # A line, as the pipe may have a second end in a forked child and not close with ours.
        reaper.communicate(b"\n")


def _archive(plan: _Plan) -> None:
    """Have a class archive made, once for each Java, by a server that starts and stops."""
    java = java_for(plan.release)
    archive = _archive_file(plan, java, assembled(plan.release, java))
    with locked(archive), _temporary_home() as home:
        if archive.exists():
            return
        part = archive.with_suffix(".part")
        part.unlink(missing_ok=True)
        flags = (*plan.flags, f"-XX:ArchiveClassesAtExit={part}")
        server = _boot(replace(plan, home=home, timeout=300.0, flags=flags))
        if not (_end(server, 300.0) and part.exists()):
            # An empty archive is never used; it says that trying again is a waste of a minute.
            part.write_bytes(b"")
        part.replace(archive)


def _archive_file(plan: _Plan, java: Path, jars: Path) -> Path:
    banner = hashlib.sha256(java_banner(java).encode()).hexdigest()[:12]
    return jars / f"classes-{'gds-' if plan.gds else ''}{banner}.jsa"


def _home(release: str, home: Path | None) -> Path:
    release_named(release)
    return (home or cache_folder() / "servers" / release).expanduser().resolve()


def _free_port(wanted: int | None) -> int:
    deadline = time.monotonic() + _PORT_SECONDS
    while True:
        try:
            with socket.create_server(("127.0.0.1", wanted or 0)) as probe:
                return int(probe.getsockname()[1])
        except OSError as error:
            if time.monotonic() > deadline:
                raise StoreUnavailableError(f"port {wanted} is taken: name another") from error
        time.sleep(0.1)


def _write_private(file: Path, text: str) -> None:
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_text(text, encoding="utf-8")
    part.replace(file)
