"""What taking in turns and searching cost, beside Graphiti: one server, one input, one run.

Graphiti (graphiti-core) runs in a Python of its own (``--graphiti-python``) on the same Neo4j. Both
get the same turns of a LoCoMo conversation, a model that answers at once with the facts that the data
note of them, and embeddings made before: neither waits for a model. Each takes turns in as it is
meant to: Graphiti by ``add_episode``, one after another; kgmem by ``Memory.add`` a session, and for
comparison a turn, and a session by its rules without a model. The first sessions
(``--warm``) are not counted: the server plans statements then. Searches come first on either side: they fill
large groups, and a server that has just started compiles what it runs for minutes, at the cost of
what is measured then.

- ``wall_ms``, ``client_cpu_ms``, ``server_cpu_ms``, ``statements``, ``calls``: a turn. The CPU of the
  server is all that its process used meanwhile: nothing else may use it.
- ``ingest_wall_ratio``, ``ingest_cpu_ratio`` (client and server) and ``calls_ratio``: kgmem's, a
  session at a time, over Graphiti's.
- ``p50``, ``p95``: milliseconds of a search for 10 in a group of N facts of `benchmarks.synthetic`, by
  ``Memory.search`` and Graphiti's ``search``; CPU and statements are those of a search, ``first`` is the
  search that reads the group. ``search_ratio_10k`` is kgmem's p50 over Graphiti's at 10,000 facts.
- ``recall@10``: of the turns that answer a question, in a whole conversation with the facts noted of
  it; a fact counts for its turns. kgmem returns turns too, Graphiti's ``search`` facts alone.

``--limit`` takes so many conversations for the recall; turns to take in are those of the first.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import harness
from benchmarks.ingest import counted
from benchmarks.locomo_data import Conversation, conversations
from benchmarks.recall import recall, turns_of
from benchmarks.scripted import facts, scripted
from benchmarks.search import QuestionVectors, ingest
from benchmarks.synthetic import World, drafts
from benchmarks.vectors import Remembering, remembering
from kgmem import Memory, Message
from kgmem.embeddings import Embeddings
from kgmem.extraction.base import Extractor
from kgmem.extraction.llm import LLMExtractor
from kgmem.stores.neo4j_driver import Address
from kgmem.testing import ScriptedExtractor

NAME = "versus_graphiti"
_RUNNER = Path(__file__).parent / "graphiti_runner.py"
_K = 10
_SERVER = "CALL dbms.queryJmx('java.lang:type=OperatingSystem') YIELD attributes"

Batches = Sequence[tuple[str, Sequence[Message]]]
Given = dict[str, Any]


def _figures(measured: Mapping[str, Any], units: int) -> harness.Figures:
    """What was measured on either side, a unit of work."""
    return {
        "wall_ms": round(sum(measured["wall"]) / units, 3),
        "client_cpu_ms": round(measured["client_cpu"] / units, 3),
        "server_cpu_ms": round(measured["server_cpu"] / units, 3),
        "statements": round(measured["statements"] / units, 2),
        "calls": round(measured["calls"] / units, 3),
    }


def _searches(measured: Mapping[str, Any], recalls: Sequence[float] = ()) -> harness.Figures:
    """The figures of searches, where no model is called."""
    latency = np.percentile(measured["wall"], (50, 95)).round(3).tolist()
    figures = _figures(measured, len(measured["wall"]))
    del figures["wall_ms"], figures["calls"]
    return {
        **dict(zip(("p50", "p95"), latency, strict=True)),
        **figures,
        **({f"recall@{_K}": harness.mean(recalls)} if recalls else {}),
    }


def _model(arguments: argparse.Namespace) -> Remembering:
    model = remembering(arguments.embedder)
    if model is None:
        raise SystemExit("--embedder none: Graphiti cannot do without")
    return model


# kgmem


class _Meter:
    """What the calls of a memory cost."""

    def __init__(self, memory: Memory, statements: list[str]) -> None:
        self._memory, self._statements = memory, statements
        self.start()

    def start(self) -> None:
        self.watch = harness.Stopwatch()
        self._server = self._used()
        self._statements.clear()

    def _used(self) -> float:
        (row,) = self._memory.cypher(_SERVER)
        attributes: Any = row["attributes"]
        return float(attributes["ProcessCpuTime"]["value"]) / 1e6

    def measured(self, calls: int = 0) -> dict[str, Any]:
        return {
            "wall": self.watch.taken,
            "client_cpu": sum(self.watch.cpu),
            "statements": len(self._statements),
            "server_cpu": self._used() - self._server,
            "calls": calls,
        }


@contextmanager
def _metered(
    arguments: argparse.Namespace, name: str, **options: Any
) -> Iterator[tuple[Memory, _Meter]]:
    group = f"benchmarks.{NAME} {name}"
    with (
        harness.memory_of(arguments, group, **options) as memory,
        counted(memory) as statements,
    ):
        yield memory, _Meter(memory, statements)


def _taken_in(
    arguments: argparse.Namespace, batches: Batches, extractor: Callable[[], Extractor]
) -> harness.Figures:
    """What taking in costs, a turn."""
    # Once in vain: every embedding is made, and every statement is planned. Each time with an
    # extractor of its own, since one that asks a model keeps the replies.
    with harness.memory_of(arguments, f"benchmarks.{NAME} ingest", extractor=extractor()) as memory:
        for session, messages in batches:
            memory.add(messages, session=session)
    with _metered(arguments, "ingest", extractor=extractor()) as (memory, meter):
        for session, messages in batches[: arguments.warm]:
            memory.add(messages, session=session)
        meter.start()
        reports = [
            meter.watch.time(partial(memory.add, messages, session=session))
            for session, messages in batches[arguments.warm :]
        ]
        measured = meter.measured(sum(report.llm_calls for report in reports))
    return _figures(measured, sum(len(report.episodes) for report in reports))


def _one_by_one(batches: Batches, warm: int) -> Batches:
    """The same turns, each by itself; the first sessions stay."""
    rest = batches[warm:]
    return [*batches[:warm], *((s, [message]) for s, messages in rest for message in messages)]


def _answered(arguments: argparse.Namespace, talk: Conversation) -> harness.Figures:
    """Searches of a whole conversation."""
    _model(arguments).asked([asked.text for asked in talk.questions])
    with _metered(arguments, "recall", extractor=LLMExtractor(scripted(talk))) as (memory, meter):
        for batch in talk.batches:
            memory.add(batch.messages, session=batch.session)
        turns = {episode.id: str(episode.message_id) for episode in memory.episodes()}
        memory.search(talk.questions[0].text)
        meter.start()
        searches = [partial(memory.search, asked.text, k=_K) for asked in talk.questions]
        found = [turns_of(meter.watch.time(search), turns) for search in searches]
        measured = meter.measured()
    gold = [asked.gold for asked in talk.questions]
    return _searches(measured, [recall(*pair) for pair in zip(gold, found, strict=True)])


def _vectors(arguments: argparse.Namespace, questions: Sequence[str]) -> Embeddings:
    """Embeddings of a `World`: random ones in place of a model's, under its name."""
    model = _model(arguments)
    if arguments.embedder == "hash":
        return model
    vectors = QuestionVectors(questions)
    vectors.model_name = model.model_name
    return vectors


