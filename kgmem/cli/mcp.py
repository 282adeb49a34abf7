"""``kgmem mcp``: the memory as tools for agents."""
# ruff: noqa: PLR0913 - each parameter is an option, given by name

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from kgmem.cli.options import (
    DEFAULT_STORE,
    Embedder,
    Extractor,
    Group,
    Judge,
    Store,
    Timezone,
    opened,
)
from kgmem.cli.output import note
from kgmem.errors import ConfigurationError

_TOKEN = "KGMEM_MCP_TOKEN"
_TokenFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help=f"Holds the token of HTTP clients; else {_TOKEN} does."),
]


def mcp(
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    profile: Annotated[
        Literal["read", "write", "admin", "reference"],
        typer.Option(
            help="Which tools there are; reference: the names of the reference memory server."
        ),
    ] = "write",
    http: Annotated[bool, typer.Option("--http", help="Serve over HTTP, not stdio.")] = False,
    host: Annotated[str, typer.Option(help="The interface to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port to listen on.")] = 8000,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", metavar="HOST", help="A host name by which clients reach it."),
    ] = None,
    token_file: _TokenFile = None,
    all_groups: Annotated[
        bool,
        typer.Option("--all-groups", help="Let run_cypher read the database's other groups too."),
    ] = False,
    extractor: Extractor = "rules",
    embedder: Embedder = "local",
    judge: Judge = None,
    timezone: Timezone = None,
) -> None:
    """Serve a group's memory to agents over the Model Context Protocol.

    Over stdio by default. HTTP beyond this machine needs a token.

    Example:
      kgmem mcp --group ada --store sqlite:///ada.db
      kgmem mcp --group ada --profile read --http --port 8000
    """
    from kgmem.integrations.mcp import build, serve

    with opened(
        store,
        group,
        extractor=extractor,
        embedder=embedder,
        judge=judge,
        timezone=timezone,
        create=profile != "read",
    ) as memory:
        token = _token(token_file)
        server = build(memory, profile=profile, token=token, all_groups=all_groups)
        if not http:
            server.run("stdio")
            return
        serve(
            server,
            host=host,
            port=port,
            names=name or (),
            ready=lambda url: note(f"serving group {memory.group!r} at {url}"),
        )


def _token(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get(_TOKEN) or None
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise ConfigurationError(
            f"the token cannot be read from {str(file)!r} ({reason}): give a file that "
            f"holds it alone, or set {_TOKEN}"
        ) from error
