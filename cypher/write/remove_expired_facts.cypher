// Removes versions that were believed once, as if they had never been.
//
// $rows LIST  maps with the id and created_at (as text) of each
UNWIND $rows AS row
MATCH ()-[r:EXPIRED_FACT {id: row.id, created_at: datetime(row.created_at)}]->()
DELETE r
