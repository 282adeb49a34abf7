// What surrounded an entity at an instant, up to two facts away?
// Neo4j Browser draws the paths as a graph.
//
// $group_id STRING    the group
// $name     STRING    the entity, in any form in which it was written
// $as_of    DATETIME  the instant, or null for now
// Returns the paths.
WITH coalesce($as_of, datetime()) AS at
MATCH path = (e:Entity {group_id: $group_id})-[:FACT*1..2]-(other:Entity)
WHERE $name IN e.aliases AND other <> e
    AND all(r IN relationships(path) WHERE r.valid_at <= at
        AND (r.invalid_at IS NULL OR r.invalid_at > at))
RETURN path
ORDER BY length(path), [n IN nodes(path) | n.name], [r IN relationships(path) | r.predicate]
