"""The notebooks run from top to bottom, and their files hold the outputs of such a run."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kgmem import Memory
from notebooks.execute import NOTEBOOKS, executed

# Folders of whoever ran them, and what a terminal or a progress bar leaves behind.
UNWANTED = re.compile(r"/(?:home|root|tmp|Users|usr|work|var)/|\x1b\[|\d+%\|")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_file_holds_clean_outputs(path: Path) -> None:
    everything = json.loads(path.read_text(encoding="utf-8"))["cells"]
    cells = [cell for cell in everything if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert any(cell["outputs"] for cell in cells)
    for cell in cells:
        assert len(cell["source"]) <= 40
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr"
            assert not UNWANTED.search(json.dumps({**output, "data": _texts(output)}))
    assert path.stat().st_size < 200_000


def _texts(output: dict[str, Any]) -> dict[str, Any]:
    return {kind: data for kind, data in output.get("data", {}).items() if "image" not in kind}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_runs(
    path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    if "KGMEM_NEO4J_URI" not in path.read_text(encoding="utf-8"):
        executed(path)
        return
    url = request.getfixturevalue("neo4j_url")
    monkeypatch.setenv("KGMEM_NEO4J_URI", url)
    executed(path)
    with Memory.open(url, group="demo", extractor="none", embedder="none") as memory:
        memory.forget(everything=True)
