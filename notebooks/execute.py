"""Executes notebooks as they stand: ``python notebooks/execute.py`` writes their outputs in place."""

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = sorted(Path(__file__).parent.glob("*.ipynb"))


def executed(path: Path) -> Any:
    """A notebook with fresh outputs; raises where a cell fails."""
    notebook = nbformat.read(path, as_version=4)
    folder = {"metadata": {"path": str(path.parent)}}
    # Without the times of each cell and the pieces its prints came in: what did not change makes no
    # difference.
    NotebookClient(
        notebook, timeout=600, record_timing=False, coalesce_streams=True, resources=folder
    ).execute()
    return notebook


def main() -> None:
    """Executes every notebook in place."""
    for path in NOTEBOOKS:
        notebook = executed(path)
        del notebook.metadata["language_info"]["version"]
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main()
