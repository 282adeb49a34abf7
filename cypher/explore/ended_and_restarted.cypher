// What ended and began again?
//
// $group_id STRING  the group
// Returns subject, predicate, object and the starts of each time, oldest first.
MATCH (s:Entity)-[r:FACT]->(o:Entity)
WHERE r.group_id = $group_id
WITH s, r, o ORDER BY r.valid_at
WITH s, r.predicate AS predicate, o, collect(r.valid_at) AS starts
WHERE size(starts) > 1
RETURN s.name AS subject, predicate, o.name AS object, starts
ORDER BY subject, predicate, object
