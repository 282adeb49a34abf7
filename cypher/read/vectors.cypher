// Every vector of a group, for a copy.
//
// $group STRING  the group
// Returns the id of the episode, claim or entity, and the vector.
MATCH (e:Episode) WHERE e.group_id = $group AND e.embedding IS NOT NULL
RETURN e.id AS id, e.embedding AS embedding
UNION ALL
MATCH (c:Claim) WHERE c.group_id = $group AND c.embedding IS NOT NULL
RETURN c.id AS id, c.embedding AS embedding
UNION ALL
MATCH (e:Entity) WHERE e.group_id = $group AND e.embedding IS NOT NULL
RETURN e.id AS id, e.embedding AS embedding
