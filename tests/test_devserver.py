"""The launcher of a development Neo4j: its refusals with fake programs, its life with real ones."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from neo4j import GraphDatabase

from kgmem import devserver, neo4j_release
from kgmem.devserver import Server
from kgmem.errors import ConfigurationError, StoreUnavailableError
from kgmem.neo4j_release import RELEASES

POM = Path(__file__).resolve().parents[1] / "docker" / "pom.xml"
MAVEN = {"m": "http://maven.apache.org/POM/4.0.0"}


def program(file: Path, body: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def fake_java(home: Path, version: str, body: str = "exit 0") -> Path:
    banner = f"echo 'openjdk version \"{version}\"' >&2; exit 0"
    return program(home / "bin" / "java", f'[ "$1" = -version ] && {{ {banner}; }}\n{body}')


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Java and Maven, and with an empty cache folder."""
    monkeypatch.setattr(neo4j_release, "JAVA_PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("KGMEM_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def with_java(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    fake_java(bare / "jdk", "17.0.1")
    monkeypatch.setenv("JAVA_HOME", str(bare / "jdk"))
    return bare


@pytest.fixture
def with_jars(with_java: Path) -> Path:
    spec = RELEASES["5.26"]
    (with_java / "cache" / "kgmem" / f"neo4j-{spec.neo4j}-gds{spec.gds}" / "lib").mkdir(
        parents=True
    )
    return with_java


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', 17),
        ('java version "1.8.0_412"', 8),
        ('openjdk version "25" 2025-09-16', 25),
        ('openjdk version "26-ea" 2026-03-17', 26),
        ("Unable to locate a Java Runtime.", 0),
        ("", 0),
    ],
)
def test_java_says_its_version(banner: str, version: int) -> None:
    assert neo4j_release.java_version(banner) == version


@pytest.mark.parametrize("release", RELEASES)
def test_pom_names_the_versions_of_the_release(release: str) -> None:
    profiles = ET.parse(POM).getroot().iterfind("m:profiles/m:profile", MAVEN)
    versions = {
        profile.findtext("m:id", namespaces=MAVEN): (
            profile.findtext("m:properties/m:neo4j.version", namespaces=MAVEN),
            profile.findtext("m:properties/m:gds.version", namespaces=MAVEN),
        )
        for profile in profiles
    }
    assert versions[release] == (RELEASES[release].neo4j, RELEASES[release].gds)
    assert f"{release}-gds" in versions


def test_pom_names_no_repository() -> None:
    names = {element.tag.partition("}")[2] for element in ET.parse(POM).iter()}
    assert not names & {"repositories", "pluginRepositories", "url"}


def test_representation_hides_the_password() -> None:
    server = Server("neo4j://neo4j:hunter2@127.0.0.1:7687", "5.26", 42, Path("/srv/neo4j"))
    assert repr(server) == "Server(release='5.26', port=7687, pid=42, home='/srv/neo4j')"


@pytest.mark.parametrize("call", [devserver.start, devserver.status, devserver.stop])
def test_unknown_release_is_refused(call: object) -> None:
    assert callable(call)
    with pytest.raises(ConfigurationError, match=r"unknown release '4\.4'.*5\.26"):
        call("4.4")


def test_missing_java_says_what_to_install(bare: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"found: none.*openjdk-17-jre-headless maven"):
        devserver.start(home=bare / "home")


def test_missing_driver_says_what_to_install(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devserver, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=r"kgmem\[neo4j\]"):
        devserver.start(home=bare / "home")


def test_old_java_is_named(with_java: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"Java 21 or later, found: 17\."):
        devserver.start("2026", home=with_java / "home")


def test_missing_maven_says_what_to_install(with_java: Path) -> None:
    with pytest.raises(ConfigurationError, match="apt-get install maven"):
        devserver.start(home=with_java / "home")
    assert not (with_java / "home").exists()


