// Links claims to the episodes that state them.
//
// $group STRING  the group
// $rows  LIST    maps of claim and episode: their ids
// Returns the ids of the claims that were linked.
UNWIND $rows AS row
MATCH (e:Episode {id: row.episode}) WHERE e.group_id = $group
MATCH (c:Claim {id: row.claim})
CREATE (e)-[:STATES]->(c)
RETURN row.claim AS id
