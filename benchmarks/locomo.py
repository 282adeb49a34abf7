"""LoCoMo: are the turns that answer a question among the first that a search returns?

Each conversation is a memory of its own. ``recall@5``, ``recall@10``, ``recall@20`` count hits of
``Memory.search``; a fact counts for the turns of its episodes. ``recall@500t`` and so on count what
``Memory.context`` packs into that many tokens. Questions of category 5 and those without evidence are
left out; malformed ids of turns are mended. ``spread of recall@10`` is its least and its greatest over
the conversations, and over what is left where one of them is left out.

Baselines rank "Speaker: turn" lines, and where there are facts those lines and the facts in one list
(``... with facts``), by BM25, by cosine, and by plain reciprocal rank fusion of the two.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from benchmarks import harness
from benchmarks.asking import Asking
from benchmarks.facts_given import Given, extractor_of
from benchmarks.locomo_data import Conversation, conversations
from benchmarks.ranking import Item
from kgmem import Fact

NAME = "locomo"


def _line(fact: Fact, turns: dict[str, str]) -> Item:
    told = frozenset(turns[episode] for episode in fact.episodes)
    return Item(fact.text, told, f"[{fact.valid_at.date().isoformat()} to now] {fact.text}")


def ask(arguments: argparse.Namespace, talk: Conversation, asking: Asking) -> int:
    """Takes in a conversation and asks its questions; how many facts there were."""
    extractor = extractor_of(arguments.facts, arguments.data, talk.name)
    group = f"benchmarks.{NAME} {talk.name}"
    with harness.memory_of(arguments, group, extractor=extractor) as memory:
        for batch in talk.batches:
            memory.add(batch.messages, session=batch.session)
        turns = {episode.id: str(episode.message_id) for episode in memory.episodes()}
        asking.ask(memory, talk.questions, turns, talk.name)
        facts = [_line(fact, turns) for fact in memory.facts()]
    lines = [Item(turn.text, frozenset([turn.turn]), turn.line) for turn in talk.turns]
    asking.compare(talk.questions, lines)
    if facts:
        asking.compare(talk.questions, [*lines, *facts], " with facts")
    return len(facts)


def measure(arguments: argparse.Namespace) -> harness.Result:
    """Takes in every conversation and asks its questions."""
    talks, asking = conversations(arguments), Asking(arguments)
    facts = sum(ask(arguments, talk, asking) for talk in talks)
    counts = {
        "turns": sum(len(talk.turns) for talk in talks),
        "facts": facts,
        "questions": sum(len(talk.questions) for talk in talks),
        "left_out": sum(talk.left_out for talk in talks),
    }
    result = asking.result(counts, parts="conversation")
    parts = result.kgmem["by_conversation"].values()
    spread = _spread([(part["questions"], part["recall@10"]) for part in parts])
    return replace(result, details={**result.details, "spread of recall@10": spread})


def _spread(parts: Sequence[tuple[int, float]]) -> harness.Figures:
    """Least and greatest mean of a conversation, and of all but one, of questions and means of each."""
    means = [mean for _, mean in parts]
    asked, total = (
        sum(column) for column in zip(*((n, n * mean) for n, mean in parts), strict=True)
    )
    others = [(total - n * mean) / (asked - n) for n, mean in parts if asked > n] or means
    return {
        "of one": [round(end(means), 4) for end in (min, max)],
        "of all but one": [round(end(others), 4) for end in (min, max)],
    }


def main(argv: Sequence[str] | None = None) -> harness.Result:
    """Runs the benchmark from the command line."""
    options = harness.data_parser(__doc__)
    harness.add_ablation(options)
    options.add_argument(
        "--facts",
        choices=get_args(Given),
        default="rules",
        help="where facts come from: grammar, the data's own lists, nowhere; default: %(default)s",
    )
    return harness.run(NAME, options.parse_args(argv), measure)


if __name__ == "__main__":
    main()