def test_oldest_java_that_fits_is_taken(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {version: fake_java(bare / version, f"{version}.0.1") for version in ("11", "17", "25")}
    monkeypatch.setattr(
        neo4j_release, "JAVA_PLACES", (f"{str(bare).removeprefix('/')}/*/bin/java",)
    )
    assert neo4j_release.java_for("5.26") == found["17"]
    assert neo4j_release.java_for("2026") == found["25"]


def test_jars_are_fetched_once_by_many_and_never_twice_in_both_folders(with_java: Path) -> None:
    program(
        with_java / "bin" / "mvn",
        f"""PATH=/usr/bin:/bin; echo "$*" >>{with_java}/calls
for a; do case "$a" in -DoutputDirectory=*) out=${{a#*=}} ;; *-gds) more=1 ;; esac; done
mkdir -p "$out"; touch "$out/shared.jar"; [ -z "$more" ] || touch "$out/gds.jar" """,
    )
    java = neo4j_release.java_for("5.26")
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: neo4j_release.assembled("5.26", java), range(4)))
    (folder,) = folders
    assert len((with_java / "calls").read_text(encoding="utf-8").splitlines()) == 2
    files = sorted(str(file.relative_to(folder)) for file in folder.glob("*/*"))
    assert files == ["lib/shared.jar", "plugins/gds.jar"]


def test_failed_download_leaves_no_jars_behind(with_java: Path) -> None:
    program(with_java / "bin" / "mvn", "echo 'Could not transfer artifact'; exit 1")
    with pytest.raises(StoreUnavailableError, match="Could not transfer artifact"):
        devserver.start(home=with_java / "home")
    assert not list((with_java / "cache" / "kgmem").glob("*/lib"))


def test_server_that_dies_is_reported_with_its_log(with_jars: Path) -> None:
    boom = 'case "$1" in @*) exit 0 ;; esac; echo "boom: no space left"; exit 1'
    home = with_jars / "home"
    fake_java(with_jars / "jdk", "17.0.1", boom)
    with pytest.raises(StoreUnavailableError, match=r"(?s)ended while starting.*boom: no space"):
        devserver.start(home=home)
    assert not (home / "server.json").exists()


def test_server_that_never_answers_is_ended(with_jars: Path) -> None:
    hang = 'case "$1" in @*) exit 0 ;; esac; /bin/sleep 60 & wait'
    fake_java(with_jars / "jdk", "17.0.1", hang)
    with pytest.raises(StoreUnavailableError, match="no answer in 1 s"):
        devserver.start(home=with_jars / "home", timeout=1)
    assert devserver.status(home=with_jars / "home") is None


