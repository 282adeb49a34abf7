// On which turns does a fact stand?
//
// $group_id STRING  the group
// $fact_id  STRING  the fact's id
// Returns the claims under it: what they say, when and by whom, in which session and turn (null
// where a claim came as data), and with what confidence.
MATCH ()-[r:FACT|EXPIRED_FACT]->()
WHERE r.group_id = $group_id AND r.id = $fact_id
UNWIND r.claims AS id
WITH DISTINCT id
MATCH (c:Claim {id: id})
OPTIONAL MATCH (e:Episode)-[:STATES]->(c)
OPTIONAL MATCH (e)-[:IN]->(s:Session)
RETURN c.text AS claim, c.said_at AS said_at, e.speaker AS speaker, s.name AS session,
    e.text AS turn, c.confidence AS confidence
ORDER BY said_at, claim
