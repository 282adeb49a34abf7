// Adds episodes to their sessions.
//
// $scope STRING  the word that stands for the group in fulltext indexes
// $rows  LIST    maps of properties (those of the node but its times), occurred_at, recorded_at
//                (as text), words, session_id, embedding (or null), by id
UNWIND $rows AS row
CREATE (e:Episode)
SET e = row.properties, e.scope = $scope, e.words = row.words,
    e.occurred_at = datetime(row.occurred_at), e.recorded_at = datetime(row.recorded_at)
MERGE (s:Session {id: row.session_id})
ON CREATE SET s.group_id = row.properties.group_id, s.name = row.properties.session
CREATE (e)-[:IN]->(s)
WITH e, row WHERE row.embedding IS NOT NULL
CALL db.create.setNodeVectorProperty(e, 'embedding', row.embedding)
