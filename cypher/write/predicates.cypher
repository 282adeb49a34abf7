// All cardinalities that predicates have had.
//
// $group STRING  the group
// $names LIST    the names of the predicates
// Returns predicate, cardinality and recorded_at, oldest first.
MATCH (p:Predicate)
WHERE p.group_id = $group AND p.name IN $names
RETURN p.name AS predicate, p.cardinality AS cardinality, toString(p.recorded_at) AS recorded_at
ORDER BY p.recorded_at, p.name
