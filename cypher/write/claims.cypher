// Adds claims; hangs them on the episodes that state them, and these on the entities that they name.
//
// $group STRING  the group
// $rows  LIST    maps of properties (those of the node but its times), valid_at, invalid_at, said_at,
//                recorded_at (as text), embedding (or null), by id
// Returns the episode of each, and whether it is there.
UNWIND $rows AS row
CREATE (c:Claim)
SET c = row.properties,
    c.whole_of = CASE WHEN row.properties.object_id IS NULL THEN row.properties.subject_id END,
    c.valid_at = datetime(row.valid_at), c.invalid_at = datetime(row.invalid_at),
    c.said_at = datetime(row.said_at), c.recorded_at = datetime(row.recorded_at)
WITH c, row
CALL (c, row) {
    MATCH (e:Episode {id: row.properties.episode}) WHERE e.group_id = $group
    CREATE (e)-[:STATES]->(c)
    WITH e, row
    UNWIND [row.properties.subject_id, row.properties.object_id] AS id
    MATCH (n:Entity {id: id})
    MERGE (e)-[:MENTIONS]->(n)
    RETURN count(*) > 0 AS linked
}
CALL (c, row) {
    WITH c, row WHERE row.embedding IS NOT NULL
    CALL db.create.setNodeVectorProperty(c, 'embedding', row.embedding)
    RETURN count(*) AS embedded
}
RETURN row.properties.episode AS episode, linked
