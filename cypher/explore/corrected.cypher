// Which beliefs turned out to be wrong, and which turn said so?
// Facts that were believed once and are not believed now with any times.
//
// $group_id STRING  the group
// Returns text, from when until when it was believed, and what the turn said that took it back
// (null where it was said without a turn).
MATCH (s:Entity)-[r:EXPIRED_FACT]->(o:Entity)
WHERE r.group_id = $group_id AND NOT EXISTS { MATCH ()-[now:FACT]->() WHERE now.id = r.id }
WITH r ORDER BY r.created_at
WITH r.id AS id, r.subject_id AS subject_id, r.predicate AS predicate,
    min(r.created_at) AS believed_from, max(r.expired_at) AS believed_until,
    collect(r.text)[-1] AS text
OPTIONAL MATCH (c:Claim {subject_id: subject_id, predicate: predicate, kind: 'retracts'})
WHERE c.group_id = $group_id AND c.recorded_at = believed_until
OPTIONAL MATCH (e:Episode)-[:STATES]->(c)
RETURN text, believed_from, believed_until, min(e.text) AS said
ORDER BY believed_until, text
