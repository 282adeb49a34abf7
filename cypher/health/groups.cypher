// How many records each group of the database holds: for sizes, and for who was forgotten.
//
// Returns group, episodes, entities, claims, facts, expired_facts and failures, by group.
MATCH (g:Group)
RETURN g.id AS group,
    COUNT { MATCH (e:Episode) WHERE e.group_id = g.id } AS episodes,
    COUNT { MATCH (n:Entity) WHERE n.group_id = g.id } AS entities,
    COUNT { MATCH (c:Claim) WHERE c.group_id = g.id } AS claims,
    COUNT { MATCH ()-[r:FACT]->() WHERE r.group_id = g.id } AS facts,
    COUNT { MATCH ()-[r:EXPIRED_FACT]->() WHERE r.group_id = g.id } AS expired_facts,
    COUNT { MATCH (f:Failure), (e:Episode {id: f.episode}) WHERE f.group_id = g.id } AS failures
ORDER BY group
