// Where do turns contradict each other?
// Two claims give one slot different objects and cannot both be right: they start together, or one
// says that it lasted until after the other began. A later start alone is change, not contradiction.
//
// $group_id STRING  the group
// Returns subject, predicate, both claims in words, and when each was said.
MATCH (p:Predicate {group_id: $group_id})
WITH p ORDER BY p.recorded_at
WITH p.name AS predicate, collect(p.cardinality)[-1] AS cardinality
WHERE cardinality = 'single'
MATCH (a:Claim {group_id: $group_id, predicate: predicate, kind: 'asserts'})
MATCH (b:Claim {subject_id: a.subject_id, predicate: predicate, kind: 'asserts'})
WHERE b.object_id <> a.object_id
    AND ((a.valid_at = b.valid_at AND [a.said_at, a.id] < [b.said_at, b.id])
        OR (a.valid_at < b.valid_at AND a.invalid_at > b.valid_at))
RETURN a.subject AS subject, predicate, a.text AS one, a.said_at AS one_said,
    b.text AS other, b.said_at AS other_said
ORDER BY subject, predicate, one, other
