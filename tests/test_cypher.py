"""The Cypher files: each has a header that is true, and a server that accepts it."""

import re
from pathlib import Path

import pytest

from kgmem import Claim, Memory
from kgmem.testing import HashEmbedder

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "cypher").rglob("*.cypher"))
PARAMETER = re.compile(r"\$(\w+)")
KEYWORDS = re.compile(r"\b(MATCH|MERGE|CREATE|UNWIND|RETURN|SELECT|INSERT INTO|DELETE FROM)\b \S")


def parts(file: Path) -> tuple[str, str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    length = next(i for i, line in enumerate(lines) if not line.startswith("//"))
    return "\n".join(lines[:length]), "\n".join(lines[length:])


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_header_names_every_parameter(file: Path) -> None:
    header, statement = parts(file)
    assert header.count("\n") >= 0
    assert len(header) > 20
    assert set(PARAMETER.findall(header)) >= set(PARAMETER.findall(statement))
    assert set(PARAMETER.findall(header)) <= set(PARAMETER.findall(statement))


@pytest.mark.parametrize(
    "file", sorted((ROOT / "kgmem" / "stores").glob("*.py")), ids=lambda f: f.name
)
def test_no_statement_stands_in_python(file: Path) -> None:
    assert not KEYWORDS.findall(file.read_text(encoding="utf-8"))


def test_every_statement_is_accepted(neo4j_url: str) -> None:
    """Schema commands have run when the memory opens; the rest is planned without being run.

    In each language that the server has, for its administrator says which is the database's.
    """
    statements = [f for f in FILES if "schema" not in f.parts]
    assert statements
    fake = HashEmbedder()
    with Memory.open(neo4j_url, group="explain", extractor="none", embedder=fake) as memory:
        memory.assert_claims([Claim.asserts("Ada", "knows", "Bob")])  # makes the vector indexes
        (server,) = memory.cypher(
            "CALL dbms.components() YIELD name, versions WHERE name = 'Neo4j Kernel'"
            " RETURN versions[0] AS version"
        )
        languages = ["5"] if str(server["version"]).startswith("5.") else ["5", "25"]
        has_gds = memory.cypher("SHOW PROCEDURES YIELD name WHERE name STARTS WITH 'gds.'")
        for file in statements:
            if "gds" in file.parts and not has_gds:
                continue
            _, statement = parts(file)
            nothing = dict.fromkeys(PARAMETER.findall(statement))
            only = re.match(r"CYPHER (\d+)\s", statement)
            plain = statement[only.end() :] if only else statement
            for language in languages:
                if only is None or only[1] == language:
                    memory.cypher(f"CYPHER {language} EXPLAIN {plain}", **nothing)