def test_server_that_takes_up_its_program_has_not_ended(
    with_jars: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang = 'case "$1" in @*) exit 0 ;; esac; /bin/sleep 60 & wait'
    fake_java(with_jars / "jdk", "17.0.1", hang)
    shown = devserver._command_line
    instant = [""]
    monkeypatch.setattr(
        devserver, "_command_line", lambda pid: instant.pop() if instant else shown(pid)
    )
    with pytest.raises(StoreUnavailableError, match="no answer in 1 s"):
        devserver.start(home=with_jars / "home", timeout=1)


def test_taken_port_is_refused(with_jars: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(StoreUnavailableError, match=r"port \d+ is taken"),
    ):
        devserver.start(home=with_jars / "home", port=taken.getsockname()[1])


def test_folder_of_something_else_is_left_alone(with_jars: Path) -> None:
    (with_jars / "home").mkdir()
    (with_jars / "home" / "thesis.txt").touch()
    with pytest.raises(ConfigurationError, match="not a server's home"):
        devserver.start(home=with_jars / "home")
    assert [file.name for file in (with_jars / "home").iterdir()] == ["thesis.txt"]


def test_data_of_another_release_are_left_alone(with_jars: Path) -> None:
    (with_jars / "home").mkdir()
    identity = {"release": "2026", "password": "secret"}
    (with_jars / "home" / "identity.json").write_text(json.dumps(identity), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="data of release 2026"):
        devserver.start(home=with_jars / "home")


def test_number_of_a_dead_server_is_not_signaled(tmp_path: Path) -> None:
    state = {"url": "neo4j://neo4j:x@127.0.0.1:1", "release": "5.26", "pid": os.getpid()}
    (tmp_path / "server.json").write_text(json.dumps(state), encoding="utf-8")
    assert devserver.status(home=tmp_path) is None
    assert devserver.stop(home=tmp_path) is False
    assert not (tmp_path / "server.json").exists()


def skip_unless_here(release: str) -> None:
    try:
        neo4j_release.assembled(release, neo4j_release.java_for(release))
    except ConfigurationError as error:
        pytest.skip(str(error))


def ask(server: Server, query: str) -> list[object]:
    address, _, rest = server.url.partition("neo4j:")[2].rpartition("@")
    assert (address, rest) != ("", "")
    password = address.rpartition(":")[2]
    with GraphDatabase.driver(f"neo4j://{rest}", auth=("neo4j", password)) as driver:
        return [record[0] for record in driver.execute_query(query, database_="neo4j").records]


@pytest.fixture(scope="module", params=RELEASES)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    skip_unless_here(request.param)
    with devserver.temporary(request.param) as server:
        yield server


@pytest.mark.slow
def test_temporary_server_has_the_versions_it_promises(server: Server) -> None:
    spec = RELEASES[server.release]
    assert ask(server, "RETURN gds.version()") == [spec.gds]
    kernel = "CALL dbms.components() YIELD name, versions WHERE name = 'Neo4j Kernel' RETURN "
    assert ask(server, kernel + "versions[0]") == [spec.neo4j]


@pytest.mark.slow
def test_graph_data_science_reads_and_writes(server: Server) -> None:
    ask(server, "CREATE (:Probe)-[:NEXT]->(:Probe)")
    project = "MATCH (a:Probe)-[:NEXT]->(b) RETURN gds.graph.project('probe', a, b).nodeCount"
    assert ask(server, project) == [2]
    write = "CALL gds.pageRank.write('probe', {writeProperty: 'rank'}) "
    assert ask(server, write + "YIELD nodePropertiesWritten AS n RETURN n") == [2]


@pytest.mark.slow
def test_server_listens_on_this_machine_only(server: Server) -> None:
    query = "SHOW SETTINGS YIELD name, value WHERE name IN $names RETURN value"
    names = "['server.bolt.listen_address', 'server.http.enabled']"
    assert ask(server, query.replace("$names", names)) == [f"127.0.0.1:{server.port}", "false"]


@pytest.mark.slow
def test_answer_of_another_server_is_not_taken_for_ours(server: Server, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="another server"):
        devserver._answers(replace(server, home=tmp_path))
    with pytest.raises(StoreUnavailableError, match="refuses our password"):
        devserver._answers(replace(server, url=f"neo4j://neo4j:wrong@127.0.0.1:{server.port}"))


@pytest.mark.slow
def test_server_outlives_calls_and_keeps_its_data(tmp_path: Path) -> None:
    skip_unless_here("5.26")
    home = tmp_path / "with space" / "home"
    first = devserver.start(home=home)
    try:
        assert devserver.start(home=home) == first == devserver.status(home=home)
        assert stat.S_IMODE((home / "server.json").stat().st_mode) == 0o600
        with pytest.raises(ConfigurationError, match="runs in that home already"):
            devserver.start("2026", home=home)
        ask(first, "CREATE (:Kept)")
        assert devserver.stop(home=home) is True
        assert devserver.status(home=home) is None
        second = devserver.start(home=home, gds=False)
        assert ask(second, "MATCH (k:Kept) RETURN count(k)") == [1]
        assert ask(second, "SHOW PROCEDURES YIELD name WHERE name STARTS WITH 'gds.'") == []
    finally:
        devserver.stop(home=home, timeout=5)
    assert devserver.stop(home=home) is False


@pytest.mark.slow
def test_temporary_server_dies_with_a_killed_process() -> None:
    skip_unless_here("5.26")
    script = (
        "from kgmem import devserver\n"
        "with devserver.temporary() as s:\n"
        "    print(s.pid, s.home, flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as victim:
        assert victim.stdout is not None
        pid, _, home = victim.stdout.readline().strip().partition(" ")
        victim.send_signal(signal.SIGKILL)
    server = Server("", "5.26", int(pid), Path(home))
    deadline = time.monotonic() + 15
    while devserver._is_running(server) or server.home.parent.exists():
        assert time.monotonic() < deadline, f"{server!r} lives on"
        time.sleep(0.1)
