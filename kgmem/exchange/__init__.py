"""A whole group as files: what `kgmem.Memory.export_to` writes and `kgmem.Memory.import_from` reads.

Files hold what nothing else can be derived from: episodes, claims, the logs of cardinalities and of
trust, failed turns, and vectors. Facts, entities and their history are derived where the group arrives.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, Protocol

from kgmem.copying import take
from kgmem.errors import ConfigurationError, ConflictError, InvalidInputError
from kgmem.exchange.records import Header, kind_of
from kgmem.stores.base import Embedded, Item, Store

Format = Literal["jsonl", "parquet", "neo4j-admin"]

Writing = Callable[[Item], None]


class Files(Protocol):
    """Files that hold a group."""

    header: Header

    def items(self) -> Iterator[Item]:
        """The records, in the order of `kgmem.stores.base.Store.dump`; at the end all is checked."""
        ...


def export(store: Store, path: Path, form: Format, *, vectors: bool = True) -> dict[str, int]:
    """Writes a group; see `kgmem.Memory.export_to`."""
    model = store.state().model
    vectors = vectors and model.embedder is not None
    header = Header(
        group=store.group,
        embedder=model.embedder if vectors else None,
        dimension=model.dimension if vectors else None,
    )
    counts: Counter[str] = Counter()
    with _absent(path) as part, _writer(store, part, header, form) as write:
        for item in store.dump():
            if vectors or not isinstance(item, Embedded):
                write(item)
                counts[kind_of(item)] += 1
    return dict(counts)


@contextmanager
def _absent(path: Path) -> Iterator[Path]:
    """Where to write to, so that the path is there as a whole or not at all."""
    if path.exists():
        raise ConflictError(f"{str(path)!r} is there already: name another path, or remove it")
    if not path.parent.is_dir():
        raise InvalidInputError(f"{str(path.parent)!r} is no folder: make it first")
    with TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as folder:
        part = Path(folder, path.name)
        yield part
        part.replace(path)


def _writer(
    store: Store, part: Path, header: Header, form: Format
) -> AbstractContextManager[Writing]:
    if form == "jsonl":
        from kgmem.exchange import jsonl

        return jsonl.writing(part, header)
    if form == "parquet":
        from kgmem.exchange import parquet

        return parquet.writing(part, header, store)
    if form == "neo4j-admin":
        from kgmem.exchange import neo4j_admin

        return neo4j_admin.writing(part, header, store)
    raise ConfigurationError(f"{form!r} is no format: use jsonl, parquet or neo4j-admin")


def read(path: Path) -> Files:
    """The files at a path: a file of JSON lines, or a folder of Parquet files.

    Raises:
        InvalidInputError: They are of something else, or of a newer format.
    """
    if not path.exists():
        raise InvalidInputError(f"{str(path)!r} is not there: check the path")
    if path.is_dir():
        from kgmem.exchange import parquet

        return parquet.Folder(path)
    from kgmem.exchange import jsonl

    return jsonl.Lines(path)


def restore(path: Path, store: Store) -> dict[str, int]:
    """Reads a group into a store; see `kgmem.Memory.import_from`."""
    files = read(path)
    if files.header.group != store.group:
        raise InvalidInputError(
            f"{str(path)!r} holds group {files.header.group!r}, not {store.group!r}: import it under "
            "its own name, since all ids derive from it"
        )
    deque(files.items(), maxlen=0)  # damage is found before anything is written
    take(files.items, files.header.model, store)
    return store.stats()
