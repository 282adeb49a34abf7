// What is the story of an entity, from its first fact to its last?
//
// $group_id STRING  the group
// $name     STRING  the entity, in any form in which it was written
// Returns since, until (null while it holds), predicate, other, direction (-> or <-) and text.
MATCH (e:Entity {group_id: $group_id})-[r:FACT]-(other:Entity)
WHERE $name IN e.aliases
RETURN r.valid_at AS since, r.invalid_at AS until, r.predicate AS predicate, other.name AS other,
    CASE startNode(r) WHEN e THEN '->' ELSE '<-' END AS direction, r.text AS text
ORDER BY since, predicate, other
