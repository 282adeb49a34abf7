// How many records of each kind a group holds.
//
// $group STRING  the group
// Returns one row of counts.
RETURN
    COUNT { MATCH (e:Episode) WHERE e.group_id = $group } AS episodes,
    COUNT { MATCH (s:Session) WHERE s.group_id = $group } AS sessions,
    COUNT { MATCH (e:Entity) WHERE e.group_id = $group } AS entities,
    COUNT { MATCH (c:Claim) WHERE c.group_id = $group } AS claims,
    COUNT { MATCH ()-[r:FACT]->() WHERE r.group_id = $group } AS facts,
    COUNT { MATCH ()-[r:EXPIRED_FACT]->() WHERE r.group_id = $group } AS expired_facts
