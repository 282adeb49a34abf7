"""Personalized PageRank inside the server, by Graph Data Science."""

from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

from kgmem.errors import ConfigurationError
from kgmem.stores.neo4j_driver import Connection
from kgmem.stores.statements import cypher

_MOST_STEPS = 200


def page_rank(  # noqa: PLR0913, PLR0917 - those of the protocol
    connection: Connection,
    group: str,
    seeds: Mapping[str, float],
    as_of: datetime | None,
    as_known: datetime | None,
    damping: float,
    tolerance: float,
) -> dict[str, float]:
    """See `kgmem.stores.base.PageRankStore.page_rank`.

    Raises:
        ConfigurationError: The client is not installed.
    """
    try:
        from graphdatascience import GraphDataScience
    except ImportError as missing:
        raise ConfigurationError(
            "the client of Graph Data Science is not installed: pip install 'kgmem[gds]'"
        ) from missing
    with connection.errors():
        gds = GraphDataScience(
            connection.driver, database=connection.database, arrow=False, show_progress=False
        )
        name = f"kgmem {uuid4()}"
        projected = gds.run_cypher(
            cypher("gds/project"),
            {
                "name": name,
                "group": group,
                "seeds": [{"id": key, "weight": seeds[key]} for key in sorted(seeds)],
                "as_of": as_of,
                "as_known": as_known,
            },
        )
        try:
            found = gds.page_rank.stream(
                gds.graph.get(name),
                damping_factor=damping,
                tolerance=tolerance,
                max_iterations=_MOST_STEPS,
                relationship_weight_property="weight",
                source_nodes=int(projected["source"][0]),
                log_progress=False,
            )
        finally:
            gds.graph.drop(name, fail_if_missing=False)
        scores = dict(zip(found["nodeId"].tolist(), found["score"].tolist(), strict=True))
        named = gds.run_cypher(cypher("gds/ids"), {"nodes": [n for n, s in scores.items() if s]})
    ids = zip(named["id"].tolist(), named["node"].tolist(), strict=True)
    by_id = {key: scores[node] for key, node in ids}
    total = sum(by_id.values())
    return {key: by_id[key] / total for key in sorted(by_id)}
