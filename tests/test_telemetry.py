"""Spans and metrics where OpenTelemetry is installed, nothing where it is not, and no calls home."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from kgmem import Claim, ConflictError, InvalidInputError, Memory, Message, telemetry
from kgmem.testing import HashEmbedder, ScriptedExtractor


class Recorded:
    """What the SDK has received."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.reader = InMemoryMetricReader()
        self.traces = TracerProvider()
        self.traces.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.metrics = MeterProvider([self.reader])
        self.instruments = telemetry.Instruments(
            self.traces.get_tracer("test"), self.metrics.get_meter("test")
        )

    def spans(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self.exporter.get_finished_spans()}

    def points(self, metric: str) -> dict[str, Any]:
        """The points of a metric by step."""
        data = self.reader.get_metrics_data()
        assert data is not None
        return {
            str((point.attributes or {})["kgmem.step"]): point
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for found in scope.metrics
            if found.name == metric
            for point in found.data.data_points
        }


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorded]:
    recorded = Recorded()
    monkeypatch.setattr(telemetry, "instruments", lambda: recorded.instruments)
    yield recorded
    recorded.traces.shutdown()
    recorded.metrics.shutdown()


def open_memory() -> Memory:
    return Memory.open(
        "sqlite://",
        group="secret group",
        extractor=ScriptedExtractor(lambda _: [Claim.asserts("Ada", "lives_in", "Berlin")]),
        embedder=HashEmbedder(),
    )


def test_each_step_is_a_span_and_a_point(recorded: Recorded) -> None:
    with open_memory() as memory:
        memory.add([Message(text="I live in Berlin.", speaker="Ada")])
        hits = memory.search("Where does Ada live?")
        block = memory.context("Where does Ada live?")
    spans = recorded.spans()
    inside = {
        span.name: next(
            (name for name, other in spans.items() if span.parent and other.context and other.context.span_id == span.parent.span_id),
            None,
        )
        for span in spans.values()
    }  # fmt: skip
    assert inside == {
        "kgmem.add": None,
        "kgmem.extract": "kgmem.add",
        "kgmem.write": "kgmem.add",
        "kgmem.search": None,
        "kgmem.context": None,
        "kgmem.refresh": "kgmem.context",
        "kgmem.score": "kgmem.search",
    }
    assert spans["kgmem.add"].attributes == {"kgmem.episodes": 1, "kgmem.facts": 1}
    assert spans["kgmem.extract"].attributes == {"kgmem.llm_calls": 0, "kgmem.llm_tokens": 0}
    assert spans["kgmem.search"].attributes == {"kgmem.hits": len(hits)}
    assert spans["kgmem.context"].attributes == {"kgmem.context_tokens": block.tokens}
    seconds = recorded.points("kgmem.step.duration")
    assert {f"kgmem.{step}" for step in seconds} == spans.keys()
    assert {step: point.count for step, point in seconds.items() if point.count > 1} == {
        "refresh": 2
    }
    assert all(point.sum >= 0 for point in seconds.values())
    assert recorded.points("kgmem.hits")["search"].value == len(hits)


def test_the_documentation_names_every_span_and_count(recorded: Recorded) -> None:
    with open_memory() as memory:
        memory.add([Message(text="I live in Berlin.", speaker="Ada")])
        memory.search("Where does Ada live?")
        memory.context("Where does Ada live?")
    page = (Path(__file__).parents[1] / "docs" / "telemetry.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(kgmem\.\w+)` \|.*\|(.*)\|$", page, re.MULTILINE)
    assert {span: set(re.findall(r"`([\w.]+)`", counts)) for span, counts in rows} == {
        name: set(span.attributes or ()) for name, span in recorded.spans().items()
    }


def test_no_text_no_name_and_no_group_is_recorded(recorded: Recorded) -> None:
    with open_memory() as memory:
        memory.add([Message(text="I live in Berlin.", speaker="Ada")], session="my session")
        memory.search("Where does Ada live?")
    data = recorded.reader.get_metrics_data()
    assert data is not None
    told = "".join(span.to_json() for span in recorded.spans().values()) + data.to_json()
    assert not [word for word in ("Ada", "Berlin", "secret", "session") if word in told]


def test_a_step_that_fails_tells_no_text(recorded: Recorded) -> None:
    with open_memory() as memory:
        memory.add([Message(text="one", id="Zanzibar")])
        with pytest.raises(ConflictError, match="Zanzibar"):
            memory.add([Message(text="two", id="Zanzibar")])
    told = recorded.spans()["kgmem.add"].to_json()
    assert '"status_code": "ERROR"' in told
    assert "Zanzibar" not in told


def test_a_step_that_fails_is_marked(recorded: Recorded) -> None:
    with open_memory() as memory, pytest.raises(InvalidInputError):
        memory.add([Message(text="", speaker="Ada")])
    assert recorded.spans()["kgmem.add"].status.status_code.name == "ERROR"
    point = recorded.points("kgmem.step.duration")["add"]
    assert point.attributes["error.type"] == "InvalidInputError"


def run(script: str, *args: str) -> Any:
    """What a script prints, as JSON, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script, *args], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


ADD_AND_SEARCH = """
import json, sys
from kgmem import Memory, Message

def use(url, **options):
    with Memory.open(url, group="telemetry", **options) as memory:
        memory.add([Message(text="I live in Berlin.", speaker="Ada")])
        hits = memory.search("Where does Ada live?")
        memory.forget(everything=True)
    return len(hits)
"""

WITHOUT = f"""{ADD_AND_SEARCH}
sys.modules["opentelemetry"] = None
hits = use("sqlite://", extractor="none", embedder="none")
print(json.dumps([hits, [m for m in sys.modules if m.startswith("opentelemetry.")]]))
"""

CONFIGURED = f"""{ADD_AND_SEARCH}
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
exporter, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
use("sqlite://", extractor="none", embedder="none")
print(json.dumps(sorted({{span.name for span in exporter.get_finished_spans()}})))
"""

WATCHED = f"""{ADD_AND_SEARCH}
called = []

def watch(event, args):
    if event == "socket.getaddrinfo":
        called.append([str(args[0]), int(args[1])])
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        called.append([str(part) for part in args[1][:2]] if isinstance(args[1], tuple) else str(args[1]))

sys.addaudithook(watch)
options = {{"extractor": "none", "embedder": "none"}} if len(sys.argv) > 2 else {{}}
use(sys.argv[1], **options)
print(json.dumps(called))
"""


def test_without_opentelemetry_all_works() -> None:
    assert run(WITHOUT) == [1, []]


def test_what_an_application_configures_receives_the_steps() -> None:
    assert run(CONFIGURED) == [
        "kgmem.add", "kgmem.refresh", "kgmem.score", "kgmem.search", "kgmem.write",
    ]  # fmt: skip


def test_a_local_memory_opens_no_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its extractor and its model, and nothing in the environment that forbids it."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        monkeypatch.delenv(name, raising=False)
    assert run(WATCHED, f"sqlite:///{tmp_path}/memory.db") == []


def test_a_memory_in_neo4j_calls_its_server_alone(neo4j_url: str) -> None:
    called = run(WATCHED, neo4j_url, "no models")
    host, port = neo4j_url.rpartition("@")[2].split(":")
    assert called
    assert {str(place[1]) for place in called} == {port.partition("/")[0]}
    assert {place[0] for place in called} <= {host, "127.0.0.1", "::1", "localhost"}
