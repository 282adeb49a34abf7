// Replaces what supports versions that are believed now.
//
// $now  DATETIME  the transaction time
// $rows LIST      maps of id, and properties with claims and episodes
UNWIND $rows AS row
MATCH ()-[r:FACT {id: row.id}]->()
SET r.claims = row.properties.claims, r.episodes = row.properties.episodes, r.supported_at = $now
