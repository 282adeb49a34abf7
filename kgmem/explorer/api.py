"""What the page asks: a few reads of a memory as JSON, and two writes where they are allowed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kgmem import __version__
from kgmem.correcting import Correction
from kgmem.errors import ConflictError, InvalidInputError, KgmemError, NotFoundError
from kgmem.explorer.columns import columns_of
from kgmem.memory import Memory
from kgmem.models import Record
from kgmem.results import Report

MOST_VERSIONS = 20_000
"""A group of more versions is not sent whole: the page then shows one entity at a time."""

_STATUS: dict[type[KgmemError], int] = {
    NotFoundError: 404,
    InvalidInputError: 400,
    ConflictError: 409,
}
_MOST_HITS = 50
_MOST_DIGITS = 9


class Corrected(Record):
    """A correction as it comes in: what is left out stays as it was."""

    object: str | None = None
    valid_at: str | None = None
    invalid_at: str | None = None
    text: str | None = None

    def correction(self) -> Correction:
        """What `kgmem.Memory.correct` takes."""
        given = self.model_dump(exclude_unset=True)
        if any(value is None for name, value in given.items() if name != "invalid_at"):
            raise InvalidInputError("null is for invalid_at alone: leave out what stays as it was")
        return cast("Correction", given)


class Api:
    """The calls of the page.

    Args:
        memory: The memory that it shows.
        write: Whether it may correct and undo.
        most: A group of more versions than this is not sent whole.
    """

    def __init__(self, memory: Memory, *, write: bool, most: int) -> None:
        self._memory = memory
        self._write = write
        self._most = most

    def routes(self) -> list[Route]:
        """The addresses of the calls; what writes is not there unless it is allowed."""
        read = [
            Route("/group", self.group),
            Route("/versions", self.versions),
            Route("/search", self.search),
            Route("/facts/{fact_id}", self.explain),
        ]
        write = [
            Route("/facts/{fact_id}/correct", _with_body(self.correct), methods=["POST"]),
            Route("/undo", _with_body(self.undo), methods=["POST"]),
        ]
        return [*read, *write] if self._write else read

    def group(self, _request: Request) -> Response:
        """The group, its counts, and whether all of it is sent."""
        stats = self._memory.stats()
        return JSONResponse(
            {
                "group": self._memory.group,
                "version": __version__,
                "write": self._write,
                "whole": self._is_whole(stats),
                "stats": stats,
            }
        )

    def _is_whole(self, stats: Mapping[str, int]) -> bool:
        return stats["facts"] + stats["expired_facts"] <= self._most

    def versions(self, request: Request) -> Response:
        """Every version of the group's facts as columns; with ``around`` of that entity's.

        Without it, nothing of a group too large to be sent whole.
        """
        around = request.query_params.get("around")
        read = around is not None or self._is_whole(self._memory.stats())
        return JSONResponse(columns_of(self._memory.versions(around) if read else ()))

    def search(self, request: Request) -> Response:
        """The hits for ``q``, at most ``k``, at ``as_of`` and ``as_known``."""
        asked = request.query_params
        k = asked.get("k", "10")
        # A number of thousands of digits is refused before it is read, which Python would not do.
        if not k.isdecimal() or len(k) > _MOST_DIGITS or not 1 <= int(k) <= _MOST_HITS:
            raise InvalidInputError(f"k={k[:20]!r} is no number from 1 to {_MOST_HITS}")
        return _json(
            self._memory.search(
                asked.get("q", ""),
                k=int(k),
                as_of=asked.get("as_of"),
                as_known=asked.get("as_known"),
            )
        )

    def explain(self, request: Request) -> Response:
        """Why a fact is believed: its claims, turns, end and versions."""
        return _json(self._memory.explain(request.path_params["fact_id"]))

    def correct(self, request: Request, body: object) -> Response:
        """Corrects a fact; without changes takes it back. Answers with the report."""
        correction = Corrected.model_validate(body).correction()
        return _json(self._memory.correct(request.path_params["fact_id"], **correction))

    def undo(self, _request: Request, body: object) -> Response:
        """Takes back what the write of a report added. Answers with the report of that."""
        return _json(self._memory.undo(Report.model_validate(body)))


def _with_body(call: Callable[[Request, object], Response]) -> Callable[..., Any]:
    """An endpoint that reads its body as JSON and calls in a thread."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await request.json()
        except ValueError as error:
            raise InvalidInputError(f"the body is no JSON ({error}): send an object") from error
        except RecursionError as error:
            raise InvalidInputError("the body is nested too deeply: send an object") from error
        return await run_in_threadpool(call, request, body)

    return endpoint


def failed(_request: Request, error: Exception) -> Response:
    """An expected failure as JSON, with the status that fits it."""
    if isinstance(error, HTTPException):
        said = {"error": error.detail}
        return JSONResponse(said, status_code=error.status_code, headers=error.headers)
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    return JSONResponse({"error": str(error)}, status_code=status)


def _json(answer: BaseModel | Sequence[BaseModel]) -> Response:
    if isinstance(answer, BaseModel):
        return JSONResponse(answer.model_dump(mode="json"))
    return JSONResponse([item.model_dump(mode="json") for item in answer])
