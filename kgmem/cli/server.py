"""``kgmem neo4j``: the development server."""
# ruff: noqa: PLR0913 - each parameter is an option, given by name

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from kgmem.cli.options import AsJson
from kgmem.cli.output import note, print_json, without_password
from kgmem.errors import ConfigurationError

if TYPE_CHECKING:
    from kgmem.devserver import Server

Release = Annotated[str, typer.Option(metavar="NAME", help="The line of releases: 5.26 or 2026.")]
Home = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Its folder; one a release by default.")
]
_NOT_RUNNING = 1


def start(
    *,
    release: Release = "5.26",
    home: Home = None,
    port: Annotated[int | None, typer.Option(help="By default any free one.")] = None,
    gds: Annotated[bool, typer.Option(help="Load Graph Data Science.")] = True,
    memory_mb: Annotated[int, typer.Option(help="The most its heap may take.")] = 1024,
    only_url: Annotated[
        bool, typer.Option("--url", help="Print its URL alone, password included.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start Neo4j on this machine, or find the one that runs; its data stay between starts.

    Example:
      export KGMEM_STORE=$(kgmem neo4j start --url)
      kgmem neo4j start --json | jq -r .url
    """
    devserver = _devserver()
    note("starting Neo4j; the first time downloads it, which takes a minute or two")
    server = devserver.start(release, home=home, port=port, gds=gds, memory_mb=memory_mb)
    if only_url:
        typer.echo(server.url)
    else:
        _print_server(server, as_json=as_json)


def stop(*, release: Release = "5.26", home: Home = None, as_json: AsJson = False) -> None:
    """Stop the server; its data stay.

    Example:
      kgmem neo4j stop
    """
    devserver = _devserver()
    stopped = devserver.stop(release, home=home)
    if as_json:
        print_json({"stopped": stopped})
    else:
        typer.echo("stopped" if stopped else "not running")


def status(*, release: Release = "5.26", home: Home = None, as_json: AsJson = False) -> None:
    """Say whether the server runs; exit status 1 where it does not.

    Example:
      kgmem neo4j status || kgmem neo4j start
    """
    devserver = _devserver()
    server = devserver.status(release, home=home)
    if server is not None:
        _print_server(server, as_json=as_json)
        return
    if as_json:
        print_json({"running": False, "release": release})
    else:
        typer.echo("not running")
    raise typer.Exit(_NOT_RUNNING)


def _devserver() -> ModuleType:
    try:
        from kgmem import devserver
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the development server needs {error.name}: pip install 'kgmem[neo4j]', on Linux or macOS"
        ) from error
    return devserver


def _print_server(server: "Server", *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "running": True,
                "url": server.url,
                "release": server.release,
                "port": server.port,
                "pid": server.pid,
                "home": str(server.home),
            }
        )
        return
    typer.echo(
        f"Neo4j {server.release} at {without_password(server.url)} (process {server.pid}, data in "
        f"{server.home})"
    )
    note("to use it: export KGMEM_STORE=$(kgmem neo4j start --url)")
