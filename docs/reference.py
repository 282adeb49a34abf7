"""Writes docs/reference.md from the docstrings: `python docs/reference.py`.

It reads the source and imports none of it, so it needs no extras and gives the same on any Python.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference.md"
# What is public: the names of a module, in the order of the page.
PUBLIC = {
    "memory": "Memory",
    "consolidation.consolidator": "Consolidating",
    "aio": "AsyncMemory",
    "opening": "Options",
    "correcting": "Correction",
    "forgetting": "Scope",
    "models": "Message Episode Entity Claim ClaimDraft ClaimDetails Fact Trust Community Similarity",
    "results": "Report Skipped Proposal Receipt Change Diff Explanation Hit Why ContextBlock "
    "Consolidation Faded",
    "schema": "Schema Predicate",
    "errors": "KgmemError ConfigurationError NotFoundError ConflictError InvalidInputError StoreError "
    "StoreUnavailableError ExtractionError",
    "stores.base": "Limits",
    "extraction.llm": "LLMExtractor FileCache",
    "exploring": "explore",
    "ingest.job": "ingest Options GroupTotals Progress",
    "ingest.graphiti": "import_graphiti",
    "ingest.mem0": "import_mem0",
    "ingest.importing": "Imported Lost",
}
_HEAD = """# API reference

Made from the docstrings by `python docs/reference.py`; do not edit it. What `kgmem` exports is imported
from there (`from kgmem import Memory`), the rest from the module that is named with it.
"""
_SECTION = re.compile(r"(Args|Returns|Raises|Attributes|Yields):")
_ENTRY = re.compile(r"( {4})([*\w]+): (.*)")

Definition = ast.ClassDef | ast.FunctionDef


def page() -> str:
    """The whole page."""
    exported = _exported()
    parts = [_HEAD]
    for module, public in PUBLIC.items():
        for name in public.split():
            where = "kgmem" if name in exported else f"kgmem.{module}"
            parts += _described(_found(module, name), name, f"`from {where} import {name}`")
    listed = {name for public in PUBLIC.values() for name in public.split()}
    if missing := sorted(exported - listed - {"__version__"}):
        raise SystemExit(f"exported and not in PUBLIC of docs/reference.py: {', '.join(missing)}")
    return "\n".join(parts)


def _exported() -> set[str]:
    """What `kgmem.__all__` holds."""
    for node in _source("__init__").body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    raise SystemExit("kgmem has no __all__")


def _found(module: str, name: str) -> Definition:
    """The definition of a name, in the module or where the module imports it from."""
    for node in _source(module).body:
        if isinstance(node, Definition) and node.name == name:
            return node
        if isinstance(node, ast.ImportFrom) and name in [alias.name for alias in node.names]:
            return _found((node.module or "").removeprefix("kgmem."), name)
    raise SystemExit(f"kgmem.{module} defines no {name}")


def _source(module: str) -> ast.Module:
    path = ROOT.joinpath("kgmem", *module.split(".")).with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))


def _described(node: Definition, name: str, where: str) -> Iterator[str]:
    title = f"{name}{_signature(node)}" if isinstance(node, ast.FunctionDef) else name
    yield f"## `{title}`\n"
    yield f"{where}\n"
    yield _markdown(ast.get_docstring(node) or "")
    if isinstance(node, ast.ClassDef):
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
                yield f"### `{name}.{method.name}{_signature(method)}`\n"
                yield _markdown(ast.get_docstring(method) or "")


def _signature(node: ast.FunctionDef) -> str:
    """The parameters but the first of a method, and what it returns; of a property the latter alone."""
    arguments = node.args
    kept = [a for a in arguments.args if a.arg not in ("self", "cls")]
    shown = ast.unparse(
        ast.arguments(
            posonlyargs=[],
            args=[*[a for a in arguments.posonlyargs if a.arg not in ("self", "cls")], *kept],
            vararg=arguments.vararg,
            kwonlyargs=arguments.kwonlyargs,
            kw_defaults=arguments.kw_defaults,
            kwarg=arguments.kwarg,
            defaults=arguments.defaults,
        )
    )
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    is_property = any(ast.unparse(d) == "property" for d in node.decorator_list)
    return returns if is_property else f"({shown}){returns}"


def _markdown(docstring: str) -> str:
    """Google's sections as lists; the rest is Markdown already."""
    lines = []
    section = False
    for line in docstring.splitlines():
        if match := _SECTION.fullmatch(line):
            section = True
            lines += [f"*{match[1]}*", ""]
        elif section and (entry := _ENTRY.match(line)):
            lines.append(f"- `{entry[2]}`: {entry[3]}")
        elif section and line.startswith(" " * 8):
            lines.append(f"  {line.strip()}")
        else:
            lines.append(line.strip() if section else line)
    return re.sub(r"``(.+?)``", r"`\1`", "\n".join(lines)) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
