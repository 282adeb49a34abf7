// Which sessions are there, and what came of them?
//
// $group_id STRING  the group
// Returns session, first and last turn, how many turns, claims, and facts believed now.
MATCH (s:Session {group_id: $group_id})<-[:IN]-(turn:Episode)
WITH s, collect(turn.id) AS ids, min(turn.occurred_at) AS first, max(turn.occurred_at) AS last
RETURN s.name AS session, first, last, size(ids) AS turns,
    COUNT { MATCH (s)<-[:IN]-(:Episode)-[:STATES]->(:Claim) } AS claims,
    COUNT { MATCH ()-[r:FACT]->() WHERE r.group_id = $group_id
        AND any(id IN r.episodes WHERE id IN ids) } AS facts
ORDER BY first, session
