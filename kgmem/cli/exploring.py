"""``kgmem explore``: the page that looks into a memory."""
# ruff: noqa: PLR0913 - each parameter is an option, given by name

import tempfile
import webbrowser
from html import escape
from pathlib import Path
from typing import Annotated

import typer

from kgmem.cli.options import DEFAULT_STORE, Embedder, Group, Store, opened
from kgmem.cli.output import is_terminal, note
from kgmem.errors import ConfigurationError


def explore(
    *,
    store: Store = DEFAULT_STORE,
    group: Group = None,
    embedder: Embedder = "local",
    write: Annotated[
        bool, typer.Option("--write", help="Let the page correct facts, and undo that.")
    ] = False,
    port: Annotated[int, typer.Option(help="By default any free one.")] = 0,
    host: Annotated[
        str, typer.Option(help="Where to listen; beyond this machine it needs a token.")
    ] = "127.0.0.1",
    token: Annotated[
        str,
        typer.Option(
            envvar="KGMEM_EXPLORE_TOKEN", help="What lets a caller in; random by default."
        ),
    ] = "",
    browser: Annotated[bool, typer.Option(help="Open a browser, where a person is there.")] = True,
) -> None:
    """Open a page that shows the memory: its graph, both clocks, answers and their turns.

    Example:
      kgmem explore --group ada
      kgmem explore --group ada --write --no-browser --port 8700
    """
    try:
        from kgmem.explorer import Binding, serve
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the page needs {error.name}: pip install 'kgmem[explore]'"
        ) from error
    with (
        opened(store, group, embedder=embedder) as memory,
        tempfile.TemporaryDirectory(prefix="kgmem-explore-") as folder,
    ):

        def ready(url: str) -> None:
            typer.echo(url)
            note("stop with Ctrl+C")
            if browser and is_terminal():
                _browse(url, Path(folder, "open.html"))

        serve(memory, Binding(host=host, port=port, token=token), write=write, ready=ready)


def _browse(url: str, redirect: Path) -> None:
    """Opens the address by way of a file that only its owner reads.

    Other people on the machine can see what a program is called with, the token in an address too.
    """
    redirect.write_text(
        f'<!doctype html><meta http-equiv="refresh" content="0; url={escape(url)}">',
        encoding="utf-8",
    )
    webbrowser.open(redirect.as_uri())
