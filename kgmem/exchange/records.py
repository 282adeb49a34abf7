"""The records of a group as rows, the same in every format."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from kgmem.errors import InvalidInputError
from kgmem.models import Claim, Episode, Record, Trust
from kgmem.stores.base import Embedded, Failure, Item, Model, Registered, Trusted

VERSION = 1
"""Of the format. A reader refuses a newer one."""

Kind = Literal["predicate", "trust", "episode", "claim", "vector", "failure"]

KINDS: Mapping[Kind, type] = {
    "predicate": Registered,
    "trust": Trusted,
    "episode": Episode,
    "claim": Claim,
    "vector": Embedded,
    "failure": Failure,
}
COLUMNS: Mapping[Kind, tuple[str, ...]] = {
    "predicate": Registered._fields,
    "trust": (*Trust.model_fields, "recorded_at"),
    "episode": tuple(name for name in Episode.model_fields if name != "group"),
    "claim": tuple(name for name in Claim.model_fields if name != "group"),
    "vector": Embedded._fields,
    "failure": Failure._fields,
}

_NAMES = {known: kind for kind, known in KINDS.items()}
_PLAIN: dict[str, TypeAdapter[Item]] = {
    kind: TypeAdapter(KINDS[kind]) for kind in ("predicate", "trust", "failure")
}


class Header(Record):
    """What a group's files begin with.

    Attributes:
        format: What they are.
        version: Of the format.
        group: The group.
        embedder: The model behind the vectors; ``None`` without any.
        dimension: Their length.
    """

    format: Literal["kgmem group"] = "kgmem group"
    version: int = VERSION
    group: str
    embedder: str | None = None
    dimension: int | None = None

    @property
    def model(self) -> Model:
        """The model behind the vectors."""
        return Model(self.embedder, self.dimension)


def header_of(values: object, place: str) -> Header:
    """The header that some values are.

    Args:
        values: What was read.
        place: Where, for the error.

    Raises:
        InvalidInputError: It is of something else, or of a newer format.
    """
    if not isinstance(values, dict) or values.get("format") != "kgmem group":
        raise InvalidInputError(
            f"{place}: this is no export of kgmem: give what 'kgmem export' wrote"
        )
    if not isinstance(values.get("version"), int) or values["version"] > VERSION:
        raise InvalidInputError(
            f"{place}: this is of format version {values.get('version')!r}, newer than {VERSION}, "
            "which this kgmem reads: upgrade kgmem"
        )
    try:
        return Header.model_validate({name: values.get(name) for name in Header.model_fields})
    except InvalidInputError as error:
        raise InvalidInputError(f"{place}: {error}; export the group again") from error


def kind_of(item: Item) -> Kind:
    """The name of a record's kind."""
    return _NAMES[type(item)]


def row_of(item: Item) -> dict[str, Any]:
    """A record by column; the group is left out."""
    if isinstance(item, Trusted):
        return {**dict(item.trust), "recorded_at": item.recorded_at}
    if isinstance(item, Episode | Claim):
        return {name: value for name, value in item if name != "group"}
    return item._asdict()


def item_of(kind: Kind, row: dict[str, Any], group: str) -> Item:
    """The other way; of vectors see `Embedded`.

    Raises:
        InvalidInputError: The row is none of its kind.
    """
    if kind == "episode":
        return Episode(group=group, **row)
    if kind == "claim":
        return Claim(group=group, **row)
    if kind == "trust":
        row = {"recorded_at": row.pop("recorded_at", None), "trust": row}
    try:
        return _PLAIN[kind].validate_python(row)
    except ValidationError as error:
        raise InvalidInputError(str(error)) from error
