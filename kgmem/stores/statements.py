"""Statements live in files: one per ``.cypher`` file, named blocks in one ``.sql`` file.

A header of ``//`` or ``--`` comments says what a statement does, its parameters and its result;
the text after it is sent as it stands. Values only ever travel as parameters.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from sqlite3 import complete_statement

_BLOCK = re.compile(r"^-- name: ([\w.]+)$", re.MULTILINE)


@cache
def cypher_folder() -> Traversable:
    """Where the Cypher files are: in the wheel, or beside the package in a checkout."""
    packaged = files("kgmem") / "_cypher"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "cypher"


@cache
def cypher(name: str) -> str:
    """The statement in ``NAME.cypher``, without its header.

    Args:
        name: Path below the folder, without the suffix: ``read/facts``.
    """
    text = cypher_folder().joinpath(*f"{name}.cypher".split("/")).read_text(encoding="utf-8")
    lines = text.splitlines()
    while lines and lines[0].startswith("//"):
        del lines[0]
    return "\n".join(lines).strip().removesuffix(";")


@cache
def sql(resource: str) -> dict[str, str]:
    """The named blocks of a ``.sql`` file beside this module."""
    text = (files("kgmem") / "stores" / resource).read_text(encoding="utf-8")
    parts = _BLOCK.split(text)[1:]
    return {name: block.strip() for name, block in zip(parts[::2], parts[1::2], strict=True)}


def script(block: str) -> Iterator[str]:
    """The statements of a block of several, so that they can run in one transaction."""
    statement = ""
    for line in f"{block.removesuffix(';')};".splitlines(keepends=True):
        statement += line
        if complete_statement(statement):
            yield statement
            statement = ""
