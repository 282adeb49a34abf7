// What was true at an instant?
//
// $group_id STRING    the group
// $as_of    DATETIME  the instant, or null for now
// Returns subject, predicate, object, since and until (null while it holds).
WITH coalesce($as_of, datetime()) AS at
MATCH (s:Entity)-[r:FACT]->(o:Entity)
WHERE r.group_id = $group_id
    AND r.valid_at <= at AND (r.invalid_at IS NULL OR r.invalid_at > at)
RETURN s.name AS subject, r.predicate AS predicate, o.name AS object,
    r.valid_at AS since, r.invalid_at AS until
ORDER BY subject, predicate, object
