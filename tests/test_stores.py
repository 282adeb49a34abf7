"""Each store is its fixture; what it must do is in `kgmem.testing`."""

from pathlib import Path

import pytest

from kgmem.memory import Memory
from kgmem.testing import StoreConformance, StoreMachine


class TestSQLiteFile(StoreConformance):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/memory.db"

    def holds(self, url: str, memory: Memory, text: str) -> bool:
        file = Path(url.removeprefix("sqlite:///"))
        raw = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
        return text.encode() in raw or super().holds(url, memory, text)


class TestNeo4j(StoreConformance):
    @pytest.fixture
    def url(self, neo4j_url: str) -> str:
        return neo4j_url

    def holds(self, url: str, memory: Memory, text: str) -> bool:
        """Every property of every node and relationship, and what the fulltext indexes find."""
        del url
        every = memory.cypher(
            """
            MATCH (n) WHERE n.group_id = $group_id RETURN properties(n) AS properties
            UNION ALL
            MATCH ()-[r]->() WHERE r.group_id = $group_id RETURN properties(r) AS properties
            """
        )
        indexed = [
            row
            for name, kind in (
                (row["name"], str(row["entityType"]))
                for row in memory.cypher(
                    "SHOW FULLTEXT INDEXES YIELD name, entityType WHERE NOT name STARTS WITH 'x'"
                )
            )
            for row in memory.cypher(
                f"CALL db.index.fulltext.query{kind.title()}s($name, $text) YIELD {kind.lower()} AS one"
                " WHERE one.group_id = $group_id RETURN one.group_id AS found",
                name=name,
                text=text,
            )
        ]
        return text in str(every) or bool(indexed) or super().holds("", memory, text)


def test_random_histories_on_sqlite(tmp_path: Path) -> None:
    StoreMachine.run_histories(
        "sqlite://", f"sqlite:///{tmp_path}/machine.db", examples=60, steps=30
    )


@pytest.mark.slow
def test_random_histories_on_both_stores(neo4j_url: str) -> None:
    StoreMachine.run_histories("sqlite://", neo4j_url, examples=12, steps=15)
