"""The questions of ``cypher/explore``, by name: what a person asks of a memory in Neo4j."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kgmem.errors import InvalidInputError, NotFoundError
from kgmem.memory import Memory
from kgmem.stores.statements import cypher, cypher_folder
from kgmem.when import starts

_PARAMETER = re.compile(r"^// \$(\w+)\s+([A-Z]+)\s+(.*)$", re.MULTILINE)
_GROUP = "group_id"


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a question wants to know.

    Attributes:
        name: Its name, without the ``$``.
        type: ``STRING``, ``INTEGER`` or ``DATETIME``.
        meaning: What it stands for; "or null" in it means that it may be left out.
    """

    name: str
    type: str
    meaning: str

    @property
    def optional(self) -> bool:
        """Whether it may be left out."""
        return "or null" in self.meaning


@dataclass(frozen=True, slots=True)
class Question:
    """A question of ``cypher/explore``.

    Attributes:
        name: The name of its file.
        text: The question, in words.
        parameters: What it wants to know, the group left out.
    """

    name: str
    text: str
    parameters: tuple[Parameter, ...]


def questions() -> list[Question]:
    """All questions, by name."""
    files = cypher_folder().joinpath("explore").iterdir()
    found = {
        file.name.removesuffix(".cypher"): file.read_text(encoding="utf-8")
        for file in files
        if file.name.endswith(".cypher")
    }
    return [_question(name, found[name]) for name in sorted(found)]


def explore(memory: Memory, name: str, /, **given: object) -> list[dict[str, Any]]:
    """Asks a question of ``cypher/explore``.

    Args:
        memory: A memory in Neo4j.
        name: The name of the question's file.
        **given: Its parameters; dates as anywhere: ``2024-05``, ``3 May 2024``.

    Raises:
        NotFoundError: There is no question of this name.
        InvalidInputError: A parameter is missing, or there is none of this name.
        ConfigurationError: The memory's store does not speak Cypher.
    """
    known = {question.name: question for question in questions()}
    if name not in known:
        raise NotFoundError(f"{name!r} is no question: use one of {', '.join(known)}")
    return memory.cypher(cypher(f"explore/{name}"), **_values(known[name], given))


def _question(name: str, text: str) -> Question:
    found = tuple(Parameter(*match.groups()) for match in _PARAMETER.finditer(text))
    return Question(
        name=name,
        text=text.partition("\n")[0].removeprefix("// "),
        parameters=tuple(parameter for parameter in found if parameter.name != _GROUP),
    )


def _values(question: Question, given: Mapping[str, object]) -> dict[str, object]:
    names = {parameter.name for parameter in question.parameters}
    if unknown := sorted(given.keys() - names):
        raise InvalidInputError(
            f"{question.name!r} takes no {unknown[0]!r}: it takes {', '.join(sorted(names))}"
        )
    values: dict[str, object] = {}
    for parameter in question.parameters:
        value = given.get(parameter.name)
        if value is None and not parameter.optional:
            raise InvalidInputError(
                f"{question.name!r} wants {parameter.name!r}: {parameter.meaning}"
            )
        values[parameter.name] = _fitting(value, parameter.type)
    return values


def _fitting(value: object, kind: str) -> object:
    """A value as its parameter's type wants it; a year may come as a number."""
    if value is None or kind == "INTEGER":
        return value
    if kind == "STRING":
        return str(value)
    return starts(value if isinstance(value, date) else str(value))
