// Inserts versions that are believed now, with the vector of the claim that gives them their words.
//
// $group STRING  the group
// $scope STRING  the word that stands for it in fulltext indexes
// $rows  LIST    maps of properties (those of the version but its times), valid_at, invalid_at,
//                created_at, expired_at (as text), by id
UNWIND $rows AS row
MATCH (s:Entity {id: row.properties.subject_id})
MATCH (o:Entity {id: row.properties.object_id})
MATCH (c:Claim {id: row.properties.text_claim})
CREATE (s)-[r:FACT]->(o)
SET r = row.properties, r.group_id = $group, r.scope = $scope,
    r.valid_at = datetime(row.valid_at), r.invalid_at = datetime(row.invalid_at),
    r.created_at = datetime(row.created_at), r.supported_at = datetime(row.created_at),
    r.embedding = c.embedding
