// Replaces what supports versions that are believed now.
//
// $rows LIST  maps of id, and properties with claims and episodes
UNWIND $rows AS row
MATCH ()-[r:FACT {id: row.id}]->()
SET r.claims = row.properties.claims, r.episodes = row.properties.episodes
