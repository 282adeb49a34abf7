"""What a benchmark found, as a table for people and as JSON, with what the figures depend on."""

import argparse
import json
import os
import platform
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kgmem import __version__

Figures = dict[str, Any]
"""Figures by name; a mapping inside is a breakdown, such as ``by_category``."""

_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^/@]*@")


@dataclass(frozen=True, slots=True)
class Result:
    """What a benchmark found.

    Attributes:
        kgmem: The figures of this project.
        baselines: The figures of simpler ways on the same input, computed in the same run.
        latency_ms: What one question takes, the embedding of the question excluded.
        embedding_ms: What embedding one question takes.
        top: Figures that stand at the top level of the JSON.
        details: Whatever else helps to read the figures.
    """

    kgmem: Figures
    baselines: Mapping[str, Figures] = field(default_factory=dict)
    latency_ms: Figures = field(default_factory=dict)
    embedding_ms: Figures = field(default_factory=dict)
    top: Figures = field(default_factory=dict)
    details: Figures = field(default_factory=dict)


def run(
    name: str,
    arguments: argparse.Namespace,
    measure: Callable[[argparse.Namespace], Result],
) -> Result:
    """Measures and publishes; what was found is returned."""
    result = measure(arguments)
    publish(name, arguments, result)
    return result


def publish(name: str, arguments: argparse.Namespace, result: Result) -> None:
    """Prints the figures as a table and writes them where ``--out`` asks for it.

    Args:
        name: The benchmark.
        arguments: What it was asked for.
        result: What it found.
    """
    setting = _setting(name, arguments)
    print("  ".join(f"{key}: {value}" for key, value in setting.items() if key != "arguments"))
    print(f"arguments: {json.dumps(setting['arguments'])}\n")
    print(table({"kgmem": result.kgmem, **result.baselines}))
    for title in ("latency_ms", "embedding_ms", "details"):
        if figures := getattr(result, title):
            print(f"\n{title}: {_line(figures)}")
    if arguments.out:
        arguments.out.write_text(
            json.dumps(_document(setting, result), indent=2, ensure_ascii=False) + "\n",
            encoding="utf-8",
        )


def _document(setting: Figures, result: Result) -> Figures:
    return {
        **setting,
        **result.top,
        "kgmem": result.kgmem,
        "baselines": dict(result.baselines),
        "latency_ms": result.latency_ms,
        "embedding_ms": result.embedding_ms,
        "details": result.details,
    }


def _setting(name: str, arguments: argparse.Namespace) -> Figures:
    """What a figure depends on: version, machine, date and arguments, a password left out."""
    asked = {key: _shown(value) for key, value in vars(arguments).items() if value is not None}
    return {
        "benchmark": name,
        "version": __version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "arguments": asked,
    }


def _shown(value: object) -> object:
    if isinstance(value, Path):
        return value.name
    return _PASSWORD.sub(r"\1:***@", value) if isinstance(value, str) else value


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    if known.exists():
        for line in known.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def table(systems: Mapping[str, Figures]) -> str:
    """Plain text: a row a system, then a row a part of each breakdown, a column a figure."""
    rows: list[tuple[str, Figures]] = []
    for name, figures in systems.items():
        rows.append((name, figures))
        for key, parts in figures.items():
            if isinstance(parts, Mapping):
                rows += [(f"  {name} {_part(key)}{part}", row) for part, row in parts.items()]
    columns = list(dict.fromkeys(c for _, row in rows for c in row if not _nested(row[c])))
    body = [["", *columns], *([n, *(_cell(row.get(c)) for c in columns)] for n, row in rows)]
    widths = [max(map(len, column)) for column in zip(*body, strict=True)]
    return "\n".join(
        "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
        for line in body
    )


def _part(key: str) -> str:
    return "" if key == "by_category" else key.removeprefix("by_") + " "


def _nested(value: object) -> bool:
    return isinstance(value, Mapping | list)


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def _line(figures: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{k} ({_line(v)})" if isinstance(v, Mapping) else f"{k} {_cell(v)}"
        for k, v in figures.items()
    )
