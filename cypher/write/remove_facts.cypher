// Removes versions that are believed now, as if they had never been.
//
// $rows LIST  maps with the id of each
UNWIND $rows AS row
MATCH ()-[r:FACT {id: row.id}]->()
DELETE r
