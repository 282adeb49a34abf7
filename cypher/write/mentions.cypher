// Links episodes to the entities that their claims name.
//
// $rows LIST  maps of episode and entity: their ids
UNWIND $rows AS row
MATCH (e:Episode {id: row.episode})
MATCH (n:Entity {id: row.entity})
MERGE (e)-[:MENTIONS]->(n)
