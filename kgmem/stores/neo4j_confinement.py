"""What a statement may do that a model wrote, judged by the plan that the server makes of it.

A read-only transaction is not enough: in one, a statement may still load files and URLs, end the
transactions of others, read the server's settings and call any procedure that writes nothing. The
plan names what a statement does whatever its spelling, and planning runs none of it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kgmem.errors import InvalidInputError

_PROCEDURES = re.compile(
    r"db\.(index\.(fulltext|vector)\.query\w+|labels|relationshipTypes|propertyKeys)\("
)
_OPERATORS = re.compile(r"(LoadCSV|Show|Terminate|AdministrationCommand)")
_FOREIGN_FUNCTION = re.compile(r"\b((?:apoc|gds)\.[\w.]+)\(")


def check_plan(query_type: str | None, plan: Mapping[str, Any] | None) -> None:
    """Makes sure that a statement reads the graph and does nothing else.

    Args:
        query_type: What the server calls the statement: ``r`` where it reads.
        plan: Its plan, as the driver gives it.

    Raises:
        InvalidInputError: It does more.
    """
    if query_type != "r" or plan is None:
        raise InvalidInputError(
            "the statement does not only read: leave out what writes or administers"
        )
    for operator, details in _steps(plan):
        if _OPERATORS.match(operator) or (
            operator.startswith("ProcedureCall") and not _PROCEDURES.match(details)
        ):
            what = details.partition("(")[0] if "Procedure" in operator else operator.split("@")[0]
            raise InvalidInputError(
                f"the statement may not use {what}: it may match patterns of the graph, and search it with "
                "db.index.fulltext.queryNodes or queryRelationships"
            )
        if found := _FOREIGN_FUNCTION.search(details):
            raise InvalidInputError(
                f"the statement may not call {found[1]}: use the functions of Cypher itself"
            )


def _steps(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield plan["operatorType"], str(plan.get("args", {}).get("Details", ""))
    for child in plan.get("children", ()):
        yield from _steps(child)
