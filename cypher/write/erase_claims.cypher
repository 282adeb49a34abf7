// Deletes claims, and what their episodes mention because of them alone.
//
// $group STRING  the group
// $ids   LIST    ids of claims
UNWIND $ids AS id
MATCH (c:Claim {id: id}) WHERE c.group_id = $group
OPTIONAL MATCH (e:Episode)-[:STATES]->(c)
WITH collect(c) AS claims, collect(DISTINCT e) AS episodes
FOREACH (c IN claims | DETACH DELETE c)
WITH episodes
UNWIND episodes AS e
MATCH (e)-[m:MENTIONS]->(n:Entity)
WHERE NOT EXISTS {
    MATCH (e)-[:STATES]->(c:Claim) WHERE c.subject_id = n.id OR c.object_id = n.id
}
DELETE m