def _sized(arguments: argparse.Namespace, size: int) -> harness.Figures:
    """Searches of a group of so many facts."""
    world = World(size, arguments.seed)
    questions = world.questions(arguments.questions)
    vectors = _vectors(arguments, questions)
    extractor = ScriptedExtractor(drafts)
    with _metered(arguments, str(size), extractor=extractor, embedder=vectors) as (memory, meter):
        writing = ingest(memory, world)
        meter.start()
        meter.watch.time(partial(memory.search, questions[0], k=_K))
        (first,) = meter.watch.taken
        meter.start()
        for question in questions:
            meter.watch.time(partial(memory.search, question, k=_K))
        return {
            **_searches(meter.measured()),
            "first": round(first, 1),
            "ingest_s": round(sum(writing.taken) / 1000, 1),
        }


# Graphiti


def _noted(talk: Conversation) -> dict[str, list[Given]]:
    """The facts of each turn, as the scripted model has them."""
    noted: dict[str, list[str]] = {}
    for fact, turn in talk.observations:
        noted.setdefault(turn, []).append(fact)
    return {turn: facts("0", sentences) for turn, sentences in noted.items()}


def _turn(message: Message, name: str, said: Iterable[Mapping[str, Any]]) -> Given:
    assert message.occurred_at is not None
    kept = ("subject", "predicate", "object", "text")
    return {
        "name": name,
        "text": f"{message.speaker}: {message.text}",
        "at": message.occurred_at.isoformat(),
        "facts": [{key: fact[key] for key in kept} for fact in said],
    }


def _turns(batches: Batches, noted: Mapping[str, Sequence[Given]]) -> list[Given]:
    return [
        _turn(message, str(message.id), noted.get(str(message.id), ()))
        for _, messages in batches
        for message in messages
    ]


def _world(size: int, arguments: argparse.Namespace) -> Given:
    """The group that `_sized` searches."""
    world = World(size, arguments.seed)
    questions = world.questions(arguments.questions)
    turns = [
        _turn(message, f"{session} {number}", (d.model_dump() for d in drafts(message)))
        for session, messages in world.sessions()
        for number, message in enumerate(messages)
    ]
    return {"turns": turns, "questions": questions}


def _texts(group: Given) -> list[str]:
    """Every text that Graphiti embeds of a group."""
    said = [fact for turn in group["turns"] for fact in turn["facts"]]
    keys = ("subject", "object", "text")
    return [*group["questions"], *(fact[key] for fact in said for key in keys)]


