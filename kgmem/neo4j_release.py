"""What a release of Neo4j needs: its jars, once through Maven, and a Java that runs it."""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from kgmem.errors import ConfigurationError, StoreUnavailableError

_OPENS = ("java.nio", "java.io", "sun.nio.ch")


@dataclass(frozen=True)
class Release:
    """What one line of Neo4j releases needs; ``docker/pom.xml`` names the same versions.

    Attributes:
        neo4j: The version of the server.
        gds: The version of Graph Data Science that goes with it.
        java: The oldest Java it runs on.
        main_class: Its entry point, in ``org.neo4j.server``.
        opens: The packages of Java's own that it reaches into.
    """

    neo4j: str
    gds: str
    java: int
    main_class: str
    opens: tuple[str, ...]


RELEASES: Mapping[str, Release] = MappingProxyType(
    {
        "5.26": Release("5.26.30", "2.13.9", 17, "CommunityEntryPoint", _OPENS),
        "2026": Release(
            "2026.08.1", "2.26.0", 21, "Neo4jCommunity", (*_OPENS, "java.util.concurrent")
        ),
    }
)

# Where installers put Java on Debian and its kin, on macOS, and where Homebrew does.
JAVA_PLACES = (
    "usr/lib/jvm/*/bin/java",
    "Library/Java/JavaVirtualMachines/*/Contents/Home/bin/java",
    "opt/homebrew/opt/openjdk*/bin/java",
)


def assembled(release: str, java: Path) -> Path:
    """The folder of ``lib/`` and ``plugins/``, assembled on first use."""
    spec = release_named(release)
    folder = cache_folder() / f"neo4j-{spec.neo4j}-gds{spec.gds}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        if not folder.is_dir():
            # Whatever lies there is of a process that was killed, since we hold the lock.
            part = folder.with_name(folder.name + ".part")
            shutil.rmtree(part, ignore_errors=True)
            _copy_jars(release, part / "lib", java)
            _copy_jars(f"{release},{release}-gds", part / "plugins", java)
            for shared in (part / "lib").iterdir():
                (part / "plugins" / shared.name).unlink(missing_ok=True)
            part.rename(folder)
    return folder


def _copy_jars(profiles: str, folder: Path, java: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise ConfigurationError(
            "Maven fetches Neo4j's jars and is not there: `apt-get install maven` "
            "(macOS: `brew install maven`), or use docker/compose.yaml"
        )
    goal = ("dependency:copy-dependencies", f"-DoutputDirectory={folder}")
    command = [maven, "-B", "-q", "-f", str(_pom()), "-P", profiles, *goal]
    done = output(command, JAVA_HOME=str(java.parents[1]))
    if done.returncode:
        raise StoreUnavailableError(f"Maven could not fetch Neo4j's jars:\n{done.stdout[-2000:]}")


def _pom() -> Path:
    here = Path(__file__).resolve().parent
    packaged = here / "_docker" / "pom.xml"
    return packaged if packaged.exists() else here.parent / "docker" / "pom.xml"


def java_for(release: str) -> Path:
    """The oldest Java that the release accepts: what it was tested with, more likely than not."""
    spec = release_named(release)
    found = {java: java_version(java_banner(java)) for java in _java_candidates()}
    fitting = {java: version for java, version in found.items() if version >= spec.java}
    if not fitting:
        seen = ", ".join(str(version) for version in sorted(set(found.values())) if version)
        raise ConfigurationError(
            f"Neo4j {spec.neo4j} needs Java {spec.java} or later, found: {seen or 'none'}. "
            f"`apt-get install openjdk-{spec.java}-jre-headless maven`, or any JDK {spec.java}+ "
            "with JAVA_HOME set, or use docker/compose.yaml"
        )
    return min(fitting, key=lambda java: fitting[java])


def _java_candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home, "bin", "java").resolve()
    if on_path := shutil.which("java"):
        yield Path(on_path).resolve()
    for place in JAVA_PLACES:
        yield from sorted(java.resolve() for java in Path("/").glob(place))


@cache
def java_banner(java: Path) -> str:
    """What ``java -version`` says; empty if it is not a program that runs."""
    try:
        return output([str(java), "-version"]).stderr
    except OSError:
        return ""


def java_version(banner: str) -> int:
    """The feature number of a Java, 0 if there is none: ``1.8.0_412`` is 8, ``25-ea`` is 25."""
    found = re.search(r'version "(?:1\.)?(\d+)', banner)
    return int(found[1]) if found else 0


def release_named(name: str) -> Release:
    """The release of a name; another is refused."""
    if name not in RELEASES:
        raise ConfigurationError(f"unknown release {name!r}: choose from {', '.join(RELEASES)}")
    return RELEASES[name]


def cache_folder() -> Path:
    """Where jars and servers are kept: below $KGMEM_CACHE, $XDG_CACHE_HOME or ~/.cache."""
    given = os.environ.get("KGMEM_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return (Path(given) if given else Path.home() / ".cache").expanduser().resolve() / "kgmem"


def output(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end and keeps what it says."""
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Hold the lock of a file or folder, which need not exist; it ends with the process."""
    with target.with_name(target.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
