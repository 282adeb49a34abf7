"""The application: its commands, in the order that help shows, and how it fails."""

import errno
import inspect
import logging
import re
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from kgmem import __version__
from kgmem.cli import importing, reading, server, writing
from kgmem.cli.consolidating import consolidate, fade
from kgmem.cli.demo import demo
from kgmem.cli.doctor import doctor
from kgmem.cli.exploring import explore
from kgmem.cli.ingesting import ingest
from kgmem.cli.mcp import mcp
from kgmem.errors import KgmemError

# The placeholder in messages that show how to write a URL may stay.
_PASSWORD = re.compile(r"(://[^/\s:@]*):(?!password@)\S*@")
_COMMANDS: tuple[Callable[..., None], ...] = (
    demo,
    writing.add,
    ingest,
    writing.retry,
    reading.search,
    reading.context,
    reading.facts,
    reading.timeline,
    reading.history,
    reading.diff,
    reading.explain,
    writing.correct,
    writing.undo,
    writing.merge,
    writing.split,
    writing.trust,
    consolidate,
    fade,
    writing.forget,
    reading.stats,
    explore,
    writing.copy,
    writing.export,
    doctor,
    reading.cypher,
    mcp,
)
_SERVER_COMMANDS = (server.start, server.stop, server.status)
_IMPORTS = (importing.graphiti, importing.mem0, importing.jsonl, importing.parquet)


class _Group(TyperGroup):
    """Commands whose expected failures are one line on stderr and exit status 2."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KgmemError as error:
            typer.echo(f"error: {_one_line(str(error))}", err=True)
            raise typer.Exit(2) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            what = f"{error.filename}: " if error.filename else ""
            typer.echo(f"error: {what}{error.strerror or error}", err=True)
            raise typer.Exit(2) from error


def _one_line(message: str) -> str:
    """An error as a line that holds no password, whatever quoted a URL."""
    return _PASSWORD.sub(r"\1@", " ".join(message.split()))


def _register(to: typer.Typer, command: Callable[..., None]) -> None:
    """Adds a command; the ``Example:`` that ends its docstring stays as it is written."""
    text, _, example = inspect.cleandoc(command.__doc__ or "").partition("\n\nExample:\n")
    # "\b" keeps the lines of a paragraph apart.
    to.command(help=text, epilog=f"\b\nExample:\n{example}" if example else None)(command)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"kgmem {__version__}")
        raise typer.Exit


def _root(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """A memory for agents that knows when.

    Dialogue goes in and becomes facts with two clocks: when something is true, and since when it is
    known. Start with `kgmem demo`.
    """
    # What libraries log would go to stderr beside the one line that an error is.
    logging.getLogger().addHandler(logging.NullHandler())


app = typer.Typer(
    cls=_Group,
    callback=_root,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
_import = typer.Typer(
    name="import",
    help="Take in what other memories hold, or what was exported.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_neo4j = typer.Typer(
    name="neo4j",
    help="A Neo4j server for development, without Docker.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
for _command in _COMMANDS:
    _register(app, _command)
for _command in _SERVER_COMMANDS:
    _register(_neo4j, _command)
for _command in _IMPORTS:
    _register(_import, _command)
app.add_typer(_import)
app.add_typer(_neo4j)
