// How are two entities connected at an instant?
// The shortest chain of facts that all held then, of six at most.
//
// $group_id STRING    the group
// $one      STRING    an entity, in any form in which it was written
// $other    STRING    another
// $as_of    DATETIME  the instant, or null for now
// Returns the names along the chain, and its facts in words; no row where there is none.
WITH coalesce($as_of, datetime()) AS at
MATCH (a:Entity {group_id: $group_id}), (b:Entity {group_id: $group_id})
WHERE $one IN a.aliases AND $other IN b.aliases AND a <> b
MATCH path = shortestPath((a)-[:FACT*..6]-(b))
WHERE all(r IN relationships(path) WHERE r.valid_at <= at
    AND (r.invalid_at IS NULL OR r.invalid_at > at))
RETURN [n IN nodes(path) | n.name] AS names, [r IN relationships(path) | r.text] AS facts
