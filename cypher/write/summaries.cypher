// Writes summaries of entities.
//
// $rows LIST  maps of id and summary
UNWIND $rows AS row
MATCH (e:Entity {id: row.id})
SET e.summary = row.summary
