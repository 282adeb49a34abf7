"""The command line: the verbs of `kgmem.Memory`, for people and for pipes."""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kgmem.cli.application import app

__all__ = ["app", "main"]

_NEEDED = ("typer", "rich")


def main() -> None:
    """Runs the command; says what to install where the extra is missing."""
    try:
        from kgmem.cli.application import app
    except ModuleNotFoundError as error:
        if error.name not in _NEEDED:
            raise
        sys.exit(f"error: the command line needs {error.name}: pip install 'kgmem[cli]'")
    app()


def __getattr__(name: str) -> Any:
    if name == "app":
        from kgmem.cli.application import app

        return app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
