"""The replies a chat model is asked for.

The schema that the model sees is strict; what is accepted is not. One fact with a wrong type must not
cost the others of its window, so each value is taken as it is and judged where it is used.
"""

import json
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    field_validator,
)

_Integer = Annotated[Any, WithJsonSchema({"type": "integer"})]
_Text = Annotated[Any, WithJsonSchema({"type": "string"})]
_Kind = Annotated[Any, WithJsonSchema({"type": "string", "enum": ["asserts", "ends", "retracts"]})]
_Cardinality = Annotated[Any, WithJsonSchema({"type": "string", "enum": ["single", "many"]})]
_MaybeText = Annotated[Any, WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]})]
_MaybeNumber = Annotated[Any, WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "null"}]})]


class Reply(BaseModel):
    """What a model answers: lists, and nothing else."""

    @field_validator("*", mode="before")
    @classmethod
    def _decoded(cls, value: Any) -> Any:
        # Some models put a list into a string, or end it with a null.
        given = json.loads(value) if isinstance(value, str) else value
        return [item for item in given if item is not None] if isinstance(given, list) else given


ReplyT = TypeVar("ReplyT", bound=Reply)


def joined(replies: list[ReplyT]) -> ReplyT:
    """The one reply that several make: some models call the tool once for each item."""
    first = replies[0]
    lists = {
        name: [item for reply in replies for item in getattr(reply, name) or ()]
        for name in type(first).model_fields
    }
    return first.model_copy(update=lists)


class StatedFact(BaseModel):
    """A fact that one turn states."""

    turn: _Integer = None
    kind: _Kind = None
    subject: _Text = None
    predicate: _Text = None
    object: _MaybeText = None
    text: _Text = None
    valid_at: _MaybeText = None
    invalid_at: _MaybeText = None
    confidence: _MaybeNumber = None
    subject_type: _MaybeText = None
    object_type: _MaybeText = None


class NewPredicate(BaseModel):
    """A predicate that you used and that is not listed."""

    name: _Text = None
    cardinality: _Cardinality = Field(None, description="single: one object at a time")
    renames: _MaybeText = Field(None, description="the listed predicate that means the same")


class StatedFacts(Reply):
    """The facts that the turns state; an empty list where they state none."""

    facts: list[StatedFact]
    predicates: list[NewPredicate] | None = None

    @field_validator("predicates", mode="wrap")
    @classmethod
    def _optional(cls, value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        # What is only proposed must not cost the facts.
        try:
            return handler(value)
        except ValidationError:
            return None


class EndedFact(BaseModel):
    """An earlier fact that a new statement has ended."""

    fact: _Integer = Field(None, description="the number of the earlier fact")
    since: _MaybeText = Field(None, description="when it ended, as 2023, 2023-05 or 2023-05-08")
    confidence: _MaybeNumber = Field(None, description="0 to 1")


class SameName(BaseModel):
    """A pair of names that stand for one person, place or thing."""

    pair: _Integer = Field(None, description="the number of the pair")
    reason: _Text = Field(None, description="why, in a few words")


class SameNames(Reply):
    """The pairs that are one; an empty list where none plainly is."""

    same: list[SameName]


class Sentences(Reply):
    """What the facts say together, sentence by sentence."""

    sentences: list[_Text]


class EndedFacts(Reply):
    """The earlier facts that are over; an empty list where all of them still hold."""

    ended: list[EndedFact]
