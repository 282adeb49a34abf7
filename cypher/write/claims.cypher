// Adds claims.
//
// $rows LIST  maps of properties (those of the node but its times), valid_at, invalid_at, said_at,
//             recorded_at (as text), embedding (or null), by id
UNWIND $rows AS row
CREATE (c:Claim)
SET c = row.properties,
    c.whole_of = CASE WHEN row.properties.object_id IS NULL THEN row.properties.subject_id END,
    c.valid_at = datetime(row.valid_at), c.invalid_at = datetime(row.invalid_at),
    c.said_at = datetime(row.said_at), c.recorded_at = datetime(row.recorded_at)
WITH c, row WHERE row.embedding IS NOT NULL
CALL db.create.setNodeVectorProperty(c, 'embedding', row.embedding)
