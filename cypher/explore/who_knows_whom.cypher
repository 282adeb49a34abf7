// Who was connected with whom at an instant, and how?
// Between people; with a predicate, between whatever it connects.
//
// $group_id  STRING    the group
// $as_of     DATETIME  the instant, or null for now
// $predicate STRING    only this relation, such as knows, or null
// Returns one, predicate, other and since.
WITH coalesce($as_of, datetime()) AS at
MATCH (s:Entity)-[r:FACT]->(o:Entity)
WHERE r.group_id = $group_id
    AND r.valid_at <= at AND (r.invalid_at IS NULL OR r.invalid_at > at)
    AND (r.predicate = $predicate
        OR ($predicate IS NULL AND s.type = 'person' AND o.type = 'person'))
RETURN s.name AS one, r.predicate AS predicate, o.name AS other, r.valid_at AS since
ORDER BY one, predicate, other
