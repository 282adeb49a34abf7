// Moves versions to those believed once. They need no vector: their claim has it.
//
// $rows LIST  maps of id and expired_at (as text)
UNWIND $rows AS row
MATCH (s)-[r:FACT {id: row.id}]->(o)
CREATE (s)-[once:EXPIRED_FACT]->(o)
SET once = properties(r), once.expired_at = datetime(row.expired_at)
REMOVE once.embedding, once.supported_at
DELETE r
