"""The package as such: what it exports, imports and ships."""

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import kgmem

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "kgmem"
HEAVY = (
    "spacy",
    "tokenizers",
    "safetensors",
    "neo4j",
    "langchain",
    "langgraph",
    "typer",
    "mcp",
    "starlette",
    "graphdatascience",
    "opentelemetry",
    "pyarrow",
    "igraph",
    "ray",
)
# Who may import whom, from the inside out; a module may import its own layer and those before it.
LAYERS = (
    ("errors", "ids", "when", "text", "models", "telemetry", "listening"),
    ("belief", "timeline", "schema", "results"),
    ("naming",),
    ("stores", "extraction", "embeddings", "minilm"),
    (
        "resolution",
        "retrieval",
        "intake",
        "reporting",
        "copying",
        "exchange",
        "explaining",
        "correcting",
        "identities",
        "forgetting",
    ),
    ("windows",),
    ("recording",),
    ("consolidation",),
    ("opening",),
    ("memory",),
    ("aio", "kgmem"),
    ("ingest", "exploring", "neo4j_release"),
    ("devserver",),
    ("demo", "testing"),
    ("integrations", "explorer"),
    ("cli",),
)


def test_all_is_sorted_and_true() -> None:
    assert kgmem.__all__ == sorted(kgmem.__all__)
    assert all(hasattr(kgmem, name) for name in kgmem.__all__)


@pytest.mark.parametrize("statement", ["import kgmem", "from kgmem import Memory"])
def test_import_is_light(statement: str) -> None:
    code = f"{statement}; import sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert out.decode().strip() == "[]"


def test_import_is_fast() -> None:
    code = "import time; t = time.perf_counter(); import kgmem; print(time.perf_counter() - t)"
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
        for _ in range(3)
    ]
    assert min(float(out) for out in runs) < 0.3


def layer(module: str) -> int:
    name = module.split(".")[1] if "." in module else module
    found = [place for place, names in enumerate(LAYERS) if name in names]
    assert found, f"{module} belongs to no layer: name it in LAYERS"
    return found[0]


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT))
)
def test_imports_point_inwards(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    module = ".".join(part for part in parts if part != "__init__")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str | None] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            of_package = [f"kgmem.{alias.name}" for alias in node.names]
            names = [*of_package] if node.module == "kgmem" else [node.module]
        for name in names:
            if name and name.split(".")[0] == "kgmem" and name != "kgmem.__version__":
                assert layer(name) <= layer(module), f"{module} imports {name}"
                if name.startswith("kgmem.integrations"):
                    assert module.startswith(("kgmem.integrations", "kgmem.cli"))


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT))
)
def test_modules_and_functions_fit_the_eye(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 450
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


@pytest.mark.slow
def test_the_wheel_holds_the_whole_tree(tmp_path: Path) -> None:
    """Built through the sdist, so that what the sdist lacks is missed here too."""
    subprocess.run(
        [sys.executable, "-m", "uv", "build", "--quiet", "--out-dir", str(tmp_path), str(ROOT)],
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    shipped = set(zipfile.ZipFile(wheel).namelist())
    kept = [p for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    expected = {str(p.relative_to(ROOT)) for p in kept}
    for folder in ("cypher", "docker"):
        files = [p for p in (ROOT / folder).rglob("*") if p.is_file()]
        assert files
        expected |= {f"kgmem/_{folder}/{p.relative_to(ROOT / folder)}" for p in files}
    assert expected <= shipped
    assert not [n for n in shipped - expected if ".dist-info/" not in n]


def test_no_module_reads_a_clock_or_a_global_but_at_the_rim() -> None:
    """Time comes in through ``clock``; ``opening.system_clock`` is the only place that reads it."""
    readers = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "datetime.now(" in path.read_text(encoding="utf-8")
    ]
    assert set(readers) <= {"opening.py", "cli/output.py"}