def _graphiti(arguments: argparse.Namespace, groups: Sequence[Given]) -> list[dict[str, Any]]:
    """What Graphiti's own Python measured on each group."""
    address = Address.of(arguments.store)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts: dict[str, None] = {}
        rows: list[list[float]] = []
        for group in groups:
            new = [text for text in dict.fromkeys(_texts(group)) if text not in texts]
            rows += group.pop("embedder").embed_documents(new)
            texts |= dict.fromkeys(new)
        np.save(folder / "vectors.npy", np.asarray(rows, dtype=np.float32))
        job = {
            "uri": address.uri,
            "user": address.user,
            "password": address.password,
            "database": address.database or "neo4j",
            "texts": list(texts),
            "groups": [
                {**group, "name": f"benchmarks-{NAME}-{n}"} for n, group in enumerate(groups)
            ],
        }
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        done = subprocess.run(
            [arguments.graphiti_python, str(_RUNNER), str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"Graphiti failed:\n{done.stderr[-4000:]}")
    measured: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return measured


# Side by side


def _ratios(ours: harness.Figures, theirs: harness.Figures) -> harness.Figures:
    """Ours over theirs."""

    def of(*names: str) -> float:
        return harness.share(*(sum(side[name] for name in names) for side in (ours, theirs)))

    return {
        "ingest_wall_ratio": of("wall_ms"),
        "ingest_cpu_ratio": of("client_cpu_ms", "server_cpu_ms"),
        "calls_ratio": of("calls"),
        **{
            f"search_ratio_{int(size) / 1000:g}k": harness.share(
                figures["p50"], theirs["by_facts"][size]["p50"]
            )
            for size, figures in ours["by_facts"].items()
        },
    }


def _ours(
    arguments: argparse.Namespace, talks: Sequence[Conversation], batches: Batches
) -> harness.Figures:
    def told() -> Extractor:
        return LLMExtractor(scripted(talks[0]))

    turns, rules = _one_by_one(batches, arguments.warm), harness.shared_rules()
    searches = {
        "by_conversation": {talk.name: _answered(arguments, talk) for talk in talks},
        "by_facts": {str(size): _sized(arguments, size) for size in arguments.facts},
    }
    return {
        **_taken_in(arguments, batches, told),
        "by_way": {
            "a turn at a time": _taken_in(arguments, turns, told),
            "rules": _taken_in(arguments, batches, lambda: rules),
        },
        **searches,
    }


def _theirs(
    arguments: argparse.Namespace, talks: Sequence[Conversation], batches: Batches
) -> harness.Figures:
    vectors = _model(arguments)
    whole = [[(batch.session, batch.messages) for batch in talk.batches] for talk in talks]
    first = {"turns": _turns(batches, _noted(talks[0])), "questions": [], "embedder": vectors}
    groups = [
        *(
            {
                "turns": _turns(sessions, _noted(talk)),
                "questions": [asked.text for asked in talk.questions],
                "embedder": vectors,
            }
            for talk, sessions in zip(talks, whole, strict=True)
        ),
        *(
            {**_world(size, arguments), "embedder": _vectors(arguments, ())}
            for size in arguments.facts
        ),
        {**first, "warm": sum(len(messages) for _, messages in batches[: arguments.warm])},
    ]
    *searched, added = _graphiti(arguments, groups)
    answered, sized = searched[: len(talks)], searched[len(talks) :]
    recalls = [
        [
            recall(asked.gold, map(frozenset, found))
            for asked, found in zip(talk.questions, measured["found"], strict=True)
        ]
        for talk, measured in zip(talks, answered, strict=True)
    ]
    return {
        **_figures(added, len(added["wall"])),
        "by_conversation": {
            talk.name: _searches(measured, found)
            for talk, measured, found in zip(talks, answered, recalls, strict=True)
        },
        "by_facts": {
            str(size): _searches(measured)
            for size, measured in zip(arguments.facts, sized, strict=True)
        },
    }


def measure(arguments: argparse.Namespace) -> harness.Result:
    """Measures both, one after the other."""
    talks = conversations(arguments)
    batches = [(b.session, b.messages) for b in talks[0].batches[: arguments.sessions]]
    ours = _ours(arguments, talks, batches)
    theirs = _theirs(arguments, talks, batches)
    ratios = _ratios(ours, theirs)
    turns = sum(len(messages) for _, messages in batches[arguments.warm :])
    return harness.Result(
        kgmem=ours,
        baselines={"graphiti": theirs},
        latency_ms=ours["by_facts"][str(arguments.facts[-1])],
        top=ratios,
        details={**ratios, "turns": turns},
    )


def main(argv: Sequence[str] | None = None) -> harness.Result:
    """Runs the benchmark from the command line."""
    options = harness.data_parser(__doc__)
    options.set_defaults(limit=1)
    options.add_argument("--graphiti-python", required=True, metavar="PATH")
    options.add_argument("--sessions", type=int, default=12, help="to take in")
    options.add_argument("--warm", type=int, default=4, help="sessions that are not counted")
    options.add_argument("--facts", type=int, nargs="+", default=[2_500, 10_000, 30_000])
    options.add_argument("--questions", type=int, default=50, metavar="N")
    options.add_argument("--seed", type=int, default=0)
    return harness.run(NAME, options.parse_args(argv), measure)


if __name__ == "__main__":
    main()
