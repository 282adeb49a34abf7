// Projects the graph of a group for PageRank: undirected, as each edge in both directions. The node
// of the group stands for the walker's choice of a seed: its edges go to the seeds, one way.
//
// $name     STRING    the name of the projection
// $group    STRING    the group
// $seeds    LIST      maps of id (of an entity or episode) and weight
// $as_of    DATETIME  only facts true in the world then, or null
// $as_known DATETIME  only what was believed and recorded then, or null for now
// Returns one row: the name, and the internal id of the group's node.
MATCH (g:Group {id: $group})
CALL (g) {
    CALL () {
        MATCH (one:Entity)-[r:FACT]->(other:Entity) WHERE r.group_id = $group
        RETURN one, r, other
      UNION ALL
        MATCH (one:Entity)-[r:EXPIRED_FACT]->(other:Entity)
        WHERE r.group_id = $group AND $as_known IS NOT NULL
        RETURN one, r, other
    }
    WITH one, r, other
    WHERE ($as_of IS NULL
            OR (r.valid_at <= $as_of AND (r.invalid_at IS NULL OR r.invalid_at > $as_of)))
        AND ($as_known IS NULL
            OR (r.created_at <= $as_known AND (r.expired_at IS NULL OR r.expired_at > $as_known)))
    UNWIND [[one, other], [other, one]] AS ends
    RETURN ends[0] AS source, ends[1] AS target, 1.0 AS weight
  UNION ALL
    MATCH (one:Episode)-[:MENTIONS]->(other:Entity)
    WHERE one.group_id = $group
        AND ($as_known IS NULL OR EXISTS {
            MATCH (one)-[:STATES]->(c:Claim)
            WHERE c.recorded_at <= $as_known AND other.id IN [c.subject_id, c.object_id]
        })
    UNWIND [[one, other], [other, one]] AS ends
    RETURN ends[0] AS source, ends[1] AS target, 1.0 AS weight
  UNION ALL
    MATCH (e:Episode)
    WHERE e.group_id = $group AND ($as_known IS NULL OR e.recorded_at <= $as_known)
    WITH e ORDER BY e.session, e.occurred_at, e.id
    WITH e.session AS session, collect(e) AS turns
    UNWIND range(0, size(turns) - 2) AS place
    UNWIND [[turns[place], turns[place + 1]], [turns[place + 1], turns[place]]] AS ends
    RETURN ends[0] AS source, ends[1] AS target, 0.5 AS weight
  UNION ALL
    WITH g
    UNWIND $seeds AS seed
    CALL (seed) {
        MATCH (n:Entity {id: seed.id}) RETURN n
      UNION ALL
        MATCH (n:Episode {id: seed.id}) RETURN n
    }
    WITH g, n, seed WHERE n.group_id = $group
    RETURN g AS source, n AS target, seed.weight AS weight
}
WITH gds.graph.project(
    $name, source, target, {relationshipProperties: {weight: weight}}
) AS projected
MATCH (g:Group {id: $group})
RETURN projected.graphName AS name, id(g) AS source
