"""Every code block of the documentation runs, and prints what it says it prints."""

import contextlib
import io
import re
import runpy
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

FILE = re.compile(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def write_files(page: Path, folder: Path) -> None:
    """Writes the blocks that stand under the name of a file."""
    for name, content in FILE.findall(page.read_text(encoding="utf-8")):
        (folder / name).write_text(content, encoding="utf-8")


def blocks(page: Path) -> list[tuple[str, str]]:
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def printed(code: str, names: dict[str, object]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "<documentation>", "exec"), names)
    return out.getvalue()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_blocks_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """The blocks of a page share their names; a text block right after one is what it prints."""
    monkeypatch.chdir(tmp_path)
    write_files(page, tmp_path)
    names: dict[str, object] = {}
    found = [*blocks(page), ("", "")]
    if any("NEO4J_URL" in code for language, code in found if language == "python"):
        names["NEO4J_URL"] = request.getfixturevalue("neo4j_url")
    for (language, code), (following, expected) in pairwise(found):
        if language == "python":
            out = printed(code, names)
            if following == "text":
                assert out == expected


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_console_blocks_run(page: Path, tmp_path: Path) -> None:
    """Each `$ kgmem ...` line ends well; the blocks of a page share a folder."""
    write_files(page, tmp_path)
    for language, text in blocks(page):
        if language == "console":
            for line in re.findall(r"^\$ (kgmem .*)$", text, re.MULTILINE):
                command = [sys.executable, "-m", "kgmem.cli", *shlex.split(line)[1:]]
                done = subprocess.run(
                    command, cwd=tmp_path, capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, f"{line}\n{done.stderr}"


def test_the_first_result_comes_early() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert "```text" in lines[:30]


def test_the_reference_is_that_of_the_docstrings() -> None:
    page = runpy.run_path(str(ROOT / "docs" / "reference.py"))["page"]()
    written = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert written == page, "it is stale: run make reference"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!\w+:)([^)]+)\)", page.read_text(encoding="utf-8")):
        path, _, section = target.partition("#")
        file = (page.parent / path) if path else page
        assert file.exists(), target
        if section:
            titles = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = [re.sub(r"[^\w -]", "", t).lower().replace(" ", "-") for t in titles]
            assert section in slugs, target


def test_what_is_defended_names_tests_and_pages_that_are_there() -> None:
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("tests", "kgmem/testing")
        for path in (ROOT / folder).rglob("*.py")
    )
    named = re.findall(r"`(test_\w+)`", page)
    assert [name for name in named if f"def {name}(" not in code] == []
    rows = re.findall(r"^\|.*\|(.*)\|$", page, re.MULTILINE)[2:]
    assert len(rows) >= 20
    assert all("`test_" in row for row in rows)
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page):
        assert (ROOT / target).exists()


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert [p.name for p in PAGES[1:] if p.name != "README.md" and f"({p.name})" not in index] == []
